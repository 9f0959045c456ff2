"""What `trephine review` was asked for, and what a person has to say to it; measures nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

import typer

from app.cli_options import is_asked, needle_state_of
from planning.errors import InputError
from planning.execution.reviewing import PlannedCores
from planning.geometry import Vec3
from planning.model.execution import NeedleState


class Confirm(StrEnum):
    """What only a person can say, and the option that says it."""

    REGISTRATION = "--accept-registration"
    OTHER_PATIENT = "--other-patient-confirmed"
    FEW_SLICES = "--few-slices-confirmed"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewOrder:
    """What `trephine review` was asked for.

    Parameters
    ----------
    plan : Path
        The plan.json, or the folder it is in. An approval.json beside it says which cores are
        meant.
    state : NeedleState or None
        Of every needle that `states` does not name by its core; None asks at the terminal.
    points_lps_mm : tuple of Vec3 or None
        Hub side and tip of the needle in the control CT, where it is not to be looked for.
    as_given : bool
        The points are the needle; otherwise it is laid through the metal between them.
    confirmed : frozenset of Confirm
        What was said beforehand, so that nobody has to be asked.
    pseudonym : str
        Stands on the page in the patient's place; empty for the patient's name.
    """

    case: Path
    plan: Path
    control: Path
    out: Path | None
    state: NeedleState | None
    states: Mapping[str, NeedleState]
    cores: tuple[str, ...] = ()
    series_uid: str = ""
    points_lps_mm: tuple[Vec3, Vec3] | None = None
    as_given: bool = False
    transform: Path | None = None
    same_frame: bool = False
    confirmed: frozenset[Confirm] = frozenset()
    pseudonym: str = ""
    force: bool = False
    as_json: bool = False


def asks(order: ReviewOrder) -> bool:
    """Tell whether somebody is there who can be asked."""
    return is_asked(as_json=order.as_json)


def is_confirmed(order: ReviewOrder, words: str, option: Confirm) -> bool:
    """Tell whether somebody confirms it, by an option or at the terminal; no where nobody is there.

    Raises
    ------
    InputError
        If somebody was asked and does not confirm it.
    """
    if option in order.confirmed:
        return True
    if not asks(order):
        return False
    if typer.confirm(f"{words} {_QUESTIONS[option]}", err=True):
        return True
    raise InputError(_refusal(words, option))


def require_confirmed(order: ReviewOrder, words: str, option: Confirm) -> None:
    """Go on only if somebody confirms it.

    Raises
    ------
    InputError
        Says what has to be confirmed, and how.
    """
    if not is_confirmed(order, words, option):
        raise InputError(_refusal(words, option))


def states_of(order: ReviewOrder, planned: PlannedCores) -> dict[str, NeedleState | None]:
    """Return what was said of each core's needle, or is said at the terminal; None where nothing.

    Raises
    ------
    InputError
        If something was said of a core that is not reviewed.
    """
    names = [core.candidate_id for core in planned.cores]
    strange = [name for name in order.states if name not in names]
    if strange:
        message = f"--needle-state: no core {strange[0]} is reviewed; there are {', '.join(names)}."
        raise InputError(message)
    if order.state is None and asks(order):
        return {**_asked_states(planned)}
    return {name: order.states.get(name, order.state) for name in names}


def _asked_states(planned: PlannedCores) -> dict[str, NeedleState]:
    """Return what somebody at the terminal says of each core; once for alternatives."""
    names = [core.candidate_id for core in planned.cores]
    known = ", ".join(state.value for state in NeedleState)

    def answer(of: str) -> NeedleState:
        text = f"What does the control CT show of {of}? ({known})"
        given: NeedleState = typer.prompt(text, value_proc=needle_state_of, err=True)
        return given

    if planned.are_alternatives:
        return dict.fromkeys(names, answer("the needle"))
    return {name: answer(f"the needle of {name}") for name in names}


def _refusal(words: str, option: Confirm) -> str:
    return f"{words} Nothing was stored. To go on all the same, add {option.value}."


_QUESTIONS = {
    Confirm.REGISTRATION: "Accept this registration?",
    Confirm.OTHER_PATIENT: "Is it the same patient all the same?",
    Confirm.FEW_SLICES: "Go on with so few slices?",
}
