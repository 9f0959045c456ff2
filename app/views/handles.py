"""What a hand may pull at a needle's ends, painted over a picture; knows no needle's numbers."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.views.palette import DARK
from planning.geometry import Vec3

GRASP_PX = 12.0
"""How near to a handle a press takes it."""
_RING_PX, _DIAMOND_PX = 8.0, 9.0
_SHADOW = QColor(0, 0, 0, 170)


class End(StrEnum):
    """The two ends of a needle that can be pulled."""

    ENTRY = "entry"
    TIP = "tip"


@dataclass(frozen=True, slots=True, kw_only=True)
class Handles:
    """The ends of the needle that is being edited.

    Parameters
    ----------
    chosen : End
        The one that keys move.
    """

    entry_lps_mm: Vec3
    tip_lps_mm: Vec3
    chosen: End

    def point_lps_mm(self, end: End) -> Vec3:
        """Return where an end lies."""
        return self.entry_lps_mm if end is End.ENTRY else self.tip_lps_mm


def paint_handle(
    painter: QPainter, centre: QPointF, end: End, *, chosen: bool, near: bool, held: bool
) -> None:
    """Paint a ring for an entry or a diamond for a tip; dotted where it is beside the slice."""
    colour = QColor(DARK.accent)
    fill = QColor("#ffffff") if chosen else QColor(DARK.background)
    fill.setAlphaF(0.85 if held else 0.55 if chosen else 0.35)
    style = Qt.PenStyle.SolidLine if near else Qt.PenStyle.DotLine
    for pen, brush in ((QPen(_SHADOW, 4.5), QColor(0, 0, 0, 0)), (QPen(colour, 2.0, style), fill)):
        painter.setPen(pen)
        painter.setBrush(brush)
        if end is End.ENTRY:
            painter.drawEllipse(centre, _RING_PX, _RING_PX)
        else:
            painter.drawPolygon(_diamond(centre))


def _diamond(centre: QPointF) -> QPolygonF:
    ways = ((0.0, -1.0), (1.0, 0.0), (0.0, 1.0), (-1.0, 0.0))
    return QPolygonF([centre + QPointF(x, y) * _DIAMOND_PX for x, y in ways])
