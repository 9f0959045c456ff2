"""What the views of the core set are given to show; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from app.views.values import Choice


@dataclass(frozen=True, slots=True, kw_only=True)
class MatrixRow:
    """What one core, or all together, holds of each habitat: words and chances (0 to 1).

    Parameters
    ----------
    key : str
        Of the core; empty for the line of all together.
    lengths : tuple of str
        Expected length for each column, empty where it is not known.
    chances : tuple of (float or None)
        Chance to sample each column.
    """

    key: str
    name: str
    lengths: tuple[str, ...]
    chances: tuple[float | None, ...]
    taken_for: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageMatrix:
    """Cores against habitats; `wanted` marks the columns that have to be sampled."""

    columns: tuple[str, ...]
    rows: tuple[MatrixRow, ...]
    wanted: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """The chance (0 to 1) that a set of cores does one thing, and the length that is expected.

    Parameters
    ----------
    wanted : bool
        The user said that it has to be sampled.
    """

    what: str
    chance: float
    expected_mm: float | None = None
    wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreRow:
    """One core of a set; `numbers` is what it is expected to hold, in words."""

    key: str
    name: str
    numbers: str
    purpose: str
    container: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSetText:
    """Everything the panel says of the cores taken together.

    Parameters
    ----------
    facts : tuple of (str, str)
        Caption and words.
    purposes : tuple of Choice
        What a core can be taken for.
    matrix : CoverageMatrix or None
        What each core holds of each habitat; None where that is not known.
    """

    title: str
    coverage: tuple[CoverageRow, ...]
    facts: tuple[tuple[str, str], ...]
    cores: tuple[CoreRow, ...]
    purposes: tuple[Choice, ...]
    warnings: tuple[str, ...] = ()
    matrix: CoverageMatrix | None = None
