"""From a folder to the case on another CT, with the views mocked and the work answered at once."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.presenters.scan_fit_work import (
    NOT_REGISTERED,
    Pair,
    Registered,
    ScanChoice,
    judge,
    read_scan,
)
from app.presenters.todays_scan import TodaysScanPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.todays_scan_panel import TodaysScanPanel
from app.views.todays_scan_values import TodaysScanText
from planning.errors import InputError
from planning.image import CaseImages, Patient, Series, Volume
from planning.imaging.bone_residual import Residual
from planning.imaging.dicom_series import SeriesSummary
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.model.case import Case, OwnPath, Position
from planning.model.plan import PlanResult
from planning.progress import SILENT, Progress

SHIFT = RigidTransform(rotation=np.eye(3), shift_mm=(2.0, -3.0, 4.0))


class Room:
    """A session with a mocked panel and work that answers what it is told to."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.panel, self.message = Mock(spec=TodaysScanPanel), Mock(spec=MessageStrip)
        self.panel.progress = Mock(spec=ProgressStrip)
        self.scan: Volume | ScanChoice | Exception = InputError("nothing was given")
        self.residual: Residual | Exception | None = Residual(
            median_mm=0.4, p95_mm=1.1, points=4000
        )
        self.asked: list[tuple[str, object]] = []
        self.presenter = TodaysScanPresenter(
            self.session,
            self.state,
            self.panel,
            self.message,
            read=self._read,
            register=self._register,
            judge=self._judge,
        )

    def _read(self, path: Path, series_uid: str, progress: Progress) -> Volume | ScanChoice:
        self.asked.append(("read", series_uid))
        if isinstance(self.scan, Exception):
            raise self.scan
        return self.scan

    def _register(self, pair: Pair, progress: Progress) -> Registered:
        self.asked.append(("register", pair.scan))
        return self._answer(pair, SHIFT, "rigid")

    def _judge(
        self, pair: Pair, transform: RigidTransform, method: str, progress: Progress
    ) -> Registered:
        self.asked.append(("judge", transform))
        return self._answer(pair, transform, method)

    def _answer(self, pair: Pair, transform: RigidTransform, method: str) -> Registered:
        if isinstance(self.residual, Exception):
            raise self.residual
        registration = Registration(
            transform=transform,
            residual=self.residual,
            method=method,
            overlap=0.8,
            correlation=0.96,
        )
        return Registered(pair=pair, registration=registration)

    def open(self, qtbot: QtBot, path: str = "today") -> None:
        self.presenter.open(Path(path))
        self.settle(qtbot)

    def settle(self, qtbot: QtBot) -> None:
        qtbot.waitUntil(lambda: not self.busy, timeout=20_000)

    @property
    def busy(self) -> bool:
        at = self.presenter.standing
        return at.is_working or at.is_measuring

    @property
    def text(self) -> TodaysScanText:
        found = self.panel.set_text.call_args.args[0]
        assert isinstance(found, TodaysScanText)
        return found


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    made = Room()
    made.session.open(case, images)
    made.scan = replace(
        images.ct,
        values=np.full(images.ct.grid.shape_kji, 40, np.int16),
        series=Series(modality="CT", date="2026-11-26", position_code="HFP"),
    )
    return made


def test_without_a_case_it_says_what_to_do(qapp: object) -> None:
    room = Room()
    assert room.text.cannot_open == "Open a case first."
    room.presenter.open(Path("today"))
    assert room.asked == []


def test_a_case_in_another_position_asks_for_todays_scan(room: Room) -> None:
    assert "Scanned supine, biopsy prone" in room.text.hint
    assert room.text.cannot_carry == "Choose today's scan first."


def test_a_scan_is_read_and_registered_and_its_residual_said(room: Room, qtbot: QtBot) -> None:
    room.open(qtbot)
    assert [what for what, _ in room.asked] == ["read", "register"]
    assert (room.text.residual, room.text.tone) == ("0.4 mm", "good")
    assert room.text.verdict.startswith("Good: ")
    assert room.text.cannot_carry == ""
    assert any(
        "2 mm to the left, 3 mm to the front, 4 mm to the head" in f for f in room.text.facts
    )
    pictures = room.panel.set_pictures.call_args.args[0]
    assert [p.name for p in pictures] == ["Axial", "Coronal", "Sagittal"]


def test_a_bad_registration_cannot_be_carried_over(room: Room, qtbot: QtBot) -> None:
    room.residual = Residual(median_mm=3.2, p95_mm=8.0, points=900)
    room.open(qtbot)
    assert room.text.tone == "danger"
    assert "3.2 mm apart" in room.text.cannot_carry
    room.presenter.carry()
    assert not room.presenter.job.is_running


