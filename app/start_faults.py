"""Says in words what keeps the window from opening and what to do about it; tells nobody itself."""

from __future__ import annotations

import errno
import re
from collections.abc import Callable, Mapping

from app.crashes import how_it_ended
from app.language import mark
from app.messages import sentence_of
from app.system_needs import line_that_installs

_LIBRARY = re.compile(r"(\S*?)([^/\s:]+\.so[.\d]*|[^/\\\s:]+\.dll)\b")
_NO_SPACE = (errno.ENOSPC, errno.EDQUOT)

_LACKS = mark(
    "Trephine's window cannot open: this computer lacks {0}, or it is damaged. Install it, then "
    "start Trephine again. Commands such as trephine plan work without a window."
)
_LACKS_ALL = mark(
    "Trephine's window cannot open: this computer lacks {0}. Install it with: {1} Then start "
    "Trephine again. Commands such as trephine plan work without a window."
)
_NO_SCREEN = mark(
    "Trephine's window cannot open: there is no screen here (neither DISPLAY nor WAYLAND_DISPLAY "
    "is set). Start it on a desktop, or use commands such as trephine plan, which need none."
)
_SCREEN_REFUSES = mark(
    "Trephine's window cannot open: the screen {0} does not answer. See whether you are logged in "
    "there, and for a distant computer whether ssh -X is used."
)
_NO_PLUGIN = mark(
    "Trephine's window cannot open: QT_QPA_PLATFORM is set to {0}, which cannot be used here. "
    "Remove it from the environment, then start Trephine again."
)
_QT_FAILS = mark(
    "Trephine's window cannot open: Qt finds no way to this computer's screen ({0}). "
    "trephine doctor says what is missing."
)
_BROKEN = mark(
    "Trephine cannot start: a part of it is missing or damaged ({0}). Install Trephine again; "
    "cases and settings stay."
)
_FULL = mark(
    "Trephine cannot start: there is no room left on the disk for what it has to write. Make some, "
    "then start it again."
)
_ENDED_EARLY = mark(
    "Trephine ended by itself before its window stood ({0}). trephine doctor looks for the reason."
)
_ENDED_LATER = mark(
    "Trephine ended by itself ({0}). Unsaved work is offered when it starts again. Help > Save a "
    "support file keeps what is known about it, without any patient's data."
)
_KILLED = mark("it was ended from outside, perhaps for want of memory")


def words_of(error: BaseException, lacking: Mapping[str, str]) -> str:
    """Return what an error says that kept the window from opening.

    Parameters
    ----------
    lacking : mapping of str to str
        Libraries of the system that are missing, each with its package.
    """
    if isinstance(error, ImportError):
        found = _LIBRARY.search(str(error))
        if found is None or "PySide6" in found[1] or "site-packages" in found[1]:
            return _BROKEN.format(error.name or (found[2] if found else type(error).__name__))
        return _lacks({found[2]: lacking.get(found[2], "")} | dict(lacking))
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return _FULL
    return sentence_of(error)


def words_of_qt(said: str, environment: Mapping[str, str], lacking: Mapping[str, str]) -> str:
    """Return what keeps Qt from opening a window.

    Parameters
    ----------
    said : str
        Qt's own last words.
    """
    wanted = environment.get("QT_QPA_PLATFORM", "").split(":")[0]
    display = environment.get("DISPLAY", "") or environment.get("WAYLAND_DISPLAY", "")
    known = re.search(r"Available platform plugins are: (.+?)\.?\s*$", said, re.DOTALL)
    plugins = {name.strip() for name in known[1].split(",")} if known else set()
    if wanted and wanted not in plugins:
        return _NO_PLUGIN.format(f'"{wanted}"')
    if lacking:
        return _lacks(lacking)
    if not display:
        return _NO_SCREEN
    if "initialized" in said or "display" in said:
        return _SCREEN_REFUSES.format(display)
    return _QT_FAILS.format(said.strip().splitlines()[0] if said.strip() else "")


def words_of_end(trace: str, *, stood: bool) -> str:
    """Return that the program has ended by itself, from the trace it left."""
    how = how_it_ended(trace) or _KILLED
    return (_ENDED_LATER if stood else _ENDED_EARLY).format(how)


def _lacks(lacking: Mapping[str, str], line: Callable[..., str] = line_that_installs) -> str:
    names = ", ".join(lacking)
    install = line({name: package for name, package in lacking.items() if package})
    return _LACKS_ALL.format(names, f"{install}.") if install else _LACKS.format(names)
