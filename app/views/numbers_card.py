"""The numbers of one trajectory that steer the hand, the stop first; computes none of them."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from app.views.nearest_list import NearestList
from app.views.palette import CAPTION_PX, FIGURE_PX, STEP_PX
from app.views.parts import RaisedFrame, Tone, Words, column, heading
from app.views.values import CardNumbers
from app.views.wording import (
    UNKNOWN,
    chance,
    hand_mm,
    head_words,
    side_words,
    tissue_mm,
    whole_deg,
)

_TILES_PER_ROW = 2
_EXPECTED_ON = "Expected lengths and chances hold if masks and error model hold."


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
        if numbers.core:
            layout.addWidget(Words(f"Core of the set: {numbers.core}", tone="accent").wrapped())
        layout.addWidget(_stop_tile(numbers))
        for text in numbers.violations:
            layout.addWidget(Words(f"✕ {text}", tone="danger", bold=True).wrapped())
        layout.addLayout(_tiles(numbers))
        layout.addWidget(_caption(_EXPECTED_ON))
        _add_words(layout, "Way in", _way_in(numbers))
        if numbers.nearest:
            near = NearestList(numbers.nearest)
            near.jump_requested.connect(self.jump_requested)
            layout.addWidget(near)
        _add_words(layout, "Where viability comes from", (numbers.viability or UNKNOWN,))
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
        (tissue_mm(numbers.expected_mm), _expected_words(numbers)),
        (f"P {chance(numbers.probability)}", _enough_words(numbers)),
        (tissue_mm(numbers.bone_mm), _bone_words(numbers)),
        (tissue_mm(numbers.worst_case_mm), _worst_words(numbers)),
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


def _expected_words(numbers: CardNumbers) -> str:
    """Say what the specimen is expected to hold, and what it holds if all goes as planned."""
    words = "viable tumour expected"
    if numbers.specimen_mm is not None:
        words = f"expected viable\nof {tissue_mm(numbers.specimen_mm)} specimen"
    planned = f"as planned {tissue_mm(numbers.viable_mm)}"
    parts = [f"{name} {tissue_mm(length)}" for name, length in numbers.habitat_mm if length > 0.0]
    return "\n".join((words, planned, *parts))


def _enough_words(numbers: CardNumbers) -> str:
    if numbers.enough_mm is None:
        return "for enough viable tumour"
    return f"for at least {round(numbers.enough_mm, 1):g} mm viable"


def _worst_words(numbers: CardNumbers) -> str:
    """Say what a clearance at 95 % means; a negative one is a needle that meets something."""
    if numbers.worst_case_mm is not None and numbers.worst_case_mm <= 0.0:
        words = "WORST CASE at 95 %: may meet a vessel, nerve or organ"
    else:
        words = "worst case at 95 %, to vessels, nerves, organs"
    return f"{words}\nP(touch any) {chance(numbers.touch_probability)}"


def _way_in(numbers: CardNumbers) -> tuple[str, ...]:
    """Say what bone and which soft tissues a needle goes through."""
    bone = f"{numbers.bone[:1].upper()}{numbers.bone[1:]}"
    if numbers.crossed is None:
        return (bone, f"Muscles crossed: {UNKNOWN}, no mask names any")
    crossed = ", ".join(f"{name} {tissue_mm(length)}" for name, length in numbers.crossed)
    return (bone, f"Crosses {crossed}" if crossed else "Crosses no muscle that has a mask")


def _bone_words(numbers: CardNumbers) -> str:
    words = "of bone to drill, outside the tumour"
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


def _add_words(layout: QVBoxLayout, title: str, lines: tuple[str, ...]) -> None:
    layout.addWidget(heading(title))
    for text in lines:
        if text:
            layout.addWidget(Words(text).wrapped())


def _caption(text: str) -> Words:
    return Words(text, size_px=CAPTION_PX, tone="secondary").wrapped()
