"""How the C library and Python hold on to memory while the window is open; counts nothing."""

from __future__ import annotations

import ctypes
import gc
import linecache
import sys

_M_ARENA_MAX = -8  # of <malloc.h>


def share_one_arena() -> bool:
    """Let all threads take memory from one place; tell whether the C library could be told so.

    To be called before any thread is started. The GNU C library gives each thread an arena of its
    own, which keeps what a background job frees for jobs of the same thread: an open case would
    take a tenth more. Other C libraries are left alone.
    """
    if not sys.platform.startswith("linux"):
        return False
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError):  # musl has none
        return False
    return bool(mallopt(_M_ARENA_MAX, 1) == 1)


def forget_sources() -> None:
    """Forget the text of modules that were loaded; a traceback reads it anew.

    Qt for Python looks for its name in the source of every module that is imported, through
    `linecache`, which keeps what it has read: tens of megabytes with everything loaded.
    """
    linecache.clearcache()


def collect_later() -> None:
    """Search for garbage no more, until `collect_from_now`: a start makes much and drops little."""
    gc.disable()


def collect_from_now() -> None:
    """Search for garbage again, passing over everything that the start has made."""
    forget_sources()
    gc.freeze()
    gc.enable()
