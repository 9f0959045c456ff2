"""Which way a number is better, by the protocol that judges it; scores nothing."""

from __future__ import annotations

from planning.model.protocol import Protocol

MORE, LESS = "more", "less"

# What a hand does is neither good nor bad, though a limit may stand on it.
_NEITHER = frozenset({"stop_depth_mm", "cortex_depth_mm", "lesion_depth_mm"})
_KNOWN = {
    "score": MORE,
    "viable_length_mm": MORE,
    "expected_viable_length_mm": MORE,
    "viable_probability": MORE,
    "lesion_length_mm": MORE,
    "necrosis_fraction": LESS,
    "touch_probability": LESS,
}


def better_of(protocol: Protocol, criterion: str) -> str:
    """Return ``more`` or ``less``, empty where neither is better.

    What is wished for comes first, then what is warned about, then what is limited.
    """
    if criterion in _NEITHER:
        return ""
    if criterion in _KNOWN:
        return _KNOWN[criterion]
    for objective in protocol.objectives:
        if objective.criterion == criterion:
            return MORE if objective.curve[-1][1] > objective.curve[0][1] else LESS
    for caution in protocol.cautions:
        if caution.criterion == criterion:
            return LESS if caution.above is not None else MORE
    for constraint in protocol.constraints:
        if constraint.criterion == criterion:
            return MORE if constraint.at_least is not None else LESS
    return ""
