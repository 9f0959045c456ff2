"""What every core of a pool would hold in many executions that share an error; chooses none."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.yields import CLASS_VIABLE
from planning.geometry import Float64Array
from planning.trajectories.executing import specimens, worth_sampling_mm

ENOUGH = "enough"
"""The event that a core holds the required length of what is worth sampling."""

_SEED = 7_919
_STEP_MM = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scenarios:
    """What n cores hold in N executions.

    Parameters
    ----------
    names : tuple of str
        Events, habitats first and `ENOUGH` last.
    happens : ndarray of bool, shape (n, events, N)
        Whether a core samples a habitat, or holds enough.
    sampled_mm : ndarray, shape (n, N)
        Length of what is worth sampling.
    habitat_mm : ndarray, shape (n, habitats, N)
    """

    names: tuple[str, ...]
    happens: NDArray[np.bool_]
    sampled_mm: NDArray[np.float32]
    habitat_mm: NDArray[np.float32]

    @property
    def expected_mm(self) -> Float64Array:
        """Mean sampled length of each core, shape (n,)."""
        return np.asarray(self.sampled_mm.mean(axis=1, dtype=np.float64))


def scenarios(
    anatomy: Anatomy,
    entries_lps_mm: Float64Array,
    tips_lps_mm: Float64Array,
    *,
    count: int,
    habitat_minimum_mm: float,
    salt: int = 0,
) -> Scenarios:
    """Execute every core `count` times, the shared error drawn once for all cores of a scenario.

    Shared are registration and patient shift, and where the lesion's edge really is; the rest of
    the error is each core's own.

    Parameters
    ----------
    entries_lps_mm, tips_lps_mm : ndarray, shape (n, 3)
    salt : int
        Another number gives other scenarios, for a check on what a set was not chosen for.
    """
    rng = np.random.default_rng([_SEED, salt])
    spread = anatomy.error_model.corrected
    assert anatomy.errors is not None, "only a case with a lesion is planned"
    shared_mm = float(np.hypot(spread.shared_mm, anatomy.errors.lesion_doubt_mm))
    # Tied to the grid's axes, so that the same patient turned gets the same scenarios.
    shifts = rng.normal(0.0, shared_mm, (count, 3)) @ np.array(anatomy.near.direction_lps)
    errors = rng.normal(0.0, 1.0, (len(entries_lps_mm), count, 5))
    errors.flags.writeable = False
    class_mm = specimens(
        anatomy,
        entries_lps_mm,
        tips_lps_mm,
        errors=errors,
        shifts_lps_mm=shifts,
        step_mm=_STEP_MM,
    )
    sampled = worth_sampling_mm(anatomy, class_mm)
    habitat = np.moveaxis(class_mm[..., CLASS_VIABLE + 1 :], 2, 1)
    enough = sampled >= anatomy.required_length_mm - _STEP_MM / 2.0
    return Scenarios(
        names=(*anatomy.tissue.habitat_names, ENOUGH),
        happens=np.concatenate([habitat >= habitat_minimum_mm, enough[:, None]], axis=1),
        sampled_mm=sampled,
        habitat_mm=np.ascontiguousarray(habitat),
    )
