"""What a needle crosses, by name and in millimetres, against closed-form lengths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import catalogue
from planning.anatomy.compartments import compartment_of
from planning.geometry import vec3
from planning.model.case import Indication, Role
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from planning.trajectories.measure import measure
from tests import phantoms

SPACING_MM = 0.5
ENTRY = np.array([-6.0, phantoms.HALF_DEPTH_MM, -9.0])
TIP = np.array([5.5, -15.0, 6.0])
ASLANT = (np.array([20.0, phantoms.HALF_DEPTH_MM, 0.0]), np.array([-40.0, 25.0, 0.0]))


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(SPACING_MM, extra=phantoms.MUSCLES)


def crossing(
    torso: phantoms.Phantom, entry: np.ndarray, tip: np.ndarray, **changes: object
) -> Candidate:
    changed = replace(torso, case=replace(torso.case, **changes))
    return measure(changed.understood(), Trajectory(vec3(entry), vec3(tip)))


def test_lengths_are_those_of_the_formula_shallowest_first(torso: phantoms.Phantom) -> None:
    found = crossing(torso, ENTRY, TIP).compartments
    steep = np.linalg.norm(TIP - ENTRY) / (ENTRY[1] - TIP[1])
    maximus = (phantoms.MAXIMUS_BACK_Y_MM - phantoms.MAXIMUS_FRONT_Y_MM) * steep
    medius = (phantoms.MAXIMUS_FRONT_Y_MM - phantoms.BONE_BACK_Y_MM) * steep
    assert [name for name, _ in found] == ["left gluteus maximus", "left gluteus medius"]
    np.testing.assert_allclose([mm for _, mm in found], [maximus, medius], atol=SPACING_MM / 2)


def test_a_muscle_on_one_side_only_is_found_there_only(torso: phantoms.Phantom) -> None:
    entry, tip = ASLANT
    names = [name for name, _ in crossing(torso, entry, tip).compartments]
    assert names == ["left gluteus maximus", "right erector spinae"]
    there = crossing(torso, entry * (-1, 1, 1), tip * (-1, 1, 1)).compartments
    assert [name for name, _ in there] == ["left gluteus maximus"]


def test_the_tumour_is_not_crossed_but_reached(torso: phantoms.Phantom) -> None:
    everywhere = ("left gluteus maximus", Role.MUSCLE, lambda p: p[..., 1] < 30.0)
    wrapped = phantoms.torso(1.0, extra=(everywhere,))
    found = dict(crossing(wrapped, ENTRY, TIP).compartments)
    into, _ = phantoms.chord_mm(ENTRY, TIP, phantoms.LESION_CENTRE, phantoms.LESION_RADIUS_MM)
    steep = np.linalg.norm(TIP - ENTRY) / (ENTRY[1] - TIP[1])
    first = (ENTRY[1] - 30.0) * steep
    assert found["left gluteus maximus"] == pytest.approx(into - first, abs=1.0)


def test_more_than_one_compartment_is_a_caution_that_names_them(torso: phantoms.Phantom) -> None:
    def said(entry: np.ndarray, tip: np.ndarray, indication: Indication) -> str:
        notices = crossing(torso, entry, tip, indication=indication).warnings
        return next((n.text for n in notices if n.key == "rule:one-compartment"), "")

    for indication in (Indication.PRIMARY, Indication.UNKNOWN):
        text = said(*ASLANT, indication)
        assert text.endswith("(left gluteal muscles, right erector spinae)")
        assert said(ENTRY, TIP, indication) == "", "two muscles of one compartment"
    assert said(*ASLANT, Indication.METASTASIS) == ""


def test_sides_and_groups_make_a_compartment() -> None:
    groups = catalogue.sites().compartments
    assert compartment_of("gluteus_medius_right", groups) == "right gluteal muscles"
    assert compartment_of("vastus_lateralis_left", groups) == "left anterior thigh"
    assert compartment_of("Left Latissimus dorsi", groups) == "left latissimus dorsi"
    assert compartment_of("deltoid", groups) == "deltoid"


def test_how_the_voxels_are_stored_changes_no_length(torso: phantoms.Phantom) -> None:
    plain = crossing(torso, ENTRY, TIP).compartments
    other = crossing(torso.rearranged((2, 0, 1), (1,)), ENTRY, TIP).compartments
    assert [n for n, _ in other] == [n for n, _ in plain]
    np.testing.assert_allclose([mm for _, mm in other], [mm for _, mm in plain], atol=0.21)
