"""The ranked trajectories, numbers above and their place below; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QModelIndex, QPersistentModelIndex, QRect, Qt, Signal
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPalette, QResizeEvent
from PySide6.QtWidgets import (
    QHBoxLayout,
    QHeaderView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QTableView,
    QWidget,
)

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX, colours, font, scaled
from app.views.parts import ElidedWords, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.trajectory_rows import (
    COLUMNS,
    DIRECTION,
    LEAVE_FIRST,
    TrajectoryRows,
    core_words,
    under_words,
)
from app.views.values import TrajectoryRow

_ARROW_PX = 4 * STEP_PX
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
        self._model = TrajectoryRows()
        self._view = _TwoLineView(self._model)
        self._summary = ElidedWords(tone="secondary", size_px=CAPTION_PX)
        self._message = Words(tone="secondary").wrapped()
        top = QHBoxLayout()
        top.setSpacing(2 * STEP_PX)
        top.addWidget(heading(tr("Trajectories")))
        top.addWidget(self._summary, 1)
        layout = column(self)
        layout.addLayout(top)
        layout.addWidget(self._message)
        layout.addWidget(self._view, 1)
        self._silent = False
        self._view.selectionModel().currentRowChanged.connect(self._on_current)
        self.set_message(tr("Nothing planned yet. Press Plan."))

    def set_rows(
        self, rows: tuple[TrajectoryRow, ...], summary: str = "", caution: str = ""
    ) -> None:
        """Show these trajectories; `summary` stands beside the heading ("12 of 412 806").

        Parameters
        ----------
        caution : str
            What has to be known of their order or their number, as the summary's tool tip.
        """
        self._silent = True
        same = {(r.key, r.broken) for r in rows} == {(r.key, r.broken) for r in self._model.rows}
        self._model.set_rows(rows)
        self._silent = False
        self._summary.setText(summary)
        self._summary.set_tone("caution" if caution else "secondary")
        if caution:
            self._summary.setToolTip(plain_tip(caution))
        self._message.setVisible(not rows)
        self._view.setVisible(bool(rows))
        self._view.fit_rows()
        if not same:  # else they only stand in another order
            self._view.fit_columns()

    def set_selected(self, key: str) -> None:
        """Mark one line without emitting `selected`; an unknown key clears the mark."""
        self._silent = True
        number = self._model.number_of(key)
        if number is None:
            self._view.clearSelection()
            self._view.setCurrentIndex(QModelIndex())
        else:
            self._view.selectRow(number)
            self._view.scrollTo(self._model.index(number, 0))
        self._silent = False

    def set_message(self, text: str) -> None:
        """Show a sentence where there are no lines (nothing planned yet, or why none is left)."""
        self._message.setText(text)
        self._message.setVisible(not self._model.rows)
        self._view.setVisible(bool(self._model.rows))

    def _on_current(self, current: QModelIndex) -> None:
        if not self._silent and current.isValid():
            self.selected.emit(self._model.rows[current.row()].key)


class _FirstLine(QStyledItemDelegate):
    """Puts a cell's text into the upper part of its row."""

    def paint(
        self,
        painter: QPainter,
        option: QStyleOptionViewItem,
        index: QModelIndex | QPersistentModelIndex,
    ) -> None:
        cell = QStyleOptionViewItem(option)
        self.initStyleOption(cell, index)
        text, cell.text = cell.text, ""
        cell.widget.style().drawControl(
            QStyle.ControlElement.CE_ItemViewItem, cell, painter, cell.widget
        )
        box = cell.rect.adjusted(STEP_PX, STEP_PX // 2, -STEP_PX, 0)
        box.setHeight(_line_px() - STEP_PX)
        across = cell.displayAlignment & Qt.AlignmentFlag.AlignHorizontal_Mask
        painter.setPen(cell.palette.color(QPalette.ColorRole.Text))
        painter.drawText(box, int(across | Qt.AlignmentFlag.AlignVCenter), text)


class _TwoLineView(QTableView):
    """A table whose rows go on below their numbers, in small letters and across all columns."""

    def __init__(self, model: TrajectoryRows) -> None:
        super().__init__()
        self._rows = model
        self.setModel(model)
        self.setItemDelegate(_FirstLine(self))
        _dress(self)
        model.layoutChanged.connect(self.fit_rows)
        self.horizontalHeader().sortIndicatorChanged.connect(self.fit_columns)

    def fit_rows(self) -> None:
        """Give those that have one the room for their third line."""
        for number, row in enumerate(self._rows.rows):
            lines = 2 if core_words(row) else 1
            self.setRowHeight(number, _line_px() + lines * _under_px())

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self.fit_columns()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ApplicationFontChange:
            self.fit_rows()
            self.fit_columns()
        return super().event(event)

    def fit_columns(self) -> None:
        """Share the width; what says least goes where there is no room."""
        header = self.horizontalHeader()
        for number in LEAVE_FIRST:
            self.setColumnHidden(number, False)  # noqa: FBT003 (a hidden one has no width)
        self._rows.set_short(short=False)
        wanted = [self._wanted_px(number) for number in range(len(COLUMNS))]
        room = self.viewport().width()
        used, left_out = sum(wanted), set[int]()
        for number in LEAVE_FIRST:
            if used > room:
                left_out.add(number)
                used -= wanted[number]
        if used > room:
            self._rows.set_short(short=True)
            used -= wanted[DIRECTION] - self._wanted_px(DIRECTION)
            wanted[DIRECTION] = self._wanted_px(DIRECTION)
        wanted[DIRECTION] += max(0, room - used)
        for number, width in enumerate(wanted):
            self.setColumnHidden(number, number in left_out)
            header.resizeSection(number, width)

    def _wanted_px(self, number: int) -> int:
        return max(self.sizeHintForColumn(number), self._title_px(number)) + STEP_PX

    def _title_px(self, number: int) -> int:
        """Return how wide a title is; Qt would make room for an arrow in every column."""
        header = self.horizontalHeader()
        arrow = _ARROW_PX if header.sortIndicatorSection() == number else 0
        title = header.fontMetrics().horizontalAdvance(tr(COLUMNS[number].title))
        return title + arrow + 2 * STEP_PX

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        painter = QPainter(self.viewport())
        painter.setClipRect(event.rect())
        painter.setFont(font(CAPTION_PX))
        flags = int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        for number, row in enumerate(self._rows.rows):
            top = self.rowViewportPosition(number)
            if -self.rowHeight(number) < top < self.viewport().height():
                box = self._second_line(top)
                painter.setPen(QColor(colours().secondary))
                painter.drawText(box, flags, under_words(row, box.width()))
                painter.setPen(QColor(colours().danger if row.broken else colours().accent))
                painter.drawText(box.translated(0, _under_px() - 2), flags, core_words(row))
        painter.end()

    def _second_line(self, top: int) -> QRect:
        """Return where the second line of a row goes; it begins below the first number."""
        left = self.columnViewportPosition(0) + STEP_PX
        wide = self.viewport().width() - left
        return QRect(left, top + _line_px() - STEP_PX, wide, _under_px())


def _line_px() -> int:
    return round(scaled(_LINE_PX))


def _under_px() -> int:
    return round(scaled(_UNDER_PX))


def _dress(view: QTableView) -> None:
    view.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
    view.setSelectionMode(QTableView.SelectionMode.SingleSelection)
    view.setShowGrid(False)
    view.setFrameShape(QTableView.Shape.NoFrame)
    view.setWordWrap(False)
    view.setTabKeyNavigation(False)
    view.sortByColumn(0, Qt.SortOrder.AscendingOrder)
    view.setSortingEnabled(True)
    view.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
    view.viewport().setAutoFillBackground(False)
    view.setAccessibleName(tr("Ranked trajectories"))
    view.verticalHeader().setVisible(False)
    view.verticalHeader().setDefaultSectionSize(_line_px() + _under_px())
    header = view.horizontalHeader()
    header.setMinimumSectionSize(5 * STEP_PX)
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    header.setStretchLastSection(False)
    header.setHighlightSections(False)
