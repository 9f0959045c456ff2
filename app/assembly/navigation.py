"""Puts the link to navigation systems into the window: its tab, its needle in every picture."""

from __future__ import annotations

from app.language import tr
from app.main_window import MainWindow
from app.navigation_link import NavigationLink
from app.preferences import Preferences
from app.presenters.navigation import NavigationPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.live_needle import LiveSceneTool, LiveSliceTool
from app.views.navigation_panel import NavigationPanel
from app.views.navigation_values import LivePath

STEP = "hand_over"


def add_navigation(
    window: MainWindow, session: Session, view_state: ViewState, preferences: Preferences
) -> NavigationPresenter:
    """Let the plan go to navigation systems, and the needle they track be seen against it."""
    panel = NavigationPanel()
    window.add_tab(panel, title=tr("Live"), steps=(STEP,))
    link = NavigationLink(window)
    presenter = NavigationPresenter(session, view_state, link, panel, preferences, window)
    on_slices, in_scene = LiveSliceTool(window), LiveSceneTool(window)
    for view in window.slices:
        view.add_tool(on_slices)
    window.scene.add_tool(in_scene)

    def show(path: LivePath | None) -> None:
        on_slices.set_path(path)
        in_scene.set_path(path)
        for view in window.slices:
            view.set_tools_moving(moving=path is not None)
            if view.isVisible():
                view.update_tools()
        window.scene.update()

    def begin() -> None:
        window.show_step(STEP)
        window.show_tab(panel)

    presenter.live_changed.connect(show)
    window.actions_by_key["navigation"].triggered.connect(begin)
    window.closing.connect(presenter.stop)
    return presenter
