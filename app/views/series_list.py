"""The series of a folder, to choose one from, with what is wrong with each; reads nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QBrush, QColor
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.language import mark, tr
from app.views.palette import STEP_PX, colours
from app.views.parts import ElidedWords, PrimaryButton, Words, column, heading
from app.views.values import SeriesRow

_HEADINGS = (
    *(mark("Series"), mark("Description"), mark("Kind"), mark("Date")),
    *(mark("Slices"), mark("Spacing"), ""),
)
_DESCRIPTION, _REMARK = 1, 6
_KEY = Qt.ItemDataRole.UserRole


class SeriesList(QWidget):
    """One line for each series; those with a problem cannot be opened and say why.

    Signals
    -------
    chosen : str
        Key of the series to open.
    cancelled
    """

    chosen = Signal(str)
    cancelled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._rows: dict[str, SeriesRow] = {}
        self._folder = ElidedWords(tone="secondary")
        self._tree = _tree()
        self._why = Words(tone="secondary").wrapped()
        self._open = PrimaryButton(tr("Open this series"))
        back = QPushButton(tr("Back"))
        buttons = QHBoxLayout()
        buttons.setSpacing(2 * STEP_PX)
        buttons.addWidget(self._why, 1)
        buttons.addWidget(back)
        buttons.addWidget(self._open)
        layout = column(self, margin_steps=4, gap_steps=2)
        layout.addWidget(heading(tr("Choose a series")))
        layout.addWidget(self._folder)
        layout.addWidget(self._tree, 1)
        layout.addLayout(buttons)
        back.clicked.connect(self.cancelled)
        self._open.clicked.connect(self._choose)
        self._tree.itemActivated.connect(self._choose)
        self._tree.currentItemChanged.connect(lambda *_: self._show_why())
        self._show_why()

    def set_rows(self, rows: tuple[SeriesRow, ...], folder: str = "") -> None:
        """Show these series; the suggested one is marked."""
        self._rows = {row.key: row for row in rows}
        self._folder.setText(folder)
        self._tree.clear()
        for row in rows:
            item = _item(row)
            self._tree.addTopLevelItem(item)
            if row.suggested:
                self._tree.setCurrentItem(item)
        self._show_why()

    def _current(self) -> SeriesRow | None:
        item: QTreeWidgetItem | None = self._tree.currentItem()
        return self._rows.get(str(item.data(0, _KEY))) if item is not None else None

    def _show_why(self) -> None:
        row = self._current()
        if row is None:
            none = tr("This folder holds no series.")
            reason = tr("Select a series.") if self._rows else none
        else:
            reason = row.problem
        self._open.setEnabled(not reason)
        self._open.setToolTip(reason)
        self._why.set_tone("danger" if row is not None and row.problem else "secondary")
        self._why.setText(reason)

    def _choose(self) -> None:
        row = self._current()
        if row is not None and not row.problem:
            self.chosen.emit(row.key)


def _item(row: SeriesRow) -> QTreeWidgetItem:
    suggested = tr("suggested") if row.suggested else ""
    remark = tr("cannot be opened") if row.problem else suggested
    texts = (
        row.number,
        row.description or tr("no description"),
        row.modality,
        row.date,
        row.slices,
        row.spacing,
        remark,
    )
    item = QTreeWidgetItem(list(texts))
    item.setData(0, _KEY, row.key)
    table = colours()
    for section in range(len(texts)):
        item.setToolTip(section, row.problem or row.description)
        if row.problem:
            item.setForeground(section, QBrush(QColor(table.secondary)))
    item.setForeground(_REMARK, QBrush(QColor(table.danger if row.problem else table.good)))
    return item


def _tree() -> QTreeWidget:
    tree = QTreeWidget()
    tree.setHeaderLabels([tr(text) for text in _HEADINGS])
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    tree.setAccessibleName(tr("Series"))
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(_DESCRIPTION, QHeaderView.ResizeMode.Stretch)
    return tree
