"""The cores taken together, and what each is taken for; plans none and draws nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from PySide6.QtCore import QObject

from app import catalogue
from app.core_language import tr_core
from app.language import mark, tr, tr_count
from app.presenters.numbers import label_of, spoken
from app.presenters.planning import can_plan
from app.session import Session
from app.view_state import ViewState
from app.views.core_set_panel import CoreSetPanel
from app.views.core_values import CoreRow, CoreSetText, CoverageMatrix, CoverageRow, MatrixRow
from app.views.values import Choice
from app.views.wording import chance, tissue_mm
from planning.model.case import Case
from planning.model.core_set import Core, CoreSet, Purpose
from planning.model.plan import PlanResult
from planning.trajectories.cores.specimen_plan import reassigned

_NOT_PLANNED = mark("Nothing planned yet. Press Plan.")
_NONE_LEFT = mark("No trajectory meets every limit, so that there are no cores to take together.")
_ONE_CORE = mark("This plan is for a single core. Choose more cores in the form and plan again.")


class CoresPresenter(QObject):
    """Shows the core set of the plan and changes what cores are taken for."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        panel: CoreSetPanel,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._panel = panel
        self._shown: CoreSetText | None = None
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.refresh)
        panel.core_selected.connect(view_state.select)
        panel.looked_at.connect(lambda seen: view_state.show_set(together=seen and self._has_set()))
        panel.purpose_chosen.connect(self.choose_purpose)
        self.refresh()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show another set when there is one."""
        if old is None or new.plan is not old.plan or new.structures is not old.structures:
            self.refresh()

    def refresh(self) -> None:
        """Show the set of the open case's plan, or why there is none."""
        case = self._session.case
        plan = None if case is None else case.plan
        if case is None or plan is None or (plan.evaluated == 0 and plan.candidates):
            self._say(can_plan(case) or tr(_NOT_PLANNED))
        elif plan.core_set is None or not plan.core_set.cores:
            self._say(_ONE_CORE if plan.candidates else _NONE_LEFT)
        else:
            anatomy = self._session.anatomy
            enough_mm = None if anatomy is None else anatomy.required_length_mm
            text = core_set_text(case, plan.core_set, enough_mm)
            if text != self._shown:  # a slider that moves says the same again and again
                self._shown = text
                self._panel.set_core_set(text)
        self._state.show_set(together=self._panel.isVisible() is True and self._has_set())

    def _say(self, text: str) -> None:
        self._shown = None
        self._panel.set_message(text)

    def _has_set(self) -> bool:
        plan = None if self._session.case is None else self._session.case.plan
        return plan is not None and plan.core_set is not None and bool(plan.core_set.cores)

    def choose_purpose(self, key: str, purpose: str) -> None:
        """Take a core for something else; the way back is an undo."""
        case = self._session.case
        plan = None if case is None else case.plan
        core_set = None if plan is None else plan.core_set
        core = None if core_set is None else core_set.core_of(key)
        if case is None or plan is None or core_set is None or core is None:
            return
        wanted = Purpose(purpose)
        if core.purpose is wanted:
            return
        changed = _with_purposes(plan, core_set, {key: wanted})
        self._session.apply(
            tr(
                "Send core {core} to {purpose}",
                core=label_of(core.candidate, core_set),
                purpose=tr_core(wanted.value),
            ),
            replace(case, plan=changed),
        )


def core_set_text(case: Case, core_set: CoreSet, enough_mm: float | None) -> CoreSetText:
    """Return everything the panel says of a set.

    Parameters
    ----------
    enough_mm : float or None
        Length that counts as enough in one core; None where it is not known.
    """
    marked = {s.name for s in case.trusted if s.must_sample}
    return CoreSetText(
        title=_title(core_set),
        coverage=tuple(
            CoverageRow(
                what=_event_words(name, enough_mm),
                chance=share,
                expected_mm=core_set.expected_mm.get(name),
                wanted=name in marked,
            )
            for name, share in core_set.coverage.items()
        ),
        facts=_facts(core_set),
        cores=tuple(_core_row(core, core_set) for core in core_set.cores),
        purposes=tuple(Choice(p.value, _capital(tr_core(p.value))) for p in Purpose),
        warnings=tuple(tr_core(notice.text) for notice in core_set.warnings),
        matrix=coverage_matrix(core_set, frozenset(marked)),
    )


