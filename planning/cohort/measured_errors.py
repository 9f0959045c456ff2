"""What a cohort's rows say of tip errors, and which of them stand out; learns nothing from them."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.cohort.error_likelihood import TAIL_FREEDOM, Parts, TipErrors
from planning.cohort.fitted_model import Outlier
from planning.cohort.grouping import case_numbers
from planning.cohort.rules import MeasurementRules
from planning.geometry import Float64Array
from planning.model.cohort import CohortRows
from planning.model.error_model import Spread

_AXES = 3


def tip_errors(
    rows: CohortRows, spread: Spread, rules: MeasurementRules
) -> tuple[TipErrors, NDArray[np.intp]]:
    """Return the measured errors that can count, sorted by session, and their rows' numbers."""
    angle = np.abs(rows.planned_angle_deg)
    known = np.isfinite(rows.planned_depth_mm) & np.isfinite(rows.in_plane_mm)
    known &= np.isfinite(rows.off_plane_mm) & np.isfinite(rows.depth_mm)
    if spread.off_plane_growth_deg > 0.0:
        known &= np.isfinite(angle)
    number = case_numbers(rows)
    at = np.flatnonzero(known)
    at = at[np.argsort(number[at], kind="stable")]
    session = np.unique(number[at], return_inverse=True)[1]
    residual = rows.registration_residual_mm[at]
    usual, most = rules.registration_usual_mm, rules.registration_most_mm
    registration = np.minimum(most, rules.registration_share * residual)
    registration = np.where(np.isfinite(residual), registration, usual)
    off_plane = np.minimum(1.0, angle[at] / spread.off_plane_full_deg)
    ones = np.ones(len(at))
    errors = TipErrors(
        across_mm=np.column_stack([rows.in_plane_mm[at], rows.off_plane_mm[at]]),
        along_mm=rows.depth_mm[at],
        depth_mm=rows.planned_depth_mm[at],
        off_plane=np.where(np.isfinite(off_plane), off_plane, 0.0),
        session=session.astype(np.intp),
        measured_across=rules.across_mm**2 * ones,
        measured_along=rules.along_mm**2 * ones,
        measured_shared=registration**2,
    )
    return errors, at


def variances(errors: TipErrors, parts: Parts) -> tuple[Float64Array, Float64Array]:
    """Return the variance of each measured error across (per axis) and along, all of it."""
    shared = parts.shared_mm**2 + errors.measured_shared
    own = parts.own_across(errors.depth_mm, errors.off_plane)
    across = own + errors.measured_across + shared
    along = parts.own_along_mm**2 + errors.measured_along + shared
    return across, along


def outliers(
    rows: CohortRows,
    at: NDArray[np.intp],
    errors: TipErrors,
    parts: Parts,
    *,
    heavy: bool,
    cohorts: float,
) -> tuple[Outlier, ...]:
    """Return the cores whose error happens once in so many cohorts of this size, worst first.

    By their Mahalanobis distance, whose square is chi-squared with three degrees of freedom, or
    with heavy tails three times an F with three and four.

    Parameters
    ----------
    at : ndarray, shape (n,)
        The row of each error.
    """
    from scipy.stats import chi2, f

    across, along = variances(errors, parts)
    squared = (errors.across_mm**2).sum(axis=1) / across + errors.along_mm**2 / along
    chance = 1.0 / (cohorts * len(at))
    most = _AXES * f.isf(chance, _AXES, TAIL_FREEDOM) if heavy else chi2.isf(chance, _AXES)
    found = [k for k in np.argsort(-squared, kind="stable") if squared[k] > most]
    return tuple(
        Outlier(
            case=str(rows.case[at[k]]),
            core=str(rows.core[at[k]]),
            lateral_mm=float(rows.lateral_tip_mm[at[k]]),
            depth_mm=float(rows.depth_mm[at[k]]),
            distance=float(np.sqrt(squared[k])),
        )
        for k in found
    )
