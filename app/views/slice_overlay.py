"""Words and marks that lie over a slice: letters, corner texts, scale bar, crosshair; no image."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache

from PySide6.QtCore import QLineF, QPointF, QRectF, QSize, QSizeF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPaintEngine, QPainter, QPen

from app.rendering.slice_geometry import EdgeLetters, SlicePlane
from app.views.palette import CAPTION_PX, DARK, TEXT_PX, font
from planning.geometry import Vec3

_MARGIN_PX = 8.0
_HALO = QColor(0, 0, 0, 120)
_HALO_PX = 2.0
_WRITTEN_AT_MOST = 500
_BRIGHT = QColor("#e6ebf1")
_QUIET = QColor("#c3cbd6")
_GAP_PX = 12.0
_APART_PX = 6.0  # or a letter would read as the end of the words beside it
_MARK_PX = (8.0, 22.0)
_AROUND = tuple((x, y) for x in (-1.0, 0.0, 1.0) for y in (-1.0, 0.0, 1.0) if x or y)
_BAR_LENGTHS_MM = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 200.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class OverlayWords:
    """What stands in the corners of a slice view, the most important line of each corner first."""

    title: str
    remark: str = ""
    top_right: str = ""
    bottom_left: tuple[str, ...] = ()
    letters: EdgeLetters | None = None


@dataclass(frozen=True, slots=True)
class _Label:
    text: str
    box: QRectF
    size_px: int
    colour: QColor
    moves: bool = False  # a line lower, where it would overlap


def paint_words(painter: QPainter, plane: SlicePlane, words: OverlayWords) -> None:
    """Paint letters, corners and the scale bar; leave out what would overlap or be cut off."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    taken: list[QRectF] = []
    for label in _labels(plane, words):
        lower = label.box.translated(0.0, label.box.height())
        for box in (label.box, lower) if label.moves else (label.box,):
            if not _free(box, taken, plane.size_px):
                continue
            taken.append(box)
            paint_text(painter, box.topLeft(), label.text, label.size_px, label.colour)
            break
    _paint_scale_bar(painter, plane, taken)
    painter.restore()


def paint_text(
    painter: QPainter, top_left: QPointF, text: str, size_px: int, colour: QColor
) -> None:
    """Paint text with a dark halo, legible on any grey."""
    made, engine = font(size_px), painter.paintEngine()
    if engine.type() is not QPaintEngine.Type.Raster:
        _write(painter, top_left, text, made, colour)
        return
    ratio = engine.paintDevice().devicePixelRatioF()
    written = _written(text, size_px, made.key(), colour.rgba(), ratio)
    at = top_left - QPointF(_HALO_PX, _HALO_PX)
    whole = QPointF(round(at.x() * ratio) / ratio, round(at.y() * ratio) / ratio)
    painter.drawImage(whole, written)


