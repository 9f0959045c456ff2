"""Tells whether a NIfTI file is all there: the reading library fills what is missing with noise."""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

_HEADER = 540  # bytes: the longer of the two headers
_GZIP_SIZE = 4  # bytes: a gzip file ends with its uncompressed length (RFC 1952)
_CHUNK = 1 << 22


def is_complete(path: Path) -> bool:
    """Tell whether a ``.nii`` or ``.nii.gz`` file holds all the voxels its header announces.

    A file that is no NIfTI at all is called complete: its reader says what is wrong with it.
    """
    try:
        if path.name.lower().endswith(".gz"):
            return _is_gzip_complete(path)
        with path.open("rb") as stream:
            return path.stat().st_size >= _announced(stream.read(_HEADER))
    except (OSError, EOFError, ValueError, OverflowError, struct.error, zlib.error):
        return False


def _is_gzip_complete(path: Path) -> bool:
    with gzip.open(path) as stream:
        announced = _announced(stream.read(_HEADER))
    with path.open("rb") as raw:
        raw.seek(-_GZIP_SIZE, 2)
        (length,) = struct.unpack("<I", raw.read(_GZIP_SIZE))
    if length == announced % (1 << 32):
        return True
    # Trailing bytes or several gzip members are legitimate: only reading it through can tell.
    found = 0
    with gzip.open(path) as stream:
        while found < announced and (chunk := stream.read(_CHUNK)):
            found += len(chunk)
    return found >= announced


def _announced(header: bytes) -> int:
    """Return the length in bytes of an uncompressed NIfTI-1 or -2 file, 0 if it is neither."""
    for order in "<>":
        if header[:4] == struct.pack(f"{order}i", 348):
            sizes = struct.unpack_from(f"{order}8h", header, 40)
            (bits,) = struct.unpack_from(f"{order}h", header, 72)
            (start,) = struct.unpack_from(f"{order}f", header, 108)
        elif header[:4] == struct.pack(f"{order}i", 540):
            sizes = struct.unpack_from(f"{order}8q", header, 16)
            (bits,) = struct.unpack_from(f"{order}h", header, 14)
            (start,) = struct.unpack_from(f"{order}q", header, 168)
        else:
            continue
        voxels = int(math.prod(sizes[1 : 1 + sizes[0]]))
        return int(start) + voxels * int(bits) // 8
    return 0
