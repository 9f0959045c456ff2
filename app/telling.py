"""Says that the program could not start, or has ended, by whatever works; knows no reasons.

The terminal hears it always. Where there is a screen, a window of a new process says it: one of
Qt, and where Qt itself is what fails, one of the system's own means.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

TITLE = "Trephine"
SHOWN = "shown"
"""What the process of the window says once it can be seen."""

_SHOWING: list[subprocess.Popen[Any]] = []  # they outlive this process
_STAYS_S = 1.0
_ICON_ERROR = 0x10  # MB_ICONERROR of <winuser.h>
_CODE = str(Path(__file__).resolve().parents[1])


def tell(text: str, *, by_qt: bool = True) -> str:
    """Say it; return by what means a window said it, empty if only the terminal did.

    Parameters
    ----------
    by_qt : bool
        Whether Qt may work; where it is known not to, it is not tried.
    """
    with suppress(OSError, ValueError, AttributeError):  # there may be no terminal
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()
    if not has_screen():
        return ""
    if by_qt and _told_by_qt(text):
        return "Qt"
    if sys.platform == "win32":
        ctypes.windll.user32.MessageBoxW(None, text, TITLE, _ICON_ERROR)
        return "MessageBoxW"
    for command in means(text):
        if shutil.which(command[0]) and _stays_or_ends_well(command):
            return command[0]
    return ""


def has_screen() -> bool:
    """Tell whether a window may be seen."""
    if not sys.platform.startswith("linux"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def means(text: str) -> tuple[tuple[str, ...], ...]:
    """Return the commands of other programs that show a text, the best first."""
    quoted = text.replace("\\", "\\\\").replace('"', '\\"')
    script = f'display dialog "{quoted}" with title "{TITLE}" buttons {{"OK"}} with icon stop'
    return (
        ("zenity", "--error", "--no-markup", f"--title={TITLE}", f"--text={text}"),
        ("kdialog", f"--title={TITLE}", "--error", text),
        ("osascript", "-e", script),
        ("xmessage", "-center", "-title", TITLE, "-buttons", "OK", text),
        ("notify-send", "--urgency=critical", TITLE, text),
    )


def fault_window_command() -> list[str]:
    """Return how the process of the window is started, from sources or installed."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "fault-window"]
    return [sys.executable, "-c", "from app.fault_window import main; main()"]


def _told_by_qt(text: str) -> bool:
    search = os.pathsep.join(filter(None, (_CODE, os.environ.get("PYTHONPATH", ""))))
    try:
        window = subprocess.Popen(
            fault_window_command(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "PYTHONPATH": search, "PYTHONUTF8": "1"},
            start_new_session=True,
            text=True,
            encoding="utf-8",
        )
        assert window.stdin is not None, "asked for above"
        assert window.stdout is not None, "asked for above"
        with suppress(BrokenPipeError):
            window.stdin.write(text)
            window.stdin.close()
        with window.stdout as answer:
            is_seen = answer.readline().strip() == SHOWN  # nothing if it dies without a window
        _SHOWING.append(window)
        return is_seen
    except OSError:
        return False


def _stays_or_ends_well(command: Sequence[str]) -> bool:
    """Tell whether a program shows what it was told: it waits for its reader, or ends well."""
    quiet = subprocess.DEVNULL
    try:
        shown = subprocess.Popen(
            command, stdin=quiet, stdout=quiet, stderr=quiet, start_new_session=True
        )
        _SHOWING.append(shown)
        return shown.wait(_STAYS_S) == 0
    except subprocess.TimeoutExpired:
        return True
    except OSError:
        return False
