"""What all charts of a cohort are put together from: clouds, ranges, words; makes no figure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from app.core_language import tr_core
from app.language import tr, tr_count
from app.views.cohort_values import Band, ChartAxis, Dots, FloatArray, Layer, Line, Panel, Shade
from planning.cohort.curves import RunningMedian
from planning.cohort.findings import Findings
from planning.cohort.published import PublishedAccuracy
from planning.cohort.statistics import Estimate

MOST_DOTS = 3_000
"""More are drawn as cells that are darker where more lie."""

_CELLS = (60, 40)
_FEW, _LARGER_PX = 30, 3.0
_ROOM = 1.06
_STRETCH = 2.0  # of the 99th percentile: where a chart ends for the sake of a few
_CUT = 1.4


def subtitle(shown: Findings) -> str:
    """Say of what a chart is."""
    whole = shown.groups[0]
    cases = tr_count("{count} case", "{count} cases", whole.cases)
    cores = tr_count("{count} core", "{count} cores", whole.cores)
    chosen = ", ".join(
        tr_core(word)
        for word in (
            shown.selection.guidance,
            shown.selection.operator,
            shown.selection.site,
            shown.selection.needle,
        )
        if word
    )
    what = chosen or tr("all cases")
    return tr("{what}: {cores} in {cases}", what=what, cores=cores, cases=cases)


def cloud(
    points: FloatArray, x: ChartAxis, y: ChartAxis, *, name: str, size_px: float = 5.0
) -> Layer:
    """Return points as dots, or as cells where they are too many to be told apart."""
    if len(points) <= MOST_DOTS:
        large = size_px + _LARGER_PX if len(points) < _FEW else size_px
        return Dots(points=points, name=name, size_px=large, opacity=0.65)
    counts, x_edges, y_edges = np.histogram2d(
        points[:, 0],
        points[:, 1],
        bins=_CELLS,
        range=((x.low, x.high), (y.low, y.high)),
    )
    shaded = tr("{name}, stronger where more lie", name=name)
    return Shade(x_edges=x_edges, y_edges=y_edges, counts=counts.T, name=shaded)


def beyond(points: FloatArray, y: ChartAxis) -> tuple[Layer, ...]:
    """Return a mark at the upper edge for each point that lies above a chart."""
    above = points[points[:, 1] > y.high]
    if not len(above):
        return ()
    edge = np.column_stack([above[:, 0], np.full(len(above), y.high)])
    name = tr_count("{count} above the chart", "{count} above the chart", len(above))
    return (Dots(points=edge, ink="caution", hollow=True, size_px=7.0, name=name),)


def top_of(*values: FloatArray | float, least: float = 1.0) -> float:
    """Return the end of an axis of sizes: above all, unless a few lie very far out."""
    flat = np.concatenate([np.ravel(np.asarray(v, dtype=np.float64)) for v in values])
    known = flat[np.isfinite(flat)]
    if not len(known):
        return least
    most, usual = float(known.max()), float(np.quantile(known, 0.99))
    return max(least, _ROOM * most if most <= _STRETCH * usual else _CUT * usual)


def span_of(values: FloatArray, *, least: float = 1.0) -> tuple[float, float]:
    """Return the ends of an axis that holds all known values."""
    known = values[np.isfinite(values)]
    if not len(known):
        return 0.0, least
    low, high = float(known.min()), float(known.max())
    room = max(0.04 * (high - low), 0.02 * least)
    return low - room, high + room


def nothing(why: str) -> Panel:
    """Return a panel that only says why there is nothing to see."""
    blank = ChartAxis(label="", low=0.0, high=1.0)
    return Panel(x=blank, y=blank, empty=why)


def median_layers(running: RunningMedian | None) -> tuple[Layer, ...]:
    """Return a running median and its quartiles."""
    if running is None:
        return ()
    return (
        Band(x=running.x, low=running.low, high=running.high, ink=1, name=tr("middle half")),
        Line(points=np.column_stack([running.x, running.median]), ink=1, name=tr("median")),
    )


def published_words(values: Iterable[PublishedAccuracy]) -> tuple[str, ...]:
    """Return a sentence for each published value: what was measured, in what, and where it says."""
    return tuple(
        tr(
            "{name}: {centre} ({low} to {high}), {statistic}; {setting}. {source}",
            name=tr_core(value.name),
            centre=f"{value.centre:g}",
            low=f"{value.low:g}",
            high=f"{value.high:g}",
            statistic=statistic_words(value),
            setting=tr_core(value.setting),
            source=value.source,
        )
        for value in values
    )


def statistic_words(value: PublishedAccuracy) -> str:
    """Say what a published value's centre and ends are."""
    count = "" if not value.count else f", n = {value.count}"
    if value.statistic == "mean-sd":
        return tr("mean and one standard deviation") + count
    return tr("median and quartiles") + count


def fitting(
    values: Sequence[PublishedAccuracy], shown: Findings, measure: str
) -> tuple[PublishedAccuracy, ...]:
    """Return the published values of a measure for the guidances that were used."""
    used = set(shown.rows.guidance.tolist())
    return tuple(v for v in values if v.measure == measure and v.guidance.value in used)


def interval_words(estimate: Estimate | None, decimals: int = 1) -> str:
    """Return a value with its interval, or what is missing."""
    if estimate is None:
        return tr("too few")
    if estimate.low is None or estimate.high is None:
        return fixed(estimate.value, decimals)
    return tr(
        "{value} ({low} to {high})",
        value=fixed(estimate.value, decimals),
        low=fixed(estimate.low, decimals),
        high=fixed(estimate.high, decimals),
    )


def fixed(value: float, decimals: int = 1) -> str:
    """Return a number with so many decimals; never a negative nothing."""
    return f"{round(value, decimals) + 0.0:.{decimals}f}"
