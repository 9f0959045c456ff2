"""Where a tracked tool is, read out of a message, in LPS mm; compares it with no plan."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from planning.geometry import Vec3, is_rotation, vec3
from planning.handover.igtl.contents import (
    TOOL_3D,
    TOOL_6D,
    Position,
    TrackedElement,
    Transform,
    position_from_bytes,
    tracked_from_bytes,
    transform_from_bytes,
)
from planning.handover.igtl.frames import (
    FRAME_KEY,
    SYSTEM_KEY,
    WireFrame,
    swapped,
    transform_to_lps,
)
from planning.handover.igtl.wire import Message, MessageError

KINDS = ("TRANSFORM", "POSITION", "TDATA")
"""Types of messages that say where a tool is."""

STATUS_KEY = "Status"
"""Metadata with which PLUS says whether a tool is seen (general knowledge)."""
_SEEN = "OK"
_NOT_RIGID = 0.02
_NO_TURN: tuple[Vec3, Vec3, Vec3] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


class ToolAxis(StrEnum):
    """Which of its own axes a tool points along, from hub to tip."""

    PLUS_Z = "+z"
    MINUS_Z = "-z"
    PLUS_X = "+x"
    MINUS_X = "-x"
    PLUS_Y = "+y"
    MINUS_Y = "-y"


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackedTool:
    """Where one tool is.

    Parameters
    ----------
    pose_lps : Transform
        Origin at the tool's tip.
    tip_only : bool
        Nothing is known of where it points.
    """

    name: str
    pose_lps: Transform
    tip_only: bool = False

    def direction_lps(self, axis: ToolAxis) -> Vec3 | None:
        """Return the unit vector from hub to tip; None where it is not known."""
        if self.tip_only:
            return None
        sign, letter = axis.value
        own = np.array(self.pose_lps.axes["xyz".index(letter)])
        return vec3((-1.0 if sign == "-" else 1.0) * own / np.linalg.norm(own))


def tools_in(
    message: Message, frame: WireFrame, frame_of_reference_uid: str = ""
) -> tuple[TrackedTool, ...]:
    """Return the tools that a message speaks of; none if it is about something else.

    Parameters
    ----------
    frame : WireFrame
        Of coordinates that are not marked.
    frame_of_reference_uid : str
        Of the planning CT; empty if it has none.

    Raises
    ------
    MessageError
        If a pose is none, or its coordinates are marked as what cannot be used.
    """
    if message.kind not in KINDS or message.metadata.get(STATUS_KEY, _SEEN) != _SEEN:
        return ()
    said = _frame_said(message, frame)
    theirs = message.metadata.get(FRAME_KEY, "")
    if theirs and frame_of_reference_uid and theirs != frame_of_reference_uid:
        raise MessageError(
            f'"{message.device}" is tracked in another frame of reference than that of the '
            "planning CT; register the tracker to this CT."
        )
    return tuple(
        TrackedTool(name=name, pose_lps=transform_to_lps(pose, said), tip_only=tip_only)
        for name, pose, tip_only in _poses(message)
    )


def tool_on_wire(tool: TrackedTool) -> TrackedElement:
    """Return a tool as it is passed on to others, in RAS."""
    x, y, z = (swapped(axis) for axis in tool.pose_lps.axes)
    pose = Transform((x, y, z), swapped(tool.pose_lps.origin_mm))
    return TrackedElement(name=tool.name, kind=TOOL_3D if tool.tip_only else TOOL_6D, pose=pose)


def _frame_said(message: Message, otherwise: WireFrame) -> WireFrame:
    said = message.metadata.get(SYSTEM_KEY, otherwise.value)
    try:
        return WireFrame(said)
    except ValueError:
        problem = f'"{message.device}" gives coordinates in "{said[:20]}"; RAS or LPS is read.'
        raise MessageError(problem) from None


def _poses(message: Message) -> list[tuple[str, Transform, bool]]:
    if message.kind == "TDATA":
        tools = tracked_from_bytes(message.content)
        # Of a tool with a tip alone, the turning part means nothing and need not be one.
        return [(t.name, t.pose if t.kind == TOOL_3D else _rigid(t.pose, t.name), t.kind == TOOL_3D)
                for t in tools]  # fmt: skip
    if message.kind == "TRANSFORM":
        return [
            (message.device, _rigid(transform_from_bytes(message.content), message.device), False)
        ]
    position = position_from_bytes(message.content)
    if position.quaternion is None:
        return [(message.device, Transform(_NO_TURN, position.point_mm), True)]
    return [(message.device, _turned(position, message.device), False)]


def _rigid(pose: Transform, name: str) -> Transform:
    """Refuse axes that are not at right angles, not of length one, or mirrored."""
    if not is_rotation(pose.axes, _NOT_RIGID):
        problem = f'"{name}" sent a transform that is sheared, scaled or mirrored; it was not used.'
        raise MessageError(problem)
    return pose


def _turned(position: Position, name: str) -> Transform:
    """Return the pose of a point and a unit quaternion (x, y, z, w)."""
    x, y, z, w = position.quaternion or (0.0, 0.0, 0.0, 0.0)
    if abs(x * x + y * y + z * z + w * w - 1.0) > _NOT_RIGID:
        raise MessageError(f'"{name}" sent a quaternion that is no rotation; it was not used.')
    return Transform(
        (
            (1 - 2 * (y * y + z * z), 2 * (x * y + z * w), 2 * (x * z - y * w)),
            (2 * (x * y - z * w), 1 - 2 * (x * x + z * z), 2 * (y * z + x * w)),
            (2 * (x * z + y * w), 2 * (y * z - x * w), 1 - 2 * (x * x + y * y)),
        ),
        position.point_mm,
    )
