"""Lines as an OpenIGTLink POLYDATA message; writes no surfaces and reads only points and lines.

Source: OpenIGTLink protocol 3, `Documents/Protocol/polydata.md`.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

from planning.geometry import Vec3
from planning.handover.igtl.contents import MOST_ELEMENTS
from planning.handover.igtl.wire import MessageError

_COUNTS = struct.Struct(">10I")


@dataclass(frozen=True, slots=True)
class PolyLines:
    """Points (mm), and lines through them by the points' numbers."""

    points_mm: tuple[Vec3, ...]
    lines: tuple[tuple[int, ...], ...]


def polylines_to_bytes(shape: PolyLines) -> bytes:
    """Return a POLYDATA of nothing but lines."""
    flat = [number for line in shape.lines for number in (len(line), *line)]
    counts = _COUNTS.pack(
        len(shape.points_mm), 0, 0, len(shape.lines), 4 * len(flat), 0, 0, 0, 0, 0
    )
    numbers = [value for point in shape.points_mm for value in point]
    return (
        counts + struct.pack(f">{len(numbers)}f", *numbers) + struct.pack(f">{len(flat)}I", *flat)
    )


def polylines_from_bytes(content: bytes) -> PolyLines:
    """Return points and lines of a POLYDATA; what else it holds is left out.

    Raises
    ------
    MessageError
        If it is shorter than it says, or a line has a point that is not there.
    """
    wrong = MessageError("A POLYDATA message does not hold what it says.")
    if len(content) < _COUNTS.size:
        raise wrong
    points, _, vertex_bytes, lines, line_bytes, *_ = _COUNTS.unpack_from(content)
    start = _COUNTS.size + 12 * points + vertex_bytes
    if points > MOST_ELEMENTS or lines > MOST_ELEMENTS or line_bytes % 4:
        raise MessageError(f"A POLYDATA message has more than {MOST_ELEMENTS} points or lines.")
    if start + line_bytes > len(content):
        raise wrong
    values = struct.unpack_from(f">{3 * points}f", content, _COUNTS.size)
    flat = struct.unpack_from(f">{line_bytes // 4}I", content, start)
    found, at = list[tuple[int, ...]](), 0
    for _ in range(lines):
        if at >= len(flat) or at + 1 + flat[at] > len(flat):
            raise wrong
        line = flat[at + 1 : at + 1 + flat[at]]
        if any(number >= points for number in line):
            raise wrong
        found.append(line)
        at += 1 + flat[at]
    corners = tuple((values[i], values[i + 1], values[i + 2]) for i in range(0, 3 * points, 3))
    return PolyLines(corners, tuple(found))
