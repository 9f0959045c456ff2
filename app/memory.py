"""How the C library and Python hold on to memory while the window is open; counts nothing."""

from __future__ import annotations

import builtins
import ctypes
import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

# Of <malloc.h>.
_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8
_WHILE_READING = 1 << 30  # bytes: more than any mask
_USUAL = 32 << 20  # bytes: what the library's own rule ends at, on a machine of 64 bits


def share_one_arena() -> bool:
    """Let all threads take memory from one place; tell whether the C library could be told so.

    To be called before any thread is started. The GNU C library gives each thread an arena of its
    own, which keeps what a background job frees for jobs of the same thread: an open case would
    take a tenth more. Other C libraries are left alone.
    """
    library = _gnu_library()
    return library is not None and bool(library.mallopt(_M_ARENA_MAX, 1) == 1)


@contextmanager
def large_blocks_kept() -> Iterator[None]:
    """Let the C library keep large blocks for the next one while something is read.

    Usually each comes fresh from the system and goes back to it. Masks are read one after another,
    each as large as the CT: half of that time was spent clearing pages that had just been given
    back. What is free at the end is given back then. Other C libraries are left alone.
    """
    library = _gnu_library()
    if library is None:
        yield
        return
    _set_thresholds(library, _WHILE_READING)
    try:
        yield
    finally:
        _set_thresholds(library, _USUAL)
        library.malloc_trim(0)


def _set_thresholds(library: Any, length: int) -> None:
    library.mallopt(_M_MMAP_THRESHOLD, length)
    library.mallopt(_M_TRIM_THRESHOLD, 2 * length - 1)  # has to fit a C int


def _gnu_library() -> Any:
    """Return the GNU C library, or None where there is another."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        library = ctypes.CDLL(None)
        _ = library.mallopt, library.malloc_trim  # musl has none
    except (AttributeError, OSError):
        return None
    return library


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
