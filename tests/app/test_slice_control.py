"""A control CT in the slices, checked by pixels: where it lies, how it is mixed, where it ends."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtGui import QColor
from pytestqt.qtbot import QtBot

from app.views.slice_control import ControlImage, ControlMode
from app.views.slice_view import SliceView
from app.views.values import Tool
from planning.image import Volume
from tests.app.scenes import grid_of, marked_volume
from tests.moved_scans import motion

HERE, THERE = (-14.0, 10.0, 6.0), (12.0, -9.0, -5.0)
KINDS = ("axial", "coronal", "sagittal")


@pytest.fixture
def make(qtbot: QtBot):
    def _make(orientation="axial", kind="plain") -> SliceView:
        view = SliceView(orientation)
        qtbot.addWidget(view)
        view.resize(420, 420)
        view.set_volume(marked_volume(grid_of(kind), HERE))
        view.set_window(500.0, 1000.0)
        view.show()
        return view

    return _make


def control(mode: ControlMode, *, kind="oblique", accepted=True) -> ControlImage:
    """Return a scan with its mark at another place, on a grid of its own."""
    seen = marked_volume(grid_of(kind), THERE)
    return ControlImage(volume=seen, mode=mode, accepted=accepted)


def colour_at(view: SliceView, point_lps_mm) -> QColor:
    view.set_crosshair(tuple(np.add(point_lps_mm, (0.9, 0.9, 0.9)).tolist()))  # its gap is there
    x, y = view.plane().screen_from_lps(point_lps_mm).tolist()
    return view.grab().toImage().pixelColor(int(x), int(y))


@pytest.mark.parametrize("orientation", KINDS)
@pytest.mark.parametrize("kind", ["plain", "permuted", "flipped", "oblique"])
def test_it_takes_the_planning_cts_place(make, orientation, kind):
    view = make(orientation)
    assert colour_at(view, HERE).red() > 240
    assert colour_at(view, THERE).red() < 10
    view.set_control_image(control(ControlMode.CONTROL, kind=kind))
    assert colour_at(view, THERE).red() > 240
    assert colour_at(view, HERE).red() < 10
    view.set_control_image(control(ControlMode.PLANNING, kind=kind))
    assert colour_at(view, HERE).red() > 240


def test_blended_each_has_its_colour_and_both_are_grey(make):
    view = make()
    view.set_control_image(control(ControlMode.BLEND))
    here, there = colour_at(view, HERE), colour_at(view, THERE)
    assert here.red() > here.green() > here.blue() + 50  # orange
    assert there.blue() > there.green() > there.red() + 50  # blue
    same = ControlImage(volume=marked_volume(grid_of("flipped"), HERE), mode=ControlMode.BLEND)
    view.set_control_image(same)
    both = colour_at(view, HERE)
    assert min(both.red(), both.green(), both.blue()) > 245


def test_a_moved_scan_is_seen_where_its_registration_puts_it(make):
    truth = motion((5.0, -3.0, 4.0), (8.0, -6.0, 10.0), (0.0, 0.0, 0.0))
    seen = marked_volume(grid_of("plain"), tuple(truth.second_from_ct(THERE).tolist()))
    placed = Volume(grid=truth.placed_in_ct(seen.grid), values=seen.values)
    view = make()
    view.set_control_image(ControlImage(volume=placed, mode=ControlMode.CONTROL))
    assert colour_at(view, THERE).red() > 240


def test_where_it_was_not_scanned_the_planning_ct_goes_on_darker(make):
    view = make()
    whole = grid_of("plain")
    part = whole.cropped((31, 0, 0), whole.size_ijk)
    view.set_control_image(
        ControlImage(
            volume=Volume(grid=part, values=np.zeros(part.shape_kji, np.int16)),
            mode=ControlMode.CONTROL,
        )
    )
    assert 60 < colour_at(view, HERE).red() < 110  # a third of white


def test_what_is_shown_and_measured_is_said(make, qtbot):
    view = make()
    view.set_control_image(control(ControlMode.CONTROL, accepted=False))
    lines = " ".join(view._words(view.plane()).bottom_left)
    assert "Control CT" in lines
    assert "not accepted" in lines
    view.set_control_image(control(ControlMode.BLEND))
    assert "control CT blue" in " ".join(view._words(view.plane()).bottom_left)
    view.set_control_image(control(ControlMode.CONTROL))
    view.set_tool(Tool.HU)
    assert view._hu_words(THERE, 0.0) == "1000 HU"  # of the CT that is seen
    view.set_control_image(None)
    assert view._hu_words(THERE, 0.0) == "0 HU"


def test_the_window_holds_for_both(make):
    view = make()
    view.set_control_image(control(ControlMode.CONTROL))
    view.set_window(1000.0, 1000.0)
    assert colour_at(view, THERE).red() == pytest.approx(127, abs=6)
