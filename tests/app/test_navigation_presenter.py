"""Navigation without a network: a tool is where the test says, and the panel says it in words."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QLabel
from pytestqt.qtbot import QtBot

from app.navigation_link import SeenTool
from app.preferences import Preferences
from app.presenters.navigation import NavigationPresenter
from app.session import Session
from app.settings import Settings
from app.view_state import ViewState
from app.views.navigation_panel import NavigationPanel
from app.views.navigation_values import NavigationWish
from planning.geometry import unit, vec3
from planning.handover.igtl.contents import Transform
from planning.handover.igtl.link_values import LinkCounts, LinkPhase, LinkState
from planning.handover.igtl.tracked import TrackedTool
from planning.model.approval import Approval
from planning.model.plan import PlanResult


class StandIn(QObject):
    """A link that hears what the test lets it hear."""

    state_changed = Signal(object)
    arrived = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.is_open = False
        self.state = LinkState(phase=LinkPhase.OFF)
        self.counts = LinkCounts()
        self.orders, self.plans, self.pushed = [], [], 0
        self.tools: dict[str, SeenTool] = {}

    def open(self, order) -> None:
        self.is_open = True
        self.orders.append(order)

    def close(self) -> None:
        self.is_open, self.tools = False, {}

    def set_plan(self, handed, *, push: bool = False) -> None:
        self.plans.append(handed)
        self.pushed += push

    def seen(self) -> dict[str, SeenTool]:
        return dict(self.tools)


class Desk:
    """The presenter with what stands around it."""

    def __init__(self, qtbot: QtBot, case, images, plan: PlanResult) -> None:
        self.session, self.state, self.link = Session(), ViewState(), StandIn()
        self.panel = NavigationPanel()
        qtbot.addWidget(self.panel)
        self.preferences = Preferences(Settings())
        self.presenter = NavigationPresenter(
            self.session, self.state, self.link, self.panel, self.preferences, self.panel
        )
        self.session.open(replace(case, plan=plan), images)
        self.state.select("T1")
        self.plan = plan

    def track(self, tip, direction, *, age_s: float = 0.0, name: str = "Needle") -> None:
        """Let a tool be seen whose own z axis points along a direction."""
        z = unit(direction)
        x = unit(np.cross((0.3, 0.8, 0.1), z))
        pose = Transform((vec3(x), vec3(np.cross(z, x)), vec3(z)), vec3(tip))
        tool = TrackedTool(name=name, pose_lps=pose)
        self.link.tools[name] = SeenTool(tool, time.monotonic() - age_s)
        self.presenter.show_live()

    @property
    def words(self) -> str:
        labels = self.panel.findChildren(QLabel)
        return "\n".join(label.text() for label in labels if not label.isHidden())


@pytest.fixture
def desk(qtbot: QtBot, case, images, plan) -> Desk:
    return Desk(qtbot, case, images, plan)


def test_a_needle_on_its_way_is_compared_with_the_stop(desk):
    core = desk.plan.candidates[0]
    along = core.trajectory.direction_lps
    aside = unit(np.cross(along, (0.0, 0.0, 1.0)))
    desk.presenter.start(NavigationWish())
    tip = np.array(core.stop_lps_mm) - 9.0 * along + 4.0 * aside
    desk.track(tip, np.cos(0.2) * along + np.sin(0.2) * aside)
    lines = desk.words.splitlines()
    assert lines[lines.index("mm off the axis") - 1] == "4.0"
    assert "mm to go to the" in desk.words
    assert "9" in lines
    assert "11" in lines  # degrees: 0.2 rad
    assert "9.8 mm straight from the STOP" in lines
    assert "PAST" not in desk.words
    desk.track(np.array(core.stop_lps_mm) + 3.0 * along, along)
    assert "PAST the" in desk.words
    assert "The tip is on the planned axis." in desk.words


def test_only_a_fired_needle_is_compared_with_the_tip(desk):
    core = desk.plan.candidates[0]
    desk.presenter.start(NavigationWish())
    desk.track(core.stop_lps_mm, core.trajectory.direction_lps)
    assert "tip" not in desk.words.split("mm straight from the ")[1].splitlines()[0]
    desk.panel.fired_toggled.emit(True)
    desk.presenter.show_live()
    assert "15.0 mm straight from the planned tip" in desk.words
    desk.state.select("T2")  # another needle has not been fired yet
    desk.presenter.show_live()
    assert "planned tip" not in desk.words


def test_sides_are_named_by_the_patient(desk):
    core = desk.plan.candidates[0]
    along = core.trajectory.direction_lps
    left = unit((1.0, 0.0, 0.0) - along[0] * along)
    desk.presenter.start(NavigationWish())
    desk.track(np.array(core.stop_lps_mm) + 6.0 * left, along)
    assert "6 mm to patient LEFT" in desk.words
    desk.track(np.array(core.stop_lps_mm) - 6.0 * left, along)
    assert "6 mm to patient RIGHT" in desk.words


def test_data_are_stale_after_half_a_second(desk):
    core = desk.plan.candidates[0]
    desk.presenter.start(NavigationWish())
    desk.track(core.stop_lps_mm, core.trajectory.direction_lps, age_s=0.3)
    assert not desk.presenter.live.stale
    assert "No data" not in desk.words
    desk.track(core.stop_lps_mm, core.trajectory.direction_lps, age_s=0.6)
    assert desk.presenter.live.stale
    assert "No data for 1 s: the needle may be elsewhere." in desk.words


def test_data_become_stale_by_themselves(desk, qtbot):
    core = desk.plan.candidates[0]
    desk.presenter.start(NavigationWish())
    desk.track(core.stop_lps_mm, core.trajectory.direction_lps)
    qtbot.waitUntil(lambda: desk.presenter.live.stale, timeout=10_000)


def test_the_axis_that_is_chosen_is_the_needles(desk):
    desk.presenter.start(NavigationWish())
    desk.track((1.0, 2.0, 130.0), (0.0, 0.6, 0.8))
    hub = desk.presenter.live.hub_lps_mm
    length = desk.plan.needle.usable_length_mm
    assert hub == pytest.approx((1.0, 2.0 - 0.6 * length, 130.0 - 0.8 * length))
    desk.panel.axis_chosen.emit("-z")
    hub = desk.presenter.live.hub_lps_mm
    assert hub == pytest.approx((1.0, 2.0 + 0.6 * length, 130.0 + 0.8 * length))
    assert desk.preferences.settings.navigation_axis == "-z"


def test_the_first_tool_is_taken_and_another_can_be(desk):
    desk.presenter.start(NavigationWish())
    desk.track((1.0, 2.0, 130.0), (0.0, 0.6, 0.8), name="Pointer")
    desk.track((5.0, 2.0, 130.0), (0.0, 0.6, 0.8), name="Needle")
    assert desk.presenter.live.label == "Pointer, live"  # it came first
    desk.panel.tool_chosen.emit("Needle")
    assert desk.presenter.live.tip_lps_mm == (5.0, 2.0, 130.0)


def test_slices_follow_the_tip_only_if_they_are_told_to(desk, qtbot):
    desk.presenter.start(NavigationWish())
    before = desk.state.crosshair_lps_mm
    desk.track((1.0, 2.0, 130.0), (0.0, 0.6, 0.8))
    assert desk.state.crosshair_lps_mm == before
    desk.panel.following_toggled.emit(True)
    assert desk.state.crosshair_lps_mm == (1.0, 2.0, 130.0)
    desk.track((900.0, 2.0, 130.0), (0.0, 0.6, 0.8))
    qtbot.wait(250)
    assert desk.state.crosshair_lps_mm == (1.0, 2.0, 130.0)  # outside the scan there is nothing


def test_what_is_approved_is_handed_over_else_what_is_selected(desk):
    assert [c.candidate_id for c in desk.link.plans[-1].candidates] == ["T1"]
    assert "The plan is not approved." in desk.words
    desk.state.select("T2")
    assert [c.candidate_id for c in desk.link.plans[-1].candidates] == ["T2"]
    approval = Approval(
        approved_by="A", at="2026-11-24T10:00", plan_number=1, plan_sha256="", candidate_ids=("T1",)
    )
    desk.session.seal(replace(desk.session.case, approval=approval))
    assert [c.candidate_id for c in desk.link.plans[-1].candidates] == ["T1"]
    assert "The plan is not approved." not in desk.words
    assert desk.link.pushed == 0  # nobody is sent anything unasked
    desk.presenter.send()
    assert desk.link.pushed == 1


def test_the_form_is_kept_and_ordered(desk):
    wish = NavigationWish(role="connect", host="scanner", port=18945, frame="LPS", protocol="2")
    desk.presenter.start(wish)
    (order,) = desk.link.orders
    assert (order.role.value, order.host, order.port) == ("connect", "scanner", 18945)
    assert (order.frame.value, order.version) == ("LPS", 1)
    assert desk.panel.wish() == wish
    assert desk.preferences.settings.navigation_host == "scanner"


def test_an_open_door_is_said_aloud(desk):
    desk.panel.set_wish(NavigationWish(host="0.0.0.0"))
    desk.panel.wish_changed.emit()
    assert "Everybody on this network can read the plan" in desk.words
    desk.panel.set_wish(NavigationWish(host="0.0.0.0", role="connect"))
    desk.panel.wish_changed.emit()
    assert "Everybody" not in desk.words


def test_without_a_case_nothing_can_be_started(qtbot, plan, case, images):
    session, panel = Session(), NavigationPanel()
    qtbot.addWidget(panel)
    link = StandIn()
    made = NavigationPresenter(session, ViewState(), link, panel, Preferences(Settings()), panel)
    made.start(NavigationWish())
    assert link.orders == []
    assert panel._start.toolTip() == "Open a case first."
