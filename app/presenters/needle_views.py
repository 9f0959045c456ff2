"""The views that follow the shown needle, and the depth one looks at along it; draws nothing."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QObject

from app.presenters.shown import shown_candidate
from app.rendering.needle_axes import (
    DEEPER_THAN_TIP_MM,
    NEEDLE_SIGHTS,
    NeedleSight,
    depth_of,
    needle_framing,
)
from app.session import Session
from app.view_state import ViewState
from app.views.depth_slider import DepthMarks, DepthSlider
from app.views.slice_view import SliceView
from planning.geometry import Vec3
from planning.model.case import Case
from planning.model.plan import Candidate

_STEP_MM = 1.0


class NeedleViewsPresenter(QObject):
    """Keeps needle's eye, both views along the needle and the slider on one needle and depth.

    The depth is the one that is pointed at. While none is, the views stay where they were; another
    selected trajectory is first looked at in the middle of its specimen.
    """

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        views: tuple[SliceView, SliceView, SliceView],
        slider: DepthSlider,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._views: dict[NeedleSight, SliceView] = dict(zip(NEEDLE_SIGHTS, views, strict=True))
        self._slider = slider
        self._depth_mm: float | None = None
        self._crosshair_stays = False
        session.opened.connect(self.start_anew)
        session.case_changed.connect(self.follow_case)
        view_state.selection_changed.connect(self.start_anew)
        view_state.draft_changed.connect(self.follow_draft)
        view_state.depth_changed.connect(self.follow_depth)
        slider.depth_chosen.connect(self.go_to_depth)
        for sight, view in self._views.items():
            view.depth_stepped.connect(self.step)
            if sight != "eye":
                view.crosshair_moved.connect(self.look_beside)
        self.show_needle()

    def start_anew(self) -> None:
        """Look at another needle, first at the middle of its specimen."""
        self._depth_mm = None
        self._state.point_at_depth(None)
        self.show_needle()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Follow the selected trajectory to where a change has put it."""
        if old is None or new.plan is not old.plan:
            self.show_needle()

    def follow_depth(self, depth_mm: float | None) -> None:
        """Take the views, and the crosshair with them, to the depth that is pointed at."""
        candidate = self._candidate()
        if depth_mm is None or candidate is None:
            return
        self._depth_mm = depth_mm
        self.show_needle()
        images, point = self._session.images, candidate.trajectory.at_depth_mm(depth_mm)
        inside = images is not None and bool(images.ct.grid.contains(point))
        if inside and not self._crosshair_stays:
            self._state.set_crosshair(point)

    def go_to_depth(self, depth_mm: float) -> None:
        """Point at a depth, as far as the views go."""
        candidate = self._candidate()
        if candidate is not None:
            self._state.point_at_depth(_within(candidate, depth_mm))

    def step(self, steps: int) -> None:
        """Go so many millimetres along the needle, positive toward the tip."""
        candidate = self._candidate()
        if candidate is not None:
            self.go_to_depth(round(self._looked_at(candidate)) + steps * _STEP_MM)

    def look_beside(self, point_lps_mm: Vec3) -> None:
        """Go to the depth at which a point lies beside the needle; the crosshair is there."""
        candidate = self._candidate()
        if candidate is None:
            return
        self._crosshair_stays = True
        try:
            self.go_to_depth(depth_of(candidate.trajectory, point_lps_mm))
        finally:
            self._crosshair_stays = False

    def show_needle(self) -> None:
        """Take views and slider to the shown needle; without one they say what to do."""
        candidate = self._candidate()
        if candidate is None:
            for view in self._views.values():
                view.set_framing(None)
            self._slider.set_marks(None)
            return
        depth = self._looked_at(candidate)
        for sight, view in self._views.items():
            view.set_framing(needle_framing(sight, candidate.trajectory, depth))
        self._slider.set_marks(_marks(candidate))
        self._slider.set_depth(depth)

    def follow_draft(self, draft: Candidate | None) -> None:
        """Follow the needle in the hand at once where the hand is; `frame` takes the others there.

        Whoever draws the needles has a turn for each view, so that the hand waits for one at most.
        """
        if draft is None:
            self.show_needle()
            return
        self._slider.set_marks(_marks(draft))
        self._slider.set_depth(self._looked_at(draft))
        for view in self._views.values():
            if view.hasFocus():
                self.frame(view)

    def frame(self, view: SliceView) -> None:
        """Take one view to the shown needle, if it is one that follows needles."""
        candidate = self._candidate()
        for sight, mine in self._views.items():
            if mine is view and candidate is not None:
                depth = self._looked_at(candidate)
                view.set_framing(needle_framing(sight, candidate.trajectory, depth))

    def _candidate(self) -> Candidate | None:
        return shown_candidate(self._session, self._state)

    def _looked_at(self, candidate: Candidate) -> float:
        if self._depth_mm is None:
            return float(np.mean(_marks(candidate).specimen_mm))
        return _within(candidate, self._depth_mm)


def _within(candidate: Candidate, depth_mm: float) -> float:
    deepest = candidate.trajectory.insertion_depth_mm + DEEPER_THAN_TIP_MM
    return min(max(0.0, depth_mm), deepest)


def _marks(candidate: Candidate) -> DepthMarks:
    path = candidate.trajectory
    first, last = (depth_of(path, end) for end in candidate.specimen_lps_mm)
    return DepthMarks(
        stop_mm=depth_of(path, candidate.stop_lps_mm),
        tip_mm=path.insertion_depth_mm,
        specimen_mm=(first, last),
        deepest_mm=path.insertion_depth_mm + DEEPER_THAN_TIP_MM,
    )