def coverage_matrix(core_set: CoreSet, marked: frozenset[str]) -> CoverageMatrix | None:
    """Return what each core, and all together, hold of each habitat; None in older plans."""
    from planning.trajectories.cores.scenarios import ENOUGH

    habitats = [name for name in core_set.coverage if name != ENOUGH]
    if not habitats or not all(core.expected_mm for core in core_set.cores):
        return None
    columns = (*habitats, ENOUGH)
    rows = [
        MatrixRow(
            key=core.candidate.candidate_id,
            name=label_of(core.candidate, core_set),
            lengths=tuple(_length(core.expected_mm.get(name)) for name in columns),
            chances=tuple(core.chances.get(name) for name in columns),
            taken_for=tr_core(core.purpose.value),
        )
        for core in core_set.cores
    ]
    together = MatrixRow(
        key="",
        name=tr("together"),
        lengths=tuple(_length(core_set.expected_mm.get(name)) for name in columns),
        chances=tuple(core_set.coverage.get(name) for name in columns),
    )
    return CoverageMatrix(
        columns=(*(spoken(name) for name in habitats), tr("enough in one core")),
        rows=(*rows, together),
        wanted=(*(name in marked for name in habitats), False),
    )


def _length(length_mm: float | None) -> str:
    return "" if length_mm is None else tissue_mm(length_mm)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"


def _title(core_set: CoreSet) -> str:
    entries = core_set.tract.entries
    return tr(
        "{cores} through {entries}",
        cores=tr_count("{count} core", "{count} cores", len(core_set.cores)),
        entries=tr("one entry") if entries == 1 else tr("{count} entries", count=entries),
    )


def _event_words(name: str, enough_mm: float | None) -> str:
    from planning.trajectories.cores.scenarios import ENOUGH

    if name != ENOUGH:
        return spoken(name)
    if enough_mm is None:
        return tr("Enough in one core")
    return tr("At least {length} mm in one core", length=f"{round(enough_mm, 1):g}")


def _facts(core_set: CoreSet) -> tuple[tuple[str, str], ...]:
    gap = f"{100.0 * core_set.gap:.1f}"
    spread = tr("effective habitats {count}", count=f"{core_set.effective_habitats:.1f}")
    if len(core_set.cores) > 1:
        apart = tissue_mm(core_set.spacing_mm)
        spread = tr("specimens at least {length} apart, {habitats}", length=apart, habitats=spread)
    return (
        (tr("Contaminated tract"), tr_core(spoken(str(core_set.tract)))),
        (tr("Choice"), tr("best of {tested} tested, gap {gap} %", tested=core_set.tested, gap=gap)),
        (tr("Spread"), spread),
    )


def _core_row(core: Core, core_set: CoreSet) -> CoreRow:
    values = core.candidate.criteria
    density = values.get("specimen_mean_hu")
    parts = (
        _expected_words(values.get("expected_viable_length_mm")),
        tr("P(enough) {chance}", chance=chance(values.get("viable_probability"))),
        tr("{volume} mm³ of tissue", volume=f"{core.tissue_mm3:.0f}"),
        tr("density not known") if density is None else f"{density:.0f} HU",
    )
    name = label_of(core.candidate, core_set)
    return CoreRow(
        key=core.candidate.candidate_id,
        name=name if name == core.candidate.candidate_id else tr("Trajectory {rank}", rank=name),
        numbers=", ".join(parts),
        purpose=core.purpose.value,
        container=tr_core(core.container),
        advice=tr_core(core.advice),
    )


def _expected_words(length_mm: float | None) -> str:
    if length_mm is None:
        return tr("expected viable length not known")
    return tr("expected {length} viable", length=tissue_mm(length_mm))


def _with_purposes(
    plan: PlanResult, core_set: CoreSet, purposes: Mapping[str, Purpose]
) -> PlanResult:
    rules = catalogue.specimen_rules()
    return replace(plan, core_set=reassigned(core_set, purposes, needle=plan.needle, rules=rules))
