"""Carries the plan over to a scan made on the table, once its registration is accepted."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.language import tr
from app.presenters.numbers import sentences, spoken
from app.presenters.scan_fit_work import judge, read_scan, register
from app.presenters.scan_fitting import Judge, Read, Register, ScanFitting
from app.presenters.shown import selected_candidate
from app.presenters.todays_scan_words import TodaysStanding, panel_text, stale_rows
from app.presenters.todays_scan_work import carried
from app.session import Session
from app.view_state import ViewState
from app.views.message_strip import MessageStrip
from app.views.todays_scan_panel import TodaysScanPanel
from planning.model.case import Position
from planning.records.case_origin import Origin
from planning.records.stale_masks import checked_off

if TYPE_CHECKING:
    from planning.records.case_file import LoadedCase


class TodaysScanPresenter(ScanFitting[TodaysStanding]):
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
        self._state, self._panel = view_state, panel
        self._before: LoadedCase | None = None
        self._before_origin: Origin | None = None
        self._is_ours = False  # the case that is being opened comes from here
        super().__init__(
            session,
            panel,
            message,
            TodaysStanding(),
            read=read,
            register=register,
            judge=judge,
            parent=parent,
        )
        panel.position_chosen.connect(self.choose_position)
        panel.carry_requested.connect(self.carry)
        panel.return_requested.connect(self.go_back)
        panel.checked.connect(self.check)
        panel.visited.connect(self.visit)
        self.refresh()

    @property
    def standing(self) -> TodaysStanding:
        """How far the work has come."""
        return replace(super().standing, can_return=self._before is not None)

    def open(self, path: Path, series_uid: str = "") -> None:
        """Read a scan from a folder of DICOM or a file, and register it."""
        self._at = replace(self._at, position=None)
        super().open(path, series_uid)

    def choose_position(self, key: str) -> None:
        """Say how the patient lay, for a scan that does not."""
        self._at = replace(self._at, position=Position(key) if key else None)
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

    def follow_opened(self) -> None:
        """Forget the scan, which was for the case before."""
        if not self._is_ours:
            self._before = None
        super().follow_opened()

    def refresh(self) -> None:
        """Say how far the work is, and what is to be checked."""
        self._panel.set_text(panel_text(self.standing, catalogue.carry_rules()))
        self._panel.set_stale(stale_rows(self._session.case))

    def _take_more(self, result: object) -> None:
        if isinstance(result, tuple):
            self._take_carried(*result)

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
