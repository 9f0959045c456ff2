"""How much is read at most, of files and from the network, and why so much; reads nothing.

Every number is far above what a biopsy needs and far below what would stop a workstation: whoever
meets one has a damaged file, or one that is made to do harm.
"""

from __future__ import annotations

from pathlib import Path

from planning.errors import InputError

MOST_TEXT_BYTES = 64 << 20
"""Of a TOML, JSON, CSV or tag file. The largest of ours, a registry's table of 100 000 rows, has
30 MB."""

MOST_NESTING = 100
"""Of lists and tables in JSON and TOML. Ours are 8 deep; Python itself gives up at about 1000."""

MOST_NAME_LETTERS = 1024
"""Of a name or remark in a DICOM file that is shown. The standard allows 64 for names and numbers
and 1024 for short text (PS3.5 section 6.2: LO, PN, ST)."""

MOST_FILES = 100_000
"""In a folder that is searched for series. A whole study of a long CT has 10 000; more than this is
somebody's home or a whole archive."""

MOST_SLICE_PIXELS = 1 << 26
"""Of one slice or frame: 8192 x 8192. CT has up to 2048 x 2048, mammography 4096 x 6144."""

MOST_VOXELS = 1 << 30
"""Of a volume: 1024 x 1024 x 1024. A CT from head to foot in 0.6 mm slices has 0.9 of it."""

MOST_FRAMES = 100_000
"""In one multi-frame file. Dynamic scans have some 10 000."""

MOST_INFLATED_BYTES = 1 << 31
"""Of a file that is stored deflated, and of what one answer of a server unfolds to."""

MOST_INFLATION = 1100
"""Times that data may be larger than they are stored. Deflate cannot reach more than 1032 (zlib's
technical notes), so that a header that says so is not true."""

MOST_SEGMENTS = 65_535
"""Of a segmentation: segment numbers have 16 bits (PS3.3 C.8.20.2)."""

MOST_CONTOUR_POINTS = 50_000_000
"""Of one structure set. A whole body in 100 structures has some 5 million."""

MOST_CONTOUR_PIXELS = 1 << 28
"""Of the block of voxels that the contours of one region span, and of the contours of one slice
times its pixels in that block. A body of 512 x 512 x 600 voxels has 0.6 of it."""

MOST_CONTOUR_CROSSINGS = 1 << 23
"""Of one contour with the rows of pixels that it passes. A body's outline has some 2000."""

MOST_TABLE_ROWS = 1_000_000
"""Of a CSV file."""

MOST_TRANSFORM_BYTES = 16 << 20
"""Of a file with a rigid transform, which is twelve numbers and some words."""

MOST_ANSWER_BYTES = 64 << 20
"""Of a list that a server answers with: 500 studies take 1 MB, 20 000 images 4 MB."""

MOST_OBJECT_BYTES = 1 << 30
"""Of one DICOM object on its way here, which is kept in memory until it is whole. A multi-frame CT
of 512 x 512 x 1600 has 0.8 of it."""

MOST_PDU_BYTES = 1 << 20
"""Of one piece of an association. We ask for at most 16 kB (PS3.8 D.1), and some servers send 128
kB all the same; an association request with 128 offers has 20 kB."""

MOST_FARTHEST_MM = 1.0e6
"""Of a coordinate: a kilometre from the scanner's own origin."""


def require_size(path: Path, most: int) -> None:
    """Refuse a file that is larger than it can be, and what is no file (a pipe, a device).

    Raises
    ------
    InputError
        If so. A file that is not there passes: whoever opens it says so.
    """
    try:
        found = path.stat()
    except (OSError, ValueError):  # among them a name that cannot be one
        return
    if not path.is_file():
        raise InputError(f"{path} cannot be read: it is no ordinary file.")
    if found.st_size > most:
        raise InputError(
            f"{path} has {found.st_size / 1e6:,.0f} MB; at most {most / 1e6:,.0f} MB are read of "
            "such a file. Is it the right one?"
        )
