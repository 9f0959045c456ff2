"""Where a needle enters that leaves a short control CT before the skin; finds no needle."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.execution.control_scan import in_planning
from planning.geometry import unit, vec3
from planning.image import Mask, Volume
from planning.imaging.transforms import RigidTransform
from planning.model.execution import ExecutedNeedle

_STEP_MM = 0.25
_BEYOND_MM = 5.0
"""A needle whose axis has left the scan this far past the last metal was cut off by its end."""
_FARTHEST_MM = 250.0
_UNDER_MM = 3.0
"""Patients breathe and skin gives way: an entry less deep than this counts as on the skin."""

_TAKEN = "Its entry is taken where its axis, {0} mm further out, meets the planning CT's skin."


def with_entry(
    needle: ExecutedNeedle, transform: RigidTransform, control: Volume, body: Mask | None
) -> ExecutedNeedle:
    """Return a needle of the control CT in the planning CT, from where its axis meets the skin.

    A slab around the lesion shows the deep part of a needle only; how far its entry is off would
    otherwise be how much of it was not scanned.

    Parameters
    ----------
    needle : ExecutedNeedle
        In the control CT.
    body : Mask or None
        The patient in the planning CT; None leaves the entry as it is.
    """
    here = in_planning(needle, transform)
    outward = unit(np.subtract(needle.entry_lps_mm, needle.tip_lps_mm))
    if body is None or control.grid.contains(needle.entry_lps_mm + _BEYOND_MM * outward):
        return here
    outward = unit(np.subtract(here.entry_lps_mm, here.tip_lps_mm))
    away = np.arange(0.0, _FARTHEST_MM, _STEP_MM)
    points = np.array(here.entry_lps_mm) + away[:, None] * outward
    index = np.rint(body.grid.index_from_lps(points)).astype(int)
    within = np.all((index >= 0) & (index < np.array(body.grid.size_ijk)), axis=1)
    inside = np.zeros(len(away), dtype=np.bool_)
    i, j, k = index[within].T
    inside[within] = body.inside[k, j, i]
    deep = np.flatnonzero(inside)
    if len(deep) == 0 or away[deep[-1]] < _UNDER_MM or not within[min(deep[-1] + 1, len(away) - 1)]:
        return here  # on the skin already, or the planning CT does not show where it is
    further = float(away[deep[-1]]) + _STEP_MM / 2.0
    entry = vec3(np.array(here.entry_lps_mm) + further * outward)
    doubts = (*here.doubts, _TAKEN.format(round(further)))
    return replace(here, entry_lps_mm=entry, doubts=doubts)
