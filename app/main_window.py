"""The one window: where each view stands, and what is always visible; decides nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QEvent, QSize, Qt, Signal
from PySide6.QtGui import QCloseEvent, QDragEnterEvent, QDropEvent, QKeyEvent, QResizeEvent
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QLineEdit,
    QMainWindow,
    QSplitter,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from app.folding_panel import FoldingPanel
from app.language import mark, tr
from app.menus import build_menus, set_reason
from app.pictures import Pictures
from app.presenters.layouts import ARRANGEMENTS, OVERVIEW
from app.step_panels import StepPanels
from app.step_tabs import StepTabs
from app.view_grid import ViewGrid
from app.views.core_set_panel import CoreSetPanel
from app.views.empty_state import EmptyState, dropped_path
from app.views.message_strip import MessageStrip
from app.views.not_checked_panel import NotCheckedPanel
from app.views.numbers_card import NumbersCard
from app.views.palette import STEP_PX, scaled
from app.views.parts import Tone
from app.views.patient_banner import PatientBanner
from app.views.planning_form import PlanningForm
from app.views.progress_strip import ProgressStrip
from app.views.series_list import SeriesList
from app.views.status_line import StatusLine
from app.views.step_bar import STEPS, StepBar
from app.views.structure_list import StructureList
from app.views.trajectory_table import TrajectoryTable
from planning import __version__

PLANNING = tuple(key for key, _, _ in STEPS if key != "review")
"""Steps at which what concerns planning alone is seen."""
RESEARCH_USE = mark("Research use only. Not a medical device.")

_FIRST_SIZE = QSize(1600, 1000)
_SMALLEST = QSize(1024, 680)
_FRAME = QSize(16, 44)
"""Room for title and borders; how large they are is known only once a window is shown."""

_FOLD_BELOW_PX = 1400
_LEFT_SHARE, _LEFT_PX = 0.165, (252, 320)
_RIGHT_SHARE, _RIGHT_PX = 0.24, (376, 440)
_TABLE_SHARE, _CARD_SHARE = 1, 2
_RAIL = (
    ("structures", mark("Structures"), mark("Show structures, needle and guidance")),
    ("needle", mark("Needle"), mark("Show structures, needle and guidance")),
    ("plan", mark("Plan"), mark("Measure every candidate and rank the safe ones")),
)


class MainWindow(QMainWindow):
    """Banner, pictures and panels.

    Signals
    -------
    path_requested : Path
        A case, a folder or a file is to be opened.
    path_dropped : Path
        The user dropped it on the window; what it is depends on what is being done.
    plan_requested
    escaped
        Escape was pressed where nothing else makes use of it.
    step_changed : str
        Another step of the case's road is shown.
    closing
        The window is about to close; jobs have to stop.
    """

    path_requested = Signal(object)
    path_dropped = Signal(object)
    plan_requested = Signal()
    escaped = Signal()
    step_changed = Signal(str)
    closing = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setWindowTitle("Trephine")
        self.setMinimumSize(_SMALLEST)
        self.setAcceptDrops(True)
        self._folding_by_width = True
        self.last_folder = ""  # where the next file dialog opens
        self.step = ""
        self._build_views()
        self.actions_by_key, self.menus_by_title = build_menus(self)
        self.menuBar().setCornerWidget(self.steps)
        self.setCentralWidget(self._centre())
        self.status = StatusLine(tr(RESEARCH_USE), f"Trephine {__version__}")
        self.setStatusBar(self.status)
        self.show_step("plan")
        self.actions_by_key["fold_left"].triggered.connect(self.toggle_left)
        self.show_start()

    def open_case(self, path: Path) -> None:
        """Open a case, a folder or a file."""
        self.path_requested.emit(path)

    def show_start(self) -> None:
        """Show what to do first."""
        self._show_page(self.empty)

    def show_series(self) -> None:
        """Show the series to choose from."""
        self._show_page(self.series)

    def show_pictures(self) -> None:
        """Show the open case, and the keys to begin with."""
        if not self.status.said:
            self.say("")
        self._show_page(self._pictures)

    def show_step(self, key: str) -> None:
        """Show the panels of a step; image, patient and selection stay."""
        self.steps.set_step(key)
        self.step_panels.show_step(key)
        self._tabs.show_step(key)
        if key != self.step:
            self.step = key
            if key != "plan" and self.left.is_folded:
                self.toggle_left()  # the other steps are nothing but their panels
            self.step_changed.emit(key)

    def add_panel(self, step: str, panel: QWidget, *, on_top: bool = False) -> None:
        """Put a panel on the left, below those that a step has already, or above them."""
        self.step_panels.add(step, panel, on_top=on_top)

    def add_tab(self, *parts: QWidget, title: str, steps: tuple[str, ...] = PLANNING) -> None:
        """Put panels, one below the other, on the right as a further tab of some steps."""
        self._tabs.add(*parts, title=title, steps=steps)

    def show_tab(self, part: QWidget) -> None:
        """Bring the tab forward that a panel stands on."""
        self._tabs.bring(part)

    def add_under_table(self, strip: QWidget) -> None:
        """Put a strip between the table of trajectories and what is said of the selected one."""
        column = self.right.layout()
        assert isinstance(column, QVBoxLayout), "laid out so below"
        column.insertWidget(1, strip)

    def add_below(self, strip: QWidget) -> None:
        """Put a strip below the pictures; its height can be pulled."""
        self._pictures.addWidget(strip)
        self._pictures.setStretchFactor(self._pictures.count() - 1, 0)

    def add_strip(self, strip: QWidget) -> None:
        """Put a strip that is usually hidden below the message."""
        self._strips.insertWidget(self._strips.indexOf(self.message) + 1, strip)

    def show_not_checked(self) -> None:
        """Scroll the numbers to what was not checked."""
        self._tabs.setCurrentWidget(self._numbers)
        self._numbers.verticalScrollBar().setValue(self.not_checked.y())

    def say(self, text: str, tone: Tone = "text") -> None:
        """Say something short in the status bar; empty names the keys to begin with."""
        self.status.say(text, tone)

    def set_reason(self, key: str, reason: str) -> None:
        """Enable an action if `reason` is empty; otherwise disable it and say why."""
        set_reason(self.actions_by_key[key], reason)
        if key == "plan":
            self.left.set_reason(key, reason)

    def toggle_left(self) -> None:
        """Fold or unfold the left panel; from then on the window's width does not."""
        self._folding_by_width = False
        self.left.set_folded(folded=not self.left.is_folded)
        self._share_width()

    def restore_place(self, geometry: str) -> None:
        """Put the window where it was, or where a first start puts it."""
        kept = QByteArray.fromBase64(geometry.encode("ascii"))
        if kept.isEmpty() or not self.restoreGeometry(kept):
            room = self.screen().availableGeometry().size() - _FRAME
            self.resize(_FIRST_SIZE.boundedTo(room))

    def place(self) -> str:
        """Return where the window is, to be restored at the next start."""
        return bytes(self.saveGeometry().toBase64().data()).decode("ascii")

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._folding_by_width:
            self.left.set_folded(folded=self.width() < _FOLD_BELOW_PX)
        self._share_width()

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ApplicationFontChange:
            self._share_width()
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.escaped.emit()
        super().keyPressEvent(event)

    def take_all_drops(self) -> None:
        """Let no field take a dropped file for text: wherever it is dropped, it is opened."""
        for kind in (QLineEdit, QAbstractScrollArea):
            for field in self.findChildren(kind):
                field.setAcceptDrops(False)
                if isinstance(field, QAbstractScrollArea):
                    field.viewport().setAcceptDrops(False)

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.path_dropped.emit(path)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.closing.emit()
        for view in self.pictures.all:
            view.close_rendering()
        super().closeEvent(event)

    def _build_views(self) -> None:
        self.banner = PatientBanner()
        self.message = MessageStrip()
        self.opening_progress = ProgressStrip()
        self.planning_progress = ProgressStrip()
        self.empty = EmptyState()
        self.series = SeriesList()
        self.pictures = shown = Pictures()
        self.axial, self.coronal, self.sagittal = shown.axial, shown.coronal, shown.sagittal
        self.slices = self.pictures.slices  # all six
        self.scene = self.pictures.scene
        self.structures = StructureList()
        self.form = PlanningForm()
        self.table = TrajectoryTable()
        self.card = NumbersCard()
        self.core_set = CoreSetPanel()
        self.not_checked = NotCheckedPanel()
        self.grid = ViewGrid(self.pictures.by_key(), ARRANGEMENTS[OVERVIEW])
        for key, picture in self.pictures.views().items():
            picture.double_clicked.connect(lambda key=key: self.grid.toggle_large(key))
        self.steps = StepBar()
        self.steps.chosen.connect(self.show_step)
        self.step_panels = StepPanels(self.structures)
        self.step_panels.add("plan", self.form)
        self.empty.path_dropped.connect(self.path_requested)
        self.banner.not_checked_pressed.connect(self.show_not_checked)

    def _centre(self) -> QWidget:
        self._pictures = QSplitter(Qt.Orientation.Vertical)
        self._pictures.setHandleWidth(1)
        self._pictures.setChildrenCollapsible(False)
        self._pictures.addWidget(self.grid)
        self._pictures.setStretchFactor(0, 1)
        self._stack = QStackedWidget()
        for page in (self.empty, self.series, self._pictures):
            self._stack.addWidget(page)
        self.left = FoldingPanel(
            self.step_panels, tuple((key, tr(text), tr(tip)) for key, text, tip in _RAIL)
        )
        self.left.pressed.connect(self._press_rail)
        self._tabs = StepTabs()
        self._numbers = self._tabs.add(self.card, self.not_checked, title=tr("Trajectory"))
        self.add_tab(self.core_set, title=tr("Core set"))
        self.right = _right_panel(self.table, self._tabs)
        self._splitter = QSplitter(Qt.Orientation.Horizontal)
        self._splitter.setHandleWidth(1)
        self._splitter.setChildrenCollapsible(False)
        for number, part in enumerate((self.left, self._stack, self.right)):
            self._splitter.addWidget(part)
            self._splitter.setStretchFactor(number, 1 if part is self._stack else 0)
        centre = QWidget()
        rows = self._strips = QVBoxLayout(centre)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        for strip in (self.banner, self.message, self.opening_progress, self.planning_progress):
            rows.addWidget(strip)
        rows.addWidget(self._splitter, 1)
        return centre

    def _press_rail(self, key: str) -> None:
        if key == "plan":
            self.plan_requested.emit()
        else:
            self.toggle_left()

    def _show_page(self, page: QWidget) -> None:
        """Show one page; the panels speak of an open case and hide without one."""
        self._stack.setCurrentWidget(page)
        for panel in (self.left, self.right):
            panel.setVisible(page is self._pictures)
        self._share_width()

    def _share_width(self) -> None:
        """Give the pictures what the panels do not need."""
        width, wider = self.width(), (1.0 + scaled(1.0)) / 2.0  # for larger text, by half of it
        left = self.left.maximumWidth()
        if not self.left.is_folded:
            left = round(wider * min(max(_LEFT_SHARE * width, _LEFT_PX[0]), _LEFT_PX[1]))
        right = round(wider * min(max(_RIGHT_SHARE * width, _RIGHT_PX[0]), _RIGHT_PX[1]))
        self._splitter.setSizes([left, max(1, width - left - right), right])


def _right_panel(table: QWidget, numbers: QWidget) -> QWidget:
    """Stack table and numbers."""
    holder = QWidget()
    column = _vertical(holder, margin_px=2 * STEP_PX)
    column.addWidget(table, _TABLE_SHARE)
    column.addWidget(numbers, _CARD_SHARE)
    return holder


def _vertical(holder: QWidget, *, margin_px: int) -> QVBoxLayout:
    column = QVBoxLayout(holder)
    column.setContentsMargins(margin_px, margin_px, margin_px, margin_px)
    column.setSpacing(3 * STEP_PX)
    return column
