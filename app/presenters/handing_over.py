"""Writing the plan for other programs, on the user's request; knows no format itself."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.language import tr
from app.session import Session
from app.views.message_strip import MessageStrip
from planning.errors import TrephineError
from planning.model.case import Case


class HandOverPresenter(QObject):
    """Exports the plan of the open case.

    Signals
    -------
    can_export_changed : str
        Empty if there is something to export; otherwise why not.
    """

    can_export_changed = Signal(str)

    def __init__(
        self, session: Session, message: MessageStrip, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._message = message
        session.case_changed.connect(self.refresh)

    def refresh(self) -> None:
        """Say whether there is something to export."""
        self.can_export_changed.emit(can_export(self._session.case))

    def export(self, folder: Path) -> None:
        """Write the plan into a folder as plan.json, Slicer markups and a table."""
        from planning.handover.export import ExportKind, export_plan

        case = self._session.case
        if case is None or case.plan is None:
            return
        try:
            written = export_plan(case.plan, folder, tuple(ExportKind), beside=_approval(case))
        except TrephineError as error:
            self._message.show_error(tr_core(str(error)))
            return
        self._message.show_note(
            tr("{count} files written to {folder}.", count=len(written), folder=folder)
        )


def _approval(case: Case) -> dict[str, str]:
    """Return the approval as a file of its own, if there is one."""
    from planning.records.approval_file import APPROVAL_FILE, approval_to_json

    return {} if case.approval is None else {APPROVAL_FILE: approval_to_json(case.approval)}


def can_export(case: Case | None) -> str:
    """Return an empty string if a case has a plan to export, otherwise why not."""
    if case is None:
        return tr("Open a case first.")
    if case.plan is None or not case.plan.candidates:
        return tr("Plan first: there is no trajectory to export.")
    return ""
