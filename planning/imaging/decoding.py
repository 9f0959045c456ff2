"""Decodes one frame of a file, after a look at what its codestream says; knows no values.

Decoders are libraries in C and Rust that take the size of a picture from its codestream, whatever
the DICOM header says: a few bytes may ask for a room of 4 gigapixels.
"""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.decoders.base import get_decoder
from pydicom.pixels.utils import pixel_array
from pydicom.uid import (
    JPEG2000,
    UID,
    JPEG2000Lossless,
    JPEGBaseline8Bit,
    JPEGExtended12Bit,
    JPEGLossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    JPEGLSNearLossless,
)

from planning.imaging.dicom_values import integer_of
from planning.imaging.gdcm_apart import decoded_by_gdcm
from planning.limits import MOST_SLICE_PIXELS

_BY_GDCM = frozenset({JPEGBaseline8Bit, JPEGExtended12Bit, JPEGLossless, JPEGLosslessSV1})
_NEVER_HERE = {
    **dict.fromkeys((*_BY_GDCM, JPEGLSLossless, JPEGLSNearLossless), ("gdcm",)),
    **dict.fromkeys((JPEG2000Lossless, JPEG2000), ("gdcm", "pillow")),
}
"""Which libraries pydicom may not ask, one after another, for a damaged picture: GDCM ends the
program on some, and Pillow is for pictures of 8 bits."""
for _syntax, _names in _NEVER_HERE.items():
    for _name in _names:
        with suppress(ValueError):  # which says that it is not there
            get_decoder(_syntax).remove_plugin(_name)

_JPEG_2000 = b"\xff\x4f\xff\x51"
_JPEG = b"\xff\xd8"
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}  # ITU-T T.81, T.87
_BARE_MARKERS = frozenset({0x01, *range(0xD0, 0xD9)})
_SEARCHED = 4096


def decoded(dataset: Dataset, frame: int, *, raw: bool) -> NDArray[Any]:
    """Return the pixels of one frame.

    Parameters
    ----------
    raw : bool
        As stored; else colours are turned into red, green and blue.

    Raises
    ------
    RuntimeError, or one of `UNREADABLE`
        If they are missing, damaged, or a picture of another size than the header says.
    """
    codestream = _sound_codestream(dataset, frame)
    if codestream is not None and dataset.file_meta.TransferSyntaxUID in _BY_GDCM:
        return decoded_by_gdcm(dataset, codestream, raw=raw)
    try:
        return np.array(pixel_array(dataset, index=frame, raw=raw))
    except BaseException as error:
        raise_readable(error)
        raise


def can_decode(syntax: UID) -> bool:
    """Tell whether pixels of a transfer syntax can be decoded here."""
    try:
        return syntax in _BY_GDCM or get_decoder(syntax).is_available
    except NotImplementedError:
        return False


def raise_readable(error: BaseException) -> None:
    """Raise the panic of a decoder written in Rust as an ordinary error; else do nothing.

    Python sees it as something that ends the program.

    Raises
    ------
    RuntimeError
        If it is one.
    """
    if type(error).__name__ == "PanicException":
        raise RuntimeError(f"the decoder gave up ({error})") from error


def _sound_codestream(dataset: Dataset, frame: int) -> bytes | None:
    """Return the codestream of a frame, if there is one and its picture has the right size."""
    rows, columns = integer_of(dataset, "Rows") or 0, integer_of(dataset, "Columns") or 0
    if not 0 < rows * columns <= MOST_SLICE_PIXELS:
        raise ValueError(f"a picture of {columns} x {rows} pixels is none")
    if not UID(dataset.file_meta.TransferSyntaxUID).is_encapsulated:
        return None
    frames = integer_of(dataset, "NumberOfFrames") or 1
    codestream = get_frame(dataset.PixelData, frame, number_of_frames=frames)
    size = announced_size(codestream)
    if size is not None and size != (columns, rows):
        raise ValueError(f"its picture has {size[0]} x {size[1]} pixels, its header says otherwise")
    return codestream


def announced_size(codestream: bytes) -> tuple[int, int] | None:
    """Return columns and rows that a JPEG, JPEG-LS or JPEG 2000 says; None where it says none."""
    at = codestream.find(_JPEG_2000, 0, _SEARCHED)
    if at >= 0:
        x1, y1, x0, y0 = (
            int.from_bytes(codestream[at + n : at + n + 4], "big") for n in (8, 12, 16, 20)
        )
        return (x1 - x0, y1 - y0)
    return _jpeg_size(codestream) if codestream[:2] == _JPEG else None


def _jpeg_size(codestream: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 <= len(codestream):
        if codestream[at] != 0xFF:
            return None
        marker = codestream[at + 1]
        if marker in _FRAME_MARKERS:
            rows, columns = (int.from_bytes(codestream[at + n : at + n + 2], "big") for n in (5, 7))
            return (columns, rows)
        if marker == 0xFF:
            at += 1  # filled up
        elif marker in _BARE_MARKERS:
            at += 2
        else:
            at += 2 + int.from_bytes(codestream[at + 2 : at + 4], "big")
    return None
