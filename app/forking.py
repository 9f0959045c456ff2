"""Tells whether this process may make a copy of itself; makes none."""

from __future__ import annotations

import sys
import threading


def can_fork() -> bool:
    """Tell whether a copy of this process would work: on Linux, before any thread is started."""
    # Another thread may hold a lock, which would stay locked for ever in the copy.
    return sys.platform == "linux" and threading.active_count() == 1
