"""Who approved a plan, when, and what they had checked; knows neither files nor clocks."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class PlanState(StrEnum):
    """How far a plan is on its way."""

    DRAFT = "draft"
    APPROVED = "approved"
    SUPERSEDED = "superseded"


@dataclass(frozen=True, slots=True)
class Checked:
    """One thing that had to be looked at before approving.

    Parameters
    ----------
    key, text : str
        What it was, for programs and as it was shown.
    answer : str
        What was answered: the approver's name for what was ticked, otherwise what was written.
    """

    key: str
    text: str
    answer: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A plan that somebody stands for; from then on it cannot change.

    Parameters
    ----------
    at : str
        Date and time with the offset from UTC, ISO 8601.
    plan_number : int
        Of the draft that was approved.
    plan_sha256 : str
        Of the text of its `plan.json`.
    candidate_ids : tuple of str
        What is approved of it: the selected trajectory first, then the other cores of its set.
    checklist : tuple of Checked
        Everything that had to be confirmed, as it was shown.
    position_reason : str
        Why the plan is good although the patient lies otherwise than in the scan; empty where the
        patient does not.
    limits_reason : str
        Why a trajectory that breaks limits is approved; empty for one that keeps them.
    """

    approved_by: str
    at: str
    plan_number: int
    plan_sha256: str
    candidate_ids: tuple[str, ...]
    checklist: tuple[Checked, ...] = ()
    note: str = ""
    position_reason: str = ""
    limits_reason: str = ""

    @property
    def when(self) -> str:
        """Date and time to the minute, as they were on the approver's clock."""
        return self.at[:16].replace("T", " ")
