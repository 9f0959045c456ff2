"""What the specimen of an executed needle held, read from the planning masks; judges no error.

A needle is measured as a planned one is, by `planning.trajectories`. Only what speaks of needles
that may still go astray (expected lengths, chances) is left out: this one has gone where it went.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.geometry import unit, vec3
from planning.model.execution import (
    AchievedSampling,
    ExecutedNeedle,
    NeedleState,
    SpecimenKnowledge,
)
from planning.model.needle import Needle, Trajectory
from planning.model.plan import Candidate
from planning.trajectories.live_candidate import unknown_candidate
from planning.trajectories.measure import measure

ABOUT_CHANCE = frozenset(
    {
        "expected_viable_length_mm",
        "viable_probability",
        "touch_probability",
        "worst_case_clearance_mm",
    }
)
"""Criteria that say what may happen; of an executed needle they are unknown."""


def executed_path(executed: ExecutedNeedle, needle: Needle, state: NeedleState) -> Trajectory:
    """Return the path of a needle to the deepest point it ever reaches.

    A needle that was scanned at its stop goes on along its own axis, ``tip = observed + throw u``:
    by the throw of a sprung one, by the length of its core a trephine. That tip is inferred.

    Raises
    ------
    InputError
        If entry and tip are one point, or nothing is in the patient any more.
    """
    if not state.is_imaged:
        message = "A removed needle shows no path; give the state in which a control CT shows it."
        raise InputError(message)
    entry, seen = np.array(executed.entry_lps_mm), np.array(executed.tip_lps_mm)
    beyond_mm = 0.0 if state.ends_at_tip else needle.stop_to_tip_mm
    return Trajectory(executed.entry_lps_mm, vec3(seen + beyond_mm * unit(seen - entry)))


def achieved_sampling(
    anatomy: Anatomy, executed: ExecutedNeedle, state: NeedleState
) -> AchievedSampling:
    """Return what the specimen held and which clearances were kept.

    Parameters
    ----------
    anatomy : Anatomy
        The planning CT's, understood with the needle that was used.
    executed : ExecutedNeedle
        In the planning CT's frame.

    Returns
    -------
    AchievedSampling
        Of a needle that leaves what was understood, only depths and angles are known.
    """
    path = executed_path(executed, anatomy.needle, state)
    found = _measured(anatomy, path)
    return AchievedSampling(
        specimen_lps_mm=path.specimen_lps_mm(anatomy.needle),
        knowledge=SpecimenKnowledge.IMAGED if state.ends_at_tip else SpecimenKnowledge.INFERRED,
        criteria={k: None if k in ABOUT_CHANCE else v for k, v in found.criteria.items()},
        habitat_mm=found.habitat_mm,
        nearest=tuple(replace(near, touch_probability=None) for near in found.nearest),
    )


def _measured(anatomy: Anatomy, path: Trajectory) -> Candidate:
    if not path.lies_in(anatomy.near):
        return unknown_candidate(anatomy, path, "executed")
    return measure(anatomy, path, candidate_id="executed")
