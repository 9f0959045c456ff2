"""How the kernels of this package are compiled and handed their arrays; holds none of them."""

from __future__ import annotations

from typing import TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", bound=np.generic)

# Without the interpreter's lock, so that independent stages run beside each other. None of them
# starts threads of its own: numba's fall-back thread pool does not bear two callers at once.
compiled = numba.njit(cache=True, nogil=True)


def fixed(array: NDArray[T]) -> NDArray[T]:
    """Return a read-only, contiguous view of an array, a copy only where it is not contiguous.

    A kernel is compiled once for each kind of array it meets; so it meets one kind only.
    """
    view = np.ascontiguousarray(array).view()
    view.flags.writeable = False
    return view
