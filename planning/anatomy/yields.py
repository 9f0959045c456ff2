"""The lesion as a needle with an error meets it: blurred maps, and a class for every voxel."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from planning.anatomy.tissue import Tissue, TissueMap
from planning.geometry import Box, Float64Array, Grid, box_of
from planning.model.error_model import Spread

FULL_UNITS = 1000
"""What a blurred map holds where tissue is certain."""

CLASS_NONE, CLASS_LESION, CLASS_NECROTIC, CLASS_VIABLE = range(4)
"""Classes of voxels; the habitats, all viable, follow `CLASS_VIABLE`, which is viable without."""

_SCALE_RATIO = 1.35
_PAD_SIGMAS = 3.0
_PAD_AT_MOST_MM = 30.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class YieldFields:
    """The lesion, blurred by placement errors of several sizes.

    Parameters
    ----------
    low_kji : ndarray of int64, shape (3,)
        Where the block begins in the screening grid.
    blurred : ndarray of int16, shape (k, j, i, 2 * scales)
        For each scale the chance (0 to 1000) to meet tissue worth sampling, then necrosis.
    sigmas_mm : ndarray, shape (scales,)
        Standard deviation per axis of each scale, ascending.
    """

    low_kji: NDArray[np.int64]
    blurred: NDArray[np.int16]
    sigmas_mm: Float64Array

    def scale_of(self, sigma_mm: Float64Array) -> Float64Array:
        """Return between which two scales each sigma lies, as a fractional number."""
        places = np.arange(len(self.sigmas_mm), dtype=np.float64)
        return np.asarray(np.interp(sigma_mm, self.sigmas_mm, places))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ClassMap:
    """What every voxel of the lesion's box is, at full resolution; around it there is nothing.

    Parameters
    ----------
    classes : ndarray of uint8, shape ``grid.shape_kji``
        `CLASS_NONE`, ... ; a habitat's number is added to `CLASS_VIABLE`.
    count : int
        Number of classes.
    """

    grid: Grid
    classes: NDArray[np.uint8]
    count: int


def sigma_scales_mm(
    spread: Spread, doubt_mm: float, *, shallowest_mm: float, deepest_mm: float
) -> Float64Array:
    """Return deviations that span what lesion-bound specimens meet, about a third apart."""
    low = float(np.hypot(spread.lateral_mm(shallowest_mm), doubt_mm))
    steepest = spread.off_plane_full_deg
    high = float(np.hypot(spread.lateral_mm(deepest_mm, steepest), doubt_mm))
    count = max(2, 1 + int(np.ceil(np.log(high / low) / np.log(_SCALE_RATIO))))
    return np.geomspace(low, high, count)


def yield_fields(
    tissue: TissueMap, screen: Grid, sigmas_mm: Float64Array, *, wanted: Tissue
) -> YieldFields:
    """Return the blurred lesion on the screening grid's lattice.

    Parameters
    ----------
    tissue : TissueMap
        On the block of the CT's lattice that `screen` coarsens.
    wanted : Tissue
        What is worth sampling: viable tumour, or the lesion where nothing is known of viability.
    """
    factors = np.rint(np.array(screen.spacing_mm) / tissue.grid.spacing_mm).astype(int)[::-1]
    box = _lesion_box(tissue)
    pad_mm = min(_PAD_AT_MOST_MM, _PAD_SIGMAS * float(sigmas_mm[-1]))
    pad = np.ceil(pad_mm / np.array(screen.spacing_mm[::-1])).astype(int)
    low = np.maximum(np.array(box.low_ijk[::-1]) // factors - pad, 0)
    high = np.minimum(-(-np.array(box.high_ijk[::-1]) // factors) + pad, screen.shape_kji)
    bits = tissue.bits[
        tuple(slice(a * f, b * f) for a, b, f in zip(low, high, factors, strict=True))
    ]
    shares = [
        _share((bits & np.uint8(bit)) > 0, factors, high - low) for bit in (wanted, Tissue.NECROSIS)
    ]
    blurred = np.empty((*(high - low), 2 * len(sigmas_mm)), dtype=np.int16)
    for s, sigma_mm in enumerate(sigmas_mm):
        voxels = sigma_mm / np.array(screen.spacing_mm[::-1])
        for part, share in enumerate(shares):
            smooth = gaussian_filter(share, voxels, mode="constant", truncate=3.5)
            blurred[..., 2 * s + part] = np.rint(smooth * FULL_UNITS)
    blurred.flags.writeable = False
    return YieldFields(low_kji=low.astype(np.int64), blurred=blurred, sigmas_mm=sigmas_mm)


def _lesion_box(tissue: TissueMap) -> Box:
    # Its shadow first: no array as large as the whole block is made.
    shadow = (np.bitwise_or.reduce(tissue.bits, axis=0) & Tissue.TUMOUR) > 0
    seen = box_of(shadow[None])
    if seen is None:
        return Box((0, 0, 0), (1, 1, 1))
    _, j, i = seen.slices_kji
    in_slice = np.flatnonzero(np.any((tissue.bits[:, j, i] & Tissue.TUMOUR) > 0, axis=(1, 2)))
    return Box(
        (seen.low_ijk[0], seen.low_ijk[1], int(in_slice[0])),
        (seen.high_ijk[0], seen.high_ijk[1], int(in_slice[-1]) + 1),
    )


def _share(
    inside: NDArray[np.bool_], factors: NDArray[np.int_], shape: NDArray[np.int_]
) -> NDArray[np.float32]:
    """Return the share of each coarse voxel that is inside."""
    padded = np.zeros(shape * factors, dtype=np.float32)
    padded[tuple(slice(0, n) for n in inside.shape)] = inside
    k, j, i = shape
    c, b, a = factors
    return np.asarray(padded.reshape(k, c, j, b, i, a).mean(axis=(1, 3, 5)), dtype=np.float32)


def class_map(tissue: TissueMap) -> ClassMap:
    """Return the class of every voxel of the lesion's box."""
    box = _lesion_box(tissue)
    bits, habitat = tissue.bits[box.slices_kji], tissue.habitat[box.slices_kji]
    classes = np.zeros(bits.shape, dtype=np.uint8)
    classes[(bits & Tissue.TUMOUR) > 0] = CLASS_LESION
    classes[(bits & Tissue.NECROSIS) > 0] = CLASS_NECROTIC
    viable = (bits & Tissue.VIABLE) > 0
    classes[viable] = CLASS_VIABLE + habitat[viable]
    classes.flags.writeable = False
    count = CLASS_VIABLE + 1 + len(tissue.habitat_names)
    return ClassMap(grid=box.of(tissue.grid), classes=classes, count=count)
