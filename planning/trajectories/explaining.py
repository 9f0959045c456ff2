"""Why nothing could be planned, and which single change would open a way; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.model.explanation import Change, Explanation, Opening
from planning.progress import SILENT, Progress
from planning.trajectories.blocking import blocked_by, without_skin
from planning.trajectories.candidates import Lattice
from planning.trajectories.limits_dropped import by_dropping
from planning.trajectories.near_misses import (
    Miss,
    Verdicts,
    class_of,
    nearest_misses,
    pairs,
    thinned,
    verdicts,
)
from planning.trajectories.openings import (
    Ways,
    by_guidance,
    by_margin,
    by_needle,
    by_position,
    suitable_needles,
)
from planning.trajectories.screening import Needles, screen

_REACH = "needle_reach_margin_mm"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Seen:
    """What the first look found: thinned candidates, their verdicts, the nearest misses."""

    needles: Needles
    judged: Verdicts | None = None
    misses: tuple[Miss, ...] = ()

    @property
    def criteria(self) -> frozenset[str]:
        """The criteria of all limits the nearest misses break."""
        return frozenset(c.criterion for m in self.misses for c in m.limits)


def explain(
    anatomy: Anatomy,
    fields: ScreenFields,
    grid: Lattice,
    rejected: Mapping[str, int],
    ways: Ways,
    progress: Progress = SILENT,
) -> Explanation:
    """Return what blocks the nearest misses of an empty plan, and what was found to open a way.

    What blocks is measured exactly on the best path of each kind. A change counts as opening a
    way only if, with it, a path was measured that keeps every limit. Changes are tried one at a
    time and on a thinned lattice, so what opens nothing here may still do so.

    Parameters
    ----------
    grid : Lattice
        The plan's own.
    rejected : mapping of str to int
        The plan's counts.
    """
    progress.report(0.0, "Looking for what blocks every path")
    seen = _look(anatomy, fields, grid)
    progress.report(0.3, "Looking for what opens a way")
    answers = list(_answers(anatomy, grid, seen, ways))
    if rejected.get("entry_side"):
        answers.extend(_by_position(anatomy))
    progress.report(0.7, "Trying longer needles")
    opened = any(isinstance(a, Opening) for a in answers)
    short = rejected.get("reach", 0) > 0 or not seen.misses
    # Reading the case anew takes as long as all the rest: only where the needle may be to blame.
    if _REACH in seen.criteria or (short and not opened):
        answers.extend(_by_longer(anatomy, ways))
    return Explanation(
        skin="" if seen.misses else without_skin(anatomy, grid),
        blocked=tuple(blocked_by(anatomy, m, ways.images) for m in seen.misses if m.limits),
        openings=tuple(a for a in answers if isinstance(a, Opening)),
        unopened=tuple(dict.fromkeys(a for a in answers if isinstance(a, str) and a)),
    )


def _look(anatomy: Anatomy, fields: ScreenFields, grid: Lattice) -> _Seen:
    needles = pairs(thinned(grid))
    if len(needles) == 0:
        return _Seen(needles=needles)
    measures = screen(anatomy, fields, needles, step_mm=anatomy.protocol.search.step_mm)
    judged = verdicts(anatomy, measures)
    misses = nearest_misses(anatomy, fields, needles, judged)
    return _Seen(needles=needles, judged=judged, misses=misses)


def _answers(anatomy: Anatomy, grid: Lattice, seen: _Seen, ways: Ways) -> Iterator[Opening | str]:
    """Yield what was tried on the present skin: an opening, or in words what opened nothing."""
    for miss in seen.misses:
        if not miss.limits:
            yield _between(miss)
        yield by_margin(anatomy, grid, miss)
    if seen.judged is None:
        return
    yield from _by_guidance(anatomy, grid, seen, seen.judged, ways)
    for miss in seen.misses:
        yield from by_dropping(anatomy, miss, seen.needles, seen.judged, ways.images)
    for needle in suitable_needles(anatomy, ways.needles, seen.criteria):
        if needle.reach_mm <= anatomy.needle.reach_mm:
            yield by_needle(anatomy, needle) or f"needle {needle.key}"


def _between(miss: Miss) -> Opening:
    entry, tip = (
        " ".join(f"{x:.1f}" for x in point)
        for point in (miss.trajectory.entry_lps_mm, miss.trajectory.tip_lps_mm)
    )
    what = f"a path between those of the plan's lattice, entry {entry} and tip {tip} (LPS mm)"
    return Opening(change=Change.PATH, what=what, kept=1, tried=1, trajectory=miss.trajectory)


def _by_guidance(
    anatomy: Anatomy, grid: Lattice, seen: _Seen, judged: Verdicts, ways: Ways
) -> Iterator[Opening | str]:
    """Try other guidance where it can mend all that the nearest misses break."""
    mended = np.array(
        [bool((class_of(c) and c.envelope) or c.by_guidance) for c in judged.constraints]
    )
    misses = tuple(m for m in seen.misses if m.limits and not any(m.broken & ~mended))
    if not misses:
        return
    needles = seen.needles.chosen(judged.breaking_only(mended))
    for model in ways.error_models:
        if model.guidance is not anatomy.guidance:
            opening = by_guidance(anatomy, grid, model, needles, misses)
            yield opening or f"guidance {model.guidance.value}"


def _by_position(anatomy: Anatomy) -> Iterator[Opening | str]:
    for position, opening in by_position(anatomy):
        yield opening or f"the patient lying {position.value}"


def _by_longer(anatomy: Anatomy, ways: Ways) -> Iterator[Opening | str]:
    """Try longer needles, for all of which the case is read once."""
    if ways.understand is None:
        return
    suitable = suitable_needles(anatomy, ways.needles, frozenset({_REACH}))
    longer = [n for n in suitable if n.reach_mm > anatomy.needle.reach_mm]
    if not longer:
        return
    wide = ways.understand(max(longer, key=lambda n: n.reach_mm))
    for needle in longer:
        yield by_needle(wide, needle) or f"needle {needle.key}"
