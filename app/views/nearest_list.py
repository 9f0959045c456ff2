"""The structures a needle comes nearest to, with a button to go there; measures nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from app.language import tr
from app.views.card_parts import put
from app.views.card_values import NearestRow
from app.views.card_words import verdict_words
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.wording import chance

_DOT, _WORDS, _SHOW = 0, 1, 2
_LINES_PER_ROW = 3


class NearestList(QWidget):
    """Each structure's whole name, and below it where and how near, against what is demanded.

    Signals
    -------
    jump_requested : Vec3
        Go to the nearest point (LPS mm).
    """

    jump_requested = Signal(object)

    def __init__(self, rows: tuple[NearestRow, ...] = (), parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = column(self, gap_steps=1)
        layout.addWidget(heading(tr("Nearest structures")))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(2 * STEP_PX)
        self._grid.setVerticalSpacing(0)
        self._grid.setColumnStretch(_WORDS, 1)
        layout.addLayout(self._grid)
        self._shown: list[_Row] = []
        self.set_rows(rows)

    def set_rows(self, rows: tuple[NearestRow, ...]) -> None:
        """Show these structures, in widgets that are kept."""
        while len(self._shown) < len(rows):
            made = _Row(self._grid, _LINES_PER_ROW * len(self._shown))
            made.jump.clicked.connect(lambda _=False, made=made: self._jump(made))
            self._shown.append(made)
        for number, shown in enumerate(self._shown):
            shown.set_row(rows[number] if number < len(rows) else None)

    def _jump(self, row: _Row) -> None:
        if row.row is not None:
            self.jump_requested.emit(row.row.point_lps_mm)


class _Row:
    """The widgets of one structure."""

    def __init__(self, grid: QGridLayout, line: int) -> None:
        self.row: NearestRow | None = None
        self._grid, self._line = grid, line
        self._dot, self._name = Words("●"), Words().wrapped()
        self._verdict = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._verdict.setToolTip(tr("P(touch): the chance that a first pass touches it"))
        self.jump = QToolButton()
        self.jump.setText(tr("Show"))
        grid.addWidget(self._dot, line, _DOT, Qt.AlignmentFlag.AlignTop)
        grid.addWidget(self._name, line, _WORDS)
        grid.addWidget(self._verdict, line + 1, _WORDS)
        grid.addWidget(self.jump, line, _SHOW, 2, 1, Qt.AlignmentFlag.AlignVCenter)

    def set_row(self, row: NearestRow | None) -> None:
        """Show one structure, or none."""
        if row == self.row and row is not None:
            return
        renamed = row is not None and (self.row is None or self.row.structure != row.structure)
        self.row = row
        for widget in (self._dot, self.jump):
            widget.setVisible(row is not None)
        below, gap_px = self._line + 2, STEP_PX if row is not None else 0
        if self._grid.rowMinimumHeight(below) != gap_px:
            self._grid.setRowMinimumHeight(below, gap_px)
        if row is None:
            put(self._name, "")
            put(self._verdict, "")
            return
        tone, verdict = verdict_words(row)
        self._dot.set_tone(tone)
        put(self._name, row.structure)
        touched = tr("P(touch) {chance}", chance=chance(row.touch_probability))
        put(self._verdict, f"{verdict}; {touched}")
        if renamed:
            self.jump.setToolTip(
                plain_tip(tr("Show where {structure} comes nearest", structure=row.structure))
            )
            self.jump.setAccessibleName(self.jump.toolTip())
