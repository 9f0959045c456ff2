"""The core set's panel: what it says, what it asks for, and what it does not ask for."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QToolButton
from pytestqt.qtbot import QtBot

from app.views.chance_bar import ChanceBar
from app.views.core_set_panel import CoreSetPanel
from app.views.core_values import CoreRow, CoreSetText, CoverageRow
from app.views.palette import DARK
from app.views.tick_menu import TickMenu
from app.views.values import Choice
from app.views.wording import chance, likelihood

CORE = CoreRow(
    key="C1",
    name="C1",
    numbers="expected 12.3 mm viable, P(enough) 0.83",
    purpose="molecular",
    container="fresh or frozen",
    advice="Never in acid.",
)
SET = CoreSetText(
    title="2 cores through one entry",
    coverage=(
        CoverageRow(what="Habitat A", chance=0.93, expected_mm=20.25, wanted=True),
        CoverageRow(what="Enough in one core", chance=0.25),
    ),
    facts=(("Choice", "best of 200 tested, gap 0.0 %"),),
    cores=(CORE, replace(CORE, key="T2", name="Trajectory 2", purpose="culture")),
    purposes=(Choice("molecular", "Molecular"), Choice("culture", "Culture")),
    warnings=("Habitat B cannot be sampled",),
)


@pytest.fixture
def panel(qtbot: QtBot) -> CoreSetPanel:
    view = CoreSetPanel()
    qtbot.addWidget(view)
    view.resize(340, 700)
    view.show()
    view.set_core_set(SET)
    QApplication.processEvents()
    return view


def words(view: CoreSetPanel) -> list[str]:
    return [label.text() for label in view.findChildren(QLabel) if label.isVisible()]


def test_numbers_stand_beside_their_words(panel: CoreSetPanel) -> None:
    said = words(panel)
    for expected in (
        "2 cores through one entry",
        "Habitat A (must be sampled)",
        "20.2 mm expected",
        "0.93  very likely",
        "0.25  unlikely",
        "Choice: best of 200 tested, gap 0.0 %",
        "into fresh or frozen",
        "Never in acid.",
        "▲ Habitat B cannot be sampled",
    ):
        assert expected in said
    assert "safe" not in " ".join(said).lower()


def test_a_bar_is_as_long_as_its_chance(panel: CoreSetPanel) -> None:
    for bar, share in zip(panel.findChildren(ChanceBar), (0.93, 0.25), strict=True):
        image = bar.grab().toImage()
        middle = image.height() // 2
        accent = QColor(DARK.accent)
        row = [image.pixelColor(x, middle) == accent for x in range(image.width())]
        assert float(np.mean(row)) == pytest.approx(share, abs=0.02)


def test_a_purpose_is_chosen_by_the_user_only(panel: CoreSetPanel, qtbot: QtBot) -> None:
    with qtbot.assertNotEmitted(panel.purpose_chosen):
        panel.set_core_set(SET)
    QApplication.processEvents()
    first = next(c for c in panel.findChildren(QComboBox) if c.isVisible())
    assert first.currentText() == "Molecular"
    with qtbot.waitSignal(panel.purpose_chosen) as heard:
        first.setFocus()
        qtbot.keyClick(first, Qt.Key.Key_Down)
    assert heard.args == ["C1", "culture"]


def test_a_wheel_that_scrolls_past_changes_no_purpose(panel: CoreSetPanel, qtbot: QtBot) -> None:
    combo = next(c for c in panel.findChildren(QComboBox) if c.isVisible())
    turn = QWheelEvent(
        QPointF(5, 5),
        QPointF(combo.mapToGlobal(QPoint(5, 5))),
        QPoint(0, -120),
        QPoint(0, -120),
        Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    with qtbot.assertNotEmitted(panel.purpose_chosen):
        QApplication.sendEvent(combo, turn)
    assert combo.currentText() == "Molecular"


def test_a_core_can_be_looked_at(panel: CoreSetPanel, qtbot: QtBot) -> None:
    shows = [b for b in panel.findChildren(QToolButton) if b.isVisible()]
    with qtbot.waitSignal(panel.core_selected) as heard:
        qtbot.mouseClick(shows[1], Qt.MouseButton.LeftButton)
    assert heard.args == ["T2"]


def test_without_a_set_a_sentence_stands_there(panel: CoreSetPanel) -> None:
    panel.set_message("Nothing planned yet. Press Plan.")
    QApplication.processEvents()
    assert words(panel) == ["Nothing planned yet. Press Plan."]


@pytest.mark.parametrize(
    ("probability", "number", "word"),
    [
        (0.0, "< 0.01", "very unlikely"),
        (0.2, "0.20", "unlikely"),
        (0.5, "0.50", "about even"),
        (0.68, "0.68", "likely"),
        (0.95, "0.95", "very likely"),
        (1.0, "> 0.99", "very likely"),
    ],
)
def test_a_chance_is_never_said_to_be_certain(probability: float, number: str, word: str) -> None:
    assert (chance(probability), likelihood(probability)) == (number, word)
    assert chance(None) == "not known"


def test_ticks_say_what_is_ticked_and_why_there_are_none(qtbot: QtBot) -> None:
    view = TickMenu("None")
    qtbot.addWidget(view)
    view.set_choices((), frozenset(), "The case has no habitat masks.")
    assert not view.isEnabled()
    assert view.toolTip() == "The case has no habitat masks."
    choices = (Choice("a", "Habitat A"), Choice("b", "Habitat B"))
    with qtbot.assertNotEmitted(view.ticked):
        view.set_choices(choices, frozenset({"b"}), "")
    assert (view.text(), view.isEnabled()) == ("Habitat B", True)
    with qtbot.waitSignal(view.ticked) as heard:
        view.menu().actions()[0].trigger()
    assert heard.args == ["a", True]
    view.set_choices(choices, frozenset(), "")
    assert view.text() == "None"
