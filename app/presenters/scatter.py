"""The plan as dots to choose from, and a sample of all that was possible; ranks nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.planning_setup import judged_with
from app.presenters.better import LESS, better_of
from app.presenters.broken_limits import broken_texts
from app.presenters.matters import unit_of, with_unit
from app.presenters.numbers import label_of
from app.presenters.planning import can_plan
from app.session import Session
from app.view_state import ViewState
from app.views.choosing_values import Axis, Dot, Scatter
from app.views.scatter_panel import ScatterPanel
from app.views.values import Choice
from planning.anatomy.case_protocol import protocol_for
from planning.errors import TrephineError
from planning.geometry import Float64Array
from planning.model.case import OWN_PREFIX, Case
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol
from planning.progress import Progress
from planning.trajectories.criteria import CRITERIA
from planning.trajectories.judging import scores

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy
    from planning.trajectories.cloud import Cloud

SCORE = "score"
_EXTRA_AXES = ("expected_viable_length_mm", "viable_probability")
_UPWARD = ("expected_viable_length_mm", "specimen_fill", SCORE)
_ACROSS = ("extra_clearance_mm", "insertion_depth_mm", SCORE)


class ScatterPresenter(QObject):
    """Shows a plan's candidates by two of their numbers, linked with all other views."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: ScatterPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._panel = panel
        self._axes = ("", "")
        self._cloud: tuple[Anatomy, Cloud] | None = None
        self.job = LatestJob(self)
        self.job.finished.connect(self.take)
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.refresh)
        session.anatomy_changed.connect(self.follow_anatomy)
        view_state.selection_changed.connect(self.refresh)
        view_state.pinned_changed.connect(self.refresh)
        panel.picked.connect(view_state.select)
        panel.x_chosen.connect(lambda key: self.choose_axes(key, self._axes[1]))
        panel.y_chosen.connect(lambda key: self.choose_axes(self._axes[0], key))
        panel.shown.connect(self.come_into_view)
        self.refresh()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show another plan when there is one."""
        if old is None or new.plan is not old.plan:
            self.refresh()

    def follow_anatomy(self) -> None:
        """Sample anew what there is to choose from, if anybody looks."""
        if self._panel.isVisible():
            self.come_into_view()

    def come_into_view(self) -> None:
        """Show the plan, and look in the background for what else there would be."""
        self.refresh()
        anatomy, case = self._session.anatomy, self._session.case
        known = self._cloud is not None and self._cloud[0] is anatomy
        if anatomy is None or known or case is None or case.plan is None:
            return

        def work(progress: Progress) -> tuple[Anatomy, Cloud]:
            from planning.trajectories.cloud import cloud

            return anatomy, cloud(anatomy, progress)

        self.job.start(tr("Sampling candidates"), work)

    def take(self, found: tuple[Anatomy, Cloud]) -> None:
        """Show the sample, if it still belongs to the open case."""
        if found[0] is self._session.anatomy:
            self._cloud = found
            self.refresh()

    def choose_axes(self, x: str, y: str) -> None:
        """Show other numbers."""
        self._axes = (x, y)
        self.refresh()

    def refresh(self) -> None:
        """Show the open case's candidates, or why there are none."""
        if not self._panel.isVisible():
            return
        case = self._session.case
        plan = None if case is None else case.plan
        if case is None or plan is None or not plan.candidates:
            none = tr("No trajectory meets every limit.") if plan is not None else ""
            self._panel.set_message(
                none or can_plan(case) or tr("Nothing planned yet. Press Plan.")
            )
            return
        protocol = judged_by(case)
        axes = axes_of(plan, protocol)
        x, y = _chosen(axes, self._axes[0], _ACROSS), _chosen(axes, self._axes[1], _UPWARD)
        self._panel.set_axes(tuple(Choice(a.key, a.title) for a in axes), x.key, y.key)
        known = self._cloud if self._session.anatomy is not None else None
        sample = known[1] if known is not None and known[0] is self._session.anatomy else None
        shown = scatter_of(plan, x, y, protocol, sample)
        dots = tuple(
            replace(
                dot,
                selected=dot.key == self._state.selected,
                pinned=dot.key == self._state.pinned,
            )
            for dot in shown.dots
        )
        self._panel.set_scatter(replace(shown, dots=dots))


def judged_by(case: Case) -> Protocol:
    """Return the protocol a case's plan is judged by, as far as it can be told."""
    setup = judged_with(case)
    try:
        return protocol_for(case, setup.protocol, setup.guidance)
    except TrephineError:
        return setup.protocol


