"""Help: the manual, and the sheet of keys (F1) made from the menus' own rows; keeps no list."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QKeySequence

from app.actions import ACTIONS
from app.gestures import GESTURES
from app.language import tr
from app.main_window import MainWindow
from app.views.shortcut_sheet import SheetGroup, ShortcutSheet

if TYPE_CHECKING:
    from app.presenters.manual import ManualPresenter

_NATIVE = QKeySequence.SequenceFormat.NativeText


def add_help(window: MainWindow) -> ShortcutSheet:
    """Let F1 show what every key does, and the menu open the manual."""
    sheet = ShortcutSheet(window)
    sheet.set_groups(keys_and_gestures())
    window.actions_by_key["shortcuts"].triggered.connect(sheet.toggle)
    manual = ManualOpener(window)
    window.actions_by_key["manual"].triggered.connect(manual.open)
    return sheet


def keys_and_gestures() -> tuple[SheetGroup, ...]:
    """Return everything that keys and mouse do, in the window's language."""
    return (*_from_menus(), *_from_gestures())


class ManualOpener(QObject):
    """Makes the window of the manual when it is first wanted."""

    def __init__(self, window: MainWindow) -> None:
        super().__init__(window)
        self._main = window
        self._presenter: ManualPresenter | None = None

    def open(self) -> None:
        """Show the manual."""
        if self._presenter is None:
            from app.presenters.manual import ManualPresenter

            self._presenter = ManualPresenter(self._main, self)
            self._main.closing.connect(self._presenter.view.close)
        self._presenter.open()


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
