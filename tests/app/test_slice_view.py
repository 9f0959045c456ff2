"""What a slice view shows and says, checked by pixels and by its signals."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor, QWheelEvent
from PySide6.QtWidgets import QApplication, QMenu

from app.rendering.mask_contours import SharedContours
from app.views.slice_view import SliceView
from app.views.values import MaskLayer, NeedlePath, Tool
from planning.model.case import Position
from tests.app.scenes import ball, grid_of, marked_volume

# The patient's right, back and head: three different distances, so that any mirror shows.
MARK = (-20.0, 12.0, 8.0)
KINDS = ("plain", "permuted", "flipped", "oblique")


@pytest.fixture
def make(qtbot):
    def _make(orientation="axial", position=None, kind="plain", mark=MARK) -> SliceView:
        view = SliceView(orientation)
        qtbot.addWidget(view)
        view.resize(400, 300)
        view.set_position(position)
        view.set_volume(marked_volume(grid_of(kind), mark))
        view.set_window(500.0, 1000.0)
        view.set_crosshair(mark)
        view.show()
        return view

    return _make


def colour_at(view: SliceView, x: float, y: float) -> QColor:
    picture = view.grab()
    ratio = picture.devicePixelRatio()
    return picture.toImage().pixelColor(int(x * ratio), int(y * ratio))


def screen(view: SliceView, point_lps_mm) -> tuple[float, float]:
    plane = view.plane()
    assert plane is not None
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return x, y


def brightest(view: SliceView) -> tuple[float, float]:
    """Return where the bright ball is seen, relative to the middle of the view."""
    view.set_crosshair(MARK)
    image = view.grab().toImage()
    white = [
        (x - view.width() / 2, y - view.height() / 2)
        for x in range(40, view.width() - 40, 2)
        for y in range(30, view.height() - 50, 2)
        if min(image.pixelColor(x, y).getRgb()[:3]) > 250
    ]
    return tuple(np.mean(white, axis=0))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("orientation", "position", "sides"),
    [
        ("axial", Position.SUPINE, (-1, +1)),
        ("axial", Position.PRONE, (+1, -1)),
        ("axial", Position.RIGHT_DECUBITUS, (+1, +1)),
        ("axial", Position.LEFT_DECUBITUS, (-1, -1)),
        ("coronal", Position.SUPINE, (-1, -1)),
        ("coronal", Position.PRONE, (+1, -1)),
        ("sagittal", Position.PRONE, (+1, -1)),
    ],
)
def test_the_bright_spot_is_on_the_right_side(make, kind, orientation, position, sides):
    across, down = brightest(make(orientation, position, kind))
    assert (np.sign(across), np.sign(down)) == sides
    assert min(abs(across), abs(down)) > 10


def test_views_prepare_a_mask_once_between_them(qtbot):
    contours = SharedContours()
    mask = ball(grid_of("plain"), MARK, 6.0)
    layer = MaskLayer(key="a", name="a", mask=mask, colour="#ff0000")
    for orientation in ("axial", "coronal"):
        view = SliceView(orientation, contours=contours)
        qtbot.addWidget(view)
        view.resize(200, 150)
        view.set_volume(marked_volume(grid_of("plain"), MARK))
        view.set_crosshair(MARK)
        view.set_layers((layer,))
        view.grab()
        assert len(contours) == 1


def test_a_structure_has_its_colour_in_its_place_and_not_beside(make):
    view = make(kind="oblique")
    mask = ball(grid_of("oblique"), (15.0, 5.0, 8.0), 6.0)
    layer = MaskLayer(key="a", name="a", mask=mask, colour="#ff0000")
    view.set_layers((layer,))
    x, y = screen(view, (15.0, 5.0, 8.0))
    inside = colour_at(view, x, y)
    assert inside.red() == pytest.approx(255 * 0.28, abs=3)
    assert inside.green() == 0
    outside = colour_at(view, *screen(view, (15.0, 13.0, 8.0)))
    assert outside.red() == outside.green()


def test_hidden_and_faint_structures_follow_their_style(make):
    view = make()
    mask = ball(grid_of("plain"), (15.0, 5.0, 8.0), 6.0)
    at = screen(view, (15.0, 5.0, 8.0))
    for opacity, visible, expected in ((1.0, False, 0), (0.5, True, 0.14 * 255), (0.0, True, 0)):
        view.set_layers(
            (
                MaskLayer(
                    key="a",
                    name="a",
                    mask=mask,
                    colour="#ff0000",
                    opacity=opacity,
                    visible=visible,
                ),
            )
        )
        assert colour_at(view, *at).red() == pytest.approx(expected, abs=3)


def needle(z_mm: float, *, selected: bool = True) -> NeedlePath:
    return NeedlePath(
        key="n",
        label="1",
        entry_lps_mm=(20.0, 25.0, z_mm),
        stop_lps_mm=(20.0, 0.0, z_mm),
        tip_lps_mm=(20.0, -15.0, z_mm),
        specimen_lps_mm=((20.0, 0.0, z_mm), (20.0, -15.0, z_mm)),
        radius_mm=1.0,
        selected=selected,
    )


def test_a_needle_in_the_slice_is_filled_its_specimen_white(make):
    view = make()
    view.set_needles((needle(8.0),))
    assert colour_at(view, *screen(view, (20.0, 12.0, 8.0))).name() == "#4cc2ff"
    assert colour_at(view, *screen(view, (20.0, -8.0, 8.0))).name() == "#ffffff"
    x, y = screen(view, (20.0, -8.0, 8.0))
    assert colour_at(view, x + 15, y).name() == "#000000"


def _bright_columns(view: SliceView) -> int:
    """Count the pixels along the needle's axis that are not black."""
    image = view.grab().toImage()
    x, top = screen(view, (20.0, -15.0, 0.0))
    bottom = screen(view, (20.0, 20.0, 0.0))[1]
    column = [image.pixelColor(int(x), y).blue() for y in range(int(top) + 2, int(bottom) - 2)]
    return sum(blue > 100 for blue in column)


