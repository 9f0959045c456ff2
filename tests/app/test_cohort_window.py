"""The window of the department's accuracy, with a cohort given by hand: offscreen, real widgets."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QComboBox, QPushButton, QTableWidget, QTabWidget

from app import catalogue
from app.presenters.cohort import CohortPresenter
from app.views.cohort_filters import DIVIDE
from app.views.cohort_window import CohortWindow
from planning.errors import InputError
from planning.model.case import Guidance
from planning.model.cohort import CohortRows
from tests.simulated_cohort import TrueErrors, simulated_cohort

ROWS = simulated_cohort(60, TrueErrors(), operators=("Ada", "Ben"), drift=0.0, seed=5)


class _Source:
    """Gives rows, or fails; counts how often it was asked."""

    def __init__(self, rows: CohortRows = ROWS) -> None:
        self.rows, self.asked, self.fails = rows, 0, False

    def __call__(self) -> CohortRows:
        self.asked += 1
        if self.fails:
            raise InputError("There is no registry here yet.")
        return self.rows


@pytest.fixture
def source() -> _Source:
    return _Source()


@pytest.fixture
def window(qtbot) -> CohortWindow:
    made = CohortWindow()
    qtbot.addWidget(made)
    return made


@pytest.fixture
def presenter(window, source, tmp_path, qtbot, monkeypatch):
    monkeypatch.setattr(catalogue, "own_error_models_file", lambda: tmp_path / "own.toml")
    made = CohortPresenter(window, source, model_file=tmp_path / "own.toml", notice="Research.")
    yield made
    assert made.job.shut_down()


def _wait(presenter: CohortPresenter, qtbot) -> None:
    qtbot.waitUntil(lambda: not presenter.job.is_running, timeout=60_000)


def _choose(window: CohortWindow, name: str, key: str) -> None:
    (combo,) = [c for c in window.findChildren(QComboBox) if c.accessibleName() == name]
    combo.setCurrentIndex(combo.findData(key))
    combo.activated.emit(combo.currentIndex())


def _table(window: CohortWindow) -> QTableWidget:
    (found,) = [t for t in window.findChildren(QTableWidget) if t.accessibleName() == "Statistics"]
    return found


def _button(window: CohortWindow, text: str) -> QPushButton:
    (found,) = [b for b in window.findChildren(QPushButton) if b.text() == text]
    return found


def test_opening_reads_the_cases_and_shows_table_and_charts(
    window, presenter, source, qtbot
) -> None:
    window.open()
    _wait(presenter, qtbot)
    assert source.asked == 1
    table = _table(window)
    assert table.item(0, 0).text() == "All"
    assert table.rowCount() == 16  # all, and the one guidance
    tabs = window.findChild(QTabWidget)
    titles = [tabs.tabText(k) for k in range(tabs.count())]
    assert titles == [
        *("Table", "Groups", "Depth", "Angle", "Tips", "Learning", "Control", "Yield")
    ]
    assert "cores in 60 cases" in _words(window)


def test_a_filter_narrows_the_cases_down_and_reads_nothing_again(
    window, presenter, source, qtbot
) -> None:
    window.open()
    _wait(presenter, qtbot)
    _choose(window, "Operator", "Ada")
    _wait(presenter, qtbot)
    assert source.asked == 1
    shown = presenter.shown
    assert set(shown.rows.operator) == {"Ada"}
    assert _words(window).startswith("Ada: ")
    assert window.filters.chosen()["operator"] == "Ada"  # still there after the lists were filled
    _choose(window, "Divide by", "depth")
    _wait(presenter, qtbot)
    assert presenter.shown.groups[1].name == "below 40 mm"
    _choose(window, "Divide by", "")
    _wait(presenter, qtbot)
    assert len(presenter.shown.groups) == 1


def test_the_chart_looked_at_stays_in_sight_when_the_selection_changes(
    window, presenter, qtbot
) -> None:
    window.open()
    _wait(presenter, qtbot)
    window.show_chart("tips")
    before = window.chart.subtitle
    _choose(window, "Operator", "Ben")
    _wait(presenter, qtbot)
    assert window.chart.key == "tips"
    assert window.chart.subtitle != before


def test_a_registry_that_cannot_be_read_is_said(window, presenter, source, qtbot) -> None:
    source.fails = True
    window.open()
    _wait(presenter, qtbot)
    assert "no registry here yet" in window.message.text()
    assert not _button(window, "Save statistics...").isEnabled()
    assert _button(window, "Learn error model").toolTip() == "Nothing has been read yet."
    source.fails = False
    window.open()
    _wait(presenter, qtbot)
    assert window.message.text() == ""
    assert _button(window, "Save statistics...").isEnabled()


def test_a_disabled_button_says_why(window, presenter, qtbot) -> None:
    window.open()
    _wait(presenter, qtbot)
    save = _button(window, "Save chart...")
    assert not save.isEnabled()
    assert save.toolTip() == "Turn to a chart first."
    window.show_chart("yield")
    assert save.isEnabled()


def test_a_cohort_without_cases_is_an_answer(window, qtbot, tmp_path) -> None:
    presenter = CohortPresenter(window, _Source(simulated_cohort(0)))
    window.open()
    _wait(presenter, qtbot)
    assert "No core" in _button(window, "Save statistics...").toolTip()
    assert window.message.text() == ""
    presenter.job.shut_down()


def test_what_is_saved_is_what_is_shown(window, presenter, qtbot, tmp_path: Path) -> None:
    window.open()
    _wait(presenter, qtbot)
    window.show_chart("control-chart")
    assert presenter.save_chart(tmp_path / "c.svg") == ""
    assert "Control chart" in (tmp_path / "c.svg").read_text(encoding="utf-8")
    assert presenter.save_table(tmp_path / "s.csv") == ""
    with (tmp_path / "s.csv").open(newline="", encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 16
    assert "cannot be written" in presenter.save_table(tmp_path / "none" / "s.csv")


def test_learning_keeps_a_model_that_the_planner_finds(window, presenter, qtbot) -> None:
    window.open()
    _wait(presenter, qtbot)
    _choose(window, "Operator", "Ada")
    _wait(presenter, qtbot)
    qtbot.mouseClick(_button(window, "Learn error model"), Qt.MouseButton.LeftButton)
    _wait(presenter, qtbot)
    model = catalogue.own_error_model(catalogue.OWN_ERRORS, Guidance.NAVIGATED)
    assert model.operator == "Ada"
    (learned,) = [
        t for t in window.findChildren(QTableWidget) if t.accessibleName() == "Error model"
    ]
    assert learned.rowCount() == 5
    assert learned.item(0, 1).text() == "at the skin, mm"
    window.show_chart("error-by-depth")
    names = {getattr(layer, "name", "") for layer in window.chart.panels[0].layers}
    assert {"95 % by the preset", "95 % by the own model"} <= names


def test_escape_closes_the_window(window, presenter, qtbot) -> None:
    window.open()
    _wait(presenter, qtbot)
    qtbot.keyClick(window, Qt.Key.Key_Escape)
    assert not window.isVisible()


def test_the_lists_say_what_they_are_for(window) -> None:
    names = {c.accessibleName() for c in window.findChildren(QComboBox)}
    assert names == {"Guidance", "Operator", "Site", "Needle", "Divide by"}
    assert window.filters.chosen()[DIVIDE] == ""


def _words(window: CohortWindow) -> str:
    return window._summary.text()


def test_the_menu_makes_the_window_when_it_is_first_wanted(qtbot, tmp_path: Path) -> None:
    from app.assembly.cohort import add_cohort
    from app.main_window import MainWindow

    main, source = MainWindow(), _Source()
    qtbot.addWidget(main)
    opener = add_cohort(main, data_dir=tmp_path, read=source)
    assert opener.view is None
    main.actions_by_key["cohort"].trigger()
    qtbot.waitUntil(lambda: not opener.job.is_running, timeout=60_000)
    view = opener.view
    assert view is not None
    assert view.isVisible()
    assert "cores in 60 cases" in _words(view)
    main.actions_by_key["cohort"].trigger()
    qtbot.waitUntil(lambda: not opener.job.is_running, timeout=60_000)
    assert opener.view is view
    assert source.asked == 2
    assert opener.job.shut_down()
