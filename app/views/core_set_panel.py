"""The cores taken together: what they cover, and where each one goes; chooses none of them."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QHideEvent, QShowEvent, QWheelEvent
from PySide6.QtWidgets import (
    QComboBox,
    QGridLayout,
    QHBoxLayout,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from app.language import mark, tr
from app.views.chance_bar import ChanceBar
from app.views.core_values import CoreRow, CoreSetText, CoverageRow
from app.views.coverage_table import CoverageTable
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import RaisedFrame, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.values import Choice
from app.views.wording import chance, likelihood, tissue_mm

_RESTS_ON = mark("Chances and expected lengths hold if masks and error model hold.")


class _PurposeCombo(QComboBox):
    """A drop-down list that a wheel scrolls past: only a choice made on purpose counts."""

    def wheelEvent(self, event: QWheelEvent) -> None:
        event.ignore()


class CoreSetPanel(QWidget):
    """The panel of the core set.

    Signals
    -------
    core_selected : str
        Key of the core the user wants to see.
    looked_at : bool
        Whether the panel is in view.
    purpose_chosen : str, str
        Key of a core, and key of what the user wants it to be taken for.
    """

    core_selected = Signal(str)
    looked_at = Signal(bool)
    purpose_chosen = Signal(str, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = column(self)
        self._body = QWidget()
        self._layout.addWidget(self._body)
        self._layout.addStretch(1)
        self.set_message(tr("Nothing planned yet. Press Plan."))

    def set_core_set(self, shown: CoreSetText) -> None:
        """Show a set, without emitting."""
        fresh = QWidget()
        layout = column(fresh)
        layout.addWidget(Words(shown.title, bold=True).wrapped())
        for title, words in shown.facts:
            layout.addWidget(Words(f"{title}: {words}", size_px=CAPTION_PX).wrapped())
        for text in shown.warnings:
            layout.addWidget(Words(f"▲ {text}", tone="caution").wrapped())
        layout.addWidget(heading(tr("Chance of each sample")))
        layout.addLayout(_coverage(shown.coverage))
        layout.addWidget(_caption(tr(_RESTS_ON)))
        if shown.matrix is not None:
            layout.addWidget(heading(tr("What each core holds")))
            matrix = CoverageTable(shown.matrix)
            matrix.core_selected.connect(self.core_selected)
            layout.addWidget(matrix)
        layout.addWidget(heading(tr("Cores, shallowest first")))
        for core in shown.cores:
            layout.addWidget(self._core(core, shown.purposes))
        self._put(fresh)

    def set_message(self, text: str) -> None:
        """Show a sentence where there is no set: why, and what to do."""
        fresh = QWidget()
        layout = column(fresh)
        layout.addWidget(Words(text, tone="secondary").wrapped())
        self._put(fresh)

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self.looked_at.emit(self.isVisible())

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        self.looked_at.emit(self.isVisible())

    def _put(self, fresh: QWidget) -> None:
        self._layout.replaceWidget(self._body, fresh)
        self._body.hide()
        self._body.deleteLater()
        self._body = fresh

    def _core(self, core: CoreRow, purposes: tuple[Choice, ...]) -> QWidget:
        frame = RaisedFrame()
        inside: QVBoxLayout = column(frame, margin_steps=2, gap_steps=1)
        top = QHBoxLayout()
        top.setSpacing(2 * STEP_PX)
        top.addWidget(Words(core.name, bold=True))
        top.addWidget(self._purpose(core, purposes), 1)
        show = QToolButton()
        show.setText(tr("Show"))
        show.setToolTip(
            plain_tip(tr("Select {core} in the table and take every view there", core=core.name))
        )
        show.clicked.connect(lambda: self.core_selected.emit(core.key))
        top.addWidget(show)
        inside.addLayout(top)
        inside.addWidget(Words(core.numbers, size_px=CAPTION_PX).wrapped())
        inside.addWidget(_caption(tr("into {container}", container=core.container)))
        inside.addWidget(_caption(core.advice))
        return frame

    def _purpose(self, core: CoreRow, purposes: tuple[Choice, ...]) -> QComboBox:
        combo, taken_for = _PurposeCombo(), tr("What core {core} is taken for", core=core.name)
        combo.setAccessibleName(taken_for)
        combo.setToolTip(
            plain_tip(
                tr(
                    "{what}: into {container}. {advice}",
                    what=taken_for,
                    container=core.container,
                    advice=core.advice,
                )
            )
        )
        with QSignalBlocker(combo):
            for choice in purposes:
                combo.addItem(choice.text, choice.key)
            combo.setCurrentIndex(combo.findData(core.purpose))
        combo.activated.connect(
            lambda _row: self.purpose_chosen.emit(core.key, combo.currentData())
        )
        return combo


def _coverage(rows: tuple[CoverageRow, ...]) -> QGridLayout:
    """Lay out each habitat's name, and below it bar, number, word and length."""
    grid = QGridLayout()
    grid.setHorizontalSpacing(2 * STEP_PX)
    grid.setVerticalSpacing(0)
    grid.setColumnStretch(0, 1)
    for number, row in enumerate(rows):
        line = 3 * number
        what = tr("{what} (must be sampled)", what=row.what) if row.wanted else row.what
        grid.addWidget(Words(what).wrapped(), line, 0)
        length = ""
        if row.expected_mm is not None:
            length = tr("{length} expected", length=tissue_mm(row.expected_mm))
        grid.addWidget(Words(length, size_px=CAPTION_PX, tone="secondary"), line, 1)
        grid.addWidget(ChanceBar(row.chance), line + 1, 0, Qt.AlignmentFlag.AlignVCenter)
        grid.addWidget(Words(f"{chance(row.chance)}  {likelihood(row.chance)}"), line + 1, 1)
        grid.setRowMinimumHeight(line + 2, STEP_PX)
    return grid


def _caption(text: str) -> Words:
    return Words(text, size_px=CAPTION_PX, tone="secondary").wrapped()
