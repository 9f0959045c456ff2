"""The error model learned from own cases: against brute force, the truth, and itself."""

from __future__ import annotations

import dataclasses
import re

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import multivariate_normal
from scipy.stats import t as student

from app import catalogue
from planning.cohort.calibration import calibration
from planning.cohort.error_likelihood import Parts, TipErrors, log_likelihood
from planning.cohort.learning import fit_error_model, known_parts
from planning.cohort.measured_errors import tip_errors
from planning.cohort.posterior import parts_of, vector_of
from planning.model.case import Guidance
from planning.model.cohort import CohortRows, cohort_of
from planning.trajectories.placement import executions
from tests.simulated_cohort import TrueErrors, balls, simulated_cohort, simulated_outcomes

RULES = catalogue.cohort_rules()
NAVIGATED = catalogue.error_models()[Guidance.NAVIGATED]
FREEHAND = catalogue.error_models()[Guidance.FREEHAND]
PARTS = Parts(own_at_skin_mm=2.0, growth=0.02, own_along_mm=1.5, shared_mm=1.1)


def _errors(sessions: tuple[int, ...]) -> TipErrors:
    rng, n = np.random.default_rng(11), sum(sessions)
    session = np.repeat(np.arange(len(sessions)), sessions)
    return TipErrors(
        across_mm=rng.normal(0.0, 3.0, (n, 2)),
        along_mm=rng.normal(0.0, 2.0, n),
        depth_mm=rng.uniform(30.0, 120.0, n),
        off_plane=rng.uniform(0.0, 1.0, n),
        session=session,
        measured_across=np.full(n, 0.06),
        measured_along=np.full(n, 0.16),
        measured_shared=rng.uniform(0.05, 0.2, len(sessions))[session],
    )


def _changed(rows: CohortRows, **columns: np.ndarray) -> CohortRows:
    kept = {f.name: getattr(rows, f.name) for f in dataclasses.fields(rows)}
    return cohort_of({**kept, **columns}, len(rows))


def test_the_likelihood_is_that_of_the_whole_covariance() -> None:
    errors, parts = (
        _errors((1, 3, 2, 1)),
        Parts(**dataclasses.asdict(PARTS) | {"off_plane_growth": 0.05}),
    )
    across = (
        parts.own_at_skin_mm**2
        + errors.depth_mm**2 * (parts.growth**2 + (errors.off_plane * 0.05) ** 2)
        + errors.measured_across
    )
    along = parts.own_along_mm**2 + errors.measured_along
    same = errors.session[:, None] == errors.session
    shared = same * (parts.shared_mm**2 + errors.measured_shared)
    wanted = sum(
        multivariate_normal.logpdf(values, cov=np.diag(own) + shared)
        for values, own in (
            (errors.across_mm[:, 0], across),
            (errors.across_mm[:, 1], across),
            (errors.along_mm, along),
        )
    )
    assert log_likelihood(errors, parts, heavy=False) == pytest.approx(wanted, rel=1e-10)


def test_the_heavy_likelihood_is_the_integral_over_the_shared_shift() -> None:
    errors = _errors((1, 2, 4))
    across = PARTS.own_across(errors.depth_mm, errors.off_plane) + errors.measured_across
    wanted = 0.0
    for values, own in (
        (errors.across_mm[:, 0], across),
        (errors.across_mm[:, 1], across),
        (errors.along_mm, PARTS.own_along_mm**2 + errors.measured_along),
    ):
        for session in range(3):
            at = errors.session == session
            spread = float(np.sqrt(PARTS.shared_mm**2 + errors.measured_shared[at][0]))

            def density(shift: float, at=at, spread=spread, values=values, own=own) -> float:
                scale = np.sqrt(own[at])
                each = student.pdf((values[at] - shift) / scale, 4) / scale
                normal = np.exp(-0.5 * (shift / spread) ** 2) / (spread * np.sqrt(2 * np.pi))
                return float(each.prod() * normal)

            wanted += np.log(quad(density, -30.0, 30.0, limit=300, points=[0.0])[0])
    assert log_likelihood(errors, PARTS, heavy=True) == pytest.approx(wanted, abs=0.03)


