"""The smallest pixel type that holds an image's values without loss; reads no files."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.image import VoxelArray

_INT16 = np.iinfo(np.int16)


def narrowed(values: NDArray[Any]) -> VoxelArray:
    """Return int16 where every value is whole and fits, else float32.

    Raises
    ------
    InputError
        If a value is not a number.
    """
    if np.issubdtype(values.dtype, np.floating):
        if not np.isfinite(values).all():
            raise InputError("it holds values that are not numbers (NaN or infinite).")
        if not np.array_equal(values, np.rint(values)):
            return np.asarray(values, dtype=np.float32)
    if fits_int16(values):
        return np.asarray(values, dtype=np.int16)
    return np.asarray(values, dtype=np.float32)


def fits_int16(values: NDArray[Any]) -> bool:
    """Tell whether every value lies within the range of int16."""
    if values.dtype == np.int16:
        return True
    return bool(values.min() >= _INT16.min and values.max() <= _INT16.max)
