"""The rows of the ranked table as Qt asks for them: words, columns, sorting; paints nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtGui import QColor, QFontMetrics

from app.language import mark, tr
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
        mark(
            "Rank; C is a core of the set that is not ranked, M was placed by hand; ▲ means there "
            "are warnings, ✕ that a limit is broken"
        ),
        lambda r: f"{label_of(r)}{_mark(r)}",
        lambda r: r.rank,
    ),
    Column(
        mark("exp."),
        mark("Viable tumour to expect in the specimen, mm, if masks and error model hold"),
        lambda r: _number(r.expected_mm, 1),
        lambda r: r.expected_mm,
    ),
    Column(
        mark("P"),
        mark("Chance that the specimen holds enough viable tumour, if masks and error model hold"),
        lambda r: "-" if r.probability is None else chance(r.probability).replace(" ", ""),
        lambda r: r.probability,
    ),
    Column(
        mark("viable"),
        mark("Viable tumour in the specimen if the needle goes exactly as planned, mm"),
        lambda r: _number(r.viable_mm, 1),
        lambda r: r.viable_mm,
    ),
    Column(
        mark("stop"),
        mark("Depth where the hand stops, mm"),
        lambda r: _number(r.stop_depth_mm, 0),
        lambda r: r.stop_depth_mm,
    ),
    Column(
        mark("tip"),
        mark("Deepest point the needle reaches, mm"),
        lambda r: _number(r.tip_depth_mm, 0),
        lambda r: r.tip_depth_mm,
    ),
    Column(
        mark("tip goes to"),
        mark("Where the tip goes: to the patient's side, to head or feet"),
        lambda r: r.angle_words,
        lambda r: r.rank,
    ),
    Column(mark("score"), mark("0 to 1"), lambda r: f"{r.score:.2f}", lambda r: r.score),
)
_VIABLE, DIRECTION, _SCORE = 3, 6, 7
LEAVE_FIRST = (_SCORE, _VIABLE)
"""Columns that go where there is no room: the rank implies the one, the card says the other."""


class TrajectoryRows(QAbstractTableModel):
    """The rows as Qt's table view asks for them."""

    def __init__(self) -> None:
        super().__init__()
        self.rows: tuple[TrajectoryRow, ...] = ()
        self._is_short = False
        self._sorted_by = (0, Qt.SortOrder.AscendingOrder)

    def set_rows(self, rows: tuple[TrajectoryRow, ...]) -> None:
        """Replace all rows; the sorting stays."""
        self.beginResetModel()
        self.rows = sorted_rows(rows, *self._sorted_by)
        self.endResetModel()

    def set_short(self, *, short: bool) -> None:
        """Say directions in letters, where there is no room for words; the view lays out anew."""
        self._is_short = short

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
            if self._is_short and index.column() == DIRECTION:
                return row.short_angles or row.angle_words
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
            return tr(COLUMNS[section].title)
        if role == Qt.ItemDataRole.ToolTipRole:
            return tr("{tip}\nA click sorts by it.", tip=tr(COLUMNS[section].tip))
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
    if not row.nearest_structure:
        return _nothing_near(row)
    name = row.nearest_structure
    for brief in (False, True):
        words = _nearest_words(row, name, brief=brief)
        if metrics.horizontalAdvance(words) <= width_px:
            return words
    room = width_px - metrics.horizontalAdvance(_nearest_words(row, "", brief=True))
    short = metrics.elidedText(name, Qt.TextElideMode.ElideMiddle, room)
    return _nearest_words(row, short, brief=True)


def _nothing_near(row: TrajectoryRow) -> str:
    if row.entry_slice:
        return tr("entry {slice}, nothing near was checked", slice=row.entry_slice)
    return tr("nothing near was checked")


def _nearest_words(row: TrajectoryRow, name: str, *, brief: bool) -> str:
    parts = {"slice": row.entry_slice, "name": name, "mm": tissue_mm(row.nearest_mm)}
    if not row.entry_slice:
        return tr("{name} {mm}", **parts) if brief else tr("nearest {name} {mm}", **parts)
    if brief:
        return tr("entry {slice}, {name} {mm}", **parts)
    return tr("entry {slice}, nearest {name} {mm}", **parts)


def _side(section: int) -> Qt.AlignmentFlag:
    if section == DIRECTION:
        return Qt.AlignmentFlag.AlignHCenter
    return Qt.AlignmentFlag.AlignRight


def _tip(row: TrajectoryRow) -> str:
    core = core_words(row)
    stop, tip = hand_mm(row.stop_depth_mm), hand_mm(row.tip_depth_mm)
    expected, planned = tissue_mm(row.expected_mm), tissue_mm(row.viable_mm)
    near = {"name": row.nearest_structure or tr("nothing"), "mm": tissue_mm(row.nearest_mm)}
    enough = tr("Chance that it is enough: {chance}, if masks and error model hold")
    lines = [
        tr(
            "Trajectory {name}: stop at {stop}, tip at {tip}",
            name=label_of(row),
            stop=stop,
            tip=tip,
        ),
        core,
        tr("Expected viable {expected}, as planned {planned}", expected=expected, planned=planned),
        enough.format(chance=chance(row.probability)),
        tr("Nearest: {name}, {mm}", **near),
        tr("Tip goes to: {angles}", angles=row.angle_words),
        tr("Entry on {slice}", slice=row.entry_slice),
        tr("Score {score}", score=f"{row.score:.2f}"),
        tr("BREAKS A LIMIT: {what}", what=row.broken) if row.broken else "",
        row.caution,
    ]
    return "\n".join(line for line in lines if line)
