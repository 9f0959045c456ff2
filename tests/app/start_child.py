"""Trephine started as its command does, told how to fail or to end; says what its window says.

    python -m tests.app.start_child HOW [ARGUMENTS OF TREPHINE ...]

HOW is `close`, or how it goes wrong: `segv`, `abort`, `kill` with the window there, `segv-early`
before it, `bug` while it is made, `no-resources`, `bad-font`, `wait` until something is read.
"""

from __future__ import annotations

import faulthandler
import json
import os
import shutil
import signal
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

HOW = sys.argv[1]


def _end(desk: Any) -> None:
    said = {"strip": desk.checking.strip.text(), "message": desk.window.message.text()}
    os.write(1, (json.dumps(said) + "\n").encode())
    ends: dict[str, Callable[[], object]] = {
        "segv": faulthandler._sigsegv,
        "abort": os.abort,
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "wait": lambda: (sys.stdin.readline(), desk.window.close()),
    }
    ends.get(HOW, desk.window.close)()


def _watch_the_window() -> None:
    """Have the end come soon after the window; Qt is loaded only when the program does."""
    from importlib import import_module

    import app.starting as starting

    begin_watch = starting.begin_watch

    def begun(*arguments: Any) -> Any:
        watch = begin_watch(*arguments)  # has forked: from here on anything may be loaded
        application = import_module("app.application")
        start = application.start

        def started(*some: Any, **others: Any) -> Any:
            if HOW == "bug":
                message = "DOE^JANE"  # a value, which no log may hold
                raise ZeroDivisionError(message)
            if HOW == "segv-early":
                faulthandler._sigsegv()
            made, desk = start(*some, **others)
            from PySide6.QtCore import QTimer

            QTimer.singleShot(300, lambda: _end(desk))
            return made, desk

        application.start = started
        return watch

    starting.begin_watch = begun


def main() -> None:
    import app.paths as paths

    if HOW == "no-resources":
        paths._HERE = Path(tempfile.mkdtemp(dir=os.environ["TREPHINE_TEST_ROOM"]))
    elif HOW == "bad-font":
        resources = Path(os.environ["TREPHINE_TEST_ROOM"]) / "resources"
        shutil.copytree(paths.resources_dir(), resources)
        for font in resources.glob("fonts/*.otf"):
            font.write_bytes(b"rubbish")
        paths._HERE = resources.parent
    _watch_the_window()
    sys.argv = ["trephine", *sys.argv[2:]]
    from app.__main__ import main as run

    run()


if __name__ == "__main__":
    main()
