"""The form shows what the case wants, a choice is a step, and planning runs in the background."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from threading import Event
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from app import catalogue
from app.planning_setup import Setup, core_request, counts_with, setup_of
from app.presenters.planning import AUTO, SEVERAL_ENTRIES, PlanningPresenter, can_plan
from app.presenters.planning_choices import AS_SCANNED
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.planning_form import PlanningForm
from app.views.progress_strip import ProgressStrip
from planning.cohort.learning import fit_error_model
from planning.errors import InputError
from planning.image import CaseImages
from planning.model.case import Case, Guidance, Indication, Position, Role, Structure
from planning.model.plan import Notice, PlanResult
from planning.progress import Progress
from planning.records.fitted_model_file import fitted_models_to_toml
from tests.simulated_cohort import simulated_cohort


class Room:
    """A session with mocked views and a planner that answers what it is told to."""

    def __init__(self) -> None:
        self.session = Session()
        self.form, self.message = Mock(spec=PlanningForm), Mock(spec=MessageStrip)
        self.strip = Mock(spec=ProgressStrip)
        self.answer: PlanResult | Exception | None = None
        self.asked: list[Setup] = []
        self.go_on = Event()
        self.go_on.set()
        self.presenter = PlanningPresenter(
            self.session, self.form, self.strip, self.message, plan=self._plan
        )

    def _plan(
        self, case: Case, images: CaseImages, setup: Setup, progress: Progress
    ) -> tuple[object, PlanResult]:
        self.asked.append(setup)
        self.go_on.wait(5)
        progress.report(1.0, "done")
        if isinstance(self.answer, Exception):
            raise self.answer
        return Mock(), self.answer


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    made = Room()
    made.session.open(case, images)
    return made


def test_the_form_shows_what_the_protocol_defaults_to(room: Room) -> None:
    assert room.form.set_needles.call_args.args[1] == "bone-11g-100"
    assert room.form.set_guidances.call_args.args[1] == "aiming-device"
    assert room.form.set_indications.call_args.args[1] == "unknown"
    choices, current = room.form.set_positions.call_args.args
    assert current == "prone"
    assert (choices[0].key, choices[0].text) == (AS_SCANNED, "As scanned (supine)")


def test_choices_are_steps_that_drop_the_plan_they_do_not_fit(room: Room, plan: PlanResult) -> None:
    room.session.apply("Plan", replace(room.session.case, plan=plan))
    room.presenter.choose_needle("bone-8g-100")
    assert (room.session.case.needle_key, room.session.case.plan) == ("bone-8g-100", None)
    room.presenter.choose_guidance("freehand")
    room.presenter.choose_position(AS_SCANNED)
    room.presenter.choose_indication("metastasis")
    changed = room.session.case
    assert changed.guidance is Guidance.FREEHAND
    assert changed.patient_position is None
    assert changed.biopsy_position is Position.SUPINE
    assert changed.indication is Indication.METASTASIS
    for _ in range(4):
        room.session.undo_stack.undo()
    assert room.session.case.plan is plan


def test_own_placement_errors_can_be_chosen_once_they_were_learned(
    room: Room, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    file = tmp_path / "own.toml"
    monkeypatch.setattr(catalogue, "own_error_models_file", lambda: file)
    room.presenter.choose_guidance("navigated")
    choices, current = room.form.set_errors.call_args.args
    assert ([c.key for c in choices], current) == (["preset"], "preset")
    preset, rules = catalogue.error_models()[Guidance.NAVIGATED], catalogue.cohort_rules()
    fitted = fit_error_model(simulated_cohort(40), preset, rules)
    file.write_text(fitted_models_to_toml([fitted], confidence=0.95))
    room.presenter.refresh()
    choices, current = room.form.set_errors.call_args.args
    assert [c.text for c in choices] == ["Preset", "Own, from 40 cases"]
    room.presenter.choose_errors("own")
    assert room.session.case.error_model == "own"
    assert room.form.set_errors.call_args.args[1] == "own"
    assert setup_of(room.session.case).error_model.case_count == 40
    assert can_plan(room.session.case) == ""
    # For another guidance nothing was learned: it is said, and the way back stays open.
    room.presenter.choose_guidance("robot")
    choices, current = room.form.set_errors.call_args.args
    assert ([c.text for c in choices], current) == (["Preset", "Own, not there"], "own")
    assert "or plan with the preset" in can_plan(room.session.case)
    room.presenter.choose_errors("preset")
    assert can_plan(room.session.case) == ""


def test_an_anatomy_with_errors_that_were_learned_anew_is_not_planned_with() -> None:
    preset = catalogue.error_models()[Guidance.NAVIGATED]
    anatomy = Mock(error_model=preset)
    setup = Mock(guidance=Guidance.NAVIGATED, error_model=None)
    assert counts_with(anatomy, setup)
    setup.error_model = replace(preset, sha256="of a newer file")
    assert not counts_with(anatomy, setup)


def test_what_is_wished_of_the_cores_is_a_step_and_reaches_the_planner(
    room: Room, plan: PlanResult
) -> None:
    case = room.session.case
    habitat = Structure(name="Habitat_A", role=Role.HABITAT, mask_id="h")
    room.session.apply("Draw", replace(case, structures=(*case.structures, habitat), plan=plan))
    before = room.session.case
    choices, ticked = room.form.set_habitats.call_args.args
    assert ([(c.key, c.text) for c in choices], ticked) == ([("h", "Habitat A")], frozenset())
    assert room.form.set_core_counts.call_args.args[0][0].text == "Protocol (3)"
    assert room.form.set_core_counts.call_args.args[1] == AUTO
    assert room.form.set_entries.call_args.args[0][0].text == "Auto (one)"
    room.presenter.choose_core_count("4")
    assert room.session.case.plan is None
    room.presenter.choose_entries(SEVERAL_ENTRIES)
    room.presenter.choose_must_sample("h", True)
    wanted = room.session.case
    assert room.form.set_core_counts.call_args.args[1] == "4"
    assert room.form.set_entries.call_args.args[1] == SEVERAL_ENTRIES
    assert room.form.set_habitats.call_args.args[1] == frozenset({"h"})
    request = core_request(wanted, setup_of(wanted))
    assert (request.count, request.one_entry, request.must_sample) == (4, False, ("Habitat_A",))
    told = core_request(wanted, setup_of(wanted), count=2, one_entry=True)
    assert (told.count, told.one_entry) == (2, True)
    for _ in range(3):
        room.session.undo_stack.undo()
    assert room.session.case is before
    usual = core_request(before, setup_of(before))
    assert (usual.count, usual.one_entry, usual.must_sample) == (3, True, ())
    room.presenter.choose_core_count("1")
    assert core_request(room.session.case, setup_of(room.session.case)) is None


def test_choosing_what_is_chosen_is_no_step(room: Room, plan: PlanResult) -> None:
    room.session.apply("Plan", replace(room.session.case, plan=plan))
    room.presenter.choose_position("prone")
    assert room.session.case.plan is plan


def test_planning_puts_the_answer_into_the_case(room: Room, plan: PlanResult, qtbot: QtBot) -> None:
    room.answer = replace(plan, warnings=(Notice("position_differs", "skin will move"),))
    with qtbot.waitSignal(room.presenter.planned):
        room.presenter.start()
    assert room.session.case.plan is room.answer
    assert room.session.anatomy is not None
    assert room.asked[0].needle.key == "bone-11g-100"
    assert room.message.show_caution.call_args.args == ("Skin will move.",)
    room.session.undo_stack.undo()
    assert room.session.case.plan is None


def test_while_planning_the_button_says_why_it_is_off(
    room: Room, plan: PlanResult, qtbot: QtBot
) -> None:
    room.answer = plan
    room.go_on.clear()
    room.presenter.start()
    assert room.form.set_plan_enabled.call_args.args == ("Planning is under way.",)
    with qtbot.waitSignal(room.presenter.job.ended):
        room.go_on.set()
    assert room.form.set_plan_enabled.call_args.args == ("",)


def test_a_choice_during_planning_gives_it_up(room: Room, plan: PlanResult, qtbot: QtBot) -> None:
    room.answer = plan
    room.go_on.clear()
    room.presenter.start()
    room.presenter.choose_needle("bone-8g-100")
    room.go_on.set()
    assert room.presenter.job.shut_down(5.0)
    qtbot.wait(30)
    assert room.session.case.plan is None


def test_what_cannot_be_planned_is_said_where_it_can_be_read(room: Room, qtbot: QtBot) -> None:
    room.answer = InputError("Two tumours; say which with lesion.")
    with qtbot.waitSignal(room.presenter.job.ended):
        room.presenter.start()
    assert room.message.show_error.call_args.args == ("Two tumours; say which with lesion.",)


def test_why_a_case_cannot_be_planned(case: Case) -> None:
    assert can_plan(None) == "Open a case first."
    assert "no tumour mask" in can_plan(replace(case, structures=case.structures[:2]))
    assert 'no needle "bone-9g"' in can_plan(replace(case, needle_key="bone-9g"))
    assert can_plan(case) == ""
