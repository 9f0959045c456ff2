"""The sheet of keys and gestures (F1), made from the menus' own rows; keeps no list of keys."""

from __future__ import annotations

from PySide6.QtGui import QKeySequence

from app.actions import ACTIONS
from app.gestures import GESTURES
from app.language import tr
from app.main_window import MainWindow
from app.views.shortcut_sheet import SheetGroup, ShortcutSheet

_NATIVE = QKeySequence.SequenceFormat.NativeText


def add_help(window: MainWindow) -> ShortcutSheet:
    """Let F1 show what every key does."""
    sheet = ShortcutSheet(window)
    sheet.set_groups((*_from_menus(), *_from_gestures()))
    window.actions_by_key["shortcuts"].triggered.connect(sheet.toggle)
    return sheet


def _from_menus() -> tuple[SheetGroup, ...]:
    menus: dict[str, list[tuple[str, str]]] = {}
    for row in ACTIONS:
        if row.shortcut:
            keys = QKeySequence(row.shortcut).toString(_NATIVE)
            what = tr(row.text).replace("&", "").rstrip(".")
            menus.setdefault(row.menu, []).append((keys, what))
    return tuple(
        SheetGroup(title=" · ".join(tr(part) for part in menu.split("/")), rows=tuple(rows))
        for menu, rows in menus.items()
    )


def _from_gestures() -> tuple[SheetGroup, ...]:
    return tuple(
        SheetGroup(title=tr(title), rows=tuple((tr(how), tr(what)) for how, what in rows))
        for title, rows in GESTURES
    )
