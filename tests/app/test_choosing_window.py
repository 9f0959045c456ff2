"""Choosing in the real window: sliders, dots and two needles, by mouse and keyboard."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.matters_panel import LIMIT, WEIGHT
from app.views.palette import DARK
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.core_set import CoreSet
from planning.model.plan import PlanResult

NUMBERS = {"T1": (40.0, 1.0, 12.0), "T2": (90.0, 9.0, 9.0), "C1": (60.0, 5.0, 7.0)}


@pytest.fixture
def desk(qtbot: QtBot, case: Case, images: CaseImages, set_plan: PlanResult) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1600, 1000)
    made.window.show()
    made.session.open(case, images)
    made.window.show_pictures()
    candidates = tuple(_known(c) for c in set_plan.candidates)
    by_id = {c.candidate_id: c for c in candidates}
    cores = tuple(
        replace(
            core,
            candidate=by_id[core.candidate.candidate_id],
            expected_mm={"Habitat A": 10.0 + number},
            chances={"Habitat A": 0.5, "enough": 0.9},
        )
        for number, core in enumerate(set_plan.core_set.cores)
    )
    chosen: CoreSet = replace(set_plan.core_set, cores=cores)
    plan = replace(set_plan, candidates=candidates, core_set=chosen)
    made.session.apply("Plan", replace(case, plan=plan))
    QApplication.processEvents()
    yield made
    made.shut_down()


def _known(candidate):
    depth, extra, expected = NUMBERS[candidate.candidate_id]
    criteria = {"insertion_depth_mm": depth, "expected_viable_length_mm": expected}
    return replace(
        candidate,
        criteria={**candidate.criteria, **criteria},
        measures={"extra_clearance_mm": extra},
    )


def order(desk: Desk) -> list[str]:
    return [c.candidate_id for c in desk.session.case.plan.candidates]


def handle(slider) -> QPoint:
    share = slider.value() / slider.maximum()
    return QPoint(round(6 + share * (slider.width() - 12)), slider.height() // 2)


def test_dragging_a_slider_re_ranks_the_table_and_is_one_step(desk: Desk, qtbot: QtBot) -> None:
    slider = desk.choosing.matters_panel.slider(WEIGHT, "depth")
    assert order(desk)[:2] == ["T1", "T2"]
    desk.view_state.select("T2")
    steps = desk.session.undo_stack.count()
    start = handle(slider)
    qtbot.mousePress(slider, Qt.MouseButton.LeftButton, pos=start)
    for x in range(start.x(), 0, -4):
        qtbot.mouseMove(slider, QPoint(x, start.y()))
    qtbot.mouseRelease(slider, Qt.MouseButton.LeftButton, pos=QPoint(0, start.y()))
    assert order(desk)[:2] == ["T2", "T1"]
    assert desk.session.undo_stack.count() == steps + 1
    assert desk.view_state.selected == "T2"
    model = desk.window.table._model
    assert [(r.key, r.rank) for r in model.rows][:2] == [("T2", 1), ("T1", 2)]
    qtbot.waitUntil(lambda: "TRAJECTORY 1" in _said(desk.window.card).upper())
    desk.session.undo_stack.undo()
    assert order(desk)[:2] == ["T1", "T2"]
    assert slider.value() == slider.maximum() // 2


def _said(widget) -> str:
    return " ".join(label.text() for label in widget.findChildren(QLabel))


def test_keys_move_a_slider_and_delete_resets_it(desk: Desk, qtbot: QtBot) -> None:
    slider = desk.choosing.matters_panel.slider(WEIGHT, "depth")
    slider.setFocus()
    for _ in range(10):
        qtbot.keyClick(slider, Qt.Key.Key_Left)
    assert desk.session.case.weights == (("depth", 0.0),)
    qtbot.keyClick(slider, Qt.Key.Key_Delete)
    assert desk.session.case.weights == ()
    assert desk.session.case.plan.searched is None
    qtbot.keyClick(slider, Qt.Key.Key_Right)
    assert desk.session.case.weights == (("depth", 1.1),)
    qtbot.mouseDClick(slider, Qt.MouseButton.LeftButton)
    assert desk.session.case.weights == ()


def test_a_tighter_limit_is_marked_in_the_table_with_its_reason(desk: Desk) -> None:
    desk.choosing.matters_panel.slider(LIMIT, "depth").setValue(18)
    rows = {r.key: r for r in desk.window.table._model.rows}
    assert rows["T2"].broken == "deeper than this case allows"
    assert rows["T1"].broken == ""
    assert "break a limit" in _said(desk.choosing.matters_panel)


def test_a_click_on_a_dot_selects_and_arrows_go_on(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = desk.choosing.scatter_panel
    desk.window.show_tab(panel)
    QApplication.processEvents()
    plot = panel.plot
    qtbot.mouseClick(plot, Qt.MouseButton.LeftButton, pos=plot.place_of("T2").toPoint())
    assert desk.view_state.selected == "T2"
    QApplication.processEvents()
    centre = plot.place_of("T2").toPoint()
    assert plot.grab().toImage().pixelColor(centre) == QColor(DARK.accent)
    qtbot.keyClick(plot, Qt.Key.Key_Left)
    assert desk.view_state.selected == "C1"
    png, svg = tmp_path / "choose.png", tmp_path / "choose.svg"
    assert plot.save(png) == ""
    assert plot.save(svg) == ""
    assert png.read_bytes().startswith(b"\x89PNG")
    assert "better" in svg.read_text("utf-8")
    assert "cannot be written" in plot.save(tmp_path / "nowhere" / "a.png")


def test_compare_pins_and_draws_both_needles(desk: Desk, qtbot: QtBot) -> None:
    desk.view_state.select("T1")
    desk.window.actions_by_key["compare"].trigger()
    assert desk.view_state.pinned == "T1"
    assert desk.choosing.compare_panel.isVisible()
    desk.view_state.select("T2")
    qtbot.waitUntil(lambda: "No. 2" in _said(desk.choosing.compare_panel))
    said = _said(desk.choosing.compare_panel)
    assert "2 by" in said or "1 by" in said
    assert "✓" in said
    drawn = {n.key: n.stress for n in desk.window.axial._needles}
    assert drawn["T1"] == "pinned"
    # On the slice through the pinned needle's middle its own colour is there.
    pinned = desk.session.case.plan.candidates[0].trajectory
    desk.view_state.set_shown(replace(desk.view_state.shown, envelope=False))  # would tint it
    desk.view_state.set_crosshair(pinned.at_depth_mm(pinned.insertion_depth_mm / 2.0))
    QApplication.processEvents()
    image = desk.window.sagittal.grab().toImage()
    caution = QColor(DARK.caution)
    found = sum(
        image.pixelColor(x, y) == caution
        for x in range(0, image.width(), 2)
        for y in range(0, image.height(), 2)
    )
    assert found > 5


def test_the_core_set_is_seen_alone_while_its_tab_is_open(desk: Desk) -> None:
    desk.view_state.select("T2")
    keys = [n.key for n in desk.window.axial._needles]
    assert keys == ["T1", "T2", "C1"]
    desk.window.show_tab(desk.window.core_set)
    shown = {n.key: n.stress for n in desk.window.axial._needles}
    assert shown == {"T2": "set", "C1": "set"}
    said = _said(desk.window.core_set)
    assert "11.0 mm" in said
    assert "P 0.50" in said
    desk.window.show_tab(desk.choosing.scatter_panel)
    assert len(desk.window.axial._needles) == 3


def test_without_a_plan_compare_says_why_not(desk: Desk) -> None:
    desk.session.undo_stack.undo()
    action = desk.window.actions_by_key["compare"]
    assert not action.isEnabled()
    assert "Plan first" in action.toolTip()
