"""DICOM RTSTRUCT: one ROI's contours as a mask on the slices they were drawn on.

Interpolates nothing between slices.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from planning.errors import InputError
from planning.geometry import Float64Array, Grid
from planning.image import Mask, Volume
from planning.imaging.frames import frame_note, origin_note
from planning.imaging.masks import onto
from planning.imaging.polygons import combined, filled
from planning.imaging.structure_set import Roi, StructureSet, read_structure_set
from planning.limits import MOST_CONTOUR_CROSSINGS, MOST_CONTOUR_PIXELS

OFF_SLICE_TOLERANCE = 0.1
"""Slices: how far a contour may lie off the slice it belongs to; writers round positions."""

_OFF_SLICE_MM = 0.1  # the same for very thin slices, as positions are rounded to 0.1 mm
_OFF_SLICE_AT_MOST = 0.4  # slices; at a half it would be anybody's


def read_roi(path: Path, name: str, grid: Grid) -> Mask:
    """Rasterise an ROI on the slices of `grid`; the mask lies on a block of its lattice.

    A voxel is inside if its centre is inside the contours of its slice. Holes are inner contours,
    keyholes or exclusive contours (PS3.3 C.8.8.6.3); contours that lie partly on each other are
    joined, unless they are exclusive. The block may reach beyond the grid;
    `planning.imaging.masks.onto` cuts it and says so.

    Raises
    ------
    InputError
        If there is no such ROI, it has no closed contour, its contours do not lie on slices of
        the grid, or it is smaller than a voxel.
    """
    return _rasterised(read_structure_set(path).roi(name), grid, path.name)[0]


def roi_onto(structures: StructureSet, name: str, ct: Volume) -> tuple[Mask, tuple[str, ...]]:
    """Rasterise an ROI on the planning CT; also returns what the user has to know.

    Raises
    ------
    FrameError
        If the ROI lies in another frame of reference.
    InputError
        As `read_roi`, and if the ROI lies outside the CT.
    """
    file_name = structures.path.name
    roi = structures.roi(name)
    what = f'ROI "{name}" of {file_name}'
    frame_note(roi.frame_of_reference_uid, ct, what)  # before a misfit of slices is blamed
    drawn, crossing = _rasterised(roi, ct.grid, file_name)
    mask, notes = onto(drawn, ct, what)
    origin = origin_note(structures.series_uids, ct, what)
    notes += ((origin,) if origin else ()) + _contour_notes(roi, ct, what)
    return mask, (*notes, *_crossing_notes(crossing, what))


def _rasterised(roi: Roi, grid: Grid, file_name: str) -> tuple[Mask, int]:
    """Return the mask, and how many contours lie partly on another of their slice."""
    what = f'ROI "{roi.name}" of {file_name}'
    if not roi.contours:
        message = f"{what} has no closed contour. Draw it, or name another ROI."
        raise InputError(message)
    by_slice = _by_slice(roi, grid, what)
    corners = np.concatenate([c for contours in by_slice.values() for c in contours])
    low = np.floor(corners.min(axis=0)).astype(int)
    width, height = (np.ceil(corners.max(axis=0)).astype(int) - low + 1).tolist()
    first, last = min(by_slice), max(by_slice)
    _require_room(by_slice, (width, height, last - first + 1), what)
    inside = np.zeros((last - first + 1, height, width), dtype=np.bool_)
    crossing, block = 0, ((int(low[0]), int(low[1])), (width, height))
    for k, contours in by_slice.items():
        if roi.is_exclusive:
            inside[k - first] = filled(contours, *block)
        else:
            inside[k - first], more = combined(contours, *block)
            crossing += more
    if not inside.any():
        message = f"{what} is smaller than a voxel of the CT: it holds no voxel centre."
        raise InputError(message)
    mask = Mask(
        grid=grid.cropped((int(low[0]), int(low[1]), first), (width, height, len(inside))),
        inside=inside,
        frame_of_reference_uid=roi.frame_of_reference_uid,
    )
    return mask.cropped(), crossing


def _require_room(
    by_slice: dict[int, list[Float64Array]], size_ijk: tuple[int, int, int], what: str
) -> None:
    """Refuse contours that would take more memory than any region of a patient."""
    width, height, depth = size_ijk
    most = max(map(len, by_slice.values()))
    longest = max(
        len(corners) + float(np.abs(np.diff(corners[:, 1])).sum())
        for contours in by_slice.values()
        for corners in contours
    )
    pixels = width * height * max(depth, most)
    if pixels > MOST_CONTOUR_PIXELS or longest > MOST_CONTOUR_CROSSINGS:
        message = (
            f"{what} spans {width} x {height} x {depth} voxels of this CT with up to {most} "
            "contours on a slice, more than any region has: it is damaged, or was drawn on another "
            "image. Export it again."
        )
        raise InputError(message)


def _by_slice(roi: Roi, grid: Grid, what: str) -> dict[int, list[Float64Array]]:
    """Return each slice's contours as (n, 2) corners (i, j); exact repetitions count once."""
    tolerance = min(
        max(OFF_SLICE_TOLERANCE, _OFF_SLICE_MM / grid.spacing_mm[2]), _OFF_SLICE_AT_MOST
    )
    by_slice: dict[int, list[Float64Array]] = {}
    for points in roi.contours:
        index = grid.index_from_lps(points)
        k = int(np.rint(index[:, 2].mean()))
        if np.abs(index[:, 2] - k).max() > tolerance:
            raise InputError(_off_slice(points, float(np.ptp(index[:, 2])), what))
        known = by_slice.setdefault(k, [])
        if not any(np.array_equal(index[:, :2], other) for other in known):
            known.append(index[:, :2])
    slices = np.array(sorted(by_slice))
    if slices.size > 1 and np.diff(slices).min() > 1:
        apart_mm = float(np.diff(slices).min() * grid.spacing_mm[2])
        message = (
            f"{what} has no contours on neighbouring slices of this CT: they are {apart_mm:.2f} mm "
            f"apart, its slices {grid.spacing_mm[2]:.2f} mm. It was drawn on other slices; load "
            "the CT it was drawn on, or export it as a mask."
        )
        raise InputError(message)
    return by_slice


def _off_slice(points: Float64Array, thickness_slices: float, what: str) -> str:
    where = ", ".join(
        f"{axis} {mm:.2f}" for axis, mm in zip("xyz", points.mean(axis=0), strict=True)
    )
    if thickness_slices > OFF_SLICE_TOLERANCE:
        return (
            f"{what}: the contour at {where} mm does not lie in the plane of the CT's slices. It "
            "was drawn on another reconstruction; load that, or export the ROI as a mask."
        )
    return (
        f"{what}: the contour at {where} mm lies between two slices of the CT. It was drawn on "
        "another series; load that, or export the ROI as a mask."
    )


def _contour_notes(roi: Roi, ct: Volume, what: str) -> tuple[str, ...]:
    notes = []
    if roi.other_contours:
        notes.append(f"{what}: {roi.other_contours} points or open lines in it were passed over.")
    k = np.unique([np.rint(ct.grid.index_from_lps(c)[:, 2].mean()) for c in roi.contours])
    empty = int(k[-1] - k[0]) + 1 - k.size
    if empty:
        notes.append(f"{what} has no contour on {empty} of the slices it spans; they stay empty.")
    return tuple(notes)


def _crossing_notes(crossing: int, what: str) -> tuple[str, ...]:
    if not crossing:
        return ()
    return (f"{what}: {crossing} contours lie partly on others of their slice and were joined.",)
