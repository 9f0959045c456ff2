"""Writing the plan for other systems, in the background, on the user's request; knows no format."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.exporting import NOTHING_DRAWN, Drawn, new_secret, of_case
from app.jobs import LatestJob
from app.language import tr, tr_count
from app.presenters.progress import show_progress
from app.presenters.shown import title_of
from app.session import Session
from app.view_state import ViewState
from app.views.export_panel import ExportPanel
from app.views.export_values import ExportText, FormatRow
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from planning.errors import TrephineError
from planning.model.case import Case
from planning.model.plan_life import approved_ids
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.records.export_folder import Exported


@dataclass(frozen=True, slots=True)
class _Done:
    exported: Exported


class HandOverPresenter(QObject):
    """Exports the plan of the open case.

    Parameters
    ----------
    drawn : Drawn
        What draws pictures and reports of the plan.

    Signals
    -------
    can_export_changed : str
        Empty if there is something to export; otherwise why not.
    """

    can_export_changed = Signal(str)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: ExportPanel,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        drawn: Drawn = NOTHING_DRAWN,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._state = session, view_state
        self._panel, self._message = panel, message
        self._drawn = drawn
        self._folder = Path()
        self._is_shown = False
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        session.case_changed.connect(self.refresh)
        view_state.selection_changed.connect(self.refresh)
        panel.export_requested.connect(self.export)
        panel.deidentify_toggled.connect(self.refresh)

    @property
    def folder(self) -> Path:
        """In which folder the next export gets a folder of its own."""
        return self._folder

    def show(self, *, shown: bool) -> None:
        """Say whether the panel is seen: its rows are worked out only then."""
        self._is_shown = shown
        self.refresh()

    def set_folder(self, folder: Path) -> None:
        """Export into this folder from now on."""
        self._folder = folder
        self.refresh()

    def refresh(self) -> None:
        """Say what can be exported, of which trajectories, and where to."""
        reason = can_export(self._session.case)
        self.can_export_changed.emit(reason)
        if self._is_shown:
            self._panel.set_text(self._text(reason))

    def export(self, keys: Sequence[str], is_deidentified: bool) -> None:  # noqa: FBT001 (a signal's)
        """Write the plan in these formats into a folder of its own."""
        from planning.handover.export_formats import formats_named
        from planning.records.export_folder import write_export

        case, images = self._session.case, self._session.images
        if case is None or images is None or can_export(case) or not keys:
            return
        what = of_case(case, images, self._meant(case), drawn=self._drawn)
        assert what is not None, "there is a plan"
        formats = formats_named(keys)
        name = _hidden_name(what.made_at) if is_deidentified else what.stem
        target = free_folder(self._folder, name)
        secret = new_secret() if is_deidentified else ""

        def work(progress: Progress) -> _Done:
            return _Done(write_export(what, formats, target, secret=secret, progress=progress))

        self.job.start(tr("Exporting {name}", name=case.name), work)

    def take(self, done: _Done) -> None:
        """Say what was written, and where."""
        exported = done.exported
        count = len(exported.files)
        self._message.show_note(
            tr_count(
                "{count} file written to {folder}.",
                "{count} files written to {folder}.",
                count,
                folder=exported.folder,
            )
        )
        self.refresh()  # the next one gets another folder

    def fail(self, error: TrephineError) -> None:
        """Say why not."""
        self._message.show_error(tr_core(str(error)))

    def _text(self, reason: str) -> ExportText:
        from planning.handover.export_formats import FORMATS

        case, images = self._session.case, self._session.images
        what = None
        if case is not None and images is not None and not reason:
            what = of_case(case, images, self._meant(case), drawn=self._drawn)
        rows = tuple(
            FormatRow(
                key=one.key,
                text=tr_core(one.label),
                cannot="" if what is None else tr_core(one.cannot_write(what)),
            )
            for one in FORMATS
        )
        if what is None:
            return ExportText(rows=rows, folder=str(self._folder), cannot=reason)
        name = _hidden_name(what.made_at) if self._panel.is_deidentified else what.stem
        names = ", ".join(title_of(one, what.plan.core_set) for one in what.chosen)
        return ExportText(
            rows=rows,
            meant=names if what.is_approved else tr("{names}. Draft, not approved.", names=names),
            folder=str(self._folder),
            into=tr("Into a new folder: {name}", name=free_folder(self._folder, name).name),
        )

    def _meant(self, case: Case) -> tuple[str, ...]:
        """Return which trajectories are handed over: what is approved, else what is selected."""
        if case.approval is not None or case.plan is None:
            return ()
        selected = (c for c in case.plan.candidates if c.candidate_id == self._state.selected)
        candidate = next(selected, None)
        return () if candidate is None else approved_ids(case.plan, candidate)


def can_export(case: Case | None) -> str:
    """Return an empty string if a case has a plan to export, otherwise why not."""
    if case is None:
        return tr("Open a case first.")
    if case.plan is None or not case.plan.candidates:
        return tr("Plan first: there is no trajectory to export.")
    return ""


def free_folder(parent: Path, name: str) -> Path:
    """Return a folder of this name that is not there yet, numbered where it has to be."""
    found, number = parent / name, 2
    while found.exists():
        found, number = parent / f"{name}_{number}", number + 1
    return found


def _hidden_name(made_at: datetime) -> str:
    """Return what the folder of a de-identified export is called: nothing of case or patient."""
    return f"deidentified_{made_at:%Y-%m-%d}"
