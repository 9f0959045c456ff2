"""What the window says at its start of things that do not work here; works around none of them."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import NoReturn

from PySide6.QtCore import QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtWidgets import QApplication

from app import paths
from app.crashes import last_ends
from app.language import mark

_NOTHING_KEPT = mark(
    "Nothing can be kept in {0} ({1}): settings, log, recent cases and unsaved work are lost when "
    "Trephine ends. Make room or allow writing there; save cases elsewhere meanwhile."
)
_KERNELS_NOT_KEPT = mark(
    "Compiled kernels cannot be kept in {0} ({1}): the first plan of each start takes half a "
    "minute longer."
)
_NO_OPENGL = mark(
    "There is no OpenGL 3.2 here: slices and plans work, but nothing is drawn in 3-D. Help > Check "
    "this computer says more."
)
_NO_FONTS = mark(
    "The bundled fonts are missing or damaged: names in Chinese, Japanese or Korean letters may "
    "show as boxes. Install Trephine again."
)
_ENDED = mark(
    "Trephine ended by itself last time, {0} ({1}). Help > Save a support file keeps what is known "
    "about it, without any patient's data."
)
_ENDED_OUTSIDE = mark(
    "Trephine did not end as it should last time, {0}: it was ended from outside, or the computer "
    "went off."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class StartHooks:
    """Who wants to hear of the start.

    Parameters
    ----------
    stands : callable
        Called when the window can be seen.
    qt_failed : callable
        Called with Qt's last words where it opens no window; must not return.
    """

    stands: Callable[[], None]
    qt_failed: Callable[[str], NoReturn]


def made_or_told(hooks: StartHooks | None) -> QApplication:
    """Return the application; where Qt can make none, `hooks` hear of it before it ends all."""
    if hooks is None:
        return QApplication(sys.argv[:1])
    said: list[str] = []

    def hear(kind: QtMsgType, _: QMessageLogContext, text: str) -> None:
        said.append(text)
        if kind is QtMsgType.QtFatalMsg:
            hooks.qt_failed("\n".join(said))
        sys.stderr.write(f"{text}\n")

    qInstallMessageHandler(hear)
    try:
        return QApplication(sys.argv[:1])
    finally:
        qInstallMessageHandler(None)


def what_does_not_work(*, can_draw: bool, has_fonts: bool) -> tuple[str, ...]:
    """Return a sentence for each thing that does not work here while the rest does."""
    data = paths.user_data_dir()
    problem = paths.why_not_writable(data)
    said = [_NOTHING_KEPT.format(data, problem)] if problem else []
    if paths.kernels_are_temporary():
        cache = paths.user_cache_dir()
        said.append(_KERNELS_NOT_KEPT.format(cache, paths.why_kernels_are_not_kept(cache)))
    if not can_draw:
        said.append(_NO_OPENGL)
    if not has_fonts:
        said.append(_NO_FONTS)
    return tuple(said)


def how_it_ended_last(begun: tuple[datetime, ...], logs: Path | None = None) -> tuple[str, ...]:
    """Return a sentence on the last window that ended without a word; none if all ended well."""
    ended = last_ends(begun, logs or paths.log_file().parent)
    if ended is None:
        return ()
    return (_ENDED.format(ended.at, ended.what) if ended.what else _ENDED_OUTSIDE.format(ended.at),)
