"""Statistics of a cohort: against numpy, against known truths, with cases as the unit of chance."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest

from app import catalogue
from planning.cohort.findings import findings
from planning.cohort.grouping import (
    UNKNOWN,
    Grouping,
    Selection,
    case_numbers,
    final_errors,
    groups,
    selected,
)
from planning.cohort.resampling import _Sample, resampled
from planning.cohort.statistics import MEASURES, share_of, summaries
from planning.cohort.statistics_csv import statistics_to_csv
from planning.model.cohort import cohort_of
from tests.simulated_cohort import TrueErrors, simulated_cohort

RULES = catalogue.cohort_rules()


def test_every_draw_of_cases_is_what_numpy_says() -> None:
    rows = simulated_cohort(60, TrueErrors(heavy=True), seed=3)
    number, values = case_numbers(rows), np.stack([rows.lateral_tip_mm, rows.depth_mm])
    sample = _Sample.of(values, number, 60)
    drawn = np.random.default_rng(1).integers(0, 60, (40, 60))
    found = sample.statistics(drawn)
    for k, cases in enumerate(drawn):
        at = np.concatenate([np.flatnonzero(number == case) for case in cases])
        here = values[:, at]
        for m in range(2):
            wanted = (
                here[m].mean(),
                here[m].std(ddof=1),
                np.median(here[m]),
                np.quantile(np.abs(here[m]), 0.95),
            )
            assert found[m, :, k] == pytest.approx(wanted, rel=1e-9)


def test_a_draw_that_lies_far_off_is_still_right() -> None:
    """The quantiles look only near the cohort's own; a draw of one extreme case is elsewhere."""
    values = np.arange(4_000.0)[None]
    sample = _Sample.of(values, np.arange(4_000), 4_000)
    found = sample.statistics(np.full((1, 4_000), 3_999))
    assert found[0, :, 0] == pytest.approx([3_999.0, 0.0, 3_999.0, 3_999.0])


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    truth = 2.0 * np.sqrt(np.pi / 2.0)  # mean of a Rayleigh law with sigma 2
    rng, held = np.random.default_rng(5), 0
    for _ in range(100):
        values = np.hypot(*rng.normal(0.0, 2.0, (2, 60)))[None]
        found = resampled(values, np.arange(60), RULES.intervals, draws=300)
        held += bool(found.low[0, 0] <= truth <= found.high[0, 0])
    assert 88 <= held <= 100


def test_cores_that_share_an_error_count_as_one_case() -> None:
    rng = np.random.default_rng(0)
    by_case = rng.normal(0.0, 1.0, 50)
    five_times = np.repeat(by_case, 5)[None]
    clustered = resampled(five_times, np.repeat(np.arange(50), 5), RULES.intervals, draws=800)
    apart = resampled(five_times, np.arange(250), RULES.intervals, draws=800)
    once = resampled(by_case[None], np.arange(50), RULES.intervals, draws=800)
    width = [float(r.high[0, 0] - r.low[0, 0]) for r in (clustered, apart, once)]
    assert width[0] == pytest.approx(width[2], rel=0.15)
    assert width[0] > 1.8 * width[1]


def test_the_same_rows_give_the_same_bytes_and_the_order_of_rows_does_not_matter_to_values() -> (
    None
):
    rows = simulated_cohort(40, operators=("A", "B"))
    one, two = (statistics_to_csv(summaries(rows, RULES, Grouping.OPERATOR)) for _ in range(2))
    assert one == two
    turned = cohort_of(
        {n: getattr(rows, n)[::-1].copy() for n in ("case", "lateral_tip_mm")}, len(rows)
    )
    first, second = summaries(rows, RULES)[0], summaries(turned, RULES)[0]
    here, there = first.of("lateral_tip_mm"), second.of("lateral_tip_mm")
    assert here is not None
    assert there is not None
    assert here.mean.value == pytest.approx(there.mean.value)
    assert here.median.value == pytest.approx(there.median.value)


def test_the_errors_of_the_simulation_come_out() -> None:
    truth = TrueErrors(measured_across_mm=0.0, measured_along_mm=0.0, registration_mm=0.0)
    rows = simulated_cohort(3_000, truth, seed=1)
    whole = summaries(rows, RULES)[0]
    depth, squares = whole.of("depth_mm"), rows.lateral_tip_mm**2
    assert depth is not None
    assert depth.sd is not None
    assert depth.sd.value == pytest.approx(truth.along_mm, rel=0.03)
    assert whole.cases == 3_000
    euclidean = rows.euclidean_tip_mm**2
    assert np.abs(euclidean - squares - rows.depth_mm**2).max() < 1e-9


