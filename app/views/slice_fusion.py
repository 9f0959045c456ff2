"""A PET or MR laid over a slice of the planning CT, in its own colours; chooses nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtGui import QImage

from app.rendering.colour_maps import GREY, HOT_IRON, STEPS, steps_of
from app.rendering.slice_geometry import SlicePlane
from app.rendering.slice_image import OUTSIDE_HU, GreyScale, Reslicer, hu_at
from app.views.slice_control import ControlPicture
from planning.geometry import Vec3
from planning.image import Volume

_WHOLE = 256


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class OverlayImage:
    """A second image as it is laid over the CT.

    Parameters
    ----------
    volume : Volume
        In the CT's frame, on a grid of its own.
    name : str
        What it is called in a corner of the views: ``PET``, ``MR``.
    coloured : bool
        From black by red and yellow to white; otherwise grey.
    low, high : float
        Values at the ends of the colours.
    blend : float
        How much of it is seen: 0 is the CT alone, 1 the second image alone.
    """

    volume: Volume
    name: str
    coloured: bool
    low: float
    high: float
    blend: float


class Fusion:
    """Lays one second image, or none, over the pictures of one view.

    A control CT goes before: it takes the planning CT's place, and nothing is laid over it.
    """

    def __init__(self) -> None:
        self.control = ControlPicture()
        self._overlay: OverlayImage | None = None
        self._reslicer: Reslicer | None = None
        self._mixed = np.zeros((STEPS, STEPS + 1), dtype=np.uint32)

    def set_overlay(self, overlay: OverlayImage | None) -> None:
        """Lay another image over the CT; None lays none."""
        before, self._overlay = self._overlay, overlay
        if overlay is None:
            self._reslicer = None
            return
        self._mixed = _mixed(overlay)
        if before is None or before.volume is not overlay.volume:
            volume = overlay.volume
            self._reslicer = Reslicer(volume.grid, volume.values, outside=OUTSIDE_HU)

    @property
    def state(self) -> object:
        """What a picture depends on; another object whenever the picture would be another."""
        return self._overlay, self.control.state

    @property
    def words(self) -> tuple[str, ...]:
        """What is laid over the CT, in a line, if anything is."""
        if self._overlay is None or self.control.words:
            return self.control.words
        unit = f" {self._overlay.volume.unit}" if self._overlay.volume.unit else ""
        low, high = (number_words(value) for value in (self._overlay.low, self._overlay.high))
        return (f"{self._overlay.name} {low}–{high}{unit}   {self._overlay.blend:.0%}",)  # noqa: RUF001

    def value_words(self, point_lps_mm: Vec3) -> str:
        """Say the second image's value at a point; empty where it has none."""
        if said := self.control.value_words(point_lps_mm):
            return said
        value = None if self._overlay is None else hu_at(self._overlay.volume, point_lps_mm)
        if value is None or self._overlay is None:
            return ""
        return f"{self._overlay.volume.unit or self._overlay.name} {number_words(value)}"

    def blended(
        self, grey: NDArray[np.uint8], plane: SlicePlane, pixel_ratio: float, scale: GreyScale
    ) -> QImage | None:
        """Return the CT's grey picture with the second image over it; None where it stays grey.

        Where the second image ends the CT stays as it is. `scale` made the CT grey.
        """
        if (control := self.control.picture(grey, plane, pixel_ratio, scale)) is not None:
            return control
        overlay, reslicer = self._overlay, self._reslicer
        if overlay is None or reslicer is None or overlay.blend == 0.0:
            return None
        values = reslicer.pixels(plane, pixel_ratio)
        step = steps_of(values, overlay.low, overlay.high)
        step[values <= OUTSIDE_HU] = STEPS
        pixels = np.take(self._mixed, grey * np.intp(STEPS + 1) + step)
        height, width = pixels.shape
        return QImage(pixels.data, width, height, 4 * width, QImage.Format.Format_RGB32).copy()


def _mixed(overlay: OverlayImage) -> NDArray[np.uint32]:
    """Return 0xffRRGGBB by grey value of the CT and step of the colours; the last step is none."""
    share = round(overlay.blend * _WHOLE)
    colours = (HOT_IRON if overlay.coloured else GREY).astype(np.uint32)
    grey = np.arange(STEPS, dtype=np.uint32)[:, None, None]
    rgb = np.repeat(np.repeat(grey, STEPS + 1, axis=1), 3, axis=2)
    rgb[:, :STEPS] = (grey * (_WHOLE - share) + colours * share) >> 8
    return np.asarray(0xFF000000 | rgb[..., 0] << 16 | rgb[..., 1] << 8 | rgb[..., 2])


def number_words(value: float) -> str:
    """Return a value of an image of any scale with about three figures."""
    return f"{value:.0f}" if abs(value) >= 100.0 or value == round(value) else f"{value:.3g}"
