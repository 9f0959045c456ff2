"""Opens the window so that nothing that keeps it from opening stays unsaid; builds none itself."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from types import TracebackType
from typing import NoReturn

from app import paths, system_needs
from app.crashes import keep_trace
from app.logs import log_event, log_fault, start_log
from app.start_faults import words_of, words_of_end, words_of_qt
from app.telling import tell
from app.watching import End, Watch, about_this_program, begin_watch
from planning.errors import TrephineError

FAILED = 1


def open_window(case: Path | None = None, *, then_plan: bool = False) -> int:
    """Show the window and stay until it closes; return the exit code.

    A case is read while the window is still being made. What keeps the window from opening is
    told: in a window of its own where Qt works, by the system's own means where it does not, and
    on the terminal always.

    Parameters
    ----------
    then_plan : bool
        Plan the case as soon as it is open.
    """
    from app.memory import collect_later, import_plainly, share_one_arena
    from app.reading import ReadAhead
    from app.reading_beside import begin_reading

    share_one_arena()
    collect_later()
    watch = begin_watch(_tell_of_end, paths.log_file().parent)
    _tell_of_faults(watch)
    try:
        ahead = None if case is None else ReadAhead(case, begin_reading(case))
        import_plainly()
        from app.application import run
        from app.start_guards import StartHooks

        hooks = StartHooks(stands=watch.stands, qt_failed=lambda said: _qt_failed(said, watch))
        code = run(case, then_plan=then_plan, ahead=ahead, hooks=hooks)
    except TrephineError as error:
        code = _failed(error, watch)
    watch.ended()
    return code


def _tell_of_faults(watch: Watch) -> None:
    """Tell of every error that nobody catches, until the window has its own way to do so."""

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            watch.ended()
            sys.__excepthook__(kind, error, trace)
        else:
            _failed(error, watch)

    sys.excepthook = hook


def _failed(error: BaseException, watch: Watch) -> int:
    start_log(paths.log_file())
    log_event("the window could not open")
    log_fault(error)
    is_qt = isinstance(error, ImportError)
    text = words_of(error, _lacking() if is_qt else {})
    tell(_in_the_users_language(text), by_qt=not is_qt)
    watch.ended()
    return FAILED


def _qt_failed(said: str, watch: Watch) -> NoReturn:
    """Tell why Qt opens no window; it would end the process next, by a signal."""
    start_log(paths.log_file())
    log_event("Qt could not open a window")
    text = words_of_qt(said, os.environ, _lacking())
    tell(_in_the_users_language(text), by_qt=False)
    watch.ended()
    os._exit(FAILED)


def _tell_of_end(end: End) -> None:
    """Keep the trace of a program that ended by itself, and tell unless it had done its work."""
    logs = paths.log_file().parent
    if end.trace:
        keep_trace(logs, end.trace, about_this_program())
    if not end.on_leaving:
        tell(_in_the_users_language(words_of_end(end.trace, stood=end.stood)))


def _lacking() -> dict[str, str]:
    """Return which libraries of the system are missing, each with its package."""
    has_x = bool(os.environ.get("DISPLAY")) or os.environ.get("QT_QPA_PLATFORM", "") == "xcb"
    return system_needs.missing(system_needs.needed(screen=has_x))


def _in_the_users_language(text: str) -> str:
    """Return the text in the language of the settings, in English where these say nothing."""
    from app.core_language import tr_core
    from app.language import choose_language
    from app.settings import load_settings

    try:
        choose_language(load_settings(paths.settings_file())[0].language)
    except TrephineError:  # the installation is incomplete, which is what has to be said
        return text
    return tr_core(text)
