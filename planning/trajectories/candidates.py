"""Where needles may start and where their tips may lie; measures and rejects nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.lesion import Lesion
from planning.geometry import Float64Array, Vec3
from planning.model.needle import Needle

Int32Array = NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lattice:
    """All entries and tips whose combinations are the candidates.

    Parameters
    ----------
    entries_lps_mm, entry_normals_lps : ndarray, shape (n, 3)
        Skin points within the needle's reach of some tip, and their outward normals.
    tips_lps_mm : ndarray, shape (m, 3)
        Ordered so that neighbours in the list are neighbours in space.
    barred : mapping-like tuple of (str, int)
        Skin points that no needle may start from, by the constraint that says so.
    tip_spacing_mm : float
        What it came to; wider than the protocol's where the lesion is very large.
    """

    entries_lps_mm: Float64Array
    entry_normals_lps: Float64Array
    tips_lps_mm: Float64Array
    barred: tuple[tuple[str, int], ...]
    tip_spacing_mm: float

    @property
    def pair_count(self) -> int:
        """Number of candidates that have to be measured."""
        return len(self.entries_lps_mm) * len(self.tips_lps_mm)

    @property
    def barred_count(self) -> int:
        """Number of candidates whose entry alone rules them out."""
        return sum(count for _, count in self.barred) * len(self.tips_lps_mm)

    def chunks(self, size: int) -> Iterator[tuple[Int32Array, Int32Array]]:
        """Yield (entry numbers, tip numbers) of about `size` candidates, tip by tip.

        Candidates of one tip stay together: needles that share voxels are measured in a row.
        """
        entries = np.arange(len(self.entries_lps_mm), dtype=np.int32)
        tips_at_once = max(1, size // max(1, len(entries)))
        for first in range(0, len(self.tips_lps_mm), tips_at_once):
            tips = np.arange(
                first, min(first + tips_at_once, len(self.tips_lps_mm)), dtype=np.int32
            )
            yield np.tile(entries, len(tips)), np.repeat(tips, len(entries))


def lattice(anatomy: Anatomy, lesion: Lesion) -> Lattice:
    """Return the candidates' entries and tips for one lesion.

    The tips' spacing is widened where entries x tips would exceed the protocol's limit.
    """
    search = anatomy.protocol.search
    spacing = search.tip_spacing_mm
    tips = tip_points_lps_mm(lesion, anatomy.needle, anatomy.required_length_mm, spacing)
    skin = anatomy.skin
    reachable = _within(skin.points_lps_mm, tips, anatomy.needle.reach_mm)
    demanded = {c.key for c in anatomy.protocol.constraints}
    border = reachable & skin.at_border
    wrong_side = reachable & ~border & ~skin.entry_side_ok & ("entry_side" in demanded)
    no_entry = reachable & ~border & ~wrong_side & skin.no_entry & ("no_entry" in demanded)
    free = reachable & ~border & ~wrong_side & ~no_entry
    while int(free.sum()) * len(tips) > search.candidates_at_most:
        spacing *= 1.1
        tips = tip_points_lps_mm(lesion, anatomy.needle, anatomy.required_length_mm, spacing)
    return Lattice(
        entries_lps_mm=skin.points_lps_mm[free],
        entry_normals_lps=skin.normals_lps[free],
        tips_lps_mm=tips,
        barred=tuple(
            (key, int(barred.sum()))
            for key, barred in (
                ("field_of_view", border),
                ("entry_side", wrong_side),
                ("no_entry", no_entry),
            )
            if key in demanded
        ),
        tip_spacing_mm=spacing,
    )


def tip_points_lps_mm(
    lesion: Lesion, needle: Needle, required_length_mm: float, spacing_mm: float
) -> Float64Array:
    """Return a lattice of tips from which the specimen can hold enough viable tumour.

    The specimen, not the tip, has to be in viable tissue, so tips also lie behind it: up to dead
    space plus core length less the required length. The lattice follows the axes of the lesion's
    grid and is centred on the lesion, so that it moves with the patient.

    Returns
    -------
    ndarray, shape (m, 3)
        LPS mm; never empty.
    """
    behind = max(0.0, needle.dead_space_mm + needle.core_length_mm - required_length_mm)
    grid = lesion.viable.grid
    pad = [int(np.ceil(behind / h)) + 1 for h in grid.spacing_mm]
    distance = _distance_mm(
        np.pad(lesion.viable.inside, [(p, p) for p in pad[::-1]]), grid.spacing_mm
    )
    centre = grid.index_from_lps(lesion.centroid_lps_mm) + pad
    axes = [
        _ticks(c, n, spacing_mm / h)
        for c, n, h in zip(centre, distance.shape[::-1], grid.spacing_mm, strict=True)
    ]
    k, j, i = np.meshgrid(axes[2], axes[1], axes[0], indexing="ij")
    index_ijk = np.column_stack([i.ravel(), j.ravel(), k.ravel()])
    nearest = np.rint(index_ijk).astype(int)
    keep = distance[nearest[:, 2], nearest[:, 1], nearest[:, 0]] <= behind
    points = index_ijk[keep] if keep.any() else centre[None]
    return grid.lps_from_index(points - pad)


def _ticks(centre: float, size: int, step: float) -> Float64Array:
    """Return evenly spaced indices through `centre` that stay inside 0 .. size - 1."""
    below, above = int(centre / step), int((size - 1 - centre) / step)
    return np.asarray(centre + np.arange(-below, above + 1) * step)


def _distance_mm(inside: NDArray[np.bool_], spacing_mm: Vec3) -> NDArray[np.float32]:
    image = sitk.GetImageFromArray(inside.astype(np.uint8))
    image.SetSpacing(spacing_mm)
    distance = sitk.SignedMaurerDistanceMap(image, squaredDistance=False, useImageSpacing=True)
    return np.asarray(sitk.GetArrayFromImage(distance))


def _within(
    points_lps_mm: Float64Array, tips_lps_mm: Float64Array, reach_mm: float
) -> NDArray[np.bool_]:
    """Tell which points have a tip within reach."""
    distance, _ = cKDTree(tips_lps_mm).query(points_lps_mm, distance_upper_bound=reach_mm)
    return np.asarray(np.isfinite(distance))
