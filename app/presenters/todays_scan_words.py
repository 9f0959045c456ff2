"""What the panel of today's scan says in each state of the work; does none of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.core_language import tr_core
from app.language import tr
from app.presenters.numbers import spoken
from app.presenters.scan_fit_words import Standing, cannot_accept, fit_facts, fit_text
from app.views.todays_scan_values import StaleRow, TodaysScanText
from planning.imaging.patient_position import position_of_code
from planning.model.carry_rules import CarryRules
from planning.model.case import AT_RISK, Case, Position, Role
from planning.records.stale_masks import stale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TodaysStanding(Standing):
    """How far the work with today's scan has come.

    Parameters
    ----------
    can_return : bool
        The case was carried over, and the earlier one is at hand.
    """

    position: Position | None = None
    can_return: bool = False


def panel_text(at: TodaysStanding, rules: CarryRules) -> TodaysScanText:
    """Return everything the panel says."""
    scan, registered = at.scan, at.registered
    return TodaysScanText(
        **fit_text(at, rules),
        hint=_hint(at),
        ask_position=scan is not None and position_of_code(scan.series.position_code) is None,
        position=at.position.value if at.position else "",
        facts=() if registered is None or at.is_measuring else _facts(at),
        cannot_carry=at.held_up or cannot_accept(at, rules),
        cannot_return="" if at.can_return else tr("The case has not been carried over."),
    )


def stale_rows(case: Case | None) -> tuple[StaleRow, ...]:
    """Return the masks to be checked, those at risk first."""
    if case is None:
        return ()
    rows = sorted(stale(case), key=lambda s: s.role not in AT_RISK and s.role is not Role.TUMOUR)
    return tuple(
        StaleRow(key=s.mask_id, name=spoken(s.name), why=tr_core(s.stale_because)) for s in rows
    )


def _hint(at: Standing) -> str:
    if at.case is None:
        return tr("Open a case first.")
    if at.scan is not None or at.is_working:
        return ""
    if at.found:
        return tr("The folder holds several CT series. Choose the one made on the table.")
    if at.case.position_differs and at.case.ct_position and at.case.patient_position:
        return tr(
            "Scanned {scanned}, biopsy {lies}: choose the CT made on the table, and carry the plan "
            "over to it.",
            scanned=tr_core(at.case.ct_position.value),
            lies=tr_core(at.case.patient_position.value),
        )
    return tr("Choose the CT made on the table, and carry the plan over to it.")


def _facts(at: TodaysStanding) -> tuple[str, ...]:
    assert at.registered is not None, "else there is nothing to tell"
    notes = at.registered.registration.notes
    return (*fit_facts(at.registered), *_position_facts(at), *map(tr_core, notes))


def _position_facts(at: TodaysStanding) -> tuple[str, ...]:
    assert at.scan is not None, "it is registered"
    lay = position_of_code(at.scan.series.position_code) or at.position
    wanted = at.case.patient_position if at.case is not None else None
    if lay is None or wanted is None or lay is wanted:
        return ()
    return (
        tr(
            "This scan was made {lay}, the biopsy is planned {wanted}: skin and soft tissue will "
            "still move.",
            lay=tr_core(lay.value),
            wanted=tr_core(wanted.value),
        ),
    )
