"""Everything the menus offer, one row each; what each one does is decided elsewhere."""

from __future__ import annotations

from dataclasses import dataclass

from app.views.step_bar import STEPS
from app.views.values import WINDOW_PRESETS


@dataclass(frozen=True, slots=True)
class ActionRow:
    """One entry of a menu.

    Parameters
    ----------
    menu : str
        Title of the menu it stands in; ``/`` separates a submenu.
    shortcut : str
        As Qt reads it; empty for none.
    group : str
        Entries of one group are ticked one at a time; empty for plain entries.
    line_before : bool
        Whether a line separates it from the entry above.
    """

    key: str
    menu: str
    text: str
    shortcut: str = ""
    tip: str = ""
    group: str = ""
    line_before: bool = False


PRESET_PREFIX = "window_"
STEP_PREFIX = "step_"
TOOL_PREFIX = "tool_"

ACTIONS: tuple[ActionRow, ...] = (
    ActionRow("open_case", "Case", "&Open case...", "Ctrl+O", "A case.toml or an image file"),
    ActionRow("open_folder", "Case", "Open &folder...", "Ctrl+Shift+O", "A case or a DICOM folder"),
    ActionRow("open_sample", "Case", "Open &sample case", "", "A made-up pelvis to try things on"),
    ActionRow(
        "todays_scan",
        "Case",
        "&Today's scan...",
        "Ctrl+T",
        "Carry the plan over to the CT made on the table",
        line_before=True,
    ),
    ActionRow("quit", "Case", "&Quit", "Ctrl+Q", line_before=True),
    ActionRow("undo", "Edit", "&Undo", "Ctrl+Z"),
    ActionRow("redo", "Edit", "&Redo", "Ctrl+Shift+Z"),
    *(
        ActionRow(
            f"{PRESET_PREFIX}{preset.key}",
            "View/Window",
            preset.name,
            preset.key,
            f"Level {preset.level_hu:.0f} HU, width {preset.width_hu:.0f} HU",
        )
        for preset in WINDOW_PRESETS
    ),
    *(
        ActionRow(f"{STEP_PREFIX}{key}", "View/Step", name, f"Alt+{number}", tip)
        for number, (key, name, tip) in enumerate(STEPS, start=1)
    ),
    ActionRow("reset_views", "View", "&Fit all views", "Ctrl+0"),
    ActionRow("fold_left", "View", "Fold or unfold the &left panel", "Ctrl+L"),
    ActionRow(
        "tool_crosshair",
        "Measure",
        "&Crosshair",
        "C",
        "Left button points; wheel scrolls; right button sets the window",
        group="tool",
    ),
    ActionRow("tool_pan", "Measure", "&Pan", "P", "Left button moves the picture", group="tool"),
    ActionRow(
        "tool_distance", "Measure", "&Distance", "D", "From one point to another", group="tool"
    ),
    ActionRow("tool_hu", "Measure", "&HU in a disc", "H", "Mean and spread of HU", group="tool"),
    ActionRow("clear_measurements", "Measure", "Clear &measurements", line_before=True),
    ActionRow("plan", "Plan", "&Plan", "F5", "Measure every candidate and rank the safe ones"),
    ActionRow("stop", "Plan", "&Stop planning", "Ctrl+."),
    ActionRow("next", "Plan", "&Next trajectory", "N", line_before=True),
    ActionRow("previous", "Plan", "P&revious trajectory", "Shift+N"),
    ActionRow(
        "export", "Hand over", "&Export...", "Ctrl+E", "plan.json, 3D Slicer markups and a table"
    ),
    ActionRow("about", "Help", "&About Trephine"),
)
