"""Opens the department's accuracy from the menus, and asks where its files go; shows no numbers.

Window and presenter are made when they are first wanted: few starts want them.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QFileDialog

from app.cohort_source import rows_of_registry
from app.jobs import LatestJob
from app.language import tr
from app.main_window import RESEARCH_USE, MainWindow
from app.paths import own_error_models_file
from planning import __version__

if TYPE_CHECKING:
    from app.presenters.cohort import CohortPresenter
    from app.views.cohort_window import CohortWindow
    from planning.model.cohort import CohortRows


class CohortOpener(QObject):
    """Makes the window of the department's accuracy when it is first opened.

    Parameters
    ----------
    read : callable
        Returns the rows of all cases, in the background.
    model_file : Path or None
        Where a fitted error model is kept.

    Signals
    -------
    learned
        An error model was fitted and kept.
    """

    learned = Signal()

    def __init__(
        self, window: MainWindow, read: Callable[[], CohortRows], model_file: Path | None
    ) -> None:
        super().__init__(window)
        self._main, self._read, self._model_file = window, read, model_file
        self._made: tuple[CohortWindow, CohortPresenter] | None = None
        self.job = LatestJob(self)

    @property
    def view(self) -> CohortWindow | None:
        """The window; None before it was opened."""
        return None if self._made is None else self._made[0]

    def open(self) -> None:
        """Show the window, and read all cases anew."""
        if self._made is None:
            self._made = self._make()
        self._made[0].open()

    def _make(self) -> tuple[CohortWindow, CohortPresenter]:
        from app.presenters.cohort import CohortPresenter
        from app.views.cohort_window import CohortWindow

        view = CohortWindow(self._main)
        presenter = CohortPresenter(
            view,
            self._read,
            model_file=self._model_file,
            notice=f"{tr(RESEARCH_USE)} Trephine {__version__}",
            job=self.job,
            parent=self,
        )
        presenter.learned.connect(self.learned)
        view.save_chart_requested.connect(self._save_chart)
        view.save_table_requested.connect(self._save_table)
        return view, presenter

    def _save_chart(self) -> None:
        assert self._made is not None, "its own buttons ask for it"
        view, presenter = self._made
        chart = view.chart
        if chart is None:
            return
        kinds = tr("SVG pictures (*.svg);;PNG pictures (*.png)")
        start = self._start(f"{chart.key}.svg")
        name, kind = QFileDialog.getSaveFileName(view, tr("Save the chart"), start, kinds)
        self._write(name, ".png" if "*.png" in kind else ".svg", presenter.save_chart)

    def _save_table(self) -> None:
        assert self._made is not None, "its own buttons ask for it"
        view, presenter = self._made
        start, kinds = self._start("cohort.csv"), tr("Tables (*.csv)")
        name, _ = QFileDialog.getSaveFileName(view, tr("Save the statistics"), start, kinds)
        self._write(name, ".csv", presenter.save_table)

    def _start(self, name: str) -> str:
        return str(Path(self._main.last_folder) / name)

    def _write(self, name: str, ending: str, write: Callable[[Path], str]) -> None:
        """Write a file that was asked for, and say how that went."""
        view = self.view
        if not name or view is None:
            return
        file = Path(name)
        file = file if file.suffix else file.with_suffix(ending)
        self._main.last_folder = str(file.parent)
        problem = write(file)
        if problem:
            view.message.show_error(problem)
        else:
            view.message.show_note(tr("Saved {name}", name=file.name))


def add_cohort(
    window: MainWindow,
    *,
    data_dir: Path | None = None,
    read: Callable[[], CohortRows] | None = None,
) -> CohortOpener:
    """Let the menu open the window of the department's accuracy.

    Parameters
    ----------
    data_dir : Path or None
        Where the user's registry is, and where a fitted error model is kept; None for nowhere.
    read : callable or None
        Returns the rows of all cases, in the background; None reads the registry.
    """
    own = None if data_dir is None else data_dir / own_error_models_file().name
    opener = CohortOpener(window, read or partial(rows_of_registry, data_dir=data_dir), own)
    window.actions_by_key["cohort"].triggered.connect(opener.open)
    return opener
