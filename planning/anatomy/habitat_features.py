"""Local features of the tissue inside a lesion, by separable filters; draws no borders.

Only tissue inside the lesion speaks: every filter is a normalised convolution (Knutsson and
Westin 1993, doi 10.1109/CVPR.1993.341081), so that bone, fat or air beyond the border does not
colour the rim.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import SimpleITK as sitk
from numpy.typing import NDArray
from scipy.ndimage import binary_dilation, binary_erosion, gaussian_filter, laplace
from scipy.special import ndtri

from planning.anatomy.habitat_rules import HabitatRules

Float32Array = NDArray[np.float32]
BoolArray = NDArray[np.bool_]

DEPTH = "depth"
"""The feature that is the lesion's shape, not its tissue."""

_LITTLE = np.float32(1e-3)
_TRUNCATE = 3.0
_MOSTLY = 0.75
_ENOUGH = 0.25
_LEAST_RANK = 0.001
# Whole HU and two readings of one voxel differ by this much even where nothing else does.
_ROUNDING_HU2 = np.float32(1.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """A lesion on isotropic points.

    Parameters
    ----------
    hu : ndarray of float32
        The CT.
    channels : tuple of (str, ndarray of float32)
        Further images by name.
    tumour, region : ndarray of bool
        The whole lesion, and the part of it that is to be divided.
    kind : str
        How it was perturbed; empty for the lesion as it is.
    """

    hu: Float32Array
    channels: tuple[tuple[str, Float32Array], ...]
    tumour: BoolArray
    region: BoolArray
    spacing_mm: float
    kind: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FeatureMaps:
    """What was measured at every point.

    Parameters
    ----------
    kind : str
        How the picture was perturbed.
    soft, mineral : ndarray of bool
        The region's tissue without mineralised matrix, and that; air is in neither.
    clear : ndarray of bool
        The soft points whose window holds mostly tissue that speaks.
    maps : tuple of (str, ndarray of float32)
        By name; they mean something inside `soft` only.
    """

    kind: str
    soft: BoolArray
    mineral: BoolArray
    clear: BoolArray
    maps: tuple[tuple[str, Float32Array], ...]


def kernel_sigma_mm(rules: HabitatRules) -> float:
    """Return the Gaussian window of local features: as wide as a ball of the kernel's radius.

    A ball of radius r has the second moment r^2 / 5 along each axis.
    """
    return rules.kernel_radius_mm / float(np.sqrt(5.0))


def feature_maps(picture: Picture, rules: HabitatRules) -> FeatureMaps:
    """Return the local features of a lesion.

    Points in the outermost layer are measured but do not speak: what they hold is partly what
    lies beyond. The same is true of dense points and of what touches mineralised matrix.
    """
    sigma = kernel_sigma_mm(rules) / picture.spacing_mm
    tissue = picture.region & (picture.hu >= rules.air_hu)
    inner = _unless_few(binary_erosion(tissue), tissue)
    mineral = tissue & (_mean(picture.hu, inner.astype(np.float32), sigma) > rules.mineral_hu)
    speaks = inner & (picture.hu <= rules.cortex_hu) & ~binary_dilation(mineral)
    if not speaks.any():
        speaks = tissue & ~mineral
    if not speaks.any():
        return FeatureMaps(kind=picture.kind, soft=speaks, mineral=mineral, clear=speaks, maps=())
    soft = tissue & ~mineral
    weight = speaks.astype(np.float32)
    clear = _unless_few(soft & (_blurred(weight, sigma) > _MOSTLY), soft)
    maps = (
        *((name, _mean(values, weight, sigma)) for name, values in picture.channels),
        *_of_ct(picture, speaks, sigma, rules),
        (DEPTH, _depth_scores(picture, soft, sigma)),
    )
    return FeatureMaps(kind=picture.kind, soft=soft, mineral=mineral, clear=clear, maps=maps)


def _unless_few(wanted: BoolArray, instead: BoolArray) -> BoolArray:
    """Return the wanted points, or all of a lesion too thin to have enough of them."""
    enough = np.count_nonzero(wanted) >= _ENOUGH * np.count_nonzero(instead)
    return wanted if enough else instead


def _of_ct(
    picture: Picture, speaks: BoolArray, sigma: float, rules: HabitatRules
) -> tuple[tuple[str, Float32Array], ...]:
    weight = speaks.astype(np.float32)
    inside = picture.hu[speaks]
    level, width = float(inside.mean()), max(float(inside.std()), 1e-3)
    centred = picture.hu - np.float32(level)
    mean = _mean(centred, weight, sigma)
    variance = _mean(centred * centred, weight, sigma) - mean * mean
    filled = np.where(speaks, centred, mean)
    return (
        ("mean", mean + np.float32(level)),
        ("log SD", 0.5 * np.log(np.maximum(variance, 0.0) + _ROUNDING_HU2)),
        ("entropy", _entropy(picture.hu, speaks, sigma, rules)),
        *(
            (f"LoG {scale:g} mm", _log(filled, scale / picture.spacing_mm))
            for scale in rules.log_scales_mm
        ),
        ("z-score", centred / np.float32(width)),
    )


def _mean(values: Float32Array, weight: Float32Array, sigma: float) -> Float32Array:
    """Return the weighted local mean; the lesion's own where nothing that speaks is near."""
    total = _blurred(weight, sigma)
    known = weight > 0
    overall = np.float32(values[known].mean()) if known.any() else np.float32(0.0)
    mean = _blurred(values * weight, sigma) / np.maximum(total, _LITTLE)
    return np.where(total > _LITTLE, mean, overall)


def _entropy(
    hu: Float32Array, speaks: BoolArray, sigma: float, rules: HabitatRules
) -> Float32Array:
    """Return the local Shannon entropy in nats, ``-sum p ln p`` over fixed bins from 0 HU."""
    bins = np.floor(hu / rules.entropy_bin_hu).astype(np.int32)
    total = np.maximum(_blurred(speaks.astype(np.float32), sigma), _LITTLE)
    entropy = np.zeros_like(hu)
    for number in np.unique(bins[speaks]):
        share = _blurred((speaks & (bins == number)).astype(np.float32), sigma) / total
        entropy -= share * np.log(np.maximum(share, np.float32(1e-12)))
    return entropy


def _log(values: Float32Array, sigma: float) -> Float32Array:
    """Return the scale-normalised Laplacian of Gaussian, ``sigma^2`` times it."""
    return np.asarray(laplace(_blurred(values, sigma)) * np.float32(sigma**2))


def _blurred(values: Float32Array, sigma: float) -> Float32Array:
    return np.asarray(gaussian_filter(values, sigma, mode="nearest", truncate=_TRUNCATE))


def _depth_scores(picture: Picture, soft: BoolArray, sigma: float) -> Float32Array:
    """Return the depth below the lesion's surface as its normal score among the soft points.

    How depths are spread is the lesion's shape. As scores they are spread like a normal law, so
    that depth alone never looks like two parts.
    """
    image = sitk.GetImageFromArray(np.pad(picture.tumour, 1).astype(np.uint8))
    distance = sitk.SignedMaurerDistanceMap(
        image, insideIsPositive=True, squaredDistance=False, useImageSpacing=False
    )
    depth = np.asarray(sitk.GetArrayFromImage(distance)[1:-1, 1:-1, 1:-1], dtype=np.float32)
    # Distances between points are few different numbers; a mixture would take each for a part.
    return _normal_scores(_mean(depth, picture.tumour.astype(np.float32), sigma), soft)


def _normal_scores(values: Float32Array, among: BoolArray) -> Float32Array:
    ordered = np.sort(values[among])
    below = np.searchsorted(ordered, values, "left") + np.searchsorted(ordered, values, "right")
    rank = np.clip(below / (2.0 * len(ordered)), _LEAST_RANK, 1.0 - _LEAST_RANK)
    return np.asarray(ndtri(rank), dtype=np.float32)
