"""Words and marks that lie over the 3-D view: compass, names of needles, crosshair; no scene."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PySide6.QtCore import QLineF, QPointF, QRectF, QSizeF
from PySide6.QtGui import QColor, QPainter, QPen

from app.language import tr
from app.views.palette import CAPTION_PX, DARK, EXECUTED_COLOUR, TEXT_PX
from app.views.review_step_values import ExecutedPath
from app.views.slice_executed import paint_legend
from app.views.slice_overlay import paint_text, text_size
from app.views.values import NeedlePath
from planning.geometry import Float64Array, Vec3

_COMPASS_PX = 30.0
_COMPASS_MARGIN_PX = 46.0
_TURNED_AWAY = 0.85
_COMPASS_LETTERS = (("L", "R"), ("P", "A"), ("H", "F"))
_LABEL_GAP_PX = 7.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SceneMarks:
    """What lies over the picture; None and empty for what is not to be seen.

    Parameters
    ----------
    named : tuple of NeedlePath
        Planned needles whose names are painted.
    directions : ndarray, shape (3, 3), or None
        See `paint_compass`.
    """

    crosshair_lps_mm: Vec3 | None
    named: tuple[NeedlePath, ...]
    executed: tuple[ExecutedPath, ...]
    message: str
    directions: Float64Array | None


def paint_marks(
    painter: QPainter,
    size_px: tuple[float, float],
    marks: SceneMarks,
    place_of: Callable[[Vec3], QPointF | None],
) -> None:
    """Paint all of it; `place_of` says where in the view a point is seen."""
    paint_text(painter, QPointF(8.0, 6.0), tr("3-D"), TEXT_PX, QColor(DARK.text))
    if marks.crosshair_lps_mm is not None:
        paint_crossing(painter, place_of(marks.crosshair_lps_mm))
    paint_labels(painter, [(n, place_of(n.entry_lps_mm)) for n in marks.named])
    paint_executed(painter, marks.executed, place_of, size_px)
    if marks.message:
        paint_message(painter, marks.message, size_px)
    if marks.directions is not None:
        paint_compass(painter, size_px[1], marks.directions)


def paint_crossing(painter: QPainter, centre: QPointF | None) -> None:
    """Paint four short lines around the common point of the slice views."""
    if centre is None:
        return
    painter.setPen(QPen(QColor(DARK.accent), 1.0))
    for dx, dy in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
        way = QPointF(dx, dy)
        painter.drawLine(QLineF(centre + way * 6.0, centre + way * 13.0))


def paint_message(painter: QPainter, text: str, size_px: tuple[float, float]) -> None:
    """Paint a sentence in the middle."""
    wide, high = text_size(text, TEXT_PX)
    corner = QPointF((size_px[0] - wide) / 2.0, (size_px[1] - high) / 2.0)
    paint_text(painter, corner, text, TEXT_PX, QColor(DARK.secondary))


def paint_labels(painter: QPainter, needles: Iterable[tuple[NeedlePath, QPointF | None]]) -> None:
    """Paint what needles are called beside their entries; what would overlap is left out.

    The selected one comes first, then the cores of the set.
    """
    taken: list[QRectF] = []
    for needle, entry in sorted(needles, key=lambda n: (not n[0].selected, not n[0].core)):
        if entry is None:
            continue
        wide, high = text_size(needle.label, CAPTION_PX)
        corner = entry + QPointF(_LABEL_GAP_PX, -_LABEL_GAP_PX - high)
        box = QRectF(corner.x(), corner.y(), wide, high)
        if not any(box.intersects(other) for other in taken):
            taken.append(box)
            colour = QColor(DARK.accent if needle.selected else DARK.text)
            paint_text(painter, corner, needle.label, CAPTION_PX, colour)


def paint_executed(
    painter: QPainter,
    needles: tuple[ExecutedPath, ...],
    place_of: Callable[[Vec3], QPointF | None],
    size_px: tuple[float, float],
) -> None:
    """Paint what executed needles are called beside their tips, and a legend where there are any.

    Names that would overlap are left out.
    """
    if needles:
        paint_legend(painter, size_px)
    taken: list[QRectF] = []
    for needle in sorted(needles, key=lambda n: not n.stands_out):
        tip = place_of(needle.tip_lps_mm)
        if tip is None or not needle.label:
            continue
        corner = tip + QPointF(_LABEL_GAP_PX, _LABEL_GAP_PX)
        box = QRectF(corner, QSizeF(*text_size(needle.label, CAPTION_PX)))
        if not any(box.intersects(other) for other in taken):
            taken.append(box)
            paint_text(painter, corner, needle.label, CAPTION_PX, QColor(EXECUTED_COLOUR))


def paint_compass(painter: QPainter, height_px: float, directions: Float64Array) -> None:
    """Paint the patient's six sides as seen now, the near ones bright and last.

    Parameters
    ----------
    directions : ndarray, shape (3, 3)
        Left, posterior and head (rows) as right, up and toward the viewer (columns).
    """
    middle = QPointF(_COMPASS_MARGIN_PX, height_px - _COMPASS_MARGIN_PX)
    spokes = []
    for (positive, negative), way in zip(_COMPASS_LETTERS, directions, strict=True):
        for sign, letter in ((1.0, positive), (-1.0, negative)):
            near, seen = sign * float(way[2]), QPointF(sign * way[0], -sign * way[1])
            if near > -_TURNED_AWAY:  # else it would lie over the letter in front of it
                spokes.append((near, letter, seen))
    for near, letter, way in sorted(spokes, key=lambda spoke: spoke[0]):
        colour = QColor(DARK.text if near > -0.2 else DARK.secondary)
        end = middle + way * _COMPASS_PX
        painter.setPen(QPen(colour, 1.0))
        painter.drawLine(QLineF(middle, middle + way * (_COMPASS_PX - 9.0)))
        wide, high = text_size(letter, CAPTION_PX)
        corner = end - QPointF(wide / 2.0, high / 2.0)
        paint_text(painter, corner, letter, CAPTION_PX, colour)