@lru_cache(maxsize=_WRITTEN_AT_MOST)
def _written(text: str, size_px: int, _font: str, rgba: int, ratio: float) -> QImage:
    """Return a text as it is painted again and again, with room for its halo."""
    made = font(size_px)
    metrics = QFontMetricsF(made)
    room = 2.0 * _HALO_PX
    size = QSizeF(metrics.horizontalAdvance(text) + room, metrics.height() + room) * ratio
    image = QImage(size.toSize() + QSize(1, 1), QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(ratio)
    image.fill(0)
    painter = QPainter(image)
    _write(painter, QPointF(_HALO_PX, _HALO_PX), text, made, QColor.fromRgba(rgba))
    painter.end()
    return image


def _write(painter: QPainter, top_left: QPointF, text: str, made: QFont, colour: QColor) -> None:
    painter.setFont(made)
    baseline = top_left + QPointF(0.0, QFontMetricsF(made).ascent())
    painter.setPen(_HALO)  # eight shifted copies are far quicker than stroking the outlines
    for across, down in _AROUND:
        painter.drawText(baseline + QPointF(across, down), text)
    painter.setPen(colour)
    painter.drawText(baseline, text)


def paint_empty(painter: QPainter, size_px: tuple[float, float], title: str, text: str) -> None:
    """Paint the name of a view that shows nothing, and in its middle what to do."""
    wide, high = text_size(text, TEXT_PX)
    corner = QPointF((size_px[0] - wide) / 2.0, (size_px[1] - high) / 2.0)
    paint_text(painter, corner, text, TEXT_PX, QColor(DARK.secondary))
    paint_text(painter, QPointF(8.0, 6.0), title, TEXT_PX, QColor(DARK.text))


def text_size(text: str, size_px: int) -> tuple[float, float]:
    """Return width and height of a text."""
    metrics = QFontMetricsF(font(size_px))
    return metrics.horizontalAdvance(text), metrics.height()


def paint_crosshair(
    painter: QPainter, plane: SlicePlane, point_lps_mm: Vec3, colour: QColor
) -> None:
    """Paint thin lines through a point that leave the point itself free."""
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    width, height = plane.size_px
    painter.save()
    colour.setAlphaF(0.55)
    painter.setPen(QPen(colour, 1.0))
    for line in (
        QLineF(0.0, y, x - _GAP_PX, y),
        QLineF(x + _GAP_PX, y, width, y),
        QLineF(x, 0.0, x, y - _GAP_PX),
        QLineF(x, y + _GAP_PX, x, height),
    ):
        painter.drawLine(line)
    painter.restore()


def paint_depth_mark(
    painter: QPainter, plane: SlicePlane, point_lps_mm: Vec3, along_lps: Vec3, colour: QColor
) -> None:
    """Paint a short line across a needle where it is being looked at."""
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    right = sum(a * b for a, b in zip(along_lps, plane.axes.right_lps, strict=True))
    down = sum(a * b for a, b in zip(along_lps, plane.axes.down_lps, strict=True))
    across = QPointF(-down, right)
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    for start, end in ((_MARK_PX[0], _MARK_PX[1]), (-_MARK_PX[0], -_MARK_PX[1])):
        line = QLineF(QPointF(x, y) + across * start, QPointF(x, y) + across * end)
        for shade, width in ((_HALO, 3.5), (colour, 1.5)):
            painter.setPen(QPen(shade, width))
            painter.drawLine(line)
    painter.restore()


def _labels(plane: SlicePlane, words: OverlayWords) -> list[_Label]:
    """Return all labels, the ones that must not be missing first."""
    width, height = plane.size_px
    found = _letter_labels(plane, words.letters) if words.letters else []
    title = _label(words.title, _MARGIN_PX, _MARGIN_PX - 2.0, TEXT_PX, _BRIGHT)
    found.append(replace(title, moves=True))
    line_height = text_size("0", CAPTION_PX)[1] + 1.0
    last = height - _MARGIN_PX + 2.0
    for number, text in enumerate(words.bottom_left):
        top = last - (len(words.bottom_left) - number) * line_height
        found.append(_label(text, _MARGIN_PX, top, CAPTION_PX, _QUIET))
    if words.top_right:
        left = width - _MARGIN_PX - text_size(words.top_right, CAPTION_PX)[0]
        found.append(_label(words.top_right, left, _MARGIN_PX, CAPTION_PX, _BRIGHT))
    if words.remark:
        below = _MARGIN_PX + text_size("0", TEXT_PX)[1]
        remark = _label(words.remark, _MARGIN_PX, below, CAPTION_PX, _QUIET)
        found.append(replace(remark, moves=True))
    return found


def _letter_labels(plane: SlicePlane, letters: EdgeLetters) -> list[_Label]:
    width, height = plane.size_px
    found = []
    for text, across, down in (
        (letters.left, 0.0, 0.5),
        (letters.right, 1.0, 0.5),
        (letters.top, 0.5, 0.0),
        (letters.bottom, 0.5, 1.0),
    ):
        wide, high = text_size(text, TEXT_PX)
        left = _MARGIN_PX + across * (width - 2.0 * _MARGIN_PX - wide)
        top = _MARGIN_PX - 2.0 + down * (height - 2.0 * (_MARGIN_PX - 2.0) - high)
        found.append(_label(text, left, top, TEXT_PX, _BRIGHT))
    return found


def _label(text: str, left: float, top: float, size_px: int, colour: QColor) -> _Label:
    wide, high = text_size(text, size_px)
    return _Label(text, QRectF(left, top, wide, high), size_px, colour)


def _free(box: QRectF, taken: list[QRectF], size_px: tuple[float, float]) -> bool:
    inside = QRectF(0.0, 0.0, *size_px).contains(box)
    around = box.adjusted(-_APART_PX, 0.0, _APART_PX, 0.0)
    return inside and not any(around.intersects(other) for other in taken)


def _paint_scale_bar(painter: QPainter, plane: SlicePlane, taken: list[QRectF]) -> None:
    """Paint the longest round length that takes at most a fifth of the width."""
    width, height = plane.size_px
    fitting = [mm for mm in _BAR_LENGTHS_MM if mm / plane.mm_per_pixel <= width / 5.0]
    if not fitting:
        return
    text = f"{fitting[-1] / 10:.0f} cm" if fitting[-1] >= 10.0 else f"{fitting[-1]:.0f} mm"
    wide, high = text_size(text, CAPTION_PX)
    length = fitting[-1] / plane.mm_per_pixel
    right, y = width - _MARGIN_PX, height - _MARGIN_PX - 2.0
    box = QRectF(right - max(length, wide), y - high - 4.0, max(length, wide), high + 6.0)
    if not _free(box, taken, plane.size_px):
        return
    paint_text(painter, QPointF(right - wide, y - high - 3.0), text, CAPTION_PX, _QUIET)
    for colour, thickness in ((_HALO, 4.0), (_QUIET, 2.0)):
        painter.setPen(QPen(colour, thickness, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap))
        painter.drawLine(QLineF(right - length, y, right, y))
