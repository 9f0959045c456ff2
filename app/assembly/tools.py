"""What the left mouse button does, always in sight: buttons and words in the status line."""

from __future__ import annotations

from functools import partial

from PySide6.QtGui import QAction, QKeySequence

from app.actions import ACTIONS, TOOL_PREFIX
from app.language import mark, tr
from app.main_window import MainWindow
from app.presenters.editing import EditingPresenter
from app.presenters.hand import HandPresenter
from app.presenters.measuring import MeasuringPresenter
from app.views.structure_values import BrushMode
from app.views.tool_strip import ToolStrip
from app.views.values import Tool

_BRUSH, _ERASER, _EDIT = "brush", "eraser", "edit_path"
_ICONS = {_EDIT: "edit"}
_NATIVE = QKeySequence.SequenceFormat.NativeText
_TOOL_WORDS = {
    Tool.CROSSHAIR: mark("Crosshair"),
    Tool.PAN: mark("Moving the picture"),
    Tool.DISTANCE: mark("Distance"),
    Tool.HU: mark("HU in a disc"),
}


def add_tools(
    window: MainWindow,
    measuring: MeasuringPresenter,
    editing: EditingPresenter,
    hand: HandPresenter,
) -> ToolStrip:
    """Put the tools and the name of the one in the hand into the status line."""
    actions = window.actions_by_key
    keys = (*(f"{TOOL_PREFIX}{tool.value}" for tool in Tool), _BRUSH, _ERASER, _EDIT)
    strip = ToolStrip([(key, _ICONS.get(key, key), _name(key)) for key in keys])
    window.status.add(strip)
    strip.pressed.connect(lambda key: actions[key].trigger())

    def follow(key: str) -> None:
        action = actions[key]
        tip, reason = str(action.property("tip")), _reason(action)
        strip.set_tool(key, on=action.isChecked(), tip=tip, reason=reason)

    def say(*_: object) -> None:
        words = in_the_hand(measuring, editing, hand)
        special = words != tr(_TOOL_WORDS[Tool.CROSSHAIR])
        strip.set_words(tr("{tool} (Esc ends)", tool=words) if special else words, special=special)

    def end() -> None:
        if not hand.is_editing:  # which Escape ends first
            actions[f"{TOOL_PREFIX}{Tool.CROSSHAIR.value}"].trigger()

    window.escaped.connect(end)
    for key in keys:
        actions[key].changed.connect(partial(follow, key))
        follow(key)
    strip.pressed.connect(follow)  # a press on what is in the hand already leaves it there
    measuring.tool_changed.connect(say)
    editing.brush_changed.connect(say)
    editing.can_edit_changed.connect(say)
    hand.editing_changed.connect(say)
    hand.changed.connect(say)
    say()
    return strip


def in_the_hand(
    measuring: MeasuringPresenter, editing: EditingPresenter, hand: HandPresenter
) -> str:
    """Name what the left button does in the slices: the brush goes before what it covers."""
    brush = editing.brush
    if brush.mode is not BrushMode.OFF:
        name = editing.target_name
        painting = brush.mode is BrushMode.PAINT
        return tr("Painting on {name}", name=name) if painting else tr("Erasing {name}", name=name)
    if measuring.tool is Tool.CROSSHAIR and hand.is_editing and hand.edited is not None:
        return tr("Editing {name}", name=hand.edited.path_id)
    return tr(_TOOL_WORDS[measuring.tool])


def _reason(action: QAction) -> str:
    return "" if action.isEnabled() else action.toolTip()


def _name(key: str) -> str:
    row = next(row for row in ACTIONS if row.key == key)
    keys = QKeySequence(row.shortcut).toString(_NATIVE)
    return f"{tr(row.text).replace('&', '')} ({keys})"