def axes_of(plan: PlanResult, protocol: Protocol) -> tuple[Axis, ...]:
    """Return what the axes can show: the score, and every number that it is made of."""
    labels = {c.key: (c.label, c.decimals) for c in CRITERIA}
    wished = {o.criterion: o.label for o in protocol.objectives}
    keys = dict.fromkeys((SCORE, *_EXTRA_AXES, *wished))
    found = []
    for key in keys:
        if sum(value_of(c, key) is not None for c in plan.candidates) == 0:
            continue
        label, decimals = labels.get(key, (wished.get(key, ""), 2 if not unit_of(key) else 1))
        found.append(
            Axis(
                key=key,
                label=tr("Score") if key == SCORE else tr_core(label),
                unit=unit_of(key),
                better=better_of(protocol, key),
                decimals=2 if key == SCORE else decimals,
            )
        )
    return tuple(found)


def value_of(candidate: Candidate, key: str) -> float | None:
    """Return one of a candidate's numbers, None where it is not known."""
    if key == SCORE:
        return candidate.score
    value = candidate.criteria.get(key)
    return candidate.measures.get(key) if value is None else value


def scatter_of(
    plan: PlanResult, x: Axis, y: Axis, protocol: Protocol, sample: Cloud | None = None
) -> Scatter:
    """Return a plan's candidates by two of their numbers; who has not both is left out."""
    dots = []
    for candidate in plan.candidates:
        across, upward = value_of(candidate, x.key), value_of(candidate, y.key)
        if across is not None and upward is not None:
            dots.append(_dot(candidate, plan, (x, across), (y, upward), protocol))
    missing = len(plan.candidates) - len(dots)
    points = _points(sample, x.key, y.key, protocol)
    said = []
    if points is not None and sample is not None:
        said.append(
            tr(
                "Faint: {shown} other candidates that keep every limit, a sample of what was "
                "searched.",
                shown=f"{len(points):,}",
            )
        )
    if missing:
        said.append(tr("{missing} have no such numbers.", missing=missing))
    return Scatter(x=x, y=y, dots=with_front(tuple(dots), x, y), cloud=points, note=" ".join(said))


def with_front(dots: tuple[Dot, ...], x: Axis, y: Axis) -> tuple[Dot, ...]:
    """Mark the dots that no other one beats, being better in one number and no worse in the other.

    What breaks a limit is neither on the front nor beats anybody.
    """
    signs = np.array([-1.0 if axis.better == LESS else 1.0 for axis in (x, y)])
    fit = [d for d in dots if not d.broken]
    values = np.array([(d.x, d.y) for d in fit]).reshape(-1, 2) * signs
    front = {
        d.key
        for d, here in zip(fit, values, strict=True)
        if not ((values >= here).all(axis=1) & (values > here).any(axis=1)).any()
    }
    return tuple(replace(d, front=d.key in front) for d in dots)


def _chosen(axes: tuple[Axis, ...], wanted: str, usual: tuple[str, ...]) -> Axis:
    by_key = {axis.key: axis for axis in axes}
    return next(by_key[key] for key in (wanted, *usual) if key in by_key)


def _points(sample: Cloud | None, x: str, y: str, protocol: Protocol) -> Float64Array | None:
    if sample is None or len(sample) == 0:
        return None
    measures = {**sample.measures, SCORE: scores(protocol, sample.measures)}
    if x not in measures or y not in measures:
        return None
    points = np.column_stack([measures[x], measures[y]]).astype(float)
    return np.asarray(points[~np.isnan(points).any(axis=1)])


def _dot(
    candidate: Candidate,
    plan: PlanResult,
    across: tuple[Axis, float],
    upward: tuple[Axis, float],
    protocol: Protocol,
) -> Dot:
    core_set = plan.core_set
    label = label_of(candidate, core_set)
    own = candidate.candidate_id.startswith(OWN_PREFIX)
    lines = [tr("Trajectory {name}, score {score}", name=label, score=f"{candidate.score:.2f}")]
    for axis, value in (upward, across):
        lines.append(f"{axis.label}: {with_unit(f'{value:.{axis.decimals}f}', axis.unit)}")
    lines += [
        tr("Breaks a limit: {what}", what=tr_core(text))
        for text in broken_texts(candidate, protocol)
    ]
    return Dot(
        key=candidate.candidate_id,
        label=candidate.candidate_id if own else label,
        x=across[1],
        y=upward[1],
        tip="\n".join(lines),
        core=core_set is not None and core_set.core_of(candidate.candidate_id) is not None,
        own=own,
        broken=bool(candidate.violations),
    )
