"""A cohort's findings as figures: what each chart shows, in the window's words; paints none."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core_language import tr_core
from app.language import tr
from app.presenters.cohort_parts import (
    beyond,
    cloud,
    fitting,
    median_layers,
    nothing,
    published_words,
    subtitle,
    top_of,
)
from app.presenters.cohort_progress import control_figure, learning_figure, yield_figure
from app.presenters.cohort_table import groups_figure
from app.views.cohort_values import (
    Band,
    ChartAxis,
    Dots,
    Figure,
    FloatArray,
    Layer,
    Level,
    Line,
    Panel,
)
from planning.cohort.curves import RunningMedian
from planning.cohort.findings import Findings
from planning.cohort.published import PublishedAccuracy
from planning.cohort.tip_cloud import Ellipse
from planning.model.error_model import R95, Spread

_MOST_BANDS = 2
_CURVE_POINTS = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Compared:
    """What a cohort is held against.

    Parameters
    ----------
    published : tuple of PublishedAccuracy
    preset, own : Spread or None
        Of corrected needles; None where there is not one guidance, or no model of one's own.
    """

    published: tuple[PublishedAccuracy, ...] = ()
    preset: Spread | None = None
    own: Spread | None = None


def figures(shown: Findings, compared: Compared) -> tuple[Figure, ...]:
    """Return all figures of a cohort, in the order of the tabs."""
    return (
        groups_figure(shown, compared.published),
        depth_figure(shown, compared),
        angle_figure(shown, compared),
        tips_figure(shown),
        learning_figure(shown),
        control_figure(shown),
        yield_figure(shown),
    )


def depth_figure(shown: Findings, compared: Compared) -> Figure:
    """Return the lateral error against the planned depth."""
    rows = shown.rows
    x = ChartAxis(label=tr("planned depth, mm"), low=0.0, high=top_of(rows.planned_depth_mm))
    lines = []
    if compared.preset is not None:
        points = _model_curve(compared.preset, x.high)
        name = tr("95 % by the preset")
        lines.append(Line(points=points, name=name, ink="secondary", dashed=True))
    if compared.own is not None:
        points = _model_curve(compared.own, x.high)
        lines.append(Line(points=points, name=tr("95 % by the own model"), ink="good", dashed=True))
    return _against(
        shown,
        compared.published,
        key="error-by-depth",
        tab=tr("Depth"),
        title=tr("Lateral error against depth"),
        values=rows.planned_depth_mm,
        x=x,
        running=shown.by_depth,
        more=tuple(lines),
    )


def angle_figure(shown: Findings, compared: Compared) -> Figure:
    """Return the lateral error against the angle to the slices."""
    angle = np.abs(shown.rows.planned_angle_deg)
    x = ChartAxis(label=tr("angle to the slices, deg"), low=0.0, high=top_of(angle, least=5.0))
    return _against(
        shown,
        compared.published,
        key="error-by-angle",
        tab=tr("Angle"),
        title=tr("Lateral error against angle"),
        values=angle,
        x=x,
        running=shown.by_angle,
    )


def tips_figure(shown: Findings) -> Figure:
    """Return where the tips ended as the needle sees it: across, and along."""
    errors, found = shown.cloud.errors_mm, shown.cloud
    if not len(errors):
        empty = nothing(tr("No core of this selection was imaged."))
        return Figure(
            key="tips",
            tab=tr("Tips"),
            title=tr("Tip errors"),
            subtitle=subtitle(shown),
            panels=(empty,),
        )
    rings = [e.outline() for e in (found.across, found.lengthwise) if e is not None]
    half = max(top_of(np.abs(errors), least=2.0), *(_top(np.abs(ring)) for ring in rings), 0.0)
    in_plane, off_plane = tr("in the plane of the slices, mm"), tr("off the plane, mm")
    panels = (
        _tips(errors[:, :2], found.across, half, in_plane, off_plane),
        _tips(
            errors[:, [0, 2]],
            found.lengthwise,
            half,
            in_plane,
            tr("along the needle (positive: too deep), mm"),
        ),
    )
    return Figure(
        key="tips",
        tab=tr("Tips"),
        title=tr("Tip errors as the needle sees them"),
        subtitle=subtitle(shown),
        panels=panels,
        notes=(_ellipse_words(found.across, found.lengthwise),),
    )


def _against(
    shown: Findings,
    published: Sequence[PublishedAccuracy],
    *,
    key: str,
    tab: str,
    title: str,
    values: FloatArray,
    x: ChartAxis,
    running: RunningMedian | None,
    more: tuple[Line, ...] = (),
) -> Figure:
    error = shown.rows.lateral_tip_mm
    points = np.column_stack([values, error])
    points = points[np.isfinite(points).all(axis=1)]
    others = fitting(published, shown, "lateral_tip_mm")[:_MOST_BANDS]
    ends = [line.points[:, 1] for line in more] + [np.array([v.high for v in others])]
    y = ChartAxis(label=tr("lateral error, mm"), low=0.0, high=max(top_of(error), *map(_top, ends)))
    if not len(points):
        panel = nothing(tr("No core of this selection was imaged."))
        return Figure(key=key, tab=tab, title=title, subtitle=subtitle(shown), panels=(panel,))
    bands: tuple[Layer, ...] = tuple(
        Band(
            x=np.array([x.low, x.high]),
            low=np.full(2, value.low),
            high=np.full(2, value.high),
            ink=number + 2,
            opacity=0.2,
            name=tr("published: {name}", name=tr_core(value.name)),
        )
        for number, value in enumerate(others)
    )
    inside = points[points[:, 1] <= y.high]
    dots = cloud(inside, x, y, name=tr("cores"))
    layers = (*bands, dots, *beyond(points, y), *median_layers(running), *more)
    return Figure(
        key=key,
        tab=tab,
        title=title,
        subtitle=subtitle(shown),
        panels=(Panel(x=x, y=y, layers=layers),),
        notes=published_words(others),
    )


def _top(values: FloatArray) -> float:
    return float(values.max()) * 1.05 if len(values) else 0.0


def _model_curve(spread: Spread, deepest_mm: float) -> FloatArray:
    """Return the radius that holds 95 % of needles in the plane, against depth, (n, 2)."""
    depth = np.linspace(0.0, deepest_mm, _CURVE_POINTS)
    return np.column_stack([depth, R95 * spread.lateral_mm(depth)])


def _tips(
    points: FloatArray, ellipse: Ellipse | None, half: float, across: str, upward: str
) -> Panel:
    x = ChartAxis(label=across, low=-half, high=half)
    y = ChartAxis(label=upward, low=-half, high=half)
    inside = (np.abs(points) <= half).all(axis=1)
    layers: list[Layer] = [
        Level(value=0.0, dashed=False),
        Level(value=0.0, dashed=False, upright=True),
        cloud(points[inside], x, y, name=tr("tips"), size_px=4.5),
    ]
    if not inside.all():
        edge = np.clip(points[~inside], -half, half)
        name = tr("outside the chart")
        layers.append(Dots(points=edge, ink="caution", hollow=True, size_px=7.0, name=name))
    if ellipse is not None:
        layers.append(Line(points=ellipse.outline(), ink=1, name=tr("95 % ellipse")))
        centre = np.array([ellipse.centre])
        layers.append(Dots(points=centre, ink=1, size_px=9.0, opacity=1.0, name=tr("mean")))
    return Panel(x=x, y=y, layers=tuple(layers), square=True)


def _ellipse_words(across: Ellipse | None, along: Ellipse | None) -> str:
    if across is None or along is None:
        return tr("Too few tips for an ellipse.")
    return tr(
        "Mean {x} mm in the plane, {y} mm off it, {z} mm too deep. The ellipses hold 95 % of a "
        "Gaussian with the tips' mean and covariance.",
        x=f"{across.centre[0]:+z.1f}",
        y=f"{across.centre[1]:+z.1f}",
        z=f"{along.centre[1]:+z.1f}",
    )
