"""The card's words and pixels: the stop first, every number with its unit, nothing invented."""

from __future__ import annotations

from dataclasses import replace

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QAbstractButton, QApplication, QLabel, QToolTip, QWidget

from app.views.card_parts import ShareBar
from app.views.card_values import CardNumbers, ChainRow, NearestRow, ShareRow
from app.views.nearest_list import NearestList
from app.views.numbers_card import NumbersCard
from app.views.palette import DARK, STRUCTURE_COLOURS

SHARES = (
    ShareRow(key="depth", label="Short way", share=0.5, tip="Skin to tip: 75.4 mm"),
    ShareRow(key="fill", label="Viable tumour", share=0.3),
    ShareRow(key="plane", label="In the scan plane", share=0.1),
    ShareRow(key="risk", label="Risk along the shaft", share=0.06),
    ShareRow(key="bone", label="Little bone", share=0.04),
)
NUMBERS = CardNumbers(
    title="Trajectory 1",
    stop_depth_mm=60.4,
    tip_depth_mm=75.4,
    axial_angle_deg=-25.3,
    gravity_angle_deg=-23.4,
    craniocaudal_angle_deg=7.1,
    sagittal_projection_angle_deg=8.2,
    viable_mm=14.36,
    specimen_mm=15.0,
    expected_mm=11.12,
    probability=0.684,
    enough_mm=10.0,
    worst_case_mm=-0.5,
    touch_probability=0.02,
    core="molecular",
    bone="hip right: cortex met at 45 deg, 33 mm to drill",
    crossed=(("gluteus maximus right", 31.46),),
    viability="tumour mask less necrosis mask",
    bone_mm=7.04,
    cortex_depth_mm=50.2,
    cortex_incidence_deg=45.3,
    lesion_depth_mm=57.4,
    entry_slice="image 41, table 296.1 mm",
    grid="between wires 3 and 4 from patient right, 4 mm from wire 3",
    chain=(
        ChainRow(name="Cannula", spare_mm=-4.2, purpose="introducer, to the stop"),
        ChainRow(name="Drill", spare_mm=None, purpose="drill, through the bone", needed=False),
        ChainRow(name="Needle", spare_mm=23.4, purpose="needle, to the tip", least_mm=10.0),
    ),
    score=0.861,
    shares=SHARES,
    habitat_mm=(("Habitat A", 10.31), ("Habitat B", 0.0)),
    nearest=(
        NearestRow(
            structure="sciatic nerve",
            clearance_mm=7.3,
            margin_mm=8.1,
            depth_mm=58.2,
            point_lps_mm=(1.0, 2.0, 3.0),
        ),
    ),
    warnings=("Skin and soft tissue will move.",),
    violations=("Nerve clearance 7.3 mm is below 8.1 mm",),
    not_checked=("Sacral foramina: no mask",),
)

UNKNOWN_NUMBERS = CardNumbers(
    title="Own path M1", stop_depth_mm=75.0, tip_depth_mm=90.0, enough_mm=0.0
)
"""Of a CT without any mask."""


@pytest.fixture
def shown(qtbot):
    def _shown(widget, width=340, height=1100):
        qtbot.addWidget(widget)
        widget.resize(width, height)
        widget.show()
        QApplication.processEvents()
        return widget

    return _shown


def words(widget: QWidget) -> list[str]:
    shown = [label.text() for label in widget.findChildren(QLabel) if label.isVisible()]
    return [text.replace("\N{NO-BREAK SPACE}", " ") for text in shown]


