"""Masks that moved to another CT and wait to be checked, each with a tick; checks none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSignalBlocker, Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import QAbstractItemView, QListWidget, QListWidgetItem, QWidget

from app.language import tr, tr_count
from app.views.palette import CAPTION_PX, STEP_PX, colours
from app.views.parts import Words, column, outline_ticks
from app.views.plain_tip import plain_tip
from app.views.todays_scan_values import StaleRow

_KEY = Qt.ItemDataRole.UserRole
_LINES = 8


class StaleList(QWidget):
    """One line for each mask; ticking it says that it lies where it should.

    Signals
    -------
    checked : str
        Key of the mask that was ticked.
    visited : str
        Key of the mask whose line was clicked: it wants to be seen.
    """

    checked = Signal(str)
    visited = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._title = Words(tone="caution").wrapped()
        self._hint = Words(
            tr("Click a name to go there; tick it once it lies where it should."),
            size_px=CAPTION_PX,
            tone="secondary",
        ).wrapped()
        self._list = _Ticked()
        self._list.setAccessibleName(tr("Masks to be checked"))
        self._list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self._list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._list.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        layout = column(self, gap_steps=1)
        for part in (self._title, self._hint, self._list):
            layout.addWidget(part)
        self._list.itemChanged.connect(self._on_changed)
        self._list.currentItemChanged.connect(self._on_current)
        self._list.itemClicked.connect(self._on_current)

    def set_rows(self, rows: tuple[StaleRow, ...]) -> None:
        """List these masks; none hides the list."""
        scrolled = self._list.verticalScrollBar().value()
        with QSignalBlocker(self._list):
            self._list.clear()
            for row in rows:
                item = QListWidgetItem(row.name)
                item.setData(_KEY, row.key)
                item.setToolTip(plain_tip(f"{row.name}\n{row.why}"))
                item.setCheckState(Qt.CheckState.Unchecked)
                item.setForeground(QBrush(QColor(colours().caution)))
                self._list.addItem(item)
        line_px = self._list.sizeHintForRow(0) if rows else 0
        self._list.setFixedHeight(min(len(rows), _LINES) * line_px + 2 * STEP_PX)
        self._list.verticalScrollBar().setValue(scrolled)
        self._title.setText(
            tr_count(
                "{count} mask moved with soft tissue and is to be checked",
                "{count} masks moved with soft tissue and are to be checked",
                len(rows),
            )
        )
        self.setVisible(bool(rows))

    def keys(self) -> tuple[str, ...]:
        """Return the keys that are listed, in order."""
        return tuple(str(self._list.item(n).data(_KEY)) for n in range(self._list.count()))

    def tick(self, key: str) -> None:
        """Tick a mask as the user does."""
        self._list.item(self.keys().index(key)).setCheckState(Qt.CheckState.Checked)

    def _on_changed(self, item: QListWidgetItem) -> None:
        if item.checkState() is Qt.CheckState.Checked:
            self.checked.emit(str(item.data(_KEY)))

    def _on_current(self, item: QListWidgetItem | None) -> None:
        if item is not None:
            self.visited.emit(str(item.data(_KEY)))


class _Ticked(QListWidget):
    """A list whose empty check boxes are seen."""

    def __init__(self) -> None:
        super().__init__()
        outline_ticks(self)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            outline_ticks(self)
        super().changeEvent(event)
