"""How the C library and Python's collector hold memory while the program runs; counts nothing."""

from __future__ import annotations

import ctypes
import gc
import sys

_M_MMAP_THRESHOLD, _M_ARENA_MAX = -3, -8  # numbers of <malloc.h>
_OWN_MAPPING_FROM = 4 << 20


def hand_memory_back() -> bool:
    """Let freed memory go back to the system; tell whether the C library could be told so.

    To be called before any thread is started. The GNU C library gives every thread an arena of its
    own, and takes freed arrays of up to 32 MB for a sign that more will come: what background work
    frees would stay with the process. With one arena, and mappings of their own for arrays of 4 MB
    and more, an open case takes a tenth less. Other C libraries are left alone.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl has none
        return False
    wishes = ((_M_ARENA_MAX, 1), (_M_MMAP_THRESHOLD, _OWN_MAPPING_FROM))
    return all(mallopt(what, value) == 1 for what, value in wishes)


def collect_later() -> None:
    """Search for garbage no more, until `collect_from_now`: a start makes much and drops little."""
    gc.disable()


def collect_from_now() -> None:
    """Search for garbage again, passing over everything that was made by the start."""
    gc.freeze()
    gc.enable()
