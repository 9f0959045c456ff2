"""A slice that stays as it is while something small moves over it; hears no mouse, no keys."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QWidget

from app.rendering.mask_contours import SharedContours
from app.rendering.needle_axes import ViewKind
from app.rendering.slice_geometry import SlicePlane
from app.views.slice_canvas import SliceCanvas
from app.views.slice_ground import SliceGround


class StillCanvas(SliceCanvas):
    """Keeps a picture of everything but what its tools paint, while they are said to move.

    `update` paints everything anew; `update_tools` only what the tools paint, over the picture.
    """

    def __init__(
        self,
        kind: ViewKind,
        parent: QWidget | None = None,
        *,
        contours: SharedContours | None = None,
    ) -> None:
        self._tools_move, self._without_tools = False, False
        self._changes = 0
        self._still = SliceGround()
        super().__init__(kind, parent, contours=contours)

    def set_tools_moving(self, *, moving: bool) -> None:
        """Hear whether something will move over the slice again and again."""
        if moving != self._tools_move:
            self._tools_move = moving
            self._still = SliceGround()
            self.update()

    def update(self, *where: Any) -> None:
        self._changes += 1
        super().update(*where)

    def update_tools(self) -> None:
        """Paint what the tools paint anew; nothing else has changed."""
        super().update()

    def changeEvent(self, event: QEvent) -> None:
        self._changes += 1  # another palette, for example
        super().changeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        plane, reslicer = self._plane, self._reslicer
        if not self._tools_move or plane is None or reslicer is None:
            super().paintEvent(event)
            return

        def paint(onto: QPainter) -> None:
            onto.fillRect(self.rect(), Qt.GlobalColor.black)
            self._paint_ground(onto, plane, reslicer)
            self._without_tools = True
            try:
                self._paint_over(onto, plane)
            finally:
                self._without_tools = False

        painter, ratio = QPainter(self), self.devicePixelRatioF()
        still = self._still.picture((self._changes, plane), self.size(), ratio, paint)
        painter.drawImage(0, 0, still)
        self._paint_moving(painter, plane, self._scroll(plane).step_mm / 2.0)
        painter.end()

    def _paint_tools(self, painter: QPainter, plane: SlicePlane, half_slab_mm: float) -> None:
        if not self._without_tools:
            self._paint_moving(painter, plane, half_slab_mm)

    def _paint_moving(self, painter: QPainter, plane: SlicePlane, half_slab_mm: float) -> None:
        """Let those who work on the slice paint over it."""
