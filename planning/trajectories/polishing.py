"""Shifts one blocked path to where its structures leave it most room, exactly; judges nothing."""

from __future__ import annotations

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.risks import RiskStructure
from planning.model.needle import Trajectory
from planning.trajectories.clearances import tightest
from planning.trajectories.measure import trajectory_of
from planning.trajectories.refining import neighbours

_SHIFTS_MM = (1.0, 0.5, 0.25, 0.1)
_STEPS_PER_SHIFT = 3
_WATCHED_MM = 5.0  # another structure within this of the worst may become the worst
_STEP_MM = 0.5


def polished(anatomy: Anatomy, path: Trajectory, classes: frozenset[str]) -> Trajectory:
    """Return a path near by that falls less short of what structures of some classes demand.

    Screening reads coarse voxels, so the best path it finds lies a few tenths of a millimetre
    beside the best there is. Entries stay on the skin. Limits of other kinds are not looked at.
    """
    slacks = {
        n: tightest(anatomy, path, risk, step_mm=_STEP_MM).slack_mm
        for n, risk in enumerate(anatomy.risks)
        if risk.risk_class in classes
    }
    if not slacks:
        return path
    worst = min(slacks.values())
    watched = [anatomy.risks[n] for n, s in slacks.items() if s <= worst + _WATCHED_MM]
    best_mm = _slack_mm(anatomy, path, watched)
    for shift_mm in _SHIFTS_MM:
        for _ in range(_STEPS_PER_SHIFT):
            options = _shifted(anatomy, path, shift_mm)
            slack_mm = [_slack_mm(anatomy, option, watched) for option in options]
            best = int(np.argmax(slack_mm))
            if slack_mm[best] <= best_mm:
                break
            path, best_mm = options[best], slack_mm[best]
    return path


def _slack_mm(anatomy: Anatomy, path: Trajectory, watched: list[RiskStructure]) -> float:
    return min(tightest(anatomy, path, risk, step_mm=_STEP_MM).slack_mm for risk in watched)


def _shifted(anatomy: Anatomy, path: Trajectory, shift_mm: float) -> list[Trajectory]:
    """Return the path with its entry, its tip, or both shifted across it."""
    entry, tip = np.array(path.entry_lps_mm), np.array(path.tip_lps_mm)
    needles = neighbours(anatomy, entry, tip, shift_mm)
    moves = needles.entries_lps_mm[1:] - entry
    return [
        trajectory_of(entry + move, tip + share * move)
        for move in moves
        for share in (-1.0, 0.0, 1.0)
    ] + [trajectory_of(entry, tip + move) for move in moves]
