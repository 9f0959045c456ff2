"""OpenIGTLink as bytes: closed forms, round trips, another library, and all that is broken."""

from __future__ import annotations

import math
import struct
from contextlib import suppress
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from planning.geometry import unit, vec3
from planning.handover.igtl.contents import (
    TOOL_3D,
    TOOL_5D,
    TOOL_6D,
    PointElement,
    Position,
    TrackedElement,
    TrajectoryElement,
    Transform,
    points_from_bytes,
    points_to_bytes,
    position_from_bytes,
    position_to_bytes,
    text_from_bytes,
    text_to_bytes,
    tracked_from_bytes,
    tracked_to_bytes,
    trajectories_from_bytes,
    trajectories_to_bytes,
    transform_from_bytes,
    transform_to_bytes,
)
from planning.handover.igtl.control import (
    READERS,
    StartTracking,
    StatusReport,
    capability_from_bytes,
    capability_to_bytes,
    start_from_bytes,
    start_to_bytes,
    status_from_bytes,
    status_to_bytes,
)
from planning.handover.igtl.crc64 import POLYNOMIAL, crc64
from planning.handover.igtl.frames import WireFrame, swapped
from planning.handover.igtl.polydata import PolyLines, polylines_from_bytes, polylines_to_bytes
from planning.handover.igtl.splitter import MOST_SKIPPED_BYTES, Broken, Skipped, Splitter
from planning.handover.igtl.tracked import ToolAxis, tools_in
from planning.handover.igtl.wire import (
    HEADER_BYTES,
    MOST_BODY_BYTES,
    PLAIN,
    WITH_METADATA,
    Message,
    MessageError,
    header_from_bytes,
    message_from_bytes,
    message_to_bytes,
    timestamp_of,
)

_floats = st.floats(-1e5, 1e5, width=32)
_vec = st.tuples(_floats, _floats, _floats)
_rgba = st.tuples(*(st.integers(0, 255),) * 4)
_axes = st.tuples(_vec, _vec, _vec)
_pose = st.builds(Transform, _axes, _vec)


def _name(most: int) -> st.SearchStrategy[str]:
    return st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), max_size=most)


_points = st.lists(
    st.builds(
        PointElement,
        name=_name(64),
        group=_name(32),
        rgba=_rgba,
        point_mm=_vec,
        diameter_mm=_floats,
        owner=_name(20),
    ),
    max_size=5,
)
_paths = st.lists(
    st.builds(
        TrajectoryElement,
        name=_name(64),
        group=_name(32),
        kind=st.integers(1, 3),
        rgba=_rgba,
        entry_mm=_vec,
        target_mm=_vec,
        diameter_mm=_floats,
        owner=_name(20),
    ),
    max_size=5,
)
_tools = st.lists(
    st.builds(TrackedElement, name=_name(20), kind=st.integers(1, 4), pose=_pose), max_size=5
)
_messages = st.builds(
    Message,
    kind=st.sampled_from(("TRANSFORM", "POINT", "TRAJ", "STRING", "GET_TRAJ", "STT_TDATA")),
    device=_name(20),
    content=st.binary(max_size=200),
    metadata=st.dictionaries(st.text(max_size=9), st.text(max_size=30), max_size=4),
    timestamp=st.integers(0, 2**64 - 1),
    version=st.just(WITH_METADATA),
    number=st.integers(0, 2**32 - 1),
)


def _surrogate_free(message: Message) -> bool:
    try:
        "".join((*message.metadata, *message.metadata.values())).encode()
    except UnicodeEncodeError:
        return False
    return True


# The checksum, by what it is: the remainder of a polynomial over GF(2).


def _remainder(data: bytes) -> int:
    """Divide by long division of one whole number, which shares nothing with the table."""
    number = int.from_bytes(data, "big") << 64
    divisor = 1 << 64 | POLYNOMIAL
    while number.bit_length() > 64:
        number ^= divisor << (number.bit_length() - 65)
    return number


def test_the_checksum_has_the_published_check_value():
    """ECMA-182 without inversion: the catalogue's check of the digits 1 to 9."""
    assert crc64(b"123456789") == 0x6C40DF5F0B497347
    assert crc64(b"") == 0
    assert crc64(b"\0" * 40) == 0
    assert crc64(b"\1") == POLYNOMIAL


@settings(deadline=None)
@given(st.binary(max_size=80))
def test_the_checksum_is_a_remainder(data):
    assert crc64(data) == _remainder(data)