def test_the_card_leads_with_the_stop(shown, qtbot):
    view = shown(NumbersCard())
    view.set_numbers(NUMBERS)
    QApplication.processEvents()
    said = words(view)
    order = ["STOP at 60 mm,", "then core to 75 mm", "sciatic nerve", "WHY THIS SCORE: 0.86"]
    places = [said.index(text) for text in order]
    assert places == sorted(places)
    for expected in (
        "TRAJECTORY 1",
        "Core of the set: molecular",
        "entry on image 41, table 296.1 mm",
        "between wires 3 and 4 from patient right, 4 mm from wire 3",
        "23°",
        "tip to patient RIGHT\nfrom the vertical",
        "8°",
        "tip toward HEAD\non a protractor,\n7° to the slices",
        "11.1",
        "mm viable expected, of 15",
        "As planned 14.4 mm viable: Habitat A 10.3 mm",
        "0.68",
        "chance of 10 mm viable",
        "Expected lengths and chances: if masks and error model hold.",
        "-0.5",
        "mm at 95 %: MAY MEET a vessel, nerve or organ\nP(touch) 0.02",
        "7.0",
        "mm bone to drill\nmet at 45°",
        "Bone at 50 mm, lesion at 57 mm",
        "Hip right: cortex met at 45 deg, 33 mm to drill",
        "Crosses gluteus maximus right 31.5 mm",
        "tumour mask less necrosis mask",
        "TOO NEAR: 7.3 mm at 58 mm depth, 0.8 short of the demanded 8.1; P(touch) not known",
        "Cannula: too short by 4 mm (introducer, to the stop)",
        "Drill: not needed, no bone on the way",
        "Needle: long enough, 23 mm to spare (needle, to the tip)",
        "what the missing 0.14 was lost by",
        "Short way 50 %",
        "all others 10 %",
        "✕ Nerve clearance 7.3 mm is below 8.1 mm",
        "▲ Skin and soft tissue will move.",
        "▲ Sacral foramina: no mask",
    ):
        assert expected in said
    (jump,) = [b for b in view.findChildren(QAbstractButton) if b.isVisible()]
    with qtbot.waitSignal(view.jump_requested) as heard:
        qtbot.mouseClick(jump, Qt.MouseButton.LeftButton)
    assert heard.args == [(1.0, 2.0, 3.0)]


def test_numbers_change_in_the_same_widgets(shown):
    view = shown(NumbersCard())
    view.set_numbers(NUMBERS)
    QApplication.processEvents()
    before = {id(child) for child in view.findChildren(QWidget)}
    moved = replace(
        NUMBERS,
        stop_depth_mm=41.0,
        tip_depth_mm=56.0,
        violations=(),
        warnings=(),
        shares=SHARES[:2],
        chain=NUMBERS.chain[2:],
    )
    view.set_numbers(moved)
    QApplication.processEvents()
    assert {id(child) for child in view.findChildren(QWidget)} == before
    said = words(view)
    assert "STOP at 41 mm," in said
    assert not any("STOP at 60" in text or text.startswith("✕") for text in said)
    assert "WARNINGS" not in said
    assert not any(text.startswith(("Cannula", "all others")) for text in said)


def test_the_card_never_invents_a_number(shown):
    view = shown(NumbersCard())
    view.set_numbers(CardNumbers(title="Path", stop_depth_mm=None, tip_depth_mm=None))
    QApplication.processEvents()
    said = words(view)
    assert "STOP not known" in said
    assert said.count("not known") >= 5
    assert "Depths of bone and lesion not known" in said
    assert "chance of enough viable" in said
    assert "Muscles crossed: not known, no mask names any" in said
    assert "What the specimen holds is not known" in said
    assert not any("score" in text.lower() or "safe" in text.lower() for text in said)
    view.set_numbers(None)
    QApplication.processEvents()
    assert words(view) == ["TRAJECTORY", "Select a trajectory to see its numbers."]


def test_without_a_position_the_angle_is_from_the_front_back_axis(shown):
    view = shown(NumbersCard())
    flat = replace(NUMBERS, gravity_angle_deg=None, sagittal_projection_angle_deg=None)
    view.set_numbers(flat)
    QApplication.processEvents()
    said = words(view)
    assert "tip to patient RIGHT\nfrom the front-back axis" in said
    assert "25°" in said
    assert "tip toward HEAD" in said


@pytest.mark.parametrize("numbers", [NUMBERS, UNKNOWN_NUMBERS])
@pytest.mark.parametrize("width", [320, 400])
def test_nothing_is_cut_off(shown, width, numbers):
    view = shown(NumbersCard(), width, 1300)
    view.set_numbers(numbers)
    assert view.minimumSizeHint().width() <= width
    QApplication.processEvents()
    for label in view.findChildren(QLabel):
        if label.isVisible():
            needed = label.heightForWidth(label.width()) if label.wordWrap() else 0
            assert needed <= label.height(), label.text()
            if not label.wordWrap():
                assert label.sizeHint().width() <= label.width() + 1, label.text()


