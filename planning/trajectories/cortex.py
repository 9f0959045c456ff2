"""One needle's way into the bone: which, through what cortex, or where it is broken; no verdicts.

What bone is comes from the masks as they were given, so that a cortex which the tumour's mask
covers is still a cortex; whether it is intact comes from the CT. Both may be wrong about a cortex:
see `planning.anatomy.cortical_windows` for what is assumed.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypedDict

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.bones import EDGE_DEG, KINDS, BoneKind
from planning.anatomy.densities import hu_at, ridge_hu
from planning.anatomy.fields import CHANNEL_HU, ScreenFields
from planning.anatomy.surfaces import outward_normal_lps
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array, Grid, vec3
from planning.model.needle import Trajectory
from planning.model.plan import BoneEntry
from planning.trajectories.angles import incidence_deg
from planning.trajectories.cortex_profile import CortexProfile, cortex_along
from planning.trajectories.sampling import Samples

_NORMAL_SCALE_MM = 2.0
_ANY_KIND_BITS = 255
_PROFILE_BEFORE_MM = 8.0
_PROFILE_BEHIND_MM = 25.0
_PROFILE_STEP_MM = 0.1
_BEFORE_HIT_MM = 1.5
_WINDOW_WITHIN_MM = 4.0


class _Drilled(TypedDict):
    cortical_mm: float
    cancellous_mm: float


def bone_entry(anatomy: Anatomy, trajectory: Trajectory, samples: Samples) -> BoneEntry | None:
    """Return how a trajectory gets into bone, or None if it meets none.

    Broken is the cortex of a lesion of bone if, from where bone or lesion begin to `hidden_mm`
    inside the lesion, the CT on the axis nowhere reaches `intact_hu` nor shows a ridge of
    `shell_hu`, and a bone mask covers at most `rim_mm` of the way before the lesion. Thickness:
    see `cortex_along`; perpendicular to the cortex it is shorter by the cosine of the incidence,
    as for a plate. A layer softer than compact bone is blurred, so thinner than it looks; one
    wider than blur makes a cortex is none of its own and has no thickness.

    Source: thinner than `resolved_mm` or `resolved_voxels` half-maximum widths are upper bounds
    (Treece et al. 2010, doi 10.1016/j.media.2010.01.003).
    """
    hu = hu_at(anatomy.ct, samples.points_lps_mm)
    in_bone = anatomy.bones.kinds_at(samples.points_lps_mm) > 0
    drilled = (samples.bits & Tissue.BONE) > 0
    cortical = drilled & (hu > anatomy.bones.rules.cortex.cortical_hu)
    lengths = _Drilled(
        cortical_mm=float(np.count_nonzero(cortical)) * samples.step_mm,
        cancellous_mm=float(np.count_nonzero(drilled & ~cortical)) * samples.step_mm,
    )
    if _is_broken(anatomy, samples, drilled, hu):
        depth_mm = samples.first_depth_mm(Tissue.TUMOUR)
        window = anatomy.cortex.window_at(trajectory.at_depth_mm(depth_mm), _WINDOW_WITHIN_MM)
        return BoneEntry(
            bone=anatomy.cortex.host,
            kind=anatomy.bones.rules.kind_of(anatomy.cortex.host).value,
            broken=True,
            depth_mm=depth_mm,
            window_area_mm2=None if window is None else window.area_mm2,
            **lengths,
        )
    hit = _first_bone(anatomy, samples, in_bone)
    return None if hit is None else _intact_entry(anatomy, trajectory, samples, hit, lengths)


def _first_bone(
    anatomy: Anatomy, samples: Samples, in_bone: NDArray[np.bool_]
) -> tuple[int, bool] | None:
    """Return the first sample in bone, and whether only the lesion's mask covers that bone.

    A lesion of bone whose cortex is not broken begins with its cortex, even where the bone's mask
    spares the lesion.
    """
    lesion = (samples.bits & Tissue.TUMOUR) > 0
    bone_at = int(np.argmax(in_bone)) if in_bone.any() else len(in_bone)
    if anatomy.cortex.in_bone and lesion.any():
        hidden = round(anatomy.bones.rules.cortex.hidden_mm / samples.step_mm)
        lesion_at = int(np.argmax(lesion))
        if bone_at > lesion_at + hidden:
            return lesion_at, True
    return (bone_at, False) if in_bone.any() else None


def _is_broken(
    anatomy: Anatomy, samples: Samples, drilled: NDArray[np.bool_], hu: Float64Array
) -> bool:
    numbers = anatomy.bones.rules.cortex
    lesion = (samples.bits & Tissue.TUMOUR) > 0
    if not anatomy.cortex.in_bone or not lesion.any():
        return False
    reached = int(np.argmax(lesion))
    before = drilled[:reached]
    if np.count_nonzero(before) * samples.step_mm > numbers.rim_mm:
        return False
    depth_mm = samples.depth_mm
    begins_mm = depth_mm[reached] - numbers.hidden_mm
    if before.any():
        begins_mm = min(begins_mm, depth_mm[int(np.argmax(before))] - _BEFORE_HIT_MM)
    on_the_way = (depth_mm >= begins_mm) & (depth_mm <= depth_mm[reached] + numbers.hidden_mm)
    way = hu[on_the_way]
    return bool((way < numbers.intact_hu).all() and ridge_hu(way) < numbers.shell_hu)


def _intact_entry(
    anatomy: Anatomy,
    trajectory: Trajectory,
    samples: Samples,
    hit: tuple[int, bool],
    lengths: _Drilled,
) -> BoneEntry:
    first, only_lesion = hit
    name = anatomy.bones.name_at(vec3(samples.points_lps_mm[first]))
    name = anatomy.cortex.host if only_lesion else name
    depth_mm = float(max(0.0, samples.depth_mm[first] - samples.step_mm / 2.0))
    normal = outward_normal_lps(
        anatomy.near,
        anatomy.tissue.bits if only_lesion else anatomy.bones.kinds,
        trajectory.at_depth_mm(depth_mm),
        _NORMAL_SCALE_MM,
        bit=Tissue.BONE | Tissue.TUMOUR if only_lesion else _ANY_KIND_BITS,
    )
    cortex = anatomy.bones.rules.cortex
    profile = _profile(anatomy, trajectory, depth_mm)
    along_mm = profile.thickness_mm if profile is not None else None
    angle_deg, thickness_mm, resolved = None, None, False
    if normal is not None:
        angle_deg = float(incidence_deg(trajectory.direction_lps[None], normal[None])[0])
        if along_mm is not None:
            thickness_mm = along_mm * abs(float(np.cos(np.radians(angle_deg))))
            hard = profile is not None and profile.peak_hu >= cortex.hard_hu
            resolved = hard and bool(thickness_mm >= _resolved_mm(anatomy, normal))
            if not hard and thickness_mm > cortex.blurred_mm:
                along_mm, thickness_mm = None, None
    return BoneEntry(
        bone=name,
        kind=anatomy.bones.rules.kind_of(name).value,
        broken=False,
        depth_mm=depth_mm,
        incidence_deg=angle_deg,
        thickness_along_mm=along_mm,
        thickness_mm=thickness_mm,
        thickness_resolved=resolved,
        peak_hu=None if profile is None else profile.peak_hu,
        **lengths,
    )


def _profile(anatomy: Anatomy, trajectory: Trajectory, hit_mm: float) -> CortexProfile | None:
    start = max(0.0, hit_mm - _PROFILE_BEFORE_MM)
    depth_mm = np.arange(start, hit_mm + _PROFILE_BEHIND_MM, _PROFILE_STEP_MM)
    points = np.array(trajectory.entry_lps_mm) + depth_mm[:, None] * trajectory.direction_lps
    least_hu = anatomy.bones.rules.cortex.shell_hu
    return cortex_along(depth_mm, hu_at(anatomy.ct, points), hit_mm, least_hu=least_hu)


def _resolved_mm(anatomy: Anatomy, normal_lps: Float64Array) -> float:
    """Return the least thickness that the CT resolves across a cortex with that normal."""
    numbers, grid = anatomy.bones.rules.cortex, anatomy.ct.grid
    voxel_mm = float(np.linalg.norm(np.array(grid.direction_lps) @ normal_lps * grid.spacing_mm))
    return max(numbers.resolved_mm, numbers.resolved_voxels * voxel_mm)


def cortex_measures(
    anatomy: Anatomy, trajectory: Trajectory, samples: Samples, entry: BoneEntry | None
) -> dict[str, float]:
    """Return what protocols wish for and warn about of one needle's way into bone; NaN: no case.

    ``cortex_misfit_deg``
        How far the incidence is from what the kind of bone wants (`BoneRules.misfit_deg`).
    ``cortex_incidence_deg``
        Replaced where the first bone outside the tumour is where the bone begins: the mask that
        the tumour took its part from has a bent surface there.
    ``slip_deg``
        The incidence where the cortex is hard, intact and met otherwise than wished.
    ``long_bone_detour_mm``
        On a long bone, how much nearer to the entry into it than this way other skin lies.
    ``cortical_drill_mm``, ``cancellous_drill_mm``
        The bone to drill by density.

    Empty where no mask says where bone is.
    """
    if "bone_traversal_mm" in anatomy.unknown_measures:
        return {}
    measures = dict.fromkeys(("cortex_misfit_deg", "slip_deg", "long_bone_detour_mm"), np.nan)
    measures |= {"cortical_drill_mm": 0.0, "cancellous_drill_mm": 0.0}
    if entry is None:
        return measures
    measures["cortical_drill_mm"] = entry.cortical_mm
    measures["cancellous_drill_mm"] = entry.cancellous_mm
    if entry.broken or _lies_behind_lesion(anatomy, samples, entry):
        return measures
    if entry.kind == BoneKind.LONG:
        measures["long_bone_detour_mm"] = _detour_mm(anatomy, trajectory, entry.depth_mm)
    if entry.incidence_deg is None:
        return measures
    if abs(entry.depth_mm - samples.first_depth_mm(Tissue.BONE)) <= samples.step_mm:
        measures["cortex_incidence_deg"] = entry.incidence_deg
    number = np.array([1 + KINDS.index(BoneKind(entry.kind))])
    misfit = anatomy.bones.rules.misfit_deg(np.array([entry.incidence_deg]), number)
    measures["cortex_misfit_deg"] = float(misfit[0])
    if _is_hard(anatomy, entry) and misfit[0] > EDGE_DEG:
        measures["slip_deg"] = entry.incidence_deg
    return measures


def _lies_behind_lesion(anatomy: Anatomy, samples: Samples, entry: BoneEntry) -> bool:
    lesion_mm = samples.first_depth_mm(Tissue.TUMOUR)
    return bool(entry.depth_mm > lesion_mm + anatomy.bones.rules.cortex.hidden_mm)


def _is_hard(anatomy: Anatomy, entry: BoneEntry) -> bool:
    numbers = anatomy.bones.rules.cortex
    dense = entry.peak_hu is not None and entry.peak_hu >= numbers.hard_hu
    # A cortex so thick that its inner surface was not found is thick enough.
    thick = entry.thickness_mm is None or entry.thickness_mm >= numbers.hard_thickness_mm
    return bool(dense and thick)


def _detour_mm(anatomy: Anatomy, trajectory: Trajectory, depth_mm: float) -> float:
    skin = anatomy.skin
    usable = skin.points_lps_mm[skin.entry_side_ok & ~skin.at_border & ~skin.no_entry]
    if len(usable) == 0:
        return float("nan")
    away = np.linalg.norm(usable - np.array(trajectory.at_depth_mm(depth_mm)), axis=1)
    return max(0.0, depth_mm - float(away.min()))


def screened_misfit_deg(
    anatomy: Anatomy,
    fields: ScreenFields,
    entries_lps_mm: Float64Array,
    tips_lps_mm: Float64Array,
    measures: Mapping[str, NDArray[np.floating]],
    *,
    step_mm: float,
) -> Float64Array:
    """Return ``cortex_misfit_deg`` of many needles from what the screening march found.

    The kind of bone is looked up in the very voxel in which the march first met bone. A needle
    that meets the lesion first, or soon after bone that is nowhere dense, counts as one that
    meets no cortex: NaN.

    Parameters
    ----------
    entries_lps_mm, tips_lps_mm : ndarray, shape (n, 3)
    measures : mapping of str to ndarray, shape (n,)
        Has ``cortex_depth_mm``, ``lesion_depth_mm`` and ``cortex_incidence_deg``.
    step_mm : float
        That the march was made with.
    """
    depth = np.asarray(measures["cortex_depth_mm"], dtype=np.float64)
    lesion_mm = np.asarray(measures["lesion_depth_mm"], dtype=np.float64)
    open_way = lesion_mm <= depth
    if anatomy.cortex.in_bone:
        soon = np.flatnonzero((lesion_mm > depth) & (lesion_mm <= depth + _rim_mm(anatomy)))
        ends = entries_lps_mm[soon], tips_lps_mm[soon]
        open_way[soon] = _screened_soft(anatomy, fields, ends, depth[soon], lesion_mm[soon])
    incidence = np.where(open_way, np.nan, measures["cortex_incidence_deg"])
    kinds = np.zeros(len(depth), dtype=np.uint8)
    if anatomy.bones.wishes_differ:
        met = np.flatnonzero(~np.isnan(incidence))
        way = tips_lps_mm[met] - entries_lps_mm[met]
        length = np.linalg.norm(way, axis=1)
        # The march counts from the beginning of the step in whose middle it looked.
        middle = depth[met] + 0.5 * length / np.maximum(1.0, np.ceil(length / step_mm))
        points = entries_lps_mm[met] + (middle / length)[:, None] * way
        kinds[met] = _screened_kinds(anatomy, fields.grid, points)
    elif anatomy.bones.masks:
        name = anatomy.bones.masks[0][0]
        kinds[:] = 1 + KINDS.index(anatomy.bones.rules.kind_of(name))
    return anatomy.bones.rules.misfit_deg(incidence, kinds)


def _rim_mm(anatomy: Anatomy) -> float:
    return anatomy.bones.rules.cortex.rim_mm


def _screened_soft(
    anatomy: Anatomy,
    fields: ScreenFields,
    ends_lps_mm: tuple[Float64Array, Float64Array],
    depth_mm: Float64Array,
    lesion_mm: Float64Array,
) -> NDArray[np.bool_]:
    """Tell which needles meet nothing as dense as intact cortex between first bone and lesion."""
    entries, tips = ends_lps_mm
    along = tips - entries
    along /= np.maximum(np.linalg.norm(along, axis=1, keepdims=True), 1e-9)
    numbers = anatomy.bones.rules.cortex
    reach_mm = np.arange(-_BEFORE_HIT_MM, numbers.rim_mm + numbers.hidden_mm + 1.0)
    depths = depth_mm[:, None] + reach_mm
    points = entries[:, None] + depths[..., None] * along[:, None]
    index = np.rint(fields.grid.index_from_lps(points)).astype(np.intp)
    i, j, k = np.moveaxis(np.clip(index, 0, np.array(fields.grid.size_ijk) - 1), -1, 0)
    hu = fields.packed[k, j, i, CHANNEL_HU]
    looked_at = depths <= lesion_mm[:, None] + numbers.hidden_mm
    return np.asarray((np.where(looked_at, hu, -1000) < numbers.intact_hu).all(axis=1))


def _screened_kinds(
    anatomy: Anatomy, screen_grid: Grid, points_lps_mm: Float64Array
) -> NDArray[np.uint8]:
    """Return the kinds in the fine voxels that stand for the coarse ones points lie in."""
    fine = anatomy.bones.grid
    factor = np.rint(np.array(screen_grid.spacing_mm) / fine.spacing_mm)
    # As `planning.anatomy.fields` packs them: of an even number of fine voxels the later middle.
    shift = factor // 2 - (factor - 1) / 2
    coarse = np.rint(screen_grid.index_from_lps(points_lps_mm))
    centres = screen_grid.lps_from_index(coarse + shift / factor)
    edge = np.clip(np.rint(fine.index_from_lps(centres)), 0, np.array(fine.size_ijk) - 1)
    i, j, k = edge.astype(np.intp).T
    return np.asarray(anatomy.bones.kinds[k, j, i])
