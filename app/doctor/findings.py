"""What a check says of a computer: how it stands, what was found and what to do; checks nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from app.language import mark


class State(StrEnum):
    """How a thing stands: as it should, worth knowing, or in the way of work."""

    OK = "ok"
    NOTE = "note"
    FAULT = "fault"


STATE_WORDS = {State.OK: mark("OK"), State.NOTE: mark("Note"), State.FAULT: mark("Fault")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of the report.

    Parameters
    ----------
    key : str
        Names the check, for other programs.
    title, found, advice : str
        In English; the advice is empty where there is nothing to do.
    """

    key: str
    state: State
    title: str
    found: str
    advice: str = ""


def is_sound(findings: Iterable[Finding]) -> bool:
    """Tell whether nothing is a fault."""
    return all(finding.state is not State.FAULT for finding in findings)


def count(findings: Iterable[Finding], state: State) -> int:
    """Return how many findings are of a state."""
    return sum(finding.state is state for finding in findings)
