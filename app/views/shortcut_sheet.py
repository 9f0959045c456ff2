"""A sheet of every key and gesture, laid over the window until it is sent away; knows no keys."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QEvent, QObject, Qt
from PySide6.QtGui import QKeyEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QScrollArea,
    QStyle,
    QVBoxLayout,
    QWidget,
)

from app.language import tr
from app.views.palette import STEP_PX, colours
from app.views.parts import Words, heading

_MOST_COLUMNS = 3
_COLUMN_LETTERS = 46  # as wide as this many letters, so that what a key does takes few lines
_MARGIN_PX = 12 * STEP_PX
_INSIDE_PX = 5 * STEP_PX
_CLOSING_KEYS = (Qt.Key.Key_Escape, Qt.Key.Key_F1)


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetGroup:
    """What belongs together on the sheet: a title, and keys with what they do."""

    title: str
    rows: tuple[tuple[str, str], ...]


class ShortcutSheet(QFrame):
    """Covers the middle of its window; Escape, F1 or a press beside it sends it away."""

    def __init__(self, window: QWidget) -> None:
        super().__init__(window)
        self._room = window
        self._groups: tuple[SheetGroup, ...] = ()
        self._scroll = QScrollArea()
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._column = column = QVBoxLayout(self)
        column.setContentsMargins(_INSIDE_PX, _INSIDE_PX, _INSIDE_PX, _INSIDE_PX)
        column.setSpacing(3 * STEP_PX)
        self._head = head = QHBoxLayout()
        head.addWidget(Words(tr("Keys and gestures"), bold=True))
        head.addStretch(1)
        head.addWidget(Words(tr("Esc closes"), tone="secondary"))
        column.addLayout(head)
        column.addWidget(self._scroll, 1)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAutoFillBackground(True)
        self.setAccessibleName(tr("Keys and gestures"))
        window.installEventFilter(self)
        self.hide()

    def set_groups(self, groups: tuple[SheetGroup, ...]) -> None:
        """Show these, the columns about equally long."""
        self._groups = groups

    def toggle(self) -> None:
        """Show the sheet, or send it away."""
        if self.isVisible():
            self.hide()
            return
        self._fit()
        self.show()
        self.raise_()
        self.setFocus()

    def _fill(self, columns: int) -> QHBoxLayout:
        inside = QWidget()
        row = QHBoxLayout(inside)
        row.setSpacing(10 * STEP_PX)
        for part in _in_columns(self._groups, columns):
            column = QVBoxLayout()
            column.setSpacing(2 * STEP_PX)
            for group in part:
                column.addWidget(heading(group.title))
                column.addLayout(_grid(group))
                column.addSpacing(2 * STEP_PX)
            column.addStretch(1)
            row.addLayout(column, 1)
        self._scroll.setWidget(inside)
        return row

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in _CLOSING_KEYS:
            self.hide()
        else:
            super().keyPressEvent(event)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._room and event.type() is QEvent.Type.Resize and self.isVisible():
            self._fit()
        if watched is self._room and event.type() is QEvent.Type.MouseButtonPress:
            self.hide()
        return super().eventFilter(watched, event)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self)
        painter.setPen(colours().accent)
        painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def _fit(self) -> None:
        room = self._room.rect()
        margin = min(_MARGIN_PX, room.width() // 12)
        place = room.adjusted(margin, margin, -margin, -margin)
        column_px = _COLUMN_LETTERS * self.fontMetrics().averageCharWidth()
        row = self._fill(max(1, min(_MOST_COLUMNS, place.width() // column_px)))
        bar = self.style().pixelMetric(QStyle.PixelMetric.PM_ScrollBarExtent, None, self)
        wanted = row.totalHeightForWidth(place.width() - 2 * _INSIDE_PX - bar)
        inside = self._scroll.widget()
        assert inside is not None, "filled above"
        inside.setMinimumHeight(wanted)  # else Qt asks for what narrower columns would need
        around = 2 * _INSIDE_PX + self._head.sizeHint().height() + self._column.spacing()
        place.setHeight(min(place.height(), wanted + around))
        self.setGeometry(place)


def _grid(group: SheetGroup) -> QGridLayout:
    grid = QGridLayout()
    grid.setHorizontalSpacing(4 * STEP_PX)
    grid.setVerticalSpacing(STEP_PX)
    grid.setColumnStretch(1, 1)
    for number, (keys, what) in enumerate(group.rows):
        grid.addWidget(Words(keys, tone="accent"), number, 0, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(Words(what).wrapped(), number, 1)
    return grid


def _in_columns(groups: tuple[SheetGroup, ...], count: int) -> tuple[tuple[SheetGroup, ...], ...]:
    """Put each group, in order of length, where there is least so far."""
    columns: list[list[SheetGroup]] = [[] for _ in range(count)]
    for group in sorted(groups, key=lambda g: -len(g.rows)):
        shortest = min(columns, key=lambda c: sum(len(g.rows) + 2 for g in c))
        shortest.append(group)
    return tuple(tuple(column) for column in columns)
