"""Draws both scans of a registration as a checkerboard and in two colours; registers nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QImage, QPainter

from app.language import mark, tr
from app.views.palette import CAPTION_PX, DARK, STEP_PX, TEXT_PX, Colours, font
from app.views.review_drawing import Say

CHECKERBOARD = mark("tiles of planning CT and control CT: edges run on")
BLEND = mark("planning CT orange, control CT blue: grey where they agree")

_TITLE_PX, _CAPTION_ROW_PX = 26.0, 18.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScanPicture:
    """One plane of both scans.

    Parameters
    ----------
    rgb : ndarray of uint8, shape (n, n, 3)
    letters : tuple of str
        The patient's sides at the left, right, top and bottom edge.
    """

    name: str
    rgb: NDArray[np.uint8]
    letters: tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PictureRow:
    """Planes shown in one way, and what that way means."""

    words: str
    pictures: tuple[ScanPicture, ...]


def paint_registration(
    painter: QPainter,
    room: QRectF,
    rows: tuple[PictureRow, ...],
    look: Colours = DARK,
    *,
    title: str = "",
    say: Say = tr,
) -> None:
    """Draw rows of square pictures, as large as the room allows."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    flag = Qt.AlignmentFlag
    body = room
    if title:
        painter.setFont(font(TEXT_PX, bold=True))
        painter.setPen(QColor(look.text))
        painter.drawText(QRectF(room.topLeft(), room.topRight()).adjusted(0, 0, 0, _TITLE_PX),
                         flag.AlignVCenter, title)  # fmt: skip
        body = room.adjusted(0.0, _TITLE_PX, 0.0, 0.0)
    height = body.height() / max(len(rows), 1)
    for number, row in enumerate(rows):
        top = body.top() + number * height
        words = QRectF(body.left(), top, body.width(), _CAPTION_ROW_PX)
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(look.secondary))
        painter.drawText(words, flag.AlignVCenter, say(row.words))
        count = max(len(row.pictures), 1)
        side = min(
            (body.width() - (count - 1) * STEP_PX) / count, height - _CAPTION_ROW_PX - STEP_PX
        )
        for column, picture in enumerate(row.pictures):
            left = body.left() + column * (side + STEP_PX)
            _paint_picture(painter, QRectF(left, words.bottom(), side, side), picture, say)
    painter.restore()


def _paint_picture(painter: QPainter, room: QRectF, picture: ScanPicture, say: Say) -> None:
    height, width, _ = picture.rgb.shape
    image = QImage(
        picture.rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888
    ).copy()
    painter.drawImage(room, image)
    inner = room.adjusted(STEP_PX, STEP_PX, -STEP_PX, -STEP_PX)
    painter.setFont(font(CAPTION_PX))
    painter.setPen(QColor(DARK.text))
    flag = Qt.AlignmentFlag
    left, right, top, bottom = picture.letters
    for text, where in (
        (say(picture.name), flag.AlignTop | flag.AlignLeft),
        (left, flag.AlignVCenter | flag.AlignLeft),
        (right, flag.AlignVCenter | flag.AlignRight),
        (top, flag.AlignTop | flag.AlignHCenter),
        (bottom, flag.AlignBottom | flag.AlignHCenter),
    ):
        painter.drawText(inner, where, text)
