"""The ranked trajectories, numbers above and their place below; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QModelIndex,
    QPersistentModelIndex,
    QRect,
    Qt,
    Signal,
)
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.views.palette import CAPTION_PX, STEP_PX, colours, font
from app.views.parts import Words, column, heading
from app.views.values import TrajectoryRow
from app.views.wording import hand_mm, tissue_mm

_Index = QModelIndex | QPersistentModelIndex
_Cell = Callable[[TrajectoryRow], str]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _direction(row: TrajectoryRow) -> str:
    return row.angle_words


_COLUMNS: tuple[tuple[str, str, _Cell], ...] = (
    ("#", "Rank; ▲ means there are warnings", lambda r: f"{r.rank}{' ▲' if r.caution else ''}"),
    ("viable", "Viable tumour in the specimen, mm", lambda r: _number(r.viable_mm, 1)),
    ("stop", "Depth where the hand stops, mm", lambda r: _number(r.stop_depth_mm, 0)),
    ("tip", "Deepest point the needle reaches, mm", lambda r: _number(r.tip_depth_mm, 0)),
    ("tip goes to", "Where the tip goes: to the patient's side, to head or feet", _direction),
    ("score", "0 to 1", lambda r: f"{r.score:.2f}"),
)
_DIRECTION, _SCORE = 4, 5
_LINE_PX, _UNDER_PX = 6 * STEP_PX, 4 * STEP_PX


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
        self._view = _TwoLineView(self._model)
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
        """Share the width; the score, which the rank implies, goes where there is no room."""
        header = self._view.horizontalHeader()
        wanted = [
            max(self._view.sizeHintForColumn(n), header.sectionSizeHint(n)) + STEP_PX
            for n in range(len(_COLUMNS))
        ]
        room = self._view.viewport().width()
        crowded = sum(wanted) > room
        used = sum(wanted) - (wanted[_SCORE] if crowded else 0)
        wanted[_DIRECTION] += max(0, room - used)
        for number, width in enumerate(wanted):
            self._view.setColumnHidden(number, crowded and number == _SCORE)
            header.resizeSection(number, width)


class _FirstLine(QStyledItemDelegate):
    """Puts a cell's text into the upper part of its row."""

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        text, cell.text = cell.text, ""
        cell.widget.style().drawControl(
            QStyle.ControlElement.CE_ItemViewItem, cell, painter, cell.widget
        )
        box = cell.rect.adjusted(STEP_PX, STEP_PX // 2, -STEP_PX, 0)
        box.setHeight(_LINE_PX - STEP_PX)
        across = cell.displayAlignment & Qt.AlignmentFlag.AlignHorizontal_Mask
        painter.setPen(cell.palette.color(QPalette.ColorRole.Text))
        painter.drawText(box, int(across | Qt.AlignmentFlag.AlignVCenter), text)


class _TwoLineView(QTableView):
    """A table whose rows have a second line, in small letters and across all columns."""

    def __init__(self, model: _Rows) -> None:
        super().__init__()
        self._rows = model
        self.setModel(model)
        self.setItemDelegate(_FirstLine(self))
        _dress(self)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setClipRect(event.rect())
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(colours().secondary))
        for number, row in enumerate(self._rows.rows):
            top = self.rowViewportPosition(number)
            if -self.rowHeight(number) < top < self.viewport().height():
                box = self._second_line(top)
                flags = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
                painter.drawText(box, int(flags), under_words(row, box.width()))
        painter.end()

    def _second_line(self, top: int) -> QRect:
        """Return where the second line of a row goes; it begins below the first number."""
        left = self.columnViewportPosition(0) + STEP_PX
        return QRect(left, top + _LINE_PX - STEP_PX, self.viewport().width() - left, _UNDER_PX)


def under_words(row: TrajectoryRow, width_px: int) -> str:
    """Return a row's second line; where it is narrow, only the structure's name is shortened."""
    metrics = QFontMetrics(font(CAPTION_PX))
    entry = f"entry {row.entry_slice}, " if row.entry_slice else ""
    if not row.nearest_structure:
        return f"{entry}nothing near was checked"
    name, end = row.nearest_structure, f" {tissue_mm(row.nearest_mm)}"
    for start in (f"{entry}nearest ", entry):
        if metrics.horizontalAdvance(f"{start}{name}{end}") <= width_px:
            return f"{start}{name}{end}"
    room = width_px - metrics.horizontalAdvance(entry + end)
    return f"{entry}{metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)}{end}"


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
            return _side(index.column())
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
    return Qt.AlignmentFlag.AlignRight


def _tip(row: TrajectoryRow) -> str:
    lines = [
        f"Trajectory {row.rank}: stop at {hand_mm(row.stop_depth_mm)}, "
        f"tip at {hand_mm(row.tip_depth_mm)}",
        f"Nearest: {row.nearest_structure or 'nothing'}, {tissue_mm(row.nearest_mm)}",
        f"Tip goes to: {row.angle_words}",
        f"Entry on {row.entry_slice}",
        f"Score {row.score:.2f}",
        row.caution,
    ]
    return "\n".join(line for line in lines if line)


def _dress(view: QTableView) -> None:
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
    view.verticalHeader().setDefaultSectionSize(_LINE_PX + _UNDER_PX)
    header = view.horizontalHeader()
    header.setMinimumSectionSize(5 * STEP_PX)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setStretchLastSection(False)
    header.setHighlightSections(False)
