"""The numbers of one trajectory that steer the hand, the stop first; computes none of them."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import QCoreApplication, QEvent, Signal
from PySide6.QtWidgets import QGridLayout, QWidget

from app.language import mark, tr
from app.views.card_parts import Lines, ShareBar, Tile, caption, put
from app.views.card_values import CardNumbers
from app.views.card_words import (
    chain_lines,
    depth_line,
    entry_line,
    planned_line,
    stop_lines,
    tiles,
    way_in,
)
from app.views.nearest_list import NearestList
from app.views.palette import CAPTION_PX, FIGURE_PX, STEP_PX
from app.views.parts import RaisedFrame, Words, column, heading
from app.views.plain_tip import plain_tip
from app.views.wording import UNKNOWN

_TILES_PER_ROW = 3
_EXPECTED_ON = mark("Expected lengths and chances: if masks and error model hold.")
_TILES: tuple[tuple[str, ...], ...] = (
    ("gravity_angle_deg", "axial_angle_deg"),
    ("sagittal_projection_angle_deg", "craniocaudal_angle_deg"),
    ("bone_traversal_mm", "cortex_depth_mm", "cortex_incidence_deg"),
    ("expected_viable_length_mm", "viable_length_mm"),
    ("viable_probability",),
    ("worst_case_clearance_mm", "touch_probability"),
)
"""The criteria each tile speaks of; their explanations are its tool tip."""


class NumbersCard(QWidget):
    """The card of the shown trajectory; keeps its widgets when numbers change.

    Signals
    -------
    jump_requested : Vec3
        Go to the point where a structure comes nearest (LPS mm).
    """

    jump_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._numbers: CardNumbers | None = None
        layout = column(self)
        self._title = heading(tr("Trajectory"))
        self._empty = Words(
            tr("Select a trajectory to see its numbers."), tone="secondary"
        ).wrapped()
        layout.addWidget(self._title)
        layout.addWidget(self._empty)
        self._body = QWidget()
        self._build(self._body)
        layout.addWidget(self._body)
        layout.addStretch(1)
        self._body.hide()

    def set_explanations(self, by_criterion: Mapping[str, str]) -> None:
        """Take what each criterion means, by its key, for the tool tips."""
        for tile, keys in zip(self._tiles, _TILES, strict=True):
            tile.setToolTip(plain_tip(_tip(by_criterion, keys)))
        self._stop.setToolTip(
            plain_tip(_tip(by_criterion, ("stop_depth_mm", "insertion_depth_mm")))
        )
        self._depths.setToolTip(
            plain_tip(_tip(by_criterion, ("cortex_depth_mm", "lesion_depth_mm")))
        )
        self._planned.setToolTip(
            plain_tip(_tip(by_criterion, ("viable_length_mm", "effective_habitats")))
        )
        self._chain.setToolTip(plain_tip(_tip(by_criterion, ("needle_reach_margin_mm",))))
        clearances = ("vessel_clearance_mm", "nerve_clearance_mm", "joint_clearance_mm")
        self._near.setToolTip(plain_tip(_tip(by_criterion, (*clearances, "organ_clearance_mm"))))

    def set_numbers(self, numbers: CardNumbers | None) -> None:
        """Show these numbers; None shows what to do to get some."""
        if numbers == self._numbers:
            return
        self._numbers = numbers
        known = numbers is not None
        if self._body.isHidden() is known:
            self._body.setVisible(known)
            self._empty.setVisible(not known)
        put(self._title, (numbers.title if numbers else tr("Trajectory")).upper())
        if numbers is not None:
            self._say(numbers)

    def show_now(self) -> None:
        """Lay out and paint what has changed, before anything else is done.

        Until `take_time` words keep their places for as long as they fit there, and the card
        asks for no width: a panel that grows makes every picture beside it anew.
        """
        self.setMinimumWidth(1)
        QCoreApplication.sendPostedEvents(None, QEvent.Type.LayoutRequest.value)
        self._stop.repaint()
        for words in self.findChildren(Words):
            words.hold_size()

    def take_time(self) -> None:
        """Lay out what changes from now on as soon as there is time."""
        self.setMinimumWidth(0)
        for words in self.findChildren(Words):
            words.let_size()

    def _build(self, body: QWidget) -> None:
        layout = column(body)
        self._core = Words(tone="accent").wrapped()
        self._stop = _StopTile()
        self._broken = Lines(tone="danger", bold=True)
        self._tiles = tuple(Tile() for _ in _TILES)
        self._near = NearestList()
        self._near.jump_requested.connect(self.jump_requested)
        self._shares = ShareBar()
        self._depths, self._planned = Words().wrapped(), Words().wrapped()
        self._viability = Words().wrapped()
        self._chain = Lines(tr("Needle"))
        self._way_in = Lines(tr("Way in"))
        self._warnings = Lines(tr("Warnings"), tone="caution")
        self._not_checked = Lines(tr("Not checked"), tone="caution")
        above: tuple[QWidget, ...] = (self._core, self._stop, self._broken)
        for widget in above:
            layout.addWidget(widget)
        layout.addLayout(_grid_of(self._tiles))
        below: tuple[QWidget, ...] = (
            caption(tr(_EXPECTED_ON)),
            self._depths,
            self._planned,
            self._near,
            self._shares,
            self._chain,
            self._way_in,
            heading(tr("Where viability comes from")),
            self._viability,
            self._warnings,
            self._not_checked,
        )
        for widget in below:
            layout.addWidget(widget)

    def _say(self, numbers: CardNumbers) -> None:
        core = tr("Core of the set: {core}", core=numbers.core) if numbers.core else ""
        put(self._core, core)
        self._stop.say(numbers)
        self._broken.say([f"✕ {text}" for text in numbers.violations])
        for tile, (figure, words) in zip(self._tiles, tiles(numbers), strict=True):
            tile.say(figure, words)
        put(self._depths, depth_line(numbers))
        put(self._planned, planned_line(numbers))
        self._near.set_rows(numbers.nearest)
        self._near.setVisible(bool(numbers.nearest))
        texts, tones = chain_lines(numbers.chain)
        self._chain.say(texts, tones)
        self._say_score(numbers)
        self._way_in.say(way_in(numbers))
        put(self._viability, numbers.viability or tr(UNKNOWN))
        self._warnings.say([f"▲ {text}" for text in numbers.warnings])
        self._not_checked.say([f"▲ {text}" for text in numbers.not_checked])

    def _say_score(self, numbers: CardNumbers) -> None:
        self._shares.setVisible(numbers.score is not None)
        if numbers.score is None:
            return
        title = tr("Why this score: {score}", score=f"{numbers.score:.2f}")
        lost = tr("what the missing {lost} was lost by", lost=f"{1.0 - numbers.score:.2f}")
        words = lost if numbers.shares else tr("nothing is lost by any wish")
        self._shares.say(title, words, numbers.shares)


class _StopTile(RaisedFrame):
    """Where the hand stops, what follows, and where the needle goes in."""

    def __init__(self) -> None:
        super().__init__(accented=True)
        inside = column(self, margin_steps=3, gap_steps=0)
        self._stop = Words(size_px=FIGURE_PX, bold=True)
        self._then = Words(size_px=FIGURE_PX)
        self._entry = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._grid = Words(size_px=CAPTION_PX).wrapped()
        for words in (self._stop, self._then, self._entry, self._grid):
            inside.addWidget(words)

    def say(self, numbers: CardNumbers) -> None:
        """Show one needle's depths and entry."""
        stop, then = stop_lines(numbers)
        put(self._stop, stop)
        put(self._then, then)
        put(self._entry, entry_line(numbers))
        put(self._grid, numbers.grid)


def _grid_of(tiles: tuple[Tile, ...]) -> QGridLayout:
    grid = QGridLayout()
    grid.setSpacing(STEP_PX)
    for number, tile in enumerate(tiles):
        grid.addWidget(tile, number // _TILES_PER_ROW, number % _TILES_PER_ROW)
    for side in range(_TILES_PER_ROW):
        grid.setColumnStretch(side, 1)
    return grid


def _tip(by_criterion: Mapping[str, str], keys: tuple[str, ...]) -> str:
    return "\n\n".join(by_criterion[key] for key in keys if key in by_criterion)
