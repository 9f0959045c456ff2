"""The chart along the shown needle: fills it, and points at depths; measures nothing itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_name
from app.language import tr
from app.presenters.numbers import spoken
from app.presenters.shown import plan_of, shown_candidate, title_of
from app.presenters.turns import Turns
from app.session import Session
from app.view_state import ViewState
from app.views.palette import BONE_COLOUR, NECROSIS_COLOUR
from app.views.profile_chart import ProfileChart
from app.views.profile_values import ProfileShown, TissueBand
from planning.geometry import Vec3
from planning.model.case import OWN_PREFIX, Case, Role
from planning.model.colours import GREY
from planning.model.plan import Candidate

if TYPE_CHECKING:
    from planning.trajectories.profile import Profile
    from planning.trajectories.profile_runs import Run

_DRAFT_STEP_MM = 1.0
_MUSCLE_COLOUR, _SOFT_COLOUR = "#9c5f58", "#5f403e"


class ProfilePresenter(QObject):
    """Keeps the chart on the needle in the hand, else on the selected trajectory.

    Signals
    -------
    depth_chosen : float
        Put the tip of the shown own path at this depth (mm from its entry).
    said : str
        A hint for the status line.
    """

    depth_chosen = Signal(float)
    said = Signal(str)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        chart: ProfileChart,
        parent: QObject | None = None,
        *,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._chart = chart
        self._profile: Profile | None = None
        self._of: Candidate | None = None
        self._came_from: Vec3 | None = None
        session.case_changed.connect(self.follow_case)
        session.anatomy_changed.connect(lambda _: self.show_profile())
        view_state.selection_changed.connect(self.follow_selection)
        self._turns = turns or Turns(parent=self)
        self._turns.rested.connect(self._measure_finely)
        view_state.draft_changed.connect(self.follow_draft)
        view_state.styles_changed.connect(self.recolour)
        view_state.depth_changed.connect(chart.set_depth)
        chart.depth_pointed.connect(self.point)
        chart.depth_clicked.connect(self.choose_depth)
        self.show_profile()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show another needle where the plan is another."""
        if old is None or new.plan is not old.plan:
            self.show_profile()

    def follow_selection(self, _candidate_id: str) -> None:
        """Show another trajectory; the views have gone there, and there is no way back."""
        self._came_from = None
        self.show_profile()

    def follow_draft(self, draft: Candidate | None) -> None:
        """Follow the needle in the hand in its turn; be there at once when it is let go."""
        if draft is None:
            self.show_profile()
        else:
            self._turns.ask("profile", self._measure_draft)

    def point(self, depth_mm: float | None) -> None:
        """Point at a depth; afterwards the views go back to where they were before."""
        if depth_mm is not None and self._came_from is None:
            self._came_from = self._state.crosshair_lps_mm
        self._state.point_at_depth(depth_mm)
        if depth_mm is None and self._came_from is not None:
            self._state.set_crosshair(self._came_from)
            self._came_from = None

    def _measure_draft(self) -> None:
        """Measure the needle in the hand, and show that in another turn."""
        anatomy, draft = self._session.anatomy, self._state.draft
        if anatomy is not None and draft is not None:
            from planning.trajectories.profile import profile

            found = profile(anatomy, draft.trajectory, step_mm=_DRAFT_STEP_MM)
            self._turns.ask("chart", lambda: self._show_draft(draft, found))

    def _measure_finely(self) -> None:
        if self._state.draft is not None:
            self._turns.ask("profile", self.show_profile)

    def _show_draft(self, draft: Candidate, found: Profile) -> None:
        self._of, self._profile = draft, found
        self.recolour()
        self._chart.repaint()  # here: else inside the painting of the view that is pulled in

    def show_profile(self) -> None:
        """Show the profile of the needle that all views speak of."""
        anatomy, candidate = self._session.anatomy, shown_candidate(self._session, self._state)
        self._of, self._profile = candidate, None
        if candidate is None:
            self._chart.set_message(tr("Select a trajectory to see what lies along it."))
        elif anatomy is None:
            self._chart.set_message(
                tr("The profile appears once the case is read. Planning reads it.")
            )
        else:
            from planning.trajectories.profile import profile

            self._profile = profile(anatomy, candidate.trajectory)
        self.recolour()

    def recolour(self) -> None:
        """Show the same profile in the structures' colours."""
        if self._of is None or self._profile is None:
            self._chart.set_profile(None)
            return
        plan = plan_of(self._session)
        title = title_of(self._of, None if plan is None else plan.core_set)
        self._chart.set_profile(
            profile_shown(self._profile, self._state, title, editable=self._is_own(self._of))
        )

    def choose_depth(self, depth_mm: float) -> None:
        """Put the tip at a depth of an own path; say how to get one for any other."""
        if self._of is not None and self._is_own(self._of):
            self.depth_chosen.emit(depth_mm)
        else:
            self.said.emit(tr("Press E or T to make your own"))

    def _is_own(self, candidate: Candidate) -> bool:
        case = self._session.case
        own = () if case is None else case.own_paths
        return candidate.candidate_id.startswith(OWN_PREFIX) and any(
            path.path_id == candidate.candidate_id for path in own
        )


def profile_shown(found: Profile, state: ViewState, title: str, *, editable: bool) -> ProfileShown:
    """Return a profile in the colours and words of the window."""
    return ProfileShown(
        title=tr("Along {title}, depth from the skin", title=title),
        depths_mm=found.depths_mm,
        hu=found.hu,
        nearest_mm=found.nearest_mm,
        needs_mm=found.margin_mm + found.allowance_mm,
        nearest=found.nearest,
        structures=tuple(tr_name(spoken(name)) for name in found.structures),
        bands=tuple(_band(run, state) for run in found.runs),
        stop_mm=found.stop_mm,
        tip_mm=found.tip_mm,
        stop_words=tr("STOP {depth}", depth=f"{found.stop_mm:.0f}"),
        tip_words=tr("tip {depth}", depth=f"{found.tip_mm:.0f}"),
        specimen_mm=found.specimen_mm,
        depth_error_mm=found.depth_error_mm,
        editable=editable,
    )


def _band(run: Run, state: ViewState) -> TissueBand:
    from planning.trajectories.profile_runs import AIR, SOFT_TISSUE

    if not run.key and run.name == SOFT_TISSUE:
        name, colour = tr("soft tissue"), _SOFT_COLOUR
    elif not run.key and run.name == AIR:
        name, colour = tr("outside the body"), ""
    else:
        name, colour = tr_name(spoken(run.name)), _colour(run, state)
    return TissueBand(from_mm=run.from_mm, to_mm=run.to_mm, name=name, colour=colour)


def _colour(run: Run, state: ViewState) -> str:
    """Return a structure's own colour; a muscle that nobody coloured looks like flesh."""
    style = state.style(run.key)
    if run.role is Role.MUSCLE and (style is None or style.colour == GREY):
        return _MUSCLE_COLOUR
    if style is not None:
        return style.colour
    return BONE_COLOUR if run.role is Role.BONE else NECROSIS_COLOUR
