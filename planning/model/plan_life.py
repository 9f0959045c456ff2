"""The life of a plan: what has to be checked, what may change when, the next draft; no files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from planning.errors import TrephineError
from planning.model.approval import Approval, Checked
from planning.model.case import Case, Indication, PastPlan, Structure
from planning.model.plan import Candidate, PlanResult

SIDE_AND_SITE = "side_and_site"
NOT_CHECKED = "not_checked"
SURGEON = "surgeon"
BLEEDING = "bleeding"
STALE = "stale_masks"
POSITION = "position"
LIMITS = "limits"

_FREE = frozenset({"remarks", "reviews"})
"""Fields of a case that an approval does not hold fast."""


class LockedError(TrephineError):
    """An approved plan was about to change."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckItem:
    """One thing to be confirmed before a plan is approved.

    Parameters
    ----------
    detail : tuple of str
        What has to be read first, line by line.
    is_text : bool
        Whether words are demanded; otherwise it is ticked.
    suggested : str
        Words to begin with.
    """

    key: str
    text: str
    detail: tuple[str, ...] = ()
    is_text: bool = False
    suggested: str = ""


def check_change(old: Case, new: Case) -> None:
    """Refuse a change to a case whose plan is approved, or to a plan that was approved once.

    Remarks, colours and reviews may change. The way on is a new draft (`forked`).

    Raises
    ------
    LockedError
        Says which plan is held fast, by whom, and what to do.
    """
    if new.past_plans[: len(old.past_plans)] != old.past_plans:
        raise LockedError("Plans that were approved stay as they are; this would change one.")
    if old.approval is None or new == forked(old):
        return
    held = (f.name for f in fields(Case) if f.name not in _FREE)
    if any(_held(old, name) != _held(new, name) for name in held):
        raise LockedError(locked_words(old, old.approval))


def locked_words(case: Case, approval: Approval) -> str:
    """Say that an approved plan cannot change, and what to do."""
    return (
        f"Plan {case.plan_number} was approved by {approval.approved_by} on {approval.when} and "
        "cannot change. Start a new draft to change it (Ctrl+Shift+N)."
    )


def forked(case: Case) -> Case:
    """Return the next draft of an approved case; the approved plan is kept as superseded.

    A case whose plan is not approved comes back as it is.
    """
    if case.approval is None or case.plan is None:
        return case
    past = PastPlan(
        number=case.plan_number, plan=case.plan, approval=case.approval, own_paths=case.own_paths
    )
    return replace(
        case,
        plan_number=case.plan_number + 1,
        approval=None,
        past_plans=(*case.past_plans, past),
    )


def approved(case: Case, approval: Approval) -> Case:
    """Return a case whose plan somebody stands for."""
    return replace(case, approval=approval)


def approved_ids(plan: PlanResult, candidate: Candidate) -> tuple[str, ...]:
    """Return what is approved with a trajectory: it, and the cores of the set it belongs to."""
    core_set = plan.core_set
    cores = () if core_set is None else tuple(c.candidate.candidate_id for c in core_set.cores)
    with_it = cores if candidate.candidate_id in cores else ()
    return tuple(dict.fromkeys((candidate.candidate_id, *with_it)))


def why_not_approvable(case: Case | None, candidate: Candidate | None) -> str:
    """Return an empty string if a plan can be approved, otherwise why not and what to do."""
    if case is None:
        return "Open a case first."
    if case.approval is not None:
        return f"Plan {case.plan_number} is approved already."
    if case.plan is None:
        return "There is no plan for what is chosen now. Plan first."
    if not case.plan.candidates:
        return "The plan holds no safe trajectory, so there is nothing to approve."
    if outdated := _outdated(case, case.plan):
        return f"The plan was made for another {outdated}. Plan again first."
    if candidate is None:
        return "Select the trajectory that is to be approved."
    return ""


