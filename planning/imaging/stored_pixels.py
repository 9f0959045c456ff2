"""How a file stores its pixels, and reading uncompressed ones straight from the disk.

Speed only: whatever is not plain little endian is left to pydicom. Knows no units.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.uid import ExplicitVRLittleEndian, ImplicitVRLittleEndian

from planning.imaging.dicom_values import integer_of

STORED_KEYWORDS = (
    "SamplesPerPixel Rows Columns BitsAllocated BitsStored HighBit PixelRepresentation "
    "PixelPaddingValue PixelPaddingRangeLimit"
)

_PIXEL_DATA_TAG = b"\xe0\x7f\x10\x00"
_MOST_COUNT = 0xFFFF
_FARTHEST_PADDING = 1 << 32  # stored values have at most so many bits here
_EXPLICIT_HEADER, _IMPLICIT_HEADER = 12, 8  # bytes of an element's tag, VR and length (PS3.5 7.1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredPixels:
    """The image pixel module, as far as values depend on it.

    Parameters
    ----------
    transfer_syntax_uid : str
        Taken from the encoding where the file has no meta header.
    padding : tuple of int or None
        Lowest and highest stored value that means "outside the scan" (0028,0120 and 0028,0121).
    """

    transfer_syntax_uid: str
    samples: int
    rows: int
    columns: int
    bits_allocated: int
    bits_stored: int
    high_bit: int
    is_signed: bool
    padding: tuple[int, int] | None


def stored_pixels(dataset: Dataset) -> StoredPixels:
    """Read the image pixel module of a data set; zeros where it has none."""
    allocated = _count(dataset, "BitsAllocated")
    stored = _count(dataset, "BitsStored") or allocated
    high = integer_of(dataset, "HighBit")
    is_signed = integer_of(dataset, "PixelRepresentation") == 1
    return StoredPixels(
        transfer_syntax_uid=_transfer_syntax_uid(dataset),
        samples=_count(dataset, "SamplesPerPixel") or 1,
        rows=_count(dataset, "Rows"),
        columns=_count(dataset, "Columns"),
        bits_allocated=allocated,
        bits_stored=stored,
        high_bit=stored - 1 if high is None else high,
        is_signed=is_signed,
        padding=_padding(dataset, allocated if is_signed else 0),
    )


def _count(dataset: Dataset, keyword: str) -> int:
    """Return a number of 16 bits without sign; 0 where there is none."""
    found = integer_of(dataset, keyword) or 0
    return found if 0 <= found <= _MOST_COUNT else 0


def _transfer_syntax_uid(dataset: Dataset) -> str:
    said = dataset.file_meta.get("TransferSyntaxUID")
    if said:
        return str(said)
    return str(ImplicitVRLittleEndian if dataset.original_encoding[0] else ExplicitVRLittleEndian)


def _padding(dataset: Dataset, signed_bits: int) -> tuple[int, int] | None:
    first = integer_of(dataset, "PixelPaddingValue")
    if first is None:
        return None
    last = integer_of(dataset, "PixelPaddingRangeLimit")
    ends = [first, first if last is None else last]
    if max(map(abs, ends)) > _FARTHEST_PADDING:
        return None
    if signed_bits:
        # Some writers store a negative padding value as an unsigned number.
        ends = [end - (1 << signed_bits) if end >= 1 << (signed_bits - 1) else end for end in ends]
    return (min(ends), max(ends))


def plain_frame(path: Path, at: int, frame: int, pixels: StoredPixels) -> NDArray[Any] | None:
    """Return one frame (rows, columns) of an uncompressed file; None if it is stored otherwise.

    `at` is where the Pixel Data element begins; it is checked, not trusted.
    """
    is_explicit = pixels.transfer_syntax_uid == ExplicitVRLittleEndian
    if not is_explicit and pixels.transfer_syntax_uid != ImplicitVRLittleEndian:
        return None
    if pixels.bits_allocated not in (8, 16, 32) or pixels.samples != 1:
        return None
    header = _EXPLICIT_HEADER if is_explicit else _IMPLICIT_HEADER
    kind = np.dtype(f"<{'i' if pixels.is_signed else 'u'}{pixels.bits_allocated // 8}")
    size = pixels.rows * pixels.columns
    with path.open("rb") as stream:
        stream.seek(at)
        start = stream.read(header)
        length = int.from_bytes(start[-4:], "little")
        if start[:4] != _PIXEL_DATA_TAG or length < (frame + 1) * size * kind.itemsize:
            return None
        stream.seek(frame * size * kind.itemsize, 1)
        values = np.fromfile(stream, dtype=kind, count=size)
    return values.reshape(pixels.rows, pixels.columns) if values.size == size else None
