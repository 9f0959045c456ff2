"""How far specimens and shafts of a set are from each other; chooses nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array

_PARALLEL = 1e-12


def segment_distances_mm(starts_lps_mm: Float64Array, ends_lps_mm: Float64Array) -> Float64Array:
    """Return the least distance between each two of n segments, shape (n, n).

    Parameters
    ----------
    starts_lps_mm, ends_lps_mm : ndarray, shape (n, 3)

    References
    ----------
    The closed form for two segments with clamped parameters: Ericson, Real-Time Collision
    Detection (2005), section 5.1.9.
    """
    along = ends_lps_mm - starts_lps_mm
    between = starts_lps_mm[:, None] - starts_lps_mm[None]
    square = np.maximum(np.einsum("ij,ij->i", along, along), _PARALLEL)
    a, e = square[:, None], square[None, :]
    b = along @ along.T
    c = np.einsum("ik,ijk->ij", along, between)
    f = np.einsum("jk,ijk->ij", along, between)
    spread = a * e - b * b
    s = np.where(spread > _PARALLEL * a * e, (b * f - c * e) / np.maximum(spread, _PARALLEL), 0.0)
    s = np.clip(s, 0.0, 1.0)
    t = (b * s + f) / e
    s = np.where(t < 0.0, np.clip(-c / a, 0.0, 1.0), s)
    s = np.where(t > 1.0, np.clip((b - c) / a, 0.0, 1.0), s)
    t = np.clip(t, 0.0, 1.0)
    apart = between + s[..., None] * along[:, None] - t[..., None] * along[None]
    return np.asarray(np.linalg.norm(apart, axis=-1))


def angles_deg(along_lps: Float64Array) -> Float64Array:
    """Return the angle between each two of (n, 3) unit vectors, shape (n, n)."""
    return np.asarray(np.degrees(np.arccos(np.clip(along_lps @ along_lps.T, -1.0, 1.0))))


def has_clique(compatible: NDArray[np.bool_], size: int) -> bool:
    """Tell whether some `size` of n things are all compatible with each other, shape (n, n)."""

    def grows(members: NDArray[np.bool_], wanted: int) -> bool:
        if wanted == 0:
            return True
        numbers = np.flatnonzero(members)
        for place, number in enumerate(numbers):
            if len(numbers) - place < wanted:
                return False
            later = members & compatible[number]
            later[: number + 1] = False
            if grows(later, wanted - 1):
                return True
        return False

    return grows(np.ones(len(compatible), dtype=np.bool_), size)
