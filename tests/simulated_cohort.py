"""Cohorts of a known operator: executed needles drawn from errors that are known; fits nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.model.cohort import CohortRows, cohort_of


@dataclass(frozen=True, slots=True, kw_only=True)
class TrueErrors:
    """How a simulated operator's needles scatter, and what the control CT adds.

    Own parts are standard deviations per axis of each needle's own error (with heavy tails the
    scale of Student's t with four degrees of freedom, common to all of a needle's errors), the
    shared part that of a shift drawn once for all needles of a case.
    """

    own_at_skin_mm: float = 2.4
    growth_deg: float = 1.6
    off_plane_growth_deg: float = 0.0
    own_along_mm: float = 1.8
    shared_mm: float = 1.2
    heavy: bool = False
    bias_depth_mm: float = 0.0
    measured_across_mm: float = 0.25
    measured_along_mm: float = 0.4
    registration_mm: float = 0.3

    def lateral_mm(self, depth_mm: float) -> float:
        """Return the true deviation per axis across the needle at a depth, in the plane."""
        grown = depth_mm * np.tan(np.radians(self.growth_deg))
        return float(np.sqrt(self.own_at_skin_mm**2 + grown**2 + self.shared_mm**2))

    @property
    def along_mm(self) -> float:
        return float(np.hypot(self.own_along_mm, self.shared_mm))

    @property
    def at_skin_mm(self) -> float:
        return float(np.hypot(self.own_at_skin_mm, self.shared_mm))


def executed_offsets(
    truth: TrueErrors,
    depth_mm: NDArray[np.float64],
    angle_deg: NDArray[np.float64],
    case: NDArray[np.intp],
    rng: np.random.Generator,
) -> NDArray[np.float64]:
    """Return where needles end, (n, 3): off the plan in two directions across, and along."""
    n = len(depth_mm)
    at_skin = rng.normal(0.0, truth.own_at_skin_mm, (n, 2))
    share = np.minimum(1.0, np.abs(angle_deg) / 10.0) * np.tan(
        np.radians(truth.off_plane_growth_deg)
    )
    sigma = np.hypot(np.tan(np.radians(truth.growth_deg)), share)
    turned = rng.normal(0.0, 1.0, (n, 2)) * sigma[:, None]
    own = np.column_stack([at_skin + depth_mm[:, None] * turned, np.zeros(n)])
    own[:, 2] = rng.normal(0.0, truth.own_along_mm, n)
    if truth.heavy:
        own *= np.sqrt(4.0 / rng.chisquare(4.0, n))[:, None]
    shared = rng.normal(0.0, truth.shared_mm, (int(case.max()) + 1, 3)) if n else np.empty((0, 3))
    return own + shared[case] + np.array([0.0, 0.0, truth.bias_depth_mm])


def simulated_cohort(
    cases: int,
    truth: TrueErrors | None = None,
    *,
    cores: tuple[int, ...] = (1, 2, 3),
    seed: int = 0,
    guidance: str = "navigated",
    operators: tuple[str, ...] = ("A",),
    sites: tuple[str, ...] = ("ilium", "femur", "vertebra"),
    drift: float = 0.0,
    stage: str = "corrected",
) -> CohortRows:
    """Return the rows a registry would give of so many cases.

    Parameters
    ----------
    cores : tuple of int
        How many cores a case has; drawn evenly from these.
    drift : float
        By how much all errors have grown at the last case, as a share.
    """
    truth = truth or TrueErrors()
    rng = np.random.default_rng([4711, seed])
    count = rng.choice(cores, cases)
    case = np.repeat(np.arange(cases), count)
    n = len(case)
    depth = rng.uniform(35.0, 125.0, cases)[case] + rng.uniform(-8.0, 8.0, n)
    angle = rng.normal(0.0, 8.0, cases)[case]
    off = executed_offsets(truth, depth, angle, case, rng)
    off *= (1.0 + drift * case / max(1, cases - 1))[:, None]
    seen = off + rng.normal(0.0, 1.0, (n, 3)) * [
        truth.measured_across_mm,
        truth.measured_across_mm,
        truth.measured_along_mm,
    ]
    seen += rng.normal(0.0, truth.registration_mm, (cases, 3))[case]
    lateral = np.hypot(seen[:, 0], seen[:, 1])
    who = rng.integers(0, len(operators), cases)[case]
    where = rng.integers(0, len(sites), cases)[case]
    chance = rng.uniform(0.3, 1.0, n)
    words = lambda table, at: np.array([table[k] for k in at], dtype=object)  # noqa: E731
    columns = {
        "date": (np.datetime64("2022-01-03", "D") + 2 * case.astype("timedelta64[D]")),
        "case": np.array([f"C{k:05d}" for k in case], dtype=object),
        "core": np.array([f"T{k % 9 + 1}" for k in range(n)], dtype=object),
        "guidance": np.full(n, guidance, dtype=object),
        "operator": words(operators, who),
        "site": words(sites, where),
        "needle": np.full(n, "bone-11g-100", dtype=object),
        "stage": np.full(n, stage, dtype=object),
        "planned_depth_mm": depth,
        "planned_angle_deg": angle,
        "in_plane_mm": seen[:, 0],
        "off_plane_mm": seen[:, 1],
        "depth_mm": seen[:, 2],
        "lateral_tip_mm": lateral,
        "euclidean_tip_mm": np.hypot(lateral, seen[:, 2]),
        "target_to_axis_mm": lateral * 0.98,
        "euclidean_entry_mm": np.abs(rng.normal(0.0, truth.at_skin_mm, n)),
        "angle_deg": np.abs(rng.normal(0.0, truth.growth_deg, n)),
        "within_tolerance": (lateral < 5.0).astype(np.float64),
        "predicted_probability": chance,
        "predicted_viable_mm": 14.0 * chance,
        "adequate": (rng.uniform(size=n) < chance).astype(np.float64),
    }
    return cohort_of(columns, n)


@dataclass(frozen=True, slots=True, kw_only=True)
class Balls:
    """Ball-shaped lesions, each with a needle planned past its centre; arrays of shape (n,).

    The specimen of `core_mm` is planned with its middle at the ball's centre, `miss_mm` beside it.
    """

    radius_mm: NDArray[np.float64]
    miss_mm: NDArray[np.float64]
    depth_mm: NDArray[np.float64]
    core_mm: float = 20.0
    enough_mm: float = 8.0

    def sampled_mm(self, off_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the length in the ball of specimens that are off by (n, ..., 3) mm, exactly."""
        wide = (slice(None), *([None] * (off_mm.ndim - 2)))
        radius, miss = self.radius_mm[wide], self.miss_mm[wide]
        apart = np.hypot(off_mm[..., 0] + miss, off_mm[..., 1])
        half = np.sqrt(np.maximum(0.0, radius**2 - apart**2))
        start, end = off_mm[..., 2] - self.core_mm / 2, off_mm[..., 2] + self.core_mm / 2
        return np.maximum(0.0, np.minimum(end, half) - np.maximum(start, -half))


def balls(count: int, *, seed: int = 0) -> Balls:
    """Return so many lesions, from easy to hopeless."""
    rng = np.random.default_rng([815, seed])
    return Balls(
        radius_mm=rng.uniform(4.5, 12.0, count),
        miss_mm=rng.uniform(0.0, 5.0, count),
        depth_mm=rng.uniform(35.0, 125.0, count),
    )


def simulated_outcomes(aims: Balls, truth: TrueErrors, *, seed: int = 0) -> NDArray[np.float64]:
    """Return 1 for every needle of the operator that brought home enough, else 0."""
    rng = np.random.default_rng([4242, seed])
    n = len(aims.radius_mm)
    off = executed_offsets(truth, aims.depth_mm, np.zeros(n), np.arange(n), rng)
    return (aims.sampled_mm(off) >= aims.enough_mm).astype(np.float64)
