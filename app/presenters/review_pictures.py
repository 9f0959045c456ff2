"""Executed needles and the control CT in every picture, beside what was planned; measures none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.presenters.review_context import ReviewContext
from app.presenters.review_needles_words import needle_name
from app.view_state import ViewState
from app.views.review_step_values import ExecutedPath
from app.views.scene_view import SceneView
from app.views.slice_control import ControlImage, ControlMode
from app.views.slice_view import SliceView
from planning.image import Volume
from planning.model.case_review import CaseReview
from planning.model.execution import ExecutedNeedle, ReviewedNeedle
from planning.model.needle import Needle
from planning.model.plan import PlanResult

if TYPE_CHECKING:
    from planning.imaging.transforms import RigidTransform

ShowExecuted = Callable[[tuple[ExecutedPath, ...]], None]


class ReviewPicturesPresenter(QObject):
    """Draws a review in all pictures while its step is shown.

    Parameters
    ----------
    show_executed : callable
        Draws executed needles over the slices.
    """

    def __init__(
        self,
        view_state: ViewState,
        context: ReviewContext,
        slices: Sequence[SliceView],
        scene: SceneView,
        show_executed: ShowExecuted,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._context = view_state, context
        self._slices, self._scene = tuple(slices), scene
        self._show_executed = show_executed
        self._is_shown = False
        self._drawn: tuple[ExecutedPath, ...] = ()
        self._image: ControlImage | None = None
        self._placed: tuple[Volume, RigidTransform, Volume] | None = None
        context.changed.connect(self.refresh)
        view_state.shown_changed.connect(lambda _: self.show_control())

    @property
    def mode(self) -> ControlMode:
        """Which of the two CTs the slices show."""
        return ControlMode(self._state.shown.control)

    def show(self, *, shown: bool) -> None:
        """Draw the review, or what is drawn at every other step."""
        if shown is not self._is_shown:
            self._is_shown = shown
            if shown:
                self._select_core()
            self.refresh()

    def _select_core(self) -> None:
        """Let all views speak of a core that is reviewed, if they speak of another trajectory."""
        keys = [core.candidate_id for core in self._context.cores]
        if keys and self._context.review is not None and self._state.selected not in keys:
            self._state.select(keys[0])

    def choose_mode(self, mode: ControlMode) -> None:
        """Show the planning CT, the control CT or both in the slices."""
        self._state.set_shown(replace(self._state.shown, control=mode.value))

    def next_mode(self) -> None:
        """Show the next of the three."""
        modes = tuple(ControlMode)
        self.choose_mode(modes[(modes.index(self.mode) + 1) % len(modes)])

    def refresh(self) -> None:
        """Draw what the review knows now."""
        self.show_control()
        made, plan = self._context.review, self._context.plan
        on = self._is_shown and made is not None and plan is not None
        cores = tuple(c.candidate_id for c in self._context.cores) if on else ()
        self._state.set_reviewed(cores)
        drawn = executed_paths(made, plan, self._state.selected) if on and made and plan else ()
        if drawn != self._drawn:
            self._drawn = drawn
            self._show_executed(drawn)
            self._scene.set_executed(drawn)

    def show_control(self) -> None:
        """Hand the control CT to every slice view, if anything about it has changed."""
        image = self._control_image()
        before, self._image = self._image, image
        same = image is before or (
            image is not None
            and before is not None
            and image.volume is before.volume
            and image.mode is before.mode
            and image.accepted is before.accepted
        )
        if not same:
            for view in self._slices:
                view.set_control_image(image)

    def _control_image(self) -> ControlImage | None:
        scan, transform = self._context.control, self._context.transform
        if not self._is_shown or scan is None or transform is None:
            return None
        placed = self._placed
        if placed is None or placed[0] is not scan or placed[1] is not transform:
            grid = transform.placed_in_ct(scan.grid)
            placed = (scan, transform, Volume(grid=grid, values=scan.values))
            self._placed = placed
        accepted = self._context.is_accepted
        return ControlImage(volume=placed[2], mode=self.mode, accepted=accepted)


def executed_paths(made: CaseReview, plan: PlanResult, selected: str) -> tuple[ExecutedPath, ...]:
    """Return every needle of a review as the views draw it, those of cores first."""
    of_cores = [n for n in made.review.needles if n.executed is not None]
    drawn = [_of_core(made, n, plan, selected) for n in of_cores if n.executed is not None]
    taken = {n.executed for n in of_cores}
    free = [_free(made, needle, plan.needle) for needle in made.found if needle not in taken]
    return (*drawn, *free)


def _of_core(
    made: CaseReview, reviewed: ReviewedNeedle, plan: PlanResult, selected: str
) -> ExecutedPath:
    from planning.execution.achieved_sampling import executed_path

    executed = reviewed.executed
    assert executed is not None, "only imaged cores are drawn"
    path = executed_path(executed, plan.needle, reviewed.needle_state)
    return ExecutedPath(
        key=reviewed.core,
        label=needle_name(made, executed),
        entry_lps_mm=executed.entry_lps_mm,
        tip_lps_mm=executed.tip_lps_mm,
        deepest_lps_mm=path.tip_lps_mm,
        radius_mm=_radius_mm(executed, plan.needle),
        specimen_lps_mm=path.specimen_lps_mm(plan.needle),
        stands_out=reviewed.core == selected or len(made.review.needles) == 1,
    )


def _free(made: CaseReview, needle: ExecutedNeedle, planned: Needle) -> ExecutedPath:
    return ExecutedPath(
        key=f"needle {made.number_of(needle)}",
        label=needle_name(made, needle),
        entry_lps_mm=needle.entry_lps_mm,
        tip_lps_mm=needle.tip_lps_mm,
        deepest_lps_mm=needle.tip_lps_mm,
        radius_mm=_radius_mm(needle, planned),
    )


def _radius_mm(needle: ExecutedNeedle, planned: Needle) -> float:
    return planned.radius_mm if needle.diameter_mm is None else needle.diameter_mm / 2.0
