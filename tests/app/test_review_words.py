"""What is said of a reviewed core: signs, states and what is not known; and that it has room."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app.language import choose_language
from app.presenters.review_card_words import review_card
from app.presenters.review_needles_words import depth_words, reviewed_note
from app.views.control_mode_bar import ControlModeBar
from app.views.control_panel import ControlPanel
from app.views.needles_panel import NeedlesPanel
from app.views.review_card import ReviewCard
from app.views.review_step_values import ControlText, CoreAnswerRow, NeedleRow, NeedlesText
from app.views.values import Choice
from planning.model.case_review import CaseReview
from planning.model.execution import (
    NeedleState,
    ReviewedNeedle,
    SpecimenKnowledge,
    Tolerance,
)
from tests.app.review_scene import case_review, executed
from tests.example_reviews import ACHIEVED, ERROR

TOLERANCE = Tolerance(lateral_tip_mm=5.0, depth_mm=5.0, angle_deg=5.0)
NARROWEST_PX = 214
"""What the left panel leaves between its margins and a scroll bar at its narrowest."""


def reviewed(**changes) -> CaseReview:
    needle = executed()
    made = ReviewedNeedle(
        core="T1",
        needle_state=NeedleState.FIRED,
        executed=needle,
        error=ERROR,
        achieved=replace(ACHIEVED, knowledge=SpecimenKnowledge.IMAGED),
        within_tolerance=True,
    )
    found = case_review(needle)
    review = replace(found.review, needles=(replace(made, **changes),), tolerance=TOLERANCE)
    return replace(found, review=review)


def card(plan, **changes):
    return review_card(reviewed(**changes), plan.candidates[0], plan)


def test_signs_are_said_in_words(plan):
    text = " ".join(card(plan).errors)
    assert "3.0 mm too shallow" in text  # depth is negative
    assert "1.2 mm in the slice, to the left" in text  # in-plane is negative
    assert "1.6 mm toward the head" in text
    other = replace(ERROR, depth_mm=3.0, in_plane_mm=1.2, off_plane_mm=-1.6)
    text = " ".join(card(plan, error=other).errors)
    assert "3.0 mm too deep" in text
    assert "to the right" in text
    assert "toward the feet" in text
    assert depth_words(0.01) == "as deep as planned"


@pytest.mark.parametrize(
    ("state", "end"), [(NeedleState.FIRED, "tip"), (NeedleState.COCKED, "stop")]
)
def test_the_matching_planned_point_is_named(plan, state, end):
    said = card(plan, needle_state=state)
    assert said.figures[0] == ("3.6 mm", f"from the planned {end}")
    assert f"The {end}, as it was scanned" in said.errors[0]


def test_an_inferred_specimen_is_called_so(plan):
    inferred = replace(ACHIEVED, knowledge=SpecimenKnowledge.INFERRED)
    said = card(plan, needle_state=NeedleState.INTRODUCER, achieved=inferred)
    assert said.knowledge.startswith("INFERRED: the scan shows the introducer")
    assert card(plan).knowledge == ""


def test_a_core_that_was_not_imaged_is_not_guessed(plan):
    said = card(
        plan,
        needle_state=NeedleState.REMOVED,
        executed=None,
        error=None,
        achieved=None,
        within_tolerance=None,
    )
    assert said.verdict.startswith("NOT IMAGED")
    assert {row.executed for row in said.sampled} == {"not imaged"}
    assert said.sampled[0].planned == "14.4 mm"
    assert (said.figures, said.kept) == ((), ())


def test_outside_tolerance_and_met_structures_are_red(plan):
    said = card(plan, within_tolerance=False)
    assert (said.tone, said.verdict[:7]) == ("danger", "OUTSIDE")
    assert said.kept[0].tone == "danger"
    assert "MET" in said.kept[0].executed
    assert said.kept[0].planned == "not known"
    assert reviewed_note(reviewed(within_tolerance=False).review.needles[0])[1] == "danger"


def test_what_is_lost_against_the_plan_stands_out(plan):
    less = replace(ACHIEVED, criteria={**ACHIEVED.criteria, "viable_length_mm": 4.0})
    viable = card(plan, achieved=less).sampled[0]
    assert (viable.planned, viable.executed, viable.tone) == ("14.4 mm", "4.0 mm", "caution")
    habitats = {row.what: row for row in card(plan).sampled}
    assert (habitats["Habitat A"].planned, habitats["Habitat A"].executed) == ("10.0 mm", "6.0 mm")
    assert habitats['Habitat "B", myxoid'].planned == "0.0 mm"


def test_nobody_said_yet_and_to_be_measured_again_are_told_apart(plan):
    assert "nobody said" in review_card(case_review(executed()), plan.candidates[0], plan).empty
    again = card(plan, error=None, achieved=None, within_tolerance=None)
    assert "measured again" in again.empty


def long_text() -> NeedlesText:
    needles = tuple(
        NeedleRow(
            key=str(n),
            name=f"Needle {n}",
            facts="marked by two points, 100 % sure, 104 mm from the skin to the tip",
            doubts=("The metal does not look like one needle; streaks are near.",),
            tone="caution",
        )
        for n in (1, 2)
    )
    core = CoreAnswerRow(
        key="T1",
        name="Trajectory 1 with a long name that somebody gave it",
        needles=(Choice("1", "Needle 1"),),
        states=(Choice("cocked", "The needle at the stop, before coring, or something longer"),),
        needle="1",
        state="cocked",
        note="OUTSIDE tolerance. 12.3 mm off: 10.9 mm to the side, 5.6 mm too shallow",
    )
    return NeedlesText(hint="Say for each core", needles=needles, cores=(core,))


@pytest.mark.parametrize("code", ["en", "de"])
def test_the_panels_have_room_where_the_window_is_small(qtbot, code, request):
    choose_language(code)
    request.addfinalizer(lambda: choose_language("en"))
    panel, control, bar = NeedlesPanel(), ControlPanel(), ControlModeBar()
    for widget in (panel, control, bar):
        qtbot.addWidget(widget)
    panel.set_text(long_text())
    control.set_text(ControlText(scan="CT", residual="0.4 mm", accepted="Registration accepted"))
    for widget in (panel, control, bar):
        assert widget.minimumSizeHint().width() <= NARROWEST_PX, type(widget).__name__


def test_choosing_in_a_row_keeps_the_list_that_has_the_focus(qtbot):
    panel = NeedlesPanel()
    qtbot.addWidget(panel)
    text = long_text()
    panel.set_text(text)
    panel.show()
    box = panel._cores["T1"]
    box._state.setFocus()
    changed = replace(text.cores[0], note="Measuring", state="")
    panel.set_text(replace(text, cores=(changed,)))
    assert panel._cores["T1"] is box
    assert box._state.currentIndex() == -1
    assert box._note.text() == "Measuring"
    panel.set_text(replace(text, cores=(), needles=()))
    assert panel._cores == {}


def test_the_pictures_hide_once_a_registration_is_accepted_and_come_back(qtbot):
    panel = ControlPanel()
    qtbot.addWidget(panel)
    before = ControlText(scan="CT", residual="0.4 mm")
    panel.set_text(before)
    assert not panel._result.isHidden()
    accepted = replace(before, accepted="accepted", cannot_accept="accepted")
    panel.set_text(accepted)
    assert panel._result.isHidden()
    panel._unfold.click()
    assert not panel._result.isHidden()
    panel.set_text(accepted)  # said again, for whatever reason
    assert not panel._result.isHidden()
    panel.set_text(before)
    assert not panel._result.isHidden()


def test_the_card_shows_all_of_it(plan, qtbot):
    shown = ReviewCard()
    qtbot.addWidget(shown)
    shown.set_text(card(plan, needle_state=NeedleState.INTRODUCER))
    assert not shown._tile_box.isHidden()
    shown.set_text(review_card(case_review(), plan.candidates[0], plan))
    assert shown._tile_box.isHidden()
    assert "nobody said" in shown._empty.text()