@settings(deadline=None)
@given(st.binary(min_size=8, max_size=40), st.data())
def test_every_damage_of_up_to_64_bits_is_found(data, draw):
    at = draw.draw(st.integers(0, len(data) - 8))
    burst = draw.draw(st.binary(min_size=8, max_size=8).filter(any))
    damaged = bytes(
        byte ^ (burst[i - at] if at <= i < at + 8 else 0) for i, byte in enumerate(data)
    )
    assert crc64(damaged) != crc64(data)


# Round trips.


@settings(max_examples=60, deadline=None)
@given(_messages.filter(_surrogate_free))
def test_a_message_comes_back_as_it_was(message):
    data = message_to_bytes(message)
    assert message_from_bytes(header_from_bytes(data), data[HEADER_BYTES:]) == message
    plain = replace(message, version=PLAIN)
    data = message_to_bytes(plain)
    back = message_from_bytes(header_from_bytes(data), data[HEADER_BYTES:])
    assert back == replace(plain, metadata={}, number=0)
    assert len(data) == HEADER_BYTES + len(message.content)


@settings(max_examples=60, deadline=None)
@given(_points, _paths, _tools, _pose)
def test_places_come_back_as_they_were(points, paths, tools, pose):
    assert list(points_from_bytes(points_to_bytes(points))) == points
    assert list(trajectories_from_bytes(trajectories_to_bytes(paths))) == paths
    assert list(tracked_from_bytes(tracked_to_bytes(tools))) == tools
    assert transform_from_bytes(transform_to_bytes(pose)) == pose
    assert len(points_to_bytes(points)) == 136 * len(points)
    assert len(trajectories_to_bytes(paths)) == 150 * len(paths)
    assert len(tracked_to_bytes(tools)) == 70 * len(tools)
    assert len(transform_to_bytes(pose)) == 48


@settings(deadline=None)
@given(st.text(max_size=60).filter(str.isprintable), st.integers(0, 2**16 - 1), _name(20))
def test_words_come_back_as_they_were(text, number, name):
    assert text_from_bytes(text_to_bytes(text)) == text
    status = StatusReport(number, -number, name, name)
    assert status_from_bytes(status_to_bytes(status)) == status
    wish = StartTracking(number, name)
    assert start_from_bytes(start_to_bytes(wish)) == wish
    assert capability_from_bytes(capability_to_bytes(("TRAJ", "POINT"))) == ("TRAJ", "POINT")


def test_a_transform_is_written_column_by_column():
    pose = Transform(((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, 9.0)), (10.0, 11.0, 12.0))
    assert struct.unpack(">12f", transform_to_bytes(pose)) == tuple(range(1, 13))


def test_a_trajectory_has_its_fields_where_the_protocol_has_them():
    path = TrajectoryElement(
        name="n",
        group="g",
        kind=3,
        rgba=(1, 2, 3, 4),
        entry_mm=(5.0, 6.0, 7.0),
        target_mm=(8.0, 9.0, 10.0),
        diameter_mm=11.0,
        owner="o",
    )
    data = trajectories_to_bytes([path])
    assert (data[0:1], data[64:65], data[96], data[97]) == (b"n", b"g", 3, 0)
    assert tuple(data[98:102]) == (1, 2, 3, 4)
    assert struct.unpack(">7f", data[102:130]) == tuple(range(5, 12))
    assert data[130:131] == b"o"


def test_a_time_is_seconds_and_their_fraction():
    assert timestamp_of(3_500_000_000) == 3 << 32 | 1 << 31
    assert timestamp_of(0) == 0


@pytest.mark.parametrize("turn", [None, (0.0, 0.6, 0.0, 0.8)])
def test_a_position_comes_back_as_it_was(turn):
    position = Position((1.5, -2.5, 3.5), turn)
    back = position_from_bytes(position_to_bytes(position))
    assert back.point_mm == position.point_mm
    assert back.quaternion == (None if turn is None else pytest.approx(turn))


def test_a_position_without_its_scalar_part_is_completed():
    data = struct.pack(">6f", 1.0, 2.0, 3.0, 0.0, 0.6, 0.0)
    assert position_from_bytes(data).quaternion == pytest.approx((0.0, 0.6, 0.0, 0.8))


def test_lines_come_back_as_they_were():
    shape = PolyLines(((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, -9.0)), ((0, 1), (1, 2, 0)))
    assert polylines_from_bytes(polylines_to_bytes(shape)) == shape


# Where a tool is: asymmetric, so that a wrong axis, a swapped side or a transposed matrix fails.

_X = unit((0.8, 0.1, -0.3))
_Z = unit(np.cross(_X, (0.2, 0.9, 0.1)))
_LPS = Transform((vec3(_X), vec3(np.cross(_Z, _X)), vec3(_Z)), (11.0, -22.0, 333.0))
_RAS = Transform(
    tuple((-x, -y, z) for x, y, z in _LPS.axes),
    (-11.0, 22.0, 333.0),
)


