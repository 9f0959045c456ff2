"""The window of a department's accuracy: filters, a table, charts; reads and computes nothing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QAbstractItemView,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTabBar,
    QTableWidget,
    QTableWidgetItem,
    QTabWidget,
    QWidget,
)

from app.language import tr
from app.views.cohort_chart import CohortChart
from app.views.cohort_filters import CohortFilters
from app.views.cohort_values import Figure
from app.views.message_strip import MessageStrip
from app.views.palette import STEP_PX
from app.views.parts import Words, column
from app.views.plain_tip import plain_tip
from app.views.progress_strip import ProgressStrip

_SIZE_PX = (1120, 760)
_WORDS_COLUMNS = 2


class CohortWindow(QWidget):
    """A window of its own.

    Signals
    -------
    opened
        The window comes up.
    save_chart_requested, save_table_requested, learn_requested
    """

    opened = Signal()
    save_chart_requested = Signal()
    save_table_requested = Signal()
    learn_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Department's accuracy"))
        self.resize(*_SIZE_PX)
        self.filters = CohortFilters()
        self.message, self.progress = MessageStrip(), ProgressStrip()
        self._summary = Words().wrapped()
        self._table, self._learned = _table(tr("Statistics")), _table(tr("Error model"))
        self._notes = Words(tone="secondary").wrapped()
        self._notes.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._tabs = QTabWidget()
        self._tabs.setTabBar(_TabBar())
        self._tabs.setAccessibleName(tr("Statistics and charts"))
        self._charts: list[CohortChart] = []
        self._page = QWidget(self)  # comes into a tab when something was learned
        self._page.hide()
        learned = column(self._page)
        learned.addWidget(self._learned, 1)
        learned.addWidget(self._notes)
        layout = column(self, margin_steps=3)
        for part in (self.filters, self._summary, self.message):
            layout.addWidget(part)
        layout.addWidget(self._tabs, 1)
        layout.addWidget(self.progress)
        layout.addLayout(self._buttons())
        self._tabs.addTab(self._table, tr("Table"))
        self._tabs.currentChanged.connect(self._follow_tab)
        self.set_ready(tr("Nothing has been read yet."))

    def open(self) -> None:
        """Show the window, in front of others."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.opened.emit()

    @property
    def chart(self) -> Figure | None:
        """The chart that is shown; None where the table or the error model is."""
        shown = self._tabs.currentWidget()
        return shown.figure if isinstance(shown, CohortChart) else None

    def show_chart(self, key: str) -> None:
        """Turn to a chart."""
        for shown in self._charts:
            if shown.figure.key == key:
                self._tabs.setCurrentWidget(shown)

    def set_summary(self, text: str) -> None:
        """Say what is looked at, in a line or two."""
        self._summary.setText(text)

    def set_table(self, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Show the statistics; an empty last column is left out."""
        _fill(self._table, headers, rows)

    def set_figures(self, figures: Sequence[Figure]) -> None:
        """Show charts in tabs; the one that is looked at stays in sight."""
        if [c.figure.key for c in self._charts] == [f.key for f in figures]:
            for chart, figure in zip(self._charts, figures, strict=True):
                chart.set_figure(figure)
            return
        for chart in self._charts:
            self._tabs.removeTab(self._tabs.indexOf(chart))
            chart.deleteLater()
        self._charts = [CohortChart(figure) for figure in figures]
        for number, chart in enumerate(self._charts, start=1):
            self._tabs.insertTab(number, chart, chart.figure.tab)

    def set_learned(
        self, headers: Sequence[str], rows: Sequence[Sequence[str]], notes: str
    ) -> None:
        """Show what was learned, in a tab of its own, and turn to it."""
        if self._tabs.indexOf(self._page) < 0:
            self._tabs.addTab(self._page, tr("Error model"))
        _fill(self._learned, headers, rows)
        self._notes.setText(notes)
        self._tabs.setCurrentWidget(self._page)

    def set_ready(self, reason: str) -> None:
        """Allow saving and learning, or say why there is nothing to save; empty if there is."""
        self._reason = reason
        self._save_table.setEnabled(not reason)
        self._save_table.setToolTip(plain_tip(reason or tr("The statistics as a CSV file")))
        self._learn.setEnabled(not reason)
        self._learn.setToolTip(
            plain_tip(
                reason
                or tr("Fit the placement errors of the chosen cases and keep them for planning")
            )
        )
        self._follow_tab()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _buttons(self) -> QHBoxLayout:
        self._save_chart = QPushButton(tr("Save chart..."))
        self._save_chart.clicked.connect(self.save_chart_requested)
        self._save_table = QPushButton(tr("Save statistics..."))
        self._save_table.clicked.connect(self.save_table_requested)
        self._learn = QPushButton(tr("Learn error model"))
        self._learn.clicked.connect(self.learn_requested)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addWidget(self._save_chart)
        row.addWidget(self._save_table)
        row.addStretch(1)
        row.addWidget(self._learn)
        return row

    def _follow_tab(self) -> None:
        reason = self._reason or ("" if self.chart is not None else tr("Turn to a chart first."))
        self._save_chart.setEnabled(not reason)
        self._save_chart.setToolTip(plain_tip(reason or tr("This chart as SVG or PNG")))


class _TabBar(QTabBar):
    """Tabs with room for letters that reach below the line, which Fusion moves down."""

    def tabSizeHint(self, index: int) -> QSize:
        return super().tabSizeHint(index) + QSize(0, STEP_PX)


def _table(name: str) -> QTableWidget:
    table = QTableWidget()
    table.setAccessibleName(name)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setAlternatingRowColors(True)
    table.setShowGrid(False)
    table.setWordWrap(False)
    table.verticalHeader().hide()
    return table


def _fill(table: QTableWidget, headers: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    table.setUpdatesEnabled(False)
    table.clear()
    table.setColumnCount(len(headers))
    table.setRowCount(len(rows))
    table.setHorizontalHeaderLabels(list(headers))
    right = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    for r, cells in enumerate(rows):
        for c, text in enumerate(cells):
            item = QTableWidgetItem(text)
            item.setToolTip(plain_tip(text))
            if _WORDS_COLUMNS <= c < len(headers) - 1:
                item.setTextAlignment(right)
            table.setItem(r, c, item)
    header = table.horizontalHeader()
    header.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    table.resizeColumnsToContents()
    for column_number in range(len(headers)):
        header.resizeSection(column_number, header.sectionSize(column_number) + 3 * STEP_PX)
    header.setStretchLastSection(True)
    table.setUpdatesEnabled(True)
