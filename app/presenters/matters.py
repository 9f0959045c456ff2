"""What matters in a case: weights and limits, and the plan ranked by them; searches nothing."""

from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import QObject, QTimer

from app.core_language import tr_core
from app.language import tr
from app.planning_setup import Setup, judged_with
from app.presenters.locking import why_locked
from app.session import Session
from app.views.choosing_values import SliderRow
from app.views.matters_panel import LIMIT, WEIGHT, MattersPanel
from planning.anatomy.case_protocol import protocol_for
from planning.errors import TrephineError
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import PlanResult
from planning.model.protocol import AdjustableLimit, Objective
from planning.trajectories.criteria import CRITERIA
from planning.trajectories.ranking import (
    Limits,
    Weights,
    can_rank,
    judged_as,
    ranked_anew,
    usual_limit,
    wished_limits,
    wished_weights,
)

_STEPS_PER_WEIGHT = 10  # from nothing to the protocol's weight; as many again to twice of it
_MOST_TIMES = 2.0
_SETTLED_MS = 150
_UNITS = {"_mm": "mm", "_deg": "°", "_hu": "HU"}


class MattersPresenter(QObject):
    """Fills the sliders, and ranks the plan anew while one moves."""

    def __init__(
        self, session: Session, panel: MattersPanel, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._drag = 0
        # What the hand and the skin map judge by follows when the slider rests.
        self._settled = QTimer(self)
        self._settled.setSingleShot(True)
        self._settled.setInterval(_SETTLED_MS)
        self._settled.timeout.connect(self.settle)
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.refresh)
        panel.grabbed.connect(self.begin)
        panel.moved.connect(self.move)
        panel.reset_requested.connect(self.reset)
        self.refresh()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show other wishes, and judge by them from now on."""
        if old is None or _shown_of(new) != _shown_of(old) or new.plan is not old.plan:
            self.refresh()
        if old is not None and (new.weights, new.limits) != (old.weights, old.limits):
            self._settled.start()

    def begin(self) -> None:
        """Begin another step: what moved before is one of its own."""
        self._drag += 1

    def move(self, kind: str, key: str, value: float) -> None:
        """Weigh or limit otherwise, and rank what was found anew."""
        case = self._session.case
        setup = None if case is None else _setup(case)
        if case is None or setup is None:
            return
        protocol, weights, limits = setup.protocol, case.weights, case.limits
        if kind == WEIGHT:
            weights = wished_weights(protocol, weights, key, value)
        else:
            limits = wished_limits(protocol, setup.guidance, limits, key, value)
        text = tr("Change what matters: {what}", what=_label(setup, kind, key))
        self._apply(text, case, setup, weights, limits, f"matters {kind} {key} {self._drag}")

    def reset(self, kind: str, key: str) -> None:
        """Go back to the protocol's value of one, or of all if both are empty."""
        case = self._session.case
        setup = None if case is None else _setup(case)
        if case is None or setup is None:
            return
        self.begin()
        row = next((r for r in slider_rows(case, setup) if (r.kind, r.key) == (kind, key)), None)
        if row is not None:
            self.move(kind, key, row.usual)
            self.begin()
        elif not kind:
            own = {a.key for a in setup.protocol.adjustable}
            limits = tuple(c for c in case.limits if c.key not in own or c.reason)
            self._apply(tr("Reset what matters"), case, setup, (), limits, "")

    def _apply(
        self,
        text: str,
        case: Case,
        setup: Setup,
        weights: Weights,
        limits: Limits,
        merge_key: str,
    ) -> None:
        if (weights, limits) == (case.weights, case.limits):
            return
        wished = replace(case, weights=weights, limits=limits)
        plan = _ranked(wished, setup, self._session.images)
        self._session.apply(text, replace(wished, plan=plan), merge_key)

    def settle(self) -> None:
        """Let what was derived from the case judge by its present wishes."""
        case, anatomy = self._session.case, self._session.anatomy
        setup = None if case is None else _setup(case)
        if case is not None and anatomy is not None and setup is not None:
            self._session.set_anatomy(judged_as(anatomy, case, setup.protocol))

    def refresh(self) -> None:
        """Show the open case's weights and limits, and what its ranking rests on."""
        case = self._session.case
        setup = None if case is None else _setup(case)
        if case is None or setup is None:
            self._panel.set_rows(())
            self._panel.set_reason(tr("Open a case first.") if case is None else "")
            self._panel.set_note("")
            return
        self._panel.set_rows(slider_rows(case, setup))
        self._panel.set_reason(why_locked(case), quiet=True)
        self._panel.set_note(note_of(case))


