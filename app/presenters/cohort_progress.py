"""Figures of a cohort over its cases: learning curve, control chart, yield; computes none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.language import mark, tr, tr_count
from app.presenters.cohort_parts import beyond, nothing, subtitle, top_of
from app.views.cohort_values import (
    Band,
    Bars,
    ChartAxis,
    Dots,
    Figure,
    FloatArray,
    Ink,
    Layer,
    Level,
    Line,
    Panel,
)
from planning.cohort.calibration import Calibration
from planning.cohort.control_chart import ControlChart, Drift
from planning.cohort.curves import LearningCurve
from planning.cohort.findings import Findings

_MOST_OPERATORS = 6
_MOST_BANDS = 2
_MOST_RUNS = 3
_MOST_DOTS = 1_500


def learning_figure(shown: Findings) -> Figure:
    """Return each operator's errors in the order of their cases."""
    title = tr("Learning curve")
    curves = [curve for curve in shown.curves if curve.running is not None]
    if not curves:
        why = tr("No named operator has enough imaged cases for a curve.")
        return Figure(
            key="learning",
            tab=tr("Learning"),
            title=title,
            subtitle=subtitle(shown),
            panels=(nothing(why),),
        )
    drawn = curves[:_MOST_OPERATORS]
    layers, top = _curve_layers(drawn)
    most = max(len(curve.error_mm) for curve in drawn)
    windows = sorted({curve.window for curve in drawn})
    notes = [_window_words(windows[0], windows[-1])]
    if len(drawn) <= _MOST_BANDS:
        notes.append(tr("Around it the middle half of them."))
    left = len(shown.curves) - len(drawn)
    if left:
        notes.append(
            tr_count(
                "{count} operator with fewer cases is not drawn.",
                "{count} operators with fewer cases are not drawn.",
                left,
            )
        )
    y = ChartAxis(label=tr("lateral error, mm"), low=0.0, high=top)
    above = [one for layer in layers if isinstance(layer, Dots) for one in beyond(layer.points, y)]
    panel = Panel(
        x=ChartAxis(label=tr("case of the operator"), low=0.0, high=1.02 * most),
        y=y,
        layers=(*layers, *above),
    )
    return Figure(
        key="learning",
        tab=tr("Learning"),
        title=title,
        subtitle=subtitle(shown),
        panels=(panel,),
        notes=tuple(notes),
    )


def _curve_layers(curves: Sequence[LearningCurve]) -> tuple[list[Layer], float]:
    """Return the running medians of some operators, and where the chart ends."""
    layers: list[Layer] = []
    tops: list[FloatArray] = []
    for number, curve in enumerate(curves):
        running = curve.running
        assert running is not None, "curves without one were left out"
        if len(curves) == 1:
            dots = np.column_stack([np.arange(1.0, len(curve.error_mm) + 1.0), curve.error_mm])
            if len(dots) <= _MOST_DOTS:
                layers.append(Dots(points=dots, ink="secondary", name=tr("cases"), size_px=4.0))
                tops.append(curve.error_mm)
        if len(curves) <= _MOST_BANDS:
            band = Band(x=running.x, low=running.low, high=running.high, ink=number, opacity=0.15)
            layers.append(band)
        line = np.column_stack([running.x, running.median])
        layers.append(Line(points=line, ink=number, name=curve.operator))
        tops.append(running.high)
    return layers, top_of(*tops)


def _window_words(fewest: int, most: int) -> str:
    """Say over how many cases the running medians go."""
    if fewest == most:
        return tr("Running median over the last {counts} cases up to each.", counts=most)
    return tr(
        "Running median over the last {fewest} to {most} cases up to each.",
        fewest=fewest,
        most=most,
    )


def control_figure(shown: Findings) -> Figure:
    """Return the control chart: a moving average of the lateral error with its limits."""
    chart, title = shown.chart, tr("Control chart of the lateral error")
    if chart.reason:
        why = tr("Too few dated cases for a control chart.")
        return Figure(
            key="control-chart",
            tab=tr("Control"),
            title=title,
            subtitle=subtitle(shown),
            panels=(nothing(why),),
        )
    number = np.arange(1.0, len(chart.case) + 1.0)
    layers: list[Layer] = []
    if len(number) <= _MOST_DOTS:
        dots = np.column_stack([number, chart.error_mm])
        layers.append(Dots(points=dots, ink="secondary", size_px=3.5, name=tr("cases")))
    layers += [
        Band(x=number, low=chart.low_mm, high=chart.high_mm, ink="good", name=tr("in control")),
        Level(value=chart.centre_mm, ink="good"),
        Level(value=chart.baseline + 0.5, upright=True, words=tr("baseline ends")),
        Line(points=_column(number, chart.average_mm), name=tr("moving average")),
        *_drift_layers(chart, number),
    ]
    top = top_of(chart.high_mm, chart.average_mm, np.quantile(chart.error_mm, 0.98))
    y = ChartAxis(label=tr("lateral error, mm"), low=0.0, high=top)
    if len(number) <= _MOST_DOTS:
        layers += beyond(np.column_stack([number, chart.error_mm]), y)
    panel = Panel(
        x=ChartAxis(label=tr("case, in the order of dates"), low=0.0, high=number[-1] + 0.5),
        y=y,
        layers=tuple(layers),
    )
    return Figure(
        key="control-chart",
        tab=tr("Control"),
        title=title,
        subtitle=subtitle(shown),
        panels=(panel,),
        notes=control_words(chart),
    )


