"""Compiles kernels over many needles twice: with threads for many, without for one; computes none.

One needle is measured while it is in somebody's hand: it must not wait for threads that are busy
with a planning, nor meet them. Numba's fall-back thread pool ends the process when two threads
call into it at once, so that those who measure many wait for each other here. They let go of the
interpreter's lock: the window stays awake beside them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from threading import RLock
from types import FunctionType
from typing import Any

import numba

_inside = RLock()
_ALONE = "_of_one"

Kernel = Callable[..., Any]


@dataclass(frozen=True, slots=True, eq=False)
class TwiceCompiled:
    """A kernel with its version for many needles and that for one."""

    needles: int
    many: Any
    one: Any

    def __call__(self, *arguments: Any) -> Any:
        """Run the version that suits the number of needles."""
        if len(arguments[self.needles]) == 1:
            return self.one(*arguments)
        with _inside:
            return self.many(*arguments)


def leave_a_processor() -> None:
    """Let kernels that are called from this thread leave one processor to the others."""
    numba.set_num_threads(max(1, numba.get_num_threads() - 1))


def many_or_one(needles: int) -> Callable[[Kernel], TwiceCompiled]:
    """Return a decorator for a kernel whose argument of that number is as long as its needles.

    Both versions run the same source, and no sum is shared between threads: they give the same
    bytes.
    """

    def decorate(kernel: Kernel) -> TwiceCompiled:
        assert isinstance(kernel, FunctionType), "a function is compiled"
        name = f"{kernel.__name__}{_ALONE}"
        alone = FunctionType(kernel.__code__, kernel.__globals__, name, kernel.__defaults__)
        alone.__qualname__ = name  # the cache on disk goes by it
        alone.__module__ = kernel.__module__
        many = numba.njit(cache=True, parallel=True, nogil=True)(kernel)
        return TwiceCompiled(needles, many, numba.njit(cache=True)(alone))

    return decorate
