"""Where needles end as seen from their plan: bias and 95 % ellipses; models nothing with depth."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.cohort.grouping import final_errors
from planning.geometry import Float64Array
from planning.model.cohort import CohortRows
from planning.model.error_model import R95

_FEWEST = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Ellipse:
    """The ellipse that holds 95 % of a plane Gaussian with the mean and covariance of points.

    Parameters
    ----------
    half_axes : tuple of float
        Longer first.
    angle_deg : float
        Of the longer one from the first coordinate toward the second.
    """

    centre: tuple[float, float]
    half_axes: tuple[float, float]
    angle_deg: float

    def outline(self, points: int = 90) -> Float64Array:
        """Return points on it, shape (points + 1, 2), the first again at the end."""
        turn, angle = np.radians(self.angle_deg), np.linspace(0.0, 2.0 * np.pi, points + 1)
        long, short = self.half_axes
        own = np.column_stack([long * np.cos(angle), short * np.sin(angle)])
        axes = np.array([[np.cos(turn), np.sin(turn)], [-np.sin(turn), np.cos(turn)]])
        return np.asarray(own @ axes + np.array(self.centre))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TipCloud:
    """Tip errors in the needles' own frames.

    Parameters
    ----------
    errors_mm : ndarray, shape (n, 3)
        In the plane of the slices, off it, and along the needle (positive too deep).
    across, lengthwise : Ellipse or None
        Of the first two, and of first and third; None for fewer than five needles.
    """

    errors_mm: Float64Array
    across: Ellipse | None
    lengthwise: Ellipse | None


def tip_cloud(rows: CohortRows) -> TipCloud:
    """Return where the needles of a cohort end."""
    last = final_errors(rows)
    errors = np.column_stack([last.in_plane_mm, last.off_plane_mm, last.depth_mm])
    errors = errors[np.isfinite(errors).all(axis=1)]
    return TipCloud(
        errors_mm=errors,
        across=ellipse_of(errors[:, :2]),
        lengthwise=ellipse_of(errors[:, [0, 2]]),
    )


def ellipse_of(points: Float64Array) -> Ellipse | None:
    """Return the 95 % ellipse of (n, 2) points; None for fewer than five."""
    if len(points) < _FEWEST:
        return None
    centre = points.mean(axis=0)
    squares, axes = np.linalg.eigh(np.cov(points.T))
    short, long = R95 * np.sqrt(np.maximum(0.0, squares))
    angle = float(np.degrees(np.arctan2(axes[1, 1], axes[0, 1])))
    return Ellipse(
        centre=(float(centre[0]), float(centre[1])),
        half_axes=(float(long), float(short)),
        angle_deg=(angle + 90.0) % 180.0 - 90.0,
    )
