"""The small frozen values that the hand-over panels are given to show; no widgets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckRow:
    """One thing to be confirmed, by a tick or in words, with what has to be read first."""

    key: str
    text: str
    detail: tuple[str, ...] = ()
    is_text: bool = False
    suggested: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRow:
    """A superseded plan: its title, and everything that was approved of it, line by line."""

    number: int
    title: str
    lines: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalText:
    """Everything the approval panel says.

    Parameters
    ----------
    state : str
        In a few words: a draft, or who approved it and when.
    lines : tuple of str
        What was approved, and how; empty for a draft.
    checks : tuple of CheckRow
        Empty for a plan that is approved or cannot be.
    why_not : str
        Why nothing can be approved now; empty where something can.
    what : str
        What would be approved: the selected trajectory; empty for none.
    token : int
        Ticks are forgotten when it changes: another plan has to be checked anew.
    """

    state: str
    is_approved: bool = False
    lines: tuple[str, ...] = ()
    checks: tuple[CheckRow, ...] = ()
    why_not: str = ""
    what: str = ""
    past: tuple[PastRow, ...] = ()
    token: int = 0
