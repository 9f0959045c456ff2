"""The open case's trajectories that were placed by hand: added, changed and removed as steps.

Each step carries the exact numbers of the paths it changed. Nothing here follows the hand.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.language import tr
from app.presenters.locking import why_locked
from app.presenters.understanding import UnderstandingPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.message_strip import MessageStrip
from planning.errors import TrephineError
from planning.model.case import OWN_PREFIX, OwnPath
from planning.model.needle import Trajectory

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

SHORTEST_MM = 1.0
"""No path is shorter than this."""


class OwnPaths(QObject):
    """The selected own path, and the steps that change own paths."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        understanding: UnderstandingPresenter,
        message: MessageStrip,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._understanding = understanding
        self._message = message
        self._last_number = 0
        session.opened.connect(self._forget)

    def why_not(self) -> str:
        """Return an empty string if own paths can be placed and moved now; otherwise why not."""
        return why_locked(self._session.case) or self._understanding.why_not()

    def ready(self) -> Anatomy | None:
        """Return what needles can be measured in; without it, say why not."""
        reason = self.why_not()
        if reason:
            self._message.show_caution(reason)
            return None
        return self._understanding.anatomy

    def selected(self) -> OwnPath | None:
        """Return the own path that is selected, if one is."""
        case = self._session.case
        paths = () if case is None else case.own_paths
        return next((path for path in paths if path.path_id == self._state.selected), None)

    def name(self) -> str:
        """Return the id of the path that the next `put` changes or makes."""
        own = self.selected()
        return own.path_id if own is not None else f"{OWN_PREFIX}{self._next_number()}"

    def put(self, wanted: Trajectory, text: str, merge_key: str = "") -> bool:
        """Give the selected own path this trajectory, or add one with it; tell whether it went."""
        case, anatomy = self._session.case, self._understanding.anatomy
        if case is None or anatomy is None:
            return False
        if not can_be(anatomy, wanted):
            self._message.show_caution(
                tr("There is no room for a needle there. Point at another place inside the CT.")
            )
            return False
        path = OwnPath(path_id=self.name(), trajectory=wanted)
        number = int(path.path_id.removeprefix(OWN_PREFIX))
        if not self._apply(text, _with_path(case.own_paths, path), merge_key):
            return False
        self._last_number = max(self._last_number, number)
        place = self._state.crosshair_lps_mm
        self._state.select(path.path_id)
        self._state.set_crosshair(place)  # the user points at something: the views stay there
        return True

    def add(self, wanted: Sequence[Trajectory], text: str) -> tuple[str, ...]:
        """Add paths in one step, select the first, and return their ids; none if it was refused."""
        case, first = self._session.case, self._next_number()
        if case is None or not wanted:
            return ()
        added = tuple(
            OwnPath(path_id=f"{OWN_PREFIX}{number}", trajectory=path)
            for number, path in enumerate(wanted, start=first)
        )
        if not self._apply(text, (*case.own_paths, *added)):
            return ()
        self._last_number = first + len(added) - 1
        self._state.select(added[0].path_id)
        return tuple(path.path_id for path in added)

    def remove(self, own: OwnPath) -> None:
        """Remove a path."""
        case = self._session.case
        if case is not None:
            left = tuple(path for path in case.own_paths if path.path_id != own.path_id)
            self._apply(tr("Delete {name}", name=own.path_id), left)

    def _next_number(self) -> int:
        """Return a number that no path of the case has, nor had while it was open."""
        case = self._session.case
        paths = () if case is None else case.own_paths
        used = (int(path.path_id.removeprefix(OWN_PREFIX)) for path in paths)
        return 1 + max((self._last_number, *used))

    def _apply(self, text: str, paths: tuple[OwnPath, ...], merge_key: str = "") -> bool:
        """Make these the case's own paths, measured, as a step; tell whether it was allowed."""
        from planning.trajectories.own import own_of, with_own

        case, anatomy = self._session.case, self._understanding.anatomy
        plan = None if case is None else case.plan
        if case is None:
            return False
        if anatomy is not None:
            plan = with_own(plan, anatomy, paths, own_of(plan))
        elif plan is not None:  # only a removal gets here: nothing is left to be measured
            kept = {path.path_id for path in paths}
            gone = {c.candidate_id for c in own_of(plan)} - kept
            left = tuple(c for c in plan.candidates if c.candidate_id not in gone)
            plan = replace(plan, candidates=left) if left or plan.evaluated else None
        try:
            return self._session.apply(text, replace(case, own_paths=paths, plan=plan), merge_key)
        except TrephineError as error:
            self._message.show_error(tr_core(str(error)))
            return False

    def _forget(self) -> None:
        self._last_number = 0


def can_be(anatomy: Anatomy, wanted: Trajectory) -> bool:
    """Tell whether a path lies inside the CT and is long enough to be one."""
    return wanted.insertion_depth_mm >= SHORTEST_MM and wanted.lies_in(anatomy.ct.grid)


def _with_path(paths: tuple[OwnPath, ...], path: OwnPath) -> tuple[OwnPath, ...]:
    """Return the paths with one in the place of that of its id, or added."""
    if all(other.path_id != path.path_id for other in paths):
        return (*paths, path)
    return tuple(path if other.path_id == path.path_id else other for other in paths)