def _close(a: Transform, b: Transform) -> bool:
    return bool(np.allclose((*a.axes, a.origin_mm), (*b.axes, b.origin_mm), atol=1e-4))


def _sent(pose: Transform, **fields) -> Message:
    return Message(kind="TRANSFORM", device="Needle", content=transform_to_bytes(pose), **fields)


@pytest.mark.parametrize(
    ("message", "unmarked"),
    [
        (_sent(_RAS), WireFrame.RAS),
        (_sent(_LPS), WireFrame.LPS),
        (_sent(_RAS, metadata={"CoordinateSystem": "RAS"}), WireFrame.LPS),
        (_sent(_LPS, metadata={"CoordinateSystem": "LPS"}), WireFrame.RAS),
    ],
)
def test_a_pose_is_read_in_the_frame_it_is_given_in(message, unmarked):
    (tool,) = tools_in(message, unmarked)
    assert tool.name == "Needle"
    assert _close(tool.pose_lps, _LPS)
    for axis, own in zip("xyz", _LPS.axes, strict=True):
        assert tool.direction_lps(ToolAxis(f"+{axis}")) == pytest.approx(own, abs=1e-6)
        assert tool.direction_lps(ToolAxis(f"-{axis}")) == pytest.approx(
            [-value for value in own], abs=1e-6
        )


def test_a_quaternion_turns_as_its_matrix_does():
    """Half the angle about an axis: the textbook's, for an axis and an angle of no symmetry."""
    about, angle = unit((0.3, -0.5, 0.8)), math.radians(40.0)
    q = (*(math.sin(angle / 2) * about), math.cos(angle / 2))
    k = np.array([[0, -about[2], about[1]], [about[2], 0, -about[0]], [-about[1], about[0], 0]])
    turning = np.eye(3) + math.sin(angle) * k + (1 - math.cos(angle)) * k @ k  # Rodrigues
    content = position_to_bytes(Position((1.0, 2.0, 3.0), q))
    message = Message(kind="POSITION", device="Probe", content=content)
    (tool,) = tools_in(message, WireFrame.LPS)
    assert np.allclose(np.array(tool.pose_lps.axes).T, turning, atol=1e-6)


def test_a_tool_with_a_tip_alone_has_no_direction():
    nothing = Transform(((0.0, 0.0, 0.0),) * 3, (1.0, 2.0, 3.0))
    content = tracked_to_bytes(
        [
            TrackedElement(name="a", kind=TOOL_3D, pose=nothing),
            TrackedElement(name="b", kind=TOOL_5D, pose=_RAS),
        ]
    )
    tip, whole = tools_in(Message(kind="TDATA", content=content), WireFrame.RAS)
    assert tip.direction_lps(ToolAxis.PLUS_Z) is None
    assert tip.pose_lps.origin_mm == (-1.0, -2.0, 3.0)
    assert whole.direction_lps(ToolAxis.PLUS_Z) == pytest.approx(_LPS.axes[2], abs=1e-6)


@pytest.mark.parametrize(
    "axes",
    [
        ((-1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)),
        ((2.0, 0.0, 0.0), (0.0, 2.0, 0.0), (0.0, 0.0, 2.0)),
        ((1.0, 0.0, 0.0), (0.5, 1.0, 0.0), (0.0, 0.0, 1.0)),
        ((0.0, 0.0, 0.0),) * 3,
    ],
)
def test_what_is_no_rotation_is_refused_with_the_tools_name(axes):
    with pytest.raises(MessageError, match='"Needle" sent a transform'):
        tools_in(_sent(Transform(axes, (0.0, 0.0, 0.0))), WireFrame.RAS)


def test_another_frame_of_reference_is_refused():
    message = _sent(_RAS, metadata={"FrameOfReferenceUID": "1.2.3"})
    assert tools_in(message, WireFrame.RAS, "1.2.3")
    assert tools_in(message, WireFrame.RAS)
    with pytest.raises(MessageError, match="another frame of reference"):
        tools_in(message, WireFrame.RAS, "1.2.4")


def test_an_unknown_frame_is_refused_and_an_unseen_tool_is_none():
    with pytest.raises(MessageError, match='"Needle" gives coordinates in "IJK"'):
        tools_in(_sent(_RAS, metadata={"CoordinateSystem": "IJK"}), WireFrame.RAS)
    assert tools_in(_sent(_RAS, metadata={"Status": "MISSING"}), WireFrame.RAS) == ()
    assert tools_in(Message(kind="STRING"), WireFrame.RAS) == ()


