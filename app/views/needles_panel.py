"""The needles of a control CT, and which of them took which core; finds and measures nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QToolButton, QVBoxLayout, QWidget

from app.language import tr
from app.views.card_parts import put
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedCombo, PrimaryButton, RaisedFrame, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.progress_strip import ProgressStrip
from app.views.review_step_values import CoreAnswerRow, NeedleRow, NeedlesText
from app.views.scan_fit_panel import say
from app.views.store_question import StoreQuestion
from app.views.values import Choice

_LEAST_PX = 30 * STEP_PX


class NeedlesPanel(QWidget):
    """Finding or marking needles, and saying for each core which needle it was and in what state.

    Signals
    -------
    find_requested, export_requested, store_requested
    mark_toggled : bool
        Whether two points are to be marked in the slices.
    needle_visited, needle_removed : str
        Key of a needle.
    core_selected : str
        Key of a core.
    needle_chosen, state_chosen : str, str
        Key of a core, and of what was chosen for it.
    """

    find_requested = Signal()
    export_requested = Signal()
    store_requested = Signal()
    mark_toggled = Signal(bool)
    needle_visited = Signal(str)
    needle_removed = Signal(str)
    core_selected = Signal(str)
    needle_chosen = Signal(str, str)
    state_chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.progress = ProgressStrip()
        self._hint = Words(tone="secondary").wrapped()
        self._find = PrimaryButton(tr("Find needles"))
        self._mark = QPushButton(tr("Mark two points"))
        self._mark.setCheckable(True)
        self._export = QPushButton(tr("Export..."))
        self._store = QPushButton(tr("Store in the registry"))
        self.question = StoreQuestion()
        self._tips = {
            self._find: tr("Look for metal around the planned needles, then everywhere"),
            self._mark: tr("Click the needle's hub side and its tip in any slice; Esc gives up"),
            self._export: tr("review.json, pictures and a page, into a folder"),
            self._store: tr("Keep this review with the department's other cases"),
        }
        self._needles: dict[str, _NeedleLine] = {}
        self._cores: dict[str, _CoreBox] = {}
        self._needle_rows, self._core_rows = QWidget(), QWidget()
        self._needle_column = column(self._needle_rows, gap_steps=1)
        self._core_column = column(self._core_rows)
        layout = column(self)
        layout.addWidget(heading(tr("Needles in the control CT")))
        layout.addWidget(self._hint)
        for part in (self._find, self._mark, self.progress, self._needle_rows):
            layout.addWidget(part)
        self._core_heading = heading(tr("Cores"))
        layout.addWidget(self._core_heading)
        layout.addWidget(self._core_rows)
        for part in (self._export, self._store, self.question):
            layout.addWidget(part)
        self._find.clicked.connect(self.find_requested)
        self._mark.clicked.connect(self.mark_toggled)
        self._export.clicked.connect(self.export_requested)
        self._store.clicked.connect(self.store_requested)
        self.set_text(NeedlesText())

    def set_text(self, text: NeedlesText) -> None:
        """Say all this."""
        say(self._hint, text.hint)
        self._mark.setChecked(text.is_marking)
        for button, reason in (
            (self._find, text.cannot_find),
            (self._mark, text.cannot_mark),
            (self._export, text.cannot_export),
            (self._store, text.cannot_store),
        ):
            button.setEnabled(not reason)
            button.setToolTip(plain_tip(reason or self._tips[button]))
        self._list_needles(text)
        self._list_cores(text)

    def _list_needles(self, text: NeedlesText) -> None:
        for key in self._needles.keys() - {row.key for row in text.needles}:
            _drop(self._needle_column, self._needles.pop(key))
        for row in text.needles:
            if row.key not in self._needles:
                line = self._needles[row.key] = _NeedleLine(row.key)
                line.visited.connect(self.needle_visited)
                line.removed.connect(self.needle_removed)
                self._needle_column.addWidget(line)
            self._needles[row.key].set_row(row, text.cannot_answer)
        self._needle_rows.setVisible(bool(text.needles))

    def _list_cores(self, text: NeedlesText) -> None:
        for part in (self._core_heading, self._core_rows):
            part.setVisible(bool(text.cores))
        for key in self._cores.keys() - {row.key for row in text.cores}:
            _drop(self._core_column, self._cores.pop(key))
        for place, row in enumerate(text.cores):
            if row.key not in self._cores:
                box = self._cores[row.key] = _CoreBox(row.key)
                box.selected.connect(self.core_selected)
                box.needle_chosen.connect(self.needle_chosen)
                box.state_chosen.connect(self.state_chosen)
            if self._core_column.indexOf(self._cores[row.key]) != place:
                self._core_column.insertWidget(place, self._cores[row.key])
            self._cores[row.key].set_row(row, text.cannot_answer)


class _NeedleLine(QWidget):
    """What is known of one needle, with a way to go there and one to strike it out."""

    visited = Signal(str)
    removed = Signal(str)

    def __init__(self, key: str) -> None:
        super().__init__()
        self._name = Words(bold=True)
        self._facts = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._doubts = Words(size_px=CAPTION_PX, tone="caution").wrapped()
        self._show, self._drop = QToolButton(), QToolButton()
        self._show.setText(tr("Show"))
        self._drop.setText("\N{MULTIPLICATION SIGN}")
        self._show.clicked.connect(lambda: self.visited.emit(key))
        self._drop.clicked.connect(lambda: self.removed.emit(key))
        line = QHBoxLayout()
        line.setSpacing(STEP_PX)
        line.addWidget(self._name, 1)
        for button in (self._show, self._drop):
            line.addWidget(button)
        layout = column(self, gap_steps=0)
        layout.addLayout(line)
        layout.addWidget(self._facts)
        layout.addWidget(self._doubts)

    def set_row(self, row: NeedleRow, cannot_change: str) -> None:
        self._name.setText(row.name)
        self._name.set_tone(row.tone)
        put(self._facts, row.facts)
        put(self._doubts, "\n".join(row.doubts))
        self._show.setToolTip(plain_tip(tr("Take every view to the tip of {name}", name=row.name)))
        self._show.setAccessibleName(self._show.toolTip())
        tip = tr("{name} is no needle: strike it out, its cores are open again", name=row.name)
        self._drop.setEnabled(not cannot_change)
        self._drop.setToolTip(plain_tip(cannot_change or tip))
        self._drop.setAccessibleName(tip)


class _CoreBox(RaisedFrame):
    """One core: its needle, the needle's state, and what came of it."""

    selected = Signal(str)
    needle_chosen = Signal(str, str)
    state_chosen = Signal(str, str)

    def __init__(self, key: str) -> None:
        super().__init__()
        self._key = key
        self._name = Words(bold=True).wrapped()
        self._note = Words(size_px=CAPTION_PX).wrapped()
        self._needle, self._state = ElidedCombo(), ElidedCombo()
        self._needle.setPlaceholderText(tr("Which needle?"))
        self._state.setPlaceholderText(tr("What does this CT show of it?"))
        for combo in (self._needle, self._state):
            combo.setMinimumWidth(_LEAST_PX)  # Qt would make room for the whole question
        layout = column(self, margin_steps=2, gap_steps=1)
        for part in (self._name, self._needle, self._state, self._note):
            layout.addWidget(part)
        for combo, signal in (
            (self._needle, self.needle_chosen),
            (self._state, self.state_chosen),
        ):
            combo.activated.connect(
                lambda _row, combo=combo, signal=signal: signal.emit(key, combo.currentData())
            )

    def set_row(self, row: CoreAnswerRow, cannot_answer: str) -> None:
        self._name.setText(row.name)
        self.set_border("accent" if row.selected else None)
        _fill(self._needle, row.needles, row.needle)
        _fill(self._state, row.states, row.state)
        for combo, what in (
            (self._needle, tr("Needle of {core}", core=row.name)),
            (self._state, tr("State of the needle of {core}", core=row.name)),
        ):
            combo.setAccessibleName(what)
            combo.setEnabled(not cannot_answer)
            combo.setToolTip(plain_tip(cannot_answer or what))
        put(self._note, row.note, row.tone)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.selected.emit(self._key)
        event.accept()


def _fill(combo: ElidedCombo, choices: tuple[Choice, ...], current: str) -> None:
    """Offer these choices, touching a list that is open or focused only where it changed."""
    there = tuple(Choice(str(combo.itemData(n)), combo.itemText(n)) for n in range(combo.count()))
    blocked = combo.blockSignals(True)  # noqa: FBT003 (Qt's own argument)
    if there != choices:
        combo.clear()
        for choice in choices:
            combo.addItem(choice.text, choice.key)
    combo.setCurrentIndex(combo.findData(current))
    combo.blockSignals(blocked)


def _drop(layout: QVBoxLayout, widget: QWidget) -> None:
    layout.removeWidget(widget)
    widget.hide()
    widget.deleteLater()
