"""How kernels are compiled; holds none of them."""

from __future__ import annotations

import numba

# Without the interpreter's lock, so that independent stages run beside each other. None of them
# starts threads of its own: numba's fall-back thread pool does not bear two callers at once.
compiled = numba.njit(cache=True, nogil=True)
