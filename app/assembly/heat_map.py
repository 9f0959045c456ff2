"""Puts the skin's heat map together; decides nothing."""

from __future__ import annotations

from app.main_window import MainWindow
from app.presenters.heat_map import HeatMapPresenter
from app.presenters.measuring import MeasuringPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.heat_tools import HeatSceneTool, HeatSliceTool
from app.views.values import Tool


def add_heat_map(
    window: MainWindow, session: Session, view_state: ViewState, measuring: MeasuringPresenter
) -> HeatMapPresenter:
    """Return the presenter of the heat map, at work in the slices and in 3-D.

    Added after the tools that pull needles: an entry can be pulled off coloured skin.
    """
    slices, scene = HeatSliceTool(window.slices), HeatSceneTool(window.scene)
    presenter = HeatMapPresenter(session, view_state, (slices,), scene, window)
    slices.signals.entry_requested.connect(presenter.entry_requested)
    scene.signals.entry_requested.connect(presenter.entry_requested)
    measuring.tool_changed.connect(lambda tool: slices.set_takes_clicks(tool is Tool.CROSSHAIR))
    action = window.actions_by_key["heat_map"]
    action.triggered.connect(presenter.toggle)
    presenter.can_show_changed.connect(lambda reason: window.set_reason("heat_map", reason))

    view_state.shown_changed.connect(lambda shown: action.setChecked(shown.heat_map))
    presenter.show_map()
    return presenter
