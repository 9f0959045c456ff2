"""Plans that look at the error: margins only remove, the frame does not matter, error costs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from app import catalogue
from app.planning_setup import Setup, anatomy_of
from planning.anatomy.anatomy import Anatomy
from planning.model.case import Guidance, Role
from planning.model.needle import Trajectory
from planning.trajectories.candidates import lattice
from planning.trajectories.elimination import survive
from planning.trajectories.measure import measure
from tests import phantoms

PATHS = (
    ((4.0, phantoms.HALF_DEPTH_MM, 2.0), (4.0, -14.0, 2.0)),
    ((-8.0, phantoms.HALF_DEPTH_MM, -6.0), (6.0, -12.0, 4.0)),
    ((16.0, phantoms.HALF_DEPTH_MM, 8.0), (1.0, -10.0, 0.0)),
)
EXPECTED = (
    "expected_viable_length_mm",
    "viable_probability",
    "worst_case_clearance_mm",
    "touch_probability",
)


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(1.5)


def _needle(turn: np.ndarray, shift: np.ndarray, ends: tuple) -> Trajectory:
    entry, tip = (tuple(turn @ np.array(p) + shift) for p in ends)
    return Trajectory(entry, tip)


def test_where_the_patient_is_stored_changes_no_expectation(torso: phantoms.Phantom) -> None:
    turn = Rotation.from_euler("zyx", [14.0, -8.0, 5.0], degrees=True).as_matrix()
    shift = np.array([31.0, -12.0, 250.0])
    plain = torso.understood()
    variants = (
        (torso.rearranged((2, 0, 1), (1,)), np.eye(3), np.zeros(3)),
        (torso.rearranged((1, 0, 2), (0, 2)), np.eye(3), np.zeros(3)),
        (torso.moved(turn, shift), turn, shift),
    )
    for ends in PATHS:
        here = measure(plain, _needle(np.eye(3), np.zeros(3), ends)).criteria
        for variant, rotation, offset in variants:
            there = measure(variant.understood(), _needle(rotation, offset, ends)).criteria
            for key in EXPECTED:
                near = 0.15 if key.endswith("_mm") else 0.02
                assert there[key] == pytest.approx(here[key], abs=near), key


def _survivors(anatomy: Anatomy) -> set[tuple[int, int]]:
    assert anatomy.lesion is not None
    assert anatomy.fields is not None
    found = survive(anatomy, anatomy.fields, lattice(anatomy, anatomy.lesion)).needles
    return set(zip(found.entry_of.tolist(), found.tip_of.tolist(), strict=True))


def _with_margin(torso: phantoms.Phantom, margin_mm: float) -> Anatomy:
    structures = tuple(
        replace(s, margin_mm=margin_mm) if s.role in (Role.VESSEL, Role.NERVE) else s
        for s in torso.case.structures
    )
    return replace(torso, case=replace(torso.case, structures=structures)).understood()


def test_bigger_margins_never_add_candidates() -> None:
    torso = phantoms.torso(2.0)
    kept = [_survivors(_with_margin(torso, margin)) for margin in (3.0, 8.0, 12.0, 18.0)]
    for wider, narrower in zip(kept[1:], kept, strict=False):
        assert wider <= narrower
    assert len(kept[-1]) < len(kept[0])


def test_more_error_never_adds_candidates() -> None:
    torso = phantoms.torso(2.0)
    setup = Setup(
        protocol=catalogue.protocol("bone-ct"),
        needle=catalogue.needle("bone-11g-100"),
        guidance=Guidance.AIMING_DEVICE,
    )
    preset = catalogue.error_models()[Guidance.AIMING_DEVICE]
    kept = []
    for factor in (0.5, 1.0, 2.0, 3.0):
        spread = replace(
            preset.corrected,
            at_skin_mm=preset.corrected.at_skin_mm * factor,
            growth_deg=preset.corrected.growth_deg * factor,
            along_mm=preset.corrected.along_mm * factor,
        )
        model = replace(preset, corrected=spread)
        anatomy = anatomy_of(torso.case, torso.images, replace(setup, error_model=model))
        kept.append(_survivors(anatomy))
    for more, less in zip(kept[1:], kept, strict=False):
        assert more <= less
    assert len(kept[-1]) < len(kept[0])


def test_the_envelope_is_what_the_exact_measure_demands(torso: phantoms.Phantom) -> None:
    """A needle along the artery's face: the slack is clearance less margin or error, the larger."""
    anatomy = torso.understood()
    model = anatomy.error_model
    for x in (14.0, 20.0, 24.0):
        path = Trajectory((x, phantoms.HALF_DEPTH_MM, 0.0), (x, -20.0, 0.0))
        found = measure(anatomy, path)
        beside = next(n for n in found.nearest if n.structure == "left artery")
        clearance = phantoms.VESSEL_FACE_X_MM - x - anatomy.needle.radius_mm
        assert beside.clearance_mm == pytest.approx(clearance, abs=0.2)
        # The artery ends at y = 10: the needle meets it from a depth of 35 mm, and 10 mm further
        # than its tip, because it is drilled through the slab of bone.
        deepest = 65.0 + model.plunge_mm
        sigma = float(np.hypot(model.corrected.lateral_mm(deepest), model.doubt.by_model_mm))
        worst = clearance - 2.448 * sigma
        assert found.criteria["worst_case_clearance_mm"] == pytest.approx(worst, abs=0.25)
        assert ("vessel" in found.violations) == (
            clearance - max(5.0, 2.448 * sigma) < anatomy.allowance_mm
        )


def test_what_guidance_costs() -> None:
    """The better needles are guided, the more a needle through the middle brings home."""
    torso = phantoms.torso(1.5, without=("dead core",))
    expected = []
    for guidance in (Guidance.ROBOT, Guidance.AIMING_DEVICE, Guidance.NAVIGATED, Guidance.FREEHAND):
        setup = Setup(
            protocol=catalogue.protocol("bone-ct"),
            needle=catalogue.needle("bone-11g-100"),
            guidance=guidance,
        )
        anatomy = anatomy_of(torso.case, torso.images, setup)
        found = measure(anatomy, Trajectory(*PATHS[0])).criteria
        expected.append((found["expected_viable_length_mm"], found["viable_probability"]))
    lengths, chances = zip(*expected, strict=True)
    assert list(lengths) == sorted(lengths, reverse=True)
    assert list(chances) == sorted(chances, reverse=True)
    assert lengths[0] - lengths[-1] > 0.5
