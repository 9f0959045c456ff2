"""The log file: places in the program and kinds of fault, never values, so no patient's data."""

from __future__ import annotations

import logging
import os
import traceback
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from planning.atomic_files import PRIVATE_FILE, make_folder

_LOGGER = logging.getLogger("app")
_BYTES_AT_MOST = 1_000_000
_OLD_FILES = 3


class _PrivateFile(RotatingFileHandler):
    """A log that only the user may read, whatever the system's habit.

    It takes it quietly where a line cannot be written: the window has said so at its start.
    """

    def _open(self) -> TextIOWrapper:
        handle = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, PRIVATE_FILE)
        return TextIOWrapper(os.fdopen(handle, "ab"), encoding=self.encoding, line_buffering=True)

    def handleError(self, _: logging.LogRecord) -> None:
        pass


def start_log(path: Path) -> bool:
    """Write the log to `path` from now on, older parts beside it; tell whether that works.

    A log that cannot be written is no reason not to start.
    """
    try:
        make_folder(path.parent, private=True)
        handler = _PrivateFile(
            path, maxBytes=_BYTES_AT_MOST, backupCount=_OLD_FILES, encoding="utf-8", delay=True
        )
    except OSError:
        return False
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    stop_log()
    _LOGGER.addHandler(handler)
    _LOGGER.setLevel(logging.INFO)
    _LOGGER.propagate = False
    return True


def stop_log() -> None:
    """Close the log file, if one is open."""
    for handler in tuple(_LOGGER.handlers):
        _LOGGER.removeHandler(handler)
        handler.close()


def log_event(text: str) -> None:
    """Note a step of the program; `text` must not hold anything read from a case."""
    _LOGGER.info(text)


def log_fault(error: BaseException) -> None:
    """Note a bug: its kind and where it happened, without its message, which may hold names."""
    _LOGGER.error("%s at %s", type(error).__name__, place_of(error) or "an unknown place")
    for frame in traceback.extract_tb(error.__traceback__):
        _LOGGER.error("    %s:%s %s", _short(frame.filename), frame.lineno, frame.name)


def place_of(error: BaseException) -> str:
    """Return file and line where an error was raised, or an empty string."""
    frames = traceback.extract_tb(error.__traceback__)
    return f"{_short(frames[-1].filename)}:{frames[-1].lineno}" if frames else ""


def _short(filename: str) -> str:
    """Shorten to folder and file: a full path may hold the name of who works here."""
    return "/".join(Path(filename).parts[-2:])
