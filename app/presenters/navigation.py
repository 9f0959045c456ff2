"""A link to a navigation system while a case is open: what it is told, and the needle it tracks.

Draws nothing; the pictures are told where the needle is.
"""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.language import tr
from app.navigation_link import NavigationLink, SeenTool
from app.preferences import Preferences
from app.presenters.coalescing import coalesced
from app.presenters.navigation_words import (
    arrived_words,
    cautions,
    live_words,
    sent_words,
    stale_words,
    state_words,
)
from app.presenters.shown import plan_of, selected_candidate, shown_candidate
from app.session import Session
from app.view_state import ViewState
from app.views.navigation_panel import NavigationPanel
from app.views.navigation_values import LivePath, LiveText, NavigationText, NavigationWish
from app.views.values import Choice
from planning.execution.live_needle import live_placement
from planning.geometry import vec3
from planning.handover.content import trajectories_by_id
from planning.handover.igtl.frames import WireFrame
from planning.handover.igtl.link_values import FRESH_S, LinkOrder, LinkPhase, LinkRole
from planning.handover.igtl.plan_messages import HandedPlan
from planning.handover.igtl.tracked import ToolAxis
from planning.handover.igtl.wire import PLAIN, WITH_METADATA
from planning.model.plan_life import approved_ids

_SHOWN_EVERY_MS = 25
_FOLLOWED_EVERY_MS = 200
"""Other slices cost more than a needle over the same ones, which is seen 20 times a second."""
_LOOKED_AT_EVERY_MS = 100
_RATE_OVER_S = 1.0
_UNKNOWN_LENGTH_MM, _UNKNOWN_RADIUS_MM = 150.0, 1.0


