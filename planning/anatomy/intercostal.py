"""The bundle under each rib, which no segmenter delivers; a band, not the vessels themselves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.pleura import is_rib
from planning.geometry import HEAD_LPS, Box, Grid, box_around
from planning.image import Mask
from planning.model.case import Role, Structure
from planning.model.site import IntercostalBand


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DerivedBundle:
    """The band under one rib, on a block of the CT's lattice."""

    structure: Structure
    mask: Mask
    notes: tuple[str, ...] = ()


def bundles_of(
    bones: Mapping[str, Mask], near: Grid, intercostal: IntercostalBand
) -> tuple[DerivedBundle, ...]:
    """Return the band that holds vessels and nerve under each rib near the needle.

    It follows the lower edge of the rib, as thick as the rib above it, and reaches
    `intercostal.height_mm` toward the feet (planning model, row 4b); no rib is part of it.

    Parameters
    ----------
    bones : mapping of str to Mask
        By name (``rib_left_7``); bones that are no ribs are passed over.
    near : Grid
        The block of the CT's lattice that the needle can reach; nothing beyond is drawn.
    """
    ribs = {n: m for n, m in bones.items() if is_rib(n) and m.overlap(near) is not None}
    found = []
    for name, rib in ribs.items():
        band = _below(rib, near, intercostal.height_mm)
        for other in ribs.values():
            overlap = other.overlap(band.grid)
            if overlap is not None:
                band.inside[overlap[0]] &= ~overlap[1]
        if band.inside.any():
            found.append(_bundle(name, Mask(grid=band.grid, inside=band.inside), intercostal))
    return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Band:
    grid: Grid
    inside: NDArray[np.bool_]


def _below(rib: Mask, near: Grid, height_mm: float) -> _Band:
    """Return the rib and what lies at most `height_mm` under it."""
    down_ijk = -(np.array(near.direction_lps) @ np.array(HEAD_LPS)) / np.array(near.spacing_mm)
    corners = rib.grid.corners_lps_mm()
    lower = corners - height_mm * np.array(HEAD_LPS)
    grid = box_around(near, np.vstack([corners, lower]), max(near.spacing_mm)).of(near)
    whole = rib.on(grid)
    inside = np.zeros_like(whole)
    steps = np.arange(0.0, height_mm + 1e-6, min(near.spacing_mm) / 2.0)
    for shift in np.unique(np.rint(steps[:, None] * down_ijk).astype(int), axis=0):
        target, source = _shifted(grid.size_ijk, shift)
        inside[target.slices_kji] |= whole[source.slices_kji]
    return _Band(grid=grid, inside=inside)


def _shifted(size_ijk: tuple[int, int, int], shift_ijk: NDArray[np.intp]) -> tuple[Box, Box]:
    """Return the voxels that a shift fills, and those it takes them from."""
    size = np.array(size_ijk)
    low, high = np.maximum(shift_ijk, 0), np.minimum(size + shift_ijk, size)
    high = np.maximum(low, high)
    return _box(low, high), _box(low - shift_ijk, high - shift_ijk)


def _box(low: NDArray[np.intp], high: NDArray[np.intp]) -> Box:
    i, j, k = (int(v) for v in low)
    a, b, c = (int(v) for v in high)
    return Box((i, j, k), (a, b, c))


def _bundle(rib: str, mask: Mask, intercostal: IntercostalBand) -> DerivedBundle:
    name = f"intercostal bundle under {rib}"
    return DerivedBundle(
        structure=Structure(
            name=name,
            role=Role.VESSEL,
            mask_id=f"derived/intercostal/{rib}",
            margin_mm=intercostal.margin_mm,
            reason=f"the band holds the bundle's spread ({intercostal.source})",
            made_by="Trephine",
            derived_from="ribs",
        ),
        mask=mask.cropped(),
    )
