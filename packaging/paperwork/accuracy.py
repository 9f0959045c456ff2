"""The accuracy figures as a paper, from resources/accuracy.toml; measures nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path

from app import catalogue
from paperwork.markdown import PaperError, code, table
from planning.cohort.published import PublishedAccuracy

ON = ("simulated scans", "phantom", "real CT", "simulated cases", "this program")
"""What a figure may have been measured on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One measured figure.

    Parameters
    ----------
    topic : str
        Heading it stands under.
    measured : str
        The value with its unit.
    on : str
        What it was measured on, one of `ON`.
    command : str
        What measures it again, from the checkout.
    when : str
        ISO date.
    """

    topic: str
    figure: str
    measured: str
    on: str
    how: str
    command: str
    when: str


def read_figures(path: Path) -> tuple[Figure, ...]:
    """Return the figures of a file, in its order.

    Raises
    ------
    PaperError
        If one lacks something or says something that has no place.
    """
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    names = {field.name for field in fields(Figure)}
    found = []
    for row in document["figure"]:
        if row.keys() != names:
            raise PaperError(f'The figure "{row.get("figure", "?")}" has to say {sorted(names)}.')
        if row["on"] not in ON:
            raise PaperError(f'"{row["on"]}" is not one of {", ".join(ON)}.')
        found.append(Figure(**row))
    return tuple(found)


def figures(found: Sequence[Figure]) -> str:
    """Return one table for each topic."""
    topics = dict.fromkeys(figure.topic for figure in found)
    parts = []
    for topic in topics:
        rows = (
            (one.figure, one.measured, one.on, one.how, code(one.command), one.when)
            for one in found
            if one.topic == topic
        )
        titles = ("Figure", "Measured", "On", "How", "Again by", "When")
        parts.append(f"### {topic}\n\n{table(titles, rows)}")
    return "\n\n".join(parts)


def published() -> str:
    """Return what other systems were measured at, from the table the window shows."""
    rows = (
        (one.name, one.measure, _span(one), str(one.count or "?"), one.setting, one.source)
        for one in catalogue.published_accuracy()
    )
    return table(("System", "Measure", "Value", "Count", "Setting", "Source"), rows)


def _span(one: PublishedAccuracy) -> str:
    unit = "deg" if one.measure.endswith("_deg") else "mm"
    if one.statistic == "mean-sd":
        return f"{one.centre:g} ± {one.high - one.centre:.2g} {unit}, mean and deviation"
    return f"{one.centre:g} [{one.low:g}-{one.high:g}] {unit}, median and quartiles"
