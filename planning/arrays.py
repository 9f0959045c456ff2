"""How arrays are handed to compiled kernels; compiles none and needs no compiler."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)


def fixed(array: NDArray[T]) -> NDArray[T]:
    """Return a read-only, contiguous view of an array, a copy only where it is not contiguous.

    A kernel is compiled once for each kind of array it meets; so it meets one kind only.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
