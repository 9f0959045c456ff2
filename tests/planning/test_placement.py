"""Closed-form chances under placement error, and whether executions agree with them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from planning.trajectories import placement


@pytest.mark.parametrize(
    ("radius_mm", "chances"),
    [
        (5.0, (1.000, 1.000, 0.976, 0.799, 0.605)),
        (2.5, (0.998, 0.887, 0.605, 0.330, 0.207)),
    ],
)
def test_the_published_table_of_touching_a_lesion(radius_mm: float, chances: tuple) -> None:
    for mean_mm, chance in zip((0.9, 1.5, 2.3, 3.5, 4.6), chances, strict=True):
        sigma_mm = placement.sigma_of_mean_lateral(mean_mm)
        assert float(placement.touches_disc(radius_mm, sigma_mm)) == pytest.approx(chance, abs=6e-4)


def test_the_hotspot_of_van_de_ven() -> None:
    rms_mm = placement.rms_for_hit(0.3, 0.9)
    assert rms_mm == pytest.approx(2.877, abs=5e-4)
    radius_mm = (0.3 * 3000.0 / (4.0 * np.pi)) ** (1 / 3)
    assert float(placement.ends_in_ball(radius_mm, rms_mm / np.sqrt(3))) == pytest.approx(0.9)


def test_three_cores_that_share_an_error_are_not_independent() -> None:
    shared = placement.any_touches_disc(5.0, 1.5, 2.0, 3)
    assert shared == pytest.approx(0.974, abs=5e-4)
    single = float(placement.touches_disc(5.0, np.hypot(1.5, 2.0)))
    assert 1.0 - (1.0 - single) ** 3 == pytest.approx(0.998, abs=5e-4)
    assert placement.any_touches_disc(5.0, 1.5, 0.0, 3) == pytest.approx(
        1.0 - np.exp(-(25 / 4.5)) ** 3
    )


def test_no_planned_miss_is_the_limit_of_a_small_one() -> None:
    assert float(placement.touches_disc(4.0, 2.0)) == pytest.approx(1 - np.exp(-2.0))
    assert float(placement.touches_disc(4.0, 2.0, 1e-3)) == pytest.approx(
        1 - np.exp(-2.0), abs=1e-6
    )


@given(st.floats(0.5, 20.0), st.floats(0.2, 8.0), st.floats(0.0, 15.0), st.floats(1.0, 3.0))
def test_more_miss_never_helps_and_a_larger_disc_never_harms(
    radius_mm: float, sigma_mm: float, miss_mm: float, factor: float
) -> None:
    chance = float(placement.touches_disc(radius_mm, sigma_mm, miss_mm))
    assert 0.0 <= chance <= 1.0
    further = float(placement.touches_disc(radius_mm, sigma_mm, miss_mm * factor + 0.01))
    assert further <= chance + 1e-9
    larger = float(placement.touches_disc(radius_mm * factor, sigma_mm, miss_mm))
    assert larger >= chance - 1e-9


def test_executions_are_standard_and_the_same_every_time() -> None:
    errors = placement.executions(4096, heavy_tails=False)
    assert errors.mean(axis=0) == pytest.approx(np.zeros(5), abs=2e-3)
    assert errors.std(axis=0) == pytest.approx(np.ones(5), abs=5e-3)
    assert np.corrcoef(errors.T)[~np.eye(5, dtype=bool)] == pytest.approx(np.zeros(20), abs=0.01)
    placement.executions.cache_clear()
    assert np.array_equal(errors, placement.executions(4096, heavy_tails=False))
    assert not np.array_equal(errors, placement.executions(4096, heavy_tails=False, salt=1))


def test_executions_touch_a_disc_as_often_as_the_formula_says() -> None:
    errors = placement.executions(4096, heavy_tails=False)
    for sigma_mm, miss_mm in ((1.0, 0.5), (2.1, 3.0), (4.0, 0.0)):
        off = errors[:, :2] * sigma_mm + [miss_mm, 0.0]
        share = np.mean(np.linalg.norm(off, axis=1) < 4.0)
        assert share == pytest.approx(
            float(placement.touches_disc(4.0, sigma_mm, miss_mm)), abs=6e-3
        )


def test_heavy_tails_have_the_quartiles_of_the_trial() -> None:
    """First pass freehand: median 8.9 mm, quartiles 4.9 and 15.1; a Rayleigh law cannot."""
    errors = placement.executions(8192, heavy_tails=True)
    low, middle, high = np.percentile(7.5 * np.linalg.norm(errors[:, :2], axis=1), [25, 50, 75])
    assert high == pytest.approx(15.0, abs=0.2)
    assert (low, middle) == pytest.approx((5.9, 9.65), abs=0.15)
    light = np.linalg.norm(placement.executions(8192, heavy_tails=False)[:, :2], axis=1)
    assert high / low > 1.1 * np.percentile(light, 75) / np.percentile(light, 25)
