"""Turns errors into sentences for the person at the screen; never shows values of the program."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from types import TracebackType

from app.language import mark
from app.logs import log_fault, place_of
from app.paths import log_file
from planning.disk_words import refused
from planning.errors import TrephineError
from planning.progress import Cancelled

Show = Callable[[str], None]

_NO_MEMORY = mark(
    "There is not enough memory for this; close other programs or use a smaller image."
)
_FAULT = mark(
    "Trephine has a fault of its own ({0} at {1}). What you have done so far is kept; the log {2} "
    "says where it happened."
)


def sentence_of(error: BaseException) -> str:
    """Return what went wrong in words; empty for work that was merely cancelled."""
    if isinstance(error, Cancelled):
        return ""
    if isinstance(error, TrephineError):
        return str(error)
    if isinstance(error, OSError) and error.errno is not None:
        return refused(error)
    if isinstance(error, MemoryError):
        return _NO_MEMORY
    return _FAULT.format(type(error).__name__, place_of(error), log_file())


def install_excepthook(show: Show) -> None:
    """Send every error nobody caught to the log and, in words, to `show`.

    `show` may be called from any thread.
    """

    def handle(
        kind: type[BaseException], error: BaseException, trace: TracebackType | None
    ) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
            return
        if not isinstance(error, TrephineError | Cancelled):
            log_fault(error)
        text = sentence_of(error)
        if text:
            show(text)

    def handle_in_thread(arguments: threading.ExceptHookArgs) -> None:
        if arguments.exc_value is not None:
            handle(arguments.exc_type, arguments.exc_value, arguments.exc_traceback)

    sys.excepthook = handle
    threading.excepthook = handle_in_thread
