"""In which state a needle is taken to be where nobody said it; a guess, and called one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from planning.geometry import Vec3
from planning.model.execution import ExecutedNeedle, NeedleState
from planning.model.plan import Candidate


def may_show_needles(states: Mapping[str, NeedleState | None]) -> bool:
    """Tell whether a control CT can show any needle, by what was said of their states."""
    return any(state is None or state.is_imaged for state in states.values())


def nearer_state(core: Candidate, needle: ExecutedNeedle) -> NeedleState:
    """Return cocked or fired, by the planned point that a needle's tip is nearer to in depth.

    Parameters
    ----------
    needle : ExecutedNeedle
        In the planning CT's frame.

    Returns
    -------
    NeedleState
        Cocked where the tip lies as near to the stop as to the planned tip: what is sampled is
        then not claimed to have been seen.
    """
    to_stop_mm, to_tip_mm = _off_in_depth_mm(core, needle)
    return NeedleState.COCKED if to_stop_mm <= to_tip_mm else NeedleState.FIRED


def with_unsaid(
    cores: Sequence[Candidate],
    said: Mapping[str, NeedleState | None],
    needles: Mapping[str, ExecutedNeedle],
) -> dict[str, NeedleState]:
    """Return every core's state: as it was said, or as its needle lies; removed without a needle.

    Parameters
    ----------
    said, needles : mapping
        By candidate id; needles in the planning CT's frame.
    """
    states: dict[str, NeedleState] = {}
    for core in cores:
        name = core.candidate_id
        state, needle = said[name], needles.get(name)
        if state is None:
            state = NeedleState.REMOVED if needle is None else nearer_state(core, needle)
        states[name] = state
    return states


def unsaid_warnings(
    cores: Sequence[Candidate],
    said: Mapping[str, NeedleState | None],
    needles: Mapping[str, ExecutedNeedle],
) -> list[str]:
    """Say what each needle was taken for of which nobody said the state, and why."""
    unsaid = [core for core in cores if said[core.candidate_id] is None]
    seen = [(core, needles[core.candidate_id]) for core in unsaid if core.candidate_id in needles]
    words = [_taken_words(core, needle) for core, needle in seen]
    unseen = [core.candidate_id for core in unsaid if core.candidate_id not in needles]
    if unseen:
        words.append(f"{', '.join(unseen)}: state not said; taken as removed: no needle was found")
    return words


def _taken_words(core: Candidate, needle: ExecutedNeedle) -> str:
    state = nearer_state(core, needle)
    to_stop_mm, to_tip_mm = _off_in_depth_mm(core, needle)
    ends = (("stop", to_stop_mm), ("tip", to_tip_mm))
    (near, near_mm), (far, far_mm) = reversed(ends) if state.ends_at_tip else ends
    return (
        f"{core.candidate_id}: state not said; taken as {state.value}, because its tip lies nearer "
        f"to the planned {near} ({near_mm:.1f} mm along the needle) than to the planned {far} "
        f"({far_mm:.1f} mm). Its depth error is the smaller of the two, and what it sampled is "
        "inferred"
    )


def _off_in_depth_mm(core: Candidate, needle: ExecutedNeedle) -> tuple[float, float]:
    """Return how far a tip is from the planned stop and from the planned tip, along the plan."""

    def off_mm(end_lps_mm: Vec3) -> float:
        off = np.subtract(needle.tip_lps_mm, end_lps_mm)
        return abs(float(off @ core.trajectory.direction_lps))

    return off_mm(core.stop_lps_mm), off_mm(core.trajectory.tip_lps_mm)
