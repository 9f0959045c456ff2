"""Which rows of a cohort belong together, and which are looked at; sums nothing up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from planning.cohort.rules import CohortRules
from planning.geometry import Float64Array
from planning.model.cohort import BoolColumn, CohortRows, TextColumn

UNKNOWN = "not known"


class Grouping(StrEnum):
    """By what a cohort is divided."""

    GUIDANCE = "guidance"
    OPERATOR = "operator"
    SITE = "site"
    NEEDLE = "needle"
    DEPTH = "depth"
    ANGLE = "angle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Which cores are looked at; an empty text lets all through."""

    guidance: str = ""
    operator: str = ""
    site: str = ""
    needle: str = ""

    def __str__(self) -> str:
        words = (self.guidance, self.operator, self.site, self.needle)
        return ", ".join(word for word in words if word)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Group:
    """Rows that belong together: `wanted` (n,) of the rows they were found in."""

    name: str
    wanted: BoolColumn


def selected(rows: CohortRows, selection: Selection) -> CohortRows:
    """Return the rows that a selection lets through."""
    wanted = np.ones(len(rows), dtype=np.bool_)
    for column, word in (
        (rows.guidance, selection.guidance),
        (rows.operator, selection.operator),
        (rows.site, selection.site),
        (rows.needle, selection.needle),
    ):
        if word:
            wanted &= np.asarray(column == word, dtype=np.bool_)
    return rows if wanted.all() else rows.where(wanted)


def final_errors(rows: CohortRows) -> CohortRows:
    """Return the rows that say where a needle finally was: the last scan of each core."""
    wanted = rows.is_last & np.isfinite(rows.lateral_tip_mm)
    return rows if wanted.all() else rows.where(wanted)


def choices(column: TextColumn) -> tuple[str, ...]:
    """Return the words that occur in a column, in alphabetical order."""
    return tuple(sorted({str(word) for word in column if word}))


def groups(rows: CohortRows, by: Grouping, rules: CohortRules) -> tuple[Group, ...]:
    """Return the groups of a cohort: bands rising, words in alphabetical order, unknown last."""
    if by is Grouping.DEPTH:
        return _bands(rows.planned_depth_mm, rules.depth_edges_mm, "mm")
    if by is Grouping.ANGLE:
        return _bands(np.abs(rows.planned_angle_deg), rules.off_plane_edges_deg, "deg")
    column: TextColumn = getattr(rows, by.value)
    names, number = np.unique(column.astype(np.str_), return_inverse=True)
    found = [Group(name=str(n), wanted=number == k) for k, n in enumerate(names) if n]
    found += [Group(name=UNKNOWN, wanted=number == k) for k, n in enumerate(names) if not n]
    return tuple(found)


def case_numbers(rows: CohortRows) -> NDArray[np.intp]:
    """Return the number of each row's case (n,), counted in the order in which they occur.

    A row that names no case is a case of its own.
    """
    own = [str(case) or f"\0{k}" for k, case in enumerate(rows.case)]
    first: dict[str, int] = {}
    return np.array([first.setdefault(case, len(first)) for case in own], dtype=np.intp)


def _bands(values: Float64Array, edges: Sequence[float], unit: str) -> tuple[Group, ...]:
    known, number = np.isfinite(values), np.searchsorted(edges, values, side="right")
    names = [f"below {edges[0]:g} {unit}"]
    names += [f"{a:g} to {b:g} {unit}" for a, b in pairwise(edges)]
    names.append(f"{edges[-1]:g} {unit} and more")
    found = [Group(name=name, wanted=known & (number == k)) for k, name in enumerate(names)]
    return tuple(g for g in (*found, Group(name=UNKNOWN, wanted=~known)) if g.wanted.any())
