"""The structures a needle comes nearest to, with a button to go there; measures nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedWords, Tone, Words, column, heading
from app.views.values import NearestRow
from app.views.wording import hand_mm, tissue_mm


class NearestList(QWidget):
    """Two lines for each structure: name and distance, and how that stands to what is demanded.

    Signals
    -------
    jump_requested : Vec3
        Go to the nearest point (LPS mm).
    """

    jump_requested = Signal(object)

    def __init__(self, rows: tuple[NearestRow, ...], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = column(self, gap_steps=1)
        layout.addWidget(heading("Nearest structures"))
        grid = QGridLayout()
        grid.setHorizontalSpacing(2 * STEP_PX)
        grid.setVerticalSpacing(0)
        grid.setColumnStretch(1, 1)
        layout.addLayout(grid)
        for number, row in enumerate(rows):
            self._add(grid, 2 * number, row)

    def _add(self, grid: QGridLayout, line: int, row: NearestRow) -> None:
        tone, words = _verdict(row)
        name = ElidedWords(row.structure)
        grid.addWidget(Words("●", tone=tone), line, 0)
        grid.addWidget(name, line, 1)
        distance = Words(f"{tissue_mm(row.clearance_mm)} at {hand_mm(row.depth_mm)}")
        distance.setAlignment(Qt.AlignmentFlag.AlignRight)
        grid.addWidget(distance, line, 2)
        verdict = ElidedWords(words, size_px=CAPTION_PX, tone="secondary")
        grid.addWidget(verdict, line + 1, 1, 1, 2)
        jump = QToolButton()
        jump.setText("Show")
        jump.setToolTip(f"Show where {row.structure} comes nearest")
        jump.clicked.connect(lambda: self.jump_requested.emit(row.point_lps_mm))
        grid.addWidget(jump, line, 3, 2, 1)
        grid.setRowMinimumHeight(line + 1, 5 * STEP_PX)


def _verdict(row: NearestRow) -> tuple[Tone, str]:
    """Return how a distance stands to its margin, as colour and in words."""
    if row.clearance_mm <= 0.0:
        return "danger", "the needle goes through it"
    spare = row.clearance_mm - row.margin_mm
    if spare < 0.0:
        return "danger", f"{tissue_mm(-spare)} short of the demanded {row.margin_mm:.1f}"
    if row.margin_mm <= 0.0:
        return "good", "no margin demanded"
    return "good", f"{tissue_mm(spare)} beyond the demanded {row.margin_mm:.1f}"
