"""Executes planned needles with errors: what specimens hold, what is touched; ranks nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.anatomy.risks import RiskStructure
from planning.anatomy.yields import CLASS_LESION, CLASS_NECROTIC, CLASS_VIABLE
from planning.geometry import Float64Array, Grid
from planning.model.error_model import Spread
from planning.model.needle import Trajectory
from planning.trajectories.executions_kernel import executed_distances, executed_specimens
from planning.trajectories.placement import across, executions

Float32Array = NDArray[np.float32]

EXECUTIONS = 2048
"""Executions behind every reported yield; with these points the chance errs by about 0.005."""

TOUCH_EXECUTIONS = 512

_SPECIMEN_STEP_MM = 0.25
_SHAFT_STEP_MM = 1.0
_ROUNDING_MM = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class Yield:
    """What a specimen is expected to hold under the error model.

    Parameters
    ----------
    expected_mm : float
        Mean length of what is worth sampling: viable tumour, or lesion where nothing is known of
        viability.
    probability : float
        Chance that it is at least the required length.
    necrotic_mm : float
        Mean necrotic length.
    """

    expected_mm: float
    probability: float
    necrotic_mm: float


def index_frames(grid: Grid, entries_lps_mm: Float64Array, along_lps: Float64Array) -> Float64Array:
    """Return entry, direction and two directions across in a grid's indices, shape (n, 4, 3).

    Parameters
    ----------
    entries_lps_mm, along_lps : ndarray, shape (n, 3)
        Entries and unit vectors toward the tips.

    Returns
    -------
    ndarray
        Entries as continuous (i, j, k); directions as index steps per millimetre.
    """
    turn = grid.lps_to_index[:3, :3].T
    frames = np.empty((len(along_lps), 4, 3))
    frames[:, 1] = along_lps
    frames[:, 2], frames[:, 3] = across(along_lps, np.array(grid.direction_lps))
    frames[:, 0] = entries_lps_mm - np.array(grid.origin_lps_mm)
    return np.asarray(frames @ turn)


def growth_of(anatomy: Anatomy, spread: Spread, along_lps: Float64Array) -> Float64Array:
    """Return the deviation added per mm of depth for (n, 3) directions."""
    if spread.off_plane_growth_deg == 0.0:
        return np.full(len(along_lps), float(spread.growth()))
    out_of_plane = np.clip(along_lps @ np.array(anatomy.ct.slice_normal_lps), -1.0, 1.0)
    return spread.growth(np.degrees(np.arcsin(out_of_plane)))


def specimens(
    anatomy: Anatomy,
    entries_lps_mm: Float64Array,
    tips_lps_mm: Float64Array,
    *,
    errors: Float64Array,
    shifts_lps_mm: Float64Array | None = None,
    step_mm: float = _SPECIMEN_STEP_MM,
) -> Float32Array:
    """Return the length of each class in each executed specimen, shape (n, N, classes), in mm.

    The error is that after correction, with the doubt about the lesion's edge in quadrature.

    Parameters
    ----------
    errors : ndarray, shape (1 or n, N, 5)
        Standardised, see `placement.executions`.
    shifts_lps_mm : ndarray, shape (N, 3), or None
        What all needles of one execution share; each needle's own error is then smaller by that.
    """
    spread, needle, around = anatomy.error_model.corrected, anatomy.needle, anatomy.errors
    assert around is not None, "only a case with a lesion is planned"
    classes = around.classes
    apart = tips_lps_mm - entries_lps_mm
    lengths = np.sqrt(np.einsum("ij,ij->i", apart, apart))
    along = apart / lengths[:, None]
    shared = 0.0 if shifts_lps_mm is None else spread.shared_mm
    doubt = 0.0 if shifts_lps_mm is not None else around.lesion_doubt_mm
    own = [
        float(np.sqrt(max(0.0, sigma**2 - shared**2) + doubt**2))
        for sigma in (spread.at_skin_mm, spread.along_mm)
    ]
    deep = lengths - needle.dead_space_mm
    shifts = np.zeros((errors.shape[1], 3)) if shifts_lps_mm is None else shifts_lps_mm
    lengths_mm: Float32Array = executed_specimens(
        classes.classes,
        classes.count,
        index_frames(classes.grid, entries_lps_mm, along),
        np.column_stack([np.maximum(0.0, deep - needle.core_length_mm), deep]),
        growth_of(anatomy, spread, along),
        np.array(own),
        errors,
        shifts @ classes.grid.lps_to_index[:3, :3].T,
        step_mm,
    )
    return lengths_mm


def worth_sampling_mm(anatomy: Anatomy, class_mm: Float32Array) -> Float32Array:
    """Return the length (n, N) of what is worth sampling out of lengths (n, N, classes)."""
    first = CLASS_VIABLE if anatomy.viability_known else CLASS_LESION
    return np.asarray(class_mm[..., first:].sum(axis=-1))


def yields(
    anatomy: Anatomy,
    entries_lps_mm: Float64Array,
    tips_lps_mm: Float64Array,
    *,
    count: int = EXECUTIONS,
) -> tuple[Yield, ...]:
    """Return what each of n specimens is expected to hold, from `count` executions of each."""
    errors = executions(count, heavy_tails=anatomy.error_model.corrected.heavy_tails)
    class_mm = specimens(anatomy, entries_lps_mm, tips_lps_mm, errors=errors[None])
    sampled = worth_sampling_mm(anatomy, class_mm)
    means = (sampled, _is_enough(anatomy, sampled), class_mm[..., CLASS_NECROTIC])
    return tuple(
        Yield(expected_mm=float(mean), probability=float(chance), necrotic_mm=float(dead))
        for mean, chance, dead in zip(
            *(values.mean(axis=1, dtype=np.float64) for values in means), strict=True
        )
    )


def _is_enough(anatomy: Anatomy, sampled_mm: Float32Array) -> Float32Array:
    """Return for each execution how surely (0 to 1) its length reaches what is required.

    Lengths come in whole pieces: one that is within half a piece of the requirement counts in
    part, so that the chance is not rounded up. A specimen that is full is enough.
    """
    full = sampled_mm >= anatomy.needle.core_length_mm - _ROUNDING_MM
    beyond = (sampled_mm - anatomy.required_length_mm) / _SPECIMEN_STEP_MM
    return np.asarray(np.where(full, 1.0, np.clip(beyond + 0.5, 0.0, 1.0)), dtype=np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Touches:
    """How often the first pass touches something in the model.

    Parameters
    ----------
    any_serious : float
        Share of executions that touch a vessel, nerve or organ.
    by_structure : tuple of (str, float)
        Share that touches each structure, joints included; only those that occur.
    """

    any_serious: float
    by_structure: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _FirstPasses:
    """Unchecked first passes of one needle.

    Parameters
    ----------
    found : ndarray, shape (N, groups, 2)
        Least distance of each axis to each group, and its depth, in mm.
    """

    found: Float32Array
    errors: Float64Array
    sigmas_mm: Float64Array
    growth: float

    def touched(self, radius_mm: float) -> NDArray[np.bool_]:
        """Tell which execution touches which group, shape (N, groups)."""
        return np.asarray(self.found[..., 0] <= radius_mm)


def _first_passes(
    anatomy: Anatomy, fields: ScreenFields, trajectory: Trajectory, count: int
) -> _FirstPasses:
    spread = anatomy.error_model.first_pass
    along = trajectory.direction_lps[None]
    doubt = min(group.doubt_mm for group in fields.groups)
    errors = executions(count, heavy_tails=spread.heavy_tails)
    sigmas = np.hypot([spread.at_skin_mm, spread.along_mm], [doubt, 0.0])
    growth = growth_of(anatomy, spread, along)
    found = executed_distances(
        fields.packed,
        index_frames(fields.grid, np.array([trajectory.entry_lps_mm]), along),
        np.array([trajectory.insertion_depth_mm]),
        growth,
        sigmas,
        errors,
        _SHAFT_STEP_MM,
    )[0]
    return _FirstPasses(found=found, errors=errors, sigmas_mm=sigmas, growth=float(growth[0]))


def _serious(touched: NDArray[np.bool_], fields: ScreenFields) -> float:
    numbers = [n for n, group in enumerate(fields.groups) if group.risk_class != "joint"]
    return float(touched[:, numbers].any(axis=1).mean())


def touch_probability(
    anatomy: Anatomy, fields: ScreenFields, trajectory: Trajectory, *, count: int
) -> float:
    """Return how often an unchecked first pass touches any vessel, nerve or organ."""
    if not fields.groups:
        return 0.0
    passes = _first_passes(anatomy, fields, trajectory, count)
    return _serious(passes.touched(anatomy.needle.radius_mm), fields)


def touches(
    anatomy: Anatomy,
    fields: ScreenFields,
    trajectory: Trajectory,
    *,
    count: int = TOUCH_EXECUTIONS,
) -> Touches:
    """Return how often an unchecked first pass of a needle touches structures at risk.

    A structure is touched where its mask's surface comes nearer to the axis than the needle's
    radius. The doubt about the masks' edges is added in quadrature.
    """
    if not fields.groups:
        return Touches(any_serious=0.0, by_structure=())
    passes = _first_passes(anatomy, fields, trajectory, count)
    touched = passes.touched(anatomy.needle.radius_mm)
    return Touches(
        any_serious=_serious(touched, fields),
        by_structure=_by_structure(
            anatomy.risks, fields, touched, _points(trajectory, anatomy, passes)
        ),
    )


def _points(trajectory: Trajectory, anatomy: Anatomy, passes: _FirstPasses) -> Float64Array:
    """Return where each executed needle came nearest to each group, (N, groups, 3) LPS mm."""
    along, depth_mm = trajectory.direction_lps[None], passes.found[..., 1]
    first, second = across(along, np.array(anatomy.near.direction_lps))
    at = passes.errors[:, :2] * passes.sigmas_mm[0]
    off = at[:, None, :] + depth_mm[..., None] * (passes.errors[:, None, 2:4] * passes.growth)
    entry = np.array(trajectory.entry_lps_mm)
    return np.asarray(entry + depth_mm[..., None] * along + off @ np.stack([first[0], second[0]]))


def _by_structure(
    risks: Sequence[RiskStructure],
    fields: ScreenFields,
    touched: NDArray[np.bool_],
    points_lps_mm: Float64Array,
) -> tuple[tuple[str, float], ...]:
    """Say which structure of a group is touched: the one nearest to where the needle is nearest."""
    counts: dict[str, int] = {}
    for number, group in enumerate(fields.groups):
        hits = points_lps_mm[touched[:, number], number]
        members = [r for r in risks if r.group == group]
        if len(hits) == 0:
            continue
        distance = np.stack([r.signed_distance_mm(hits) for r in members])
        for member in distance.argmin(axis=0):
            name = members[member].structure.name
            counts[name] = counts.get(name, 0) + 1
    total = len(touched)
    return tuple((name, count / total) for name, count in counts.items())


def warm_up_executions(count: int) -> None:
    """Load the compiled executions of so many needles, or compile them where no cache has them."""
    classes = np.zeros((1, 1, 1), dtype=np.uint8)
    packed = np.zeros((1, 1, 1, 5), dtype=np.int16)
    classes.flags.writeable = packed.flags.writeable = False
    errors = executions(2, heavy_tails=False)
    frames, each = np.zeros((count, 4, 3)), np.ones(count)
    ends = np.tile([0.0, 1.0], (count, 1))
    still = np.zeros((2, 3))
    executed_specimens(classes, 4, frames, ends, each, np.ones(2), errors[None], still, 1.0)
    if count == 1:  # touches are never counted of many needles at once
        executed_distances(packed, frames, each, each, np.ones(2), errors, 1.0)
