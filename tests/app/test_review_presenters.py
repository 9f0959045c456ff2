"""From a control CT to reviewed cores, with the views mocked and the work answered at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from app.presenters.review_context import ReviewContext
from app.presenters.review_control import ReviewControlPresenter
from app.presenters.review_export import FinishedReview, Kept, Registry, ReviewExportPresenter
from app.presenters.review_needles import ReviewNeedlesPresenter
from app.presenters.review_work import Measurement, ReviewWork
from app.presenters.scan_fit_work import Pair, Registered
from app.session import Session
from app.view_state import ViewState
from app.views.control_panel import ControlPanel
from app.views.message_strip import MessageStrip
from app.views.needles_panel import NeedlesPanel
from app.views.progress_strip import ProgressStrip
from app.views.review_step_values import ControlText, CoreAnswerRow, NeedlesText
from app.views.store_question import StoreQuestion
from planning.errors import InputError
from planning.execution.case_reviews import answered
from planning.image import CaseImages, Patient, Series, Volume
from planning.imaging.bone_residual import Residual
from planning.imaging.transforms import RigidTransform
from planning.model.approval import Approval
from planning.model.case import Case
from planning.model.case_review import CaseReview, PlannedPath
from planning.model.execution import ExecutedNeedle, NeedleState, ReviewedNeedle
from planning.model.plan import PlanResult
from planning.progress import Progress
from tests.app.review_scene import TRUTH, executed, registration
from tests.example_reviews import ACHIEVED, ERROR


class Room:
    """Everything of the review but the window; work answers what it is told to."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.message = Mock(spec=MessageStrip)
        self.control_panel, self.panel = Mock(spec=ControlPanel), Mock(spec=NeedlesPanel)
        self.control_panel.progress = Mock(spec=ProgressStrip)
        self.panel.progress = Mock(spec=ProgressStrip)
        self.scan: Volume | Exception = InputError("nothing was given")
        self.transform: RigidTransform | Exception = TRUTH
        self.found: tuple[ExecutedNeedle, ...] = (
            executed(shift_mm=(-18.0, 4.0, 128.0)),
            executed(shift_mm=(-9.0, 4.0, 132.0)),
        )
        self.asked: list[str] = []
        self.measured: list[Measurement] = []
        self.context = ReviewContext(self.session, self.state)
        self.control = ReviewControlPresenter(
            self.session, self.context, self.control_panel, self.message,
            read=self._read, register=self._register, judge=self._judge, now=lambda: "2026-11-26",
        )  # fmt: skip
        work = ReviewWork(find=self._find, refine=self._refine, measure=self._measure)
        self.needles = ReviewNeedlesPresenter(
            self.session, self.state, self.context, self.panel, self.message, work=work
        )

    def _read(self, path: Path, series_uid: str, progress: Progress) -> Volume:
        self.asked.append("read")
        if isinstance(self.scan, Exception):
            raise self.scan
        return self.scan

    def _register(self, pair: Pair, progress: Progress) -> Registered:
        self.asked.append("register")
        if isinstance(self.transform, Exception):
            raise self.transform
        return self._judge(pair, self.transform, "rigid", progress)

    def _judge(
        self, pair: Pair, transform: RigidTransform, method: str, progress: Progress
    ) -> Registered:
        found = replace(
            registration(transform),
            method=method,
            residual=Residual(median_mm=0.4, p95_mm=1.1, points=4000),
        )
        return Registered(pair=pair, registration=found)

    def _find(self, registered, paths, progress) -> tuple[ExecutedNeedle, ...]:
        self.asked.append(f"find near {len(paths)}")
        return self.found

    def _refine(self, registered, hub, tip, progress) -> ExecutedNeedle:
        self.asked.append("refine")
        return ExecutedNeedle(entry_lps_mm=hub, tip_lps_mm=tip, method="two points")

    def _measure(self, what: Measurement, progress: Progress) -> CaseReview:
        self.measured.append(what)
        cores, states, match = answered(what.made, what.answers, what.cores)
        needles = tuple(
            ReviewedNeedle(
                core=core.candidate_id,
                needle_state=states[core.candidate_id],
                executed=match.needles.get(core.candidate_id),
                error=ERROR if core.candidate_id in match.needles else None,
                achieved=ACHIEVED if core.candidate_id in match.needles else None,
                within_tolerance=True if core.candidate_id in match.needles else None,
            )
            for core in cores
        )
        review = replace(
            what.made.review,
            plan_sha256=what.plan_sha256,
            needles=needles,
            unplanned=match.unplanned,
        )
        planned = tuple(PlannedPath(core=c.candidate_id, trajectory=c.trajectory) for c in cores)
        return replace(what.made, review=review, planned=planned)

    def settle(self, qtbot: QtBot) -> None:
        jobs = (self.control.job, self.control.measuring, self.needles.job)
        qtbot.waitUntil(lambda: not any(job.is_running for job in jobs), timeout=20_000)

    def accept(self, qtbot: QtBot) -> None:
        self.control.open(Path("control"))
        self.settle(qtbot)
        self.control.accept()
        self.settle(qtbot)

    def answer(self, qtbot: QtBot, core: str, needle: str, state: NeedleState) -> None:
        if needle:
            self.needles.choose_needle(core, needle)
        self.needles.choose_state(core, state.value)
        self.settle(qtbot)

    @property
    def review(self) -> CaseReview:
        made = self.context.review
        assert made is not None
        return made

    @property
    def control_text(self) -> ControlText:
        return self.control_panel.set_text.call_args.args[0]

    @property
    def text(self) -> NeedlesText:
        return self.panel.set_text.call_args.args[0]

    def core(self, key: str) -> CoreAnswerRow:
        return next(row for row in self.text.cores if row.key == key)


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages, set_plan: PlanResult) -> Room:
    made = Room()
    made.session.open(replace(case, plan=set_plan), images)
    values = images.ct.values.copy()
    values[3, 4, 5] = 700
    made.scan = replace(
        images.ct,
        values=values,
        frame_of_reference_uid="control",
        series=Series(modality="CT", series_uid="c", date="2026-11-26", position_code="HFP"),
    )
    return made


