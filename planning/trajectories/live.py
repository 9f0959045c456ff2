"""Numbers while the hand moves: one needle at once, or all skin for one tip; plans nothing.

Everything comes from the packed fields a case was understood with, so that an answer is there
within a frame. What is shown at rest is measured exactly by `planning.trajectories.measure`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.geometry import Float64Array, Vec3
from planning.model.case import UP_LPS
from planning.model.needle import Trajectory
from planning.trajectories import judging
from planning.trajectories.elimination import verdicts
from planning.trajectories.executing import touch_probability, yields
from planning.trajectories.screening import Measures, Needles, screen

BARRED = ("field_of_view", "entry_side", "no_entry")
"""Why no needle may start at a point of the skin, before anything is measured."""

_ENTRY_CRITERIA = ("at_field_of_view_border", "entry_side", "no_entry")
_YIELD_EXECUTIONS = 256
_TOUCH_EXECUTIONS = 64
_STEP_MM = 1.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveNumbers:
    """What is known of one needle at once.

    Parameters
    ----------
    numbers : mapping of str to float
        Criteria and what protocols judge besides; what is unknown is missing.
    contributions : mapping of str to float
        Each objective's share of what the score lost.
    violations : tuple of str
        Keys of all constraints it breaks.
    """

    numbers: Mapping[str, float]
    score: float
    contributions: Mapping[str, float]
    violations: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LiveMap:
    """The scores of many needles that share a tip or an entry.

    Parameters
    ----------
    scores : ndarray, shape (n,)
        NaN where a limit is broken.
    reason : ndarray of int16, shape (n,)
        Index into `reasons` of the first limit that is broken; -1 where none is.
    reasons : tuple of str
        Keys of constraints.
    """

    scores: Float64Array
    reason: NDArray[np.int16]
    reasons: tuple[str, ...]


def live_numbers(anatomy: Anatomy, fields: ScreenFields, trajectory: Trajectory) -> LiveNumbers:
    """Return all numbers of one needle, from the packed fields."""
    measures = live_measures(anatomy, fields, trajectory)
    protocol = anatomy.protocol
    score, contributions = judging.score_and_contributions(protocol, measures)
    return LiveNumbers(
        numbers={key: float(value[0]) for key, value in measures.items() if value[0] == value[0]},
        score=score,
        contributions=contributions,
        violations=judging.all_broken(
            protocol,
            measures,
            indication=anatomy.case.indication,
            guidance=anatomy.guidance,
            allowance_mm=anatomy.allowance_mm,
        ),
    )


def live_measures(anatomy: Anatomy, fields: ScreenFields, trajectory: Trajectory) -> Measures:
    """Return all measures of one needle as protocols judge them, arrays of length one."""
    entry, tip = np.array([trajectory.entry_lps_mm]), np.array([trajectory.tip_lps_mm])
    normal = _normal_lps(anatomy, trajectory.entry_lps_mm)
    zero = np.zeros(1, dtype=np.int32)
    needle = Needles(
        entries_lps_mm=entry,
        entry_normals_lps=normal[None],
        tips_lps_mm=tip,
        entry_of=zero,
        tip_of=zero,
    )
    measures = screen(anatomy, fields, needle, step_mm=_STEP_MM)
    barred = _barred(anatomy, trajectory.entry_lps_mm, normal)
    for key, criterion in zip(BARRED, _ENTRY_CRITERIA, strict=True):
        measures[criterion] = np.array([float(barred == key)])
    (found,) = yields(anatomy, entry, tip, count=_YIELD_EXECUTIONS)
    if anatomy.viability_known:
        measures["viable_probability"] = np.array([found.probability])
    if anatomy.risks:
        chance = touch_probability(anatomy, fields, trajectory, count=_TOUCH_EXECUTIONS)
        measures["touch_probability"] = np.array([chance])
    return measures


def _normal_lps(anatomy: Anatomy, entry_lps_mm: Vec3) -> Float64Array:
    """Return the outward normal of the nearest known skin."""
    _, nearest = anatomy.skin_tree.query(entry_lps_mm)
    return np.asarray(anatomy.skin.normals_lps[nearest])


def _barred(anatomy: Anatomy, entry_lps_mm: Vec3, normal_lps: Float64Array) -> str:
    """Return why no needle may start at a point, empty where one may."""
    search, position = anatomy.protocol.search, anatomy.case.biopsy_position
    if float(anatomy.ct.grid.border_distance_mm(entry_lps_mm)) < search.border_mm:
        return BARRED[0]
    if position is not None and not np.isnan(normal_lps).any():
        limit = np.cos(np.radians(search.entry_side_max_deg)) - 1e-9
        if float(normal_lps @ np.array(UP_LPS[position])) < limit:
            return BARRED[1]
    return BARRED[2] if anatomy.in_no_entry(entry_lps_mm) else ""


def skin_map(anatomy: Anatomy, fields: ScreenFields, tip_lps_mm: Vec3) -> LiveMap:
    """Return for every point of the skin what a needle from there to one tip is worth.

    Points in the order of ``anatomy.skin``. A point that no needle may start from says so.
    """
    skin = anatomy.skin
    barred = np.select(
        [skin.at_border, ~skin.entry_side_ok, skin.no_entry], [0, 1, 2], default=-1
    ).astype(np.int16)
    free = np.flatnonzero(barred < 0)
    needles = Needles(
        entries_lps_mm=skin.points_lps_mm[free],
        entry_normals_lps=skin.normals_lps[free],
        tips_lps_mm=np.array([tip_lps_mm]),
        entry_of=np.arange(len(free), dtype=np.int32),
        tip_of=np.zeros(len(free), dtype=np.int32),
    )
    scores, reason, keys = _judged(anatomy, fields, needles)
    all_scores = np.full(len(barred), np.nan)
    all_scores[free] = scores
    reasons = (*keys, *BARRED)
    all_reasons = np.where(barred >= 0, barred + len(keys), np.int16(-1)).astype(np.int16)
    all_reasons[free] = reason
    return LiveMap(scores=all_scores, reason=all_reasons, reasons=reasons)


def tip_map(
    anatomy: Anatomy, fields: ScreenFields, entry_lps_mm: Vec3, tips_lps_mm: Float64Array
) -> LiveMap:
    """Return for every tip, shape (n, 3), what a needle from one entry to it is worth."""
    normal, count = _normal_lps(anatomy, entry_lps_mm), len(tips_lps_mm)
    barred = _barred(anatomy, entry_lps_mm, normal)
    if barred:
        nowhere = np.full(count, np.nan)
        return LiveMap(scores=nowhere, reason=np.zeros(count, dtype=np.int16), reasons=(barred,))
    needles = Needles(
        entries_lps_mm=np.array([entry_lps_mm]),
        entry_normals_lps=normal[None],
        tips_lps_mm=tips_lps_mm,
        entry_of=np.zeros(count, dtype=np.int32),
        tip_of=np.arange(count, dtype=np.int32),
    )
    scores, reason, keys = _judged(anatomy, fields, needles)
    return LiveMap(scores=scores, reason=reason, reasons=keys)


def _judged(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles
) -> tuple[Float64Array, NDArray[np.int16], tuple[str, ...]]:
    found = verdicts(anatomy, fields, needles, settle_scores=False)
    scores = np.full(len(needles), np.nan)
    if len(found.kept):
        scores[found.first < 0] = judging.scores(anatomy.protocol, found.measures)
    return scores, found.first.astype(np.int16), found.keys
