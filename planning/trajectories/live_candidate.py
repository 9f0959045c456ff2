"""A needle in the user's hand as a candidate with all its numbers, within a frame of the screen.

Lengths in tissue, angles and the nearest structures are read as at rest; what rests on many
executions or on every depth of the envelope comes from the packed fields. At rest the same needle
is measured exactly by `planning.trajectories.measure`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, Nearest, Notice
from planning.trajectories import judging
from planning.trajectories.compartments import crossed_mm, rule_notices
from planning.trajectories.cortex import bone_entry, cortex_measures
from planning.trajectories.criteria import CRITERION_KEYS
from planning.trajectories.live import live_measures
from planning.trajectories.measure import (
    entry_numbers,
    geometry_numbers,
    measure,
    specimen_numbers,
    traversal_numbers,
    warnings_of,
)
from planning.trajectories.quick_nearest import quick_nearest
from planning.trajectories.sampling import Samples, along, habitat_lengths_mm
from planning.trajectories.screening import Measures

NOT_UNDERSTOOD = "not_understood"
"""Key of the warning of a path that leaves what was looked at."""

_LEFT = (
    "the path leaves the part of the CT that was looked at for this lesion and needle: "
    "what it meets there is not known"
)


def live_candidate(anatomy: Anatomy, trajectory: Trajectory, candidate_id: str) -> Candidate:
    """Return a trajectory's numbers at once; what cannot be known is None rather than wrong.

    A path outside the packed fields, or in a case without a lesion, is measured as at rest, which
    takes a few frames; of one that leaves what was understood only angles and depths are known.
    """
    if not trajectory.lies_in(anatomy.near):
        return unknown_candidate(anatomy, trajectory, candidate_id)
    if anatomy.fields is None or not trajectory.lies_in(anatomy.fields.grid):
        return measure(anatomy, trajectory, candidate_id=candidate_id)
    samples = along(anatomy, trajectory)
    bone = bone_entry(anatomy, trajectory, samples)
    nearest = quick_nearest(anatomy, trajectory)
    known = {
        **_least_clearances(anatomy, nearest),
        **geometry_numbers(anatomy, trajectory),
        **entry_numbers(anatomy, trajectory),
        **traversal_numbers(anatomy, trajectory, samples),
        **specimen_numbers(anatomy, samples),
        **cortex_measures(anatomy, trajectory, samples, bone),
    }
    measures: Measures = dict(live_measures(anatomy, anatomy.fields, trajectory))
    measures.update({key: np.array([value]) for key, value in known.items()})
    for key in anatomy.unknown_measures:
        measures.pop(key, None)
    numbers = {key: float(value[0]) for key, value in measures.items()}
    crossed = crossed_mm(anatomy, _every_fifth(samples))
    rules = rule_notices(anatomy, samples, crossed, numbers)
    return replace(
        _judged(anatomy, trajectory, measures, candidate_id),
        habitat_mm=habitat_lengths_mm(anatomy, samples),
        nearest=nearest,
        compartments=crossed,
        bone=bone,
        warnings=(*warnings_of(anatomy, numbers, bone), *rules),
    )


def _every_fifth(samples: Samples) -> Samples:
    """Return fewer samples, for what many masks are asked at each of them."""
    some = slice(2, None, 5)
    return replace(
        samples,
        points_lps_mm=samples.points_lps_mm[some],
        depth_mm=samples.depth_mm[some],
        step_mm=5.0 * samples.step_mm,
        bits=samples.bits[some],
        habitat=samples.habitat[some],
        in_specimen=samples.in_specimen[some],
    )


def _least_clearances(anatomy: Anatomy, nearest: tuple[Nearest, ...]) -> dict[str, float]:
    classes = {r.structure.name: r.risk_class for r in anatomy.risks}
    least: dict[str, float] = {}
    for near in nearest:
        key = f"{classes[near.structure]}_clearance_mm"
        least[key] = min(near.clearance_mm, least.get(key, np.inf))
    return least


def unknown_candidate(anatomy: Anatomy, trajectory: Trajectory, candidate_id: str) -> Candidate:
    """Return what is known of a path that leaves what was understood: depths and angles."""
    known = {**geometry_numbers(anatomy, trajectory), **entry_numbers(anatomy, trajectory)}
    measures: Measures = {key: np.array([value]) for key, value in known.items()}
    found = _judged(anatomy, trajectory, measures, candidate_id)
    notice = Notice(NOT_UNDERSTOOD, _LEFT)
    return replace(
        found,
        score=0.0,
        contributions={},
        warnings=(notice,),
        violations=(NOT_UNDERSTOOD, *found.violations),
    )


def _judged(
    anatomy: Anatomy, trajectory: Trajectory, measures: Measures, candidate_id: str
) -> Candidate:
    score, contributions = judging.score_and_contributions(anatomy.protocol, measures)
    values = {key: float(measures[key][0]) for key in CRITERION_KEYS if key in measures}
    return Candidate(
        candidate_id=candidate_id,
        rank=0,
        trajectory=trajectory,
        stop_lps_mm=trajectory.stop_lps_mm(anatomy.needle),
        specimen_lps_mm=trajectory.specimen_lps_mm(anatomy.needle),
        score=score,
        criteria={
            key: values[key] if key in values and np.isfinite(values[key]) else None
            for key in CRITERION_KEYS
        },
        habitat_mm={},
        nearest=(),
        contributions=contributions,
        violations=judging.all_broken(
            anatomy.protocol,
            measures,
            indication=anatomy.case.indication,
            guidance=anatomy.guidance,
            allowance_mm=anatomy.allowance_mm,
        ),
    )
