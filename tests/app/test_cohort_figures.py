"""The charts of a cohort: what they say of known cohorts, how they are painted and saved."""

from __future__ import annotations

import dataclasses
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QFontMetricsF, QImage, QPainter

from app import catalogue
from app.presenters.cohort_charts import Compared, figures
from app.presenters.cohort_parts import MOST_DOTS, fixed, top_of
from app.presenters.cohort_table import table_rows
from app.views.cohort_axes import axes_of, axis_words
from app.views.cohort_painting import paint_figure
from app.views.cohort_saving import SIZE, save_figure
from app.views.cohort_values import (
    Bars,
    ChartAxis,
    Dots,
    Figure,
    Level,
    Line,
    Panel,
    Shade,
)
from app.views.palette import DARK, LIGHT, Colours, font
from planning.cohort.findings import Findings, findings
from planning.cohort.grouping import Grouping
from planning.model.case import Guidance
from tests.simulated_cohort import TrueErrors, simulated_cohort

LONG = "Prof. Dr. Maria Magdalena von und zu Hohenstein-Schwarzenberg " * 2
KEYS = ["groups", "error-by-depth", "error-by-angle", "tips", "learning", "control-chart", "yield"]


def _shown(cases: int, **options: object) -> Findings:
    rows = simulated_cohort(cases, **options)
    return findings(rows, catalogue.cohort_rules(), by=Grouping.OPERATOR)


def _figures(shown: Findings) -> dict[str, Figure]:
    preset = catalogue.error_models()[Guidance.NAVIGATED].corrected
    compared = Compared(published=catalogue.published_accuracy(), preset=preset)
    return {figure.key: figure for figure in figures(shown, compared)}


def _painted(figure: Figure, table: Colours = LIGHT, width: int = 640, height: int = 480) -> QImage:
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(QColor("#ff00ff"))
    painter = QPainter(image)
    paint_figure(painter, figure, QRectF(0.0, 0.0, width, height), table)
    painter.end()
    return image


def _count(image: QImage, colour: str) -> int:
    found = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1, 4)
    wanted = QColor(colour)
    near = np.abs(found[..., :3].astype(int) - [wanted.blue(), wanted.green(), wanted.red()])
    return int((near.max(axis=-1) <= 6).sum())


@pytest.mark.parametrize("cases", [0, 1, 300])
@pytest.mark.parametrize("table", [LIGHT, DARK])
def test_every_chart_of_every_cohort_can_be_painted(qapp, cases: int, table: Colours) -> None:
    made = _figures(_shown(cases, operators=(LONG, "B")))
    assert list(made) == KEYS
    for figure in made.values():
        for size in ((640, 480), (200, 150)):
            image = _painted(figure, table, *size)
            assert _count(image, "#ff00ff") == 0, figure.key
            assert _count(image, table.panel) > 0.2 * size[0] * size[1]


def test_a_chart_without_data_says_why(qapp) -> None:
    made = _figures(_shown(0))
    assert all(panel.empty for figure in made.values() for panel in figure.panels)
    assert _figures(_shown(1))["control-chart"].panels[0].empty == (
        "Too few dated cases for a control chart."
    )


def test_very_many_cores_are_shaded_and_none_is_lost(qapp) -> None:
    rows = simulated_cohort(2_500)
    assert len(rows) > MOST_DOTS
    made = _figures(findings(rows, catalogue.cohort_rules()))
    (shade,) = [x for x in made["error-by-depth"].panels[0].layers if isinstance(x, Shade)]
    above = [x for x in made["error-by-depth"].panels[0].layers if isinstance(x, Dots)]
    assert shade.counts.sum() + sum(len(dots.points) for dots in above) == len(rows)
    assert shade.counts.shape == (40, 60)


