"""The numbers of one trajectory that steer the hand, the stop first; computes none of them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.views.nearest_list import NearestList
from app.views.palette import CAPTION_PX, FIGURE_PX, STEP_PX
from app.views.parts import RaisedFrame, Tone, Words, column, heading
from app.views.values import CardNumbers
from app.views.wording import UNKNOWN, hand_mm, head_words, side_words, tissue_mm, whole_deg

_TILES_PER_ROW = 2


class NumbersCard(QWidget):
    """The card of the selected trajectory.

    Signals
    -------
    jump_requested : Vec3
        Go to the point where a structure comes nearest (LPS mm).
    """

    jump_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = column(self)
        self._body = QWidget()
        self._layout.addWidget(self._body)
        self._layout.addStretch(1)
        self.set_numbers(None)

    def set_numbers(self, numbers: CardNumbers | None) -> None:
        """Show these numbers; None shows what to do to get some."""
        fresh = QWidget()
        layout = column(fresh)
        if numbers is None:
            layout.addWidget(heading("Trajectory"))
            layout.addWidget(
                Words("Select a trajectory to see its numbers.", tone="secondary").wrapped()
            )
        else:
            self._fill(layout, numbers)
        self._layout.replaceWidget(self._body, fresh)
        self._body.hide()
        self._body.deleteLater()
        self._body = fresh

    def _fill(self, layout: QVBoxLayout, numbers: CardNumbers) -> None:
        layout.addWidget(heading(numbers.title))
        layout.addWidget(_stop_tile(numbers))
        for text in numbers.violations:
            layout.addWidget(Words(f"✕ {text}", tone="danger", bold=True).wrapped())
        layout.addLayout(_tiles(numbers))
        if numbers.nearest:
            near = NearestList(numbers.nearest)
            near.jump_requested.connect(self.jump_requested)
            layout.addWidget(near)
        _add_lines(layout, "Warnings", numbers.warnings)
        _add_lines(layout, "Not checked", numbers.not_checked)


def _stop_tile(numbers: CardNumbers) -> QWidget:
    frame = RaisedFrame(accented=True)
    inside = column(frame, margin_steps=3, gap_steps=0)
    if numbers.stop_depth_mm is None or numbers.tip_depth_mm is None:
        inside.addWidget(Words(f"STOP {UNKNOWN}", size_px=FIGURE_PX, bold=True))
        return frame
    stop = f"STOP at {numbers.stop_depth_mm:.0f} mm,"
    inside.addWidget(Words(stop, size_px=FIGURE_PX, bold=True))
    then = f"then {numbers.then} to {numbers.tip_depth_mm:.0f} mm"
    inside.addWidget(Words(then, size_px=FIGURE_PX))
    if numbers.entry_slice:
        entry = f"entry on {numbers.entry_slice}"
        inside.addWidget(Words(entry, size_px=CAPTION_PX, tone="secondary").wrapped())
    return frame


def _tiles(numbers: CardNumbers) -> QGridLayout:
    tiles = [
        (whole_deg(numbers.axial_angle_deg), side_words(numbers.axial_angle_deg)),
        (whole_deg(numbers.craniocaudal_angle_deg), head_words(numbers.craniocaudal_angle_deg)),
        (tissue_mm(numbers.viable_mm), _viable_words(numbers)),
        (tissue_mm(numbers.bone_mm), _bone_words(numbers)),
    ]
    grid = QGridLayout()
    grid.setSpacing(2 * STEP_PX)
    for number, (figure, words) in enumerate(tiles):
        frame = RaisedFrame()
        inside = column(frame, margin_steps=3, gap_steps=0)
        inside.addWidget(Words(figure, size_px=FIGURE_PX, bold=True))
        inside.addWidget(Words(words, size_px=CAPTION_PX, tone="secondary").wrapped())
        inside.addStretch(1)
        grid.addWidget(frame, number // _TILES_PER_ROW, number % _TILES_PER_ROW)
    for side in range(_TILES_PER_ROW):
        grid.setColumnStretch(side, 1)
    return grid


def _viable_words(numbers: CardNumbers) -> str:
    words = "viable in the specimen"
    if numbers.specimen_mm is not None:
        words = f"viable of {tissue_mm(numbers.specimen_mm)} specimen"
    parts = [f"{name} {tissue_mm(length)}" for name, length in numbers.habitat_mm if length > 0.0]
    return "\n".join((words, *parts))


def _bone_words(numbers: CardNumbers) -> str:
    words = "of bone outside the tumour"
    if numbers.cortex_depth_mm is None:
        return words
    met = f"cortex at {hand_mm(numbers.cortex_depth_mm)}"
    if numbers.cortex_incidence_deg is not None:
        met += f", met at {whole_deg(numbers.cortex_incidence_deg)}"
    return f"{words}\n{met}"


def _add_lines(layout: QVBoxLayout, title: str, lines: tuple[str, ...]) -> None:
    tone: Tone = "caution"
    if lines:
        layout.addWidget(heading(title))
    for text in lines:
        layout.addWidget(Words(f"▲ {text}", tone=tone).wrapped())
