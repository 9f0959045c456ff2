"""What every point of the skin is worth as an entry: the value, its legend and its words."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPen

from app.language import mark, tr
from app.rendering.colour_maps import STEPS, VIRIDIS
from app.views.palette import CAPTION_PX, DARK, RADIUS_PX, STEP_PX
from app.views.slice_overlay import paint_text, text_size
from planning.geometry import Float64Array, Vec3, vec3

LEGEND_SIZE_PX = (184.0, 48.0)
REJECTED, NO_ENTRY = "#a7adb5", "#5b626c"
"""Greys of skin from where a limit is broken, and of skin that no needle may start from."""

_CAPTION = mark("score of an entry here, for this tip")
_BAR_PX = 8.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinHeat:
    """The skin's points, n of them, coloured for one tip.

    Parameters
    ----------
    points_lps_mm, normals_lps : ndarray, shape (n, 3)
    spacing_mm : float
        How far apart the points are.
    colours_rgba : ndarray of uint8, shape (n, 4)
        Nothing is drawn where the last is 0.
    scores : ndarray, shape (n,)
        NaN where an entry is rejected.
    reason : ndarray of int, shape (n,)
        Index into `reasons`, which are words; -1 where there is none.
    low, high : float
        The scores at the ends of the colours.
    """

    points_lps_mm: Float64Array
    normals_lps: Float64Array
    spacing_mm: float
    colours_rgba: NDArray[np.uint8]
    scores: Float64Array
    reason: NDArray[np.int16]
    reasons: tuple[str, ...]
    low: float
    high: float

    def words(self, index: int) -> str:
        """Say what one point is worth, or why it is rejected."""
        reason = int(self.reason[index])
        if reason >= 0:
            said = self.reasons[reason]
            return tr("rejected: {reason}; a click enters here all the same", reason=said)
        return tr("score {score}, click to enter here", score=f"{self.scores[index]:.2f}")

    def point_lps_mm(self, index: int) -> Vec3:
        """Return one point."""
        return vec3(self.points_lps_mm[index])

    def nearest(self, point_lps_mm: Vec3, within_mm: float) -> int | None:
        """Return the drawn point nearest to a place, if any lies within a distance."""
        away = ((self.points_lps_mm - np.array(point_lps_mm)) ** 2).sum(axis=1)
        away[self.colours_rgba[:, 3] == 0] = np.inf
        found = int(np.argmin(away)) if len(away) else 0
        return found if len(away) and away[found] <= within_mm**2 else None

    def first_on_ray(self, ray_lps_mm: tuple[Vec3, Vec3], within_mm: float) -> int | None:
        """Return the drawn point that a ray meets first, on the side that faces its start."""
        start, end = (np.array(point) for point in ray_lps_mm)
        way = (end - start) / np.linalg.norm(end - start)
        from_start = self.points_lps_mm - start
        along = from_start @ way
        aside = (from_start**2).sum(axis=1) - along**2
        facing = self.normals_lps @ way < 0.0
        met = np.flatnonzero((aside <= within_mm**2) & facing & (self.colours_rgba[:, 3] > 0))
        if len(met) == 0:
            return None
        # Of those about where the ray enters the body, the one it passes most closely.
        first = met[along[met] <= along[met].min() + 2.0 * within_mm]
        return int(first[np.argmin(aside[first])])


def paint_legend(painter: QPainter, corner: QPointF, heat: SkinHeat) -> None:
    """Paint what the colours mean into a box of `LEGEND_SIZE_PX` at its upper left corner."""
    wide, _ = LEGEND_SIZE_PX
    top_left = QPointF(corner.x(), corner.y())
    paint_text(painter, top_left, tr(_CAPTION), CAPTION_PX, QColor(DARK.text))
    line = text_size("0", CAPTION_PX)[1]
    y = corner.y() + line + 1.0
    low, high = f"{heat.low:.1f}", f"{heat.high:.1f}"
    low_px, high_px = (text_size(text, CAPTION_PX)[0] + STEP_PX for text in (low, high))
    bar = QRectF(corner.x() + low_px, y + 3.0, wide - low_px - high_px, _BAR_PX)
    painter.drawImage(bar, _bar())
    paint_text(painter, QPointF(corner.x(), y), low, CAPTION_PX, QColor(DARK.text))
    right = QPointF(bar.right() + STEP_PX, y)
    paint_text(painter, right, high, CAPTION_PX, QColor(DARK.text))
    x, y = corner.x(), y + line + 1.0
    for colour, text in ((REJECTED, tr("rejected")), (NO_ENTRY, tr("no place to enter"))):
        square = QRectF(x + 0.5, y + 3.5, _BAR_PX - 1.0, _BAR_PX - 1.0)
        painter.fillRect(square, QColor(colour))
        painter.setPen(flat_pen(QColor(DARK.secondary), 1.0))  # the darker one lies on dark
        painter.drawRect(square)
        x += _BAR_PX + STEP_PX
        paint_text(painter, QPointF(x, y), text, CAPTION_PX, QColor(DARK.text))
        x += text_size(text, CAPTION_PX)[0] + 2.0 * STEP_PX


def paint_note(
    painter: QPainter, pointer: QPointF, text: str, size_px: tuple[float, float]
) -> None:
    """Paint a few words in a box beside the pointer, inside a view of that size."""
    wide, high = text_size(text, CAPTION_PX)
    box = QRectF(0.0, 0.0, wide + 4.0 * STEP_PX, high + 2.0 * STEP_PX)
    left = min(pointer.x() + 14.0, size_px[0] - box.width() - STEP_PX)
    top = pointer.y() + 18.0
    if top + box.height() > size_px[1] - STEP_PX:
        top = pointer.y() - 10.0 - box.height()
    box.moveTo(max(left, float(STEP_PX)), max(top, float(STEP_PX)))
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(QPen(QColor(DARK.line), 1.0))
    painter.setBrush(QColor(DARK.raised))
    painter.drawRoundedRect(box, RADIUS_PX, RADIUS_PX)
    painter.restore()
    corner = box.topLeft() + QPointF(2.0 * STEP_PX, STEP_PX)
    paint_text(painter, corner, text, CAPTION_PX, QColor(DARK.text))


def _bar() -> QImage:
    row = VIRIDIS.tobytes()
    return QImage(row, STEPS, 1, 3 * STEPS, QImage.Format.Format_RGB888).copy()


def flat_pen(colour: QColor, width_px: float) -> QPen:
    """Return a pen whose lines end where they say."""
    return QPen(colour, width_px, Qt.PenStyle.SolidLine, Qt.PenCapStyle.FlatCap)