def test_a_needle_near_the_slice_is_dotted_and_far_from_it_gone(make):
    view = make()
    counts = []
    for z_mm in (8.0, 13.0, 25.0):
        view.set_needles((needle(z_mm),))
        counts.append(_bright_columns(view))
    view.set_needles(())
    bare = _bright_columns(view)
    solid, dotted, gone = counts
    assert solid > dotted > gone == bare
    assert dotted < 0.8 * solid


def test_a_core_of_the_set_shows_its_specimen_and_a_ghost_does_not(make):
    view, seen = make(), {}
    for name, core in (("ghost", False), ("core", True)):
        view.set_needles((replace(needle(8.0, selected=False), core=core),))
        x, y = screen(view, (20.0, -8.0, 8.0))
        image = view.grab().toImage()
        seen[name] = image.pixelColor(int(x), int(y)).name()
        shaft = [image.pixelColor(*map(int, screen(view, (20.0, mm, 8.0)))) for mm in range(2, 24)]
        seen[f"{name} shaft"] = sum(c.blue() > c.red() + 60 for c in shaft)
    assert seen["core"] == "#ffffff" != seen["ghost"]
    assert 0 < seen["core shaft"] < 22  # dotted, in the needle's colour
    assert seen["ghost shaft"] == 0
    view.set_needles((replace(needle(25.0, selected=False), core=True),))
    assert colour_at(view, *screen(view, (20.0, -8.0, 8.0))).name() == "#000000"


def test_pointing_moves_the_crosshair_within_the_slice(make, qtbot):
    view = make(position=Position.PRONE)
    x, y = screen(view, (10.0, -5.0, 8.0))
    with qtbot.waitSignal(view.crosshair_moved) as heard:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(round(x), round(y)))
    assert heard.args[0] == pytest.approx((10.0, -5.0, 8.0), abs=0.3)
    assert heard.args[0][2] == pytest.approx(8.0)


