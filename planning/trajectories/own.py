"""Trajectories placed by hand as candidates of a plan, beside the ranked ones; ranks none."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import lru_cache

from planning.anatomy.anatomy import Anatomy
from planning.model.case import OwnPath, is_own_id
from planning.model.plan import Candidate, PlanResult
from planning.trajectories.fingerprint import inputs_sha256
from planning.trajectories.live_candidate import unknown_candidate
from planning.trajectories.measure import measure, off_skin_notice
from planning.trajectories.planner import unplanned


def is_own(candidate: Candidate) -> bool:
    """Tell whether a candidate was placed by hand."""
    return is_own_id(candidate.candidate_id)


def own_candidate(anatomy: Anatomy, path: OwnPath) -> Candidate:
    """Return everything that is known about a path placed by hand, measured as truly as a plan's.

    An entry that is not on the skin breaks a limit, for depths count from it; so does a path that
    leaves what was understood, of which only angles and depths are told.
    """
    if not path.trajectory.lies_in(anatomy.near):
        return unknown_candidate(anatomy, path.trajectory, path.path_id)
    measured = measure(anatomy, path.trajectory, candidate_id=path.path_id)
    notice = off_skin_notice(anatomy, path.trajectory)
    if notice is None:
        return measured
    return replace(
        measured,
        warnings=(notice, *measured.warnings),
        violations=(notice.key, *measured.violations),
    )


def with_own(
    plan: PlanResult | None,
    anatomy: Anatomy,
    own_paths: Sequence[OwnPath],
    measured: Iterable[Candidate] = (),
) -> PlanResult | None:
    """Return a plan with these own paths, and no others, after its ranked candidates.

    Parameters
    ----------
    plan : PlanResult or None
        None where nothing was planned: the answer then holds own paths alone, and says that
        nothing was evaluated.
    measured : iterable of Candidate
        Own candidates already measured in this anatomy; those of other paths are measured now.

    Returns
    -------
    PlanResult or None
        None where there is neither a plan nor an own path.
    """
    ranked = () if plan is None else tuple(c for c in plan.candidates if not is_own(c))
    if not own_paths and (plan is None or (not ranked and plan.evaluated == 0)):
        return None
    if plan is not None and not own_paths and len(ranked) == len(plan.candidates):
        return plan
    known = {(c.candidate_id, c.trajectory): c for c in measured}
    found = []
    for number, path in enumerate(own_paths, start=len(ranked) + 1):
        candidate = known.get((path.path_id, path.trajectory)) or own_candidate(anatomy, path)
        found.append(replace(candidate, rank=number))
    header = plan if plan is not None else _header(anatomy)
    return replace(header, candidates=(*ranked, *found))


def own_of(plan: PlanResult | None) -> tuple[Candidate, ...]:
    """Return a plan's candidates that were placed by hand."""
    return () if plan is None else tuple(c for c in plan.candidates if is_own(c))


@lru_cache(maxsize=1)
def _header(anatomy: Anatomy) -> PlanResult:
    """Return an answer without candidates; what it stands for is counted over the whole anatomy."""
    return unplanned(anatomy, inputs_sha256(anatomy))
