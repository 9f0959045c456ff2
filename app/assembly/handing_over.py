"""Puts export and import of trajectories into the window, wired; decides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtWidgets import QFileDialog

from app.exporting import Drawn
from app.language import tr
from app.main_window import MainWindow
from app.presenters.hand import HandPresenter
from app.presenters.handing_over import HandOverPresenter
from app.presenters.importing_paths import ImportPathsPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.export_panel import ExportPanel
from app.views.progress_strip import ProgressStrip
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.handover.content import Document, HandOver, Picture

_STEP = "hand_over"
REPORTS = ("report", "board-report", "pathology")
"""Formats that the menu item for reports writes."""


def add_handing_over(
    window: MainWindow, session: Session, view_state: ViewState
) -> HandOverPresenter:
    """Add the export to the step "Hand over" and return its presenter."""

    def reports(what: HandOver, kind: str, progress: Progress) -> Iterable[Document]:
        from app.reports.document import report

        return report(what, kind, progress, anatomy=session.anatomy)

    panel, progress = ExportPanel(), ProgressStrip()
    window.add_panel(_STEP, panel)
    window.add_strip(progress)
    presenter = HandOverPresenter(
        session,
        view_state,
        panel,
        progress,
        window.message,
        drawn=Drawn(_key_views, _key_pages, reports),
        parent=window,
    )

    def ask_where() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("Export the plan into a folder"), str(presenter.folder)
        )
        if name:
            presenter.set_folder(Path(name))

    def write_reports() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("Write the reports into a folder"), str(presenter.folder)
        )
        if name:
            presenter.set_folder(Path(name))
            presenter.export(REPORTS, panel.is_deidentified)

    def can_do(reason: str) -> None:
        for key in ("export", "reports"):
            window.set_reason(key, reason)

    def go_there() -> None:
        window.show_step(_STEP)
        if window.left.is_folded:
            window.toggle_left()
        panel.come_into_sight()

    def follow_step(step: str) -> None:
        if step == _STEP and presenter.folder == Path():
            presenter.set_folder(Path(window.last_folder or Path.home()))
        presenter.show(shown=step == _STEP)

    panel.folder_requested.connect(ask_where)
    window.step_changed.connect(follow_step)
    window.actions_by_key["export"].triggered.connect(go_there)
    window.actions_by_key["reports"].triggered.connect(write_reports)
    presenter.can_export_changed.connect(can_do)
    presenter.refresh()
    return presenter


def _key_views(what: HandOver, progress: Progress) -> Iterable[Picture]:
    from app.key_views import key_views

    return key_views(what, progress)


def _key_pages(what: HandOver, progress: Progress) -> Iterable[Document]:
    from app.key_views import key_pages

    return key_pages(what, progress)


def add_importing(window: MainWindow, hand: HandPresenter) -> ImportPathsPresenter:
    """Let trajectories of other programs be read from the menu "Plan"."""
    presenter = ImportPathsPresenter(hand.paths, window.message, window)

    def ask() -> None:
        names, _ = QFileDialog.getOpenFileNames(
            window,
            tr("Import trajectories"),
            window.last_folder,
            tr("Trajectories (*.mrk.json *.json *.tag *.ros);;All files (*)"),
        )
        presenter.read([Path(name) for name in names])

    def refresh() -> None:
        window.set_reason("import_paths", hand.paths.why_not())

    window.actions_by_key["import_paths"].triggered.connect(ask)
    hand.changed.connect(refresh)
    refresh()
    return presenter
