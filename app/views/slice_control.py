"""A registered control CT in a slice of the planning CT: alone, or both in one; registers nothing.

Blended, the planning CT is orange and the control CT blue, so that what both show on one place is
grey. Where the control CT ends, the planning CT goes on darker: it was not scanned again there.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.language import tr
from app.rendering.colour_maps import FIXED_TINT, MOVING_TINT, STEPS
from app.rendering.slice_geometry import SlicePlane
from app.rendering.slice_image import OUTSIDE_HU, GreyScale, Reslicer, hu_at
from planning.geometry import Vec3
from planning.image import Volume

_NOT_SCANNED = 0.35


class ControlMode(StrEnum):
    """Which of the two CTs the slices show."""

    PLANNING = "planning"
    CONTROL = "control"
    BLEND = "blend"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlImage:
    """A control CT, its grid as it lies in the planning CT, and how it is shown.

    Parameters
    ----------
    accepted : bool
        Somebody has accepted that it lies there.
    """

    volume: Volume
    mode: ControlMode
    accepted: bool = True


class ControlPicture:
    """Shows one control CT, or none, in the pictures of one view."""

    def __init__(self) -> None:
        self._image: ControlImage | None = None
        self._reslicer: Reslicer | None = None

    def set_image(self, image: ControlImage | None) -> None:
        """Show another control CT, or the same one otherwise; None shows none."""
        before, self._image = self._image, image
        if image is None:
            self._reslicer = None
        elif before is None or before.volume is not image.volume:
            volume = image.volume
            self._reslicer = Reslicer(volume.grid, volume.values, outside=OUTSIDE_HU)

    @property
    def state(self) -> object:
        """What a picture depends on; another object whenever the picture would be another."""
        return self._image

    @property
    def alone(self) -> Volume | None:
        """The control CT where it is shown in the planning CT's place."""
        image = self._image
        return image.volume if image is not None and image.mode is ControlMode.CONTROL else None

    @property
    def words(self) -> tuple[str, ...]:
        """What is shown, in a line, where that is not the planning CT alone."""
        if self._image is None or self._image.mode is ControlMode.PLANNING:
            return ()
        alone = self._image.mode is ControlMode.CONTROL
        words = tr("Control CT") if alone else tr("Planning CT orange, control CT blue")
        return (words,) if self._image.accepted else (words, tr("registration not accepted yet"))

    def value_words(self, point_lps_mm: Vec3) -> str:
        """Say the control CT's value at a point, where the control CT is seen there."""
        if self._image is None or self._image.mode is ControlMode.PLANNING:
            return ""
        value = hu_at(self._image.volume, point_lps_mm)
        return "" if value is None else tr("control {value:.0f} HU", value=value)

    def picture(
        self, grey: NDArray[np.uint8], plane: SlicePlane, pixel_ratio: float, scale: GreyScale
    ) -> QImage | None:
        """Return the picture in the place of the planning CT's grey one; None leaves that.

        Parameters
        ----------
        grey : ndarray of uint8, shape (height, width)
            The planning CT on this plane.
        scale : GreyScale
            By which it was made grey.
        """
        image, reslicer = self._image, self._reslicer
        if image is None or reslicer is None or image.mode is ControlMode.PLANNING:
            return None
        values = reslicer.pixels(plane, pixel_ratio)
        there, missing = scale.grey(values), values <= OUTSIDE_HU
        if image.mode is ControlMode.CONTROL:
            pixels = _GREY[there]
        else:
            pixels = _FIXED[grey] + _MOVING[there]
        pixels[missing] = _GREY[(grey[missing] * _NOT_SCANNED).astype(np.uint8)]
        height, width = pixels.shape
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _tinted(tint: tuple[float, float, float]) -> NDArray[np.uint32]:
    """Return 0x00RRGGBB by grey value."""
    red, green, blue = (np.floor(np.arange(STEPS) * share).astype(np.uint32) for share in tint)
    return np.asarray(red << 16 | green << 8 | blue, dtype=np.uint32)


_OPAQUE = np.uint32(0xFF000000)
_GREY = _tinted((1.0, 1.0, 1.0)) | _OPAQUE
_FIXED = _tinted(FIXED_TINT) | _OPAQUE
_MOVING = _tinted(MOVING_TINT)