def test_several_series_are_offered(room: Room, qtbot: QtBot) -> None:
    scan = room.scan
    summary = SeriesSummary(
        key="1.2",
        series=Series(modality="CT", series_number="7", description="table"),
        patient=Patient(),
        file_count=30,
        size_ijk=(512, 512, 30),
        spacing_mm=(0.8, 0.8, 2.0),
    )
    room.scan = ScanChoice(found=(summary,))
    room.open(qtbot)
    assert [c.text for c in room.text.series] == ['Series 7 "table", 30 slices of 2.0 mm']
    room.scan = scan
    room.presenter.choose_series("1.2")
    room.settle(qtbot)
    assert ("read", "1.2") in room.asked
    assert room.text.residual == "0.4 mm"


def test_another_patient_is_used_only_after_a_word(room: Room, qtbot: QtBot) -> None:
    assert isinstance(room.scan, Volume)
    room.scan = replace(room.scan, patient=Patient(name="ROE^RICHARD", patient_id="0002"))
    room.open(qtbot)
    assert 'ID "0001" and "0002"' in room.text.other_patient
    assert ("register", room.scan) not in room.asked
    assert "different patients" in room.text.cannot_register
    room.presenter.confirm_patient(True)
    room.settle(qtbot)
    assert room.text.cannot_carry == ""
    room.presenter.confirm_patient(False)
    assert "different patients" in room.text.cannot_carry


def test_an_mr_or_a_broken_folder_is_said_and_changes_nothing(room: Room, qtbot: QtBot) -> None:
    room.scan = InputError("The new scan is MR, not CT.")
    room.open(qtbot)
    assert room.message.show_error.call_args.args == ("The new scan is MR, not CT.",)
    assert room.text.scan == ""