def test_without_own_cases_the_preset_stays() -> None:
    for preset in catalogue.error_models().values():
        fitted = fit_error_model(cohort_of({}, 0), preset, RULES)
        assert fitted.corrected.spread == preset.corrected
        assert fitted.first_pass.spread == preset.first_pass
        assert fitted.model.is_preset
        assert fitted.model.origin == ""


def test_few_cases_move_the_preset_little_and_many_move_it_all_the_way() -> None:
    truth = TrueErrors(own_at_skin_mm=4.0, growth_deg=3.0, own_along_mm=3.0)
    true_mm, before_mm = truth.lateral_mm(80.0), float(NAVIGATED.corrected.lateral_mm(80.0))
    reached = []
    for cases in (1, 20, 300):
        fits = [
            fit_error_model(simulated_cohort(cases, truth, seed=s), NAVIGATED, RULES)
            for s in range(2)
        ]
        lateral = np.mean([float(f.corrected.spread.lateral_mm(80.0)) for f in fits])
        reached.append((lateral - before_mm) / (true_mm - before_mm))
    assert reached[0] < 0.5
    assert reached[0] < reached[1]
    assert reached[2] == pytest.approx(1.0, abs=0.12)


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("guidance", [Guidance.NAVIGATED, Guidance.FREEHAND])
def test_300_cases_of_a_known_operator_give_the_true_deviations(
    heavy: bool, guidance: Guidance
) -> None:
    off_plane = 4.0 if guidance is Guidance.FREEHAND else 0.0
    truth = TrueErrors(heavy=heavy, off_plane_growth_deg=off_plane)
    rows = simulated_cohort(300, truth, seed=8, guidance=guidance.value)
    fitted = fit_error_model(rows, catalogue.error_models()[guidance], RULES, operator="A")
    spread = fitted.corrected.spread
    assert spread.heavy_tails is heavy
    depth = spread.reference_depth_mm
    assert float(spread.lateral_mm(depth)) == pytest.approx(truth.lateral_mm(depth), rel=0.10)
    assert spread.along_mm == pytest.approx(truth.along_mm, rel=0.10)
    if off_plane:
        share = np.tan(np.radians([truth.growth_deg, off_plane]))
        true_mm = np.hypot(truth.at_skin_mm, depth * np.hypot(*share))
        assert float(spread.lateral_mm(depth, 30.0)) == pytest.approx(true_mm, rel=0.12)
    learned = fitted.corrected.part("lateral_mm")
    assert learned is not None
    assert learned.low < spread.lateral_at_reference_mm < learned.high
    assert fitted.corrected.cases == 300
    assert fitted.model.origin.startswith(f"fitted to {len(rows)} cores in 300 cases of operator A")


@pytest.mark.parametrize("heavy", [False, True])
def test_chances_predicted_with_the_learned_model_come_true(heavy: bool) -> None:
    """Predicted by the planner's own executions, outcomes drawn by the simulation alone."""
    truth = TrueErrors(heavy=heavy)
    rows = simulated_cohort(300, truth, seed=21)
    spread = fit_error_model(rows, NAVIGATED, RULES, operator="A").corrected.spread
    aims, draws = balls(12_000, seed=5), executions(256, heavy_tails=spread.heavy_tails)
    turned = aims.depth_mm[:, None, None] * draws[None, :, 2:4] * spread.growth()
    off = np.empty((12_000, 256, 3))
    off[..., :2] = spread.at_skin_mm * draws[None, :, :2] + turned
    off[..., 2] = spread.along_mm * draws[None, :, 4]
    chance = (aims.sampled_mm(off) >= aims.enough_mm).mean(axis=1)
    came = simulated_outcomes(aims, truth, seed=5)
    assert 0.2 < came.mean() < 0.9
    assert calibration(chance, came, bins=10).expected_error <= 0.03


def test_the_ball_of_the_simulation_gives_the_chords_of_a_sphere() -> None:
    one = balls(1)
    aim = dataclasses.replace(
        one, radius_mm=np.array([5.0]), miss_mm=np.array([3.0]), depth_mm=np.array([60.0])
    )
    off = np.array([[0.0, 0.0, 0.0], [-3.0, 0.0, 0.0], [2.0, 0.0, 0.0], [-3.0, 0.0, 12.0]])
    assert aim.sampled_mm(off[None])[0].tolist() == pytest.approx([8.0, 10.0, 0.0, 3.0])


