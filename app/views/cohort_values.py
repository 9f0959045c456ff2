"""What the charts of a cohort show, as values in the words of their axes; draws nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]

Ink = Literal["text", "secondary", "accent", "good", "caution", "danger"] | int
"""A tone of the palette, or the number of a series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChartAxis:
    """One axis.

    Parameters
    ----------
    low, high : float
        What it spans.
    names : tuple of (float, str)
        Words at places of the axis instead of numbers; empty for numbers.
    """

    label: str
    low: float
    high: float
    names: tuple[tuple[float, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dots:
    """Points, shape (n, 2); `name` is empty for what the legend leaves out."""

    points: FloatArray
    ink: Ink = "accent"
    name: str = ""
    size_px: float = 5.0
    hollow: bool = False
    opacity: float = 0.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Shade:
    """Counts (rows, columns) of very many points in cells between edges."""

    x_edges: FloatArray
    y_edges: FloatArray
    counts: FloatArray
    ink: Ink = "accent"
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Line:
    """A line through points, shape (n, 2); gaps where they are not numbers."""

    points: FloatArray
    ink: Ink = "accent"
    name: str = ""
    dashed: bool = False
    width_px: float = 1.8


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Band:
    """A strip between two curves over x, all of shape (n,)."""

    x: FloatArray
    low: FloatArray
    high: FloatArray
    ink: Ink = "accent"
    name: str = ""
    opacity: float = 0.18


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bars:
    """Intervals with a dot in them: places (n,), centres (n,), ends (n,); lying where `across`.

    An end that is not a number has no bar.
    """

    at: FloatArray
    centre: FloatArray
    low: FloatArray
    high: FloatArray
    ink: Ink = "accent"
    name: str = ""
    across: bool = False
    hollow: bool = False
    size_px: float = 7.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """A line across the whole chart with words on it; up and down where `upright`."""

    value: float
    words: str = ""
    ink: Ink = "secondary"
    dashed: bool = True
    upright: bool = False


Layer = Dots | Shade | Line | Band | Bars | Level


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Panel:
    """One pair of axes.

    Parameters
    ----------
    square : bool
        A millimetre is as long along both axes.
    empty : str
        Why there is nothing to see; empty where there is.
    """

    x: ChartAxis
    y: ChartAxis
    layers: tuple[Layer, ...] = ()
    square: bool = False
    empty: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Figure:
    """One or more panels side by side, with a title above and notes below.

    Parameters
    ----------
    key : str
        Also the name of its file.
    tab : str
        Its title where room is short.
    subtitle : str
        Of what: the selection, how many cases and cores.
    notes : tuple of str
        What has to be known to read it; sources.
    """

    key: str
    tab: str
    title: str
    subtitle: str
    panels: tuple[Panel, ...]
    notes: tuple[str, ...] = ()
