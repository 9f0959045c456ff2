"""What messages hold about places, as bytes and as values, in whatever frame the sender uses.

Opens no connection and turns no axis. Sources: OpenIGTLink protocol 3, `Documents/Protocol/*.md`;
`Source/igtlutil/igtl_trajectory.h`. All numbers are big-endian.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from planning.geometry import Vec3
from planning.handover.igtl.wire import MessageError, fixed_text, text_of

MOST_ELEMENTS = 1000
"""Of one message."""
MOST_TEXT_BYTES = 0xFFFF
"""Of a STRING: its length is a 16-bit number."""
_FARTHEST_MM = 1.0e6

Rgba = tuple[int, int, int, int]
Axes = tuple[Vec3, Vec3, Vec3]

ENTRY_ONLY, TARGET_ONLY, ENTRY_AND_TARGET = 1, 2, 3
"""Kinds of a trajectory."""
TRACKER, TOOL_6D, TOOL_3D, TOOL_5D = 1, 2, 3, 4
"""Kinds of a tracked tool; of a 3-D one only the tip is known."""


@dataclass(frozen=True, slots=True)
class Transform:
    """Where a tool or a plan lies: its own x, y and z axes as unit vectors, and its origin (mm)."""

    axes: Axes
    origin_mm: Vec3


@dataclass(frozen=True, slots=True)
class Position:
    """A point (mm) and, where the sender gives it, a unit quaternion (x, y, z, w)."""

    point_mm: Vec3
    quaternion: tuple[float, float, float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PointElement:
    """A named point; a diameter of 0 is none."""

    name: str
    group: str
    rgba: Rgba
    point_mm: Vec3
    diameter_mm: float = 0.0
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryElement:
    """A named path.

    Parameters
    ----------
    diameter_mm : float
        So the protocol's page; the C++ library calls the same number the radius.
    """

    name: str
    group: str
    kind: int
    rgba: Rgba
    entry_mm: Vec3
    target_mm: Vec3
    diameter_mm: float = 0.0
    owner: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedElement:
    """Where one tool is now."""

    name: str
    kind: int
    pose: Transform


_TRANSFORM = struct.Struct(">12f")
_POINT = struct.Struct(">64s32s4B3ff20s")
_TRAJECTORY = struct.Struct(">64s32sbb4B3f3ff20s")
_TRACKED = struct.Struct(">20sBB12f")
_TEXT = struct.Struct(">HH")
_ASCII, _UTF8 = 3, 106
_POSITION_FLOATS = {12: 3, 24: 6, 28: 7}


def transform_to_bytes(pose: Transform) -> bytes:
    """Return the 48 bytes of a TRANSFORM: three axes one after another, then the origin."""
    return _TRANSFORM.pack(*_twelve(pose))


def transform_from_bytes(content: bytes) -> Transform:
    """Return the pose of a TRANSFORM.

    Raises
    ------
    MessageError
        If it has another length, or a number that cannot be.
    """
    return _pose(only(_TRANSFORM, content, "TRANSFORM"), "TRANSFORM")


def position_to_bytes(position: Position) -> bytes:
    """Return the 28 bytes of a POSITION; 12 without a quaternion."""
    values = (*position.point_mm, *(position.quaternion or ()))
    return struct.pack(f">{len(values)}f", *values)


def position_from_bytes(content: bytes) -> Position:
    """Return what a POSITION of any of the protocol's three lengths holds.

    Raises
    ------
    MessageError
        If it has another length, or a number that cannot be.
    """
    count = _POSITION_FLOATS.get(len(content))
    if count is None:
        raise MessageError(f"A POSITION message has {len(content)} bytes instead of 28.")
    values = struct.unpack(f">{count}f", content)
    x, y, z, *turn = _finite(values, "POSITION")
    if not turn:
        return Position((x, y, z))
    if len(turn) == 3:  # the scalar part follows from the other three
        turn.append(math.sqrt(max(0.0, 1.0 - sum(part * part for part in turn))))
    qx, qy, qz, qw = turn
    return Position((x, y, z), (qx, qy, qz, qw))


def points_to_bytes(points: Sequence[PointElement]) -> bytes:
    """Return a POINT, 136 bytes for each point."""
    return b"".join(
        _POINT.pack(
            fixed_text(p.name, 64),
            fixed_text(p.group, 32),
            *p.rgba,
            *p.point_mm,
            p.diameter_mm,
            fixed_text(p.owner, 20),
        )
        for p in points
    )


def points_from_bytes(content: bytes) -> tuple[PointElement, ...]:
    """Return the points of a POINT.

    Raises
    ------
    MessageError
        If its length is no multiple of 136, or a number cannot be.
    """
    return tuple(
        PointElement(
            name=text_of(row[0]),
            group=text_of(row[1]),
            rgba=(row[2], row[3], row[4], row[5]),
            point_mm=_vec3(row[6:9], "POINT"),
            diameter_mm=row[9],
            owner=text_of(row[10]),
        )
        for row in rows_of(_POINT, content, "POINT")
    )


def trajectories_to_bytes(paths: Sequence[TrajectoryElement]) -> bytes:
    """Return a TRAJ, 150 bytes for each path."""
    return b"".join(
        _TRAJECTORY.pack(
            fixed_text(t.name, 64),
            fixed_text(t.group, 32),
            t.kind,
            0,
            *t.rgba,
            *t.entry_mm,
            *t.target_mm,
            t.diameter_mm,
            fixed_text(t.owner, 20),
        )
        for t in paths
    )


def trajectories_from_bytes(content: bytes) -> tuple[TrajectoryElement, ...]:
    """Return the paths of a TRAJ.

    Raises
    ------
    MessageError
        If its length is no multiple of 150, or a number cannot be.
    """
    return tuple(
        TrajectoryElement(
            name=text_of(row[0]),
            group=text_of(row[1]),
            kind=row[2],
            rgba=(row[4], row[5], row[6], row[7]),
            entry_mm=_vec3(row[8:11], "TRAJ"),
            target_mm=_vec3(row[11:14], "TRAJ"),
            diameter_mm=row[14],
            owner=text_of(row[15]),
        )
        for row in rows_of(_TRAJECTORY, content, "TRAJ")
    )


def tracked_to_bytes(tools: Sequence[TrackedElement]) -> bytes:
    """Return a TDATA, 70 bytes for each tool."""
    return b"".join(
        _TRACKED.pack(fixed_text(t.name, 20), t.kind, 0, *_twelve(t.pose)) for t in tools
    )


def tracked_from_bytes(content: bytes) -> tuple[TrackedElement, ...]:
    """Return the tools of a TDATA.

    Raises
    ------
    MessageError
        If its length is no multiple of 70, or a number cannot be.
    """
    return tuple(
        TrackedElement(name=text_of(row[0]), kind=row[1], pose=_pose(row[3:], "TDATA"))
        for row in rows_of(_TRACKED, content, "TDATA")
    )


def text_to_bytes(text: str) -> bytes:
    """Return a STRING.

    Raises
    ------
    MessageError
        If it is longer than a STRING can be.
    """
    data = text.encode("utf-8")
    if len(data) > MOST_TEXT_BYTES:
        raise MessageError(f"A text of {len(data):,} bytes is too long for a STRING message.")
    return _TEXT.pack(_ASCII if data.isascii() else _UTF8, len(data)) + data


def text_from_bytes(content: bytes) -> str:
    """Return the text of a STRING.

    Raises
    ------
    MessageError
        If its length is not as it says.
    """
    if len(content) < _TEXT.size:
        raise MessageError("A STRING message is too short.")
    encoding, length = _TEXT.unpack_from(content)
    if length != len(content) - _TEXT.size:
        raise MessageError("A STRING message has another length than it says.")
    return content[_TEXT.size :].decode("ascii" if encoding == _ASCII else "utf-8", "replace")


def _twelve(pose: Transform) -> tuple[float, ...]:
    return (*pose.axes[0], *pose.axes[1], *pose.axes[2], *pose.origin_mm)


def _pose(values: Sequence[float], kind: str) -> Transform:
    """Return the pose of twelve numbers; axes may be none of a rotation, whoever uses it asks."""
    n = _finite(values, kind)
    return Transform(
        ((n[0], n[1], n[2]), (n[3], n[4], n[5]), (n[6], n[7], n[8])), (n[9], n[10], n[11])
    )


def _vec3(values: Sequence[float], kind: str) -> Vec3:
    x, y, z = _finite(values, kind)
    return (x, y, z)


def _finite(values: Sequence[float], kind: str) -> tuple[float, ...]:
    if not all(abs(value) <= _FARTHEST_MM for value in values):  # nor is NaN
        raise MessageError(f"A {kind} message holds a coordinate that cannot be.")
    return tuple(values)


def only(layout: struct.Struct, content: bytes, kind: str) -> tuple[Any, ...]:
    """Return the fields of a message that is one structure.

    Raises
    ------
    MessageError
        If its length is another.
    """
    if len(content) != layout.size:
        problem = f"A {kind} message has {len(content)} bytes instead of {layout.size}."
        raise MessageError(problem)
    return layout.unpack(content)


def rows_of(layout: struct.Struct, content: bytes, kind: str) -> list[tuple[Any, ...]]:
    """Return the fields of each element of a message.

    Raises
    ------
    MessageError
        If its length is no multiple of an element's, or there are too many.
    """
    count, rest = divmod(len(content), layout.size)
    if rest:
        problem = f"A {kind} message has {len(content)} bytes, no multiple of {layout.size}."
        raise MessageError(problem)
    if count > MOST_ELEMENTS:
        raise MessageError(f"A {kind} message has {count:,} elements; {MOST_ELEMENTS} are read.")
    return list(layout.iter_unpack(content))
