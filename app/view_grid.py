"""Lays four pictures edge to edge, or one of them large; draws nothing itself."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

_GAP_PX = 1


class ViewGrid(QWidget):
    """Two by two pictures with a hair's breadth between them."""

    def __init__(
        self,
        pictures: tuple[QWidget, QWidget, QWidget, QWidget],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pictures = pictures
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(_GAP_PX)
        for number, picture in enumerate(pictures):
            layout.addWidget(picture, number // 2, number % 2)
            layout.setRowStretch(number // 2, 1)
            layout.setColumnStretch(number % 2, 1)

    def toggle_large(self, picture: QWidget) -> None:
        """Show one picture alone, or all four again."""
        others = [other for other in self._pictures if other is not picture]
        alone = all(other.isHidden() for other in others)
        layout = self.layout()
        assert isinstance(layout, QGridLayout), "laid out so above"
        for other in others:
            other.setVisible(alone)
        for number in (0, 1):
            row, column = divmod(self._pictures.index(picture), 2)
            layout.setRowStretch(number, 1 if alone or number == row else 0)
            layout.setColumnStretch(number, 1 if alone or number == column else 0)
