"""Keeps what libraries say of their own accord off the console: it may hold a patient's name.

What a window writes to the console ends in the log files of many desktops. A library's warning
leaves its kind and its place in Trephine's own log instead, never its words.
"""

from __future__ import annotations

import logging
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from app.logs import log_event, log_fault

if TYPE_CHECKING:
    from PySide6.QtCore import QMessageLogContext, QtMsgType

_LIBRARIES = (
    *("pydicom", "pynetdicom", "highdicom", "dicomweb_client", "urllib3", "requests"),
    *("sqlalchemy", "alembic", "PIL", "numba", "matplotlib"),
)
_MOST_NOTES = 100
"""Of warnings, for each start: one that comes with every slice would push all else out."""

_noted: set[str] = set()


def keep_libraries_quiet() -> None:
    """Send what libraries warn of, and what Python cannot raise, to the log without its words."""
    for name in _LIBRARIES:
        logger = logging.getLogger(name)
        logger.propagate = False
        if not logger.handlers:
            logger.addHandler(logging.NullHandler())
    warnings.showwarning = _note_warning
    sys.unraisablehook = _note_unraisable


def keep_qt_quiet() -> None:
    """Do the same with what Qt says; what ends the program is said all the same."""
    from PySide6.QtCore import qInstallMessageHandler

    qInstallMessageHandler(_note_qt)


def _note_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    del message, file, line  # may hold values of a case
    _note(f"{category.__name__} at {'/'.join(Path(filename).parts[-2:])}:{lineno}")


def _note_unraisable(unraisable: sys.UnraisableHookArgs) -> None:
    if unraisable.exc_value is not None:
        log_fault(unraisable.exc_value)


def _note_qt(kind: QtMsgType, context: QMessageLogContext, _message: str | None) -> None:
    _note(f"Qt {kind.name} of {context.category or 'default'}")


def _note(text: str) -> None:
    if text not in _noted and len(_noted) < _MOST_NOTES:
        _noted.add(text)
        log_event(text)