def test_small_groups_say_so() -> None:
    one = summaries(simulated_cohort(1), RULES)[0]
    assert "too few cases" in one.remark
    for summary in one.measures:
        assert summary.mean.low is None
        assert summary.p95 is None
    single = summaries(simulated_cohort(1, cores=(1,)), RULES)[0]
    assert all(summary.sd is None for summary in single.measures)
    none = summaries(simulated_cohort(0), RULES)[0]
    assert (none.cores, none.measures, none.remark) == (0, (), "no core of it was imaged")
    nine = summaries(simulated_cohort(9, cores=(1,)), RULES)[0]
    assert "95th percentile" in nine.remark
    assert nine.measures[0].mean.low is not None


def test_values_that_never_differ_have_an_interval_of_no_width() -> None:
    found = resampled(np.full((1, 30), 2.0), np.arange(30), RULES.intervals, draws=200)
    assert found.value[0].tolist() == [2.0, 0.0, 2.0, 2.0]
    assert found.low[0, 0] == found.high[0, 0] == 2.0


def test_groups_divide_the_cohort_and_bands_hold_their_edges() -> None:
    rows = simulated_cohort(50, operators=("B", "A"))
    for by in Grouping:
        found = groups(rows, by, RULES)
        assert sum(int(g.wanted.sum()) for g in found) == len(rows)
    assert [g.name for g in groups(rows, Grouping.OPERATOR, RULES)] == ["A", "B"]
    depth = np.array([10.0, 40.0, 69.9, 130.0, np.nan])
    edged = cohort_of({"planned_depth_mm": depth}, 5)
    assert [
        (g.name, g.wanted.nonzero()[0].tolist()) for g in groups(edged, Grouping.DEPTH, RULES)
    ] == [
        ("below 40 mm", [0]),
        ("40 to 70 mm", [1, 2]),
        ("130 mm and more", [3]),
        (UNKNOWN, [4]),
    ]


def test_earlier_scans_and_cores_without_a_scan_are_left_out_of_errors() -> None:
    columns = {
        "case": np.array(["a", "a", "b"], dtype=object),
        "is_last": np.array([False, True, True]),
        "lateral_tip_mm": np.array([9.0, 1.0, np.nan]),
        "adequate": np.array([np.nan, 1.0, 0.0]),
    }
    rows = cohort_of(columns, 3)
    assert final_errors(rows).lateral_tip_mm.tolist() == [1.0]
    whole = summaries(rows, RULES)[0]
    assert (whole.cores, whole.not_imaged) == (1, 1)
    assert whole.adequate is not None
    assert (whole.adequate.yes, whole.adequate.count) == (1, 2)


def test_a_selection_lets_through_what_it_names() -> None:
    rows = simulated_cohort(40, operators=("A", "B"))
    only = selected(rows, Selection(operator="A", site="femur"))
    assert 0 < len(only) < len(rows)
    assert set(only.operator) == {"A"}
    assert set(only.site) == {"femur"}
    assert selected(rows, Selection()) is rows


def test_wilson_s_interval_is_the_published_one() -> None:
    share = share_of(np.array([1.0] * 8 + [0.0] * 2 + [np.nan]))
    assert share is not None
    # (p + z2/2n +- z sqrt(p(1-p)/n + z2/4n2)) / (1 + z2/n) with p = 0.8, n = 10
    assert (share.low, share.high) == (
        pytest.approx(0.4902, abs=1e-4),
        pytest.approx(0.9433, abs=1e-4),
    )
    assert share_of(np.array([np.nan])) is None


def test_the_table_of_statistics_holds_every_error_of_every_group() -> None:
    rows = simulated_cohort(30, operators=("A", "=B, C"))
    text = statistics_to_csv(summaries(rows, RULES, Grouping.OPERATOR))
    read = list(csv.DictReader(io.StringIO(text)))
    assert len(read) == 3 * len(MEASURES)
    assert {line["group"] for line in read} == {
        "all",
        "A",
        "'=B, C",
    }  # for a spreadsheet no formula
    first = read[0]
    assert float(first["mean_low"]) < float(first["mean"]) < float(first["mean_high"])
    empty = statistics_to_csv(summaries(simulated_cohort(0), RULES))
    lines = list(csv.reader(io.StringIO(empty)))
    assert len(lines[0]) == len(lines[1])


def test_findings_of_one_and_of_no_case_are_whole() -> None:
    for count in (0, 1):
        found = findings(simulated_cohort(count), RULES, by=Grouping.SITE)
        assert found.chart.reason
        assert found.calibration.reason
        assert found.by_depth is None
