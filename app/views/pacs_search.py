"""The query to an image archive, and what it found, in two tables; asks no archive itself."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QAbstractItemView,
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.language import mark, tr
from app.views.pacs_values import FoundRow, QueryFields
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import PrimaryButton, Words, column, heading
from app.views.plain_tip import plain_tip

_MODALITIES = ("", "CT", "MR", "PT", "SEG", "RTSTRUCT", "SR", "OT")
_DATE = mark("YYYY-MM-DD")
_STUDY_HEADINGS = (
    *(mark("Patient"), mark("ID"), mark("Born"), mark("Date")),
    *(mark("Study"), mark("Kinds"), mark("Number of series")),
)
_SERIES_HEADINGS = (
    *(mark("Series"), mark("Description"), mark("Kind"), mark("Date"), mark("Images")),
)
_STUDY_STRETCH, _SERIES_STRETCH = 4, 1
_KEY = Qt.ItemDataRole.UserRole


class PacsSearch(QWidget):
    """A line of fields, the studies that match, and the series of the study that is selected.

    Signals
    -------
    search_requested
    study_chosen : str
        Key of the study that is selected now.
    open_requested : str
        Key of the series to open.
    """

    search_requested = Signal()
    study_chosen = Signal(str)
    open_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._reason = ""
        self._name, self._id = QLineEdit(), QLineEdit()
        self._from, self._to = QLineEdit(), QLineEdit()
        self._modality = QComboBox()
        self._search = PrimaryButton(tr("Search"))
        self._hint = Words(tone="secondary").wrapped()
        self.studies = _table(tr("Studies"), _STUDY_HEADINGS, _STUDY_STRETCH)
        self.series = _table(tr("Series"), _SERIES_HEADINGS, _SERIES_STRETCH)
        self._open = PrimaryButton(tr("Open series"))
        layout = column(self)
        layout.addLayout(self._fields())
        layout.addWidget(self._hint)
        layout.addWidget(self._tables(), 1)
        self._search.clicked.connect(self.search_requested)
        for field in (self._name, self._id, self._from, self._to):
            field.returnPressed.connect(self._search.click)
        self.studies.currentItemChanged.connect(lambda *_: self._choose_study())
        self.series.currentItemChanged.connect(lambda *_: self._follow())
        self.series.itemActivated.connect(lambda *_: self._open.click())
        self._open.clicked.connect(self._ask_open)
        self.set_hint(tr("Enter a name, an ID or dates, then search."))
        self._follow()

    @property
    def query(self) -> QueryFields:
        """What is written in the fields."""
        return QueryFields(
            patient_name=self._name.text(),
            patient_id=self._id.text(),
            date_from=self._from.text(),
            date_to=self._to.text(),
            modality=self._modality.currentData() or "",
        )

    def set_ready(self, reason: str) -> None:
        """Allow searching and opening if `reason` is empty; otherwise say why not."""
        self._reason = reason
        self._search.setEnabled(not reason)
        self._search.setToolTip(plain_tip(reason))
        self._follow()

    def set_hint(self, text: str) -> None:
        """Say what is shown, or what to do next."""
        self._hint.setText(text)

    def set_studies(self, rows: Sequence[FoundRow]) -> None:
        """Show other studies; none is selected, unless there is only one."""
        with QSignalBlocker(self.studies):
            _fill(self.studies, rows)
        self.set_series(())
        if len(rows) == 1:
            _select_first(self.studies)

    def set_series(self, rows: Sequence[FoundRow]) -> None:
        """Show the series of the study that is selected; the first is selected."""
        _fill(self.series, rows)
        _select_first(self.series)
        self._follow()

    def chosen_series(self) -> str:
        """Return the key of the series that is selected; empty if none is."""
        return _key(self.series)

    def take_focus(self) -> None:
        """Let the user write the name at once."""
        self._name.setFocus()

    def _fields(self) -> QGridLayout:
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * STEP_PX)
        grid.setVerticalSpacing(STEP_PX // 2)
        for modality in _MODALITIES:
            self._modality.addItem(modality or tr("any"), modality)
        for field in (self._from, self._to):
            field.setPlaceholderText(tr(_DATE))
            room = field.fontMetrics().horizontalAdvance(tr(_DATE)) + 4 * STEP_PX
            field.setMinimumWidth(room)
        self._name.setPlaceholderText(tr("family, given"))
        named: tuple[tuple[str, QWidget, int], ...] = (
            (tr("Patient's name"), self._name, 3),
            (tr("Patient ID"), self._id, 2),
            (tr("From"), self._from, 1),
            (tr("To"), self._to, 1),
            (tr("Kind"), self._modality, 1),
        )
        for number, (name, part, stretch) in enumerate(named):
            label = Words(name, size_px=CAPTION_PX, tone="secondary")
            label.setBuddy(part)
            part.setAccessibleName(name)
            grid.addWidget(label, 0, number)
            grid.addWidget(part, 1, number)
            grid.setColumnStretch(number, stretch)
        grid.addWidget(self._search, 1, len(named))
        return grid

    def _tables(self) -> QSplitter:
        both = QSplitter(Qt.Orientation.Vertical)
        both.setChildrenCollapsible(False)
        for name, table, below in (
            (tr("Studies"), self.studies, None),
            (tr("Series of the study"), self.series, self._open),
        ):
            part = QWidget()
            lines = QVBoxLayout(part)
            lines.setContentsMargins(0, STEP_PX, 0, 0)
            lines.setSpacing(STEP_PX)
            lines.addWidget(heading(name))
            lines.addWidget(table, 1)
            if below is not None:
                row = QHBoxLayout()
                row.addStretch(1)
                row.addWidget(below)
                lines.addLayout(row)
            both.addWidget(part)
        both.setStretchFactor(0, 3)
        both.setStretchFactor(1, 2)
        return both

    def _choose_study(self) -> None:
        self.set_series(())
        if key := _key(self.studies):
            self.study_chosen.emit(key)

    def _follow(self) -> None:
        reason = self._reason
        if not reason and not _key(self.series):
            chosen = bool(_key(self.studies))
            reason = tr("Select a series.") if chosen else tr("Select a study first.")
        self._open.setEnabled(not reason)
        self._open.setToolTip(plain_tip(reason or tr("Fetch the series and open it")))

    def _ask_open(self) -> None:
        if key := _key(self.series):
            self.open_requested.emit(key)


def plain_button(text: str) -> QPushButton:
    """Return a button that does not take Enter from the fields."""
    button = QPushButton(text)
    button.setAutoDefault(False)
    return button


def _table(name: str, headings: Sequence[str], stretch: int) -> QTreeWidget:
    tree = QTreeWidget()
    tree.setAccessibleName(name)
    tree.setHeaderLabels([tr(text) for text in headings])
    tree.setRootIsDecorated(False)
    tree.setUniformRowHeights(True)
    tree.setAlternatingRowColors(True)
    tree.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    header = tree.header()
    header.setStretchLastSection(False)
    header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    header.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return tree


def _fill(tree: QTreeWidget, rows: Sequence[FoundRow]) -> None:
    tree.clear()
    for row in rows:
        item = QTreeWidgetItem(list(row.cells))
        item.setData(0, _KEY, row.key)
        for section, text in enumerate(row.cells):
            item.setToolTip(section, plain_tip(text))
        tree.addTopLevelItem(item)


def _select_first(tree: QTreeWidget) -> None:
    if (first := tree.topLevelItem(0)) is not None:
        tree.setCurrentItem(first)


def _key(tree: QTreeWidget) -> str:
    item: QTreeWidgetItem | None = tree.currentItem()
    return "" if item is None else str(item.data(0, _KEY))
