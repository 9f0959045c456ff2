"""How well a second image's picture of the body agrees with the planning CT's; moves neither.

Tells gross disagreement only: another patient, a body elsewhere or lying otherwise. A shift of a
centimetre, one along a limb, and a round trunk turned over can pass.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from planning.anatomy.body import body_of
from planning.geometry import Float64Array, Grid, vec3
from planning.image import Volume, VoxelArray
from planning.imaging.lattice import linear

LEAST_AGREEMENT: Final = 0.85
"""From which on two images are taken to show one body in one place: engineering default.

On four real sarcomas of the thigh, pelvis, knee and leg (TCIA Soft-tissue-Sarcoma,
doi 10.7937/K9/TCIA.2015.7GO2GSKS) PET and MR reach .88 to 1.00 where they are; turned front to
back within their fields .41 to .62, and shifted by 40 mm across the body mostly under .80.
"""

_STEP_MM = 4.0  # as coarse as a PET voxel
_BAND_MM = 20.0  # either side of the skin: wider than the blur of PET (6 mm), narrower than a limb
_LEAST_POINTS = 500  # either side; fewer (a tumour deep in a small field) show no outline


def outline_agreement(ct: Volume, second: Volume) -> float | None:
    """Return how surely a second image is brighter under the CT's skin than outside it.

    The probability that a random point within 20 mm under the CT's skin is brighter in the second
    image than one within 20 mm outside it: 1 where the two agree, 0.5 where they have nothing to
    do with each other. It depends on the order of values alone, so no threshold and no unit
    enter, and a PET of low uptake counts like any other. (The area under the ROC curve, from the
    Mann-Whitney rank sum: Hanley and McNeil, doi 10.1148/radiology.143.1.7063747.)

    Returns
    -------
    float or None
        None where the two images share too little of the skin to tell.
    """
    coarse = _coarse(ct)
    body = body_of(coarse).on(coarse.grid)
    shown = linear(second, coarse.grid)
    inside, outside = _distance_mm(body, coarse.grid), _distance_mm(~body, coarse.grid)
    seen = np.isfinite(shown)
    under = shown[seen & body & (inside <= _BAND_MM)]
    beyond = shown[seen & ~body & (outside <= _BAND_MM)]
    if min(under.size, beyond.size) < _LEAST_POINTS:
        return None
    beyond.sort()
    darker = np.searchsorted(beyond, under, side="left")
    no_brighter = np.searchsorted(beyond, under, side="right")
    return float((darker + no_brighter).mean() / 2.0 / beyond.size)  # equal ones count half


def _coarse(ct: Volume) -> Volume:
    """Return every n-th voxel of the CT, about 4 mm apart."""
    steps = [max(1, round(_STEP_MM / spacing)) for spacing in ct.grid.spacing_mm]
    i, j, k = steps
    values: VoxelArray = ct.values[::k, ::j, ::i].copy()
    return Volume(
        grid=Grid(
            size_ijk=(values.shape[2], values.shape[1], values.shape[0]),
            spacing_mm=vec3(np.array(ct.grid.spacing_mm) * steps),
            origin_lps_mm=ct.grid.origin_lps_mm,
            direction_lps=ct.grid.direction_lps,
        ),
        values=values,
    )


def _distance_mm(inside: NDArray[np.bool_], grid: Grid) -> Float64Array:
    """Return each inside voxel's distance to the nearest outside one; infinite without any."""
    if inside.all():
        return np.full(inside.shape, np.inf)
    return np.asarray(ndimage.distance_transform_edt(inside, grid.spacing_mm[::-1]))
