"""What is being said of cores before it is measured: a needle, a state, or only one of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from planning.model.case_review import Answer, CaseReview
from planning.model.execution import ExecutedNeedle, NeedleState


@dataclass(frozen=True, slots=True)
class Partial:
    """What was said of a core so far: the number of a needle, 0 for none, and its state."""

    needle: int = 0
    state: NeedleState | None = None


def needle_of(made: CaseReview | None, number: int) -> ExecutedNeedle | None:
    """Return the needle that is called by a number, if there is one."""
    known = made is not None and 0 < number <= len(made.found)
    return made.found[number - 1] if made is not None and known else None


def said_of(
    core: str,
    partial: Mapping[str, Partial],
    made: CaseReview,
    suggestions: Mapping[str, ExecutedNeedle],
) -> Partial:
    """Return what is said of a core: in this moment, else in the review, else what is suggested."""
    answer = made.answers.get(core)
    before = Partial() if answer is None else Partial(made.number_of(answer.needle), answer.state)
    said = partial.get(core, before)
    return said if said.needle else replace(said, needle=made.number_of(suggestions.get(core)))


def whole(said: Partial, made: CaseReview) -> Answer | None:
    """Return what was said as an answer; None where a part of it is missing."""
    if said.state is None:
        return None
    if not said.state.is_imaged:
        return Answer(said.state)
    needle = needle_of(made, said.needle)
    return None if needle is None else Answer(said.state, needle)


def all_answers(made: CaseReview, partial: Mapping[str, Partial]) -> dict[str, Answer]:
    """Return the answers of a review, with those that were given since in their place."""
    given = {core: whole(said, made) for core, said in partial.items()}
    return {**made.answers, **{core: answer for core, answer in given.items() if answer}}


def still_open(made: CaseReview | None, partial: Mapping[str, Partial]) -> dict[str, Partial]:
    """Return what was said in part only: nothing of it is being measured."""
    if made is None:
        return {}
    return {core: said for core, said in partial.items() if whole(said, made) is None}
