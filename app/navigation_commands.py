"""What `trephine serve` and `trephine send` do: read a plan, hand it over, say what happens."""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from planning.disk_words import reason_of
from planning.errors import InputError
from planning.folder_changes import settle
from planning.handover.content import chosen_of
from planning.handover.igtl.link import Link
from planning.handover.igtl.link_values import (
    LinkListener,
    LinkOrder,
    LinkPhase,
    LinkRole,
    LinkState,
)
from planning.handover.igtl.plan_messages import HandedPlan
from planning.handover.igtl.wire import PLAIN, WITH_METADATA
from planning.handover.plan_json import plan_from_json
from planning.records.approval_file import approval_beside, sha256_of

PLAN_FILE = "plan.json"
_ASKED_EVERY_S = 0.2
_SENT_WITHIN_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class NavigationOrder:
    """What `trephine serve` or `trephine send` was asked for; no cores: those that are meant."""

    plan: Path
    host: str
    port: int
    cores: tuple[str, ...] = ()
    protocol: str = "3"


def run_serve(order: NavigationOrder, stop: Event | None = None) -> None:
    """Serve a plan until the user ends it.

    Parameters
    ----------
    stop : Event or None
        Ends it as well.

    Raises
    ------
    InputError
        If the plan cannot be read, or the port not be opened.
    """
    handed = plan_to_hand_over(order)
    said = _Said()
    link = Link(_link_order(order, LinkRole.SERVE), LinkListener(tools=_ignore, state=said.take))
    link.set_plan(handed)
    link.start()
    ended, refused = stop or Event(), 0
    try:
        while not ended.wait(_ASKED_EVERY_S) and link.state.phase is not LinkPhase.FAILED:
            said.show(f"{order.host}:{link.port}")
            counts = link.counts
            if counts.refused > refused:
                _say(f"refused so far: {counts.refused}; last: {counts.last}")
                refused = counts.refused
    except KeyboardInterrupt:
        _say("Ended.")
    finally:
        state = link.state
        link.stop()
    if state.phase is LinkPhase.FAILED:
        raise InputError(state.reason)


def run_send(order: NavigationOrder) -> None:
    """Send a plan once.

    Raises
    ------
    InputError
        If the plan cannot be read, or nobody takes it.
    """
    handed = plan_to_hand_over(order)
    link = Link(_link_order(order, LinkRole.CONNECT), LinkListener(tools=_ignore, state=_ignore))
    link.start()
    try:
        until = time.monotonic() + _SENT_WITHIN_S
        while (state := link.state).phase is not LinkPhase.CONNECTED:
            if state.phase is LinkPhase.FAILED or time.monotonic() > until:
                raise InputError(state.reason or f"{order.host} did not answer.")
            time.sleep(_ASKED_EVERY_S / 10.0)
        link.set_plan(handed, push=True)
        while not link.is_all_sent:
            if not _is_connected(link) or time.monotonic() > until:
                raise InputError(f"{order.host}:{order.port} did not take the whole plan.")
            time.sleep(_ASKED_EVERY_S / 10.0)
    finally:
        link.stop()
    _say(f"Sent {_names(handed)} to {order.host}:{order.port}.")


def plan_to_hand_over(order: NavigationOrder) -> HandedPlan:
    """Return what of a plan is handed over.

    Raises
    ------
    InputError
        If the plan cannot be read, or does not hold what was asked for.
    """
    path = order.plan / PLAN_FILE if order.plan.is_dir() else order.plan
    settle(path.parent)
    try:
        data = path.read_bytes()
        plan = plan_from_json(data, path.name)
    except OSError as error:
        raise InputError(
            f"{path} cannot be read ({reason_of(error)}); give a plan.json."
        ) from error
    approval = approval_beside(path, sha256_of(data))
    if approval is None:
        _say("This plan was not approved by anybody.")
    wanted = order.cores or (() if approval is None else approval.candidate_ids)
    found = chosen_of(plan, wanted, called=path.name)
    if not found:
        raise InputError(f"{path.name} holds no trajectory to hand over.")
    return HandedPlan(plan=plan, candidates=found)


def _is_connected(link: Link) -> bool:
    return link.state.phase is LinkPhase.CONNECTED


def _link_order(order: NavigationOrder, role: LinkRole) -> LinkOrder:
    return LinkOrder(
        role=role,
        host=order.host,
        port=order.port,
        version=WITH_METADATA if order.protocol == "3" else PLAIN,
    )


class _Said:
    """Says once each time that the link has come to another state."""

    def __init__(self) -> None:
        self._states: list[LinkState] = []
        self._began = False

    def take(self, state: LinkState) -> None:
        self._states.append(state)

    def show(self, address: str) -> None:
        while self._states:
            state = self._states.pop(0)
            if state.phase is LinkPhase.WAITING and self._began:
                _say("Nobody is connected any more.")
            elif state.phase is LinkPhase.WAITING:
                self._began = True
                _say(f"Serving on {address}; Ctrl+C ends it.")
            elif state.phase is LinkPhase.CONNECTED:
                _say(f"Connected: {', '.join(state.peers)}")


def _names(handed: HandedPlan) -> str:
    return ", ".join(candidate.candidate_id for candidate in handed.candidates)


def _ignore(_: object) -> None:
    """Take what is told, and do nothing."""


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
