"""One chart of a cohort as a widget, painted once for each size and look; computes nothing."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPixmap
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.views.cohort_painting import paint_figure
from app.views.cohort_values import Figure
from app.views.palette import STEP_PX, Colours, colours, font

_Look = tuple[QSize, float, Colours, int]


class CohortChart(QWidget):
    """A figure; it can be reached with the keyboard, and says its notes to a screen reader."""

    def __init__(self, figure: Figure, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._figure = figure
        self._painted: tuple[_Look, QPixmap] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumSize(90 * STEP_PX, 70 * STEP_PX)
        self.set_figure(figure)

    @property
    def figure(self) -> Figure:
        """What is shown."""
        return self._figure

    def set_figure(self, figure: Figure) -> None:
        """Show another figure."""
        self._figure = figure
        self._painted = None
        self.setAccessibleName(figure.title)
        self.setAccessibleDescription(" ".join((figure.subtitle, *figure.notes)))
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        ratio = self.devicePixelRatioF()
        look = (self.size(), ratio, colours(), font().pixelSize())
        if self._painted is None or self._painted[0] != look:
            self._painted = (look, self._picture(ratio))
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.drawPixmap(0, 0, self._painted[1])
        if self.hasFocus():
            painter.setPen(QColor(colours().accent))
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _picture(self, ratio: float) -> QPixmap:
        pixmap = QPixmap(self.size() * ratio)
        pixmap.setDevicePixelRatio(ratio)
        painter = QPainter(pixmap)
        box = QRectF(0.0, 0.0, self.width(), self.height())
        paint_figure(painter, self._figure, box, colours())
        painter.end()
        return pixmap
