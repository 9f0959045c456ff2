"""A torso that may be entered on the patient's right of its back only; holds no assertions."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.model.case import Role
from planning.model.plan import Candidate
from planning.trajectories.planner import plan
from tests import phantoms

MIDLINE_X_MM = 6.0


def _left_back(points: np.ndarray) -> np.ndarray:
    return (points[..., 0] > MIDLINE_X_MM) & (points[..., 1] > phantoms.HALF_DEPTH_MM - 6.0)


@lru_cache(maxsize=1)
def torso() -> phantoms.Phantom:
    """Return the case and its images."""
    return phantoms.torso(1.5, extra=(("left back", Role.NO_ENTRY, _left_back),))


@lru_cache(maxsize=1)
def anatomy() -> Anatomy:
    """Return the case as it is understood."""
    return torso().understood()


@lru_cache(maxsize=1)
def best() -> Candidate:
    """Return the best trajectory."""
    return plan(anatomy(), top=1).candidates[0]
