"""Cores against habitats: expected length and chance in each cell; sums up nothing itself."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from app.language import tr
from app.views.chance_bar import ChanceBar
from app.views.core_values import CoverageMatrix, MatrixRow
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Words, column
from app.views.plain_tip import plain_tip
from app.views.wording import chance, kept_together


class CoverageTable(QWidget):
    """The matrix of cores and habitats.

    Signals
    -------
    core_selected : str
        Key of the core whose name was pressed.
    """

    core_selected = Signal(str)

    def __init__(self, shown: CoverageMatrix) -> None:
        super().__init__()
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(2 * STEP_PX)
        grid.setVerticalSpacing(STEP_PX)
        grid.addWidget(Words(tr("core"), size_px=CAPTION_PX, tone="secondary"), 0, 0)
        wanted = shown.wanted or (False,) * len(shown.columns)
        for place, (name, must) in enumerate(zip(shown.columns, wanted, strict=True), start=1):
            words = f"{name} \N{BLACK STAR}" if must else name
            head = Words(kept_together(words), size_px=CAPTION_PX, tone="secondary").wrapped()
            head.setToolTip(plain_tip(tr("{name}: has to be sampled", name=name) if must else name))
            grid.addWidget(head, 0, place)
            grid.setColumnStretch(place, 1)
        for line, row in enumerate(shown.rows, start=1):
            grid.addWidget(self._name(row), line, 0, Qt.AlignmentFlag.AlignTop)
            for place, (length, share) in enumerate(
                zip(row.lengths, row.chances, strict=True), start=1
            ):
                grid.addWidget(_cell(length, share, bold=not row.key), line, place)

    def _name(self, row: MatrixRow) -> QWidget:
        if not row.key:
            return Words(row.name, size_px=CAPTION_PX, bold=True)
        button = QToolButton()
        button.setText(row.name)
        button.setAutoRaise(True)
        button.setToolTip(
            plain_tip(tr("Select {name}, for {purpose}", name=row.name, purpose=row.taken_for))
        )
        button.clicked.connect(lambda: self.core_selected.emit(row.key))
        return button


def _cell(length: str, share: float | None, *, bold: bool) -> QWidget:
    cell = QWidget()
    inside = column(cell, gap_steps=0)
    inside.addWidget(Words(length, bold=bold))
    if share is not None:
        inside.addWidget(ChanceBar(share))
        inside.addWidget(
            Words(tr("P {chance}", chance=chance(share)), size_px=CAPTION_PX, tone="secondary")
        )
    return cell
