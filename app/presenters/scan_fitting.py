"""Reads a further scan of the patient and fits it to the planning CT; does nothing with it then."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Generic, TypeVar

from PySide6.QtCore import QObject, QTimer

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.progress import show_progress
from app.presenters.scan_fit_words import Standing
from app.presenters.scan_fit_work import (
    BY_HAND,
    UNMOVED,
    Pair,
    Registered,
    ScanChoice,
    judge,
    read_scan,
    register,
    start_by_hand,
)
from app.presenters.scan_pictures import ScanPictures
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.scan_fit_panel import ScanFitPanel
from planning.errors import TrephineError
from planning.geometry import Vec3
from planning.image import Volume
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.imaging.registration import Registration
    from planning.imaging.transforms import RigidTransform

Read = Callable[[Path, str, Progress], Volume | ScanChoice]
Register = Callable[[Pair, Progress], Registered]
Judge = Callable[[Pair, "RigidTransform", str, Progress], Registered]

AnyStanding = TypeVar("AnyStanding", bound=Standing)

_SETTLED_MS = 350


class ScanFitting(QObject, Generic[AnyStanding]):
    """From a folder to two scans that fit, with a person's eye on it.

    Those who build on it say what the panel says (`refresh`), how far they are (`standing`), and
    take what comes after the fit.

    Parameters
    ----------
    nothing : Standing
        How far the work is before it began.
    """

    def __init__(
        self,
        session: Session,
        panel: ScanFitPanel,
        message: MessageStrip,
        nothing: AnyStanding,
        *,
        read: Read = read_scan,
        register: Register = register,
        judge: Judge = judge,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._fit_panel, self._message = panel, message
        self._read, self._register, self._judge = read, register, judge
        self._nothing = self._at = nothing
        self._path = Path()
        self._base: Registration | None = None  # what an adjustment by hand starts from
        self._pictures = ScanPictures(panel)
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
        panel.series_chosen.connect(self.choose_series)
        panel.patient_confirmed.connect(self.confirm_patient)
        panel.register_requested.connect(self.register)
        panel.keep_requested.connect(self.keep)
        panel.discard_requested.connect(self.discard)
        panel.nudged.connect(self.nudge)
        panel.checkerboard_chosen.connect(self._pictures.show_checkerboard)

    @property
    def standing(self) -> AnyStanding:
        """How far the work has come."""
        case, images = self._session.case, self._session.images
        return replace(
            self._at,
            case=case,
            ct=None if images is None else images.ct,
            is_working=self.job.is_running,
            is_measuring=self._settled.isActive() or self.measuring.is_running,
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
        self._show(adjusted)
        self.refresh()

    def discard(self) -> None:
        """Forget the scan."""
        self.job.cancel()
        self._at = self._nothing
        self._forget_scan()
        self.refresh()

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
        else:
            self._take_more(result)
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
        self.discard()

    def refresh(self) -> None:
        """Say how far the work is."""

    def _take_more(self, result: object) -> None:
        """Go on with the result of work that only those who build on this start."""

    def _places_lps_mm(self) -> tuple[Vec3, ...]:
        """Return where in the planning CT both have to fit; empty for the lesion."""
        return ()

    def _show(self, registered: Registered) -> None:
        """Show both scans together."""
        self._pictures.show(registered)

    def _pair(self) -> Pair | None:
        case, scan, registered = self._session.case, self._at.scan, self._at.registered
        if case is None or scan is None:
            return None
        if registered is not None and registered.pair.scan is scan:
            return replace(registered.pair, case=case)
        pair_with = self._pairing()
        return None if pair_with is None else pair_with(scan)

    def _pairing(self) -> Callable[[Volume], Pair] | None:
        """Return what puts a scan beside the open case; it may be called in the background."""
        case, images, anatomy = self._session.case, self._session.images, self._session.anatomy
        if case is None or images is None:
            return None
        body, places = None if anatomy is None else anatomy.body, self._places_lps_mm()
        return lambda scan: Pair(
            case=case, images=images, scan=scan, bodies=(body, None), places_lps_mm=places
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
            self._fit_panel.reset_nudge()
        self._at = replace(self._at, registered=result)
        self._show(result)

    def _forget_scan(self) -> None:
        self._settled.stop()
        self.measuring.cancel()
        self._base = None
        self._at = replace(self._at, scan=None, registered=None, confirmed=False)
        self._pictures.clear()
        self._fit_panel.reset_nudge()
