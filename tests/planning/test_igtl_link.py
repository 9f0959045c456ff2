"""The link over real sockets, against the C++ library's own programs and against bad company."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from random import Random

import numpy as np
import pytest

from planning.geometry import unit, vec3
from planning.handover.igtl.contents import (
    TOOL_6D,
    TrackedElement,
    points_from_bytes,
    text_from_bytes,
    tracked_from_bytes,
    tracked_to_bytes,
    trajectories_from_bytes,
    transform_from_bytes,
)
from planning.handover.igtl.control import StartTracking, capability_from_bytes, start_to_bytes
from planning.handover.igtl.link import MOST_PEERS, Link
from planning.handover.igtl.link_values import (
    DEFAULT_HOST,
    LinkListener,
    LinkOrder,
    LinkPhase,
    LinkRole,
    LinkState,
)
from planning.handover.igtl.plan_messages import HandedPlan, core_text, plan_messages, stop_pose_ras
from planning.handover.igtl.polydata import polylines_from_bytes
from planning.handover.igtl.splitter import Splitter
from planning.handover.igtl.tracked import ToolAxis, TrackedTool
from planning.handover.igtl.wire import PLAIN, Message, message_to_bytes
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from tests.example_plans import SPRUNG, plan
from tests.igtl_malformed import POSE_RAS, damaged, transform
from tests.igtl_peers import free_port, programs_folder, running, wait_until_listening

_PATIENCE_S = 20.0
_FLOAT32 = 1e-4
"""Of numbers of a few hundred mm; the programs print six digits."""
ENTRY, TIP = (-12.5, 88.25, 41.125), (31.75, 20.5, 63.0)
"""LPS mm, oblique in all three directions."""


@pytest.fixture
def programs() -> Path:
    return programs_folder()


@pytest.fixture
def handed() -> HandedPlan:
    whole = plan()
    path = Trajectory(ENTRY, TIP)
    first = replace(
        whole.candidates[0],
        trajectory=path,
        stop_lps_mm=path.stop_lps_mm(SPRUNG),
        specimen_lps_mm=path.specimen_lps_mm(SPRUNG),
    )
    changed = replace(whole, candidates=(first, whole.candidates[1]))
    return HandedPlan(plan=changed, candidates=(first,))


class Heard:
    """A running link and what it has told."""

    def __init__(self) -> None:
        self.tools: list[TrackedTool] = []
        self.states: list[LinkState] = []
        self.link: Link

    def wait_for(self, true: Callable[[], bool]) -> None:
        until = time.monotonic() + _PATIENCE_S
        while not true():
            assert time.monotonic() < until, (self.states[-3:], self.link.counts)
            time.sleep(0.01)


@contextmanager
def linked(handed: HandedPlan | None = None, **order) -> Iterator[Heard]:
    heard = Heard()
    listener = LinkListener(tools=heard.tools.extend, state=heard.states.append)
    heard.link = Link(LinkOrder(**{"role": LinkRole.SERVE, "port": 0} | order), listener)
    heard.link.set_plan(handed)
    heard.link.start()
    heard.wait_for(lambda: bool(heard.states))
    try:
        yield heard
    finally:
        assert heard.link.stop()


class Caller:
    """A plain socket that speaks to a link."""

    def __init__(self, heard: Heard) -> None:
        self.socket = socket.create_connection((DEFAULT_HOST, heard.link.port), timeout=20.0)
        self._splitter = Splitter()
        self._found: list[Message] = []

    def say(self, *data: bytes) -> None:
        self.socket.sendall(b"".join(data))

    def hear(self, kind: str) -> Message:
        """Return the next message of a type; others before it are dropped."""
        while True:
            while self._found:
                message = self._found.pop(0)
                if message.kind == kind:
                    return message
            data = self.socket.recv(1 << 16)
            assert data, f"the link hung up before it said {kind}"
            self._found += [one for one in self._splitter.feed(data) if isinstance(one, Message)]

    def is_cut_off(self) -> bool:
        try:
            while self.socket.recv(1 << 16):
                pass
        except ConnectionError:
            return True
        return True


@contextmanager
def calling(heard: Heard) -> Iterator[Caller]:
    caller = Caller(heard)
    with caller.socket:
        yield caller


def ras(point_lps_mm) -> list[float]:
    """Written out here, so that nothing is shared with what is tested."""
    return [-point_lps_mm[0], -point_lps_mm[1], point_lps_mm[2]]


# The plan as messages.


def test_every_message_of_a_plan_says_what_its_coordinates_mean(handed):
    messages = plan_messages(handed, timestamp=7)
    assert [m.kind for m in messages] == ["POINT", "TRAJ", "STRING", "TRANSFORM", "POLYDATA"]
    for message in messages:
        assert message.metadata["CoordinateSystem"] == "RAS"
        assert message.metadata["CoordinateUnits"] == "mm"
        assert message.metadata["FrameOfReferenceUID"] == "1.2.3"
        assert "Research use only" in message.metadata["Notice"]
        assert message.timestamp == 7


def test_a_plans_places_are_on_the_wire_in_ras(handed):
    (core,) = handed.candidates
    points, paths, words, pose, line = (m.content for m in plan_messages(handed))
    entry, stop, tip = points_from_bytes(points)
    assert [p.group for p in (entry, stop, tip)] == ["entry", "target", "tip"]
    wanted = [ras(p) for p in (ENTRY, core.stop_lps_mm, TIP)]
    assert np.allclose([p.point_mm for p in (entry, stop, tip)], wanted, atol=1e-5)
    (path,) = trajectories_from_bytes(paths)
    assert np.allclose((path.entry_mm, path.target_mm), wanted[:2], atol=1e-5)
    assert path.diameter_mm == pytest.approx(SPRUNG.outer_diameter_mm)
    assert np.allclose(polylines_from_bytes(line).points_mm, wanted, atol=1e-5)
    assert '"coordinate_system": "LPS"' in text_from_bytes(words)
    read = transform_from_bytes(pose)
    assert np.allclose(read.origin_mm, wanted[1], atol=1e-5)
    assert np.allclose(read.axes[2], unit(np.subtract(wanted[2], wanted[0])), atol=1e-6)
    assert np.linalg.det(np.array(read.axes)) == pytest.approx(1.0, abs=1e-5)


@pytest.mark.parametrize("toward", [(1.0, 0.01, 0.0), (-1.0, 0.0, 0.0), (0.0, 0.0, 1.0)])
def test_a_planned_pose_is_a_rotation_wherever_the_needle_points(handed, toward):
    core = handed.candidates[0]
    path = Trajectory(ENTRY, vec3(np.array(ENTRY) + 60.0 * unit(toward)))
    axes = np.array(stop_pose_ras(replace(core, trajectory=path)).axes)
    assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-9)
    assert np.linalg.det(axes) == pytest.approx(1.0)


def test_a_core_that_does_not_fit_loses_its_least_important_part(handed):
    core = replace(handed.candidates[0], criteria={f"k{n}": 1.0 for n in range(9000)})
    text = core_text(handed.plan, core)
    assert "criteria" not in text
    assert '"stop_lps_mm"' in text


def test_nothing_on_the_wire_names_the_case(handed):
    everything = b"".join(map(message_to_bytes, plan_messages(handed)))
    assert handed.plan.case_name.encode() not in everything
    assert "Läsion".encode() not in everything


# The C++ library's programs.


def numbers_after(text: str, label: str) -> list[list[float]]:
    found = re.findall(rf"{label}\s*: \( (\S+), (\S+), (\S+) \)", text)
    return [[float(n) for n in row] for row in found]


def matrices(text: str) -> list[np.ndarray]:
    blocks = re.findall(r"=============\n((?:[^\n=]*\n){4})=============", text)
    return [
        np.array([[float(n) for n in r.split(",")] for r in b.strip().splitlines()]) for b in blocks
    ]


def checked_words(text: str, handed: HandedPlan) -> None:
    """Hold what a receiver printed against the plan."""
    core = handed.candidates[0]
    entry, stop, tip = numbers_after(text, "Position")
    assert np.allclose(
        (entry, stop, tip), [ras(p) for p in (ENTRY, core.stop_lps_mm, TIP)], atol=1e-4
    )
    assert np.allclose(numbers_after(text, "Entry Pt"), [ras(ENTRY)], atol=1e-4)
    assert np.allclose(numbers_after(text, "Target Pt"), [ras(core.stop_lps_mm)], atol=1e-4)
    assert [w for w in ("c1 entry", "c1 target", "c1 tip") if w not in text] == []
    (matrix,) = matrices(text)
    assert np.allclose(matrix[:3, 3], ras(core.stop_lps_mm), atol=1e-3)
    assert np.allclose(matrix[:3, 2], unit(np.subtract(ras(TIP), ras(ENTRY))), atol=1e-5)
    assert '"tip_lps_mm": [31.75, 20.5, 63.0]' in text


def test_the_librarys_client_prints_the_plan(programs, handed):
    with (
        linked(handed, version=PLAIN) as heard,
        running(programs / "ReceiveClient", DEFAULT_HOST, heard.link.port) as said,
    ):
        checked_words(said.wait_for("Receiving : POLYDATA"), handed)
        assert heard.link.counts.refused == 0


def test_the_librarys_server_prints_the_plan(programs, handed):
    port = free_port()
    with running(programs / "ReceiveServer", port) as said:
        wait_until_listening(port)
        order = {"role": LinkRole.CONNECT, "port": port, "version": PLAIN}
        with linked(**order) as heard:
            heard.wait_for(lambda: heard.link.state.phase is LinkPhase.CONNECTED)
            heard.link.set_plan(handed, push=True)
            checked_words(said.wait_for("Receiving : POLYDATA"), handed)


def test_the_librarys_tracker_client_is_heard(programs):
    with (
        linked() as heard,
        running(programs / "TrackerClient", DEFAULT_HOST, heard.link.port, 100) as said,
    ):
        heard.wait_for(lambda: len(heard.tools) >= 20)
        same_as_printed(heard.tools[:20], said.wait_for("=====\n", 42))


def test_the_librarys_tracker_server_is_heard(programs):
    port = free_port()
    with running(programs / "TrackerServer", port, 100) as said:
        wait_until_listening(port)
        with linked(role=LinkRole.CONNECT, port=port) as heard:
            heard.wait_for(lambda: len(heard.tools) >= 20)
            same_as_printed(heard.tools[:20], said.wait_for("=====\n", 42))


def same_as_printed(tools: list[TrackedTool], text: str) -> None:
    """The matrices are of no symmetry: a transposed one, or a swapped side, is found."""
    for tool, printed in zip(tools, matrices(text), strict=False):
        assert tool.name == "Tracker"
        flipped = np.diag((-1.0, -1.0, 1.0))
        assert np.allclose(tool.pose_lps.origin_mm, flipped @ printed[:3, 3], atol=1e-3)
        assert np.allclose(np.array(tool.pose_lps.axes).T, flipped @ printed[:3, :3], atol=1e-4)
        along = tool.direction_lps(ToolAxis.MINUS_Y)
        assert np.allclose(along, -flipped @ printed[:3, 1], atol=1e-4)


def test_the_librarys_tracking_data_server_is_asked_and_heard(programs):
    port = free_port()
    with running(programs / "TrackingDataServer", port) as said:
        wait_until_listening(port)
        with linked(role=LinkRole.CONNECT, port=port) as heard:
            heard.wait_for(lambda: len(heard.tools) >= 30)
            assert {tool.name for tool in heard.tools} == {"Channel 0", "Channel 1", "Channel 2"}
            first = heard.tools[0].pose_lps.origin_mm
            assert np.allclose(first, (-50.0, 0.0, 50.0), atol=1e-3)
        said.wait_for("Received a STT_TDATA")
        said.wait_for("Received a STP_TDATA")


def test_the_librarys_tracking_data_client_is_served_what_a_tracker_says(programs):
    with (
        linked() as heard,
        running(programs / "TrackerClient", DEFAULT_HOST, heard.link.port, 100),
    ):
        heard.wait_for(lambda: len(heard.tools) >= 2)
        with running(programs / "TrackingDataClient", DEFAULT_HOST, heard.link.port, 50) as said:
            text = said.wait_for(r"Name +: Tracker", 9)  # and the answer to its wish
            assert len(matrices(text)) >= 9
            said.wait_for("Sending STP_TDATA")


def test_the_librarys_trajectory_client_is_read_without_complaint(programs):
    with linked() as heard, running(programs / "TrajectoryClient", DEFAULT_HOST, heard.link.port):
        heard.wait_for(lambda: heard.link.counts.messages == 1)
        assert heard.link.counts.refused == 0


def test_the_librarys_point_server_is_read_without_complaint(programs):
    port = free_port()
    with running(programs / "PointServer", port):
        wait_until_listening(port)
        with linked(role=LinkRole.CONNECT, port=port) as heard:
            heard.wait_for(lambda: heard.link.counts.messages == 1)
            assert heard.link.counts.refused == 0


# Questions and answers.


@pytest.mark.parametrize(
    ("query", "kind", "device"),
    [
        ("GET_POINT", "POINT", "Trephine"),
        ("GET_TRAJ", "TRAJ", "Trephine"),
        ("GET_TRANS", "TRANSFORM", "Trephine c1"),
        ("GET_STRING", "STRING", "Trephine c1"),
        ("GET_POLYDATA", "POLYDATA", "Trephine c1"),
    ],
)
@pytest.mark.parametrize("version", [1, 2])
def test_a_query_is_answered_with_its_type_in_its_own_version(handed, query, kind, device, version):
    with linked(handed) as heard, calling(heard) as caller:
        caller.say(message_to_bytes(Message(kind=query, version=version)))
        answer = caller.hear(kind)
        assert (answer.device, answer.version) == (device, version)
        assert answer.content
        assert bool(answer.metadata) is (version == 2)


def test_what_there_is_not_is_answered_without_a_body(handed):
    with linked(handed) as heard, calling(heard) as caller:
        caller.say(message_to_bytes(Message(kind="GET_TRAJ", device="Somebody")))
        answer = caller.hear("TRAJ")
        assert (answer.device, answer.content) == ("Somebody", b"")
        caller.say(message_to_bytes(Message(kind="GET_IMAGE")))
        # its type is never read, but its header came
        caller.say(message_to_bytes(Message(kind="GET_CAPABIL")))
        kinds = capability_from_bytes(caller.hear("CAPABILITY").content)
        assert {"TRAJ", "POINT", "TRANSFORM", "TDATA", "STRING", "POLYDATA"} <= set(kinds)
        caller.say(message_to_bytes(Message(kind="STT_IMAGE", device="i")))
        assert caller.hear("RTS_IMAGE").content == b"\1"


def test_tracking_data_are_passed_on_while_they_are_fresh():
    tools = [TrackedElement(name="Needle", kind=TOOL_6D, pose=POSE_RAS)]
    sent = message_to_bytes(Message(kind="TDATA", content=tracked_to_bytes(tools)))
    with linked() as heard, calling(heard) as wanting, calling(heard) as tracker:
        wish = start_to_bytes(StartTracking(20))
        wanting.say(message_to_bytes(Message(kind="STT_TDATA", device="d", content=wish)))
        assert wanting.hear("RTS_TDATA").content == b"\0"
        tracker.say(sent)
        passed = wanting.hear("TDATA")
        assert passed.device == "d"
        (tool,) = tracked_from_bytes(passed.content)
        assert np.allclose(tool.pose.axes, POSE_RAS.axes, atol=1e-6)
        assert np.allclose(tool.pose.origin_mm, POSE_RAS.origin_mm, atol=1e-4)
        wanting.say(message_to_bytes(Message(kind="STP_TDATA", device="d")))
        assert wanting.hear("RTS_TDATA").content == b"\0"
        wanting.say(message_to_bytes(Message(kind="STP_TDATA", device="d")))
        assert wanting.hear("RTS_TDATA").content == b"\1"


def test_a_program_that_speaks_first_is_handed_the_plan_in_its_own_version(handed):
    with linked(handed) as heard, calling(heard) as old, calling(heard) as silent:
        old.say(transform(version=PLAIN))
        assert old.hear("POINT").version == PLAIN
        assert silent.hear("POINT").metadata["CoordinateSystem"] == "RAS"


# Bad company.


def test_a_link_listens_to_this_machine_alone_unless_told_otherwise():
    assert LinkOrder(role=LinkRole.SERVE).host == "127.0.0.1"
    with linked() as heard:
        others = [a[4][0] for a in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)]
        for host in {h for h in others if not h.startswith("127.")}:
            with pytest.raises((ConnectionRefusedError, TimeoutError)):
                socket.create_connection((host, heard.link.port), timeout=1.0)


def test_a_port_that_is_taken_is_said_in_words():
    with linked() as heard, linked(port=heard.link.port) as second:
        second.wait_for(lambda: second.link.state.phase is LinkPhase.FAILED)
        assert f"Port {heard.link.port} of 127.0.0.1 cannot be opened" in second.link.state.reason
        assert second.link.state.reason.endswith("choose another.")


def test_nobody_there_is_said_in_words_and_tried_again():
    port = free_port()
    with linked(role=LinkRole.CONNECT, port=port) as heard:
        heard.wait_for(lambda: heard.link.state.phase is LinkPhase.FAILED)
        assert f"Nobody answers at 127.0.0.1:{port}" in heard.link.state.reason
        with linked(port=port):
            heard.wait_for(lambda: heard.link.state.phase is LinkPhase.CONNECTED)
        heard.wait_for(lambda: heard.link.state.phase is LinkPhase.FAILED)


def test_noise_ends_one_connection_and_no_other():
    with linked() as heard, calling(heard) as good, calling(heard) as bad:
        bad.say(b"GET / HTTP/1.1\r\nHost: example\r\n\r\n" + b"x" * 60)
        assert bad.is_cut_off()
        good.say(transform())
        heard.wait_for(lambda: len(heard.tools) == 1)
        assert heard.link.counts.refused == 1
        assert "not OpenIGTLink" in heard.link.counts.last


def test_a_message_cut_short_is_counted():
    with linked() as heard:
        with calling(heard) as caller:
            caller.say(transform()[:-5])
        heard.wait_for(lambda: heard.link.counts.refused == 1)
        assert "within a message" in heard.link.counts.last


def test_too_many_programs_are_turned_away():
    with linked() as heard:
        callers = [Caller(heard) for _ in range(MOST_PEERS)]
        heard.wait_for(lambda: len(heard.link.state.peers) == MOST_PEERS)
        with calling(heard) as one_more:
            assert one_more.is_cut_off()
        assert "connected already" in heard.link.counts.last
        callers[0].say(transform())
        heard.wait_for(lambda: len(heard.tools) == 1)
        for caller in callers:
            caller.socket.close()


def test_who_asks_without_listening_is_disconnected(handed):
    many = message_to_bytes(Message(kind="GET_STRING")) * 1000
    with linked(handed) as heard, calling(heard) as caller, calling(heard) as good:
        with suppress(ConnectionError):
            while True:
                caller.say(many)
        heard.wait_for(lambda: heard.link.counts.refused >= 1)
        assert "does not take what it is sent" in heard.link.counts.last
        good.say(transform())
        heard.wait_for(lambda: len(heard.tools) == 1)


@pytest.mark.parametrize("seed", [1, 2])
def test_a_storm_with_malformed_messages_leaves_it_running(handed, seed):
    """A small sample of `tests/endurance/run_igtl.py`."""
    rng = Random(seed)
    with linked(handed) as heard:
        caller = Caller(heard)
        good = 0
        for number in range(2000):
            if number % 5:
                caller.say(transform(f"Tool {number % 3}"))
                good += 1
                continue
            data, goes_on = damaged(rng)
            caller.say(data)
            if not goes_on:
                assert caller.is_cut_off()
                caller.socket.close()
                caller = Caller(heard)
        heard.wait_for(lambda: len(heard.tools) == good)
        heard.wait_for(lambda: heard.link.counts.refused == 400)
        caller.socket.close()
        assert all(np.allclose(t.pose_lps.origin_mm, (11.0, -22.0, 333.0)) for t in heard.tools)


def test_another_plan_is_handed_to_who_is_there(handed):
    other: PlanResult = handed.plan
    with linked() as heard, calling(heard) as caller:
        heard.wait_for(lambda: len(heard.link.state.peers) == 1)
        heard.link.set_plan(HandedPlan(plan=other, candidates=other.candidates), push=True)
        assert len(trajectories_from_bytes(caller.hear("TRAJ").content)) == 2
