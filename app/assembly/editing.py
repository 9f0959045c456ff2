"""Editing masks and structures: its panels in the step "structures", its brush on the slices."""

from __future__ import annotations

import getpass

from PySide6.QtGui import QAction

from app.main_window import MainWindow
from app.presenters.editing import EditingPresenter
from app.presenters.progress import show_progress
from app.presenters.structure_properties import StructurePropertiesPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.brush_tool import BrushTool
from app.views.editing_panel import EditingPanel
from app.views.structure_properties import StructurePropertiesPanel
from app.views.structure_values import Brush, BrushMode
from app.views.values import Tool

_STEP = "structures"


def add_editing(window: MainWindow, session: Session, view_state: ViewState) -> EditingPresenter:
    """Build panels, brush and presenters for changing structures, and connect their actions."""
    properties, panel, tool = StructurePropertiesPanel(_login()), EditingPanel(), BrushTool(window)
    window.add_panel(_STEP, properties)
    window.add_panel(_STEP, panel)
    for view in window.slices:
        view.add_tool(tool)
    StructurePropertiesPresenter(session, window.structures, properties, window)
    editing = EditingPresenter(session, view_state, window.structures, panel, tool, parent=window)
    show_progress(editing.job, window.planning_progress)
    editing.said.connect(window.say)
    _connect_actions(window, editing)
    return editing


def _connect_actions(window: MainWindow, editing: EditingPresenter) -> None:
    actions = window.actions_by_key
    modes = {BrushMode.PAINT: actions["brush"], BrushMode.ERASE: actions["eraser"]}
    for mode, action in modes.items():
        action.toggled.connect(
            lambda on, mode=mode: _toggle(window, editing, mode if on else BrushMode.OFF, mode)
        )
    actions["brush_smaller"].triggered.connect(lambda: editing.change_radius(-1))
    actions["brush_larger"].triggered.connect(lambda: editing.change_radius(1))
    editing.brush_changed.connect(lambda brush: _tick(actions, modes, brush))
    for view in window.slices:  # Escape with nothing to give up
        view.tool_requested.connect(lambda _: editing.set_mode(BrushMode.OFF))

    def say_why(reason: str) -> None:
        for key in ("brush", "eraser", "brush_smaller", "brush_larger"):
            window.set_reason(key, reason)

    editing.can_edit_changed.connect(say_why)
    window.step_changed.connect(
        lambda step: None if step == _STEP else editing.set_mode(BrushMode.OFF)
    )
    editing.refresh()


def _toggle(
    window: MainWindow, editing: EditingPresenter, wanted: BrushMode, mode: BrushMode
) -> None:
    """Follow a tick of the menu, which one of the other tools takes away."""
    if wanted is not BrushMode.OFF:
        window.show_step(_STEP)
        editing.set_mode(wanted)
    elif editing.brush.mode is mode:
        editing.set_mode(BrushMode.OFF)


def _tick(actions: dict[str, QAction], modes: dict[BrushMode, QAction], brush: Brush) -> None:
    """Tick the action of the tool in the hand; without a brush, that of the crosshair."""
    ticked = modes.get(brush.mode)
    if ticked is not None:
        ticked.setChecked(True)
    elif any(action.isChecked() for action in modes.values()):
        actions[f"tool_{Tool.CROSSHAIR.value}"].trigger()


def _login() -> str:
    """Return what the computer calls its user; empty where it does not say."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return ""