def test_without_a_plan_there_is_nothing_to_compare_with(room, case, images, qtbot):
    room.session.open(case, images)
    assert "Plan first" in room.control_text.cannot_open
    room.control.open(Path("control"))
    assert room.asked == []
    assert "Plan first" in room.message.show_caution.call_args.args[0]


def test_an_accepted_registration_becomes_part_of_the_case_and_needles_are_looked_for(room, qtbot):
    room.control.open(Path("control"))
    room.settle(qtbot)
    assert room.asked == ["read", "register"]
    assert room.session.case.reviews == ()  # nothing is assumed
    assert "0.4 mm" in room.control_text.residual
    assert "Accept the registration" in room.text.cannot_find
    room.control.accept()
    room.settle(qtbot)
    assert room.asked[-1] == "find near 2"
    made = room.review
    assert made.found == room.found
    assert made.review.registration.accepted
    assert Path(made.path).is_absolute()
    assert "accepted" in room.control_text.accepted
    assert "accepted" in room.control_text.cannot_accept
    assert [row.name for row in room.text.needles] == ["Needle 1", "Needle 2"]
    assert "90 % sure" in room.text.needles[0].facts
    assert room.state.crosshair_lps_mm == room.found[0].tip_lps_mm


def test_all_of_it_can_be_undone_by_name(room, qtbot):
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    stack = room.session.undo_stack
    assert stack.undoText() == "Review Trajectory 2"
    stack.undo()
    assert room.review.answers == {}
    assert room.core("T2").state == ""
    assert stack.undoText() == "Find needles"
    stack.undo()
    assert room.review.found == ()
    stack.undo()
    assert room.session.case.reviews == ()
    assert not room.control_text.cannot_accept  # the scan is still at hand
    for _ in range(3):
        stack.redo()
    assert set(room.review.answers) == {"T2"}
    room.settle(qtbot)
    assert room.asked.count("find near 2") == 1  # undoing does not start anything


