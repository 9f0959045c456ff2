"""What every point of the skin is worth as an entry for the shown needle's tip; draws nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal

from app.jobs import LatestJob
from app.language import tr
from app.presenters.broken_limits import constraint_text
from app.presenters.shown import shown_candidate
from app.rendering.colour_maps import VIRIDIS, steps_of
from app.rendering.heat_sheet import HeatSheet, heat_sheet
from app.rendering.surfaces import Surface
from app.session import Session
from app.view_state import Shown, ViewState
from app.views.skin_heat import NO_ENTRY, REJECTED, SkinHeat
from planning.geometry import Float64Array, Vec3
from planning.image import Volume

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy
    from planning.trajectories.live import LiveMap

SKIN_KEY = "derived:skin"
"""The skin's surface among the structures, which the coloured sheet takes the place of."""

_WAIT_MS, _HAND_EVERY_MS = 30, 100
_SCORED_ALPHA, _REJECTED_ALPHA, _BARRED_ALPHA = 225, 60, 40
_NO_SKIN = "field_of_view"


class HeatTarget(Protocol):
    """Whoever shows the map."""

    def set_heat(self, heat: SkinHeat | None) -> None:
        """Take these colours; None for none."""

    def update(self) -> None:
        """Show what was taken."""


class SheetTarget(HeatTarget, Protocol):
    """Who shows the map on a surface."""

    def set_sheet(self, sheet: HeatSheet | None, in_place_of: str) -> None:
        """Colour this sheet from now on."""


class HeatMapPresenter(QObject):
    """Colours the skin for the tip of the needle in the hand, else of the selected one.

    Signals
    -------
    entry_requested : Vec3
        The user chose a point of the skin (LPS mm) as the entry.
    can_show_changed : str
        Why there is no map, in words; empty when there can be one.
    follows_hand
        The targets have a map for the needle in the hand: whoever draws is to draw it.
    """

    entry_requested = Signal(object)
    can_show_changed = Signal(str)
    follows_hand = Signal()

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        targets: Sequence[HeatTarget],
        scene: SheetTarget,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._targets = (*targets, scene)
        self._scene = scene
        self._built: tuple[Volume, Surface] | None = None
        self._asked_for: tuple[Volume, Float64Array] | None = None
        self._is_shown = False
        self._measured: tuple[Anatomy, Vec3] | None = None  # for the needle in the hand
        self._since_measured = QElapsedTimer()
        self._reason: str | None = None  # not said yet
        # A drag tells of every step: the map follows a little later, and not each of them.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.show_map)
        self.job = LatestJob(self)
        self.job.finished.connect(self._take_sheet)
        self.measuring = LatestJob(self)
        self.measuring.finished.connect(self._take_map)
        session.anatomy_changed.connect(self.refresh)
        session.case_changed.connect(self.refresh)
        view_state.selection_changed.connect(self.refresh)
        view_state.draft_changed.connect(self.refresh)
        view_state.shown_changed.connect(self.follow_shown)

    @property
    def is_settled(self) -> bool:
        """Whether the targets have the map for what is shown now."""
        return not self._timer.isActive() and not self.measuring.is_running

    def toggle(self) -> None:
        """Show the map, or hide it."""
        shown = self._state.shown
        self._state.set_shown(replace(shown, heat_map=not shown.heat_map))

    def follow_shown(self, shown: Shown) -> None:
        """Show or hide the map."""
        if shown.heat_map != self._is_shown:
            self.refresh()

    def refresh(self) -> None:
        """Show the map anew soon."""
        if not self._timer.isActive():
            self._timer.start(_WAIT_MS)

    def why_not(self) -> str:
        """Say why there can be no map now; empty when there can."""
        if self._session.case is None:
            return tr("Open a case first.")
        anatomy = self._session.anatomy
        if anatomy is None:
            return tr("Plan first: the skin is only known from then on.")
        if anatomy.fields is None:
            return tr("Without a tumour no entry has a score: give a structure that role.")
        if shown_candidate(self._session, self._state) is None:
            return tr("Select a trajectory first: the map is for its tip.")
        return ""

    def show_map(self) -> None:
        """Show the map for the tip that is shown now, if it is wanted and possible."""
        self._timer.stop()
        reason = self.why_not()
        if reason != self._reason:
            self._reason = reason
            self.can_show_changed.emit(reason)
        self._is_shown = self._state.shown.heat_map
        anatomy = self._session.anatomy
        shown = shown_candidate(self._session, self._state)
        if reason or not self._is_shown or anatomy is None or shown is None:
            self._measured = None
            for target in self._targets:
                target.set_heat(None)
                target.update()
            return
        points, tip = self._points_of(anatomy), shown.trajectory.tip_lps_mm
        if self._state.draft is None:
            self._measured = None
            self.measuring.cancel()
            heat = skin_heat(anatomy, points, tip)
            for target in self._targets:
                target.set_heat(heat)
                target.update()
        elif not self.measuring.is_running and self._measured != (anatomy, tip):
            early_ms = _HAND_EVERY_MS - self._since_measured.elapsed()
            if self._since_measured.isValid() and early_ms > 0:
                self._timer.start(early_ms)
                return
            self._since_measured.start()
            self._measured = (anatomy, tip)
            self.measuring.start("", lambda _: _beside_the_hand(anatomy, points, tip))

    def _take_map(self, heat: SkinHeat) -> None:
        """Show the map of the needle in the hand, and measure where the hand has gone since."""
        if self._state.draft is None or heat.points_lps_mm is not self._points_now():
            return
        for target in self._targets:
            target.set_heat(heat)
        self.follows_hand.emit()
        self.show_map()

    def _points_now(self) -> Float64Array | None:
        return None if self._asked_for is None else self._asked_for[1]

    def _points_of(self, anatomy: Anatomy) -> Float64Array:
        """Return the skin's points, the same array as before where they are the same.

        Building the surface that takes the colours in 3-D is begun where they are not.
        """
        ct, points = anatomy.ct, anatomy.skin.points_lps_mm
        if self._asked_for is not None:
            of, before = self._asked_for
            if of is ct and np.array_equal(before, points):
                return before
        self._asked_for = (ct, points)
        # The body follows from the CT alone: its surface outlives an anatomy.
        same = self._built is not None and self._built[0] is ct
        body, surface = anatomy.body, self._built[1] if self._built is not None and same else None
        self.job.start(tr("Building the skin"), lambda _: heat_sheet(body, points, surface))
        return points

    def _take_sheet(self, sheet: HeatSheet | None) -> None:
        if sheet is not None and self._asked_for is not None:
            self._built = (self._asked_for[0], sheet.whole)
        self._scene.set_sheet(sheet, SKIN_KEY)
        self.show_map()


