"""The structures a needle comes nearest to, with a button to go there; measures nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QGridLayout, QToolButton, QWidget

from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Tone, Words, column, heading
from app.views.values import NearestRow
from app.views.wording import chance, hand_mm, tissue_mm

_TOUCHED_SELDOM = 0.05  # what the 95 % envelope leaves: more than that is not called clear
_DOT, _WORDS, _SHOW = 0, 1, 2


class NearestList(QWidget):
    """Each structure's whole name, and below it where and how near, against what is demanded.

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
        grid.setColumnStretch(_WORDS, 1)
        layout.addLayout(grid)
        for number, row in enumerate(rows):
            self._add(grid, 4 * number, row)

    def _add(self, grid: QGridLayout, line: int, row: NearestRow) -> None:
        tone, words = _verdict(row)
        top = Qt.AlignmentFlag.AlignTop
        grid.addWidget(Words("●", tone=tone), line, _DOT, top)
        grid.addWidget(Words(row.structure).wrapped(), line, _WORDS)
        verdict = Words(words, size_px=CAPTION_PX, tone="secondary").wrapped()
        grid.addWidget(verdict, line + 1, _WORDS)
        touched = f"P(touch at the first pass) {chance(row.touch_probability)}"
        grid.addWidget(Words(touched, size_px=CAPTION_PX, tone="secondary"), line + 2, _WORDS)
        jump = QToolButton()
        jump.setText("Show")
        jump.setToolTip(f"Show where {row.structure} comes nearest")
        jump.clicked.connect(lambda: self.jump_requested.emit(row.point_lps_mm))
        grid.addWidget(jump, line, _SHOW, 3, 1, Qt.AlignmentFlag.AlignVCenter)
        grid.setRowMinimumHeight(line + 3, STEP_PX)


def _verdict(row: NearestRow) -> tuple[Tone, str]:
    """Return how a distance stands to its margin, as colour and in words."""
    where = f"{tissue_mm(row.clearance_mm)} at {hand_mm(row.depth_mm)} depth"
    if row.clearance_mm <= 0.0:
        return "danger", f"HIT: the needle meets it at {hand_mm(row.depth_mm)} depth"
    spare = row.clearance_mm - row.margin_mm
    demanded = f"{round(row.margin_mm, 1):g}"
    if spare < 0.0:
        return "danger", f"TOO NEAR: {where}, {-spare:.1f} short of the demanded {demanded}"
    likely = (row.touch_probability or 0.0) > _TOUCHED_SELDOM
    tone: Tone = "caution" if likely else "good"
    stands = "MAY BE TOUCHED" if likely else "clear"
    if row.margin_mm <= 0.0:
        return tone, f"{stands}: {where}, no extra margin demanded"
    return tone, f"{stands}: {where}, {spare:.1f} beyond the demanded {demanded}"
