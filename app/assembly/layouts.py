"""Layouts and what is drawn over the pictures: joins their menus to grid and view state."""

from __future__ import annotations

from dataclasses import replace

from app.actions import LAYOUT_PREFIX
from app.main_window import MainWindow
from app.preferences import Preferences
from app.presenters.layouts import ADJUST, MINE, OVERVIEW, REVIEW, LayoutsPresenter
from app.view_state import Shown, ViewState

_TOGGLES = ("labels", "ghosts", "fills", "envelope")


def add_layouts(window: MainWindow, preferences: Preferences) -> LayoutsPresenter:
    """Let the menu lay out the pictures, at first as they were laid out last."""
    grid, actions, kept = window.grid, window.actions_by_key, preferences.settings
    presenter = LayoutsPresenter(grid.arrange, grid.arrangement, kept.my_layout, window)
    for name in (OVERVIEW, ADJUST, REVIEW, MINE):
        actions[f"{LAYOUT_PREFIX}{name}"].triggered.connect(
            lambda _=False, name=name: presenter.choose(name)
        )
    actions["save_layout"].triggered.connect(presenter.save_mine)
    presenter.layout_changed.connect(
        lambda name: actions[f"{LAYOUT_PREFIX}{name}"].setChecked(True)
    )
    presenter.mine_changed.connect(lambda why: window.set_reason(f"{LAYOUT_PREFIX}{MINE}", why))
    presenter.said.connect(window.say)
    presenter.choose(kept.layout)
    presenter.refresh()
    presenter.layout_changed.connect(
        lambda name: preferences.change(layout=name, my_layout=presenter.kept)
    )
    return presenter


def add_overlay_toggles(window: MainWindow, view_state: ViewState) -> None:
    """Let the menu say what is drawn over the pictures."""
    for name in _TOGGLES:
        action = window.actions_by_key[f"show_{name}"]
        action.toggled.connect(
            lambda on, name=name: view_state.set_shown(replace(view_state.shown, **{name: on}))
        )

    def tick(shown: Shown) -> None:
        for name in _TOGGLES:
            window.actions_by_key[f"show_{name}"].setChecked(getattr(shown, name))

    view_state.shown_changed.connect(tick)
    tick(view_state.shown)