def test_the_state_is_asked_and_never_guessed(room, qtbot):
    room.accept(qtbot)
    row = room.core("T2")
    assert row.state == ""
    room.needles.choose_needle("T2", "2")
    assert "state" in room.core("T2").note
    assert room.measured == []
    room.needles.choose_state("T2", "cocked")
    room.settle(qtbot)
    assert room.review.answers["T2"].state is NeedleState.COCKED
    assert room.review.answers["T2"].needle == room.found[1]
    assert "Within tolerance" in room.core("T2").note
    assert room.review.review.unplanned == (room.found[0],)


def test_a_core_that_was_not_scanned_is_not_imaged(room, qtbot):
    room.accept(qtbot)
    room.answer(qtbot, "C1", "", NeedleState.REMOVED)
    answer = room.review.answers["C1"]
    assert (answer.state, answer.needle) == (NeedleState.REMOVED, None)
    assert "Not imaged" in room.core("C1").note
    assert room.core("C1").needle == ""


def test_one_introducer_may_belong_to_two_cores_and_answers_add_up(room, qtbot):
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.INTRODUCER)
    room.answer(qtbot, "C1", "1", NeedleState.INTRODUCER)
    assert {a.needle for a in room.review.answers.values()} == {room.found[0]}
    room.answer(qtbot, "C1", "2", NeedleState.FIRED)
    assert room.review.answers["C1"].needle == room.found[1]
    assert room.review.answers["T2"].needle == room.found[0]


def test_a_needle_is_marked_by_two_points(room, qtbot):
    room.found = ()
    room.accept(qtbot)
    assert "No needle was found" in room.message.show_caution.call_args.args[0]
    switched = Mock()
    room.needles.marking_changed.connect(switched)
    room.needles.set_marking(on=True)
    assert room.text.is_marking
    assert "hub side" in room.text.hint
    room.needles.mark((1.0, 2.0, 103.0), (4.0, -5.0, 106.0))
    room.settle(qtbot)
    assert [call.args[0] for call in switched.call_args_list] == [True, False]
    assert room.review.found[0].method == "two points"
    assert room.session.undo_stack.undoText() == "Mark a needle"


def test_what_is_no_needle_is_struck_out_and_its_core_is_open_again(room, qtbot):
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    room.needles.remove("1")
    assert room.review.found == (room.found[1],)
    assert room.review.answers == {}
    assert room.core("T2").state == ""


def test_another_patient_is_refused_until_somebody_confirms(room, qtbot):
    room.scan = replace(room.scan, patient=Patient(name="ROE^RICHARD", patient_id="0002"))
    room.control.open(Path("control"))
    room.settle(qtbot)
    assert room.asked == ["read"]
    assert "0002" in room.control_text.other_patient
    assert "different patients" in room.control_text.cannot_accept
    room.control.confirm_patient(is_same=True)
    room.settle(qtbot)
    room.control.accept()
    check = room.review.review.patient
    assert check.confirmed
    assert set(check.differs) == {"ID", "name"}


def test_what_is_not_known_of_the_patient_is_said(room, qtbot):
    room.scan = replace(room.scan, patient=Patient())
    room.control.open(Path("control"))
    room.settle(qtbot)
    assert any("Not checked" in words for words in room.control_text.cautions)
    assert room.control_text.other_patient == ""
    assert room.control_text.cannot_accept == ""


def test_the_wrong_region_is_said_and_nothing_is_stored(room, qtbot):
    room.transform = InputError("The two show no bone in common.")
    room.control.open(Path("control"))
    room.settle(qtbot)
    assert "no bone in common" in room.message.show_error.call_args.args[0]
    assert "adjust by hand" in room.control_text.cannot_accept
    room.control.accept()
    assert room.session.case.reviews == ()


def test_the_planning_ct_itself_is_refused(room, images, qtbot):
    room.scan = images.ct
    room.control.open(Path("control"))
    room.settle(qtbot)
    assert "planning CT itself" in room.control_text.cannot_accept


