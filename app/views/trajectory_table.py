"""The ranked trajectories, one line each; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from PySide6.QtGui import QColor, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QHeaderView, QTableView, QWidget

from app.views.palette import STEP_PX, colours
from app.views.parts import Words, column, heading
from app.views.values import TrajectoryRow
from app.views.wording import hand_mm, tissue_mm

_Index = QModelIndex | QPersistentModelIndex
_Cell = Callable[[TrajectoryRow], str]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


_COLUMNS: tuple[tuple[str, str, _Cell], ...] = (
    ("#", "Rank; ▲ means there are warnings", lambda r: f"{r.rank}{' ▲' if r.caution else ''}"),
    ("viable", "Viable tumour in the specimen, mm", lambda r: _number(r.viable_mm, 1)),
    ("stop", "Depth where the hand stops, mm", lambda r: _number(r.stop_depth_mm, 0)),
    ("tip", "Deepest point the needle reaches, mm", lambda r: _number(r.tip_depth_mm, 0)),
    ("near", "Clearance to the nearest structure, mm", lambda r: _number(r.nearest_mm, 1)),
    ("tip to", "Where the tip goes: patient L or R, H head or F feet", lambda r: r.angle_words),
    ("score", "0 to 1", lambda r: f"{r.score:.2f}"),
    ("slice", "Slice of the entry", lambda r: r.entry_slice),
    ("structure", "The nearest structure", lambda r: r.nearest_structure),
)
_DIRECTION, _STRUCTURE = 5, 8
_GIVEN_UP_FIRST = (8, 7, 3)
"""Columns hidden one after the other while there is not room for all; the tips keep them."""


class TrajectoryTable(QWidget):
    """The ranked table; depths in mm.

    Signals
    -------
    selected : str
        Key of the line the user moved to (mouse or arrow keys).
    """

    selected = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = _Rows()
        self._view = _view(self._model)
        self._summary = Words(tone="secondary", size_px=11)
        self._message = Words(tone="secondary").wrapped()
        top = QHBoxLayout()
        top.setSpacing(2 * STEP_PX)
        top.addWidget(heading("Trajectories"))
        top.addWidget(self._summary, 1)
        layout = column(self)
        layout.addLayout(top)
        layout.addWidget(self._message)
        layout.addWidget(self._view, 1)
        self._silent = False
        self._view.selectionModel().currentRowChanged.connect(self._on_current)
        self.set_message("Nothing planned yet. Press Plan.")

    def set_rows(self, rows: tuple[TrajectoryRow, ...], summary: str = "") -> None:
        """Show these trajectories; `summary` stands beside the heading ("12 of 412 806")."""
        self._silent = True
        self._model.set_rows(rows)
        self._silent = False
        self._summary.setText(summary)
        self._message.setVisible(not rows)
        self._view.setVisible(bool(rows))
        self._fit_columns()

    def set_selected(self, key: str) -> None:
        """Mark one line without emitting `selected`; an unknown key clears the mark."""
        self._silent = True
        number = self._model.number_of(key)
        if number is None:
            self._view.clearSelection()
            self._view.setCurrentIndex(QModelIndex())
        else:
            self._view.selectRow(number)
        self._silent = False

    def set_message(self, text: str) -> None:
        """Show a sentence where there are no lines (nothing planned yet, or why none is left)."""
        self._message.setText(text)
        self._message.setVisible(not self._model.rows)
        self._view.setVisible(bool(self._model.rows))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._fit_columns()

    def _on_current(self, current: QModelIndex) -> None:
        if not self._silent and current.isValid():
            self.selected.emit(self._model.rows[current.row()].key)

    def _fit_columns(self) -> None:
        """Hide the least needed columns until the rest fits."""
        header = self._view.horizontalHeader()
        wanted = [
            max(self._view.sizeHintForColumn(n), header.sectionSizeHint(n)) + STEP_PX
            for n in range(len(_COLUMNS))
        ]
        room = self._view.viewport().width()
        shown = set(range(len(_COLUMNS)))
        for column_number in _GIVEN_UP_FIRST:
            if sum(wanted[n] for n in shown) > room:
                shown.discard(column_number)
        wanted[_DIRECTION] += max(0, room - sum(wanted[n] for n in shown))
        for number, width in enumerate(wanted):
            self._view.setColumnHidden(number, number not in shown)
            header.resizeSection(number, width)


class _Rows(QAbstractTableModel):
    """The rows as Qt's table view asks for them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[TrajectoryRow, ...] = ()

    def set_rows(self, rows: tuple[TrajectoryRow, ...]) -> None:
        self.beginResetModel()
        self.rows = rows
        self.endResetModel()

    def number_of(self, key: str) -> int | None:
        return next((n for n, row in enumerate(self.rows) if row.key == key), None)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(_COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[index.column()][2](row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column()) | Qt.AlignmentFlag.AlignVCenter
        if role == Qt.ItemDataRole.ForegroundRole and row.caution and index.column() == 0:
            return QColor(colours().caution)
        if role == Qt.ItemDataRole.ToolTipRole:
            return _tip(row)
        return None

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is Qt.Orientation.Vertical:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return _COLUMNS[section][0]
        if role == Qt.ItemDataRole.ToolTipRole:
            return _COLUMNS[section][1]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(colours().secondary)
        return None


def _side(section: int) -> Qt.AlignmentFlag:
    if section == _DIRECTION:
        return Qt.AlignmentFlag.AlignHCenter
    left = section == _STRUCTURE
    return Qt.AlignmentFlag.AlignLeft if left else Qt.AlignmentFlag.AlignRight


def _tip(row: TrajectoryRow) -> str:
    lines = [
        f"Trajectory {row.rank}: stop at {hand_mm(row.stop_depth_mm)}, "
        f"tip at {hand_mm(row.tip_depth_mm)}",
        f"Nearest: {row.nearest_structure or 'nothing'}, {tissue_mm(row.nearest_mm)}",
        f"Tip goes to: {row.angle_words}",
        f"Entry on slice {row.entry_slice}",
        row.caution,
    ]
    return "\n".join(line for line in lines if line)


def _view(model: QAbstractTableModel) -> QTableView:
    view = QTableView()
    view.setModel(model)
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    view.setShowGrid(False)
    view.setFrameShape(QTableView.Shape.NoFrame)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    view.viewport().setAutoFillBackground(False)
    view.setAccessibleName("Ranked trajectories")
    view.verticalHeader().setVisible(False)
    view.verticalHeader().setDefaultSectionSize(6 * STEP_PX)
    header = view.horizontalHeader()
    header.setMinimumSectionSize(5 * STEP_PX)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setStretchLastSection(False)
    header.setHighlightSections(False)
    return view
