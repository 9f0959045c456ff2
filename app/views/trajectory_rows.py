"""The rows of the ranked table as Qt asks for them: words, columns, sorting; paints nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFontMetrics

from app.language import tr
from app.views.palette import CAPTION_PX, colours, font
from app.views.values import TrajectoryRow
from app.views.wording import chance, hand_mm, tissue_mm

_Index = QModelIndex | QPersistentModelIndex


@dataclass(frozen=True, slots=True)
class Column:
    """What stands in a column, and the number it is sorted by (None: not known)."""

    title: str
    tip: str
    cell: Callable[[TrajectoryRow], str]
    key: Callable[[TrajectoryRow], float | None]


def _number(value: float | None, digits: int) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _mark(row: TrajectoryRow) -> str:
    return " ✕" if row.broken else " ▲" if row.caution else ""


COLUMNS: tuple[Column, ...] = (
    Column(
        "#",
        "Rank; C is a core of the set that is not ranked, M was placed by hand; ▲ means there are "
        "warnings, ✕ that a limit is broken",
        lambda r: f"{label_of(r)}{_mark(r)}",
        lambda r: r.rank,
    ),
    Column(
        "exp.",
        "Viable tumour to expect in the specimen, mm, if masks and error model hold",
        lambda r: _number(r.expected_mm, 1),
        lambda r: r.expected_mm,
    ),
    Column(
        "P",
        "Chance that the specimen holds enough viable tumour, if masks and error model hold",
        lambda r: "-" if r.probability is None else chance(r.probability).replace(" ", ""),
        lambda r: r.probability,
    ),
    Column(
        "viable",
        "Viable tumour in the specimen if the needle goes exactly as planned, mm",
        lambda r: _number(r.viable_mm, 1),
        lambda r: r.viable_mm,
    ),
    Column(
        "stop",
        "Depth where the hand stops, mm",
        lambda r: _number(r.stop_depth_mm, 0),
        lambda r: r.stop_depth_mm,
    ),
    Column(
        "tip",
        "Deepest point the needle reaches, mm",
        lambda r: _number(r.tip_depth_mm, 0),
        lambda r: r.tip_depth_mm,
    ),
    Column(
        "tip goes to",
        "Where the tip goes: to the patient's side, to head or feet",
        lambda r: r.angle_words,
        lambda r: r.rank,
    ),
    Column("score", "0 to 1", lambda r: f"{r.score:.2f}", lambda r: r.score),
)
_VIABLE, DIRECTION, _SCORE = 3, 6, 7
LEAVE_FIRST = (_SCORE, _VIABLE)
"""Columns that go where there is no room: the rank implies the one, the card says the other."""


class TrajectoryRows(QAbstractTableModel):
    """The rows as Qt's table view asks for them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[TrajectoryRow, ...] = ()
        self._sorted_by = (0, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: tuple[TrajectoryRow, ...]) -> None:
        """Replace all rows; the sorting stays."""
        self.beginResetModel()
        self.rows = sorted_rows(rows, *self._sorted_by)
        self.endResetModel()

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        self.layoutAboutToBeChanged.emit()
        before = self.persistentIndexList()
        keys = [self.rows[index.row()].key for index in before]
        self._sorted_by = (column, order)
        self.rows = sorted_rows(self.rows, column, order)
        places = {row.key: number for number, row in enumerate(self.rows)}
        after = [self.index(places[key], i.column()) for key, i in zip(keys, before, strict=True)]
        self.changePersistentIndexList(before, after)
        self.layoutChanged.emit()

    def number_of(self, key: str) -> int | None:
        """Return where a trajectory stands, or None."""
        return next((n for n, row in enumerate(self.rows) if row.key == key), None)

    def rowCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(self.rows)

    def columnCount(self, parent: _Index | None = None) -> int:
        return 0 if parent is not None and parent.isValid() else len(COLUMNS)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row = self.rows[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return COLUMNS[index.column()].cell(row)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(index.column())
        if role == Qt.ItemDataRole.ForegroundRole and row.broken:
            table = colours()
            return QColor(table.danger if index.column() == 0 else table.secondary)
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
            return COLUMNS[section].title
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{COLUMNS[section].tip}\nA click sorts by it."
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _side(section)
        if role == Qt.ItemDataRole.ForegroundRole:
            return QColor(colours().secondary)
        return None


def sorted_rows(
    rows: tuple[TrajectoryRow, ...], column: int, order: Qt.SortOrder
) -> tuple[TrajectoryRow, ...]:
    """Return rows by a column's numbers, equal ones by rank; what is not known goes last."""
    key, sign = COLUMNS[column].key, -1.0 if order is Qt.SortOrder.DescendingOrder else 1.0

    def place(row: TrajectoryRow) -> tuple[bool, float, int]:
        value = key(row)
        return value is None, sign * (value or 0.0), row.rank

    return tuple(sorted(rows, key=place))


def label_of(row: TrajectoryRow) -> str:
    """Return what a trajectory is called in the table."""
    return row.label or str(row.rank)


def core_words(row: TrajectoryRow) -> str:
    """Return a third line: what a core is for, or that a path was placed by hand; else empty."""
    if row.own:
        return tr("BY HAND")
    return tr("CORE of the set: {purpose}", purpose=row.core) if row.core else ""


def under_words(row: TrajectoryRow, width_px: int) -> str:
    """Return a row's second line; where it is narrow, only the structure's name is shortened."""
    metrics = QFontMetrics(font(CAPTION_PX))
    if row.broken:
        what = tr("breaks a limit: {what}", what=row.broken)
        return metrics.elidedText(what, Qt.TextElideMode.ElideRight, width_px)
    entry = f"entry {row.entry_slice}, " if row.entry_slice else ""
    if not row.nearest_structure:
        return f"{entry}nothing near was checked"
    name, end = row.nearest_structure, f" {tissue_mm(row.nearest_mm)}"
    for start in (f"{entry}nearest ", entry):
        if metrics.horizontalAdvance(f"{start}{name}{end}") <= width_px:
            return f"{start}{name}{end}"
    room = width_px - metrics.horizontalAdvance(entry + end)
    return f"{entry}{metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)}{end}"


def _side(section: int) -> Qt.AlignmentFlag:
    if section == DIRECTION:
        return Qt.AlignmentFlag.AlignHCenter
    return Qt.AlignmentFlag.AlignRight


def _tip(row: TrajectoryRow) -> str:
    core = core_words(row)
    lines = [
        f"Trajectory {label_of(row)}: stop at {hand_mm(row.stop_depth_mm)}, "
        f"tip at {hand_mm(row.tip_depth_mm)}",
        core,
        f"Expected viable {tissue_mm(row.expected_mm)}, as planned {tissue_mm(row.viable_mm)}",
        f"Chance that it is enough: {chance(row.probability)}, if masks and error model hold",
        f"Nearest: {row.nearest_structure or 'nothing'}, {tissue_mm(row.nearest_mm)}",
        f"Tip goes to: {row.angle_words}",
        f"Entry on {row.entry_slice}",
        f"Score {row.score:.2f}",
        tr("BREAKS A LIMIT: {what}", what=row.broken) if row.broken else "",
        row.caution,
    ]
    return "\n".join(line for line in lines if line)