def test_tool_tips_explain_the_criteria(shown):
    view = shown(NumbersCard())
    view.set_explanations({"viable_probability": "Chance ...", "stop_depth_mm": "From the skin"})
    view.set_numbers(NUMBERS)
    tips = [child.toolTip() for child in view.findChildren(QWidget)]
    assert "Chance ..." in tips
    assert "From the skin" in tips


def test_the_bar_is_divided_by_shares(shown):
    view = shown(ShareBar(), 400, 120)
    view.say("Why", "lost", SHARES)
    QApplication.processEvents()
    (bar,) = [c for c in view.findChildren(QWidget) if c.accessibleDescription()]
    image = bar.grab().toImage()
    y, ratio = image.height() // 2, image.width() / bar.width()

    def colour(share: float) -> str:
        return QColor(image.pixel(round(share * bar.width() * ratio), y)).name().upper()

    assert [colour(s) for s in (0.25, 0.65, 0.85)] == list(STRUCTURE_COLOURS[:3])
    assert colour(0.92) == colour(0.97) == STRUCTURE_COLOURS[3]
    assert bar.row_at(QPoint(round(0.25 * bar.width()), 3)) is SHARES[0]
    assert bar.row_at(QPoint(round(0.98 * bar.width()), 3)) is SHARES[4]
    QToolTip.hideText()


def test_a_perfect_score_lost_nothing(shown):
    view = shown(NumbersCard())
    view.set_numbers(replace(NUMBERS, score=1.0, shares=()))
    QApplication.processEvents()
    assert "nothing is lost by any wish" in words(view)


@pytest.mark.parametrize(
    ("clearance_mm", "margin_mm", "allowance_mm", "said"),
    [
        (12.92, 5.0, 0.5, "clear: 12.9 mm at 58 mm depth, 7.9 beyond the demanded 5"),
        (12.92, 0.0, 0.5, "clear: 12.9 mm at 58 mm depth, no extra margin demanded"),
        (0.0, 0.0, 0.0, "HIT: the needle meets it at 58 mm depth"),
        (-1.0, 5.0, 0.0, "HIT: the needle meets it at 58 mm depth"),
        (
            5.3,
            5.0,
            0.75,
            "TOO NEAR: 5.3 mm at 58 mm depth; 5 demanded and 0.8 that voxels hide",
        ),
    ],
)
def test_a_name_is_never_shortened_and_a_distance_says_how_it_stands(
    shown, clearance_mm, margin_mm, allowance_mm, said
):
    name = "left inferior gluteal vessels, perforating branch"
    near = replace(
        NUMBERS.nearest[0],
        structure=name,
        clearance_mm=clearance_mm,
        margin_mm=margin_mm,
        allowance_mm=allowance_mm,
    )
    view = shown(NearestList((near,)), 320, 120)
    assert f"{said}; P(touch) not known" in words(view)
    (label,) = [found for found in view.findChildren(QLabel) if found.text() == name]
    assert label.heightForWidth(label.width()) <= label.height()
    assert label.width() > 220


@pytest.mark.parametrize(
    ("probability", "tone", "stands", "said"),
    [
        (None, DARK.good, "clear: ", "not known"),
        (0.0, DARK.good, "clear: ", "< 0.01"),
        (0.05, DARK.good, "clear: ", "0.05"),
        (0.24, DARK.caution, "MAY BE TOUCHED: ", "0.24"),
    ],
)
def test_what_a_needle_may_touch_is_not_called_clear(shown, probability, tone, stands, said):
    near = replace(
        NUMBERS.nearest[0], clearance_mm=9.0, margin_mm=0.0, touch_probability=probability
    )
    view = shown(NearestList((near,)), 320, 120)
    verdict = f"{stands}9.0 mm at 58 mm depth, no extra margin demanded; P(touch) {said}"
    assert verdict in words(view)
    (dot,) = [label for label in view.findChildren(QLabel) if label.text() == "●"]
    assert dot.palette().color(dot.foregroundRole()).name() == tone