def test_what_lies_far_out_is_marked_at_the_edge(qapp) -> None:
    assert top_of(np.array([1.0, 2.0, 3.0])) == pytest.approx(3.18)
    many = np.concatenate([np.linspace(0.0, 5.0, 500), [400.0]])
    assert top_of(many) < 10.0
    rows = simulated_cohort(300)
    lateral = rows.lateral_tip_mm.copy()
    lateral[3] = 400.0
    spoiled = dataclasses.replace(rows, lateral_tip_mm=lateral)
    panel = _figures(findings(spoiled, catalogue.cohort_rules()))["error-by-depth"].panels[0]
    (edge,) = [x for x in panel.layers if isinstance(x, Dots) and x.hollow]
    assert len(edge.points) == 1
    assert edge.points[0, 1] == panel.y.high
    assert edge.name == "1 above the chart"


def test_groups_stand_in_the_order_of_the_table_with_published_values_below(qapp) -> None:
    shown = _shown(60, operators=("A", "B"))
    figure = _figures(shown)["groups"]
    names = [name for _, name in figure.panels[0].y.names]
    cores = {group.name: group.cores for group in shown.groups}
    assert names[:3] == [f"All ({cores['all']})", f"A ({cores['A']})", f"B ({cores['B']})"]
    assert names[3:] == [
        "published: Navigated, electromagnetic, first placement",
        "published: Navigated freehand, optical",
    ]
    assert any("doi 10.1371/journal.pone.0173751" in note for note in figure.notes)
    means = figure.panels[0].layers[0]
    assert isinstance(means, Bars)
    mean = shown.groups[1].of("lateral_tip_mm")
    assert mean is not None
    assert means.centre[1] == mean.mean.value


def test_a_drift_is_said_and_marked(qapp) -> None:
    figure = _figures(_shown(300, drift=1.0))["control-chart"]
    assert any(note.startswith("Drift: errors have been larger since") for note in figure.notes)
    layers = figure.panels[0].layers
    assert [x for x in layers if isinstance(x, Dots) and x.ink == "danger" and len(x.points)]
    marks = [x for x in layers if isinstance(x, Level) and x.upright]
    assert marks[0].value == 50.5
    steady = _figures(_shown(120, seed=5))["control-chart"]
    assert any("No drift" in note for note in steady.notes)


def test_the_ellipse_and_the_bias_are_in_the_picture_of_the_tips(qapp) -> None:
    figure = _figures(_shown(200, truth=TrueErrors(bias_depth_mm=4.0)))["tips"]
    across, along = figure.panels
    assert across.square
    assert along.square
    centre = next(x for x in along.layers if isinstance(x, Dots) and x.name == "mean")
    assert centre.points[0, 1] == pytest.approx(4.0, abs=0.5)
    assert "+4" in figure.notes[0] or "+3.9" in figure.notes[0]


def test_a_bias_leaves_the_whole_ellipse_in_the_picture_of_the_tips(qapp) -> None:
    figure = _figures(_shown(8, truth=TrueErrors(bias_depth_mm=9.0)))["tips"]
    for panel in figure.panels:
        (ring,) = [layer.points for layer in panel.layers if isinstance(layer, Line)]
        assert np.abs(ring).max() < panel.x.high
        assert np.abs(ring).max() < panel.y.high


def test_cases_above_a_chart_over_time_are_marked_at_its_edge(qapp) -> None:
    shown = _shown(300, truth=TrueErrors(heavy=True))
    (curve,) = shown.curves
    curve = dataclasses.replace(curve, error_mm=np.append(curve.error_mm[:-1], 500.0))
    made = _figures(dataclasses.replace(shown, curves=(curve,)))
    for key, errors in (("learning", curve.error_mm), ("control-chart", shown.chart.error_mm)):
        (panel,) = made[key].panels
        above = int((errors > panel.y.high).sum())
        (marks,) = [layer for layer in panel.layers if isinstance(layer, Dots) and layer.hollow]
        assert len(marks.points) == above > 0
        assert marks.name == f"{above} above the chart"


def test_longer_numbers_of_a_widened_axis_have_room(qapp) -> None:
    axis = ChartAxis(label="mm", low=-8.5, high=8.5)
    letters = QFontMetricsF(font())
    for width in (240.0, 300.0, 700.0):
        box = QRectF(0.0, 0.0, width, 330.0)
        axes = axes_of(Panel(x=axis, y=axis, square=True), box, letters)
        shown = axis_words(axis, axes.y_range, axes.plot.height())
        assert max(map(letters.horizontalAdvance, shown)) <= axes.plot.left()


