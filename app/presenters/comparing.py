"""The pinned trajectory beside the current one, number by number; pins and measures none itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.better import LESS, better_of
from app.presenters.broken_limits import broken_texts
from app.presenters.matters import with_unit
from app.presenters.numbers import label_of
from app.presenters.scatter import judged_by
from app.presenters.shown import shown_candidate
from app.presenters.turns import Turns
from app.session import Session
from app.view_state import ViewState
from app.views.choosing_values import ComparedGroup, ComparedRow, Comparison
from app.views.compare_panel import ComparePanel
from app.views.wording import chance
from planning.model.case import OWN_PREFIX, Case
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol
from planning.trajectories.criteria import CRITERIA, Criterion

_GROUPS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (
        mark("Depths"),
        (
            "stop_depth_mm",
            "insertion_depth_mm",
            "cortex_depth_mm",
            "lesion_depth_mm",
            "needle_reach_margin_mm",
        ),
    ),
    (
        mark("Angles"),
        (
            "axial_angle_deg",
            "gravity_angle_deg",
            "craniocaudal_angle_deg",
            "scan_plane_angle_deg",
            "skin_incidence_deg",
            "cortex_incidence_deg",
        ),
    ),
    (
        mark("Tissue"),
        (
            "expected_viable_length_mm",
            "viable_probability",
            "viable_length_mm",
            "necrosis_fraction",
            "effective_habitats",
            "specimen_mean_hu",
            "bone_traversal_mm",
        ),
    ),
    (
        mark("Safety"),
        (
            "vessel_clearance_mm",
            "nerve_clearance_mm",
            "joint_clearance_mm",
            "organ_clearance_mm",
            "beyond_tip_clearance_mm",
            "worst_case_clearance_mm",
            "touch_probability",
            "risk_index",
            "gantry_clearance_mm",
        ),
    ),
)


def _toward(positive: str, negative: str) -> Callable[[float], str]:
    """Return how an angle is said in few letters that name where the tip goes."""

    def said(angle_deg: float) -> str:
        size = f"{abs(angle_deg):.0f}°"
        if size == "0°":
            return size
        return f"{size} {tr(positive) if angle_deg > 0.0 else tr(negative)}"

    return said


_IN_WORDS = {
    "axial_angle_deg": _toward(mark("left"), mark("right")),
    "sagittal_projection_angle_deg": _toward(mark("head"), mark("feet")),
    "craniocaudal_angle_deg": _toward(mark("head"), mark("feet")),
    "gravity_angle_deg": _toward(mark("left"), mark("right")),
}
_CAPTIONS = {
    "axial_angle_deg": mark("Tip to side"),
    "craniocaudal_angle_deg": mark("Tip along the body"),
    "gravity_angle_deg": mark("From the vertical"),
}
_BY_SIZE = frozenset({"scan_plane_angle_deg"})  # its sign only names the direction
_ALIAS = {"scan_plane_angle_deg": "off_plane_deg"}
_CHANCES = frozenset({"viable_probability", "touch_probability"})
_UNKNOWN = "-"


class ComparingPresenter(QObject):
    """Shows two candidates side by side.

    Signals
    -------
    can_compare_changed : str
        Empty if there is something to pin; otherwise why not.
    """

    can_compare_changed = Signal(str)

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: ComparePanel,
        parent: QObject | None = None,
        *,
        turns: Turns | None = None,
    ) -> None:
        super().__init__(parent)
        self._turns = turns or Turns(parent=self)
        self._session = session
        self._state = view_state
        self._panel = panel
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.refresh)
        view_state.selection_changed.connect(self.refresh)
        view_state.draft_changed.connect(self.follow_draft)
        view_state.pinned_changed.connect(self.refresh)
        panel.swap_requested.connect(self.swap)
        panel.unpin_requested.connect(lambda: view_state.pin(""))
        self.refresh()

    def pin_selected(self) -> None:
        """Compare others with the selected one from now on; once more lets it go."""
        selected = self._state.selected
        self._state.pin("" if selected == self._state.pinned else selected)

    def swap(self) -> None:
        """Pin the current one and select the pinned."""
        pinned, selected = self._state.pinned, self._state.selected
        if pinned and selected:
            self._state.pin(selected)
            self._state.select(pinned)

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Compare other numbers when there are any; what is gone is unpinned."""
        if old is not None and new.plan is old.plan:
            return
        plan = new.plan
        known = () if plan is None else tuple(c.candidate_id for c in plan.candidates)
        if self._state.pinned and self._state.pinned not in known:
            self._state.pin("")
        self.refresh()

    def follow_draft(self, draft: Candidate | None) -> None:
        """Follow the needle in the hand in its turn."""
        if draft is None:
            self.refresh()
        else:
            self._turns.ask("compare", self.refresh)

    def refresh(self) -> None:
        """Show the pinned and the current trajectory, or what to do to see two."""
        case = self._session.case
        plan = None if case is None else case.plan
        current = shown_candidate(self._session, self._state)
        nothing = tr("Plan first: there is nothing to compare.")
        self.can_compare_changed.emit("" if plan is not None and current is not None else nothing)
        if case is None or plan is None or current is None:
            self._panel.set_message(nothing)
            return
        pinned = _candidate(plan, self._state.pinned)
        if pinned is None:
            self._panel.set_message(tr("Select a trajectory and press Compare (Ctrl+K) to pin it."))
        elif pinned.candidate_id == current.candidate_id:
            name = name_of(pinned, plan)
            self._panel.set_message(
                tr("{name} is pinned. Select another one to see both.", name=name)
            )
        else:
            self._panel.set_comparison(comparison_of(plan, pinned, current, judged_by(case)))


