"""Dimension lines and needles as drawings show them, on an image of any grey; measures nothing."""

from __future__ import annotations

from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.views.palette import CAPTION_PX
from app.views.slice_overlay import paint_text, text_size

HALO = QColor(0, 0, 0, 170)

_ARROW_PX = 7.0
_TAIL_PX = 16.0
_GAP_PX = 4.0
_SHORT_PX = 26.0  # arrows of a shorter dimension stand outside and point inward
_HALF_ARROW = 0.32


def paint_line(
    painter: QPainter,
    line: QLineF,
    colour: QColor,
    width_px: float,
    dashes: tuple[float, ...] = (),
) -> None:
    """Paint a line with a dark halo; dashes in line widths, on and off."""
    cap = Qt.PenCapStyle.FlatCap
    painter.setPen(QPen(HALO, width_px + 2.0, Qt.PenStyle.SolidLine, cap))
    painter.drawLine(line)
    pen = QPen(colour, width_px, Qt.PenStyle.SolidLine, cap)
    if dashes:
        pen.setDashPattern(dashes)
    painter.setPen(pen)
    painter.drawLine(line)


def paint_ring(painter: QPainter, centre: QPointF, radius_px: float, colour: QColor) -> None:
    """Paint a circle with a dark halo."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for shade, width in ((HALO, 4.0), (colour, 2.0)):
        painter.setPen(QPen(shade, width))
        painter.drawEllipse(centre, radius_px, radius_px)


def paint_cross(painter: QPainter, centre: QPointF, half_px: float, colour: QColor) -> None:
    """Paint an upright cross with a dark halo."""
    for away in (QPointF(half_px, 0.0), QPointF(0.0, half_px)):
        paint_line(painter, QLineF(centre - away, centre + away), colour, 2.0)


def paint_dimension(
    painter: QPainter,
    start: QPointF,
    end: QPointF,
    at: QPointF,
    text: str,
    colour: QColor,
    room: QRectF,
) -> None:
    """Paint how far two points are apart along x or along y, as in an engineering drawing.

    Parameters
    ----------
    start, end : QPointF
        The two points; thin lines lead from them to the dimension.
    at : QPointF
        A point on the dimension line: level where its y lies off both points, upright otherwise.
    room : QRectF
        Where the text has to stay.
    """
    level = _is_level(start, end, at)
    feet = [QPointF(p.x(), at.y()) if level else QPointF(at.x(), p.y()) for p in (start, end)]
    for point, foot in zip((start, end), feet, strict=True):
        beyond = _toward(point, foot, _GAP_PX)
        paint_line(painter, QLineF(point, foot + beyond), colour, 1.0)
    _paint_arrows(painter, feet[0], feet[1], colour, level=level)
    _paint_label(painter, feet, text, colour, room, level=level)


def _is_level(start: QPointF, end: QPointF, at: QPointF) -> bool:
    off_x = min(abs(at.x() - start.x()), abs(at.x() - end.x()))
    off_y = min(abs(at.y() - start.y()), abs(at.y() - end.y()))
    return off_y >= off_x


def _toward(a: QPointF, b: QPointF, length: float) -> QPointF:
    line = QLineF(a, b)
    if line.length() < 1e-6:
        return QPointF(0.0, 0.0)
    return QPointF(line.dx(), line.dy()) * (length / line.length())


def _paint_arrows(
    painter: QPainter, a: QPointF, b: QPointF, colour: QColor, *, level: bool
) -> None:
    axis = QPointF(1.0, 0.0) if level else QPointF(0.0, 1.0)
    first, last = (a, b) if QPointF.dotProduct(b - a, axis) >= 0.0 else (b, a)
    if QLineF(a, b).length() >= _SHORT_PX:
        paint_line(painter, QLineF(a, b), colour, 1.0)
        _arrow(painter, first, -axis, colour)
        _arrow(painter, last, axis, colour)
        return
    paint_line(painter, QLineF(first - axis * _TAIL_PX, last + axis * _TAIL_PX), colour, 1.0)
    _arrow(painter, first, axis, colour)
    _arrow(painter, last, -axis, colour)


def _arrow(painter: QPainter, tip: QPointF, toward: QPointF, colour: QColor) -> None:
    """Paint a filled arrowhead that points along a unit direction."""
    side = QPointF(-toward.y(), toward.x()) * (_ARROW_PX * _HALF_ARROW)
    foot = tip - toward * _ARROW_PX
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawPolygon(QPolygonF([tip, foot + side, foot - side]))
    painter.setBrush(Qt.BrushStyle.NoBrush)


def _paint_label(
    painter: QPainter,
    feet: list[QPointF],
    text: str,
    colour: QColor,
    room: QRectF,
    *,
    level: bool,
) -> None:
    wide, high = text_size(text, CAPTION_PX)
    middle = (feet[0] + feet[1]) / 2.0
    if level:
        corner = QPointF(middle.x() - wide / 2.0, middle.y() + _GAP_PX)
    else:
        above = min(foot.y() for foot in feet) - _TAIL_PX - _GAP_PX - high
        corner = QPointF(middle.x() - wide / 2.0, above)
    left = min(max(room.left() + _GAP_PX, corner.x()), room.right() - wide - _GAP_PX)
    top = min(max(room.top() + _GAP_PX, corner.y()), room.bottom() - high - _GAP_PX)
    paint_text(painter, QPointF(left, top), text, CAPTION_PX, colour)