def test_an_axis_puts_values_where_they_are(qapp) -> None:
    axis = ChartAxis(label="x", low=0.0, high=10.0)
    panel = Panel(x=axis, y=axis, layers=())
    axes = axes_of(panel, QRectF(0.0, 0.0, 400.0, 300.0), QFontMetricsF(font()))
    assert axes.place(0.0, 0.0).x() == axes.plot.left()
    assert axes.place(0.0, 0.0).y() == axes.plot.bottom()
    assert axes.place(10.0, 10.0).y() == axes.plot.top()
    places = axes.places(np.array([[2.5, 5.0]]))
    assert (places[0].x(), places[0].y()) == (axes.x_px(2.5), axes.y_px(5.0))
    square = axes_of(
        Panel(x=axis, y=axis, square=True), QRectF(0, 0, 700, 300), QFontMetricsF(font())
    )
    across = square.x_px(1.0) - square.x_px(0.0)
    assert across == pytest.approx(square.y_px(0.0) - square.y_px(1.0))


def test_a_line_is_broken_where_nothing_is_known(qapp) -> None:
    points = np.array([[0.0, 5.0], [4.0, 5.0], [np.nan, np.nan], [6.0, 5.0], [10.0, 5.0]])
    axis = ChartAxis(label="", low=0.0, high=10.0)
    panel = Panel(x=axis, y=axis, layers=(Line(points=points, ink="danger", width_px=4.0),))
    figure = Figure(key="k", tab="", title="", subtitle="", panels=(panel,))
    image = _painted(figure, width=400, height=300)
    axes = axes_of(panel, QRectF(12, 12, 376, 276), QFontMetricsF(font()))
    red = [
        x
        for x in range(image.width())
        if any(
            image.pixelColor(x, y).red() > 150 > image.pixelColor(x, y).green() + 60
            for y in range(100, 220)
        )
    ]
    gap = range(round(axes.x_px(4.3)), round(axes.x_px(5.7)))
    assert red
    assert not set(gap) & set(red)


def test_charts_are_saved_as_svg_and_png_with_the_notice(qapp, tmp_path: Path) -> None:
    figure = _figures(_shown(60))["groups"]
    notice = "Research use only. Not a medical device."
    for ending in ("svg", "png"):
        assert save_figure(figure, notice, tmp_path / f"a.{ending}") == ""
    root = ElementTree.parse(tmp_path / "a.svg").getroot()
    words = "".join(root.itertext())
    assert "Lateral error by group" in words
    assert notice in words
    image = QImage(str(tmp_path / "a.png"))
    assert image.size() == SIZE * 2
    assert "SVG or PNG" in save_figure(figure, notice, tmp_path / "a.jpg")
    assert "cannot be written" in save_figure(figure, notice, tmp_path / "none" / "a.svg")
    assert "cannot be written" in save_figure(figure, notice, tmp_path / "none" / "a.png")


def test_the_same_figure_gives_the_same_svg(qapp, tmp_path: Path) -> None:
    for name in ("a.svg", "b.svg"):
        save_figure(_figures(_shown(30))["tips"], "", tmp_path / name)
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_the_table_has_a_row_for_every_error_of_every_group(qapp) -> None:
    rows = table_rows(_shown(60, operators=("A", "B")).groups)
    assert len(rows) == 24
    assert rows[0].cells[:2] == ("All", "Lateral error, mm")
    assert rows[5].measure == "Angle, °"
    assert "(" in rows[0].mean
    few = table_rows(_shown(2, operators=("A",)).groups)
    assert few[0].p95 == "too few"
    assert "too few cases" in few[0].remark
    (none,) = table_rows(_shown(0).groups)
    assert none.remark == "no core of it was imaged"


def test_no_number_is_a_negative_nothing() -> None:
    assert fixed(-0.04) == "0.0"
    assert fixed(-0.06) == "-0.1"
