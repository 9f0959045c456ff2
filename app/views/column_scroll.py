"""A column of panels that scrolls up and down, never sideways; holds any widgets."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt
from PySide6.QtWidgets import QFrame, QScrollArea, QStyle, QWidget


class Column(QWidget):
    """What is scrolled: it tells the scroll area around it when it needs another width."""

    def event(self, event: QEvent) -> bool:
        done = super().event(event)
        if event.type() is QEvent.Type.LayoutRequest:
            viewport = self.parentWidget()
            around = viewport.parentWidget() if viewport is not None else None
            if around is not None:
                around.updateGeometry()
        return done


class ColumnScroll(QScrollArea):
    """As narrow as its content can be and no narrower: nothing is cut off at the side."""

    def __init__(self, content: Column, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWidget(content)
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)

    def minimumSizeHint(self) -> QSize:
        content = self.widget()
        if content is None:
            return super().minimumSizeHint()
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self)
        return QSize(content.minimumSizeHint().width() + bar, super().minimumSizeHint().height())
