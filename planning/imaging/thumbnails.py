"""One small picture of a series, for choosing it: upright, in a window that shows something.

A picture to recognise a series by; nothing is measured in it, and it does not lie as the patient
does in the views.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydicom import dcmread
from pydicom.dataset import Dataset

from planning.errors import InputError
from planning.geometry import HEAD_LPS, LEFT_LPS, POSTERIOR_LPS, Float64Array, Vec3
from planning.imaging.decoding import decoded
from planning.imaging.dicom_headers import SliceHeader
from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated, text_of
from planning.imaging.pixels import read_values

Grey = NDArray[np.uint8]

SOFT_TISSUE_HU = (-160.0, 240.0)
"""What a CT is shown in: bone stays white, air black, fat and muscle apart."""

_PERCENTILES = (1.0, 99.5)
_LEAST_CONTRAST = 8.0  # grey levels, as standard deviation: less shows nothing
_INVERTED = "MONOCHROME1"
_ROWS_COLUMNS_SAMPLES, _RGB = 3, 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Thumbnail:
    """One slice as grey levels.

    Parameters
    ----------
    grey : ndarray of uint8, shape (rows, columns)
        0 is black. Rows run down and columns to the right of an upright picture.
    height_to_width : float
        Of the picture, in millimetres; pixels need not be square.
    problem : str
        Why there is no picture, where `grey` is empty.
    """

    grey: Grey
    height_to_width: float = 1.0
    problem: str = ""


def middle_of(slices: Sequence[SliceHeader]) -> SliceHeader | None:
    """Return the slice halfway along a series, by its place, else by its number; None of none.

    The slices need not make a volume: a picture helps to see what is wrong with them.
    """
    if not slices:
        return None
    first = slices[0]
    placed = all(s.position_lps_mm is not None for s in slices)
    if placed and first.i_axis_lps is not None and first.j_axis_lps is not None:
        normal = np.cross(first.i_axis_lps, first.j_axis_lps)
        order = [float(np.dot(s.position_lps_mm or (0.0, 0.0, 0.0), normal)) for s in slices]
    else:
        order = [float(s.instance_number or 0) for s in slices]
    return slices[int(np.argsort(order, kind="stable")[(len(slices) - 1) // 2])]


def thumbnail_of(middle: SliceHeader, modality: str) -> Thumbnail:
    """Read one slice and show it upright.

    Axial slices have the patient's right on the left and the front on top, coronal ones the right
    on the left and the head on top, sagittal ones the front on the left and the head on top. A
    slice that does not say how it lies is shown as it is stored.
    """
    try:
        shown = _colour(middle) if middle.pixels.samples > 1 else _grey(middle, modality)
    except InputError as error:
        return Thumbnail(grey=np.zeros((0, 0), dtype=np.uint8), problem=str(error))
    spacing = middle.pixel_spacing_mm or (1.0, 1.0)
    size_ij = (shown.shape[1] * spacing[0], shown.shape[0] * spacing[1])
    upright, is_turned = _upright(shown, middle.i_axis_lps, middle.j_axis_lps)
    width, height = size_ij[::-1] if is_turned else size_ij
    return Thumbnail(grey=np.ascontiguousarray(upright), height_to_width=height / width)


def _grey(middle: SliceHeader, modality: str) -> Grey:
    values = read_values((middle,), is_ct=modality == "CT")[0].astype(np.float64)
    shown = _windowed(values, SOFT_TISSUE_HU) if modality == "CT" else None
    if shown is None or shown.std() < _LEAST_CONTRAST:
        finite = values[np.isfinite(values)]
        low, high = np.percentile(finite, _PERCENTILES) if finite.size else (0.0, 0.0)
        if not high > low and finite.size:
            low, high = float(finite.min()), float(finite.max())  # few bright spots on nothing
        shown = _windowed(values, (float(low), float(high)))
    inverted = text_of(_header(middle), "PhotometricInterpretation") == _INVERTED
    return np.subtract(255, shown) if inverted else shown


def _windowed(values: Float64Array, window: tuple[float, float]) -> Grey:
    low, high = window
    if not high > low:
        return np.zeros(values.shape, dtype=np.uint8)
    share = np.nan_to_num((values - low) / (high - low))
    return np.asarray(np.rint(255.0 * np.clip(share, 0.0, 1.0)), dtype=np.uint8)


def _colour(middle: SliceHeader) -> Grey:
    """Return how bright a colour picture is."""
    try:
        with odd_files_tolerated():
            colours = decoded(dcmread(middle.path, force=True), middle.frame, raw=False)
    except (*UNREADABLE, RuntimeError) as error:
        raise _undecodable(middle) from error
    if colours.ndim != _ROWS_COLUMNS_SAMPLES or colours.shape[-1] < _RGB:
        raise _undecodable(middle)
    bright = colours[..., :_RGB].astype(np.float64) @ (0.299, 0.587, 0.114)  # ITU-R BT.601
    return _windowed(bright, (0.0, max(255.0, float(bright.max()))))


def _undecodable(middle: SliceHeader) -> InputError:
    return InputError(f"the picture in {middle.path.name} cannot be decoded.")


def _header(middle: SliceHeader) -> Dataset:
    try:
        with odd_files_tolerated():
            wanted = ["PhotometricInterpretation"]
            return dcmread(middle.path, specific_tags=wanted, stop_before_pixels=True, force=True)
    except UNREADABLE:
        return Dataset()


def _upright(shown: Grey, i_axis: Vec3 | None, j_axis: Vec3 | None) -> tuple[Grey, bool]:
    """Return the picture turned upright, and whether rows and columns changed places."""
    if i_axis is None or j_axis is None:
        return shown, False
    axis = int(np.argmax(np.abs(np.cross(i_axis, j_axis))))
    right = np.array(POSTERIOR_LPS if axis == 0 else LEFT_LPS)
    down = np.array(POSTERIOR_LPS) if axis == 2 else -np.array(HEAD_LPS)
    is_turned = bool(abs(np.dot(j_axis, right)) > abs(np.dot(i_axis, right)))
    across, along = (j_axis, i_axis) if is_turned else (i_axis, j_axis)
    upright = shown.T if is_turned else shown
    if np.dot(across, right) < 0:
        upright = upright[:, ::-1]
    if np.dot(along, down) < 0:
        upright = upright[::-1]
    return upright, is_turned
