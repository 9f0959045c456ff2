"""Lays out one A4 page of a review: facts, tables, drawing, registration; in English, on paper."""

from __future__ import annotations

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from app.views.palette import CAPTION_PX, FIGURE_PX, LIGHT, STEP_PX, font
from app.views.registration_drawing import PictureRow, paint_registration
from app.views.review_banner import paint_banner
from app.views.review_drawing import paint_core
from app.views.review_values import CoreDrawing, ReviewPage

PAGE_PX = (794.0, 1123.0)
"""A4 at 96 units per inch: what the page is laid out in."""

_MARGIN_PX = 44.0
_LINE_PX = 16.0
_FACT_NAME_PX = 84.0
_COLUMN_GAP_PX = 8.0
_DRAWING_PX, _SCANS_PX, _LEAST_SCANS_PX = 492.0, 250.0, 120.0
_REMARKS_PX = 60.0  # kept free below the pictures: what has to be known comes first
_PICTURE_RATIO = 3.0
_DANGER, _GOOD = LIGHT.danger, LIGHT.good


def paint_page(
    painter: QPainter,
    page: ReviewPage,
    drawing: CoreDrawing | None,
    scans: tuple[PictureRow, ...],
) -> None:
    """Paint a page of `PAGE_PX`."""
    room = QRectF(
        _MARGIN_PX, _MARGIN_PX, PAGE_PX[0] - 2.0 * _MARGIN_PX, PAGE_PX[1] - 2.0 * _MARGIN_PX
    )
    foot = QRectF(room.left(), room.bottom() - _LINE_PX, room.width(), _LINE_PX)
    room.setTop(paint_banner(painter, room, page.banner))
    _write(painter, foot, page.foot, tone=LIGHT.secondary)
    top = _paint_title(painter, room, page.title)
    top = _paint_facts(painter, room, top, page.facts)
    top = _paint_table(painter, room, top, page.header, page.rows)
    if drawing is not None:
        where = QRectF(room.left(), top, room.width(), _DRAWING_PX)
        paint_core(painter, where, drawing, LIGHT, pixel_ratio=_PICTURE_RATIO, say=str)
        top = where.bottom() + 2.0 * STEP_PX
    if scans:
        high = max(_LEAST_SCANS_PX, min(_SCANS_PX, foot.top() - top - STEP_PX - _REMARKS_PX))
        where = QRectF(room.left(), top, room.width(), high)
        paint_registration(painter, where, scans, LIGHT, say=str)
        top = where.bottom() + STEP_PX
    _paint_warnings(painter, QRectF(room.left(), top, room.width(), foot.top() - top),
                    page.warnings)  # fmt: skip


def _paint_title(painter: QPainter, room: QRectF, title: str) -> float:
    painter.setFont(font(FIGURE_PX))
    painter.setPen(QColor(LIGHT.text))
    line = QRectF(room.left(), room.top(), room.width(), 30.0)
    painter.drawText(line, Qt.AlignmentFlag.AlignVCenter, title)
    painter.setPen(QPen(QColor(LIGHT.line), 1.0))
    painter.drawLine(line.bottomLeft(), line.bottomRight())
    return line.bottom() + STEP_PX


def _paint_facts(
    painter: QPainter, room: QRectF, top: float, facts: tuple[tuple[str, str], ...]
) -> float:
    """Write name and fact in two columns, and long ones below over the whole width."""
    metrics = QFontMetricsF(font(CAPTION_PX))
    column = room.width() / 2.0
    fits = column - _FACT_NAME_PX - STEP_PX
    short = [fact for fact in facts if metrics.horizontalAdvance(fact[1]) <= fits]
    long = [fact for fact in facts if fact not in short]
    half = (len(short) + 1) // 2
    for number, fact in enumerate(short):
        left = room.left() + (number // half) * column
        _paint_fact(painter, QRectF(left, top + (number % half) * _LINE_PX, column, _LINE_PX), fact)
    for number, fact in enumerate(long, start=half):
        line = QRectF(room.left(), top + number * _LINE_PX, room.width(), _LINE_PX)
        _paint_fact(painter, line, fact)
    return top + (half + len(long)) * _LINE_PX + 2.0 * STEP_PX


def _paint_fact(painter: QPainter, room: QRectF, fact: tuple[str, str]) -> None:
    name = QRectF(room.left(), room.top(), _FACT_NAME_PX, room.height())
    _write(painter, name, fact[0], tone=LIGHT.secondary)
    _write(painter, room.adjusted(_FACT_NAME_PX, 0.0, -STEP_PX, 0.0), fact[1])


def _paint_table(
    painter: QPainter,
    room: QRectF,
    top: float,
    header: tuple[str, ...],
    rows: tuple[tuple[str, ...], ...],
) -> float:
    """Write the table; each column as wide as what stands in it, the rest shared out."""
    if not header:
        return top
    metrics = QFontMetricsF(font(CAPTION_PX))
    lines = (header, *rows)
    widths = [
        max(metrics.horizontalAdvance(line[column]) for line in lines) + _COLUMN_GAP_PX
        for column in range(len(header))
    ]
    share = max(0.0, room.width() - sum(widths)) / len(widths)
    for number, line in enumerate(lines):
        left = room.left()
        for width, text in zip(widths, line, strict=True):
            where = QRectF(left, top + number * _LINE_PX, width + share, _LINE_PX)
            _write(painter, where, text, tone=LIGHT.secondary if number == 0 else _tone(text))
            left += width + share
    bottom = top + len(lines) * _LINE_PX
    painter.setPen(QPen(QColor(LIGHT.line), 1.0))
    painter.drawLine(QRectF(room.left(), top + _LINE_PX, room.width(), 0.0).topLeft(),
                     QRectF(room.left(), top + _LINE_PX, room.width(), 0.0).topRight())  # fmt: skip
    return bottom + 2.0 * STEP_PX


def _tone(text: str) -> str:
    return {"yes": _GOOD, "no": _DANGER}.get(text, LIGHT.text)


def _paint_warnings(painter: QPainter, room: QRectF, warnings: tuple[str, ...]) -> None:
    """Write what has to be known, as much as there is room for, and how much is left out."""
    painter.setFont(font(CAPTION_PX))
    metrics = QFontMetricsF(painter.font())
    wrapped = Qt.TextFlag.TextWordWrap
    top = room.top()
    for number, text in enumerate(warnings):
        needed = metrics.boundingRect(QRectF(0.0, 0.0, room.width(), 1e6), wrapped, text).height()
        left = len(warnings) - number
        last = left == 1
        if top + needed + (0.0 if last else _LINE_PX) > room.bottom():
            more = f"and {left} more remarks in review.json" if left > 1 else "and 1 more remark"
            _write(painter, QRectF(room.left(), top, room.width(), _LINE_PX), more)
            return
        painter.setPen(QColor(LIGHT.caution))
        painter.drawText(QRectF(room.left(), top, room.width(), needed), wrapped, text)
        top += needed + 1.0


def _write(painter: QPainter, room: QRectF, text: str, *, tone: str = LIGHT.text) -> None:
    made = font(CAPTION_PX)
    painter.setFont(made)
    painter.setPen(QColor(tone))
    fitting = QFontMetricsF(made).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, fitting)