class NavigationPresenter(QObject):
    """Connects the open case with a navigation system.

    Signals
    -------
    live_changed : LivePath or None
        Where the pictures show the tracked needle.
    """

    live_changed = Signal(object)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        link: NavigationLink,
        panel: NavigationPanel,
        preferences: Preferences,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._state = session, view_state
        self._link, self._panel, self._preferences = link, panel, preferences
        self._wish = _kept(preferences)
        self._tool, self._tools = "", tuple[str, ...]()
        self._fired, self._follows = False, False
        self._shown: LivePath | None = None
        self._handed: HandedPlan | None = None
        self._rate, self._counted = 0.0, (time.monotonic(), 0)
        self._soon = coalesced(self, _SHOWN_EVERY_MS, self.show_live)
        self._follow_soon = coalesced(self, _FOLLOWED_EVERY_MS, self._follow)
        self._clock = QTimer(self)
        self._clock.setInterval(_LOOKED_AT_EVERY_MS)
        self._clock.timeout.connect(self._look)
        panel.set_wish(self._wish)
        self._connect()
        self.follow_plan()

    @property
    def live(self) -> LivePath | None:
        """Where the pictures show the tracked needle."""
        return self._shown

    @property
    def link(self) -> NavigationLink:
        """The link, open or not."""
        return self._link

    def start(self, wish: NavigationWish) -> None:
        """Serve, or connect."""
        images = self._session.images
        if images is None:
            return
        self._wish = wish
        self._panel.set_wish(wish)
        self._preferences.change(
            navigation_role=wish.role,
            navigation_host=wish.host,
            navigation_port=wish.port,
            navigation_frame=wish.frame,
            navigation_axis=wish.axis,
            navigation_protocol=wish.protocol,
        )
        self._tool, self._tools = "", ()
        self._set_fired(fired=False)
        self._rate, self._counted = 0.0, (time.monotonic(), 0)
        self._link.open(
            LinkOrder(
                role=LinkRole(wish.role),
                host=wish.host,
                port=wish.port,
                version=WITH_METADATA if wish.protocol == "3" else PLAIN,
                frame=WireFrame(wish.frame),
                frame_of_reference_uid=images.ct.frame_of_reference_uid,
            )
        )
        self._clock.start()
        self._refresh()

    def stop(self) -> None:
        """End the link; the tracked needle goes from the pictures."""
        self._clock.stop()
        self._link.close()
        self._tool, self._tools = "", ()
        self.show_live()
        self._refresh()

    def send(self) -> None:
        """Send the plan to everyone who is connected."""
        self._link.set_plan(self._handed, push=True)

    def follow_plan(self, *_: object) -> None:
        """Hand over what is approved, or else the selected trajectory and its set, from now on."""
        handed = self._to_hand_over()
        if handed != self._handed:
            self._handed = handed
            self._link.set_plan(handed)
        self._refresh()
        self.show_live()

    def follow_selection(self, *_: object) -> None:
        """Compare with another trajectory, of which no needle has been fired yet."""
        self._set_fired(fired=False)
        self.follow_plan()

    def show_live(self) -> None:
        """Show the tracked needle as it was last seen, everywhere."""
        seen = self._link.seen()
        names = tuple(sorted(seen))
        if names != self._tools:
            self._tools = names
            self._tool = self._tool or next(iter(names), "")
            self._refresh()
        tool = seen.get(self._tool)
        self._panel.set_live(self._numbers(tool))
        path = None if tool is None else self._path(tool)
        if path != self._shown:
            self._shown = path
            self.live_changed.emit(path)
            if self._follows and not self._follow_soon.isActive():
                self._follow_soon.start()

    def set_following(self, *, follows: bool) -> None:
        """Let the slices go where the tip is, or leave them where they are."""
        self._follows = follows
        self._follow()

    def _follow(self) -> None:
        images, path = self._session.images, self._shown
        if not self._follows or path is None or path.stale or images is None:
            return
        if bool(images.ct.grid.contains(path.tip_lps_mm)):
            self._state.set_crosshair(path.tip_lps_mm)

    def _connect(self) -> None:
        panel, link, session = self._panel, self._link, self._session
        panel.start_requested.connect(self.start)
        panel.stop_requested.connect(self.stop)
        panel.send_requested.connect(self.send)
        panel.tool_chosen.connect(self._choose_tool)
        panel.axis_chosen.connect(self._choose_axis)
        panel.fired_toggled.connect(lambda on: self._set_fired(fired=on))
        panel.following_toggled.connect(lambda on: self.set_following(follows=on))
        panel.wish_changed.connect(self._refresh)
        link.arrived.connect(self._show_soon)
        link.state_changed.connect(lambda _: self._refresh())
        session.case_changed.connect(self.follow_plan)
        session.opened.connect(self.stop)  # what was tracked belongs to another patient
        self._state.selection_changed.connect(self.follow_selection)
        self._state.draft_changed.connect(lambda _: self._show_soon())

    def _show_soon(self) -> None:
        if not self._soon.isActive():
            self._soon.start()

    def _look(self) -> None:
        """See from time to time whether data have become stale, and how many come."""
        now, poses = time.monotonic(), self._link.counts.poses
        since_s, before = self._counted
        if now - since_s >= _RATE_OVER_S:
            self._rate, self._counted = (poses - before) / (now - since_s), (now, poses)
            self._refresh()
        self._show_soon()

    def _choose_tool(self, name: str) -> None:
        self._tool = name
        self._set_fired(fired=False)
        self.show_live()
        self._refresh()

    def _choose_axis(self, axis: str) -> None:
        self._preferences.change(navigation_axis=axis)
        self.show_live()

    def _set_fired(self, *, fired: bool) -> None:
        self._fired = fired
        self._panel.set_fired(fired=fired)
        self._show_soon()

    def _to_hand_over(self) -> HandedPlan | None:
        case, plan = self._session.case, plan_of(self._session)
        if case is None or plan is None:
            return None
        if case.approval is not None:
            wanted = case.approval.candidate_ids
        else:
            selected = selected_candidate(self._session, self._state)
            wanted = () if selected is None else approved_ids(plan, selected)
        known = trajectories_by_id(plan)
        found = tuple(known[name] for name in wanted if name in known)
        return HandedPlan(plan=plan, candidates=found) if found else None

    def _numbers(self, seen: SeenTool | None) -> LiveText:
        if seen is None:
            waits = self._link.is_open
            return LiveText(
                empty=tr("No tool has been tracked yet.")
                if waits
                else tr(
                    "Connect a tracker that is registered to this CT, and its needle is shown "
                    "against the plan."
                )
            )
        plan, candidate = plan_of(self._session), shown_candidate(self._session, self._state)
        age_s = seen.age_s if seen.age_s > FRESH_S else None
        if plan is None or candidate is None:
            return LiveText(
                title=seen.tool.name,
                empty=tr("Select a trajectory to compare it with."),
                warning="" if age_s is None else stale_words(age_s),
            )
        direction = seen.tool.direction_lps(self._axis())
        tip = seen.tool.pose_lps.origin_mm
        placement = live_placement(candidate, tip, direction, fired=self._fired)
        return live_words(candidate, plan, seen.tool.name, placement, age_s)

    def _path(self, seen: SeenTool) -> LivePath:
        plan = plan_of(self._session)
        length = _UNKNOWN_LENGTH_MM if plan is None else plan.needle.usable_length_mm
        radius = _UNKNOWN_RADIUS_MM if plan is None else plan.needle.radius_mm
        direction, tip = seen.tool.direction_lps(self._axis()), seen.tool.pose_lps.origin_mm
        hub = None if direction is None else vec3(np.array(tip) - length * np.array(direction))
        stale = seen.age_s > FRESH_S
        name = seen.tool.name or tr("needle")
        label = tr("{name}: no data", name=name) if stale else tr("{name}, live", name=name)
        return LivePath(label=label, tip_lps_mm=tip, hub_lps_mm=hub, radius_mm=radius, stale=stale)

    def _axis(self) -> ToolAxis:
        return ToolAxis(self._preferences.settings.navigation_axis)

    def _refresh(self) -> None:
        case, link = self._session.case, self._link
        wish = self._wish if link.is_open else self._panel.wish()
        said, tone = state_words(link.state, wish)
        approved = case is not None and case.approval is not None
        connected = link.state.phase is LinkPhase.CONNECTED
        given_up = link.state.phase is LinkPhase.FAILED and wish.role == LinkRole.SERVE
        self._panel.set_text(
            NavigationText(
                state=said,
                tone=tone,
                cautions=cautions(wish, approved=approved, has_plan=self._handed is not None),
                is_open=link.is_open and not given_up,
                cannot_start=self._why_not_start(wish),
                cannot_send=""
                if connected and self._handed
                else tr("There is no plan to send.")
                if connected
                else tr("Nobody is connected."),
                sent=sent_words(self._handed),
                arrived=arrived_words(link.counts, self._rate) if link.is_open else "",
                tools=tuple(Choice(name, name or tr("needle")) for name in self._tools),
                tool=self._tool,
            )
        )

    def _why_not_start(self, wish: NavigationWish) -> str:
        if self._session.case is None:
            return tr("Open a case first.")
        return "" if wish.host else tr("Say which host, for example 127.0.0.1.")


def _kept(preferences: Preferences) -> NavigationWish:
    kept = preferences.settings
    return NavigationWish(
        role=kept.navigation_role,
        host=kept.navigation_host,
        port=kept.navigation_port,
        frame=kept.navigation_frame,
        axis=kept.navigation_axis,
        protocol=kept.navigation_protocol,
    )
