"""Draws a planned and an executed needle in the needle's planes, with the errors as dimensions.

The same drawing stands in pictures, on the page and in the window; where it goes is the caller's.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.language import mark, tr
from app.rendering.review_planes import NeedlePlanes, needle_planes, plane_across, plane_along
from app.rendering.slice_geometry import SlicePlane, edge_letters
from app.rendering.slice_image import GreyScale
from app.views.palette import CAPTION_PX, DARK, EXECUTED_COLOUR, STEP_PX, TEXT_PX, Colours, font
from app.views.review_marks import (
    paint_cross,
    paint_dimension,
    paint_line,
    paint_ring,
)
from app.views.review_values import CoreDrawing
from app.views.slice_overlay import OverlayWords, paint_words
from planning.geometry import Vec3, vec3

Say = Callable[[str], str]

PLANNED, EXECUTED = QColor(DARK.accent), QColor(EXECUTED_COLOUR)
SPECIMEN, MEASURE, LESION = QColor(DARK.good), QColor("#ff9ecf"), (240, 228, 66)

_LEVEL_HU, _WIDTH_HU = 450.0, 1900.0
_RIGHT_SHARE, _ACROSS_SHARE = 0.34, 0.55
_TITLE_PX = 26.0
_LINE_PX, _SHAFT_PX, _SPECIMEN_PX = 18.0, 2.0, 8.0
_DASH, _DOT = (5.0, 3.0), (1.5, 2.0)
_OFF_PX = 34.0
_BEHIND_TIP_MM = 3.0  # of the shaft show in the plane across: the point alone is thin

_IN_PLANE = mark("Along the needle, in the slice")
_OFF_PLANE = mark("Along the needle, off plane")
_ACROSS = mark("Across, at the tip")
_DEPTH, _ASIDE, _UP, _LATERAL = (
    mark("depth {number} mm"),
    mark("in plane {number} mm"),
    mark("off plane {number} mm"),
    mark("lateral {number} mm"),
)
_BRIGHTEST = mark("brightest of {number} mm")
_LEGEND = (
    (PLANNED, _DASH, _SHAFT_PX, mark("planned")),
    (EXECUTED, (), _SHAFT_PX, mark("as scanned")),
    (EXECUTED, _DOT, _SHAFT_PX, mark("inferred")),
    (SPECIMEN, (), _SPECIMEN_PX, mark("specimen")),
    (MEASURE, (), 1.0, mark("error")),
    (QColor(*LESION), (), 1.0, mark("lesion")),
)


def paint_core(
    painter: QPainter,
    room: QRectF,
    drawing: CoreDrawing,
    look: Colours = DARK,
    *,
    pixel_ratio: float = 2.0,
    say: Say = tr,
    upright: bool = False,
) -> None:
    """Draw one core into a rectangle: two planes along the needle, one across, numbers, legend.

    Parameters
    ----------
    look : Colours
        Of what stands beside the images.
    pixel_ratio : float
        Image pixels for each unit of the painter.
    say : callable
        Words in the reader's language; the identity for documents, which are English.
    upright : bool
        The rectangle is higher than wide: all planes below each other.
    """
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setFont(font(TEXT_PX, bold=True))
    painter.setPen(QColor(look.text))
    title = QRectF(room.left(), room.top(), room.width(), _TITLE_PX)
    painter.drawText(title, Qt.AlignmentFlag.AlignVCenter, drawing.title)
    body = room.adjusted(0.0, _TITLE_PX, 0.0, 0.0)
    planes = needle_planes(vec3(drawing.planned.direction_lps), drawing.slice_normal_lps)
    above, below, beside, rest = (_upright if upright else _flat)(body)
    ink = _Ink(painter, drawing, pixel_ratio, say)
    ink.along(above, planes, in_plane=True)
    ink.along(below, planes, in_plane=False)
    ink.across(beside, planes)
    _paint_numbers(painter, rest, drawing, look, say)
    painter.restore()


_Places = tuple[QRectF, QRectF, QRectF, QRectF]


def _flat(body: QRectF) -> _Places:
    """Return where both planes along the needle go, the one across it, and the numbers."""
    gap = float(STEP_PX)
    right = body.width() * _RIGHT_SHARE
    left, half = body.width() - right - gap, (body.height() - gap) / 2.0
    above = QRectF(body.left(), body.top(), left, half)
    high = min(right, body.height() * _ACROSS_SHARE)
    beside = QRectF(body.left() + left + gap, body.top(), right, high)
    rest_high = body.height() - high - gap
    rest = QRectF(beside.left(), beside.bottom() + gap, right, rest_high)
    return above, above.translated(0.0, half + gap), beside, rest


def _upright(body: QRectF) -> _Places:
    """Return the same for a body that is higher than wide."""
    gap = float(STEP_PX)
    third = (body.height() - 2.0 * gap) / 3.0
    above = QRectF(body.left(), body.top(), body.width(), third)
    low = body.top() + 2.0 * (third + gap)
    half = (body.width() - 2.0 * gap) / 2.0
    beside = QRectF(body.left(), low, half, third)
    rest = QRectF(body.left() + half + 2.0 * gap, low, half, third)
    return above, above.translated(0.0, third + gap), beside, rest


class _Ink:
    """One drawing with the painter it goes to."""

    def __init__(
        self, painter: QPainter, drawing: CoreDrawing, pixel_ratio: float, say: Say
    ) -> None:
        self._painter = painter
        self._drawing = drawing
        self._ratio = pixel_ratio
        self._say = say

    def along(self, room: QRectF, planes: NeedlePlanes, *, in_plane: bool) -> None:
        """Draw a plane along the needle, entry on the left."""
        drawing, error = self._drawing, self._drawing.error
        axes = planes.in_plane if in_plane else planes.off_plane
        size = (room.width(), room.height())
        planned = (drawing.planned.entry_lps_mm, drawing.planned.tip_lps_mm)
        deepest = drawing.fired_tip_lps_mm or drawing.executed_lps_mm[1]
        plane = plane_along(axes, planned, (drawing.executed_lps_mm[0], deepest), size)
        through = (drawing.executed_lps_mm[0], drawing.executed_lps_mm[1])
        hu, thick_mm = drawing.pictures.brightest(plane, through, self._ratio)
        self._open(room)
        self._image(plane, hu)
        self._needles(plane)
        inside = QRectF(0.0, 0.0, *size)
        end, tip = (
            _point(plane, p) for p in (drawing.planned_end_lps_mm, drawing.executed_lps_mm[1])
        )
        lowest = max(end.y(), tip.y())
        self._dimension(
            end, tip, QPointF(end.x(), lowest + _OFF_PX), _DEPTH, error.depth_mm, inside
        )
        farthest = max(_point(plane, p).x() for p in (planned[1], deepest))
        words, number = (_ASIDE, error.in_plane_mm) if in_plane else (_UP, error.off_plane_mm)
        self._dimension(end, tip, QPointF(farthest + _OFF_PX, end.y()), words, number, inside)
        which = _IN_PLANE if in_plane else _OFF_PLANE
        self._close(plane, which, self._say(_BRIGHTEST).format(number=f"{thick_mm:.1f}"))

    def across(self, room: QRectF, planes: NeedlePlanes) -> None:
        """Draw the plane across the needle, as seen from the entry."""
        drawing, error = self._drawing, self._drawing.error
        size = (room.width(), room.height())
        tip_lps_mm = drawing.executed_lps_mm[1]
        plane = plane_across(planes.across, drawing.planned_end_lps_mm, tip_lps_mm, size)
        self._open(room)
        behind = np.array(tip_lps_mm) - _BEHIND_TIP_MM * np.array(planes.across.normal_lps)
        hu, _ = drawing.pictures.brightest(plane, (tip_lps_mm, vec3(behind)), self._ratio)
        self._image(plane, hu)
        end, tip = (_point(plane, p) for p in (drawing.planned_end_lps_mm, tip_lps_mm))
        radius = max(4.0, drawing.needle_radius_mm / plane.mm_per_pixel)
        paint_line(self._painter, QLineF(end, tip), MEASURE, 1.5)
        paint_ring(self._painter, end, radius, PLANNED)
        paint_cross(self._painter, end, 4.0, PLANNED)
        paint_ring(self._painter, tip, radius, EXECUTED)
        paint_cross(self._painter, tip, 4.0, EXECUTED)
        inside = QRectF(0.0, 0.0, *size)
        low = max(end.y(), tip.y()) + radius + _OFF_PX / 2.0
        wide = max(end.x(), tip.x()) + radius + _OFF_PX / 2.0
        self._dimension(end, tip, QPointF(end.x(), low), _ASIDE, error.in_plane_mm, inside)
        self._dimension(end, tip, QPointF(wide, end.y()), _UP, error.off_plane_mm, inside)
        lateral = self._say(_LATERAL).format(number=f"{error.lateral_tip_mm:.1f}")
        self._close(plane, _ACROSS, lateral)

    def _open(self, room: QRectF) -> None:
        self._painter.save()
        self._painter.setClipRect(room)
        self._painter.translate(room.topLeft())

    def _close(self, plane: SlicePlane, title: str, remark: str) -> None:
        words = OverlayWords(
            title=self._say(title), remark=remark, letters=edge_letters(plane.axes)
        )
        paint_words(self._painter, plane, words)
        self._painter.restore()

    def _image(self, plane: SlicePlane, hu: NDArray[np.int16]) -> None:
        grey = GreyScale(_LEVEL_HU, _WIDTH_HU).grey(hu)
        rgb = np.repeat(grey[..., None], 3, axis=-1)
        edge = self._drawing.pictures.lesion_edge(plane, self._ratio)
        if edge is not None:
            rgb[edge] = LESION
        height, width, _ = rgb.shape
        image = QImage(
            np.ascontiguousarray(rgb).tobytes(), width, height, 3 * width,
            QImage.Format.Format_RGB888,
        ).copy()  # fmt: skip
        self._painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        self._painter.drawImage(QRectF(0.0, 0.0, *plane.size_px), image)

    def _needles(self, plane: SlicePlane) -> None:
        drawing, painter = self._drawing, self._painter
        planned = (drawing.planned.entry_lps_mm, drawing.planned.tip_lps_mm)
        paint_line(painter, _line(plane, drawing.specimen_lps_mm), SPECIMEN, _SPECIMEN_PX)
        if drawing.fired_tip_lps_mm is not None:
            on = (drawing.executed_lps_mm[1], drawing.fired_tip_lps_mm)
            paint_line(painter, _line(plane, on), EXECUTED, _SHAFT_PX, _DOT)
        paint_line(painter, _line(plane, drawing.executed_lps_mm), EXECUTED, _SHAFT_PX)
        paint_line(painter, _line(plane, planned), PLANNED, _SHAFT_PX, _DASH)
        paint_ring(painter, _point(plane, planned[0]), 4.0, PLANNED)
        paint_ring(painter, _point(plane, drawing.executed_lps_mm[0]), 4.0, EXECUTED)
        paint_cross(painter, _point(plane, drawing.planned_end_lps_mm), 6.0, PLANNED)
        paint_cross(painter, _point(plane, drawing.executed_lps_mm[1]), 6.0, EXECUTED)

    def _dimension(
        self, start: QPointF, end: QPointF, at: QPointF, words: str, number: float, room: QRectF
    ) -> None:
        text = self._say(words).format(number=f"{round(number, 1) + 0.0:+.1f}")
        paint_dimension(self._painter, start, end, at, text, MEASURE, room)


def _paint_numbers(
    painter: QPainter, room: QRectF, drawing: CoreDrawing, look: Colours, say: Say
) -> None:
    """Write the numbers, and under them what the lines mean."""
    painter.setFont(font(CAPTION_PX))
    flag = Qt.AlignmentFlag
    top = room.top()
    for name, number in drawing.numbers:
        line = QRectF(room.left(), top, room.width(), _LINE_PX)
        painter.setPen(QColor(look.secondary))
        painter.drawText(line, flag.AlignVCenter | flag.AlignLeft, name)
        painter.setPen(QColor(look.text))
        painter.drawText(line, flag.AlignVCenter | flag.AlignRight, number)
        top += _LINE_PX
    rows = [row for row in _LEGEND if row[1] is not _DOT or drawing.fired_tip_lps_mm is not None]
    top = max(top + STEP_PX, room.bottom() - _LINE_PX * ((len(rows) + 1) // 2))
    half = room.width() / 2.0
    for place, (colour, dashes, width, words) in enumerate(rows):
        x = room.left() + half * (place % 2)
        y = top + _LINE_PX * (place // 2) + _LINE_PX / 2.0
        sample = QRectF(x, y - 5.0, 26.0, 10.0)
        painter.fillRect(sample, QColor("#303030"))
        paint_line(painter, QLineF(sample.left(), y, sample.right(), y), colour, width, dashes)
        painter.setPen(QColor(look.text))
        where = QRectF(x + 32.0, y - _LINE_PX / 2.0, half - 32.0, _LINE_PX)
        painter.drawText(where, flag.AlignVCenter | flag.AlignLeft, say(words))


def _line(plane: SlicePlane, ends_lps_mm: tuple[Vec3, Vec3]) -> QLineF:
    return QLineF(_point(plane, ends_lps_mm[0]), _point(plane, ends_lps_mm[1]))


def _point(plane: SlicePlane, point_lps_mm: Vec3) -> QPointF:
    x, y = plane.screen_from_lps(point_lps_mm).tolist()
    return QPointF(x, y)
