"""Builds the menu bar from the rows of `app.actions`; connects nothing."""

from __future__ import annotations

from PySide6.QtGui import QAction, QActionGroup, QKeySequence
from PySide6.QtWidgets import QMainWindow, QMenu

from app.action_row import ActionRow
from app.actions import ACTIONS, SUBMENU
from app.core_language import tr_core
from app.language import tr
from app.views.icons import has_icon, icon
from app.views.plain_tip import plain_tip


def build_menus(window: QMainWindow) -> tuple[dict[str, QAction], dict[str, QMenu]]:
    """Fill the window's menu bar; return its actions by key and its menus by title."""
    menus: dict[str, QMenu] = {}
    groups: dict[str, QActionGroup] = {}
    actions: dict[str, QAction] = {}
    for row in ACTIONS:
        menu = _menu(window, menus, row.menu)
        if row.text == SUBMENU:
            continue
        if row.line_before:
            menu.addSeparator()
        action = _action(window, row)
        if row.group:
            group = groups.setdefault(row.group, QActionGroup(window))
            action.setCheckable(True)
            group.addAction(action)
        elif row.checkable:
            action.setCheckable(True)
        menu.addAction(action)
        actions[row.key] = action
    return actions, menus


def set_reason(action: QAction, reason: str) -> None:
    """Enable an action if `reason` is empty; otherwise disable it and say why."""
    action.setEnabled(not reason)
    action.setToolTip(plain_tip(reason or str(action.property("tip"))))
    action.setStatusTip(reason or str(action.property("tip")))


def _menu(window: QMainWindow, menus: dict[str, QMenu], title: str) -> QMenu:
    if title not in menus:
        above, _, name = title.rpartition("/")
        bar = _menu(window, menus, above) if above else window.menuBar()
        menus[title] = bar.addMenu(tr(name))
        menus[title].setToolTipsVisible(True)
    return menus[title]


def _action(window: QMainWindow, row: ActionRow) -> QAction:
    action = QAction(tr(row.text), window)
    if has_icon(row.key):
        action.setIcon(icon(row.key))
    if row.shortcut:
        action.setShortcut(QKeySequence(row.shortcut))
    tip = tr_core(row.tip)  # those of the windows have numbers in them
    action.setProperty("tip", tip)
    action.setToolTip(plain_tip(tip))
    action.setStatusTip(tip)
    return action
