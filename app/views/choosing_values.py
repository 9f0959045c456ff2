"""What the views of choosing are given to show: sliders, dots, two columns; no widgets."""

from __future__ import annotations

from dataclasses import dataclass

from planning.geometry import Float64Array


@dataclass(frozen=True, slots=True, kw_only=True)
class SliderRow:
    """One weight or limit to slide.

    Parameters
    ----------
    kind : str
        ``weight`` or ``limit``; with `key` what signals name it by.
    start, end, step : float
        Values at the left and at the right end, and between two places of the slider.
    usual : float
        The protocol's value: marked, and where a reset goes.
    words : str
        The value as it is said.
    """

    kind: str
    key: str
    label: str
    start: float
    end: float
    step: float
    value: float
    usual: float
    words: str
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """What one axis of the scatter shows; `better` is ``more``, ``less`` or empty."""

    key: str
    label: str
    unit: str = ""
    better: str = ""
    decimals: int = 1

    @property
    def title(self) -> str:
        """The label with its unit."""
        return f"{self.label} ({self.unit})" if self.unit else self.label


@dataclass(frozen=True, slots=True, kw_only=True)
class Dot:
    """One candidate in the scatter.

    Parameters
    ----------
    front : bool
        No other candidate shown is better in one of the two axes and no worse in the other.
    core, own, broken, pinned : bool
        In the core set; placed by hand; breaks a limit; pinned for comparison.
    """

    key: str
    label: str
    x: float
    y: float
    tip: str
    front: bool = False
    core: bool = False
    own: bool = False
    broken: bool = False
    pinned: bool = False
    selected: bool = False


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scatter:
    """Everything the scatter shows.

    Parameters
    ----------
    cloud : ndarray, shape (n, 2), or None
        Other candidates that keep every limit, as faint dots.
    note : str
        What the faint dots are, and what could not be shown.
    """

    x: Axis
    y: Axis
    dots: tuple[Dot, ...] = ()
    cloud: Float64Array | None = None
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedRow:
    """One number of two trajectories.

    Parameters
    ----------
    apart : str
        How far they are apart, in words that name the better one where one is.
    better : int
        0 or 1 for the first or second, -1 where neither is.
    """

    caption: str
    first: str
    second: str
    apart: str = ""
    better: int = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedGroup:
    """Some compared numbers under a heading."""

    title: str
    rows: tuple[ComparedRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """Two trajectories side by side; `keys` are their candidates' ids, the pinned one first."""

    names: tuple[str, str]
    keys: tuple[str, str]
    groups: tuple[ComparedGroup, ...]
    notes: tuple[str, ...] = ()
