"""Opens the department's accuracy from the menus, and asks where its files go; shows no numbers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.cohort_source import rows_of_registry
from app.language import tr
from app.main_window import RESEARCH_USE, MainWindow
from app.paths import own_error_models_file
from app.presenters.cohort import CohortPresenter
from app.views.cohort_window import CohortWindow
from planning import __version__
from planning.model.cohort import CohortRows


def add_cohort(
    window: MainWindow,
    *,
    data_dir: Path | None = None,
    read: Callable[[], CohortRows] | None = None,
) -> CohortPresenter:
    """Let the menu open the window of the department's accuracy.

    Parameters
    ----------
    data_dir : Path or None
        Where the user's registry is, and where a fitted error model is kept; None for nowhere.
    read : callable or None
        Returns the rows of all cases, in the background; None reads the registry.
    """
    view = CohortWindow(window)
    own = own_error_models_file().name
    presenter = CohortPresenter(
        view,
        read or partial(rows_of_registry, data_dir=data_dir),
        model_file=None if data_dir is None else data_dir / own,
        notice=f"{tr(RESEARCH_USE)} Trephine {__version__}",
        parent=window,
    )

    def save_chart() -> None:
        chart = view.chart
        if chart is None:
            return
        kinds = tr("SVG pictures (*.svg);;PNG pictures (*.png)")
        name, kind = QFileDialog.getSaveFileName(
            view, tr("Save the chart"), _start(f"{chart.key}.svg"), kinds
        )
        if name:
            file = Path(name)
            ending = ".png" if "*.png" in kind else ".svg"
            save(file if file.suffix else file.with_suffix(ending), presenter.save_chart)

    def save_table() -> None:
        name, _ = QFileDialog.getSaveFileName(
            view, tr("Save the statistics"), _start("cohort.csv"), tr("Tables (*.csv)")
        )
        if name:
            file = Path(name)
            save(file if file.suffix else file.with_suffix(".csv"), presenter.save_table)

    def save(file: Path, write: Callable[[Path], str]) -> None:
        window.last_folder = str(file.parent)
        problem = write(file)
        if problem:
            view.message.show_error(problem)
        else:
            view.message.show_note(tr("Saved {name}", name=file.name))

    def _start(name: str) -> str:
        return str(Path(window.last_folder) / name)

    view.save_chart_requested.connect(save_chart)
    view.save_table_requested.connect(save_table)
    window.actions_by_key["cohort"].triggered.connect(view.open)
    return presenter
