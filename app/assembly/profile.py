"""Puts the chart along the needle below the pictures and connects it; draws nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QFileDialog, QSplitter

from app.language import tr
from app.main_window import RESEARCH_USE, MainWindow
from app.presenters.profile import ProfilePresenter
from app.presenters.turns import Turns
from app.session import Session
from app.view_state import ViewState
from app.views.profile_chart import ProfileChart
from planning import __version__


def add_profile(
    window: MainWindow, session: Session, view_state: ViewState, turns: Turns
) -> ProfilePresenter:
    """Show the chart below the pictures; its height can be pulled, and follows until it is."""
    chart = ProfileChart()
    presenter = ProfilePresenter(session, view_state, chart, window, turns=turns)
    window.add_below(chart)
    _Height(window, chart)
    chart.save_requested.connect(lambda kind: _save(window, chart, kind))
    presenter.said.connect(window.say)
    return presenter


class _Height(QObject):
    """Gives the chart the height it wishes for whenever the window's height is another."""

    def __init__(self, window: MainWindow, chart: ProfileChart) -> None:
        super().__init__(window)
        self._chart, self._pulled = chart, False
        self._splitter = chart.parentWidget()
        if isinstance(self._splitter, QSplitter):
            self._splitter.splitterMoved.connect(self._keep)
            self._splitter.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Resize and not self._pulled:
            self._give()
        return super().eventFilter(watched, event)

    def _keep(self) -> None:
        self._pulled = True

    def _give(self) -> None:
        splitter, wish = self._splitter, self._chart.sizeHint().height()
        if isinstance(splitter, QSplitter) and splitter.height() > 2 * wish:
            others = splitter.count() - 1
            splitter.setSizes([splitter.height() - wish, *([0] * (others - 1)), wish])


def _save(window: MainWindow, chart: ProfileChart, kind: str) -> None:
    """Ask where the chart goes, and write it there."""
    start = str(Path(window.last_folder) / f"profile.{kind}")
    name, _ = QFileDialog.getSaveFileName(
        window, tr("Save the profile"), start, f"{kind.upper()} (*.{kind})"
    )
    if not name:
        return
    path = Path(name) if Path(name).suffix else Path(f"{name}.{kind}")
    foot = f"Trephine {__version__}. {tr(RESEARCH_USE)}"
    if problem := chart.save(path, foot):
        window.message.show_error(problem)
    else:
        window.say(tr("Saved {path}", path=path.name))
