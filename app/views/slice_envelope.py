"""The band in which 95 % of the needles run, as a slice cuts it; computes no error."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.rendering.needle_cuts import crossing_of, cut_envelope
from app.rendering.slice_geometry import SlicePlane
from app.views.polygons import polygon_of
from app.views.values import NeedlePath

_FILL_SHARE = 0.20
_EDGE_SHARE = 0.45
_DASHES = (4.0, 3.0)
_SHADOW = QColor(0, 0, 0, 110)


def paint_envelope(
    painter: QPainter, plane: SlicePlane, needle: NeedlePath, colour: QColor
) -> None:
    """Paint a translucent band along the needle, or a dashed ring around one seen end on."""
    ends = (needle.entry_lps_mm, needle.tip_lps_mm)
    outline = cut_envelope(plane, ends, needle.envelope_mm)
    if len(outline) == 0:
        return
    polygon = polygon_of(outline)
    crossing = crossing_of(plane, ends)
    painter.save()
    if crossing is not None and crossing.end_on:
        pen = QPen(colour, 2.0, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
        pen.setDashPattern(_DASHES)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(_SHADOW, 4.0))
        painter.drawPolygon(polygon)
    else:
        fill, edge = QColor(colour), QColor(colour)
        fill.setAlphaF(_FILL_SHARE)
        edge.setAlphaF(_EDGE_SHARE)
        pen = QPen(edge, 1.0)
        painter.setBrush(fill)
    painter.setPen(pen)
    painter.drawPolygon(polygon)
    painter.restore()