# What is broken.

GOOD = message_to_bytes(_sent(_RAS, metadata={"CoordinateSystem": "RAS"}))


@settings(deadline=None)
@given(st.lists(st.integers(1, 200), max_size=8))
def test_pieces_of_any_size_give_the_same_messages(cuts):
    stream, splitter, found = GOOD * 3, Splitter(), []
    for size in (*cuts, len(stream)):
        found += splitter.feed(stream[:size])
        stream = stream[size:]
    assert [type(one) for one in found] == [Message] * 3
    assert not splitter.is_within_message


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=400))
def test_no_bytes_do_more_than_end_the_stream(data):
    first, *others = Splitter().feed(GOOD + data)
    assert isinstance(first, Message)
    assert all(isinstance(one, (Message, Skipped)) for one in others[:-1])


@settings(max_examples=200, deadline=None)
@given(st.sampled_from(sorted(READERS)), st.binary(max_size=320))
def test_no_content_does_more_than_be_refused(kind, content):
    with suppress(MessageError):
        READERS[kind](content)
        tools_in(Message(kind=kind, content=content), WireFrame.RAS)


@settings(max_examples=100, deadline=None)
@given(st.integers(HEADER_BYTES, len(GOOD) - 1), st.integers(1, 255))
def test_a_damaged_body_is_passed_over_and_the_next_message_read(at, change):
    damaged = bytearray(GOOD)
    damaged[at] ^= change
    skipped, good = Splitter().feed(bytes(damaged) + GOOD)
    assert isinstance(skipped, Skipped)
    assert "damaged" in skipped.reason
    assert good == message_from_bytes(header_from_bytes(GOOD), GOOD[HEADER_BYTES:])


def test_lengths_that_lie_are_refused():
    body = GOOD[HEADER_BYTES:]
    for at, value in ((0, b"\xff\xff"), (2, b"\xff\xff"), (4, b"\xff\xff\xff\xff")):
        lying = body[:at] + value + body[at + len(value) :]
        header = replace(header_from_bytes(GOOD), crc=crc64(lying))
        with pytest.raises(MessageError, match="not fit"):
            message_from_bytes(header, lying)


def test_images_are_passed_over_without_being_kept():
    image = message_to_bytes(Message(kind="IMAGE", content=bytes(1000), version=PLAIN))
    image = image[:42] + struct.pack(">Q", 5 * MOST_BODY_BYTES) + image[50:HEADER_BYTES]
    splitter = Splitter()
    (skipped,) = splitter.feed(image)
    assert skipped == Skipped("IMAGE", "Messages of type IMAGE are not read.", expected=True)
    for _ in range(5):
        assert splitter.feed(bytes(MOST_BODY_BYTES - 1)) == []
        assert len(splitter._kept) == 0
    assert splitter.is_within_message
    assert len(splitter.feed(bytes(5) + GOOD)) == 1


def test_a_message_too_large_to_read_is_passed_over():
    large = message_to_bytes(Message(kind="STRING", version=PLAIN))
    large = large[:42] + struct.pack(">Q", MOST_BODY_BYTES + 1) + large[50:]
    splitter = Splitter()
    (skipped,) = splitter.feed(large)
    assert "too large" in skipped.reason
    assert len(splitter.feed(bytes(MOST_BODY_BYTES + 1) + GOOD)) == 1
    endless = large[:42] + struct.pack(">Q", MOST_SKIPPED_BYTES + 1) + large[50:]
    (broken,) = Splitter().feed(endless)
    assert "claims to be" in broken.reason
    with pytest.raises(MessageError, match="too large to send"):
        message_to_bytes(Message(kind="STRING", content=bytes(MOST_BODY_BYTES + 1)))


@pytest.mark.parametrize(
    "first", [b"GET / HTTP/1.1\r\n" + b"x" * 60, bytes(60), b"\0\3" + GOOD[2:]]
)
def test_other_protocols_are_told_apart_at_once(first):
    splitter = Splitter()
    good, broken = splitter.feed(GOOD + first)
    assert isinstance(good, Message)
    assert isinstance(broken, Broken)
    assert "not OpenIGTLink" in broken.reason
    assert splitter.feed(GOOD) == []


