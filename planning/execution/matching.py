"""Which executed needle belongs to which planned core; measures and judges neither."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from planning.execution.placement_error import angle_between_deg, planned_end
from planning.geometry import Float64Array, Vec3, unit
from planning.model.execution import ExecutedNeedle, NeedleState
from planning.model.plan import Candidate
from planning.model.protocol import ReviewRules

_DEPTH_COUNTS = 0.5  # a hand stops early or late more easily than it strays to the side
_FAR_MM = 1e6
_ALIKE_MM = 3.0
_ALIKE_TIMES = 1.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Matched:
    """How needles and cores were put together.

    Parameters
    ----------
    needles : mapping of str to ExecutedNeedle
        By the candidate id of the core.
    unplanned : tuple of ExecutedNeedle
        In the order in which they were given.
    unclear : mapping of str to str
        Cores whose needle lies nearly as close to another core: that one's id.
    """

    needles: Mapping[str, ExecutedNeedle]
    unplanned: tuple[ExecutedNeedle, ...]
    unclear: Mapping[str, str]


def matched(
    cores: Sequence[Candidate],
    needles: Sequence[ExecutedNeedle],
    states: Mapping[str, NeedleState | None],
    rules: ReviewRules | None,
) -> Matched:
    """Return the assignment with the most pairs, and among those the least sum of distances.

    A distance takes in how far the needle's axis passes the planned entry and end, and with half
    the weight how much too deep or too shallow it ends.

    Parameters
    ----------
    needles : sequence of ExecutedNeedle
        In the planning CT's frame.
    states : mapping of str to NeedleState or None
        By candidate id; a core whose needle was removed gets none. None where nobody said it:
        the needle may then end at the stop or at the tip.
    rules : ReviewRules or None
        None puts no limit on what may belong together.
    """
    ends = {core.candidate_id: _ends(core, states[core.candidate_id]) for core in cores}
    imaged = [core for core in cores if ends[core.candidate_id]]
    cost = np.full((len(imaged), len(needles)), np.inf)
    for row, core in enumerate(imaged):
        for column, needle in enumerate(needles):
            cost[row, column] = min(
                _apart_mm(core, end, needle, rules) for end in ends[core.candidate_id]
            )
    rows, columns = linear_sum_assignment(np.where(np.isfinite(cost), cost, _FAR_MM))
    assigned = zip(rows.tolist(), columns.tolist(), strict=True)
    pairs = [(row, column) for row, column in assigned if np.isfinite(cost[row, column])]
    taken = {column for _, column in pairs}
    unclear = {}
    for row, column in pairs:
        other = _nearly_as_close(cost[:, column], row)
        if other is not None:
            unclear[imaged[row].candidate_id] = imaged[other].candidate_id
    return Matched(
        needles={imaged[r].candidate_id: needles[c] for r, c in pairs},
        unplanned=tuple(n for number, n in enumerate(needles) if number not in taken),
        unclear=unclear,
    )


def _ends(core: Candidate, state: NeedleState | None) -> tuple[Vec3, ...]:
    """Return where a core's needle may be meant to end; nowhere where it was removed."""
    if state is None:
        return core.stop_lps_mm, core.trajectory.tip_lps_mm
    return (planned_end(core, state),) if state.is_imaged else ()


def _apart_mm(
    core: Candidate, end_lps_mm: Vec3, needle: ExecutedNeedle, rules: ReviewRules | None
) -> float:
    """Return how far apart a core and a needle are; infinite where they cannot belong together."""
    entry_a, tip_a = np.array(needle.entry_lps_mm), np.array(needle.tip_lps_mm)
    along_a, along_p = unit(tip_a - entry_a), core.trajectory.direction_lps
    at_end = _to_axis_mm(end_lps_mm, entry_a, along_a)
    if rules is not None and (
        at_end > rules.match_within_mm
        or angle_between_deg(along_p, along_a) > rules.match_within_deg
    ):
        return float("inf")
    at_entry = _to_axis_mm(core.trajectory.entry_lps_mm, entry_a, along_a)
    depth = float((tip_a - np.array(end_lps_mm)) @ along_p)
    return float(np.sqrt(at_end**2 + at_entry**2 + (_DEPTH_COUNTS * depth) ** 2))


def _to_axis_mm(point_lps_mm: Vec3, on_axis: Float64Array, along: Float64Array) -> float:
    return float(np.linalg.norm(np.cross(np.array(point_lps_mm) - on_axis, along)))


def _nearly_as_close(cost: Float64Array, row: int) -> int | None:
    """Return the other core a needle could as well belong to, if there is one."""
    others = np.delete(np.arange(len(cost)), row)
    if others.size == 0:
        return None
    other = int(others[np.argmin(cost[others])])
    limit = max(_ALIKE_TIMES * float(cost[row]), float(cost[row]) + _ALIKE_MM)
    return other if float(cost[other]) <= limit else None
