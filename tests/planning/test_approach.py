"""From which side a needle comes: angles by formula, medial by the lesion's side, no guessing."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.anatomy.approach import allowed_approach, lesion_side
from planning.anatomy.laterality import Side
from planning.anatomy.lesion import lesion_of
from planning.geometry import Grid
from planning.image import CaseImages, Mask
from planning.model.case import Indication, Role, Structure
from planning.model.site import Approach, Direction, Rule, RuleKind
from planning.trajectories.planner import plan
from tests import phantoms


def rule(*directions: Direction, within_deg: float = 30.0) -> Rule:
    return Rule(
        key="side",
        kind=RuleKind.HARD,
        text="from elsewhere",
        source="a test",
        approach=Approach(directions=directions, within_deg=within_deg),
    )


def along(from_deg: float, climb_deg: float = 0.0) -> np.ndarray:
    """A needle that comes from `from_deg` in the axial plane: 0 patient left, 90 the back."""
    turn, climb = np.radians(from_deg), np.radians(climb_deg)
    level = np.array([np.cos(turn), np.sin(turn), 0.0]) * np.cos(climb)
    return -(level - np.array([0.0, 0.0, np.sin(climb)]))


@pytest.mark.parametrize(
    ("side", "direction", "from_deg"),
    [
        (Side.LEFT, Direction.MEDIAL, 180.0),
        (Side.RIGHT, Direction.MEDIAL, 0.0),
        (Side.LEFT, Direction.LATERAL, 0.0),
        (Side.RIGHT, Direction.LATERAL, 180.0),
        (Side.LEFT, Direction.POSTERIOR, 90.0),
        (None, Direction.POSTERIOR, 90.0),
        (None, Direction.ANTERIOR, -90.0),
        (Side.RIGHT, Direction.ANTEROMEDIAL, -45.0),
        (Side.LEFT, Direction.POSTEROLATERAL, 45.0),
    ],
)
def test_directions_are_the_patients(
    side: Side | None, direction: Direction, from_deg: float
) -> None:
    allowed = allowed_approach(rule(direction), side)
    assert allowed is not None
    for off, climb in ((0.0, 0.0), (29.0, 20.0), (-29.0, -50.0)):
        assert allowed.off_deg(along(from_deg + off, climb)[None])[0] == 0.0
    off_deg = allowed.off_deg(np.array([along(from_deg + 50.0, 40.0), along(from_deg + 180.0)]))
    np.testing.assert_allclose(off_deg, [20.0, 150.0], atol=1e-6)


def test_a_needle_along_the_body_comes_from_no_side() -> None:
    allowed = allowed_approach(rule(Direction.POSTERIOR), None)
    assert allowed is not None
    assert allowed.off_deg(np.array([[0.0, 0.0, 1.0]]))[0] == pytest.approx(60.0)


def test_medial_needs_a_side_but_medial_or_lateral_does_not() -> None:
    assert allowed_approach(rule(Direction.MEDIAL), None) is None
    assert allowed_approach(rule(Direction.MEDIAL), Side.MIDLINE) is None
    either = allowed_approach(rule(Direction.MEDIAL, Direction.LATERAL), None)
    assert either is not None
    np.testing.assert_allclose(
        either.off_deg(np.array([along(0.0), along(180.0), along(90.0)])), [0.0, 0.0, 60.0]
    )


def sided(torso: phantoms.Phantom, site: str = "", bone: str = "slab") -> Side | None:
    """The lesion's side in the torso with the slab moved onto the lesion under another name."""
    structures = tuple(
        replace(s, name=bone, mask_id="lesion") if s.role is Role.BONE else s
        for s in torso.case.structures
    )
    case = replace(torso.case, site=site, structures=structures)
    return lesion_side(case, torso.images.masks, lesion_of(case, torso.images))


def test_the_side_is_told_by_site_or_bone_and_never_by_two_that_disagree() -> None:
    torso = phantoms.torso(4.0)
    assert sided(torso) is None
    assert sided(torso, site="right tibia") is Side.RIGHT
    assert sided(torso, bone="tibia_left") is Side.LEFT
    assert sided(torso, site="left tibia", bone="tibia_left") is Side.LEFT
    assert sided(torso, site="right tibia", bone="tibia_left") is None


def test_a_bone_elsewhere_says_nothing_of_the_side() -> None:
    torso = phantoms.torso(4.0)
    far = Structure(name="femur_left", role=Role.BONE, mask_id="far")
    corner = torso.images.ct.grid.cropped((0, 0, 0), (2, 2, 2))
    masks = {**torso.images.masks, "far": Mask(grid=corner, inside=np.ones((2, 2, 2), bool))}
    case = replace(torso.case, structures=(*torso.case.structures, far))
    images = CaseImages(ct=torso.images.ct, masks=masks)
    assert lesion_side(case, masks, lesion_of(case, images)) is None


def mirrored(torso: phantoms.Phantom, site: str) -> phantoms.Phantom:
    """The mirror image of a patient, on the same lattice."""

    def flipped(mask: Mask, grid: Grid) -> Mask:
        return Mask(grid=grid, inside=mask.on(grid)[:, :, ::-1].copy()).cropped()

    ct = torso.images.ct
    masks = {key: flipped(m, ct.grid) for key, m in torso.images.masks.items()}
    turned = replace(ct, values=ct.values[:, :, ::-1].copy())
    case = replace(torso.case, site=site)
    return phantoms.Phantom(case, CaseImages(ct=turned, masks=masks))


def test_a_tibia_is_reached_from_its_medial_side_on_either_leg() -> None:
    torso = phantoms.torso(2.0, without=("right nerve", "left artery"))
    left = replace(torso, case=replace(torso.case, site="left tibia"))
    found = {
        side: plan(phantom.understood(), top=4)
        for side, phantom in (("left", left), ("right", mirrored(torso, "right tibia")))
    }
    for side, toward_lateral in (("left", 1.0), ("right", -1.0)):
        result = found[side]
        assert result.candidates
        assert result.rejected["rule:tibia-medial"] > 0
        for candidate in result.candidates:
            u = candidate.trajectory.direction_lps
            # Medial within 60 degrees, or anteromedial: never from behind by more than that.
            assert u[0] * toward_lateral > 0.0
            assert np.degrees(np.arctan2(-u[1], u[0] * toward_lateral)) < 60.01
    assert found["left"].rejected["rule:tibia-medial"] == pytest.approx(
        found["right"].rejected["rule:tibia-medial"], rel=0.05
    )


def test_without_a_side_the_rule_is_said_to_be_unchecked() -> None:
    torso = phantoms.torso(4.0)
    anatomy = replace(torso, case=replace(torso.case, site="tibia")).understood()
    said = {n.key: n.reason for n in anatomy.not_checked}
    assert "left from right" in said["rule:tibia-medial"]
    assert anatomy.rules.approaches == ()


def test_a_metastasis_may_be_reached_from_anywhere() -> None:
    torso = phantoms.torso(4.0)
    case = replace(torso.case, site="left tibia", indication=Indication.METASTASIS)
    anatomy = replace(torso, case=case).understood()
    assert anatomy.rules.approaches == ()
    assert anatomy.protocol.constraint("rule:tibia-medial") is None
