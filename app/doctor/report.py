"""The findings as text for people and as JSON for programs; finds nothing."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from app.doctor.findings import STATE_WORDS, Finding, State, count, is_sound
from app.language import mark

_SOUND = mark("Nothing is in the way of working with Trephine here.")
_FAULTS = mark("{0} things are in the way of working with Trephine here.")
_FAULT = mark("One thing is in the way of working with Trephine here.")


def summary(findings: Sequence[Finding]) -> str:
    """Return in one sentence how the computer stands."""
    faults = count(findings, State.FAULT)
    if faults == 0:
        return _SOUND
    return _FAULT if faults == 1 else _FAULTS.format(faults)


def as_text(findings: Sequence[Finding], say: Callable[[str], str] = str) -> str:
    """Return the report as lines of text.

    Parameters
    ----------
    say : callable
        Puts a sentence into the reader's language.
    """
    words = {state: say(word) for state, word in STATE_WORDS.items()}
    wide = max(len(word) for word in words.values())
    lines = []
    for finding in findings:
        state = words[finding.state].ljust(wide)
        lines.append(f"{state}  {say(finding.title)}: {say(finding.found)}")
        if finding.advice:
            lines.append(f"{' ' * wide}  -> {say(finding.advice)}")
    return "\n".join([*lines, "", say(summary(findings)), ""])


def as_document(findings: Sequence[Finding], version: str) -> dict[str, Any]:
    """Return the report as JSON can hold it."""
    return {
        "schema_version": 1,
        "software_version": version,
        "sound": is_sound(findings),
        "findings": [
            {
                "key": finding.key,
                "state": finding.state.value,
                "title": finding.title,
                "found": finding.found,
                "advice": finding.advice,
            }
            for finding in findings
        ],
    }