def test_too_many_elements_are_refused():
    with pytest.raises(MessageError, match="1,001 elements"):
        points_from_bytes(bytes(136 * 1001))
    with pytest.raises(MessageError, match="more than 1000"):
        polylines_from_bytes(struct.pack(">10I", 2**31, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    with pytest.raises(MessageError, match="cannot be"):
        transform_from_bytes(struct.pack(">12f", *(math.nan,) * 12))
    with pytest.raises(MessageError, match="too long"):
        text_to_bytes("ä" * 40_000)


# Another library: what pyigtl 0.3.4 wrote for the same values. It is not among the checks' own
# dependencies, because one of its own needs a compiler.

_MATRIX = ((0.36, -0.8, 0.48), (0.48, 0.6, 0.64), (-0.8, 0.0, 0.6)), (10.5, -20.25, 30.125)
_THEIRS_AT = timestamp_of(1_700_000_000_500_000_000)
_PYIGTL = {
    "TRANSFORM": (
        "00025452414e53464f524d0000004e6565646c6500000000000000000000000000006553f100800000000000"
        "00000000007226576cf82b270d84000c001200000024000000003eb851ecbf4ccccd3ef5c28f3ef5c28f3f19"
        "999a3f23d70abf4ccccd000000003f19999a41280000c1a2000041f1000000020010000300000003000f0003"
        "00000002436f6f7264696e61746553797374656d524153436f6f7264696e617465556e6974736d6d"
    ),
    "STRING": (
        "0002535452494e47000000000000576f7264730000000000000000000000000000006553f100800000000000"
        "00000000001a2b238e15ab0761e7000c00020000000000000000000300087b2261223a20317d0000"
    ),
    "POINT": (
        "0002504f494e5400000000000000506f696e747300000000000000000000000000006553f100800000000000"
        "00000000011eb7b4e534c78794ab000c00020000000000000000656e74727900000000000000000000000000"
        + "0" * 92
        + "65"
        + "0" * 62
        + "0102030440a0000040c0000040f0000000000000"
        + "0" * 40
        + "746970"
        + "0" * 122
        + "74"
        + "0" * 62
        + "05060708bf800000400000004040000040200000"
        + "0" * 40
        + "0000"
    ),
    "POLYDATA": (
        "0001504f4c5944415441000000004c696e65000000000000000000000000000000006553f100800000000000"
        "000000000064f6768a321a6e89be0000000300000000000000000000000200000018000000000000000000000"
        "00000000000000000003f80000040000000404000004080000040a0000040c0000040e0000041000000c1100"
        "000000000020000000000000001000000020000000100000002"
    ),
}


def _ours() -> dict[str, Message]:
    points = [
        PointElement(name="entry", group="e", rgba=(1, 2, 3, 4), point_mm=(5.0, 6.0, 7.5)),
        PointElement(
            name="tip", group="t", rgba=(5, 6, 7, 8), point_mm=(-1.0, 2.0, 3.0), diameter_mm=2.5
        ),
    ]
    line = PolyLines(((1.0, 2.0, 3.0), (4.0, 5.0, 6.0), (7.0, 8.0, -9.0)), ((0, 1), (1, 2)))
    sent = (
        Message(
            kind="TRANSFORM",
            device="Needle",
            content=transform_to_bytes(Transform(*_MATRIX)),
            metadata={"CoordinateSystem": "RAS", "CoordinateUnits": "mm"},
        ),
        Message(kind="STRING", device="Words", content=text_to_bytes('{"a": 1}')),
        Message(kind="POINT", device="Points", content=points_to_bytes(points)),
        Message(kind="POLYDATA", device="Line", content=polylines_to_bytes(line), version=PLAIN),
    )
    return {message.kind: replace(message, timestamp=_THEIRS_AT) for message in sent}


@pytest.mark.parametrize("kind", sorted(_PYIGTL))
def test_another_library_writes_the_same_bytes(kind):
    theirs, ours = bytes.fromhex(_PYIGTL[kind]), _ours()[kind]
    assert message_to_bytes(ours) == theirs
    assert Splitter().feed(theirs) == [ours]


def test_what_another_library_writes_is_a_pose():
    (message,) = Splitter().feed(bytes.fromhex(_PYIGTL["TRANSFORM"]))
    (tool,) = tools_in(message, WireFrame.LPS)  # marked as RAS, which counts
    assert tool.pose_lps.origin_mm == (-10.5, 20.25, 30.125)
    assert tool.direction_lps(ToolAxis.PLUS_Z) == pytest.approx((0.8, 0.0, 0.6), abs=1e-6)
    assert swapped(swapped((1.0, 2.0, 3.0))) == (1.0, 2.0, 3.0)


def test_a_tool_of_six_degrees_is_read():
    content = tracked_to_bytes([TrackedElement(name="t", kind=TOOL_6D, pose=_RAS)])
    (tool,) = tools_in(Message(kind="TDATA", content=content), WireFrame.RAS)
    assert _close(tool.pose_lps, _LPS)
