"""Trajectories placed, pulled and nudged by hand; ranks nothing and derives no anatomy.

A planned trajectory never changes: a hand that takes hold of one works on a copy. One movement, or
a row of nudges, is one step that can be undone.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.language import tr
from app.presenters.broken_limits import broken_words
from app.presenters.locking import why_locked
from app.presenters.own_paths import SHORTEST_MM, OwnPaths, can_be
from app.presenters.shown import selected_candidate
from app.presenters.turns import Turns
from app.presenters.understanding import UnderstandingPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.handles import End, Handles
from app.views.message_strip import MessageStrip
from planning.geometry import Vec3, vec3
from planning.model.case import OwnPath
from planning.model.needle import Trajectory

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_NUDGES_SETTLE_MS = 350


class HandPresenter(QObject):
    """Places own paths, and moves the one that is being edited.

    Signals
    -------
    handles_changed : Handles or None
        What the hand may pull: the ends of the path that is being edited.
    reached
        A hand is about to take what it may pull.
    editing_changed : bool
    changed
        What can be done, or what is selected, has changed.
    said : str, str
        What came of placing or moving a needle, empty for nothing to say; and its tone.
    """

    handles_changed = Signal(object)
    reached = Signal()
    editing_changed = Signal(bool)
    changed = Signal()
    said = Signal(str, str)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        understanding: UnderstandingPresenter,
        message: MessageStrip,
        parent: QObject | None = None,
        *,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._turns = turns or Turns(parent=self)
        self._understanding = understanding
        self.paths = OwnPaths(session, view_state, understanding, message, self)
        self._editing = False
        self._chosen = End.TIP
        self._held: Trajectory | None = None
        self._pulling = False
        self._step = ""  # what the menu calls the movement in the hand
        self._nudges = QTimer(self)
        self._nudges.setSingleShot(True)
        self._nudges.setInterval(_NUDGES_SETTLE_MS)
        self._nudges.timeout.connect(self.let_go)
        session.opened.connect(self._lock)
        session.case_changed.connect(self._follow)
        view_state.selection_changed.connect(self._follow_selection)
        understanding.changed.connect(self.changed)

    @property
    def is_editing(self) -> bool:
        """Tell whether an own path can be moved."""
        return self._editing

    @property
    def is_moving(self) -> bool:
        """Tell whether a path is in the hand."""
        return self._held is not None

    @property
    def edited(self) -> OwnPath | None:
        """The own path that is selected."""
        return self.paths.selected()

    def why_not_place(self) -> str:
        """Return an empty string if ends can be placed and moved; otherwise why not."""
        return self.paths.why_not()

    def why_not_delete(self) -> str:
        """Return an empty string if the selected path can be deleted; otherwise why not."""
        if self.paths.selected() is None:
            return tr("Select a trajectory that was placed by hand.")
        return why_locked(self._session.case)

    def place_entry(self, point_lps_mm: Vec3 | None = None) -> None:
        """Put the entry onto the skin at a point, by default the crosshair."""
        from planning.trajectories.hand_start import from_entry
        from planning.trajectories.skin_snap import on_skin_along

        anatomy, base = self.paths.ready(), self._base()
        if anatomy is None:
            return
        point = point_lps_mm or self._state.crosshair_lps_mm
        if base is None:
            wanted = from_entry(anatomy, point)
        else:
            entry = on_skin_along(anatomy, point, base.tip_lps_mm)
            wanted = Trajectory(entry, base.tip_lps_mm)
        self._put(wanted, End.ENTRY, tr("Place entry of {name}", name=self.paths.name()))

    def place_tip(self, point_lps_mm: Vec3 | None = None) -> None:
        """Put the tip at a point, by default the crosshair."""
        from planning.trajectories.hand_start import from_tip

        anatomy, base = self.paths.ready(), self._base()
        if anatomy is None:
            return
        point = point_lps_mm or self._state.crosshair_lps_mm
        wanted = from_tip(anatomy, point) if base is None else Trajectory(base.entry_lps_mm, point)
        self._put(wanted, End.TIP, tr("Place tip of {name}", name=self.paths.name()))

    def set_depth(self, depth_mm: float) -> None:
        """Put the tip so deep along the needle that is shown."""
        base = self._base()
        if base is not None and self.paths.ready() is not None:
            tip = base.at_depth_mm(max(SHORTEST_MM, depth_mm))
            text = tr("Set depth of {name}", name=self.paths.name())
            self._put(Trajectory(base.entry_lps_mm, tip), End.TIP, text)

    def set_editing(self, *, on: bool) -> None:
        """Unlock the selected path; a planned one is copied, without one a path is begun."""
        self.let_go()
        if on and (self.paths.ready() is None or not self._have_own()):
            self.editing_changed.emit(False)  # noqa: FBT003 (a button that was pressed comes up)
        else:
            self._set_editing(on=on)

    def delete(self) -> None:
        """Remove the selected own path."""
        own = self.paths.selected()
        if own is not None:
            self._lock()
            self.paths.remove(own)

    def grasp(self, end: End) -> None:
        """Take an end of the edited path into the hand."""
        self.let_go()
        own = self.paths.selected()
        if self._editing and own is not None and self.paths.ready() is not None:
            self._chosen = end
            self._held, self._pulling = own.trajectory, True
            self._step = _move_words(end, own)
            self._show_handles()

    def pull(self, point_lps_mm: Vec3, *, free: bool = False) -> None:
        """Move the end in the hand to a point; an entry slides over the skin unless `free`."""
        self._turns.hear_hand()
        anatomy = self._understanding.anatomy
        if self._pulling and self._held is not None and anatomy is not None:
            self._hold(anatomy, self._moved(anatomy, self._held, point_lps_mm, free=free))

    def pull_along(self, near_lps_mm: Vec3, far_lps_mm: Vec3) -> None:
        """Move the entry to the first skin that is seen along a look."""
        from planning.trajectories.skin_snap import on_skin_seen

        self._turns.hear_hand()
        anatomy = self._understanding.anatomy
        if not self._pulling or self._held is None or anatomy is None:
            return
        entry = on_skin_seen(anatomy, near_lps_mm, far_lps_mm)
        if entry is not None:
            self._hold(anatomy, Trajectory(entry, self._held.tip_lps_mm))

    def let_go(self) -> None:
        """Make where the hand is a step, measured exactly."""
        own, held = self.paths.selected(), self._held
        merge_key = "" if self._pulling else f"nudge: {self._step}"
        self._nudges.stop()
        self._held, self._pulling = None, False
        moved = own is not None and held is not None and held != own.trajectory
        if moved and held is not None and self.paths.put(held, self._step, merge_key):
            self._say_broken()
        self.abandon()

    def abandon(self) -> None:
        """Have nothing in the hand; what it has moved lies where it lay before."""
        self._nudges.stop()
        self._held, self._pulling = None, False
        self._state.set_draft(None)
        self._show_handles()

    def nudge(self, by_lps_mm: Vec3) -> None:
        """Move the chosen end by a little; nudges in a row are one step."""
        self._turns.hear_hand()
        held, anatomy = self._nudged(), self._understanding.anatomy
        if held is not None and anatomy is not None:
            at = held.entry_lps_mm if self._chosen is End.ENTRY else held.tip_lps_mm
            point = vec3(np.add(at, by_lps_mm))
            self._hold(anatomy, self._moved(anatomy, held, point, free=False))
            self._nudges.start()

    def deepen(self, by_mm: float) -> None:
        """Move the tip along the needle."""
        self._turns.hear_hand()
        self.choose_end(End.TIP)
        held, anatomy = self._nudged(), self._understanding.anatomy
        if held is not None and anatomy is not None:
            depth_mm = max(SHORTEST_MM, held.insertion_depth_mm + by_mm)
            self._hold(anatomy, Trajectory(held.entry_lps_mm, held.at_depth_mm(depth_mm)))
            self._nudges.start()

    def choose_end(self, end: End) -> None:
        """Let keys move this end."""
        if end is not self._chosen and not self._pulling:
            self.let_go()
            self._chosen = end
            self._show_handles()

    def _have_own(self) -> bool:
        """Make sure that an own path is selected: a copy of what is planned, or a first one."""
        from planning.trajectories.hand_start import from_tip

        anatomy, name = self._understanding.anatomy, self.paths.name()
        if self.paths.selected() is not None:
            return True
        planned = selected_candidate(self._session, self._state)
        if planned is not None:
            text = tr("Copy trajectory {number} as {name}", number=planned.rank, name=name)
            return self._put(planned.trajectory, self._chosen, text)
        if anatomy is None:
            return False
        start = from_tip(anatomy, self._state.crosshair_lps_mm)
        return self._put(start, End.TIP, tr("Place {name}", name=name))

    def _nudged(self) -> Trajectory | None:
        """Return the path that a key moves: where it is in the hand, else where it lies."""
        own = self.paths.selected()
        if not self._editing or own is None or self._pulling or self.paths.ready() is None:
            return None
        self._step = _move_words(self._chosen, own)
        return self._held or own.trajectory

    def _moved(
        self, anatomy: Anatomy, held: Trajectory, point_lps_mm: Vec3, *, free: bool
    ) -> Trajectory:
        from planning.trajectories.skin_snap import on_skin_along

        if self._chosen is End.TIP:
            return Trajectory(held.entry_lps_mm, point_lps_mm)
        entry = point_lps_mm if free else on_skin_along(anatomy, point_lps_mm, held.tip_lps_mm)
        return Trajectory(entry, held.tip_lps_mm)

    def _hold(self, anatomy: Anatomy, wanted: Trajectory) -> None:
        """Show the path in the hand with its numbers, unless it cannot be one."""
        from planning.trajectories.live_candidate import live_candidate

        own = self.paths.selected()
        if own is not None and can_be(anatomy, wanted):
            self._held = wanted
            self._show_handles()
            self._state.set_draft(live_candidate(anatomy, wanted, own.path_id))

    def _base(self) -> Trajectory | None:
        """Return the path that a placed end belongs to, nudges that are under way included."""
        self.let_go()
        own, chosen = self.paths.selected(), selected_candidate(self._session, self._state)
        if own is not None:
            return own.trajectory
        return None if chosen is None else chosen.trajectory

    def _put(self, wanted: Trajectory, end: End, text: str) -> bool:
        """Make a placed path the selected own one; keys then move the end that was placed."""
        if not self.paths.put(wanted, text):
            return False
        self._chosen = end
        self._show_handles()
        self._say_broken()
        return True

    def _say_broken(self) -> None:
        """Say at once which limits the path breaks that was just put somewhere: it stays there."""
        chosen, anatomy = (
            selected_candidate(self._session, self._state),
            self._understanding.anatomy,
        )
        if chosen is None or anatomy is None or not chosen.violations:
            self.said.emit("", "secondary")
            return
        name, what = chosen.candidate_id, broken_words(chosen, anatomy.protocol)
        said = tr("{name} breaks a limit: {what}. Ctrl+Z takes it back.", name=name, what=what)
        self.said.emit(said, "danger")

    def _set_editing(self, *, on: bool) -> None:
        changed, self._editing = on != self._editing, on
        self._show_handles()
        if changed:
            self.editing_changed.emit(on)

    def _show_handles(self) -> None:
        own = self.paths.selected()
        if not self._editing or own is None:
            self.handles_changed.emit(None)
            return
        path = self._held or own.trajectory
        entry, tip = path.entry_lps_mm, path.tip_lps_mm
        self.handles_changed.emit(Handles(entry_lps_mm=entry, tip_lps_mm=tip, chosen=self._chosen))

    def _lock(self) -> None:
        self.abandon()
        self._set_editing(on=False)

    def _follow(self) -> None:
        """Follow an undo, or whatever else has changed the case."""
        if self._held is not None:
            self.abandon()
        if self._editing and (self.paths.selected() is None or why_locked(self._session.case)):
            self._lock()
        self._show_handles()
        self.changed.emit()

    def _follow_selection(self) -> None:
        """Lock what was edited once something else is selected."""
        self._lock()
        self.changed.emit()


def _move_words(end: End, own: OwnPath) -> str:
    if end is End.ENTRY:
        return tr("Move entry of {name}", name=own.path_id)
    return tr("Move tip of {name}", name=own.path_id)
