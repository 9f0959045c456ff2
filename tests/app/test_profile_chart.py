"""The chart's pixels: each curve, box and band lies where its numbers say; what it asks for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QMenu

from app.views.palette import DARK
from app.views.profile_chart import ProfileChart
from app.views.profile_values import ProfileShown, TissueBand

DEPTHS = np.concatenate([np.arange(-5.0, 70.25, 0.5), np.arange(70.5, 90.5, 0.5)])
BANDS = (
    TissueBand(from_mm=-5.0, to_mm=0.0, name="outside the body", colour=""),
    TissueBand(from_mm=0.0, to_mm=40.0, name="soft tissue", colour="#5f403e"),
    TissueBand(from_mm=40.0, to_mm=46.0, name="hip right", colour="#d9d4c5"),
    TissueBand(from_mm=46.0, to_mm=90.0, name="Habitat A", colour="#e69f00"),
)


def profile_shown() -> ProfileShown:
    """Return a ramp of density, and a structure that comes too near between 30 and 36 mm."""
    hu = 10.0 * DEPTHS  # -50 at the start, 900 at the end
    clear = 5.0 + np.abs(DEPTHS - 33.0)
    clear[(DEPTHS < 0.0) | (DEPTHS > 70.0)] = np.nan
    needs = np.where(np.isnan(clear), np.nan, 8.0)
    return ProfileShown(
        title="Along Trajectory 1",
        depths_mm=DEPTHS,
        hu=hu,
        nearest_mm=clear,
        needs_mm=needs,
        nearest=np.where(np.isnan(clear), -1, 0),
        structures=("sciatic nerve",),
        bands=BANDS,
        stop_mm=55.0,
        tip_mm=70.0,
        stop_words="STOP 55",
        tip_words="tip 70",
        specimen_mm=(55.0, 70.0),
        depth_error_mm=4.0,
    )


@pytest.fixture
def chart(qtbot) -> ProfileChart:
    made = ProfileChart()
    qtbot.addWidget(made)
    made.resize(1060, 170)
    made.show()
    made.set_profile(profile_shown())
    QApplication.processEvents()
    return made


def image_of(chart: ProfileChart) -> QImage:
    return chart.grab().toImage()


def near(image: QImage, x: float, y: float, wanted: str, *, within: int = 2) -> bool:
    """Tell whether a colour is seen at a place, give or take a pixel."""
    target = QColor(wanted)
    for dx in range(-within, within + 1):
        for dy in range(-within, within + 1):
            place = QPoint(round(x) + dx, round(y) + dy)
            if image.rect().contains(place):
                seen = QColor(image.pixel(place))
                apart = max(
                    abs(seen.red() - target.red()),
                    abs(seen.green() - target.green()),
                    abs(seen.blue() - target.blue()),
                )
                if apart < 40:
                    return True
    return False


def test_the_density_passes_where_it_should(chart):
    image, axes = image_of(chart), chart.axes()
    for depth in (5.0, 15.0, 25.0, 44.0, 80.0):
        assert near(image, axes.x_px(depth), axes.y_of_hu_px(10.0 * depth), DARK.text)
        assert not near(image, axes.x_px(depth), axes.y_of_hu_px(10.0 * depth + 250.0), DARK.text)


def test_distance_is_red_only_where_it_is_too_short(chart):
    image, axes = image_of(chart), chart.axes()
    for depth in (31.0, 33.0, 35.0):
        y = axes.y_of_mm_px(5.0 + abs(depth - 33.0))
        assert near(image, axes.x_px(depth), y, DARK.danger, within=1)
    for depth in (8.0, 20.0, 48.0):
        y = axes.y_of_mm_px(5.0 + abs(depth - 33.0))
        assert near(image, axes.x_px(depth), y, DARK.good)
        assert not near(image, axes.x_px(depth), y, DARK.danger)


def test_the_band_has_the_colours_of_what_is_passed(chart):
    image, axes = image_of(chart), chart.axes()
    y = axes.band.center().y()
    for depth, colour in ((20.0, "#5f403e"), (43.0, "#d9d4c5"), (80.0, "#e69f00")):
        assert QColor(image.pixel(round(axes.x_px(depth)), round(y))).name() == colour
    assert QColor(image.pixel(round(axes.x_px(-3.0)), round(y))).name() == DARK.panel


def test_specimen_stop_and_tip_stand_at_their_depths(chart):
    image, axes = image_of(chart), chart.axes()
    y = axes.plot.top() + 6.0  # above every curve there
    middle = QColor(image.pixel(round(axes.x_px(62.0)), round(y)))
    before = QColor(image.pixel(round(axes.x_px(48.0)), round(y)))
    assert middle.name() == DARK.line
    assert before.name() == DARK.panel
    for depth in (55.0, 70.0):
        assert near(image, axes.x_px(depth), y, DARK.accent, within=1)
    # 95 % of the stops lie within 4 mm: the band about it is neither panel nor specimen.
    assert QColor(image.pixel(round(axes.x_px(52.0)), round(y))).blue() > before.blue() + 20
    assert QColor(image.pixel(round(axes.x_px(73.0)), round(y))).blue() > before.blue() + 20
    assert QColor(image.pixel(round(axes.x_px(76.0)), round(y))).name() == DARK.panel


def test_hovering_points_at_a_depth_and_leaving_at_none(chart, qtbot):
    axes = chart.axes()
    heard = []
    chart.depth_pointed.connect(heard.append)
    QTest.mouseMove(chart, QPoint(round(axes.x_px(30.0)), 90))
    assert heard[-1] == pytest.approx(30.0, abs=0.1)
    QTest.mouseMove(chart, QPoint(2, 90))
    assert heard[-1] is None
    chart.set_depth(32.0)
    assert chart.head() == (
        "32 mm    320 HU    soft tissue    sciatic nerve 6.0 mm, needs 8.0: TOO NEAR"
        "    Press E or T to make your own"
    )
    image = image_of(chart)
    column = [QColor(image.pixel(round(axes.x_px(32.0)), y)).name() for y in range(image.height())]
    assert column.count(DARK.text) > 20
    chart.set_depth(None)
    assert chart.head() == "Along Trajectory 1"


def test_a_click_asks_for_a_depth(chart, qtbot):
    axes = chart.axes()
    with qtbot.waitSignal(chart.depth_clicked) as heard:
        place = QPoint(round(axes.x_px(64.0)), 80)
        qtbot.mouseClick(chart, Qt.MouseButton.LeftButton, pos=place)
    assert heard.args[0] == pytest.approx(64.0, abs=0.1)
    chart.set_profile(replace(profile_shown(), editable=True))
    chart.set_depth(80.0)
    assert chart.head().endswith("click sets the tip")


def test_keys_move_along_the_needle(chart, qtbot):
    chart.depth_pointed.connect(chart.set_depth)
    heard = []
    chart.depth_pointed.connect(heard.append)
    chart.depth_clicked.connect(lambda depth: heard.append(("click", depth)))
    for key in (Qt.Key.Key_Right, Qt.Key.Key_Home, Qt.Key.Key_Left, Qt.Key.Key_End):
        qtbot.keyClick(chart, key)
    qtbot.keyClick(chart, Qt.Key.Key_Return)
    qtbot.keyClick(chart, Qt.Key.Key_Escape)
    assert heard == [56.0, 0.0, -1.0, 70.0, ("click", 70.0), None]


def test_it_is_saved_as_png_and_svg(chart, tmp_path: Path):
    png, svg = tmp_path / "a.png", tmp_path / "a.svg"
    assert chart.save(png, "Research use only.") == ""
    assert chart.save(svg, "Research use only.") == ""
    image = QImage(str(png))
    assert (image.width(), image.height()) == (2 * 1060, 2 * (170 + 16))
    text = svg.read_text(encoding="utf-8")
    assert "Research use only." in text
    assert "STOP 55" in text
    assert "a.png cannot be written" in chart.save(tmp_path / "nowhere" / "a.png", "")
    assert "not there" in chart.save(tmp_path / "nowhere" / "a.svg", "")


def test_the_menu_offers_both_kinds(chart, qtbot):
    wanted = []
    chart.save_requested.connect(wanted.append)
    QApplication.sendEvent(chart, _context_event(chart))
    (menu,) = chart.findChildren(QMenu)
    for action in menu.actions():
        action.trigger()
    menu.close()
    assert wanted == ["png", "svg"]


def _context_event(chart):
    from PySide6.QtGui import QContextMenuEvent

    place = QPoint(300, 60)
    return QContextMenuEvent(QContextMenuEvent.Reason.Mouse, place, chart.mapToGlobal(place))


def test_without_a_needle_it_says_what_to_do(chart):
    chart.set_profile(None)
    chart.set_message("Select a trajectory.")
    assert chart.axes() is None
    assert chart.head() == ""
    QTest.mouseMove(chart, QPoint(300, 60))
    assert image_of(chart).width() == chart.width()


@pytest.mark.parametrize(("height", "least_plot_px"), [(170, 75), (110, 25)])
def test_it_fits_low_windows(chart, height, least_plot_px):
    chart.resize(820, height)
    axes = chart.axes()
    assert axes.plot.height() >= least_plot_px
    assert axes.ticks.bottom() <= height
    assert axes.band.bottom() <= axes.ticks.top()


def test_unknown_stretches_leave_gaps(chart):
    shown = profile_shown()
    hu = shown.hu.copy()
    hu[shown.depths_mm < 20.0] = np.nan
    chart.set_profile(replace(shown, hu=hu))
    image, axes = image_of(chart), chart.axes()
    assert not near(image, axes.x_px(10.0), axes.y_of_hu_px(100.0), DARK.text)
    assert near(image, axes.x_px(25.0), axes.y_of_hu_px(250.0), DARK.text)
