"""A slice with its structures, kept as one picture while what lies over it moves; cuts nothing."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QPointF, QRectF, QSize
from PySide6.QtGui import QImage, QPainter


def paint_enlarged(painter: QPainter, image: QImage) -> None:
    """Paint an image that may have less than one pixel to one of the view, smoothly enlarged."""
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(QRectF(QPointF(), image.deviceIndependentSize()), image)
    painter.restore()


class SliceGround:
    """The last picture and what it was of."""

    def __init__(self) -> None:
        self._picture = QImage()
        self._of: tuple[object, ...] = ()

    def picture(
        self, of: tuple[object, ...], size: QSize, ratio: float, paint: Callable[[QPainter], None]
    ) -> QImage:
        """Return the picture, painted anew where it was of something else.

        Parameters
        ----------
        of : tuple
            What decides how it looks; objects without equality of their own count by identity.
        size : QSize
            In the view's pixels; `ratio` device pixels each.
        """
        now = (*of, size, ratio)
        if now != self._of:
            self._picture = QImage(size * ratio, QImage.Format.Format_RGB32)
            self._picture.setDevicePixelRatio(ratio)
            self._picture.fill(0)
            painter = QPainter(self._picture)
            paint(painter)
            painter.end()
            self._of = now
        return self._picture