def checklist(case: Case, candidate: Candidate, site_words: str) -> tuple[CheckItem, ...]:
    """Return what has to be confirmed before this trajectory of the case's plan is approved.

    Parameters
    ----------
    site_words : str
        Side and site of the lesion as they were found, for example "right ilium".
    """
    plan = case.plan
    not_checked = () if plan is None else plan.not_checked
    items = [
        CheckItem(key=SIDE_AND_SITE, text=f"Side and site: {site_words}", detail=case.side_notes)
    ]
    if not_checked:
        lines = tuple(f"{item.key}: {item.reason}" for item in not_checked)
        text = f"What was not checked is known ({len(lines)})"
        items.append(CheckItem(key=NOT_CHECKED, text=text, detail=lines))
    if case.indication.behaves_as is Indication.PRIMARY:
        text = "A primary is suspected: operating surgeon who knows the approach"
        if case.indication is not Indication.PRIMARY:
            text = "A primary is not ruled out: operating surgeon who knows the approach"
        items.append(CheckItem(key=SURGEON, text=text, is_text=True, suggested=case.surgeon))
    bleeding = "Bleeding risk checked: platelets, clotting, anticoagulants"
    items.append(CheckItem(key=BLEEDING, text=bleeding))
    stale = tuple(f"{s.name}: {s.stale_because}" for s in case.structures if s.stale_because)
    if stale:
        text = "Masks that may have moved were checked on the images"
        items.append(CheckItem(key=STALE, text=text, detail=stale))
    if case.position_differs:
        scanned, lies = case.ct_position, case.patient_position
        positions = f"Scanned {scanned or 'unknown'}, biopsy {lies or 'unknown'}"
        text = f"{positions}: why this plan holds all the same"
        items.append(CheckItem(key=POSITION, text=text, is_text=True))
    if candidate.violations:
        broken = tuple(key.replace("_", " ") for key in candidate.violations)
        text = f"{candidate.candidate_id} breaks limits: why it is taken all the same"
        items.append(CheckItem(key=LIMITS, text=text, detail=broken, is_text=True))
    return tuple(items)


def unanswered(items: tuple[CheckItem, ...], answers: Mapping[str, str]) -> tuple[str, ...]:
    """Return the texts of the items that nobody has answered yet."""
    return tuple(item.text for item in items if not answers.get(item.key, "").strip())


def approval_of(
    case: Case,
    candidate: Candidate,
    items: tuple[CheckItem, ...],
    answers: Mapping[str, str],
    *,
    approved_by: str,
    at: str,
    plan_sha256: str,
    note: str = "",
) -> Approval:
    """Return the approval of a trajectory of the case's plan.

    Raises
    ------
    TrephineError
        If nobody is named, something on the list is not answered, or there is nothing to approve.
    """
    if reason := why_not_approvable(case, candidate):
        raise TrephineError(reason)
    if not approved_by.strip():
        raise TrephineError("Say who approves the plan.")
    if missing := unanswered(items, answers):
        raise TrephineError(f"Before approving, answer this: {missing[0]}.")
    assert case.plan is not None, "it can be approved"
    return Approval(
        approved_by=approved_by.strip(),
        at=at,
        plan_number=case.plan_number,
        plan_sha256=plan_sha256,
        candidate_ids=approved_ids(case.plan, candidate),
        checklist=tuple(
            Checked(i.key, " | ".join((i.text, *i.detail)), answers[i.key].strip()) for i in items
        ),
        note=note.strip(),
        position_reason=answers.get(POSITION, "").strip(),
        limits_reason=answers.get(LIMITS, "").strip(),
    )


def _held(case: Case, name: str) -> object:
    """Return the part of a field that an approval holds fast: all but the structures' colours."""
    value = getattr(case, name)
    return tuple(map(_without_colour, value)) if name == "structures" else value


def _without_colour(structure: Structure) -> Structure:
    return replace(structure, colour="")


def _outdated(case: Case, plan: PlanResult) -> str:
    """Return in a word what has been chosen otherwise since the plan was made, if anything has."""
    lies = case.biopsy_position
    pairs = (
        ("needle", case.needle_key, plan.needle.key),
        ("guidance", case.guidance.value if case.guidance else "", plan.guidance),
        ("position", lies.value if lies else "", plan.patient_position),
        ("indication", case.indication.value, plan.indication),
        ("protocol", case.protocol_key, plan.protocol_key),
    )
    return next((what for what, now, then in pairs if now and now != then), "")
