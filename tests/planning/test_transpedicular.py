"""Inside vertebral bone the canal's margin is its own: a pedicle is narrower than two margins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.model.case import Role
from planning.model.needle import Trajectory
from planning.trajectories.live import live_numbers
from planning.trajectories.measure import measure
from tests import phantoms

CANAL = np.array([-24.0, 18.0, -16.0])
CANAL_RADIUS_MM = 4.0
SPINE = (
    (
        "vertebrae L3",
        Role.BONE,
        lambda p: (
            (np.abs(p[..., 0] - CANAL[0]) < 15.0)
            & (np.abs(p[..., 2] - CANAL[2]) < 15.0)
            & (p[..., 1] > 0.0)
            & (p[..., 1] < 36.0)
        ),
    ),
    (
        "spinal canal",
        Role.CANAL,
        lambda p: np.linalg.norm(p - CANAL, axis=-1) < CANAL_RADIUS_MM,
    ),
)


@pytest.fixture(scope="module")
def spine() -> phantoms.Phantom:
    return phantoms.torso(1.0, without=("slab", "right nerve"), extra=SPINE)


def _beside_canal(spine: phantoms.Phantom, site: str, clearance_mm: float):
    anatomy = replace(spine, case=replace(spine.case, site=site)).understood()
    x = CANAL[0] + CANAL_RADIUS_MM + anatomy.needle.radius_mm + clearance_mm
    path = Trajectory((x, phantoms.HALF_DEPTH_MM, CANAL[2]), (x, 6.0, CANAL[2]))
    return anatomy, path


@pytest.mark.parametrize(("clearance_mm", "allowed"), [(3.0, True), (0.8, False)])
def test_in_bone_a_millimetre_is_enough_at_the_spine(
    spine: phantoms.Phantom, clearance_mm: float, *, allowed: bool
) -> None:
    anatomy, path = _beside_canal(spine, "spine", clearance_mm)
    exact = measure(anatomy, path)
    assert exact.criteria["organ_clearance_mm"] == pytest.approx(clearance_mm, abs=0.4)
    assert ("organ" not in exact.violations) == allowed
    assert ("organ" not in live_numbers(anatomy, anatomy.fields, path).violations) == allowed


def test_elsewhere_the_canal_keeps_its_margin_in_bone_too(spine: phantoms.Phantom) -> None:
    anatomy, path = _beside_canal(spine, "femur", 3.0)
    assert "organ" in measure(anatomy, path).violations
    assert "organ" in live_numbers(anatomy, anatomy.fields, path).violations
