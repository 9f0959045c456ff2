"""Learns the error models of many simulated operators and prints how far from the truth they are.

Run apart: ``python tests/endurance/run_learning.py [COHORTS]``; about a second for each.
"""

from __future__ import annotations

import sys

import numpy as np

from app import catalogue
from planning.cohort.calibration import calibration
from planning.cohort.fitted_model import FittedErrorModel
from planning.cohort.learning import fit_error_model
from planning.model.case import Guidance
from planning.model.error_model import Spread
from planning.trajectories.placement import executions
from tests.simulated_cohort import (
    Balls,
    TrueErrors,
    balls,
    simulated_cohort,
    simulated_outcomes,
)

SCENARIOS = {
    "300 cases, Gaussian": (300, TrueErrors(), (1, 2, 3)),
    "300 cases, twice the preset": (
        300,
        TrueErrors(own_at_skin_mm=5.0, growth_deg=3.0, own_along_mm=3.5, shared_mm=2.5),
        (1, 2, 3),
    ),
    "300 cases, half the preset": (
        300,
        TrueErrors(own_at_skin_mm=1.0, growth_deg=0.8, own_along_mm=0.9, shared_mm=0.6),
        (1, 2, 3),
    ),
    "300 cases of one core": (300, TrueErrors(), (1,)),
    "300 cases, heavy tails": (300, TrueErrors(heavy=True), (1, 2, 3)),
    "30 cases, Gaussian": (30, TrueErrors(), (1, 2, 3)),
}
OUTCOMES = 20_000


def predicted(aims: Balls, spread: Spread, draws: int = 512) -> np.ndarray:
    """Return the chance that each needle brings home enough, from the planner's own executions."""
    errors = executions(draws, heavy_tails=spread.heavy_tails)
    turned = aims.depth_mm[:, None, None] * errors[None, :, 2:4] * spread.growth()
    off = np.empty((len(aims.radius_mm), draws, 3))
    off[..., :2] = spread.at_skin_mm * errors[None, :, :2] + turned
    off[..., 2] = spread.along_mm * errors[None, :, 4]
    return (aims.sampled_mm(off) >= aims.enough_mm).mean(axis=1)


def ratios(fitted: FittedErrorModel, truth: TrueErrors) -> dict[str, float]:
    """Return each fitted deviation over the true one, less one."""
    spread = fitted.corrected.spread
    depth = spread.reference_depth_mm
    return {
        "lateral": float(spread.lateral_mm(depth)) / truth.lateral_mm(depth) - 1.0,
        "lateral at 40 mm": float(spread.lateral_mm(40.0)) / truth.lateral_mm(40.0) - 1.0,
        "lateral at 120 mm": float(spread.lateral_mm(120.0)) / truth.lateral_mm(120.0) - 1.0,
        "along": spread.along_mm / truth.along_mm - 1.0,
        "shared": spread.shared_mm / truth.shared_mm - 1.0,
        "at skin": spread.at_skin_mm / truth.at_skin_mm - 1.0,
        "growth": spread.growth_deg / truth.growth_deg - 1.0,
    }


def covered(fitted: FittedErrorModel, truth: TrueErrors) -> dict[str, bool]:
    """Tell which intervals hold the truth."""
    depth = fitted.corrected.spread.reference_depth_mm
    true = {
        "lateral": ("lateral_mm", truth.lateral_mm(depth)),
        "along": ("along_mm", truth.along_mm),
        "shared": ("shared_mm", truth.shared_mm),
        "at skin": ("at_skin_mm", truth.at_skin_mm),
        "growth": ("growth_deg", truth.growth_deg),
    }
    parts = {name: (fitted.corrected.part(part), value) for name, (part, value) in true.items()}
    return {n: p is not None and p.low <= v <= p.high for n, (p, v) in parts.items()}


def main() -> None:
    """Print the distribution of errors for each scenario."""
    cohorts = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    preset = catalogue.error_models()[Guidance.NAVIGATED]
    for name, (cases, truth, cores) in SCENARIOS.items():
        found, held, gaps, tails = [], [], [], 0
        for seed in range(cohorts):
            rows = simulated_cohort(cases, truth, cores=cores, seed=seed)
            fitted = fit_error_model(rows, preset, catalogue.cohort_rules(), operator="A")
            found.append(ratios(fitted, truth))
            held.append(covered(fitted, truth))
            tails += fitted.corrected.spread.heavy_tails == truth.heavy
            aims = balls(OUTCOMES, seed=seed)
            chance = predicted(aims, fitted.corrected.spread)
            came = simulated_outcomes(aims, truth, seed=seed)
            gaps.append(calibration(chance, came, bins=10).expected_error)
        print(f"\n{name}: {cohorts} cohorts, tails told right in {tails}")
        for key in found[0]:
            values = np.array([one[key] for one in found])
            within = f"{np.mean(np.abs(values) <= 0.1):4.0%} within 10 %"
            inside = (
                f", interval holds {np.mean([h[key] for h in held]):4.0%}" if key in held[0] else ""
            )
            spread = np.quantile(values, [0.05, 0.5, 0.95]) * 100
            print(
                f"  {key:18} {spread[0]:+6.1f} {spread[1]:+6.1f} {spread[2]:+6.1f} %  "
                f"(worst {100 * np.abs(values).max():.1f} %) {within}{inside}"
            )
        print(f"  calibration error   median {np.median(gaps):.4f}, worst {max(gaps):.4f}")


if __name__ == "__main__":
    main()
