"""How a needle that is being tracked lies to the plan, at this moment; draws and receives nothing.

An executed needle on a control CT is `planning.execution.placement_error`'s.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.geometry import Float64Array, Vec3, vec3
from planning.model.plan import Candidate


@dataclass(frozen=True, slots=True, kw_only=True)
class LivePlacement:
    """Where a tracked tip is, measured against one planned needle.

    Parameters
    ----------
    off_axis_lps_mm : Vec3
        From the planned axis straight across to the tip.
    to_go_mm : float
        Along the planned axis from the tip to the stop, or to the planned tip once the needle was
        fired; negative is too deep.
    off_mm : float
        Straight distance between the same two points.
    angle_deg : float or None
        Between the two directions, 0 to 180; None where the tool tells only its tip.
    fired : bool
    """

    off_axis_lps_mm: Vec3
    to_go_mm: float
    off_mm: float
    angle_deg: float | None
    fired: bool

    @property
    def to_axis_mm(self) -> float:
        """Least distance of the tip from the planned axis."""
        return float(np.linalg.norm(self.off_axis_lps_mm))


def live_placement(
    candidate: Candidate, tip_lps_mm: Vec3, direction_lps: Vec3 | None, *, fired: bool
) -> LivePlacement:
    """Measure a tracked needle against a planned one.

    Until it is fired (or has cored) its tip is where the hand has brought it, and the hand stops
    at the stop: only then is it compared with the planned tip.

    Parameters
    ----------
    direction_lps : Vec3 or None
        Unit vector from hub to tip.
    """
    planned = candidate.trajectory.direction_lps
    goal = candidate.trajectory.tip_lps_mm if fired else candidate.stop_lps_mm
    away = np.subtract(goal, tip_lps_mm)
    to_go = float(away @ planned)
    return LivePlacement(
        off_axis_lps_mm=vec3(to_go * planned - away),
        to_go_mm=to_go,
        off_mm=float(np.linalg.norm(away)),
        angle_deg=None if direction_lps is None else _between_deg(np.array(direction_lps), planned),
        fired=fired,
    )


def _between_deg(a: Float64Array, b: Float64Array) -> float:
    return float(np.degrees(np.arctan2(np.linalg.norm(np.cross(a, b)), a @ b)))
