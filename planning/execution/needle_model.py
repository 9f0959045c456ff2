"""How a needle of known pose, width and taper looks in a blurred CT; fits nothing.

A needle is a stack of discs whose radius grows from nothing at the tip. Blurred by a Gaussian, a
disc of radius R has at distance rho from its centre the value P(|N((rho, 0), sigma^2 I)| <= R), a
non-central chi-square; that table is made once. A thick slice is the mean over thin ones.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

import numpy as np
from scipy import special

from planning.compiled import compiled
from planning.geometry import Float64Array

# Of the table of discs, in standard deviations.
_DISC_STEP: Final = 0.1
_DISC_RADII: Final = 160
_DISC_DISTANCES: Final = 220
# Of a needle's own table, in mm.
_S_STEP: Final = 0.2
_RHO_STEP: Final = 0.1
_REACH_SIGMAS: Final = 4.0
_LAYERS: Final = 17
# Of the thin slices a thick one is the mean of: always as many, so that no answer jumps with sigma.
_THIN_MM: Final = 0.7
# Inner over outer diameter of cannulas and trephines; see resources/needles.json: 0.75 to 0.82.
_BORE: Final = 0.78


@lru_cache(maxsize=1)
def _blurred_discs() -> Float64Array:
    """Return the value of a blurred disc by radius and distance, both in steps of 0.1 sigma."""
    radius = np.arange(_DISC_RADII) * _DISC_STEP
    distance = np.arange(_DISC_DISTANCES) * _DISC_STEP
    table = special.chndtr(radius[:, None] ** 2, 2.0, distance[None, :] ** 2)
    return np.ascontiguousarray(np.nan_to_num(table))


def needle_values(
    places: Float64Array,
    normal: Float64Array,
    slice_mm: float,
    axis: Float64Array,
    shape: Float64Array,
) -> Float64Array:
    """Return how much of each voxel a needle fills, blur included (0 to 1).

    Parameters
    ----------
    places : ndarray, shape (n, 3)
        Across, across and along from the guessed tip backward, in mm.
    normal : ndarray, shape (3,)
        Of the slices, in the same directions.
    axis : ndarray
        Tip along (mm); offsets across at the tip; how much farther across at the far end; sagittas;
        length (mm).
    shape : ndarray
        Radius, length of the taper and sigma, in mm; where across the point lies, in radii: (0, 0)
        for a cone, on the rim for a bevel; how empty the bore is, 0 to 1.

    Returns
    -------
    ndarray, shape (2, n)
        The needle, and the same if it went on beyond its tip for ever.
    """
    table = _table_of(float(shape[0]), float(shape[1]), float(shape[2]), float(shape[5]))
    thin = max(1, int(np.ceil(slice_mm / _THIN_MM)))
    return np.asarray(
        _values(table, places, normal, slice_mm, thin, axis, shape, shape[2] * _REACH_SIGMAS)
    )


# Most changes to a needle move it and leave its table as it is.
@lru_cache(maxsize=4)
def _table_of(radius: float, taper: float, sigma: float, empty: float) -> Float64Array:
    return np.asarray(_needle_table(_blurred_discs(), radius, taper, sigma, empty))


@compiled  # type: ignore[untyped-decorator]
def _between(table: Float64Array, row: float, column: float) -> float:  # pragma: no cover
    r, c = int(row), int(column)
    pr, pc = row - r, column - c
    near = (1.0 - pc) * table[r, c] + pc * table[r, c + 1]
    far = (1.0 - pc) * table[r + 1, c] + pc * table[r + 1, c + 1]
    mixed: float = (1.0 - pr) * near + pr * far
    return mixed


@compiled  # type: ignore[untyped-decorator]
def _needle_table(
    discs: Float64Array, radius: float, taper: float, sigma: float, empty: float
) -> Float64Array:  # pragma: no cover
    """Return values by place along (from 4 sigma before the tip) and distance from the axis."""
    reach = _REACH_SIGMAS * sigma
    rows = int((taper + 2.0 * reach) / _S_STEP) + 2
    columns = min(int((radius + reach) / _RHO_STEP) + 2, 400)
    out = np.zeros((rows, columns))
    total = 0.0
    for layer in range(_LAYERS):
        total += np.exp(-0.5 * (7.0 * (layer / (_LAYERS - 1) - 0.5)) ** 2)
    for row in range(rows):
        s = row * _S_STEP - reach
        for layer in range(_LAYERS):
            z = 7.0 * (layer / (_LAYERS - 1) - 0.5)
            weight = np.exp(-0.5 * z * z) / total
            share = min(max((s + z * sigma) / taper, 0.0), 1.0)
            if share <= 0.0:
                continue
            r = min(share * radius / sigma / _DISC_STEP, _DISC_RADII - 1.001)
            for column in range(columns):
                distance = column * _RHO_STEP / sigma / _DISC_STEP
                if distance >= _DISC_DISTANCES - 1:
                    break
                metal = _between(discs, r, distance)
                if empty > 0.0:
                    metal -= empty * _between(discs, _BORE * r, distance)
                out[row, column] += weight * metal
    return out


@compiled  # type: ignore[untyped-decorator]
def _values(
    table: Float64Array,
    places: Float64Array,
    normal: Float64Array,
    slice_mm: float,
    thin: int,
    axis: Float64Array,
    shape: Float64Array,
    reach: float,
) -> Float64Array:  # pragma: no cover
    rows, columns = table.shape
    out = np.zeros((2, places.shape[0]))
    for n in range(places.shape[0]):
        own, endless = 0.0, 0.0
        for part in range(thin):
            shift = ((part + 0.5) / thin - 0.5) * slice_mm
            s = places[n, 2] + shift * normal[2]
            x = s / axis[7]
            bow = 4.0 * x * (1.0 - x)
            a = places[n, 0] + shift * normal[0] - axis[1] - axis[3] * x - axis[5] * bow
            b = places[n, 1] + shift * normal[1] - axis[2] - axis[4] * x - axis[6] * bow
            column = np.sqrt(a * a + b * b) / _RHO_STEP
            if column < columns - 1:
                endless += _between(table, rows - 1.001, column)
            row = (s - axis[0] + reach) / _S_STEP
            if row <= 0.0:
                continue
            # The discs of a taper touch the side its point lies on.
            aside = shape[0] * (1.0 - min(max((s - axis[0]) / shape[1], 0.0), 1.0))
            a -= shape[3] * aside
            b -= shape[4] * aside
            column = np.sqrt(a * a + b * b) / _RHO_STEP
            if column < columns - 1:
                own += _between(table, min(row, rows - 1.001), column)
        out[0, n], out[1, n] = own / thin, endless / thin
    return out
