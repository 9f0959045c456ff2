"""Colours for shares from 0 to 1: scores, uptake, two scans in one picture; draws nothing."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

ColourArray = NDArray[np.uint8]

STEPS = 256
"""Colours in each map."""

# Viridis at 16 even steps, by S. van der Walt and N. Smith, dedicated to the public (CC0 1.0).
_VIRIDIS = (
    "440154 481a6c 472f7d 414487 39568c 31688e 2a788e 23888e "
    "1f988b 22a884 35b779 54c568 7ad151 a5db36 d2e21b fde725"
)


def _between(corners: NDArray[np.float64]) -> ColourArray:
    """Return the colours at even steps between corners, shape (n, 3) from 0 to 255."""
    places, wanted = np.linspace(0.0, 1.0, len(corners)), np.linspace(0.0, 1.0, STEPS)
    channels = [np.interp(wanted, places, corners[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype(np.uint8)


def _viridis() -> ColourArray:
    corners = [tuple(bytes.fromhex(colour)) for colour in _VIRIDIS.split()]
    return _between(np.array(corners, dtype=np.float64))


def _hot_iron() -> ColourArray:
    """Return the ramps red, then green, then blue (DICOM PS3.6, B.1.1 Hot Iron)."""
    step = np.arange(STEPS)
    ramps = (2 * step, 2 * (step - 128), 4 * (step - 192))
    return np.stack([np.clip(ramp, 0, 255) for ramp in ramps], axis=-1).astype(np.uint8)


FIXED_TINT, MOVING_TINT = (1.0, 0.55, 0.1), (0.0, 0.45, 0.9)
"""Red, green and blue of two scans that are laid over each other: together they are white."""

VIRIDIS = _viridis()
HOT_IRON = _hot_iron()
GREY = np.repeat(np.arange(STEPS, dtype=np.uint8)[:, None], 3, axis=1)


def steps_of(values: ArrayLike, low: float, high: float) -> NDArray[np.intp]:
    """Return which colour of a map each value has when the map spans `low` to `high`."""
    share = (np.asarray(values, dtype=np.float32) - low) / max(high - low, 1e-9)
    return np.asarray(np.clip(share * (STEPS - 1) + 0.5, 0, STEPS - 1)).astype(np.intp)
