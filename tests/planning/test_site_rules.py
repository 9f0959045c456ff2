"""Rules at work: what they forbid is never crossed, what is off says why, nothing is hidden."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.sites import site_of
from planning.errors import InputError
from planning.geometry import vec3
from planning.model.case import Indication, Role, RuleChange
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from planning.trajectories.fingerprint import inputs_sha256
from planning.trajectories.measure import measure
from planning.trajectories.planner import plan
from tests import phantoms

FLAP = "ilium-gluteal-flap"


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(2.0, extra=phantoms.MUSCLES)


@pytest.fixture(scope="module")
def small() -> phantoms.Phantom:
    return phantoms.torso(4.0, extra=phantoms.MUSCLES)


def understood(torso: phantoms.Phantom, *rules: RuleChange, **changes: object) -> Anatomy:
    case = replace(torso.case, **{"site": "left ilium", **changes}, rule_changes=rules)
    return replace(torso, case=case).understood()


def off(key: str) -> RuleChange:
    return RuleChange(key=key, enabled=False, reason="agreed with Dr A")


def through_muscle(result: PlanResult) -> list[str]:
    return [name for c in result.candidates for name, _ in c.compartments if "gluteus" in name]


def test_a_forbidden_muscle_really_blocks(torso: phantoms.Phantom) -> None:
    free = plan(understood(torso, off(FLAP)), top=6)
    held = plan(understood(torso), top=6)
    assert through_muscle(free)
    assert held.candidates
    assert through_muscle(held) == []
    assert all(c.criteria["forbidden_traversal_mm"] == 0.0 for c in held.candidates)
    assert held.rejected["forbidden"] > 0
    assert free.rejected["forbidden"] == 0
    (said,) = [n.text for n in held.warnings if n.key == f"rule:{FLAP}"]
    assert said.startswith("gluteus maximus, gluteus medius forbidden by rule ilium-gluteal-flap")


def test_a_measured_path_is_told_which_rule_it_breaks_and_by_what(torso: phantoms.Phantom) -> None:
    straight = Trajectory((5.0, phantoms.HALF_DEPTH_MM, 2.0), (5.0, -15.0, 2.0))
    found = measure(understood(torso), straight)
    assert "forbidden" in found.violations
    (said,) = [n.text for n in found.warnings if n.key == f"rule:{FLAP}"]
    assert "gluteus maximus 10 mm, gluteus medius 4 mm" in said


def test_a_metastasis_may_cross_it(torso: phantoms.Phantom) -> None:
    anatomy = understood(torso, indication=Indication.METASTASIS)
    assert anatomy.rules.forbidden == ()
    assert FLAP not in {n.key.removeprefix("rule:") for n in anatomy.notices}


def test_what_is_switched_off_is_said_with_the_reason_and_changes_the_fingerprint(
    small: phantoms.Phantom,
) -> None:
    plain, changed = understood(small), understood(small, off(FLAP))
    assert {str(n) for n in changed.notices} >= {
        "rule_switched_off: ilium-gluteal-flap: agreed with Dr A"
    }
    other_reason = understood(small, replace(off(FLAP), reason="agreed with Dr B"))
    assert len({inputs_sha256(a) for a in (plain, changed, other_reason)}) == 3


def test_a_hard_rule_can_be_a_caution_and_the_other_way_round(small: phantoms.Phantom) -> None:
    softer = understood(small, RuleChange(key=FLAP, kind="caution", reason="as agreed"))
    assert softer.rules.forbidden == ()
    straight = Trajectory((5.0, phantoms.HALF_DEPTH_MM, 2.0), (5.0, -15.0, 2.0))
    found = measure(softer, straight)
    assert "forbidden" not in found.violations
    assert f"rule:{FLAP}" in {n.key for n in found.warnings}
    assert "rule_changed" in {n.key for n in softer.notices}
    harder = understood(
        small, RuleChange(key="long-bone-orthogonal", kind="hard", reason="dense"), site="femur"
    )
    constraint = harder.protocol.constraint("rule:long-bone-orthogonal")
    assert constraint is not None
    assert (constraint.criterion, constraint.at_most) == ("cortex_incidence_deg", 45.0)


def test_a_hard_angle_holds_in_the_whole_plan(torso: phantoms.Phantom) -> None:
    change = RuleChange(key="long-bone-orthogonal", kind="hard", reason="dense")
    found = plan(understood(torso, change, site="femur"), top=4)
    assert found.rejected["rule:long-bone-orthogonal"] > 0
    for candidate in found.candidates:
        angle = candidate.criteria["cortex_incidence_deg"]
        assert angle is None or angle <= 45.0


def test_a_constraint_can_be_switched_off_with_a_reason(small: phantoms.Phantom) -> None:
    anatomy = understood(small, off("vessel"), off("entry_side"), site="")
    found = plan(anatomy, top=1)
    assert not {"vessel", "entry_side"} & set(found.rejected)
    assert found.evaluated == plan(understood(small, site=""), top=1).evaluated
    said = [n.text for n in found.warnings if n.key == "rule_switched_off"]
    assert said == ["vessel: agreed with Dr A", "entry_side: agreed with Dr A"]
    # What a vessel should keep clear by still counts for the score.
    assert {r.margin_mm for r in anatomy.risks if r.risk_class == "vessel"} == {5.0}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (off("ilium-gluteal-flab"), 'neither a rule nor .* did you mean "ilium-gluteal-flap"'),
        (off("vesel"), 'did you mean "vessel"'),
        (off("reach"), "geometry and cannot be switched off"),
        (RuleChange(key="joint", kind="caution", reason="x"), "a constraint is always hard"),
        (RuleChange(key="bleeding-risk", kind="hard", reason="x"), "it stays a reminder"),
        (RuleChange(key="one-compartment", kind="hard", reason="x"), "only measured of single"),
        (off("forbidden"), r"rules forbid structures by this limit \(ilium-gluteal-flap\)"),
    ],
)
def test_refusals_say_what_is_wrong(
    small: phantoms.Phantom, change: RuleChange, message: str
) -> None:
    with pytest.raises(InputError, match=message) as caught:
        understood(small, change)
    assert 'Case "torso"' in str(caught.value)


def test_a_change_without_effect_is_said(small: phantoms.Phantom) -> None:
    notices = understood(small, off("tibia-medial")).notices
    assert "rule_without_effect" in {n.key for n in notices}
    assert "rule_switched_off" not in {n.key for n in notices}


def test_forbidden_may_be_switched_off_where_no_rule_needs_it(small: phantoms.Phantom) -> None:
    anatomy = understood(small, off("forbidden"), off(FLAP))
    assert anatomy.protocol.constraint("forbidden") is None


def test_a_rule_without_masks_is_unchecked_never_dropped(small: phantoms.Phantom) -> None:
    said = {n.key: n.reason for n in understood(small).not_checked}
    assert said[f"rule:{FLAP}"].startswith("no mask of gluteus minimus: ")
    femur = {n.key: n.reason for n in understood(small, site="femur").not_checked}
    assert femur["rule:thigh-extensors"].startswith("no mask of rectus femoris, vastus inter")
    assert "rule:extensor-tendons" in femur
    gone = {n.key for n in understood(small, off("thigh-extensors"), site="femur").not_checked}
    assert "rule:thigh-extensors" not in gone


def test_reminders_and_notes_are_listed_by_indication(small: phantoms.Phantom) -> None:
    infection = understood(small, indication=Indication.INFECTION)
    assert "rule:infection-cores" in {n.key for n in infection.notices}
    assert "rule:bleeding-risk" in {n.key for n in infection.not_checked}
    assert "rule:tract-excised" not in {n.key for n in infection.not_checked}
    assert "rule:tract-excised" in {n.key for n in understood(small).not_checked}


def test_a_suspected_primary_without_a_surgeon_is_said(small: phantoms.Phantom) -> None:
    def keys(**changes: object) -> set[str]:
        return {n.key for n in understood(small, **changes).notices}

    assert "surgeon" in keys()
    assert "surgeon" in keys(indication=Indication.PRIMARY)
    assert "surgeon" not in keys(surgeon="Dr A")
    assert "surgeon" not in keys(indication=Indication.METASTASIS)


def test_only_the_deltoid_behind_its_anterior_third_is_forbidden() -> None:
    deltoid = ("deltoid", Role.MUSCLE, lambda p: (p[..., 1] > 24.0) & (p[..., 1] < 42.0))
    anatomy = understood(phantoms.torso(2.0, extra=(deltoid,)), site="right humerus")
    (avoided,) = anatomy.rules.avoided
    assert avoided.rule.key == "humerus-deltoid"
    kept = avoided.mask
    y = kept.grid.lps_from_index(np.argwhere(kept.inside)[:, ::-1])[:, 1]
    assert y.min() == pytest.approx(31.0)
    assert y.max() == pytest.approx(41.0)


def test_the_tumour_itself_is_never_forbidden_by_a_rule() -> None:
    inside = ("left gluteus maximus", Role.MUSCLE, lambda p: p[..., 1] < 0.0)
    anatomy = understood(phantoms.torso(2.0, extra=(inside,)))
    (avoided,) = anatomy.rules.avoided
    tumour = anatomy.lesion.tumour
    assert not (avoided.mask.on(tumour.grid) & tumour.inside).any()
    assert avoided.mask.inside.any()


def test_a_flat_bone_has_its_own_curve(small: phantoms.Phantom) -> None:
    curves = {}
    for site in ("scapula", "femur"):
        protocol = understood(small, site=site).protocol
        curves[site] = next(o for o in protocol.objectives if o.key == "cortical_incidence").curve
    assert dict(curves["scapula"])[60.0] == 1.0
    assert dict(curves["femur"])[60.0] == 0.1


def test_a_collection_is_forbidden_unless_infection_is_the_question() -> None:
    wall = ("haematoma", Role.COLLECTION, lambda p: np.abs(p[..., 1] - 30.0) < 3.0)
    torso = phantoms.torso(4.0, extra=(wall,))
    through = Trajectory(vec3((4.0, 45.0, 2.0)), vec3((4.0, -15.0, 2.0)))
    found = measure(understood(torso, site=""), through)
    assert "forbidden" in found.violations
    target = understood(torso, site="", indication=Indication.INFECTION)
    assert "forbidden" not in measure(target, through).violations


@pytest.mark.parametrize(
    ("said", "key"),
    [
        ("ilium", "ilium"),
        ("Left hip bone", "ilium"),
        ("soft tissue of the thigh", "thigh"),
        ("distal femur, right", "femur"),
        ("lumbar spine", "lumbar-spine"),
        ("L3", "lumbar-spine"),
        ("vertebra", "spine"),
        ("left chest wall", "chest-wall"),
        ("7th rib", "rib"),
        ("forearm", "arm"),
        ("", "generic"),
        ("nowhere", "generic"),
    ],
)
def test_a_site_is_found_by_its_words(small: phantoms.Phantom, said: str, key: str) -> None:
    site = site_of(replace(small.case, site=said), small.understood().protocol)
    assert site is not None
    assert site.key == key
