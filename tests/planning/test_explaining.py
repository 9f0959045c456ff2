"""Empty plans of walled-in lesions name the wall, the missing millimetres and what opens a way."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import catalogue
from app.planning_setup import Setup, plan_case
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.model.case import Guidance, Position, Role, RuleChange
from planning.model.error_model import R95
from planning.model.plan import PlanResult
from tests import phantoms

SPACING_MM = 2.0
ALLOWANCE_MM = SPACING_MM / 2.0
# Four voxels thick: the surface of a thinner one is smoothed away from its voxels' faces.
WALL_BACK_Y_MM, WALL_FRONT_Y_MM, WALL_X_MM = 36.0, 28.0, 40.0
WALL_MM = WALL_BACK_Y_MM - WALL_FRONT_Y_MM
NEEDLE = catalogue.needle("bone-11g-100")


def _wall(
    half_gap_mm: float = 0.0, *, gap_x_mm: float = 0.0, closed: bool = False
) -> phantoms.Shape:
    """Return a wall left, right and behind (in front too if closed), with a gap along the body."""

    def shape(p: np.ndarray) -> np.ndarray:
        x, y = p[..., 0], p[..., 1]
        sides = (np.abs(x) > WALL_X_MM) & (np.abs(x) < WALL_X_MM + WALL_MM)
        behind = (y > WALL_FRONT_Y_MM) & (y < WALL_BACK_Y_MM)
        ahead = (y < -WALL_FRONT_Y_MM) & (y > -WALL_BACK_Y_MM) & closed
        inner = (np.abs(x) < WALL_X_MM + WALL_MM) & (np.abs(x - gap_x_mm) > half_gap_mm)
        return (sides & (np.abs(y) < 45.0)) | ((behind | ahead) & inner)

    return shape


def _walled(
    shape: phantoms.Shape,
    role: Role = Role.VESSEL,
    name: str = "wall vessel",
    **structure: object,
) -> phantoms.Phantom:
    made = phantoms.torso(SPACING_MM, without=("left artery",), extra=((name, role, shape),))
    structures = tuple(
        replace(s, **structure) if s.name == name else s for s in made.case.structures
    )
    return replace(made, case=replace(made.case, structures=structures))


def _with_case(phantom: phantoms.Phantom, **changes: object) -> phantoms.Phantom:
    return replace(phantom, case=replace(phantom.case, **changes))


def _plan(
    phantom: phantoms.Phantom,
    guidance: Guidance = Guidance.AIMING_DEVICE,
    needle: object = NEEDLE,
) -> PlanResult:
    setup = Setup(protocol=catalogue.protocol("bone-ct"), needle=needle, guidance=guidance)
    _, plan = plan_case(phantom.case, phantom.images, setup, top=2)
    return plan


def _said(plan: PlanResult, key: str) -> list[str]:
    return [n.text for n in plan.warnings if n.key == key]


@pytest.fixture(scope="module")
def narrow() -> phantoms.Phantom:
    """A gap of 10 mm on either side of the needle's axis; the vessel demands 10 mm and more."""
    return _walled(_wall(10.0), margin_mm=10.0)


@pytest.fixture(scope="module")
def of_narrow(narrow: phantoms.Phantom) -> PlanResult:
    return _plan(narrow)


def _numbers(text: str, *before: str) -> list[float]:
    """Return the number after each of some words."""
    return [float(text.split(word)[1].split()[0]) for word in before]


def test_a_gap_too_narrow_names_the_vessel_and_the_missing_millimetres(
    of_narrow: PlanResult,
) -> None:
    assert of_narrow.candidates == ()
    first = _said(of_narrow, "blocked")[0]
    assert first.startswith("blocked: wall vessel: ")
    keeps, needs = _numbers(first, "keeps", "needs")
    assert keeps == pytest.approx(10.0 - NEEDLE.radius_mm, abs=0.3)
    assert needs == pytest.approx(10.0 + ALLOWANCE_MM, abs=0.06)
    (missing,) = _numbers(first, "depth;")
    assert missing == pytest.approx(needs - keeps, abs=0.11)
    assert "the margin demands it" in first
    (depth,) = _numbers(first, f"needs {needs:.1f} mm at")
    assert 45.0 - WALL_BACK_Y_MM - 1.0 <= depth <= 2.0 * (45.0 - WALL_FRONT_Y_MM)


def test_the_margin_that_is_said_to_open_a_way_does_and_a_wider_one_does_not(
    narrow: phantoms.Phantom, of_narrow: PlanResult
) -> None:
    (opens,) = (t for t in _said(of_narrow, "opens") if "margin" in t)
    (margin_mm,) = _numbers(opens, "opens: a margin of")
    most_mm = 10.0 - NEEDLE.radius_mm - ALLOWANCE_MM
    assert most_mm - 1.0 < margin_mm <= most_mm
    assert "instead of 10 mm for wall vessel" in opens
    assert _plan(_walled(_wall(10.0), margin_mm=margin_mm)).candidates
    assert not _plan(_walled(_wall(10.0), margin_mm=most_mm + 0.1)).candidates


def test_what_is_said_reaches_the_plan_file_and_is_the_same_each_time(
    narrow: phantoms.Phantom, of_narrow: PlanResult
) -> None:
    text = plan_to_json(of_narrow)
    assert plan_to_json(_plan(narrow)) == text
    back = plan_from_json(text.encode(), "plan.json")
    assert _said(back, "blocked") == _said(of_narrow, "blocked")


