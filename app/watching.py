"""Watches over the window from a second process, which tells if the first ends by itself.

Qt and VTK do not raise errors where something is badly wrong: they end the process. So the program
forks before it loads anything, on Linux alone, and the copy waits: the window says through a pipe
that it stands and that it ends as it should, and Python's own handler of fatal signals writes its
trace there. When the pipe closes, the copy knows. It keeps the trace beside the log, tells the
user, and ends. It costs a millisecond, and the memory of a small Python. Elsewhere the trace goes
into a file of its own, and the next start tells.
"""

from __future__ import annotations

import faulthandler
import os
import platform
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, NoReturn

from app.forking import can_fork
from planning import __version__

_STANDS, _ENDED = b"\x01", b"\x02"
_PACKET = 1 << 16

Tell = Callable[["End"], None]


@dataclass(frozen=True, slots=True)
class End:
    """How a program ended that did not end as it should.

    Parameters
    ----------
    trace : str
        Of a fatal signal; empty for none.
    stood : bool
        Whether its window could be seen.
    on_leaving : bool
        It had done all it had to, and ended by itself while it took itself apart.
    """

    trace: str
    stood: bool
    on_leaving: bool


class Watch:
    """The window's end of it."""

    def __init__(self, mouth: int | None, file: IO[bytes] | None = None) -> None:
        self._mouth, self._file = mouth, file

    def stands(self) -> None:
        """Say that the window can be seen."""
        self._say(_STANDS)

    def ended(self) -> None:
        """Say that the program ends as it should, or has told why not."""
        self._say(_ENDED)

    def _say(self, word: bytes) -> None:
        if self._mouth is not None:
            with suppress(OSError):
                os.write(self._mouth, word)

    def forget(self) -> None:
        """Let go of it, in a process that is only a copy of the window's."""
        faulthandler.disable()
        if self._mouth is not None:
            with suppress(OSError):
                os.close(self._mouth)
            self._mouth = None


def begin_watch(tell: Tell, logs: Path) -> Watch:
    """Begin to watch; to be called before any thread is started and anything large is loaded.

    Parameters
    ----------
    tell : Tell
        Called by the second process if the first ends by itself.
    logs : Path
        Where the trace is written where there is no second process.
    """
    if not can_fork():
        return Watch(None, _trace_file(logs))
    heard, mouth = os.pipe()
    if os.fork() == 0:
        os.close(mouth)
        _wait_and_end(heard, tell)
    os.close(heard)
    faulthandler.enable(mouth)
    watch = Watch(mouth)
    os.register_at_fork(after_in_child=watch.forget)
    return watch


def about_this_program() -> str:
    """Return version and system in one line, without anybody's name."""
    kind = "installed" if getattr(sys, "frozen", False) else "from sources"
    python = platform.python_version()
    return f"Trephine {__version__} ({kind}), Python {python}, {platform.system()}"


def _wait_and_end(heard: int, tell: Tell) -> NoReturn:
    try:
        for ignored in (signal.SIGINT, signal.SIGHUP):  # meant for the window, which it survives
            signal.signal(ignored, signal.SIG_IGN)
        said = b"".join(iter(lambda: os.read(heard, _PACKET), b""))
        trace = said.replace(_STANDS, b"").replace(_ENDED, b"").decode("utf-8", "replace").strip()
        stood, ended = _STANDS in said, _ENDED in said
        if trace or not (stood or ended):
            tell(End(trace, stood, ended))
        # Without a trace a window that stood was ended from outside: the next start tells.
    finally:
        os._exit(0)


def _trace_file(logs: Path) -> IO[bytes] | None:
    """Let the trace go into a file, which is empty as long as all is well."""
    try:
        logs.mkdir(parents=True, exist_ok=True)
        for old in logs.glob("crash-*-live.txt"):
            with suppress(OSError):  # another window's is held on Windows
                if old.stat().st_size == 0:
                    old.unlink()
        name = f"crash-{datetime.now():%Y%m%d-%H%M%S}-live.txt"
        file = (logs / name).open("wb")
    except OSError:
        return None
    faulthandler.enable(file)
    return file