def test_the_shared_part_is_told_from_the_own() -> None:
    apart = TrueErrors(own_at_skin_mm=2.68, own_along_mm=2.16, shared_mm=0.05)
    together = TrueErrors(own_at_skin_mm=1.0, own_along_mm=0.8, shared_mm=2.49)
    found = []
    for truth in (apart, together):
        rows = simulated_cohort(300, truth, cores=(3,), seed=4)
        found.append(fit_error_model(rows, NAVIGATED, RULES).corrected.spread)
    assert found[0].shared_mm < 0.9
    assert found[1].shared_mm == pytest.approx(2.49, rel=0.12)
    assert all(s.shared_mm <= min(s.at_skin_mm, s.along_mm) for s in found)


def test_measurement_error_is_taken_off_in_quadrature() -> None:
    truth = TrueErrors(measured_across_mm=1.5, measured_along_mm=1.5, registration_mm=0.0)
    rows = simulated_cohort(300, truth, seed=2)
    rules = dataclasses.replace(
        RULES,
        measurement=dataclasses.replace(
            RULES.measurement, across_mm=1.5, along_mm=1.5, registration_usual_mm=0.0
        ),
    )
    aware = fit_error_model(rows, NAVIGATED, rules).corrected.spread
    naive = fit_error_model(rows, NAVIGATED, RULES).corrected.spread
    assert aware.along_mm == pytest.approx(truth.along_mm, rel=0.08)
    assert naive.along_mm > 1.1 * aware.along_mm
    assert naive.along_mm**2 - aware.along_mm**2 == pytest.approx(1.5**2 - 0.4**2, rel=0.2)


def test_a_registration_s_residual_counts_up_to_its_most() -> None:
    rows = simulated_cohort(4, cores=(1,))
    residual = np.array([np.nan, 0.0, 1.0, 50.0])
    errors, _ = tip_errors(
        _changed(rows, registration_residual_mm=residual), NAVIGATED.corrected, RULES.measurement
    )
    m = RULES.measurement
    wanted = [m.registration_usual_mm, 0.0, m.registration_share, m.registration_most_mm]
    assert errors.measured_shared == pytest.approx(np.square(wanted))


def test_an_operator_leans_on_the_others_first() -> None:
    others = simulated_cohort(200, TrueErrors(own_at_skin_mm=5.0), operators=("B",), seed=1)
    own = simulated_cohort(3, TrueErrors(own_at_skin_mm=5.0), operators=("A",), seed=2)
    rows = _joined(others, _changed(own, case=np.array([f"x{c}" for c in own.case], dtype=object)))
    alone = fit_error_model(own, NAVIGATED, RULES, operator="A").corrected
    leaning = fit_error_model(rows, NAVIGATED, RULES, operator="A").corrected
    true_mm = TrueErrors(own_at_skin_mm=5.0).lateral_mm(80.0)

    def off(fitted) -> float:
        return abs(float(fitted.spread.lateral_mm(80.0)) - true_mm)

    assert leaning.cases == alone.cases == 3
    assert off(leaning) < off(alone)


def test_first_passes_teach_the_first_pass_and_are_never_the_smaller_ones() -> None:
    last = simulated_cohort(150, TrueErrors(own_at_skin_mm=1.5, growth_deg=1.0), seed=1)
    first = simulated_cohort(150, TrueErrors(own_at_skin_mm=5.0), seed=2, stage="first-pass")
    first = _changed(first, is_last=np.zeros(len(first), dtype=np.bool_))
    fitted = fit_error_model(_joined(last, first), NAVIGATED, RULES)
    assert fitted.corrected.cores == len(last)
    assert fitted.first_pass.cores == len(first)
    assert fitted.first_pass.spread.at_skin_mm > 1.5 * fitted.corrected.spread.at_skin_mm
    large = simulated_cohort(300, TrueErrors(own_at_skin_mm=9.0, growth_deg=6.0), seed=3)
    only = fit_error_model(large, NAVIGATED, RULES).model
    depths = np.linspace(0.0, 150.0, 5)
    assert (only.first_pass.lateral_mm(depths) >= only.corrected.lateral_mm(depths)).all()


