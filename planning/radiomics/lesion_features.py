"""All radiomic features of one lesion, from its voxels to the finished list; defines none."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from planning.image import Mask, Volume
from planning.radiomics import bins, first_order, glcm, histogram, shape
from planning.radiomics.feature import Definition, Family, Feature, Measured, Undefined, features_of
from planning.radiomics.laplacian import laplacian_of_gaussian, reach_mm
from planning.radiomics.lesion_grid import LesionGrid, lesion_grid
from planning.radiomics.settings import RadiomicSettings

_VANISHED = "nothing of the lesion is left on the grid it is measured on"


def lesion_features(ct: Volume, mask: Mask, settings: RadiomicSettings) -> tuple[Feature, ...]:
    """Return shape, intensity, histogram, co-occurrence and filtered features of a lesion.

    Everything is measured on one isotropic grid of which only the lesion's surroundings are made,
    with every voxel of the mask: necrosis, gas and metal are not left out.

    Parameters
    ----------
    mask : Mask
        On the CT's own lattice.

    Returns
    -------
    tuple of Feature
        Always the same keys in the same order. What cannot be measured has no value and a reason.

    Raises
    ------
    InputError
        If the mask is empty, reaches beyond the CT, or lies on another lattice.
    FrameError
        If mask and CT lie in different frames of reference.
    """
    reach = [reach_mm(scale, settings.grid_mm) for scale in settings.log_scales_mm]
    lesion = lesion_grid(ct, mask, spacing_mm=settings.grid_mm, around_mm=max(reach, default=0.0))
    filtered = (_filtered(lesion, scale) for scale in settings.log_scales_mm)
    return (
        *_shape(lesion),
        *_intensities(lesion),
        *_binned(lesion, settings),
        *(feature for features in filtered for feature in features),
    )


def _shape(lesion: LesionGrid) -> tuple[Feature, ...]:
    described = partial(features_of, family=Family.SHAPE, method=lesion.method)
    if not lesion.inside.any():
        return described(shape.DEFINITIONS, _none(shape.DEFINITIONS, Undefined(_VANISHED)))
    values = shape.shape_features(lesion.inside, lesion.block_hu, lesion.spacing_mm)
    return described(shape.DEFINITIONS, values)


def _intensities(lesion: LesionGrid) -> tuple[Feature, ...]:
    described = partial(features_of, family=Family.STATISTICS, method=lesion.method)
    definitions = first_order.DEFINITIONS
    if not lesion.inside.any():
        return described(definitions, _none(definitions, Undefined(_VANISHED)))
    return described(definitions, first_order.statistics(lesion.block_hu[lesion.inside]))


def _binned(lesion: LesionGrid, settings: RadiomicSettings) -> tuple[Feature, ...]:
    counted = bins.binned(lesion.block_hu[lesion.inside], settings)
    if not lesion.inside.any():
        counted = Undefined(_VANISHED)
    ih: Mapping[str, Measured]
    averaged: Mapping[str, Measured]
    merged: Mapping[str, Measured]
    if isinstance(counted, Undefined):
        method = lesion.method
        ih = _none(histogram.DEFINITIONS, counted)
        averaged = merged = _none(glcm.DEFINITIONS, counted)
    else:
        method = f"{lesion.method}; {counted.method}"
        levels = np.zeros(lesion.inside.shape, dtype=np.int64)
        levels[lesion.inside] = counted.levels
        matrices = glcm.cooccurrence(levels)
        ih = histogram.histogram_features(counted.levels)
        averaged, merged = glcm.averaged_features(matrices), glcm.merged_features(matrices)
    described = partial(features_of, glcm.DEFINITIONS, method=method)
    return (
        *features_of(histogram.DEFINITIONS, ih, family=Family.HISTOGRAM, method=method),
        *described(averaged, family=Family.GLCM_AVERAGED, key="{key}_3D_avg"),
        *described(merged, family=Family.GLCM_MERGED, key="{key}_3D_comb"),
    )


def _filtered(lesion: LesionGrid, scale_mm: float) -> tuple[Feature, ...]:
    definitions = first_order.DEFINITIONS
    values = (
        first_order.statistics(laplacian_of_gaussian(lesion, scale_mm))
        if lesion.inside.any()
        else _none(definitions, Undefined(_VANISHED))
    )
    how = f"Laplacian of Gaussian {scale_mm:g} mm, not scaled, cut at 4 sigma"
    if reach_mm(scale_mm, lesion.spacing_mm) > lesion.room_mm:
        how += "; beyond the scan its outermost voxels are repeated"
    return features_of(
        definitions,
        values,
        family=Family.LOG,
        method=f"{lesion.method}; {how}",
        unit="HU/mm^2",
        key=f"log_{scale_mm:g}mm_{{key}}",
        label=f"{{label}}, LoG {scale_mm:g} mm",
    )


def _none(definitions: tuple[Definition, ...], why: Undefined) -> dict[str, Measured]:
    return {definition.key: why for definition in definitions}
