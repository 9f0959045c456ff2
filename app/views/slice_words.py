"""What a slice view says in its corners: its name, its place, the table, HU; paints nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from app.language import mark, tr
from app.rendering.needle_axes import Framing, ViewKind
from app.rendering.slice_geometry import SlicePlane, scroll_of
from app.rendering.slice_image import disc_values, hu_at
from planning.geometry import HEAD_LPS, Vec3
from planning.image import Volume

_TITLES: dict[ViewKind, str] = {
    "axial": mark("Axial"),
    "coronal": mark("Coronal"),
    "sagittal": mark("Sagittal"),
    "eye": mark("Needle's eye"),
    "along_axial": mark("Along needle, near axial"),
    "along_head": mark("Along needle, head on top"),
}
_COORDINATES = {"axial": ("z", 2), "coronal": ("y", 1), "sagittal": ("x", 0)}
NO_IMAGE = mark("No image")
NO_NEEDLE = mark("Select a trajectory")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a view speaks of.

    Parameters
    ----------
    framing : Framing or None
        The needle that is followed; None in a view of the patient's axes.
    table_known : bool
        Whether the patient will lie on the table as scanned, so that its positions hold.
    """

    kind: ViewKind
    volume: Volume
    plane: SlicePlane
    point_lps_mm: Vec3
    framing: Framing | None = None
    table_known: bool = False


def title_of(kind: ViewKind, framing: Framing | None = None) -> str:
    """Return a view's name, with the depth where it looks along the needle."""
    if kind == "eye" and framing is not None:
        return tr("Needle's eye, depth {depth} mm", depth=f"{framing.depth_mm:.0f}")
    return tr(_TITLES[kind])


def slice_words(sight: Sight) -> tuple[str, ...]:
    """Say which slice is shown, in lines: by coordinate, table and image, or by the needle."""
    if sight.framing is not None:
        return _needle_words(sight)
    name, axis = _COORDINATES[sight.kind]
    words = f"{name} {sight.point_lps_mm[axis]:.1f} mm"
    grid, series = sight.volume.grid, sight.volume.series
    scroll = scroll_of(grid, sight.plane.axes.normal_lps)
    if scroll.axis is None:
        return (words,)
    index = grid.index_from_lps(sight.point_lps_mm)[scroll.axis]
    number = int(np.clip(round(float(index)), 0, scroll.count - 1))
    count = scroll.count
    if scroll.axis == 2 and len(series.instance_numbers) == count:
        image = tr("image {number} of {count}", number=series.instance_numbers[number], count=count)
    else:
        image = tr("slice {number} of {count}", number=number + 1, count=count)
    if sight.kind == "axial" and scroll.axis == 2 and sight.table_known:
        table = series.table_positions_mm
        if len(table) == count:
            words += "   " + tr("table {position}", position=f"{table[number]:.1f}")
    return words, image


def _needle_words(sight: Sight) -> tuple[str, ...]:
    if sight.framing is None or sight.kind == "eye":
        return ()  # its name says the depth
    if sight.kind == "along_axial":
        cosine = abs(float(np.dot(sight.plane.axes.normal_lps, HEAD_LPS)))
        tilt = np.degrees(np.arccos(min(1.0, cosine)))
        return (tr("{angle}° from axial", angle=f"{tilt:.0f}"),)
    return (tr("{depth} mm from the skin", depth=f"{sight.framing.depth_mm:.0f}"),)


def pointer_words(volume: Volume, point_lps_mm: Vec3, names: tuple[str, ...]) -> str:
    """Say what lies under the pointer: HU, and the structures it is in."""
    value = hu_at(volume, point_lps_mm)
    hu = () if value is None else (f"{value:.0f} HU",)
    return "   ".join((*names, *hu))


def measured_words(volume: Volume, plane: SlicePlane, centre_lps_mm: Vec3, radius_mm: float) -> str:
    """Say the HU at a point, or their mean and spread in a disc on the plane."""
    one = hu_at(volume, centre_lps_mm)
    if one is None:
        return tr("outside the image")
    values = disc_values(volume, plane.axes, centre_lps_mm, radius_mm)
    if values.size < 2:
        return f"{one:.0f} HU"
    return tr(
        "{mean} ± {spread} HU, r {radius} mm",
        mean=f"{values.mean():.0f}",
        spread=f"{values.std():.0f}",
        radius=f"{radius_mm:.1f}",
    )
