"""Makes PNG files a third as large, by a palette in which the window's own colours stay exact."""

from __future__ import annotations

import io
from dataclasses import astuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

from app.views import palette as looks

_COLOURS, _COMMON = 256, 96
_ROUNDS = 3
_OWN = (
    *astuple(looks.DARK),
    *astuple(looks.LIGHT),
    *looks.STRUCTURE_COLOURS,
    *(looks.EXECUTED_COLOUR, looks.LIVE_COLOUR, looks.NECROSIS_COLOUR, looks.BONE_COLOUR),
)
"""What colours mean something by themselves."""

Rgb = NDArray[np.uint8]


def small_png(data: bytes) -> bytes:
    """Return a PNG with a palette of 256 colours.

    Colours that the window gives a meaning, and the most common ones, stay as they are. What is
    left of the palette is shared out among all others, where each colour counts by the root of how
    often it occurs: a thin needle is worth as much as a grey wall.
    """
    with Image.open(io.BytesIO(data)) as opened:
        pixels: Rgb = np.asarray(opened.convert("RGB"))
    packed = pixels.astype(np.uint32) @ np.array([1 << 16, 1 << 8, 1], dtype=np.uint32)
    codes, which, counts = np.unique(packed, return_inverse=True, return_counts=True)
    found = _unpacked(codes)
    chosen = _palette(codes, found, counts)
    nearest = np.asarray(KDTree(chosen.astype(float)).query(found.astype(float))[1], np.uint8)
    few = Image.fromarray(nearest[which].reshape(packed.shape), "P")
    few.putpalette(chosen.ravel().tolist())
    target = io.BytesIO()
    few.save(target, "PNG", optimize=True)
    return target.getvalue()


def _palette(codes: NDArray[np.uint32], found: Rgb, counts: NDArray[np.intp]) -> Rgb:
    own = np.array([int(colour[1:], 16) for colour in _OWN], dtype=np.uint32)
    common = codes[np.argsort(-counts, kind="stable")[:_COMMON]]
    exact = np.unique(np.concatenate([own[np.isin(own, codes)], common]))
    rest = ~np.isin(codes, exact)
    kept = _unpacked(exact)
    if not rest.any():
        return kept
    weights = np.ceil(np.sqrt(counts[rest])).astype(int)
    sample = Image.fromarray(np.repeat(found[rest], weights, axis=0)[None, :, :])
    wanted = _COLOURS - len(kept)
    cut = sample.quantize(wanted, method=Image.Quantize.MEDIANCUT, kmeans=_ROUNDS)
    others = np.array(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)[:wanted]
    return np.concatenate([kept, others])


def _unpacked(codes: NDArray[np.uint32]) -> Rgb:
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)