def slider_rows(case: Case, setup: Setup) -> tuple[SliderRow, ...]:
    """Return a slider for every objective, and one for every limit that may be tightened."""
    protocol = setup.protocol
    try:
        judged = protocol_for(replace(case, weights=(), limits=()), protocol, setup.guidance)
    except TrephineError:
        judged = protocol
    weights = dict(case.weights)
    rows = [_weight_row(o, weights.get(o.key, o.weight)) for o in judged.objectives]
    off = {c.key for c in case.rule_changes if not c.enabled}
    limits = {c.key: c.value for c in case.limits}
    rows += [
        _limit_row(a, setup, limits.get(a.key)) for a in protocol.adjustable if a.key not in off
    ]
    return tuple(rows)


def _weight_row(objective: Objective, weight: float) -> SliderRow:
    usual = objective.weight
    times = weight / usual
    return SliderRow(
        kind=WEIGHT,
        key=objective.key,
        label=tr_core(objective.short or objective.label),
        start=0.0,
        end=max(_MOST_TIMES * usual, weight),
        step=usual / _STEPS_PER_WEIGHT,
        value=weight,
        usual=usual,
        words=tr("off") if weight == 0.0 else f"{times:.1f} x",
        tip=tr(
            "{what}: weight {weight}; the protocol's is {usual} ({source}). "
            "A double click resets it.",
            what=tr_core(objective.label),
            weight=f"{weight:g}",
            usual=f"{usual:g}",
            source=tr_core(objective.source),
        ),
    )


def _limit_row(adjustable: AdjustableLimit, setup: Setup, value: float | None) -> SliderRow:
    usual = usual_limit(setup.protocol, adjustable, setup.guidance)
    now = usual if value is None else value
    rising = adjustable.tightest > usual
    start = min(usual, now) if rising else max(usual, now)
    unit = unit_of(_criterion(setup, adjustable))
    optional = adjustable.loosest is not None
    return SliderRow(
        kind=LIMIT,
        key=adjustable.key,
        label=tr_core(adjustable.short or adjustable.label),
        start=start,
        end=adjustable.tightest,
        step=adjustable.step,
        value=now,
        usual=usual,
        words=tr("any") if optional and value is None else with_unit(f"{now:g}", unit),
        tip=tr(
            "{what}: to the right is tighter; candidates beyond it are refused ({source}). "
            "A double click resets it.",
            what=tr_core(adjustable.label),
            source=tr_core(adjustable.source),
        ),
    )


def note_of(case: Case) -> str:
    """Say where a ranking does not rest on a search with the present wishes."""
    plan = case.plan
    if plan is None or plan.searched is None:
        return ""
    broken = sum(bool(c.violations) for c in plan.candidates)
    said = tr(
        "Ranked anew among the {found} found. Press Plan to search all {evaluated} candidates "
        "with these weights and limits.",
        found=len(plan.candidates),
        evaluated=f"{plan.evaluated:,}",
    )
    if not broken:
        return said
    return f"{said} " + tr("{broken} break a limit and stand last.", broken=broken)


def unit_of(criterion: str) -> str:
    """Return the unit a criterion's key ends in; empty for a pure number."""
    known = next((c.unit for c in CRITERIA if c.key == criterion), None)
    if known is not None:
        return "°" if known == "deg" else known
    return next((unit for ending, unit in _UNITS.items() if criterion.endswith(ending)), "")


def with_unit(number: str, unit: str) -> str:
    """Return a number with its unit; an angle's sign stands without a space."""
    return f"{number}{unit}" if unit == "°" or not unit else f"{number} {unit}"


def _criterion(setup: Setup, adjustable: AdjustableLimit) -> str:
    constraint = setup.protocol.constraint(adjustable.key)
    return adjustable.criterion or ("" if constraint is None else constraint.criterion)


def _ranked(case: Case, setup: Setup, images: CaseImages | None) -> PlanResult | None:
    """Return the case's plan by its wishes; None where only a new search can tell."""
    from planning.anatomy.anatomy import allowance_mm

    plan = case.plan
    if plan is None or images is None or not can_rank(plan):
        return None
    return ranked_anew(
        plan,
        protocol_for(case, setup.protocol, setup.guidance),
        weights=case.weights,
        limits=case.limits,
        allowance_mm=allowance_mm(images.ct),
    )


def _setup(case: Case) -> Setup | None:
    try:
        return judged_with(case)
    except TrephineError:
        return None  # the form says why


def _shown_of(case: Case) -> tuple[object, ...]:
    wished = (case.weights, case.limits, case.rule_changes)
    judged_by = (case.protocol_key, case.guidance, case.site, case.indication)
    return (*wished, *judged_by, case.approval)


def _label(setup: Setup, kind: str, key: str) -> str:
    objective, limit = setup.protocol.objective(key), setup.protocol.adjustable_limit(key)
    found = objective if kind == WEIGHT else limit
    return tr_core(found.label) if found is not None else key
