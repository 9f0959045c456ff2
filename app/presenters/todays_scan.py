"""Reads a scan made on the table, registers it, and carries the plan over once it is accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer, Signal

from app import catalogue
from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.numbers import sentences, spoken
from app.presenters.progress import show_progress
from app.presenters.scan_pictures import ScanPictures
from app.presenters.shown import selected_candidate
from app.presenters.todays_scan_words import Standing, panel_text, stale_rows
from app.presenters.todays_scan_work import (
    BY_HAND,
    UNMOVED,
    Pair,
    Registered,
    ScanChoice,
    carried,
    judge,
    read_scan,
    register,
    start_by_hand,
)
from app.session import Session
from app.view_state import ViewState
from app.views.message_strip import MessageStrip
from app.views.todays_scan_panel import TodaysScanPanel
from planning.errors import TrephineError
from planning.geometry import Vec3
from planning.image import Volume
from planning.model.case import Position
from planning.progress import Progress
from planning.records.case_origin import Origin
from planning.records.stale_masks import checked_off

if TYPE_CHECKING:
    from planning.imaging.registration import Registration
    from planning.imaging.transforms import RigidTransform
    from planning.records.case_file import LoadedCase

Read = Callable[[Path, str, Progress], Volume | ScanChoice]
Register = Callable[[Pair, Progress], Registered]
Judge = Callable[[Pair, "RigidTransform", str, Progress], Registered]

_SETTLED_MS = 350


class TodaysScanPresenter(QObject):
    """From a folder to the case on another CT; the case before stays at hand.

    Signals
    -------
    carried_over
        The case is open on the new scan.
    """

    carried_over = Signal()

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: TodaysScanPanel,
        message: MessageStrip,
        *,
        read: Read = read_scan,
        register: Register = register,
        judge: Judge = judge,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._state = session, view_state
        self._panel, self._message = panel, message
        self._read, self._register, self._judge = read, register, judge
        self._at = Standing()
        self._path = Path()
        self._base: Registration | None = None  # what an adjustment by hand starts from
        self._pictures = ScanPictures(panel)
        self._before: LoadedCase | None = None
        self._before_origin: Origin | None = None
        self._is_ours = False  # the case that is being opened comes from here
        self.job, self.measuring = LatestJob(self), LatestJob(self)
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self._measure)
        show_progress(self.job, panel.progress)
        for job in (self.job, self.measuring):
            job.finished.connect(self.take)
        self.job.started.connect(self.refresh)
        self.job.ended.connect(self.refresh)
        self.job.failed.connect(self.fail)
        self.measuring.failed.connect(self.fail)
        session.opened.connect(self.follow_opened)
        session.case_changed.connect(self.refresh)
        self._connect_panel()
        self.refresh()

    @property
    def standing(self) -> Standing:
        """How far the work has come."""
        case, images = self._session.case, self._session.images
        return replace(
            self._at,
            case=case,
            ct=None if images is None else images.ct,
            is_working=self.job.is_running,
            is_measuring=self._settled.isActive() or self.measuring.is_running,
            can_return=self._before is not None,
        )

    def open(self, path: Path, series_uid: str = "") -> None:
        """Read a scan from a folder of DICOM or a file, and register it."""
        if self._session.case is None:
            return
        self._forget_scan()
        self._path, read = path, self._read
        self._at = replace(self._at, series=series_uid, found=self._at.found if series_uid else ())
        self._message.clear_message()
        self.job.start(
            tr("Reading {name}", name=path.name), lambda progress: read(path, series_uid, progress)
        )

    def choose_series(self, series_uid: str) -> None:
        """Read one series of the folder."""
        self.open(self._path, series_uid)

    def confirm_patient(self, is_same: bool) -> None:  # noqa: FBT001 (a signal's argument)
        """Let the scan be used although it names another patient."""
        self._at = replace(self._at, confirmed=is_same)
        if is_same and self._at.registered is None:
            self.register()
        else:
            self.refresh()

    def choose_position(self, key: str) -> None:
        """Say how the patient lay, for a scan that does not."""
        self._at = replace(self._at, position=Position(key) if key else None)
        self.refresh()

    def register(self) -> None:
        """Fit the scan to the planning CT, from the start."""
        pair = self._pair()
        if pair is None or self.standing.held_up:
            self.refresh()
            return
        self._settled.stop()
        self.measuring.cancel()
        work = self._register
        self.job.start(tr("Registering"), lambda progress: work(pair, progress))

    def keep(self) -> None:
        """Leave both scans where they say they lie."""
        from planning.imaging.transforms import unmoved

        self._judge_in_background(unmoved(), UNMOVED)

    def nudge(self, shift_mm: Vec3, turn_deg: Vec3) -> None:
        """Move the new scan by hand, beyond what was registered."""
        registered, base = self._at.registered, self._base
        if registered is None or base is None:
            return
        moved = base
        if any((*shift_mm, *turn_deg)):
            transform = base.transform.nudged(shift_mm, turn_deg, registered.pair.centre_lps_mm)
            moved = replace(base, transform=transform, method=f"{base.method}, {BY_HAND}")
        adjusted = replace(registered, registration=moved)
        self._at = replace(self._at, registered=adjusted)
        self.measuring.cancel()
        self._settled.stop()
        if moved is not base:
            self._settled.start()
        self._pictures.show(adjusted)
        self.refresh()

    def discard(self) -> None:
        """Forget the scan."""
        self.job.cancel()
        self._at = Standing()
        self._forget_scan()
        self.refresh()

    def carry(self) -> None:
        """Make the scan the planning CT."""
        case, at = self._session.case, self.standing
        registered = at.registered
        if (
            case is None
            or registered is None
            or panel_text(at, catalogue.carry_rules()).cannot_carry
        ):
            return
        selected = selected_candidate(self._session, self._state)
        anatomy, position = self._session.anatomy, self._at.position
        derived = () if anatomy is None else anatomy.derived
        self.job.start(
            tr("Carrying the plan over"),
            lambda progress: carried(registered, case, position, selected, derived, progress),
        )

    def go_back(self) -> None:
        """Open the case as it was before it was carried over."""
        if self._before is not None:
            before, self._before = self._before, None
            self._open(before, self._before_origin)

    def check(self, mask_id: str) -> None:
        """Say that a moved mask lies where it should."""
        case = self._session.case
        found = [s for s in case.structures if s.mask_id == mask_id] if case is not None else []
        if case is not None and found:
            self._session.apply(
                tr("Check {name}", name=spoken(found[0].name)), checked_off(case, mask_id)
            )

    def visit(self, mask_id: str) -> None:
        """Take every view to a moved mask."""
        images = self._session.images
        mask = images.masks.get(mask_id) if images is not None else None
        centre = mask.centroid_lps_mm() if mask is not None else None
        if centre is not None:
            self._state.set_crosshair(centre)

    def take(self, result: object) -> None:
        """Go on with what the background brought."""
        if isinstance(result, ScanChoice):
            self._at = replace(self._at, found=result.found)
        elif isinstance(result, Volume):
            self._at = replace(self._at, scan=result)
            if not self.standing.other_patient:
                self.register()
        elif isinstance(result, Registered):
            self._take_registered(result)
        elif isinstance(result, tuple):
            self._take_carried(*result)
        self.refresh()

    def fail(self, error: TrephineError) -> None:
        """Say what went wrong; a scan that was read can still be adjusted by hand."""
        pair = self._pair()
        if pair is not None and self._at.registered is None:
            self._take_registered(start_by_hand(pair))
        self._message.show_error(tr_core(str(error)))
        self.refresh()

    def follow_opened(self) -> None:
        """Forget the scan, which was for the case before."""
        if not self._is_ours:
            self._before = None
        self.discard()

    def refresh(self) -> None:
        """Say how far the work is, and what is to be checked."""
        self._panel.set_text(panel_text(self.standing, catalogue.carry_rules()))
        self._panel.set_stale(stale_rows(self._session.case))

    def _connect_panel(self) -> None:
        panel = self._panel
        panel.series_chosen.connect(self.choose_series)
        panel.patient_confirmed.connect(self.confirm_patient)
        panel.position_chosen.connect(self.choose_position)
        panel.register_requested.connect(self.register)
        panel.keep_requested.connect(self.keep)
        panel.carry_requested.connect(self.carry)
        panel.discard_requested.connect(self.discard)
        panel.return_requested.connect(self.go_back)
        panel.nudged.connect(self.nudge)
        panel.checkerboard_chosen.connect(self._pictures.show_checkerboard)
        panel.checked.connect(self.check)
        panel.visited.connect(self.visit)

    def _pair(self) -> Pair | None:
        case, images, scan = self._session.case, self._session.images, self._at.scan
        if case is None or images is None or scan is None:
            return None
        anatomy, registered = self._session.anatomy, self._at.registered
        if registered is not None and registered.pair.scan is scan:
            return replace(registered.pair, case=case)
        return Pair(
            case=case,
            images=images,
            scan=scan,
            bodies=(None if anatomy is None else anatomy.body, None),
        )

    def _judge_in_background(self, transform: RigidTransform, method: str) -> None:
        pair, work = self._pair(), self._judge
        if pair is not None and not self.standing.held_up:
            self._settled.stop()
            self.measuring.cancel()
            self.job.start(
                tr("Measuring"), lambda progress: work(pair, transform, method, progress)
            )

    def _measure(self) -> None:
        """Measure what was adjusted by hand, once the hand rests."""
        registered, work = self._at.registered, self._judge
        if registered is not None:
            found = registered.registration
            self.measuring.start(
                tr("Measuring"),
                lambda progress: work(registered.pair, found.transform, found.method, progress),
            )

    def _take_registered(self, result: Registered) -> None:
        found = result.registration
        if not found.method.endswith(BY_HAND) or self._base is None:
            self._base = found
            self._panel.reset_nudge()
        self._at = replace(self._at, registered=result)
        self._pictures.show(result)

    def _take_carried(self, before: LoadedCase, there: LoadedCase) -> None:
        if before.case is not self._session.case:
            self._message.show_error(tr("The case was changed meanwhile. Carry it over again."))
            return
        self._before, self._before_origin = before, self._session.origin
        self._open(there, None)
        self._message.show_caution(sentences(there.case.notes))
        self.carried_over.emit()

    def _open(self, loaded: LoadedCase, origin: Origin | None) -> None:
        """Open a case that no file holds as it is now, so that it is kept as unsaved work."""
        self._is_ours = True
        self._session.open(loaded.case, loaded.images, origin=origin, is_unsaved=True)
        self._is_ours = False

    def _forget_scan(self) -> None:
        self._settled.stop()
        self.measuring.cancel()
        self._base = None
        self._at = replace(self._at, scan=None, registered=None, confirmed=False, position=None)
        self._pictures.clear()
        self._panel.reset_nudge()