def test_adjusting_by_hand_asks_for_acceptance_again_and_moves_the_needles(room, qtbot):
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    before = room.review
    room.control.nudge((2.0, 0.0, -1.0), (0.0, 0.0, 3.0))
    assert not room.context.is_accepted
    assert "Accept it first" in room.text.cannot_answer
    assert room.review is before  # nothing moves before somebody accepts
    qtbot.waitUntil(lambda: not room.control.standing.is_measuring, timeout=20_000)
    room.control.accept()
    room.settle(qtbot)
    after = room.review
    moved = room.context.registered.registration.transform
    seen = TRUTH.second_from_ct(before.found[0].tip_lps_mm)
    assert moved.second_from_ct(after.found[0].tip_lps_mm) == pytest.approx(seen)
    assert after.review.needles[0].error is not None  # measured again
    assert len(room.measured) == 2
    room.session.undo_stack.undo()
    assert room.review == before  # and the measuring is undone with it


def test_an_approved_plan_may_be_reviewed(room, qtbot):
    case = room.session.case
    approval = Approval(
        approved_by="Dr. A",
        at="2026-11-26T10:00",
        plan_number=1,
        plan_sha256="",
        candidate_ids=("T1",),
    )
    room.session.seal(replace(case, approval=approval))
    refused = Mock()
    room.session.refused.connect(refused)
    room.accept(qtbot)
    room.answer(qtbot, "T1", "1", NeedleState.CORE_TAKEN)
    refused.assert_not_called()
    assert [row.key for row in room.text.cores] == ["T1"]  # what was approved
    assert set(room.review.answers) == {"T1"}


def test_a_review_opened_again_is_shown_and_its_scan_read_when_it_is_looked_at(
    room, images, qtbot, tmp_path
):
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    path = tmp_path / "control.nii"
    path.write_bytes(b"there")
    made = replace(room.review, path=str(path))
    case = replace(room.session.case, reviews=(made,))
    room.session.open(case, images)
    assert room.context.control is None
    assert "Within tolerance" in room.core("T2").note
    assert str(path) in room.control_text.unread
    assert "Read the control CT" in room.text.cannot_answer
    assert not room.text.cannot_export
    room.asked.clear()
    room.control.show(shown=True)
    room.settle(qtbot)
    assert room.asked == ["read"]
    assert room.context.is_accepted
    assert room.text.cannot_answer == ""
    assert room.control_text.unread == ""
    assert not room.session.is_unsaved


@pytest.mark.parametrize("gone", [True, False])
def test_a_scan_that_is_gone_or_another_leaves_the_review_as_it_is(
    room, images, qtbot, tmp_path, gone
):
    room.accept(qtbot)
    path = tmp_path / "control.nii"
    if not gone:
        path.write_bytes(b"there")
        room.scan = replace(room.scan, values=room.scan.values.copy() + 1)
    case = replace(room.session.case, reviews=(replace(room.review, path=str(path)),))
    room.session.open(case, images)
    room.control.read_again()
    room.settle(qtbot)
    said = room.message.show_error.call_args.args[0]
    assert ("not there any more" if gone else "changed since") in said
    assert room.session.case is case
    assert room.context.control is None


def test_a_late_answer_about_another_case_is_dropped(room, images, qtbot, case):
    room.accept(qtbot)
    room.needles.choose_needle("T2", "1")
    room.needles.choose_state("T2", "fired")
    other = replace(case, name="other", plan=room.session.case.plan)
    room.session.open(other, images)
    room.settle(qtbot)
    assert room.session.case is other
    assert room.text.cores == ()


def test_two_scans_are_two_reviews_and_one_can_be_taken_out(room, qtbot):
    room.accept(qtbot)
    first = room.review
    room.scan = replace(
        room.scan, values=room.scan.values.copy() + 1, series=Series(series_uid="d", modality="CT")
    )
    room.accept(qtbot)
    assert len(room.session.case.reviews) == 2
    assert room.review is not first
    assert len(room.control_text.reviews) == 2
    room.control.choose_review(first.values_sha256)
    assert room.review == first
    room.control.remove()
    assert [r.values_sha256 for r in room.session.case.reviews] != [first.values_sha256]
    room.session.undo_stack.undo()
    assert len(room.session.case.reviews) == 2


