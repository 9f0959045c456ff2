"""Reads a control CT, fits it to the planning CT, and begins its review once that is accepted."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.language import mark, tr
from app.presenters.plan_life import local_time
from app.presenters.review_context import ReviewContext
from app.presenters.review_control_words import ControlStanding, control_text, review_title
from app.presenters.review_work import register_control_scan
from app.presenters.scan_fit_work import Registered, ScanChoice, judge, read_scan
from app.presenters.scan_fitting import Judge, Read, Register, ScanFitting
from app.session import Session
from app.views.control_panel import ControlPanel
from app.views.message_strip import MessageStrip
from planning.errors import InputError
from planning.geometry import Vec3
from planning.model.review_life import without_review
from planning.progress import Progress

Now = Callable[[], str]

_GONE = mark(
    "{0} is not there any more; the review stays as it is. Put the control CT back, or open it "
    "from where it is now."
)
_OTHER = mark(
    "{0} is not the control CT that was reviewed: it was changed since. Open it as another "
    "control CT, or put the earlier one back."
)


@dataclass(frozen=True, slots=True, eq=False)
class _ReadAgain:
    """A control CT that was read again, registered as it was accepted."""

    registered: Registered


class ReviewControlPresenter(ScanFitting[ControlStanding]):
    """From a folder to a control CT whose needles may be compared with the plan.

    Signals
    -------
    said : ControlText
        What the panel says now.
    """

    said = Signal(object)

    def __init__(
        self,
        session: Session,
        context: ReviewContext,
        panel: ControlPanel,
        message: MessageStrip,
        *,
        read: Read = read_scan,
        register: Register = register_control_scan,
        judge: Judge = judge,
        now: Now | None = None,
        parent: QObject | None = None,
    ) -> None:
        self._context, self._panel, self._now = context, panel, now or local_time
        self._asked_for = ""  # a control CT is read again by itself only once
        super().__init__(
            session,
            panel,
            message,
            ControlStanding(),
            read=read,
            register=register,
            judge=judge,
            parent=parent,
        )
        panel.accept_requested.connect(self.accept)
        panel.read_requested.connect(self.read_again)
        panel.remove_requested.connect(self.remove)
        panel.review_chosen.connect(self.choose_review)
        context.changed.connect(self.refresh)
        self.refresh()

    @property
    def standing(self) -> ControlStanding:
        """How far the work has come."""
        case = self._session.case
        return replace(
            super().standing,
            no_plan=self.no_plan(),
            review=self._context.review,
            reviews=() if case is None else case.reviews,
            is_accepted=self._context.is_accepted,
            paths=tuple(core.trajectory for core in self._context.cores),
        )

    def no_plan(self) -> str:
        """Return why there is nothing to compare a needle with; empty where there is."""
        if self._session.case is None:
            return tr("Open a case first.")
        if not self._context.cores:
            return tr("Plan first: without a planned needle there is nothing to compare with.")
        return ""

    def open(self, path: Path, series_uid: str = "") -> None:
        """Read a control CT from a folder of DICOM or a file, and register it."""
        if reason := self.no_plan():
            self._message.show_caution(reason)
            return
        super().open(path, series_uid)

    def accept(self) -> None:
        """Let the registration hold: from now on the scan's needles are compared with the plan."""
        at, plan = self.standing, self._context.plan
        registered = at.registered
        if registered is None or plan is None:
            return
        if control_text(at, catalogue.carry_rules()).cannot_accept:
            return
        from planning.execution.case_reviews import begun, registered_anew

        known = at.review
        if known is not None:
            made = registered_anew(known, registered.registration, self._now())
        else:
            made = begun(
                self._context.plan_sha256(plan),
                registered.registration,
                path=str(self._path.absolute()),
                chosen_series_uid=at.series,
                values_sha256=registered.pair.scan.values_sha256,
                at=self._now(),
            )
        made = replace(made, review=replace(made.review, patient=at.patient))
        self._context.apply(tr("Accept the control CT's registration"), made)

    def read_again(self) -> None:
        """Read the control CT of the review from where it was, registered as it was accepted."""
        made, pair_with = self._context.review, self._pairing()
        if made is None or pair_with is None or self._context.control is not None:
            return
        self._asked_for = made.values_sha256
        self._path, read, judge = Path(made.path), self._read, self._judge

        def work(progress: Progress) -> _ReadAgain:
            from planning.execution.case_reviews import transform_of

            if not Path(made.path).exists():
                raise InputError(_GONE.format(made.path))
            scan = read(Path(made.path), made.chosen_series_uid, progress.part(0.0, 0.6))
            if isinstance(scan, ScanChoice) or scan.values_sha256 != made.values_sha256:
                raise InputError(_OTHER.format(made.path))
            found, way = made.review.registration, progress.part(0.6, 1.0)
            return _ReadAgain(judge(pair_with(scan), transform_of(found), found.method, way))

        self.job.start(tr("Reading {name}", name=self._path.name), work)

    def show(self, *, shown: bool) -> None:
        """Say whether the step is seen: a reviewed control CT that is still there is read then."""
        made = self._context.review
        if not shown or made is None or self._context.control is not None or self.job.is_running:
            return
        if made.values_sha256 != self._asked_for and Path(made.path).exists():
            self.read_again()

    def choose_review(self, values_sha256: str) -> None:
        """Look at another control CT of the case."""
        self._asked_for = ""
        self.discard()
        self._context.choose(values_sha256)
        self.show(shown=True)

    def remove(self) -> None:
        """Take the review out of the case; this can be undone."""
        case, made = self._session.case, self._context.review
        if case is not None and made is not None:
            step = tr("Remove the review of {title}", title=review_title(made))
            self._session.apply(step, without_review(case, made))

    def discard(self) -> None:
        """Forget the scan; its review stays."""
        super().discard()
        self._context.take_registered(None)

    def follow_opened(self) -> None:
        """Forget the scan, which was for the case before."""
        self._asked_for = ""
        self._context.choose("")
        super().follow_opened()

    def refresh(self) -> None:
        """Say how far the work is."""
        text = control_text(self.standing, catalogue.carry_rules())
        self._panel.set_text(text)
        self.said.emit(text)

    def _take_more(self, result: object) -> None:
        if isinstance(result, _ReadAgain):
            registered = result.registered
            self._at = replace(self._at, scan=registered.pair.scan, confirmed=True)
            self._base = None
            self._take_registered(registered)

    def _show(self, registered: Registered) -> None:
        super()._show(registered)
        self._context.take_registered(registered)

    def _forget_scan(self) -> None:
        super()._forget_scan()
        self._context.take_registered(None)

    def _places_lps_mm(self) -> tuple[Vec3, ...]:
        return tuple(
            end for c in self._context.cores for end in (c.stop_lps_mm, c.trajectory.tip_lps_mm)
        )
