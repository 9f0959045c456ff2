"""Errors of an executed needle: closed forms, signs, invariance, and which point is compared."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from planning.errors import InputError
from planning.execution.placement_error import (
    across_axes,
    error_between,
    is_within,
    placement_error,
    planned_end,
)
from planning.geometry import HEAD_LPS, vec3
from planning.model.execution import ExecutedNeedle, NeedleState, PlacementError, Tolerance
from planning.model.needle import Trajectory
from tests import example_plans

COORDINATE = st.floats(-200.0, 200.0)
POINT = st.tuples(COORDINATE, COORDINATE, COORDINATE)
TOLERANCE = Tolerance(lateral_tip_mm=5.0, depth_mm=4.0, angle_deg=3.0)

# A needle of a prone patient, from the back straight to the front: u = -y, so that the right of
# somebody who looks along it with the head up is the patient's right, -x.
PRONE = ((10.0, 50.0, 7.0), (10.0, -30.0, 7.0))


def error(planned, executed, normal=HEAD_LPS) -> PlacementError:
    direction = np.subtract(planned[1], planned[0])
    return error_between(planned, executed, direction_lps=direction, slice_normal_lps=normal)


def test_signs_on_a_needle_from_behind() -> None:
    shifted = ((10.0 - 3.0, 50.0, 7.0), (10.0 - 3.0, -30.0 - 2.0, 7.0))
    found = error(PRONE, shifted)
    assert found.depth_mm == pytest.approx(2.0)  # too deep
    assert found.in_plane_mm == pytest.approx(3.0)  # to the patient's right
    assert found.off_plane_mm == pytest.approx(0.0)
    assert found.lateral_tip_mm == pytest.approx(3.0)
    assert found.euclidean_tip_mm == pytest.approx(np.hypot(3.0, 2.0))
    assert found.euclidean_entry_mm == pytest.approx(3.0)
    assert found.target_to_axis_mm == pytest.approx(3.0)
    assert found.angle_deg == pytest.approx(0.0, abs=1e-9)


def test_off_plane_is_positive_toward_the_head_and_depth_negative_when_short() -> None:
    found = error(PRONE, (PRONE[0], (10.0, -24.0, 7.0 + 4.0)))
    assert found.off_plane_mm == pytest.approx(4.0)
    assert found.in_plane_mm == pytest.approx(0.0, abs=1e-12)
    assert found.depth_mm == pytest.approx(-6.0)
    assert found.angle_deg == pytest.approx(np.degrees(np.arctan2(4.0, 74.0)))
    # The axis goes on through the planned end's depth, 80 mm in: 80 * sin of the angle.
    assert found.target_to_axis_mm == pytest.approx(80.0 * np.sin(np.arctan2(4.0, 74.0)))


def test_a_supine_needle_has_its_right_at_the_patient_s_left() -> None:
    supine = ((0.0, -50.0, 0.0), (0.0, 20.0, 0.0))
    found = error(supine, (supine[0], (2.5, 20.0, -1.5)))
    assert found.in_plane_mm == pytest.approx(2.5)
    assert found.off_plane_mm == pytest.approx(-1.5)


def test_off_plane_follows_tilted_slices_not_the_body() -> None:
    tilt = np.radians(20.0)
    normal = (0.0, float(np.sin(tilt)), float(np.cos(tilt)))
    found = error(PRONE, (PRONE[0], (10.0, -30.0, 10.0)), normal)
    # What is across the needle of a tilted normal is still the head's direction here.
    assert found.off_plane_mm == pytest.approx(3.0)
    sideways = error(((0, 0, 0), (60.0, 0.0, 0.0)), ((0, 0, 0), (60.0, 0.0, 3.0)), normal)
    assert sideways.off_plane_mm == pytest.approx(3.0 * np.cos(tilt))
    assert sideways.in_plane_mm == pytest.approx(3.0 * np.sin(tilt))


def test_a_needle_along_the_normal_errs_in_the_slice_alone() -> None:
    along = ((0.0, 0.0, 0.0), (0.0, 0.0, 50.0))
    found = error(along, ((0.0, 0.0, 0.0), (-3.0, 4.0, 52.0)))
    assert across_axes((0.0, 0.0, 1.0), HEAD_LPS) is None
    assert (found.in_plane_mm, found.off_plane_mm) == (pytest.approx(5.0), 0.0)
    assert found.depth_mm == pytest.approx(2.0)


def test_an_opposite_needle_is_turned_by_180_degrees() -> None:
    found = error(PRONE, (PRONE[1], PRONE[0]))
    assert found.angle_deg == pytest.approx(180.0)
    assert found.depth_mm == pytest.approx(-80.0)


def test_a_needle_without_length_is_refused() -> None:
    with pytest.raises(InputError, match="the same point"):
        error(PRONE, (PRONE[0], PRONE[0]))


@settings(max_examples=200, deadline=None)
@given(POINT, POINT, POINT, POINT, st.tuples(*[st.floats(-180.0, 180.0)] * 3), POINT)
def test_squares_add_up_and_moving_both_scans_changes_nothing(ep, tp, ea, ta, turn, shift) -> None:
    if min(np.linalg.norm(np.subtract(tp, ep)), np.linalg.norm(np.subtract(ta, ea))) < 1.0:
        return
    found = error((ep, tp), (ea, ta))
    squares = found.lateral_tip_mm**2 + found.depth_mm**2
    assert found.euclidean_tip_mm == pytest.approx(np.sqrt(squares), abs=1e-6)
    split = np.hypot(found.in_plane_mm, found.off_plane_mm)
    assert split == pytest.approx(found.lateral_tip_mm, abs=1e-6)
    rotation = Rotation.from_euler("xyz", turn, degrees=True).as_matrix()

    def moved(point):
        return vec3(rotation @ np.array(point) + np.array(shift))

    normal = vec3(rotation @ np.array(HEAD_LPS))
    again = error((moved(ep), moved(tp)), (moved(ea), moved(ta)), normal)
    for name in PlacementError.__dataclass_fields__:
        if name in ("in_plane_mm", "off_plane_mm") and not _has_a_plane(ep, tp):
            continue
        assert getattr(again, name) == pytest.approx(getattr(found, name), abs=1e-6), name


def _has_a_plane(entry, tip) -> bool:
    """Tell whether a needle is so far from the normal that rounding does not turn its axes."""
    along = np.subtract(tip, entry) / np.linalg.norm(np.subtract(tip, entry))
    return float(np.hypot(along[0], along[1])) > 1e-4


def test_the_state_chooses_the_point() -> None:
    core = example_plans.candidate(1, (0.0, 0.0, 0.0))  # straight to the head, throw 22 mm
    assert planned_end(core, NeedleState.FIRED) == core.trajectory.tip_lps_mm
    assert planned_end(core, NeedleState.CORE_TAKEN) == core.trajectory.tip_lps_mm
    assert planned_end(core, NeedleState.COCKED) == core.stop_lps_mm == (0.0, 0.0, 38.0)
    assert planned_end(core, NeedleState.INTRODUCER) == core.stop_lps_mm
    with pytest.raises(InputError, match="c1: a removed needle"):
        planned_end(core, NeedleState.REMOVED)
    needle = ExecutedNeedle(
        entry_lps_mm=(0.0, 0.0, 0.0), tip_lps_mm=(0.0, 0.0, 40.0), method="automatic"
    )
    cocked = placement_error(core, needle, NeedleState.COCKED, (0.0, 1.0, 0.0))
    fired = placement_error(core, needle, NeedleState.FIRED, (0.0, 1.0, 0.0))
    assert cocked.depth_mm == pytest.approx(2.0)
    assert fired.depth_mm == pytest.approx(-20.0)


def test_a_planned_stop_on_the_skin_is_compared_along_the_planned_axis() -> None:
    core = example_plans.candidate(1, (0.0, 0.0, 0.0))
    shallow = replace(core, trajectory=Trajectory((0.0, 0.0, 0.0), (0.0, 0.0, 22.0)),
                      stop_lps_mm=(0.0, 0.0, 0.0))  # fmt: skip
    needle = ExecutedNeedle(
        entry_lps_mm=(0.0, 0.0, -9.0), tip_lps_mm=(1.0, 0.0, 3.0), method="typed"
    )
    found = placement_error(shallow, needle, NeedleState.COCKED, (0.0, 1.0, 0.0))
    assert (found.depth_mm, found.lateral_tip_mm) == (pytest.approx(3.0), pytest.approx(1.0))


@pytest.mark.parametrize(
    ("change", "within"),
    [
        ({}, True),
        ({"lateral_tip_mm": 5.01}, False),
        ({"depth_mm": -4.01}, False),
        ({"depth_mm": 4.0}, True),
        ({"angle_deg": 3.2}, False),
        ({"euclidean_entry_mm": 30.0}, True),
    ],
)
def test_tolerance_is_about_side_depth_and_angle(change, within) -> None:
    small = replace(error(PRONE, PRONE), lateral_tip_mm=1.0, depth_mm=-1.0, angle_deg=1.0)
    assert is_within(replace(small, **change), TOLERANCE) is within