def test_what_cannot_be_registered_waits_for_a_hand(room: Room, qtbot: QtBot) -> None:
    room.residual = InputError("no bone in common")
    room.open(qtbot)
    assert room.message.show_error.call_args.args == ("no bone in common",)
    at = room.presenter.standing
    assert at.registered is not None
    assert at.registered.registration.method == NOT_REGISTERED
    assert "adjust by hand" in room.text.cannot_carry
    room.residual = None
    room.presenter.nudge((1.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    room.settle(qtbot)
    assert room.text.residual == "not measured"
    assert room.text.tone == "caution"
    assert room.text.cannot_carry == ""


def test_an_adjustment_shows_at_once_and_is_measured_when_the_hand_rests(
    room: Room, qtbot: QtBot
) -> None:
    room.open(qtbot)
    room.residual = Residual(median_mm=1.6, p95_mm=2.9, points=4000)
    shown = room.panel.set_pictures.call_count
    room.presenter.nudge((0.5, 0.0, 0.0), (0.0, 0.0, 0.0))
    room.presenter.nudge((1.5, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert room.panel.set_pictures.call_count == shown + 2
    assert room.text.cannot_carry == "The adjustment is being measured."
    room.settle(qtbot)
    judged = [transform for what, transform in room.asked if what == "judge"]
    assert len(judged) == 1
    assert isinstance(judged[0], RigidTransform)
    assert judged[0].shift_mm == pytest.approx((3.5, -3.0, 4.0))
    assert (room.text.residual, room.text.tone) == ("1.6 mm", "caution")
    room.presenter.nudge((0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    assert room.text.residual == "0.4 mm"  # what was registered, without another word
    assert not any("by hand" in fact for fact in room.text.facts)


def test_leaving_both_as_they_lie_is_offered_only_within_one_frame(
    room: Room, qtbot: QtBot
) -> None:
    assert isinstance(room.scan, Volume)
    room.scan = replace(room.scan, frame_of_reference_uid="2")
    images = room.session.images
    assert images is not None
    assert room.session.case is not None
    there = replace(images, ct=replace(images.ct, frame_of_reference_uid="1"))
    room.session.open(room.session.case, there)
    room.open(qtbot)
    assert "another frame of reference" in room.text.cannot_keep
    room.scan = replace(room.scan, frame_of_reference_uid="1")
    room.open(qtbot)
    assert room.text.cannot_keep == ""
    room.presenter.keep()
    room.settle(qtbot)
    assert any("left as both scans lie" in fact for fact in room.text.facts)


def test_carrying_over_opens_the_case_on_the_scan_and_there_is_a_way_back(
    room: Room, qtbot: QtBot, plan: PlanResult
) -> None:
    session = room.session
    assert session.case is not None
    session.amend(replace(session.case, plan=plan))
    planned = session.case
    room.state.select("T1")
    room.open(qtbot)
    with qtbot.waitSignal(room.presenter.carried_over, timeout=60_000):
        room.presenter.carry()
    moved = session.case
    assert session.images is not None
    assert session.images.ct is room.scan
    assert moved.ct_position is Position.PRONE
    assert not moved.position_differs
    assert moved.plan is None
    tip = plan.candidates[0].trajectory.tip_lps_mm
    assert [type(p) for p in moved.own_paths] == [OwnPath]
    assert np.allclose(moved.own_paths[0].trajectory.tip_lps_mm, SHIFT.second_from_ct(tip))
    assert "0.4 mm apart" in room.message.show_caution.call_args.args[0]
    assert room.text.cannot_return == ""
    assert room.text.scan == ""
    room.presenter.go_back()
    assert session.case is planned
    assert room.text.cannot_return != ""


def test_what_changed_meanwhile_is_not_lost(room: Room, qtbot: QtBot) -> None:
    room.open(qtbot)
    assert room.session.case is not None
    room.presenter.carry()
    changed = replace(room.session.case, remarks="written meanwhile")
    room.session.apply("Write", changed)
    room.settle(qtbot)
    assert room.session.case is changed
    assert "changed meanwhile" in room.message.show_error.call_args.args[0]


def test_moved_masks_are_listed_until_they_are_ticked_and_the_tick_can_be_undone(
    room: Room,
) -> None:
    case = room.session.case
    assert case is not None
    doubtful = tuple(
        replace(s, stale_because="moved") if s.name == "sciatic nerve" else s
        for s in case.structures
    )
    room.session.apply("Move", replace(case, structures=doubtful))
    assert [row.key for row in room.panel.set_stale.call_args.args[0]] == ["nerve"]
    room.presenter.visit("nerve")
    assert room.state.crosshair_lps_mm != (0.0, 0.0, 0.0)
    room.presenter.check("nerve")
    assert room.panel.set_stale.call_args.args[0] == ()
    assert room.session.undo_stack.undoText() == "Check sciatic nerve"
    room.session.undo_stack.undo()
    assert [row.key for row in room.panel.set_stale.call_args.args[0]] == ["nerve"]


def test_opening_another_case_forgets_the_scan(
    room: Room, qtbot: QtBot, case: Case, images: CaseImages
) -> None:
    room.open(qtbot)
    room.session.open(replace(case, name="another"), images)
    assert room.text.scan == ""
    assert room.presenter.standing.registered is None


def test_discarding_forgets_it_too(room: Room, qtbot: QtBot) -> None:
    room.open(qtbot)
    room.presenter.discard()
    assert room.text.residual == ""
    assert room.text.cannot_discard != ""
    assert room.panel.set_pictures.call_args.args == ((),)


def test_a_scan_that_does_not_say_how_the_patient_lay_is_asked_about(
    room: Room, qtbot: QtBot
) -> None:
    assert isinstance(room.scan, Volume)
    room.scan = replace(room.scan, series=replace(room.scan.series, position_code=""))
    room.open(qtbot)
    assert room.text.ask_position
    room.presenter.choose_position("supine")
    assert any("made supine, the biopsy is planned prone" in fact for fact in room.text.facts)


def test_a_real_folder_without_ct_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("no image")
    with pytest.raises(InputError, match="holds no DICOM images"):
        read_scan(tmp_path, "", SILENT)


def test_what_shows_no_bone_is_judged_as_not_measured(case: Case, images: CaseImages) -> None:
    values = np.full(images.ct.grid.shape_kji, 40, np.int16)
    scan = replace(images.ct, values=values)
    pair = Pair(case=case, images=replace(images, ct=scan), scan=scan)
    found = judge(pair, SHIFT, "by hand", SILENT)
    assert found.registration.residual is None


@pytest.mark.parametrize(("ours", "theirs"), [("1.2.3", "1.2.3"), ("", "")])
def test_the_planning_ct_itself_is_no_new_scan(
    room: Room, qtbot: QtBot, images: CaseImages, case: Case, ours: str, theirs: str
) -> None:
    ct = replace(images.ct, series=replace(images.ct.series, series_uid=ours))
    room.session.open(case, replace(images, ct=ct))
    room.scan = replace(ct, series=replace(ct.series, series_uid=theirs), values=ct.values.copy())
    room.open(qtbot)
    assert (room.text.residual, room.text.tone) == ("", "danger")
    assert "planning CT itself" in room.text.verdict
    assert "planning CT itself" in room.text.cannot_carry
