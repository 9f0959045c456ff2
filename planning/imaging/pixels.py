"""Stored pixels into values: decoding, stored bits, padding and rescale, slice by slice.

Knows nothing of geometry: the slices come in the order in which they are wanted.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset
from pydicom.uid import UID, ExplicitVRLittleEndian, ImplicitVRLittleEndian

from planning.errors import InputError
from planning.image import VoxelArray
from planning.imaging.decoding import can_decode, decoded
from planning.imaging.dicom_headers import Rescale, SliceHeader
from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated
from planning.imaging.narrowing import fits_int16
from planning.imaging.stored_pixels import StoredPixels, plain_frame
from planning.limits import MOST_SLICE_PIXELS, MOST_VOXELS
from planning.progress import SILENT, Progress

AIR_HU = -1024
"""What padding becomes in CT: the lowest value of the 12-bit Hounsfield scale."""

_UNCHECKED_BYTES = 1 << 26  # below, what is missing is told when it is read
_FARTHEST_SCALE = 1e9  # PET in Bq/ml stays far below
_PLAIN = (ExplicitVRLittleEndian, ImplicitVRLittleEndian)
_INT16 = np.iinfo(np.int16)


def read_values(
    slices: Sequence[SliceHeader], *, is_ct: bool, progress: Progress = SILENT
) -> VoxelArray:
    """Return the rescaled values of slices of one size, shape (slices, rows, columns).

    Slope and intercept are applied slice by slice (PET scales each its own way). Padding
    (0028,0120) becomes air in CT and zero elsewhere. MONOCHROME1 only says how to display and
    changes no value (PS3.3 C.7.6.3.1.2).

    Raises
    ------
    InputError
        If pixels are missing, damaged or compressed in a way nobody here can decode; the message
        names the file.
    """
    i, j = slices[0].size_ij
    _require_possible(slices)
    is_whole = all(_is_whole(header.rescale) for header in slices)
    values: VoxelArray = _empty((len(slices), j, i), is_whole=is_whole)
    for k, (stored, header) in enumerate(_stored_slices(slices)):
        progress.report(k / len(slices), f"Reading slice {k + 1} of {len(slices)}")
        if stored.shape != (j, i):
            message = f"{header.path.name} holds pixels of another shape than its header says."
            raise InputError(message)
        rescaled = _rescaled(stored, header, background=AIR_HU if is_ct else 0)
        if values.dtype == np.int16 and not fits_int16(rescaled):
            values = values.astype(np.float32)
        values[k] = rescaled
    return values


def _require_possible(slices: Sequence[SliceHeader]) -> None:
    """Refuse what headers claim and cannot be true, before room is made for it."""
    i, j = slices[0].size_ij
    if i * j > MOST_SLICE_PIXELS or len(slices) * i * j > MOST_VOXELS:
        raise InputError(
            f"its header claims {i} x {j} x {len(slices)} voxels, more than any scan has "
            f"({MOST_VOXELS:,}). Export the series again, or in parts."
        )
    plain = [s for s in slices if s.pixels.transfer_syntax_uid in _PLAIN]
    if any(abs(number) > _FARTHEST_SCALE for s in slices for number in _scale(s.rescale)):
        raise InputError("its rescale slope or intercept cannot be. Export the series again.")
    claimed = sum(s.pixels.bits_allocated * s.size_ij[0] * s.size_ij[1] // 8 for s in plain)
    try:
        held = sum(path.stat().st_size for path in {s.path for s in plain})
    except OSError as error:
        raise InputError(_gone_message(slices[0].path, error)) from error
    if claimed > max(held, _UNCHECKED_BYTES):
        raise InputError(
            f"{plain[0].path.name} holds fewer pixels than its header claims: it is cut off or "
            "damaged. Copy the series again."
        )


def _empty(shape: tuple[int, int, int], *, is_whole: bool) -> VoxelArray:
    if is_whole:
        return np.empty(shape, dtype=np.int16)
    return np.empty(shape, dtype=np.float32)


def _scale(rescale: Rescale) -> tuple[float, float]:
    slope, intercept = rescale.slope, rescale.intercept
    return (1.0 if slope is None else slope, 0.0 if intercept is None else intercept)


def _is_whole(rescale: Rescale) -> bool:
    return all(number.is_integer() for number in _scale(rescale))


def _stored_slices(
    slices: Sequence[SliceHeader],
) -> Iterator[tuple[NDArray[Any], SliceHeader]]:
    """Yield each slice's stored integers; a compressed multi-frame file is opened once."""
    opened: Path | None = None
    dataset = Dataset()
    for header in slices:
        try:
            stored = plain_frame(header.path, header.pixels_at, header.frame, header.pixels)
        except OSError as error:
            raise InputError(_gone_message(header.path, error)) from error
        if stored is None:
            if header.path != opened:
                opened, dataset = header.path, _read(header.path)
            stored = _decoded(dataset, header)
        yield _within_bits(stored, header.pixels), header


