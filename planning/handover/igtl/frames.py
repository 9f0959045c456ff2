"""Between the frame of the wire (RAS, as 3D Slicer expects it) and LPS; both in mm; no messages."""

from __future__ import annotations

from enum import StrEnum

from planning.geometry import Vec3
from planning.handover.igtl.contents import Axes, Transform

SYSTEM_KEY = "CoordinateSystem"
UNITS_KEY = "CoordinateUnits"
FRAME_KEY = "FrameOfReferenceUID"
"""Metadata that say what coordinates mean; the protocol itself has no place for it."""


class WireFrame(StrEnum):
    """Where the axes of coordinates on the wire point."""

    RAS = "RAS"
    LPS = "LPS"


def swapped(point_mm: Vec3) -> Vec3:
    """Turn a point or a direction from RAS to LPS, or back: left and right, back and front."""
    x, y, z = point_mm
    return (-x, -y, z)


def to_lps(point_mm: Vec3, frame: WireFrame) -> Vec3:
    """Return a point of the wire in LPS."""
    return swapped(point_mm) if frame is WireFrame.RAS else point_mm


def transform_to_lps(pose: Transform, frame: WireFrame) -> Transform:
    """Return a pose with its axes and its origin in LPS; the tool's own axes stay what they are."""
    if frame is WireFrame.LPS:
        return pose
    x, y, z = pose.axes
    axes: Axes = (swapped(x), swapped(y), swapped(z))
    return Transform(axes, swapped(pose.origin_mm))
