"""Paints one series in the list: its picture, what it is, what is wrong with it; chooses none."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, QPersistentModelIndex, QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPen
from PySide6.QtWidgets import QStyle, QStyledItemDelegate, QStyleOptionViewItem, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX, TEXT_PX, colours, font, scaled
from app.views.parts import Tone
from app.views.series_values import SeriesPicture, SeriesRow

ROW_ROLE = Qt.ItemDataRole.UserRole
PICTURE_ROLE = Qt.ItemDataRole.UserRole + 1

_PICTURE_PX = 104
_BAR_PX = 3
_WRAPPED = int(Qt.TextFlag.TextWordWrap | Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
_Index = QModelIndex | QPersistentModelIndex


def image_of(picture: SeriesPicture, side_px: int, ratio: float) -> QImage:
    """Return a picture that fits into a square, its shape kept."""
    if picture.grey.size == 0:
        return QImage()
    rows, columns = picture.grey.shape
    grey = QImage(picture.grey.data, columns, rows, columns, QImage.Format.Format_Grayscale8)
    shape = max(picture.height_to_width, 1e-3)
    width, height = (1.0, shape) if shape <= 1.0 else (1.0 / shape, 1.0)
    size = QSize(*(max(1, round(side_px * ratio * share)) for share in (width, height)))
    fitted = grey.scaled(
        size, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
    )
    fitted.setDevicePixelRatio(ratio)
    return fitted


def lines_of(row: SeriesRow, problem: str = "") -> tuple[tuple[str, int, Tone], ...]:
    """Return the lines under the title: text, size and tone."""
    told = row.problem or problem
    lines: tuple[tuple[str, int, Tone], ...] = (
        (row.patient, TEXT_PX, "text"),
        (row.facts, TEXT_PX, "secondary"),
        (told, TEXT_PX, "danger"),
        (row.blocked if not told else "", CAPTION_PX, "secondary"),
        (row.notes, CAPTION_PX, "caution"),
    )
    return tuple(line for line in lines if line[0])


class SeriesDelegate(QStyledItemDelegate):
    """Draws a series; as high as what there is to say."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:
        row = index.data(ROW_ROLE)
        if not isinstance(row, SeriesRow):
            return super().sizeHint(option, index)
        width = _width(option)
        text = QRect(0, 0, _text_width(width), 100_000)
        height = QFontMetrics(font(TEXT_PX, bold=True)).lineSpacing()
        for words, size_px, _ in lines_of(row, _picture_problem(index)):
            metrics = QFontMetrics(font(size_px))
            height += STEP_PX // 2 + metrics.boundingRect(text, _WRAPPED, words).height()
        return QSize(width, max(height, _side_px()) + 4 * STEP_PX)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        row = index.data(ROW_ROLE)
        if not isinstance(row, SeriesRow):
            super().paint(painter, option, index)
            return
        table, place = colours(), _rect(option)
        painter.save()
        state = _state(option)
        chosen = bool(state & QStyle.StateFlag.State_Selected)
        painter.fillRect(place, QColor(table.selection if chosen else table.panel))
        if chosen:
            bar = QRect(place.left(), place.top(), _BAR_PX, place.height())
            painter.fillRect(bar, QColor(table.accent))
        painter.setPen(QColor(table.line))
        painter.drawLine(place.bottomLeft(), place.bottomRight())
        inner = place.adjusted(3 * STEP_PX, 2 * STEP_PX, -3 * STEP_PX, -2 * STEP_PX)
        _paint_picture(painter, inner, row, index)
        _paint_words(painter, inner, row, _picture_problem(index), chosen=chosen)
        if state & QStyle.StateFlag.State_HasFocus:
            painter.setPen(QPen(QColor(table.accent), 1.0))
            painter.drawRect(QRectF(place).adjusted(0.5, 0.5, -0.5, -1.5))
        painter.restore()


def _paint_picture(painter: QPainter, inner: QRect, row: SeriesRow, index: _Index) -> None:
    side = _side_px()
    frame = QRect(inner.left(), inner.top(), side, side)
    painter.fillRect(frame, QColor("#000000"))
    painter.setPen(QColor(colours().line))
    painter.drawRect(frame.adjusted(0, 0, -1, -1))
    picture = index.data(PICTURE_ROLE)
    if isinstance(picture, SeriesPicture) and picture.grey.size:
        image = image_of(picture, side, painter.device().devicePixelRatioF())
        size = image.deviceIndependentSize()
        painter.drawImage(
            QRectF(
                frame.left() + (side - size.width()) / 2,
                frame.top() + (side - size.height()) / 2,
                size.width(),
                size.height(),
            ),
            image,
        )
        return
    waits = row.has_picture and picture is None
    painter.setFont(font(CAPTION_PX if waits else TEXT_PX))
    painter.setPen(QColor("#9aa4b0"))  # on black in either scheme
    words = tr("loading") if waits else row.modality or tr("no picture")
    painter.drawText(frame, int(Qt.AlignmentFlag.AlignCenter), words)


def _paint_words(
    painter: QPainter, inner: QRect, row: SeriesRow, problem: str, *, chosen: bool
) -> None:
    table = colours()
    text = inner.adjusted(_side_px() + 3 * STEP_PX, 0, 0, 0)
    title = font(TEXT_PX, bold=True)
    metrics = QFontMetrics(title)
    badge, tone = "", table.good
    if row.problem or problem:
        badge, tone = tr("cannot be opened"), table.danger
    elif row.suggested:
        badge = tr("suggested")
    painter.setFont(font(CAPTION_PX))
    taken = QFontMetrics(font(CAPTION_PX)).horizontalAdvance(badge) + 3 * STEP_PX if badge else 0
    line = QRect(text.left(), text.top(), text.width(), metrics.lineSpacing())
    painter.setPen(QColor(tone))
    painter.drawText(line, int(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter), badge)
    painter.setFont(title)
    painter.setPen(QColor(table.on_selection if chosen else table.text))
    shown = metrics.elidedText(row.title, Qt.TextElideMode.ElideRight, line.width() - taken)
    painter.drawText(line, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), shown)
    top = line.bottom() + 1 + STEP_PX // 2
    for words, size_px, tone_name in lines_of(row, problem):
        painter.setFont(font(size_px))
        painter.setPen(QColor(getattr(table, tone_name)))
        room = QRect(text.left(), top, text.width(), max(0, inner.bottom() - top + 1))
        drawn = painter.drawText(room, _WRAPPED, words)
        top = drawn.bottom() + 1 + STEP_PX // 2


def _picture_problem(index: _Index) -> str:
    picture = index.data(PICTURE_ROLE)
    return picture.problem if isinstance(picture, SeriesPicture) else ""


def _side_px() -> int:
    return round(scaled(_PICTURE_PX))


def _text_width(width: int) -> int:
    return max(1, width - 9 * STEP_PX - _side_px())


def _width(option: QStyleOptionViewItem) -> int:
    view: QWidget | None = getattr(option, "widget", None)
    viewport = getattr(view, "viewport", None)
    return viewport().width() if viewport is not None else 100 * STEP_PX


def _rect(option: QStyleOptionViewItem) -> QRect:
    return getattr(option, "rect", QRect())


def _state(option: QStyleOptionViewItem) -> QStyle.StateFlag:
    return getattr(option, "state", QStyle.StateFlag.State_None)