def _read(path: Path) -> Dataset:
    try:
        with odd_files_tolerated():
            return dcmread(path, force=True)
    except UNREADABLE as error:
        raise InputError(_gone_message(path, error)) from error


def _gone_message(path: Path, error: Exception) -> str:
    reason = str(error) or type(error).__name__
    return f"{path.name} cannot be read: {reason}. Copy the series again."


def _decoded(dataset: Dataset, header: SliceHeader) -> NDArray[Any]:
    syntax = UID(header.pixels.transfer_syntax_uid)
    dataset.file_meta.TransferSyntaxUID = syntax  # files without a meta header do not say it
    try:
        with odd_files_tolerated():
            return decoded(dataset, header.frame, raw=True)
    except (*UNREADABLE, RuntimeError) as error:
        raise InputError(_decoding_message(syntax, header.path, error)) from error


def _decoding_message(syntax: UID, path: Path, error: Exception) -> str:
    if not can_decode(syntax):
        return (
            f"the pixels of {path.name} are stored as {syntax.name}, which cannot be decoded here. "
            "Export the series uncompressed."
        )
    # The first line only announces what each decoder said, which follows.
    lines = [line.strip() for line in str(error).splitlines() if not line.endswith(":")]
    reason = lines[0].rstrip(".") if lines else type(error).__name__
    return (
        f"the pixels of {path.name} ({syntax.name}) are missing or damaged: {reason}. "
        "Copy the series again."
    )


def _within_bits(stored: NDArray[Any], pixels: StoredPixels) -> NDArray[Any]:
    """Keep, in place, the bits that are pixels: others may hold rubbish (PS3.5 section 8.1.1)."""
    above = pixels.bits_allocated - 1 - pixels.high_bit
    unused = pixels.bits_allocated - pixels.bits_stored
    if unused <= 0 or above < 0 or not np.issubdtype(stored.dtype, np.integer):
        return stored
    if stored.dtype.itemsize * 8 != pixels.bits_allocated:
        return stored  # the decoder has already put the pixels into their own type
    # Left, then right: the right shift of a signed type carries the sign bit down.
    stored <<= above
    stored >>= unused
    return stored


def _rescaled(stored: NDArray[Any], header: SliceHeader, *, background: int) -> NDArray[Any]:
    slope, intercept = _scale(header.rescale)
    padding = _padding(stored, header.pixels.padding)
    if not (slope.is_integer() and intercept.is_integer()):
        rescaled: NDArray[Any] = stored.astype(np.float64) * slope + intercept
    else:
        ends = np.array([stored.min(), stored.max()], dtype=np.int64)
        reached = (*ends, *(ends * int(slope)), *(ends * int(slope) + int(intercept)))
        is_small = min(reached) >= _INT16.min and max(reached) <= _INT16.max
        rescaled = stored.astype(np.int16 if is_small else np.int64)
        if slope != 1:
            rescaled *= int(slope)
        rescaled += int(intercept)
    if padding is not None:
        np.copyto(rescaled, background, where=_outside(rescaled, padding, background))
    return rescaled


def _padding(stored: NDArray[Any], limits: tuple[int, int] | None) -> NDArray[np.bool_] | None:
    """Tell which pixels lie outside the scan (PS3.3 C.7.5.1.1.2); None where there are none."""
    if limits is None:
        return None
    low, high = limits
    is_padding = stored == low if low == high else (stored >= low) & (stored <= high)
    return is_padding if is_padding.any() else None


def _outside(
    rescaled: NDArray[Any], padding: NDArray[np.bool_], background: int
) -> NDArray[np.bool_]:
    """Return the padding that really surrounds the scan.

    Some scanners declare a padding value that tissue has too (0 with an intercept of 0 is water).
    Values above air therefore count as padding only where they reach the edge of the slice.
    """
    if rescaled[padding].max() <= background:
        return padding
    from scipy import ndimage  # here alone: few series need it, and a CT opens sooner without

    edge = np.zeros_like(padding)
    edge[[0, -1], :] = True
    edge[:, [0, -1]] = True
    return np.asarray(ndimage.binary_propagation(edge & padding, mask=padding))
