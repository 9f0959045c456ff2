"""Control chart, learning curve, calibration and tip clouds against what is known of them."""

from __future__ import annotations

import numpy as np
import pytest

from app import catalogue
from planning.cohort.calibration import calibration
from planning.cohort.control_chart import control_chart
from planning.cohort.curves import learning_curves, running_median
from planning.cohort.tip_cloud import ellipse_of, tip_cloud
from planning.model.cohort import cohort_of
from tests.simulated_cohort import TrueErrors, simulated_cohort

RULES = catalogue.cohort_rules()


def _dated(errors: np.ndarray) -> object:
    n = len(errors)
    return cohort_of(
        {
            "date": np.datetime64("2024-01-01", "D") + np.arange(n),
            "case": np.array([f"c{k}" for k in range(n)], dtype=object),
            "lateral_tip_mm": errors,
        },
        n,
    )


def test_the_average_is_the_recursion_it_says() -> None:
    errors = np.random.default_rng(0).rayleigh(2.0, 120)
    chart = control_chart(_dated(errors), RULES.chart)
    power, weight = RULES.chart.power, RULES.chart.weight
    average = (errors[:50] ** power).mean()
    for k in range(50, 120):
        average = (1.0 - weight) * average + weight * errors[k] ** power
        assert chart.average_mm[k] == pytest.approx(average ** (1.0 / power))
    assert chart.baseline == 50
    assert np.isnan(chart.average_mm[:50]).all()
    assert chart.low_mm[60] < chart.centre_mm < chart.high_mm[60]


def test_errors_that_stay_raise_few_flags_and_errors_that_grow_are_noticed() -> None:
    rng, false_alarms, noticed, late = np.random.default_rng(7), 0, 0, []
    for _ in range(60):
        steady = rng.rayleigh(2.0, 150)
        false_alarms += bool(control_chart(_dated(steady), RULES.chart).drifts)
        grown = np.concatenate([rng.rayleigh(2.0, 50), rng.rayleigh(3.0, 60)])
        chart = control_chart(_dated(grown), RULES.chart)
        worse = [d for d in chart.drifts if d.worse]
        noticed += bool(worse)
        late += [worse[0].first - 49] if worse else []
    assert false_alarms <= 15  # 100 cases each; about 0.17 are expected to
    assert noticed >= 57
    assert np.median(late) <= 16


def test_a_drift_says_since_when_how_far_and_whether_it_lasts() -> None:
    rng = np.random.default_rng(1)
    errors = np.concatenate([rng.rayleigh(2.0, 60), rng.rayleigh(6.0, 30)])
    chart = control_chart(_dated(errors), RULES.chart)
    assert chart.is_drifting
    drift = chart.drifts[-1]
    assert drift.worse
    assert 60 <= drift.first <= 70
    assert drift.last == 89
    assert 1.8 < drift.ratio < 4.5
    better = control_chart(_dated(errors[::-1] * 1.0), RULES.chart)
    assert not better.is_drifting


def test_order_is_by_date_and_undated_cases_are_counted() -> None:
    rows = _dated(np.arange(1.0, 101.0))
    turned = cohort_of(
        {n: getattr(rows, n)[::-1].copy() for n in ("date", "case", "lateral_tip_mm")}, 100
    )
    chart = control_chart(turned, RULES.chart)
    assert chart.error_mm.tolist() == pytest.approx(list(np.arange(1.0, 101.0)))
    date = rows.date.copy()
    date[::2] = np.datetime64("NaT")
    columns = {"date": date, "case": rows.case, "lateral_tip_mm": rows.lateral_tip_mm}
    assert control_chart(cohort_of(columns, 100), RULES.chart).undated == 50


def test_too_few_cases_have_no_chart_and_the_reason() -> None:
    chart = control_chart(_dated(np.ones(30)), RULES.chart)
    assert "too few" in chart.reason
    assert not chart.drifts


