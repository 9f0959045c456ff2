"""Where a needle's axis crosses the skin, read off around the needle; finds neither of them.

Metal, its streaks and the hub spoil the skin where the needle goes through it, and finding the body
opens thin things away. So the skin is taken from lines beside the needle, as a plane.
"""

from __future__ import annotations

import numpy as np

from planning.execution.needle_lines import Line
from planning.execution.needle_profile import ring_lps_mm, sampled_hu
from planning.geometry import Float64Array
from planning.image import Mask, Volume

# Half way between air and fat or skin.
_SKIN_HU = -400.0
_STEP_MM = 0.25
_RINGS_MM = (6.0, 9.0)
# The mask says where about; the CT says where exactly, within this.
_SEARCH_MM = 3.0
_LEAST_CROSSINGS = 6


def skin_crossing_mm(
    control: Volume, body: Mask, line: Line, start_mm: float, end_mm: float
) -> float | None:
    """Return where a line that runs out of the body crosses the skin, in mm along it.

    Parameters
    ----------
    line : Line
        From inside the body outward.
    start_mm, end_mm : float
        Where along it to look.

    Returns
    -------
    float or None
        None where the skin is not crossed, or not seen from enough sides.
    """
    s = np.arange(start_mm, end_mm, _STEP_MM)
    crossings, spokes = [], []
    for radius in _RINGS_MM:
        for offset in ring_lps_mm(control, line, radius):
            found = _crossing(control, body, line.at(s) + offset, s)
            if found is not None:
                crossings.append(found)
                spokes.append(offset)
    if len(crossings) < _LEAST_CROSSINGS:
        return None
    return _plane_at_axis(line, np.array(spokes), np.array(crossings))


def _crossing(control: Volume, body: Mask, points: Float64Array, s: Float64Array) -> float | None:
    index = np.rint(body.grid.index_from_lps(points)).astype(int)
    within = np.all((index >= 0) & (index < np.array(body.grid.size_ijk)), axis=1)
    inside = np.zeros(len(s), dtype=np.bool_)
    i, j, k = index[within].T
    inside[within] = body.inside[k, j, i]
    deep = np.flatnonzero(inside)
    if len(deep) == 0:
        return None
    last = int(deep[-1])
    if last + 1 >= len(s) or not within[last + 1]:
        return None
    near = np.flatnonzero(np.abs(s - s[last]) <= _SEARCH_MM)
    hu = sampled_hu(control, points[near], -1000.0)
    falls = np.flatnonzero((hu[:-1] > _SKIN_HU) & (hu[1:] <= _SKIN_HU))
    if len(falls) == 0:
        return float(s[last]) + _STEP_MM / 2.0
    # Of several the one the mask means.
    fall = int(falls[np.argmin(np.abs(s[near][falls] - s[last]))])
    share = (hu[fall] - _SKIN_HU) / (hu[fall] - hu[fall + 1])
    return float(s[near][fall] + share * _STEP_MM)


def _plane_at_axis(line: Line, spokes: Float64Array, crossings: Float64Array) -> float:
    """Return where a plane through the crossings, those that stray left out, meets the axis."""
    aside, other = line.across()
    design = np.stack([np.ones(len(spokes)), spokes @ aside, spokes @ other], axis=1)
    weight = np.ones(len(spokes))
    plane = np.zeros(3)
    for _ in range(8):
        root = np.sqrt(weight)
        plane, *_ = np.linalg.lstsq(design * root[:, None], crossings * root, rcond=None)
        stray = np.abs(crossings - design @ plane)
        scale = max(0.2, 1.5 * float(np.median(stray)))
        weight = np.minimum(1.0, scale / np.maximum(stray, 1e-9))
    return float(plane[0])