def test_pointing_beyond_the_volume_does_nothing(make, qtbot):
    view = make()
    with qtbot.assertNotEmitted(view.crosshair_moved):
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(2, 2))


def turn_wheel(view: SliceView, notches: float, modifiers=Qt.KeyboardModifier.NoModifier) -> None:
    middle = QPointF(view.width() / 2, view.height() / 2)
    event = QWheelEvent(
        middle,
        view.mapToGlobal(middle),
        QPoint(),
        QPoint(0, round(120 * notches)),
        Qt.MouseButton.NoButton,
        modifiers,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(view, event)


def test_the_wheel_scrolls_slice_by_slice_toward_the_head(make, qtbot):
    view = make()
    with qtbot.waitSignal(view.crosshair_moved) as heard:
        turn_wheel(view, 1)
    assert heard.args[0] == pytest.approx((-20.0, 12.0, 10.0))
    with qtbot.assertNotEmitted(view.crosshair_moved):
        turn_wheel(view, 0.5)  # a fine wheel adds up to whole slices
    with qtbot.waitSignal(view.crosshair_moved) as heard:
        turn_wheel(view, 0.5)
    assert heard.args[0][2] == pytest.approx(12.0)


def test_the_wheel_with_control_zooms(make, qtbot):
    view = make()
    before = view.plane().mm_per_pixel
    with qtbot.assertNotEmitted(view.crosshair_moved):
        turn_wheel(view, 1, Qt.KeyboardModifier.ControlModifier)
    assert view.plane().mm_per_pixel < before
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.plane().mm_per_pixel == pytest.approx(before)


def test_a_far_point_is_brought_into_a_magnified_view(make):
    view = make()
    for _ in range(8):
        turn_wheel(view, 1, Qt.KeyboardModifier.ControlModifier)
    view.set_crosshair((25.0, -20.0, -20.0))
    assert screen(view, (25.0, -20.0, -20.0)) == pytest.approx((200.0, 150.0))


def test_a_right_drag_sets_the_window_and_escape_puts_it_back(make, qtbot):
    view = make()
    heard = []
    view.window_changed.connect(lambda level, width: heard.append((level, width)))
    qtbot.mousePress(view, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
    qtbot.mouseMove(view, QPoint(150, 80))
    assert heard[-1] == (460.0, 1100.0)
    qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert heard[-1] == (500.0, 1000.0)
    qtbot.mouseRelease(view, Qt.MouseButton.RightButton, pos=QPoint(150, 80))
    assert heard[-1] == (500.0, 1000.0)


def test_a_right_click_offers_windows(make, qtbot):
    view = make()
    qtbot.mouseClick(view, Qt.MouseButton.RightButton, pos=QPoint(100, 100))
    (menu,) = view.findChildren(QMenu)
    with qtbot.waitSignal(view.window_changed) as heard:
        menu.actions()[0].trigger()
    assert heard.args == [400.0, 2000.0]
    menu.close()


def test_number_keys_pick_windows(make, qtbot):
    view = make()
    with qtbot.waitSignal(view.window_changed) as heard:
        qtbot.keyClick(view, "2")
    assert heard.args == [55.0, 426.0]


def test_the_window_decides_the_grey(make):
    view = make()
    at = screen(view, (10.0, -5.0, 8.0))
    for level, grey in ((0.0, 128), (-100.0, 230), (100.0, 26)):
        view.set_window(level, 250.0)
        assert colour_at(view, *at).red() == pytest.approx(grey, abs=2)


def test_a_middle_drag_pans(make, qtbot):
    view = make()
    before = screen(view, MARK)
    qtbot.mousePress(view, Qt.MouseButton.MiddleButton, pos=QPoint(100, 100))
    qtbot.mouseMove(view, QPoint(130, 90))
    qtbot.mouseRelease(view, Qt.MouseButton.MiddleButton, pos=QPoint(130, 90))
    assert screen(view, MARK) == pytest.approx((before[0] + 30, before[1] - 10))


def test_distance_by_two_clicks(make, qtbot):
    view = make()
    view.set_tool(Tool.DISTANCE)
    first, second = (QPoint(*map(round, screen(view, p))) for p in ((-20, 5, 8), (10, -15, 8)))
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=first)
    qtbot.mouseMove(view, second)
    with qtbot.waitSignal(view.measured) as heard:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=second)
    measured = heard.args[0]
    assert measured.tool is Tool.DISTANCE
    assert float(measured.text.removesuffix(" mm")) == pytest.approx(np.hypot(30, 20), abs=0.5)
    x, y = (first + second).toTuple()
    on_line = colour_at(view, x / 2, y / 2)
    assert on_line.red() > on_line.blue() + 40
    view.clear_measurements()
    beneath = colour_at(view, x / 2, y / 2)
    assert beneath.red() == beneath.blue()


