"""A tracked needle against a planned one: closed forms, rigid motions, before and after firing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from planning.execution.live_needle import live_placement
from planning.geometry import unit, vec3
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from tests.example_plans import SPRUNG, candidate

ENTRY, TIP = (-12.5, 88.25, 41.125), (31.75, 20.5, 63.0)


def planned(entry=ENTRY, tip=TIP) -> Candidate:
    path = Trajectory(vec3(entry), vec3(tip))
    return replace(candidate(1, ENTRY), trajectory=path, stop_lps_mm=path.stop_lps_mm(SPRUNG))


ALONG = unit(np.subtract(TIP, ENTRY))
ASIDE = unit(np.cross(ALONG, (0.0, 0.0, 1.0)))
STOP = np.array(TIP) - SPRUNG.throw_mm * ALONG


def test_a_needle_before_the_stop_beside_the_axis():
    tip = STOP - 12.0 * ALONG + 5.0 * ASIDE
    turned = unit(np.cos(np.deg2rad(7.0)) * ALONG + np.sin(np.deg2rad(7.0)) * ASIDE)
    found = live_placement(planned(), vec3(tip), vec3(turned), fired=False)
    assert found.to_axis_mm == pytest.approx(5.0)
    assert found.off_axis_lps_mm == pytest.approx(vec3(5.0 * ASIDE))
    assert found.to_go_mm == pytest.approx(12.0)
    assert found.off_mm == pytest.approx(13.0)
    assert found.angle_deg == pytest.approx(7.0)


@pytest.mark.parametrize(("fired", "to_go"), [(False, -4.0), (True, SPRUNG.throw_mm - 4.0)])
def test_only_a_fired_needle_is_compared_with_the_tip(fired, to_go):
    found = live_placement(planned(), vec3(STOP + 4.0 * ALONG), None, fired=fired)
    assert found.to_go_mm == pytest.approx(to_go)
    assert found.off_mm == pytest.approx(abs(to_go))
    assert found.angle_deg is None
    assert found.fired is fired


def test_a_needle_the_other_way_round_is_at_180_degrees():
    found = live_placement(planned(), TIP, vec3(-ALONG), fired=True)
    assert found.angle_deg == pytest.approx(180.0)
    assert found.off_mm == pytest.approx(0.0, abs=1e-9)


_numbers = st.floats(-200.0, 200.0)
_points = st.tuples(_numbers, _numbers, _numbers)


@settings(deadline=None)
@given(_points, _points, st.integers(0, 2**32 - 1), _points)
def test_moving_everything_changes_no_number(tip, toward, seed, shift):
    way = np.array(toward)
    if np.linalg.norm(way) < 1e-3:
        way = np.array((0.0, 0.0, 1.0))
    turn = Rotation.random(rng=np.random.default_rng(seed))

    def moved(point) -> np.ndarray:
        return turn.apply(point) + shift

    still = live_placement(planned(), tip, vec3(unit(way)), fired=False)
    there = planned(moved(ENTRY), moved(TIP))
    away = live_placement(there, vec3(moved(tip)), vec3(turn.apply(unit(way))), fired=False)
    for name in ("to_axis_mm", "to_go_mm", "off_mm", "angle_deg"):
        assert getattr(away, name) == pytest.approx(getattr(still, name), abs=1e-5), name
    assert still.off_mm**2 == pytest.approx(still.to_axis_mm**2 + still.to_go_mm**2, abs=1e-6)
