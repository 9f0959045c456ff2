"""Which limits a trajectory breaks, in words and with the numbers that show it; judges nothing."""

from __future__ import annotations

from app.core_language import tr_core
from app.language import inside_sentence, tr
from planning.model.case import Guidance
from planning.model.plan import Candidate
from planning.model.protocol import Protocol
from planning.trajectories.criteria import CRITERIA

_KNOWN = {criterion.key: criterion for criterion in CRITERIA}
_SIZE_OF = {"off_plane_deg": "scan_plane_angle_deg"}  # its sign only names the direction


def constraint_text(protocol: Protocol, key: str) -> str:
    """Return a constraint in the protocol's own words, in the window's language."""
    return tr_core(protocol.text_of(key) or key)


def broken_texts(candidate: Candidate, protocol: Protocol) -> tuple[str, ...]:
    """Return what each broken limit is about, as the core says it.

    The protocol's words are short; what it does not name, the needle itself was told of.
    """
    told = {notice.key: notice.text for notice in candidate.warnings}
    found = ((key, protocol.text_of(key)) for key in candidate.violations)
    return tuple(told.get(key, key) if text in ("", key) else text for key, text in found)


def broken_words(candidate: Candidate, protocol: Protocol) -> str:
    """Say in one line which limits a trajectory breaks; empty for none."""
    return "; ".join(map(tr_core, broken_texts(candidate, protocol)))


def broken_lines(candidate: Candidate, protocol: Protocol, guidance: str) -> tuple[str, ...]:
    """Say of each limit that a trajectory breaks what was measured and what is demanded.

    What the needle itself was told of a limit goes before the protocol's words. A clearance is
    judged by each structure's own margin, which the list of the nearest names.

    Parameters
    ----------
    guidance : str
        Key of the guidance whose limits hold.
    """
    told = {notice.key: notice.text for notice in candidate.warnings}
    return tuple(
        tr_core(told[key]) if key in told else _line(candidate, protocol, Guidance(guidance), key)
        for key in candidate.violations
    )


def _line(candidate: Candidate, protocol: Protocol, guidance: Guidance, key: str) -> str:
    what, limit = constraint_text(protocol, key), protocol.constraint(key)
    key = "" if limit is None else _SIZE_OF.get(limit.criterion, limit.criterion)
    criterion, value = _KNOWN.get(key), candidate.criteria.get(key)
    if limit is None or criterion is None or value is None:
        return what
    value = abs(value) if limit.criterion in _SIZE_OF else value
    demanded, at_least = limit.limit(guidance), limit.at_least is not None
    if (value >= demanded) is at_least:  # judged by more than this limit
        return what
    unit = "°" if criterion.unit == "deg" else f" {criterion.unit}".rstrip()
    parts = {
        "what": what,
        "label": inside_sentence(tr_core(criterion.label)),
        "value": f"{value:.{criterion.decimals}f}{unit}",
        "limit": f"{demanded:g}{unit}",
    }
    if at_least:
        return tr("{what}: {label} {value}, at least {limit} demanded", **parts)
    return tr("{what}: {label} {value}, at most {limit} allowed", **parts)