def name_of(candidate: Candidate, plan: PlanResult) -> str:
    """Return what a trajectory is called where two are compared."""
    name = _short(candidate, plan)
    return tr("No. {name}", name=name) if name.isdigit() else name


def _short(candidate: Candidate, plan: PlanResult) -> str:
    own = candidate.candidate_id.startswith(OWN_PREFIX)
    return candidate.candidate_id if own else label_of(candidate, plan.core_set)


def comparison_of(
    plan: PlanResult, first: Candidate, second: Candidate, protocol: Protocol
) -> Comparison:
    """Return two candidates' numbers side by side; what both do not know is left out."""
    names = (name_of(first, plan), name_of(second, plan))
    short = (_short(first, plan), _short(second, plan))
    known = {c.key: c for c in CRITERIA}
    groups = [
        ComparedGroup(title=tr("Score"), rows=(_score_row(first, second, short),)),
        ComparedGroup(title=tr("What the score lost"), rows=_lost_rows(first, second, protocol)),
    ]
    for title, keys in _GROUPS:
        rows = (_row(known[key], (first, second), protocol, short) for key in keys)
        groups.append(ComparedGroup(title=tr(title), rows=tuple(r for r in rows if r is not None)))
    groups.append(
        ComparedGroup(title=tr("Habitats, as planned"), rows=_habitat_rows(first, second))
    )
    return Comparison(
        names=names,
        keys=(first.candidate_id, second.candidate_id),
        groups=tuple(g for g in groups if g.rows),
        notes=(
            *_said(first, names[0], protocol),
            *_said(second, names[1], protocol),
            tr("Chances and expected lengths hold if masks and error model hold."),
        ),
    )


def _candidate(plan: PlanResult, key: str) -> Candidate | None:
    return next((c for c in plan.candidates if c.candidate_id == key), None)


def _row(
    criterion: Criterion,
    two: tuple[Candidate, Candidate],
    protocol: Protocol,
    names: tuple[str, str],
) -> ComparedRow | None:
    key = criterion.key
    values = tuple(c.criteria.get(key) for c in two)
    if values == (None, None):
        return None
    unit = "°" if criterion.unit == "deg" else criterion.unit
    digits = 0 if key in ("stop_depth_mm", "insertion_depth_mm") else criterion.decimals
    texts = tuple(_text(key, value, digits, unit) for value in values)
    better = better_of(protocol, _ALIAS.get(key, key))
    sizes = tuple(abs(v) if v is not None and key in _BY_SIZE else v for v in values)
    apart, which = _apart(sizes, digits, unit, better, names)
    return ComparedRow(
        caption=tr_core(_CAPTIONS.get(key, criterion.label)),
        first=texts[0],
        second=texts[1],
        apart=apart,
        better=which,
    )


def _text(key: str, value: float | None, digits: int, unit: str) -> str:
    if value is None:
        return _UNKNOWN
    if key in _IN_WORDS:
        return _IN_WORDS[key](value)
    if key in _CHANCES:
        return chance(value)
    size = abs(value) if key in _BY_SIZE else value + 0.0
    return with_unit(f"{size:.{digits}f}", unit)


def _apart(
    values: tuple[float | None, ...],
    digits: int,
    unit: str,
    better: str,
    names: tuple[str, str],
) -> tuple[str, int]:
    """Return how far two values are apart as shown, and which is better (-1: neither)."""
    first, second = values
    if first is None or second is None:
        return "", -1
    apart = round(round(second, digits) - round(first, digits), digits)
    if apart == 0.0:
        return tr("same"), -1
    words = with_unit(f"{abs(apart):.{digits}f}", unit)
    if not better:
        return words, -1
    which = int((apart > 0.0) != (better == LESS))
    return tr("{name} by {apart}", name=names[which], apart=words), which


def _score_row(first: Candidate, second: Candidate, names: tuple[str, str]) -> ComparedRow:
    apart, which = _apart((first.score, second.score), 2, "", "more", names)
    return ComparedRow(
        caption=tr("Score"),
        first=f"{first.score:.2f}",
        second=f"{second.score:.2f}",
        apart=apart,
        better=which,
    )


def _lost_rows(first: Candidate, second: Candidate, protocol: Protocol) -> tuple[ComparedRow, ...]:
    rows = []
    for objective in protocol.objectives:
        shares = tuple(c.contributions.get(objective.key) for c in (first, second))
        if any(share is not None and share >= 0.005 for share in shares):
            texts = [_UNKNOWN if s is None else f"{100.0 * s + 0.0:.0f} %" for s in shares]
            caption = tr_core(objective.short or objective.label)
            rows.append(ComparedRow(caption=caption, first=texts[0], second=texts[1]))
    return tuple(rows)


def _habitat_rows(first: Candidate, second: Candidate) -> tuple[ComparedRow, ...]:
    names = dict.fromkeys((*first.habitat_mm, *second.habitat_mm))
    return tuple(
        ComparedRow(
            caption=name.replace("_", " "),
            first=f"{first.habitat_mm.get(name, 0.0):.1f} mm",
            second=f"{second.habitat_mm.get(name, 0.0):.1f} mm",
        )
        for name in names
    )


def _said(candidate: Candidate, name: str, protocol: Protocol) -> tuple[str, ...]:
    broken = tuple(
        tr("{name} breaks a limit: {what}", name=name, what=tr_core(text))
        for text in broken_texts(candidate, protocol)
    )
    return (*broken, *(f"{name}: {tr_core(notice.text)}" for notice in candidate.warnings))