def control_words(chart: ControlChart) -> tuple[str, ...]:
    """Say whether needles have drifted, and since when."""
    said = [_drift_words(chart, drift) for drift in chart.drifts[-_MOST_RUNS:]]
    if not said:
        said = [tr("No drift: all cases since the baseline lie inside the limits.")]
    if len(chart.drifts) > _MOST_RUNS:
        runs = tr("{count} times beyond the limits, the last ones:", count=len(chart.drifts))
        said.insert(0, runs)
    if chart.undated:
        said.append(
            tr_count(
                "{count} case without a date is left out.",
                "{count} cases without a date are left out.",
                chart.undated,
            )
        )
    basis = tr(
        "Baseline: the first {count} cases, {centre} mm. Limits by Lucas and Saccucci 1990, "
        "widened for the baseline's own doubt; errors raised to 2/3.6 (Nelson 1994).",
        count=chart.baseline,
        centre=f"{chart.centre_mm:.1f}",
    )
    return (*dict.fromkeys(said), basis)


def yield_figure(shown: Findings) -> Figure:
    """Return how often cores were adequate against the chance that was predicted."""
    found, title = shown.calibration, tr("Diagnostic yield against prediction")
    if found.reason:
        why = tr("Too few pathology results with a predicted chance.")
        return Figure(
            key="yield",
            tab=tr("Yield"),
            title=title,
            subtitle=subtitle(shown),
            panels=(nothing(why),),
        )
    at = np.array([b.predicted for b in found.bins])
    bars = Bars(
        at=at,
        centre=np.array([b.observed.value for b in found.bins]),
        low=np.array([b.observed.low for b in found.bins]),
        high=np.array([b.observed.high for b in found.bins]),
        name=tr("adequate cores, with 95 % interval (Wilson)"),
    )
    most = max(b.observed.count for b in found.bins)
    share = np.array([[b.predicted, 0.18 * b.observed.count / most] for b in found.bins])
    stems = tuple(
        Line(points=np.array([[x, 0.0], [x, y]]), ink="secondary", width_px=7.0)
        for x, y in share.tolist()
    )
    ideal = Line(
        points=np.array([[0.0, 0.0], [1.0, 1.0]]),
        ink="good",
        dashed=True,
        name=tr("as predicted"),
    )
    panel = Panel(
        x=ChartAxis(label=tr("predicted chance of enough tissue"), low=0.0, high=1.0),
        y=ChartAxis(label=tr("share of adequate cores"), low=0.0, high=1.02),
        layers=(*stems, ideal, bars),
    )
    return Figure(
        key="yield",
        tab=tr("Yield"),
        title=title,
        subtitle=subtitle(shown),
        panels=(panel,),
        notes=(*calibration_words(found), tr("Grey stems: how many cores.")),
    )


def calibration_words(found: Calibration) -> tuple[str, ...]:
    """Say how well predictions came true."""
    return (
        tr(
            "{count} cores with a result: {predicted} % predicted, {observed} % adequate. "
            "Calibration error {error} ({luck} by luck alone), Brier score {brier} ({mean} for "
            "always predicting the mean).",
            count=found.count,
            predicted=f"{100 * found.mean_predicted:.0f}",
            observed=f"{100 * found.mean_observed:.0f}",
            error=f"{found.expected_error:.3f}",
            luck=f"{found.expected_by_luck:.3f}",
            brier=f"{found.brier:.3f}",
            mean=f"{found.brier_of_mean:.3f}",
        ),
        tr(
            "What is predicted is enough viable tissue in the masks, what is observed is adequate "
            "for a diagnosis: the two need not agree."
        ),
    )


def _drift_layers(chart: ControlChart, number: FloatArray) -> tuple[Layer, ...]:
    """Return marks on the average where it lies beyond the limits."""
    layers = []
    kinds: tuple[tuple[bool, Ink, str], ...] = (
        (True, "danger", tr("larger errors")),
        (False, "good", tr("smaller errors")),
    )
    for worse, ink, name in kinds:
        runs = [range(d.first, d.last + 1) for d in chart.drifts if d.worse is worse]
        at = [k for run in runs for k in run]
        points = _column(number[at], chart.average_mm[at])
        layers.append(Dots(points=points, ink=ink, name=name, size_px=6.0, opacity=1.0))
    return tuple(layer for layer in layers if len(layer.points))


def _drift_words(chart: ControlChart, drift: Drift) -> str:
    first, percent = str(chart.date[drift.first]), f"{100 * abs(drift.ratio - 1.0):.0f}"
    open_end = drift.last == len(chart.case) - 1
    if drift.worse and open_end:
        return tr(
            "Drift: errors have been larger since {date}, by up to {percent} %; look for why.",
            date=first,
            percent=percent,
        )
    last = str(chart.date[drift.last])
    if first == last:
        words = (
            mark("Errors were larger on {date}, by {percent} %."),
            mark("Errors were smaller on {date}, by {percent} %."),
        )
        return tr(words[0 if drift.worse else 1], date=first, percent=percent)
    if drift.worse:
        return tr(
            "Errors were larger from {first} to {last}, by up to {percent} %.",
            first=first,
            last=last,
            percent=percent,
        )
    return tr(
        "Errors were smaller from {first} to {last}, by up to {percent} %.",
        first=first,
        last=last,
        percent=percent,
    )


def _column(x: FloatArray, y: FloatArray) -> FloatArray:
    return np.column_stack([x, y])
