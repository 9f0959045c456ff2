"""The series of a folder, to choose one from, with what is wrong with each; reads nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QPushButton,
    QWidget,
)

from app.language import mark, tr
from app.views.palette import STEP_PX
from app.views.parts import ElidedWords, PrimaryButton, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.series_painting import PICTURE_ROLE, ROW_ROLE, SeriesDelegate
from app.views.series_values import SeriesPicture, SeriesRow, SeriesUse

_BUTTONS = {
    SeriesUse.OPEN: mark("Open this series"),
    SeriesUse.LAY_OVER: mark("Lay it over the CT"),
    SeriesUse.ADD_MASKS: mark("Add its structures"),
}


class SeriesList(QWidget):
    """One entry for each series, with its picture; those with a problem say it.

    Signals
    -------
    chosen : str
        Key of the series to open.
    lay_over_requested, add_masks_requested : str
        Key of the series to lay over the open CT, or whose structures it is to get.
    cancelled
    """

    chosen = Signal(str)
    lay_over_requested = Signal(str)
    add_masks_requested = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._folder = ElidedWords(tone="secondary")
        self._list = _Series()
        self._why = Words(tone="secondary").wrapped()
        self._open = PrimaryButton(tr(_BUTTONS[SeriesUse.OPEN]))
        back = QPushButton(tr("Back"))
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * STEP_PX)
        buttons.addWidget(self._why, 1)
        buttons.addWidget(back)
        buttons.addWidget(self._open)
        layout = column(self, margin_steps=4, gap_steps=2)
        layout.addWidget(heading(tr("Choose a series")))
        layout.addWidget(self._folder)
        layout.addWidget(self._list, 1)
        layout.addLayout(buttons)
        back.clicked.connect(self.cancelled)
        self._open.clicked.connect(self._choose)
        self._list.itemActivated.connect(self._choose)
        self._list.currentItemChanged.connect(lambda *_: self._show_why())
        self._show_why()

    def set_rows(self, rows: tuple[SeriesRow, ...], folder: str = "") -> None:
        """Show these series; the suggested one is current."""
        self._folder.setText(folder)
        self._list.clear()
        for row in rows:
            item = QListWidgetItem(row.title)
            item.setData(ROW_ROLE, row)
            told = (row.title, row.patient, row.facts, row.reason, row.notes)
            spoken = ". ".join(text for text in told if text)
            item.setData(Qt.ItemDataRole.AccessibleTextRole, spoken)
            item.setToolTip(plain_tip(row.reason or row.title))
            self._list.addItem(item)
            if row.suggested:
                self._list.setCurrentItem(item)
        self._list.setFocus()
        self._show_why()

    def set_picture(self, key: str, picture: SeriesPicture) -> None:
        """Show what a series looks like, or why that cannot be seen."""
        for number in range(self._list.count()):
            item = self._list.item(number)
            if item.data(ROW_ROLE).key == key:
                item.setData(PICTURE_ROLE, picture)
                if picture.problem:
                    self._list.scheduleDelayedItemsLayout()
                    item.setToolTip(plain_tip(picture.problem))
        self._show_why()

    def current(self) -> SeriesRow | None:
        """Return the series that would be chosen."""
        item: QListWidgetItem | None = self._list.currentItem()
        row = item.data(ROW_ROLE) if item is not None else None
        return row if isinstance(row, SeriesRow) else None

    def select(self, key: str) -> None:
        """Make a series the current one."""
        for number in range(self._list.count()):
            if self._list.item(number).data(ROW_ROLE).key == key:
                self._list.setCurrentRow(number)

    def _reason(self) -> str:
        row = self.current()
        if row is None:
            none = tr("This folder holds no series.")
            return tr("Select a series.") if self._list.count() else none
        picture = self._list.currentItem().data(PICTURE_ROLE)
        unseen = picture.problem if isinstance(picture, SeriesPicture) else ""
        return row.problem or unseen or row.blocked

    def _show_why(self) -> None:
        row, reason = self.current(), self._reason()
        self._open.setText(tr(_BUTTONS[SeriesUse.OPEN if row is None else row.use]))
        self._open.setEnabled(not reason)
        self._open.setToolTip(plain_tip(reason))
        self._why.setText("" if row is not None else reason)  # a series says itself what is wrong

    def _choose(self) -> None:
        row = self.current()
        if row is None or self._reason():
            return
        signal = {
            SeriesUse.OPEN: self.chosen,
            SeriesUse.LAY_OVER: self.lay_over_requested,
            SeriesUse.ADD_MASKS: self.add_masks_requested,
        }[row.use]
        signal.emit(row.key)


class _Series(QListWidget):
    """A list whose entries are as high as their words need in its width."""

    def __init__(self) -> None:
        super().__init__()
        self.setItemDelegate(SeriesDelegate(self))
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.setAccessibleName(tr("Series"))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.scheduleDelayedItemsLayout()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        item: QListWidgetItem | None = self.currentItem()
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and item is not None:
            self.itemActivated.emit(item)
            return
        super().keyPressEvent(event)