def test_a_learning_curve_follows_its_operator_and_never_looks_ahead() -> None:
    n = 80
    errors = np.where(np.arange(n) < 40, 6.0, 2.0)
    columns = {
        "date": np.datetime64("2024-01-01", "D") + np.arange(n),
        "case": np.array([f"c{k}" for k in range(n)], dtype=object),
        "operator": np.array(["A"] * n, dtype=object),
        "lateral_tip_mm": errors,
    }
    (curve,) = learning_curves(cohort_of(columns, n), RULES)
    running = curve.running
    assert running is not None
    before = running.median[running.x <= 40]
    assert (before == 6.0).all()
    assert running.median[-1] == 2.0
    assert running.x[-1] == n
    few = learning_curves(simulated_cohort(5), RULES)
    assert [c.running for c in few] == [None]


def test_a_running_median_knows_the_median_of_its_window() -> None:
    x, y = np.arange(31.0), np.arange(31.0) ** 2
    found = running_median(x[::-1], y[::-1], 5)
    assert found is not None
    assert found.median.tolist() == ((x[2:-2]) ** 2).tolist()
    assert running_median(x, np.full(31, np.nan), 5) is None


def test_right_predictions_are_calibrated_and_wrong_ones_are_not() -> None:
    rng = np.random.default_rng(2)
    chance = rng.uniform(size=20_000)
    right = calibration(chance, (rng.uniform(size=20_000) < chance) * 1.0, bins=10)
    assert right.expected_error < 2.5 * right.expected_by_luck < 0.02
    wrong = calibration(chance, (rng.uniform(size=20_000) < chance**2) * 1.0, bins=10)
    # mean of |p - p^2| over the unit interval is 1/6
    assert wrong.expected_error == pytest.approx(1.0 / 6.0, abs=0.01)
    assert right.brier == pytest.approx(1.0 / 6.0, abs=0.01)  # mean of p (1 - p)
    assert right.brier_of_mean == pytest.approx(0.25, abs=0.01)


def test_luck_alone_is_what_right_predictions_show_on_average() -> None:
    rng, found, luck = np.random.default_rng(3), [], 0.0
    chance = rng.uniform(0.3, 1.0, 200)
    for _ in range(200):
        made = calibration(chance, (rng.uniform(size=200) < chance) * 1.0, bins=10)
        found.append(made.expected_error)
        luck = made.expected_by_luck
    assert luck == pytest.approx(np.mean(found), rel=0.06)


def test_unknown_outcomes_do_not_count_and_certain_ones_have_their_bin() -> None:
    chance = np.array([0.0, 1.0, 0.5, np.nan, 0.7])
    came = np.array([0.0, 1.0, np.nan, 1.0, 1.0])
    found = calibration(chance, came, bins=10)
    assert found.count == 3
    assert sum(b.observed.count for b in found.bins) == 3
    assert found.bins[-1].high == 1.0
    assert calibration(chance, came, bins=10, fewest=4).reason


def test_the_ellipse_holds_95_percent_wherever_it_points() -> None:
    rng = np.random.default_rng(4)
    turn = np.radians(30.0)
    axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
    points = rng.normal(0.0, 1.0, (40_000, 2)) * [4.0, 1.5] @ axes + [2.0, -1.0]
    ellipse = ellipse_of(points)
    assert ellipse is not None
    assert ellipse.angle_deg == pytest.approx(30.0, abs=1.0)
    assert ellipse.centre == pytest.approx((2.0, -1.0), abs=0.06)
    assert ellipse.half_axes == pytest.approx((4.0 * 2.4477, 1.5 * 2.4477), rel=0.02)
    own = (points - ellipse.centre) @ axes.T / ellipse.half_axes
    assert ((own**2).sum(axis=1) <= 1.0).mean() == pytest.approx(0.95, abs=0.005)
    outline = (ellipse.outline() - ellipse.centre) @ axes.T / ellipse.half_axes
    assert (outline**2).sum(axis=1) == pytest.approx(1.0, abs=0.05)


def test_a_bias_too_deep_shows_in_the_cloud() -> None:
    cloud = tip_cloud(simulated_cohort(400, TrueErrors(bias_depth_mm=3.0)))
    assert cloud.lengthwise is not None
    assert cloud.lengthwise.centre[1] == pytest.approx(3.0, abs=0.3)
    assert cloud.lengthwise.centre[0] == pytest.approx(0.0, abs=0.5)
    assert tip_cloud(simulated_cohort(1)).across is None
