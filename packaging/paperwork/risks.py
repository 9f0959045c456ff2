"""The risk list as a paper, from resources/risks.toml; judges no risk."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

from paperwork.markdown import PaperError, bullets, code, table

SEVERITIES = ("critical", "serious", "minor")
_TEXTS = ("key", "hazard", "harm", "severity", "cause", "control", "residual")
_LISTS = ("modules", "tests")


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """One thing that can go wrong.

    Parameters
    ----------
    modules : tuple of str
        Where the control is, as Python names it.
    tests : tuple of str
        What holds it, as pytest names it.
    """

    key: str
    hazard: str
    harm: str
    severity: str
    cause: str
    control: str
    modules: tuple[str, ...]
    tests: tuple[str, ...]
    residual: str


def read_risks(path: Path) -> tuple[Risk, ...]:
    """Return the risks of a file, the gravest first, else in its order.

    Raises
    ------
    PaperError
        If a risk lacks something or says something that has no place.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found = tuple(_risk(row) for row in document["risk"])
    keys = [risk.key for risk in found]
    if repeated := {key for key in keys if keys.count(key) > 1}:
        raise PaperError(f"Two risks have the key {min(repeated)}.")
    return tuple(sorted(found, key=lambda risk: SEVERITIES.index(risk.severity)))


def overview(risks: tuple[Risk, ...]) -> str:
    """Return a table of all risks."""
    rows = (
        (str(number), f"[{risk.hazard}](#{_place(number, risk)})", risk.severity, risk.harm)
        for number, risk in enumerate(risks, start=1)
    )
    return table(("#", "Hazard", "Severity", "Harm"), rows)


def details(risks: tuple[Risk, ...]) -> str:
    """Return one section for each risk."""
    return "\n\n".join(_section(number, risk) for number, risk in enumerate(risks, start=1))


def counts(risks: tuple[Risk, ...]) -> str:
    """Return how many there are, of which severity."""
    each = [
        f"{sum(risk.severity == severity for risk in risks)} {severity}" for severity in SEVERITIES
    ]
    tests = {test for risk in risks for test in risk.tests}
    return f"{len(risks)} risks: {', '.join(each)}. {len(tests)} tests stand behind their controls."


def _section(number: int, risk: Risk) -> str:
    facts = (
        f"**Harm** ({risk.severity}): {risk.harm}",
        f"**Cause**: {risk.cause}",
        f"**Control**: {risk.control}",
        f"**In**: {', '.join(map(code, risk.modules))}",
        f"**Residual risk**: {risk.residual}",
        "**Tests**:",
    )
    tests = "\n".join(f"  - {code(test)}" for test in risk.tests)
    return f"### {number}. {risk.hazard}\n\n{bullets(facts)}\n{tests}"


def _place(number: int, risk: Risk) -> str:
    from app.papers import place_of_heading

    return place_of_heading(f"{number}. {risk.hazard}")


def _risk(row: dict[str, object]) -> Risk:
    key = row.get("key", "?")
    if row.keys() != {*_TEXTS, *_LISTS}:
        raise PaperError(f'The risk "{key}" has to say {", ".join((*_TEXTS, *_LISTS))}.')
    texts = {name: str(row[name]).strip() for name in _TEXTS}
    lists: dict[str, tuple[str, ...]] = {}
    for name in _LISTS:
        said = row[name]
        if not isinstance(said, list) or not said:
            raise PaperError(f'The risk "{key}" names no {name}.')
        lists[name] = tuple(map(str, said))
    if empty := [name for name, text in texts.items() if not text]:
        raise PaperError(f'The risk "{key}" says nothing under {empty[0]}.')
    if texts["severity"] not in SEVERITIES:
        raise PaperError(f'The severity of "{key}" is one of {", ".join(SEVERITIES)}.')
    return Risk(**texts, modules=lists["modules"], tests=lists["tests"])
