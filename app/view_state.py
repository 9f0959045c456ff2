"""How the case is being looked at; none of it is part of the case or can be undone."""

from __future__ import annotations

from dataclasses import dataclass, replace

from PySide6.QtCore import QObject, Signal

from planning.geometry import Vec3
from planning.model.plan import Candidate

_START_WINDOW_HU = (60.0, 500.0)


@dataclass(frozen=True, slots=True)
class Style:
    """How one structure is drawn: colour as ``#rrggbb``, opacity 0 to 1."""

    colour: str
    opacity: float = 1.0
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What is drawn over the pictures, the same in every view.

    Parameters
    ----------
    labels, ghosts, envelope, heat_map : bool
        Words beside needles and structures; the other candidates; the band in which 95 % of the
        needles end up; what each point of the skin is worth as an entry.
    fills : bool
        Masks filled; otherwise only outlined.
    second_image : str
        Path of the PET or MR that is laid over the CT; empty for none.
    blend : float
        How much of it is seen, 0 to 1.
    control : str
        Which CT the slices show where a control CT is at hand: ``planning``, ``control`` or
        ``blend``.
    """

    labels: bool = True
    ghosts: bool = True
    envelope: bool = True
    heat_map: bool = False
    fills: bool = True
    second_image: str = ""
    blend: float = 0.5
    control: str = "control"


class ViewState(QObject):
    """Crosshair, grey scale, selected candidate and the structures' looks.

    Signals
    -------
    crosshair_changed : Vec3
    window_changed : float, float
        Level and width in HU.
    selection_changed : str
        Id of the selected candidate; empty for none.
    styles_changed
    shown_changed : Shown
    draft_changed : Candidate or None
        The needle in the user's hand, measured as it moves; None when it is let go.
    pinned_changed : str
        Id of the candidate that others are compared with; empty for none.
    together_changed : bool
        Whether the cores of the set are looked at together, and no other candidates.
    reviewed_changed
        Other planned needles are drawn as those that executed ones are compared with.
    depth_changed : float or None
        A depth along the selected needle (mm from the entry) that is being pointed at.
    """

    crosshair_changed = Signal(object)
    window_changed = Signal(float, float)
    selection_changed = Signal(str)
    pinned_changed = Signal(str)
    together_changed = Signal(bool)
    reviewed_changed = Signal()
    styles_changed = Signal()
    shown_changed = Signal(object)
    draft_changed = Signal(object)
    depth_changed = Signal(object)

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._crosshair: Vec3 = (0.0, 0.0, 0.0)
        self._window_hu = _START_WINDOW_HU
        self._selected = ""
        self._pinned = ""
        self._set_together = False
        self._reviewed: tuple[str, ...] = ()
        self._styles: dict[str, Style] = {}
        self._shown = Shown()
        self._draft: Candidate | None = None
        self._depth_mm: float | None = None

    @property
    def crosshair_lps_mm(self) -> Vec3:
        """The common point of the slice views."""
        return self._crosshair

    @property
    def window_hu(self) -> tuple[float, float]:
        """Level and width of the grey scale."""
        return self._window_hu

    @property
    def selected(self) -> str:
        """Id of the selected candidate; empty for none."""
        return self._selected

    @property
    def pinned(self) -> str:
        """Id of the candidate that others are compared with; empty for none."""
        return self._pinned

    @property
    def shown(self) -> Shown:
        """What is drawn over the pictures."""
        return self._shown

    @property
    def draft(self) -> Candidate | None:
        """The needle in the user's hand, under the id it will have; None while none is."""
        return self._draft

    @property
    def depth_mm(self) -> float | None:
        """The depth along the selected needle that is being pointed at."""
        return self._depth_mm

    def set_shown(self, shown: Shown) -> None:
        """Draw other things over the pictures."""
        if shown != self._shown:
            self._shown = shown
            self.shown_changed.emit(shown)

    def set_draft(self, draft: Candidate | None) -> None:
        """Show the needle in the user's hand in place of the selected one, or let it go."""
        if draft is not self._draft:
            self._draft = draft
            self.draft_changed.emit(draft)

    def point_at_depth(self, depth_mm: float | None) -> None:
        """Point at a depth along the selected needle; None points nowhere."""
        if depth_mm != self._depth_mm:
            self._depth_mm = depth_mm
            self.depth_changed.emit(depth_mm)

    def set_crosshair(self, point_lps_mm: Vec3) -> None:
        """Move the common point."""
        if point_lps_mm != self._crosshair:
            self._crosshair = point_lps_mm
            self.crosshair_changed.emit(point_lps_mm)

    def set_window(self, level_hu: float, width_hu: float) -> None:
        """Set the grey scale."""
        if (level_hu, width_hu) != self._window_hu:
            self._window_hu = (level_hu, width_hu)
            self.window_changed.emit(level_hu, width_hu)

    def select(self, candidate_id: str) -> None:
        """Select a candidate; empty selects none."""
        if candidate_id != self._selected:
            self._selected = candidate_id
            self.selection_changed.emit(candidate_id)

    def pin(self, candidate_id: str) -> None:
        """Compare others with a candidate from now on; empty compares with none."""
        if candidate_id != self._pinned:
            self._pinned = candidate_id
            self.pinned_changed.emit(candidate_id)

    @property
    def set_together(self) -> bool:
        """Whether the cores of the set are looked at together."""
        return self._set_together

    def show_set(self, *, together: bool) -> None:
        """Look at the cores of the set together, or at all candidates."""
        if together != self._set_together:
            self._set_together = together
            self.together_changed.emit(together)

    @property
    def reviewed(self) -> tuple[str, ...]:
        """Ids of the cores that executed needles are compared with; no others are drawn then."""
        return self._reviewed

    def set_reviewed(self, candidate_ids: tuple[str, ...]) -> None:
        """Draw these planned needles alone, to be compared with executed ones; none: all again."""
        if candidate_ids != self._reviewed:
            self._reviewed = candidate_ids
            self.reviewed_changed.emit()

    def style(self, key: str) -> Style | None:
        """Return how a structure looks, or None if nobody said yet."""
        return self._styles.get(key)

    def set_styles(self, styles: dict[str, Style]) -> None:
        """Replace all looks."""
        self._styles = dict(styles)
        self.styles_changed.emit()

    def set_colour(self, key: str, colour: str) -> None:
        """Recolour one structure."""
        self._restyle(key, replace(self._styles[key], colour=colour))

    def set_opacity(self, key: str, opacity: float) -> None:
        """Make one structure more or less transparent."""
        self._restyle(key, replace(self._styles[key], opacity=opacity))

    def set_visible(self, key: str, *, visible: bool) -> None:
        """Show or hide one structure."""
        self._restyle(key, replace(self._styles[key], visible=visible))

    def _restyle(self, key: str, style: Style) -> None:
        if style != self._styles[key]:
            self._styles[key] = style
            self.styles_changed.emit()