def test_hu_by_click_and_by_disc(make, qtbot):
    view = make()
    view.set_tool(Tool.HU)
    middle = QPoint(*map(round, screen(view, MARK)))
    with qtbot.waitSignal(view.measured) as heard:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=middle)
    assert heard.args[0].text == "1000 HU"
    qtbot.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    edge = QPoint(middle.x() + round(10.0 / view.plane().mm_per_pixel), middle.y())
    qtbot.mouseMove(view, edge)
    with qtbot.waitSignal(view.measured) as heard:
        qtbot.mouseRelease(view, Qt.MouseButton.LeftButton, pos=edge)
    mean = float(heard.args[0].text.split(" ")[0])
    assert mean == pytest.approx(1000 * 4.0**2 / 10.0**2, rel=0.2)


def test_escape_gives_up_a_measurement_then_the_tool(make, qtbot):
    view = make()
    view.set_tool(Tool.DISTANCE)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(150, 150))
    with qtbot.assertNotEmitted(view.tool_requested):
        qtbot.keyClick(view, Qt.Key.Key_Escape)
    with qtbot.waitSignal(view.tool_requested) as heard:
        qtbot.keyClick(view, Qt.Key.Key_Escape)
    assert heard.args == [Tool.CROSSHAIR]


def test_a_double_click_asks_for_room(make, qtbot):
    view = make()
    with qtbot.waitSignal(view.double_clicked):
        qtbot.mouseDClick(view, Qt.MouseButton.LeftButton, pos=QPoint(200, 150))


def test_an_empty_view_says_so_and_bears_every_gesture(qtbot):
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.show()
    turn_wheel(view, 1)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    qtbot.keyClick(view, "+")
    image = view.grab().toImage()
    middle = {image.pixelColor(x, 100).name() for x in range(110, 190)}
    assert len(middle) > 1
    view.set_volume(marked_volume(grid_of("plain"), MARK))
    view.set_volume(None)
    view.grab()


@pytest.mark.parametrize(("size", "least"), [((300, 200), 6), ((420, 280), 8), ((1200, 800), 8)])
def test_words_neither_overlap_nor_leave_the_view(make, monkeypatch, size, least):
    from app.views import slice_overlay

    view = make()
    view.resize(*size)
    painted = []
    real = slice_overlay.paint_text

    def spy(painter, top_left, text, size_px, colour):
        wide, high = slice_overlay.text_size(text, size_px)
        painted.append((top_left.x(), top_left.y(), top_left.x() + wide, top_left.y() + high))
        real(painter, top_left, text, size_px, colour)

    monkeypatch.setattr(slice_overlay, "paint_text", spy)
    view.grab()
    assert len(painted) >= least  # four letters, the name, two lines, the scale
    for number, (left, top, right, bottom) in enumerate(painted):
        assert left >= 0
        assert top >= 0
        assert right <= size[0]
        assert bottom <= size[1]
        for other in painted[number + 1 :]:
            apart = right <= other[0] or other[2] <= left or bottom <= other[1] or other[3] <= top
            assert apart
