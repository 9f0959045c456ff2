"""How the C library and Python hold on to memory while the window is open; counts nothing."""

from __future__ import annotations

import builtins
import ctypes
import gc
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


def import_plainly() -> bool:
    """Load Qt without the watch it keeps on imports; tell whether there was one to end.

    So that a module may ask for Qt's optional names (`snake_case`, `true_property`), Qt for Python
    looks for its own name in the source of every module imported after it, and `linecache` keeps
    all those sources: 80 MB, and a sixth of a start. Trephine asks for none of them. What the
    watch itself imports with takes its place.
    """
    import PySide6.QtCore  # noqa: F401 (sets up the watch)

    unwatched = getattr(builtins, "__orig_import__", None)
    if unwatched is None:
        return False
    builtins.__import__ = unwatched
    return True


def collect_later() -> None:
    """Search for garbage no more, until `collect_from_now`: a start makes much and drops little."""
    gc.disable()


def collect_from_now() -> None:
    """Search for garbage again, passing over everything that the start has made."""
    gc.freeze()
    gc.enable()