def test_where_the_spread_of_the_needles_demands_the_distance_better_guidance_opens() -> None:
    phantom = _walled(_wall(9.0, gap_x_mm=-1.0), margin_mm=3.0)
    found = _plan(phantom, Guidance.NAVIGATED)
    assert found.candidates == ()
    first = _said(found, "blocked")[0]
    assert "wall vessel" in first
    assert "the spread of the needles demands it" in first
    spread = catalogue.error_models()[Guidance.NAVIGATED].corrected
    keeps, needs = _numbers(first, "keeps", "needs")
    (depth,) = _numbers(first, f"needs {needs:.1f} mm at")
    expected = R95 * np.hypot(spread.lateral_mm(depth), 1.5) + ALLOWANCE_MM
    assert needs == pytest.approx(float(expected), abs=0.1)
    assert keeps == pytest.approx(9.0 - NEEDLE.radius_mm, abs=0.3)
    opens = _said(found, "opens")
    assert not any("margin" in text for text in opens)
    assert any(text.startswith("opens: guidance robot") for text in opens)
    assert _plan(phantom, Guidance.ROBOT).candidates


def test_a_needle_too_short_names_a_longer_one_that_plans() -> None:
    torso = phantoms.torso(SPACING_MM)
    stub = replace(NEEDLE, key="stub", name="Stub", usable_length_mm=58.0)
    found = _plan(torso, needle=stub)
    assert found.candidates == ()
    assert any("needle too short" in text for text in _said(found, "blocked"))
    opens = [t for t in _said(found, "opens") if t.startswith("opens: needle ")]
    assert any("bone-11g-100" in text for text in opens)
    keys = [t.removeprefix("opens: needle ").split()[0] for t in opens]
    assert all(catalogue.needle(key).reach_mm > stub.reach_mm for key in keys)
    for key in keys[:2]:
        assert _plan(torso, needle=catalogue.needle(key)).candidates


def test_walled_in_behind_the_patient_may_lie_on_the_back() -> None:
    walled = _walled(_wall())
    found = _plan(walled)
    assert found.candidates == ()
    assert any("wall vessel" in text for text in _said(found, "blocked"))
    opens = _said(found, "opens")
    assert any("lying supine (carry the plan over" in text for text in opens)
    turned = _plan(_with_case(walled, patient_position=Position.SUPINE))
    assert turned.candidates
    assert "position_differs" in {n.key for n in turned.warnings}
    assert all(c.trajectory.entry_lps_mm[1] < phantoms.HALF_DEPTH_MM - 1 for c in turned.candidates)


def test_a_muscle_forbidden_by_a_rule_is_named_with_its_rule() -> None:
    flap = _walled(_wall(), Role.MUSCLE, "left gluteus maximus")
    flap = _with_case(flap, site="ilium")
    found = _plan(flap)
    assert found.candidates == ()
    blocked = _said(found, "blocked")
    assert any("gluteus maximus (rule ilium-gluteal-flap)" in text for text in blocked)
    assert any('switching off rule "ilium-gluteal-flap"' in t for t in _said(found, "opens"))
    change = RuleChange(key="ilium-gluteal-flap", reason="agreed", enabled=False)
    assert _plan(_with_case(flap, rule_changes=(change,))).candidates


def test_of_two_forbidders_only_the_one_in_the_way_is_named() -> None:
    def off_the_way(p: np.ndarray) -> np.ndarray:
        return (p[..., 0] > 50.0) & (p[..., 2] > 20.0)

    name, role = "tendon in the way", Role.FORBIDDEN
    made = phantoms.torso(
        SPACING_MM,
        without=("left artery",),
        extra=((name, role, _wall()), ("tendon aside", role, off_the_way)),
    )
    opens = _said(_plan(made), "opens")
    assert any(f'not marking "{name}" as forbidden' in text for text in opens)
    assert not any("tendon aside" in text for text in opens)


def test_a_corridor_that_misses_the_lesion_is_named() -> None:
    def aside(p: np.ndarray) -> np.ndarray:
        return (p[..., 0] < -40.0) & (np.abs(p[..., 1]) < 45.0) & (np.abs(p[..., 0]) < 60.0)

    astray = phantoms.torso(SPACING_MM, extra=(("old tract", Role.CORRIDOR, aside),))
    found = _plan(astray)
    assert found.candidates == ()
    assert any("leaves the agreed corridor (old tract)" in t for t in _said(found, "blocked"))
    assert any('switching off limit "corridor"' in text for text in _said(found, "opens"))
    change = RuleChange(key="corridor", reason="agreed", enabled=False)
    assert _plan(_with_case(astray, rule_changes=(change,))).candidates


def test_where_nothing_opens_that_is_said_with_what_was_tried() -> None:
    found = _plan(_walled(_wall(closed=True)))
    assert found.candidates == ()
    (opens,) = _said(found, "opens")
    assert opens.startswith("opens: no single change that was tried opens a way")
    for tried in ("guidance robot", "lying supine", "a smaller margin"):
        assert tried in opens
    assert "switching off" not in opens


def test_where_no_skin_in_reach_may_be_entered_that_is_said_and_a_longer_needle_opens() -> None:
    # Prone, 30 mm reach from the lesion to the skin on the table, but not to the skin behind.
    short = replace(NEEDLE, key="stub", name="Stub", usable_length_mm=30.0)
    found = _plan(phantoms.torso(SPACING_MM), needle=short)
    assert found.candidates == ()
    assert found.rejected["entry_side"] + found.rejected["field_of_view"] == found.evaluated > 0
    (blocked,) = _said(found, "blocked")
    assert "within 30 mm none may be entered" in blocked
    assert "(entry on the side the patient lies on)" in blocked
    assert any("opens: needle bone-11g-100" in text for text in _said(found, "opens"))


def test_a_plan_with_trajectories_explains_no_rejection() -> None:
    found = _plan(phantoms.torso(SPACING_MM))
    assert found.candidates
    assert not _said(found, "blocked")
    assert not _said(found, "opens")