def test_a_failing_measurement_asks_again(room, qtbot):
    room.accept(qtbot)

    def fail(what, progress):
        raise InputError("The case can no longer be read.")

    room.needles._work = replace(room.needles._work, measure=fail)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    assert "no longer be read" in room.message.show_error.call_args.args[0]
    assert room.core("T2").state == ""
    assert room.review.answers == {}


def exporting(room: Room, handed: list, *, kept: Kept | None) -> ReviewExportPresenter:
    """Return a presenter whose registry answers `kept`; None for no registry."""

    def write(finished: FinishedReview, folder: Path, progress: Progress) -> tuple[Path, ...]:
        handed.append(("written", finished))
        return (folder / "review.json",)

    def answer(word: str):
        def call(finished: FinishedReview, progress: Progress) -> Kept:
            handed.append((word, finished))
            return kept

        return call

    registry = Registry(look=answer("looked"), keep=answer("kept"))
    return ReviewExportPresenter(
        room.session, room.context, Mock(spec=ProgressStrip), Mock(spec=StoreQuestion),
        room.message, write=write, registry=None if kept is None else registry,
    )  # fmt: skip


def settled(presenter: ReviewExportPresenter, qtbot: QtBot) -> None:
    qtbot.waitUntil(lambda: not presenter.job.is_running)


def test_a_review_is_handed_on_with_everything_it_speaks_of(room, qtbot, tmp_path):
    handed: list = []
    presenter = exporting(room, handed, kept=NEW)
    presenter.export(tmp_path)
    assert presenter.finished is None
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    presenter.export(tmp_path)
    settled(presenter, qtbot)
    word, finished = handed[-1]
    assert (word, finished.made, finished.case) == ("written", room.review, room.session.case)
    assert finished.registered is room.context.registered
    assert "1 files written" in room.message.show_note.call_args.args[0]


NEW = Kept(place="/data/registry.sqlite", is_new=True)


def test_a_review_is_stored_once_somebody_has_confirmed_where(room, qtbot):
    handed: list = []
    presenter = exporting(room, handed, kept=NEW)
    question = presenter._question
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    presenter.store()
    assert not handed, "nobody was asked"
    presenter.ask()
    settled(presenter, qtbot)
    assert [word for word, _ in handed] == ["looked"]
    what, where = question.ask.call_args.args
    assert "as a new case?" in what
    assert "no name, no ID" in what
    assert where == "Kept in /data/registry.sqlite"
    presenter.store()
    settled(presenter, qtbot)
    assert [word for word, _ in handed] == ["looked", "kept"]
    assert handed[-1][1].made == room.review
    assert "/data/registry.sqlite" in room.message.show_note.call_args.args[0]
    presenter.store()
    assert len(handed) == 2, "an answer counts once"


def test_what_was_changed_after_the_question_is_not_stored(room, qtbot):
    handed: list = []
    presenter = exporting(room, handed, kept=replace(NEW, case_id="S-1-1", is_new=False))
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    presenter.ask()
    settled(presenter, qtbot)
    assert "case S-1-1, where this plan is" in presenter._question.ask.call_args.args[0]
    room.answer(qtbot, "T2", "1", NeedleState.COCKED)
    assert presenter._question.withdraw.called
    presenter.store()
    settled(presenter, qtbot)
    assert [word for word, _ in handed] == ["looked"]


def test_what_is_stored_just_so_is_said_and_not_asked(room, qtbot):
    kept = replace(NEW, case_id="S-1-1", is_new=False, is_same=True)
    presenter = exporting(room, [], kept=kept)
    room.accept(qtbot)
    room.answer(qtbot, "T2", "1", NeedleState.FIRED)
    presenter.ask()
    settled(presenter, qtbot)
    assert not presenter._question.ask.called
    assert "stored already, as case S-1-1" in room.message.show_note.call_args.args[0]


def test_without_a_registry_it_is_said(room, qtbot):
    presenter = exporting(room, [], kept=None)
    assert "no registry" in presenter.cannot_store()
    presenter.ask()
    assert not presenter.job.is_running
