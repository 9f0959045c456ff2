"""What the views around a needle show: pixels where coordinates project, left on its side."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QColor

from app.rendering.needle_axes import NEEDLE_SIGHTS, needle_framing
from app.rendering.slice_geometry import edge_letters
from app.views.overlays import Overlays
from app.views.slice_view import SliceView
from app.views.values import MaskLayer, NeedlePath
from planning.geometry import unit, vec3
from planning.image import Series, Volume
from planning.model.case import Position
from planning.model.needle import Trajectory
from tests.app.scenes import ball, grid_of, marked_volume
from tests.app.test_slice_view import MARK, colour_at, screen, turn_wheel

ALL_VIEWS = ("axial", "coronal", "sagittal", *NEEDLE_SIGHTS)
PATH = Trajectory((18.0, 24.0, 6.0), vec3(np.array((18.0, 24.0, 6.0)) + 36.0 * unit((-8, -15, -5))))
BAND = tuple((float(d), 4.0 + 0.05 * d) for d in range(0, 41, 5))
ACCENT, WHITE = "#4cc2ff", "#ffffff"


def drawn(path: Trajectory = PATH, **changes: object) -> NeedlePath:
    made = NeedlePath(
        key="T1",
        label="1",
        entry_lps_mm=path.entry_lps_mm,
        stop_lps_mm=path.at_depth_mm(21.0),
        tip_lps_mm=path.tip_lps_mm,
        specimen_lps_mm=(path.at_depth_mm(21.0), path.tip_lps_mm),
        radius_mm=1.5,
        selected=True,
        envelope_mm=BAND,
    )
    return replace(made, **changes)


@pytest.fixture
def make(qtbot):
    def _make(view_kind, grid_kind="plain", position=Position.PRONE, at_mm=10.0, path=PATH):
        view = SliceView(view_kind)
        qtbot.addWidget(view)
        view.resize(440, 360)
        view.set_position(position)
        view.set_volume(marked_volume(grid_of(grid_kind), MARK))
        view.set_window(500.0, 1000.0)
        if view.follows_needle:
            view.set_framing(needle_framing(view_kind, path, at_mm))
        view.set_crosshair(path.at_depth_mm(at_mm))
        view.set_overlays(Overlays(labels=False))
        view.show()
        return view

    return _make


def near(view: SliceView, x: float, y: float, name: str) -> bool:
    """Tell whether a colour is seen at a place, give or take a pixel."""
    image = view.grab().toImage()
    places = [(int(x) + dx, int(y) + dy) for dx in (-1, 0, 1) for dy in (-1, 0, 1)]
    return any(image.pixelColor(*place).name() == name for place in places)


@pytest.mark.parametrize("grid_kind", ["plain", "oblique"])
@pytest.mark.parametrize("view_kind", ALL_VIEWS)
def test_the_needle_is_where_its_coordinates_project(make, view_kind, grid_kind):
    """Each view goes through a point of the shaft, then of the specimen."""
    for depth_mm, colour in ((10.0, ACCENT), (28.0, WHITE)):
        view = make(view_kind, grid_kind, at_mm=depth_mm)
        view.set_overlays(Overlays(labels=False, envelope=False))
        view.set_needles((drawn(),))
        x, y = screen(view, PATH.at_depth_mm(depth_mm))
        if view_kind == "eye":  # a ring of the needle's own size
            radius = 1.5 / view.plane().mm_per_pixel
            for dx, dy in ((radius, 0.0), (-radius, 0.0), (0.0, radius), (0.0, -radius)):
                assert near(view, x + dx, y + dy, colour)
        else:
            assert near(view, x, y, colour)
        view.set_needles(())
        assert not near(view, x, y, colour)


@pytest.mark.parametrize("view_kind", NEEDLE_SIGHTS[1:])
def test_along_the_needle_all_of_it_is_seen_entry_on_the_left(make, view_kind):
    view = make(view_kind, "oblique")
    view.set_needles((drawn(),))
    for depth_mm in np.arange(4.0, 20.0, 2.0):
        assert near(view, *screen(view, PATH.at_depth_mm(depth_mm)), ACCENT)
    for depth_mm in np.arange(22.0, 35.5, 2.0):
        assert near(view, *screen(view, PATH.at_depth_mm(depth_mm)), WHITE)
    assert screen(view, PATH.entry_lps_mm)[0] < screen(view, PATH.tip_lps_mm)[0]
    beyond = colour_at(view, *screen(view, PATH.at_depth_mm(38.5)))
    assert beyond.name() not in (ACCENT, WHITE)


def brightest_lps(view: SliceView) -> np.ndarray:
    """Return the middle of what is white, as a place on the screen."""
    image = view.grab().toImage()
    white = [
        (x + 0.5, y + 0.5)
        for x in range(30, view.width() - 30, 2)
        for y in range(24, view.height() - 50, 2)
        if min(image.pixelColor(x, y).getRgb()[:3]) > 250
    ]
    return np.mean(white, axis=0)


SIDES = {"L": (1, 0, 0), "R": (-1, 0, 0), "P": (0, 1, 0), "A": (0, -1, 0)}
SIDES |= {"H": (0, 0, 1), "F": (0, 0, -1)}


@pytest.mark.parametrize("grid_kind", ["plain", "permuted", "flipped", "oblique"])
@pytest.mark.parametrize("view_kind", ALL_VIEWS)
@pytest.mark.parametrize("position", [None, *Position])
def test_left_is_left_in_every_view(make, view_kind, position, grid_kind):
    """A bright ball off the needle, toward one side of the patient, is seen where letters say so.

    The phantom is not symmetric: the ball lies right, behind and above the middle, and the point
    that every view is centred on lies on another side of it in each direction.
    """
    away = np.array((6.0, -5.0, 4.0))
    start = np.array(MARK) + 14.0 * unit((1.0, 2.0, 0.4)) + away
    path = Trajectory(vec3(start), vec3(start - 30.0 * unit((1.0, 2.0, 0.4))))
    view = make(view_kind, grid_kind, position, at_mm=14.0, path=path)
    if view.follows_needle:  # take the plane through the ball: beside the needle, seen the same way
        framing = needle_framing(view_kind, path, 14.0)
        view.set_framing(replace(framing, centre_lps_mm=MARK, width_mm=60.0, height_mm=60.0))
    else:
        view.set_crosshair(MARK)
    view.set_overlays(Overlays(labels=False))
    plane = view.plane()
    place = brightest_lps(view)
    assert place == pytest.approx(np.array(screen(view, MARK)), abs=4.0)
    letters = edge_letters(plane.axes)
    middle = plane.screen_from_lps(MARK)
    for text, way in (
        (letters.left, (-1, 0)),
        (letters.right, (1, 0)),
        (letters.top, (0, -1)),
        (letters.bottom, (0, 1)),
    ):
        toward = np.array(MARK) + 5.0 * np.array(SIDES[text[0]])
        assert float((plane.screen_from_lps(toward) - middle) @ np.array(way)) > 2.0
    assert np.linalg.det([plane.axes.right_lps, plane.axes.down_lps, plane.axes.normal_lps]) == (
        pytest.approx(1.0)
    )


def test_the_envelope_is_a_dashed_ring_in_the_eye_and_a_band_along_the_needle(make):
    eye = make("eye")
    eye.set_needles((drawn(),))
    x, y = screen(eye, PATH.at_depth_mm(10.0))
    radius = (4.0 + 0.5) / eye.plane().mm_per_pixel
    turn = np.linspace(0.0, 2.0 * np.pi, 240, endpoint=False)
    image = eye.grab().toImage()

    def blue(ring: float) -> float:
        colours = [
            image.pixelColor(int(x + ring * np.cos(t)), int(y + ring * np.sin(t))) for t in turn
        ]
        return float(np.mean([c.blue() > c.red() + 60 for c in colours]))

    assert 0.3 < blue(radius) < 0.85
    assert max(blue(radius - 6.0), blue(radius + 6.0)) < 0.1
    along = make("along_head")
    along.set_needles((drawn(),))
    beside = np.array(PATH.at_depth_mm(16.0))  # away from crosshair and depth mark
    down = np.array(along.plane().axes.down_lps)
    inside, outside = beside + 3.5 * down, beside + 6.0 * down
    assert tinted(along, inside)
    assert not tinted(along, outside)
    for view in (eye, along):
        view.set_overlays(Overlays(labels=False, envelope=False))
    assert not tinted(along, inside)
    image = eye.grab().toImage()
    assert blue(radius) < 0.1


def tinted(view: SliceView, point_lps_mm) -> bool:
    colour = colour_at(view, *screen(view, vec3(point_lps_mm)))
    return colour.blue() > colour.red() + 8


def test_the_ring_is_dotted_beyond_the_tip_and_gone_far_from_it(make):
    counts = []
    for depth_mm in (10.0, 41.0, 50.0):
        view = make("eye", at_mm=depth_mm)
        view.set_crosshair((0.0, 0.0, 0.0))
        view.set_needles((drawn(envelope_mm=()),))
        x, y = screen(view, PATH.at_depth_mm(depth_mm))
        image = view.grab().toImage()
        box = [
            image.pixelColor(int(x) + dx, int(y) + dy)
            for dx in range(-16, 17)
            for dy in range(-16, 17)
        ]
        counts.append(sum(c.name() == ACCENT for c in box))
    solid, dotted, gone = counts
    assert solid > 1.3 * dotted > gone == 0


def test_ghosts_fills_and_names_are_shown_as_wished(make):
    view = make("along_axial")
    ghost = drawn(selected=False, key="T2", label="2")
    view.set_needles((ghost,))
    x, y = screen(view, PATH.at_depth_mm(14.0))
    assert bright(view, x, y)
    view.set_overlays(Overlays(labels=False, ghosts=False))
    assert not bright(view, x, y)
    centre = PATH.at_depth_mm(25.0)
    layer = MaskLayer(
        key="a", name="lesion", mask=ball(grid_of("plain"), centre, 8.0), colour="#ff0000"
    )
    view.set_layers((layer,))
    inside = screen(view, vec3(np.array(centre) + 4.0 * np.array(view.plane().axes.down_lps)))
    assert colour_at(view, *inside).red() == pytest.approx(255 * 0.28, abs=3)
    view.set_overlays(Overlays(labels=False, fills=False))
    assert colour_at(view, *inside).red() == 0
    rim = vec3(np.array(centre) + 8.0 * np.array(view.plane().axes.down_lps))
    x, y = screen(view, rim)
    assert max(colour_at(view, x, y + dy).red() for dy in range(-6, 7)) > 150


def bright(view: SliceView, x: float, y: float) -> bool:
    image = view.grab().toImage()
    return any(image.pixelColor(int(x), int(y) + dy).red() > 60 for dy in (-1, 0, 1))


def test_the_name_of_a_structure_stands_in_the_corner_while_the_pointer_is_in_it(make, qtbot):
    view = make("along_axial")
    centre = PATH.at_depth_mm(25.0)
    layer = MaskLayer(
        key="a", name="lesion", mask=ball(grid_of("plain"), centre, 8.0), colour="#ff0000"
    )
    view.set_layers((layer,))
    view.set_overlays(Overlays())
    x, y = map(round, screen(view, centre))
    qtbot.mouseMove(view, QPoint(x, y))
    assert view._pointer_words(view.plane()).startswith("lesion   ")
    view.set_overlays(Overlays(labels=False))
    assert "lesion" not in view._pointer_words(view.plane())
    view.set_overlays(Overlays())
    qtbot.mouseMove(view, QPoint(x - 120, y - 60))
    assert "lesion" not in view._pointer_words(view.plane())


@pytest.mark.parametrize("view_kind", NEEDLE_SIGHTS)
def test_without_a_needle_a_view_says_what_to_do_and_bears_every_gesture(qtbot, view_kind):
    view = SliceView(view_kind)
    qtbot.addWidget(view)
    view.resize(300, 200)
    view.set_volume(marked_volume(grid_of("plain"), MARK))
    view.show()
    assert view.plane() is None
    with qtbot.assertNotEmitted(view.depth_stepped):
        turn_wheel(view, 1)
    qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(20, 20))
    qtbot.keyClick(view, Qt.Key.Key_Home)
    image = view.grab().toImage()
    assert len({image.pixelColor(x, 100).name() for x in range(90, 210)}) > 1
    view.set_framing(needle_framing(view_kind, PATH, 5.0))
    assert view.plane() is not None
    view.set_framing(None)
    assert view.plane() is None


@pytest.mark.parametrize("view_kind", NEEDLE_SIGHTS)
def test_wheel_and_keys_go_along_the_needle(make, qtbot, view_kind):
    view = make(view_kind)
    before = view.plane()
    with qtbot.waitSignal(view.depth_stepped) as heard:
        turn_wheel(view, 2)
    assert heard.args == [2]
    with qtbot.waitSignal(view.depth_stepped) as heard:
        qtbot.keyClick(view, Qt.Key.Key_Down)
    assert heard.args == [-1]
    assert view.plane() == before


@pytest.mark.parametrize("view_kind", NEEDLE_SIGHTS)
def test_pointing_moves_the_crosshair_within_the_plane_which_stays(make, qtbot, view_kind):
    view = make(view_kind)
    before = view.plane()
    place = QPoint(240, 200)
    with qtbot.waitSignal(view.crosshair_moved) as heard:
        qtbot.mouseClick(view, Qt.MouseButton.LeftButton, pos=place)
    assert heard.args[0] == pytest.approx(before.lps_from_screen(240.0, 200.0), abs=0.3)
    assert view.plane() == before
    view.set_crosshair((0.0, 0.0, 0.0))
    assert view.plane() == before


def test_zoom_and_pan_stay_while_the_needle_moves(make, qtbot):
    view = make("eye")
    turn_wheel(view, 2, Qt.KeyboardModifier.ControlModifier)
    magnified = view.plane().mm_per_pixel
    view.set_framing(needle_framing("eye", PATH, 20.0))
    assert view.plane().mm_per_pixel == magnified
    assert view.plane().depth_mm(PATH.at_depth_mm(20.0)) == pytest.approx(0.0, abs=1e-9)
    qtbot.keyClick(view, Qt.Key.Key_Home)
    assert view.plane().mm_per_pixel == pytest.approx(60.0 / 360.0)


def axial(qtbot, series: Series) -> SliceView:
    view = SliceView("axial")
    qtbot.addWidget(view)
    view.resize(440, 360)
    grid = grid_of("plain")
    view.set_volume(Volume(grid=grid, values=np.zeros(grid.shape_kji, np.int16), series=series))
    view.set_crosshair((0.0, 0.0, 4.0))  # two slices of 2 mm above the middle one, number 16 of 31
    return view


def test_image_and_table_are_said_where_they_hold(qtbot):
    series = Series(
        instance_numbers=tuple(range(131, 100, -1)),
        table_positions_mm=tuple(400.0 + 2.0 * k for k in range(31)),
    )
    view = axial(qtbot, series)
    words = view._words(view.plane()).bottom_left
    assert words[:2] == ("z 4.0 mm", "image 114 of 31")
    view.set_table_known(True)
    assert view._words(view.plane()).bottom_left[0] == "z 4.0 mm   table 434.0"
    silent = axial(qtbot, Series())
    silent.set_table_known(True)
    assert silent._words(silent.plane()).bottom_left[:2] == ("z 4.0 mm", "slice 18 of 31")


def test_hover_shows_the_name_of_a_ghost_only_under_the_pointer(make, qtbot):
    view = make("along_axial")
    view.set_overlays(Overlays())
    view.set_needles((drawn(selected=False, key="T2", label="WWWW"),))
    x, y = screen(view, PATH.tip_lps_mm)

    def written() -> int:
        image = view.grab().toImage()
        spots = [(int(x) + dx, int(y) + dy) for dx in range(9, 45) for dy in range(3, 15)]
        return sum(QColor(image.pixel(*spot)).red() > 150 for spot in spots)

    bare = written()
    view._pointer = QPointF(*screen(view, PATH.at_depth_mm(12.0)))
    assert written() > bare + 20
    view._pointer = QPointF(x + 100.0, y + 100.0)
    assert written() == bare
