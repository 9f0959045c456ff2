"""The real window and real trackers: the C++ library's programs drive the needle in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtGui import QColor
from PySide6.QtWidgets import QComboBox, QLabel
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.assembly.navigation import STEP
from app.desk import Desk
from app.settings import Settings
from app.views.navigation_panel import NavigationPanel
from app.views.navigation_values import LivePath, NavigationWish
from app.views.palette import DARK, LIVE_COLOUR
from app.views.slice_view import SliceView
from planning.geometry import Grid, vec3
from planning.handover.igtl.link_values import LinkPhase
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case, Role, Structure
from planning.model.plan import PlanResult
from tests.igtl_peers import free_port, programs_folder, running, wait_until_listening

PATIENCE_MS = 60_000
# The library's trackers circle around the origin, 71 mm away at most.
GRID = Grid(size_ijk=(45, 45, 45), spacing_mm=(4.0, 4.0, 4.0), origin_lps_mm=(-88.0,) * 3)
FRESH = "app.presenters.navigation.FRESH_S"


@pytest.fixture
def programs() -> Path:
    return programs_folder()


@pytest.fixture
def desk(qtbot: QtBot, plan: PlanResult) -> Iterator[Desk]:
    made = build_desk(Settings())
    qtbot.addWidget(made.window)
    made.window.resize(1600, 1000)
    made.window.show()
    inside = np.zeros(GRID.shape_kji, dtype=np.bool_)
    inside[20:24, 18:22, 30:33] = True
    corners = np.zeros(GRID.shape_kji, dtype=np.bool_)  # the 3-D view then shows all there is
    corners[2:6, 2:6, 2:6] = corners[39:43, 39:43, 39:43] = True
    images = CaseImages(
        ct=Volume(grid=GRID, values=np.full(GRID.shape_kji, -1000, np.int16)),
        masks={
            "tumour": Mask(grid=GRID, inside=inside),
            "bone": Mask(grid=GRID, inside=corners),
        },
    )
    structures = (
        Structure(name="lesion", role=Role.TUMOUR, mask_id="tumour"),
        Structure(name="corners", role=Role.BONE, mask_id="bone"),
    )
    made.session.open(Case(name="n", ct_id="ct", structures=structures, plan=plan), images)
    made.window.show_pictures()
    made.view_state.select("T1")
    made.window.actions_by_key["navigation"].trigger()
    qtbot.waitUntil(lambda: not made.is_busy, timeout=PATIENCE_MS)
    yield made
    made.window.close()


def words_in(desk: Desk) -> str:
    panel = desk.window.findChild(NavigationPanel)
    return "\n".join(label.text() for label in panel.findChildren(QLabel) if not label.isHidden())


def wait_for_needle(desk: Desk, qtbot: QtBot, positions: int = 10) -> None:
    counts = lambda: desk.navigation.link.counts  # noqa: E731
    qtbot.waitUntil(lambda: counts().poses >= positions, timeout=PATIENCE_MS)
    qtbot.waitUntil(lambda: desk.navigation.live is not None, timeout=PATIENCE_MS)


def along(path: LivePath, away_mm: float) -> tuple[float, float, float]:
    """Return the point so far from the tip toward the hub."""
    tip, hub = np.array(path.tip_lps_mm), np.array(path.hub_lps_mm)
    return vec3(tip + away_mm * (hub - tip) / np.linalg.norm(hub - tip))


def has_colour(view: SliceView, point_lps_mm, wanted: str, within: int = 40) -> bool:
    image, plane = view.grab().toImage(), view.plane()
    assert plane is not None
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    colour = QColor(wanted)
    near = [(int(x) + i, int(y) + j) for i in range(-6, 7) for j in range(-6, 7)]
    found = [image.pixelColor(*place) for place in near if image.rect().contains(*place)]
    return any(
        abs(c.red() - colour.red())
        + abs(c.green() - colour.green())
        + abs(c.blue() - colour.blue())
        < within
        for c in found
    )


def checked_on_the_pictures(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the pictures against where the needle was last, live and then stale."""
    monkeypatch.setattr(FRESH, 600.0)  # however busy the machine is
    desk.navigation.show_live()
    path = desk.navigation.live
    assert path is not None
    assert not path.stale
    assert "live" in path.label
    at = along(path, 8.0)
    desk.view_state.set_crosshair(at)
    window = desk.window
    for view in (window.axial, window.coronal, window.sagittal):
        assert has_colour(view, at, LIVE_COLOUR), view.accessibleName()
    place = window.scene.place_of(at)
    shown = window.scene.grab().toImage()
    near = [(round(place.x()) + i, round(place.y()) + j) for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert QColor(LIVE_COLOUR).name() in {shown.pixelColor(*p).name() for p in near}
    monkeypatch.setattr(FRESH, 0.0)
    desk.navigation.show_live()
    assert desk.navigation.live is not None
    assert desk.navigation.live.stale
    at = along(desk.navigation.live, 8.0)  # it has moved on since
    desk.view_state.set_crosshair(at)
    for view in (window.axial, window.coronal, window.sagittal):
        assert not has_colour(view, at, LIVE_COLOUR), view.accessibleName()
        assert has_colour(view, at, DARK.secondary, within=90), view.accessibleName()
    assert "No data for" in words_in(desk)


def test_the_librarys_tracker_client_drives_the_needle(desk, qtbot, programs, monkeypatch):
    port = free_port()
    desk.navigation.start(NavigationWish(port=port))
    qtbot.waitUntil(lambda: "Waiting on" in words_in(desk), timeout=PATIENCE_MS)
    with running(programs / "TrackerClient", "127.0.0.1", port, 50) as said:
        wait_for_needle(desk, qtbot)
        qtbot.waitUntil(lambda: "1 program is connected" in words_in(desk), timeout=PATIENCE_MS)
        qtbot.waitUntil(lambda: "positions a second" in words_in(desk), timeout=PATIENCE_MS)
        seen = np.array(desk.navigation.live.tip_lps_mm)
        row = r"^\S+, \S+, \S+, (\S+)\n"
        printed = re.findall(f"{3 * row}0, 0, 0, 1$", said.text, re.MULTILINE)
    tips_ras = np.array(printed, dtype=np.float64)
    assert np.linalg.norm(tips_ras * (-1.0, -1.0, 1.0) - seen, axis=1).min() < 1e-3
    assert np.linalg.norm(tips_ras - seen, axis=1).min() > 1e-3
    qtbot.waitUntil(
        lambda: desk.navigation.link.state.phase is LinkPhase.WAITING, timeout=PATIENCE_MS
    )
    assert "mm off the axis" in words_in(desk)
    checked_on_the_pictures(desk, monkeypatch)


def test_the_librarys_tracker_server_drives_the_needle(desk, qtbot, programs, monkeypatch):
    port = free_port()
    with running(programs / "TrackerServer", port, 50):
        wait_until_listening(port)
        desk.navigation.start(NavigationWish(role="connect", port=port, axis="-y"))
        wait_for_needle(desk, qtbot)
        assert "Connected to" in words_in(desk)
        checked_on_the_pictures(desk, monkeypatch)


def test_the_librarys_tracking_data_server_offers_its_tools(desk, qtbot, programs, monkeypatch):
    port = free_port()
    with running(programs / "TrackingDataServer", port):
        wait_until_listening(port)
        desk.navigation.start(NavigationWish(role="connect", port=port))
        wait_for_needle(desk, qtbot)
        panel = desk.window.findChild(NavigationPanel)
        boxes = panel.findChildren(QComboBox)
        (tools,) = [box for box in boxes if box.findData("Channel 2") >= 0]
        assert [tools.itemText(n) for n in range(3)] == ["Channel 0", "Channel 1", "Channel 2"]
        assert "Channel 0 against Trajectory 1" in words_in(desk)
        tools.setCurrentIndex(2)
        tools.activated.emit(2)
        assert "Channel 2 against Trajectory 1" in words_in(desk)
        checked_on_the_pictures(desk, monkeypatch)


def test_the_plan_that_is_selected_is_sent(desk, qtbot, programs):
    port = free_port()
    with running(programs / "ReceiveServer", port) as said:
        wait_until_listening(port)
        desk.navigation.start(NavigationWish(role="connect", port=port, protocol="2"))
        qtbot.waitUntil(lambda: "Connected to" in words_in(desk), timeout=PATIENCE_MS)
        desk.navigation.send()
        text = said.wait_for("Receiving : POLYDATA")
    # T1 of the small case: entry (-10, 25, 130), tip (-8, -5, 134) in LPS.
    assert "Position  : ( 10.000000, -25.000000, 130.000000 )" in text
    assert "Position  : ( 8.000000, 5.000000, 134.000000 )" in text
    assert "T2" not in text


def test_a_refused_connection_is_said_where_it_arose(desk, qtbot):
    port = free_port()
    desk.navigation.start(NavigationWish(role="connect", port=port))
    nobody = f"Nobody answers at 127.0.0.1:{port}"
    qtbot.waitUntil(lambda: nobody in words_in(desk), timeout=PATIENCE_MS)
    assert "Trying again." in words_in(desk)
    desk.navigation.stop()
    assert "Not connected." in words_in(desk)


def test_another_case_ends_the_link(desk, qtbot):
    desk.navigation.start(NavigationWish(port=free_port()))
    assert desk.navigation.link.is_open
    case, images = desk.session.case, desk.session.images
    desk.session.open(replace(case, name="another"), images)
    assert not desk.navigation.link.is_open
    assert desk.navigation.live is None


def test_the_tab_stands_at_the_step_of_handing_over(desk):
    assert desk.window.step == STEP
    panel = desk.window.findChild(NavigationPanel)
    assert panel.isVisible()
    desk.window.show_step("review")
    assert not panel.isVisible()