def test_outliers_are_named_and_count() -> None:
    rows = simulated_cohort(100, seed=7)
    in_plane = rows.in_plane_mm.copy()
    in_plane[7] = 40.0
    spoiled = _changed(
        rows, in_plane_mm=in_plane, lateral_tip_mm=np.hypot(in_plane, rows.off_plane_mm)
    )
    fitted = fit_error_model(spoiled, NAVIGATED, RULES).corrected
    assert (fitted.outliers[0].case, fitted.outliers[0].core) == (rows.case[7], rows.core[7])
    assert fitted.cores == len(rows)
    assert not fit_error_model(rows, NAVIGATED, RULES).corrected.outliers


def test_what_the_model_does_not_hold_is_said() -> None:
    biased = fit_error_model(simulated_cohort(200, TrueErrors(bias_depth_mm=2.0)), NAVIGATED, RULES)
    assert any(re.search(r"(1\.[89]|2\.[012]) mm too deep", r) for r in biased.corrected.remarks)
    rows = simulated_cohort(300, seed=9)
    tall = _changed(rows, off_plane_mm=rows.off_plane_mm * 2.0)
    said = fit_error_model(tall, NAVIGATED, RULES).corrected.remarks
    assert any(
        re.search(r"off the plane of the slices are (1\.[89]|2\.[0-2]) times", r) for r in said
    )
    plain = fit_error_model(rows, NAVIGATED, RULES).corrected.remarks
    assert plain == ()
    single = fit_error_model(simulated_cohort(50, cores=(1,)), NAVIGATED, RULES)
    assert "no case has several cores" in single.corrected.remarks[0]


def test_cores_that_cannot_count_are_counted() -> None:
    rows = simulated_cohort(30)
    depth, angle = rows.planned_depth_mm.copy(), rows.planned_angle_deg.copy()
    depth[:2], angle[2:5] = np.nan, np.nan
    odd = _changed(rows, planned_depth_mm=depth, planned_angle_deg=angle)
    assert fit_error_model(odd, NAVIGATED, RULES).left_out == 2
    freehand = _changed(odd, guidance=np.full(len(odd), "freehand", dtype=object))
    assert fit_error_model(freehand, FREEHAND, RULES).left_out == 5
    assert fit_error_model(freehand, NAVIGATED, RULES).corrected.cores == 0


def test_the_same_cases_teach_the_same_model_and_row_order_hardly_matters() -> None:
    rows = simulated_cohort(60)
    one, two = (fit_error_model(rows, NAVIGATED, RULES) for _ in range(2))
    assert one == two
    turned = rows.where(np.ones(len(rows), dtype=np.bool_))
    order = np.random.default_rng(0).permutation(len(rows))
    turned = cohort_of(
        {f.name: getattr(rows, f.name)[order] for f in dataclasses.fields(rows)}, len(rows)
    )
    other = fit_error_model(turned, NAVIGATED, RULES).corrected.spread
    assert other.lateral_at_reference_mm == pytest.approx(
        one.corrected.spread.lateral_at_reference_mm, abs=2e-3
    )


def test_parts_come_back_from_their_vector_and_from_a_spread() -> None:
    for parts in (PARTS, dataclasses.replace(PARTS, off_plane_growth=0.1)):
        assert parts_of(vector_of(parts)) == parts
    for preset in catalogue.error_models().values():
        for spread in (preset.corrected, preset.first_pass):
            parts = known_parts(spread, RULES.learning)
            assert parts.at_skin_mm == pytest.approx(spread.at_skin_mm)
            assert parts.along_mm == pytest.approx(spread.along_mm)
            assert parts.own_along_mm > 0.0


def _joined(one: CohortRows, other: CohortRows) -> CohortRows:
    columns = {
        f.name: np.concatenate([getattr(one, f.name), getattr(other, f.name)])
        for f in dataclasses.fields(one)
    }
    return cohort_of(columns, len(one) + len(other))