def _beside_the_hand(anatomy: Anatomy, points_lps_mm: Float64Array, tip_lps_mm: Vec3) -> SkinHeat:
    from planning.trajectories.many_or_one import leave_a_processor

    leave_a_processor()
    return skin_heat(anatomy, points_lps_mm, tip_lps_mm)


def skin_heat(anatomy: Anatomy, points_lps_mm: Float64Array, tip_lps_mm: Vec3) -> SkinHeat:
    """Return the skin's points coloured for one tip; the anatomy has to have packed fields."""
    from planning.trajectories.live import skin_map

    assert anatomy.fields is not None, "asked only where a needle can be measured"
    found = skin_map(anatomy, anatomy.fields, tip_lps_mm)
    low, high = score_range(found)
    return SkinHeat(
        points_lps_mm=points_lps_mm,
        normals_lps=anatomy.skin.normals_lps,
        spacing_mm=anatomy.protocol.search.entry_spacing_mm,
        colours_rgba=_colours(found, low, high),
        scores=found.scores,
        reason=found.reason,
        reasons=tuple(_reason_words(anatomy, key) for key in found.reasons),
        low=low,
        high=high,
    )


def score_range(found: LiveMap) -> tuple[float, float]:
    """Return the scores that the colours span, in whole tenths: they hold still in a drag."""
    scores = found.scores[np.isfinite(found.scores)]
    if len(scores) == 0:
        return 0.0, 1.0
    low = np.floor(10.0 * float(scores.min()) + 1e-9) / 10.0
    high = np.ceil(10.0 * float(scores.max()) - 1e-9) / 10.0
    return float(low), float(max(high, low + 0.1))


def _colours(found: LiveMap, low: float, high: float) -> np.ndarray:
    """Return the colour of each point of the skin, shape (n, 4)."""
    from planning.trajectories.live import BARRED

    barred = np.array([key in BARRED for key in found.reasons] + [False])
    no_skin = np.array([key == _NO_SKIN for key in found.reasons] + [False])
    scored = found.reason < 0
    colours = np.empty((len(found.scores), 4), dtype=np.uint8)
    colours[:] = (*_rgb(REJECTED), _REJECTED_ALPHA)
    colours[barred[found.reason]] = (*_rgb(NO_ENTRY), _BARRED_ALPHA)
    colours[no_skin[found.reason], 3] = 0
    colours[scored, :3] = VIRIDIS[steps_of(found.scores[scored], low, high)]
    colours[scored, 3] = _SCORED_ALPHA
    return colours


def _reason_words(anatomy: Anatomy, key: str) -> str:
    return constraint_text(anatomy.protocol, key)


def _rgb(colour: str) -> tuple[int, int, int]:
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
