"""What own cases show that the error model does not hold, in sentences; corrects nothing."""

from __future__ import annotations

import numpy as np

from planning.cohort.error_likelihood import Parts, TipErrors
from planning.cohort.measured_errors import variances
from planning.geometry import Float64Array

_SURE = 3.0
_FEWEST_SESSIONS = 20


def remarks_on(errors: TipErrors, parts: Parts) -> tuple[str, ...]:
    """Return what is wrong with the model, as far as the data are sure of it (three deviations).

    All tests sum over a session before they square, so that a shared error does not count twice.
    """
    alone = []
    if errors.sessions == len(errors.session):
        alone.append("no case has several cores, so nothing is learned of the part they share")
    if errors.sessions < _FEWEST_SESSIONS:
        return tuple(alone)
    return (*alone, *_biases(errors), *_directions(errors, parts), *_growth(errors, parts))


def _biases(errors: TipErrors) -> list[str]:
    named = (
        (errors.along_mm, "too deep", "too shallow"),
        (errors.across_mm[:, 0], "to one side in the plane of the slices", "to the other side"),
        (errors.across_mm[:, 1], "to one side off the plane", "to the other side off the plane"),
    )
    said = []
    for values, more, less in named:
        if abs(_deviations(values, errors)) > _SURE:
            mean = float(values.mean())
            said.append(
                f"needles end {abs(mean):.1f} mm {more if mean > 0 else less} on average; the "
                "model has no such bias and holds it as scatter"
            )
    return said


def _directions(errors: TipErrors, parts: Parts) -> list[str]:
    across, _ = variances(errors, parts)
    in_plane, off_plane = (errors.across_mm**2 / across[:, None]).T
    if abs(_deviations(off_plane - in_plane, errors)) <= _SURE:
        return []
    ratio = float(np.sqrt(off_plane.sum() / in_plane.sum()))
    return [
        f"errors off the plane of the slices are {ratio:.1f} times those in it; the model has one "
        "deviation for both"
    ]


def _growth(errors: TipErrors, parts: Parts) -> list[str]:
    across, _ = variances(errors, parts)
    squared = (errors.across_mm**2).sum(axis=1) / across
    excess = squared - squared.mean()
    said = []
    leaning = errors.off_plane - errors.off_plane.mean()
    if parts.off_plane_growth == 0.0 and _deviations(excess * leaning, errors) > _SURE:
        said.append(
            "needles that leave the plane of the slices err more; the model of this guidance does "
            "not know that"
        )
    deep = errors.depth_mm - errors.depth_mm.mean()
    if abs(_deviations(excess * deep, errors)) > _SURE:
        said.append("errors grow with depth otherwise than the model does")
    return said


def _deviations(values: Float64Array, errors: TipErrors) -> float:
    """Return by how many of its standard errors a mean differs from nothing."""
    by_session = np.bincount(errors.session, values)
    spread = float(np.sqrt((by_session**2).sum()))
    return float(by_session.sum()) / spread if spread > 0.0 else 0.0
