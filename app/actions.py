"""Everything the menus offer, one row each; what each one does is decided elsewhere."""

from __future__ import annotations

from app.action_row import ActionRow
from app.language import mark
from app.views.step_bar import STEPS
from app.views.values import WINDOW_PRESETS

SUBMENU = ""
"""Text of a row that only gives a submenu its place; who fills it is decided elsewhere."""

PRESET_PREFIX = "window_"
STEP_PREFIX = "step_"
SCHEME_PREFIX = "scheme_"
LANGUAGE_PREFIX = "language_"

SCHEMES = (("dark", mark("&Dark")), ("light", mark("&Light")), ("system", mark("As the &system")))
LANGUAGES = (("en", "English"), ("de", "Deutsch"))
"""Each in its own words, so that whoever reads it finds it."""
TOOL_PREFIX = "tool_"
_PRESET_TIP = mark("Level {0} HU, width {1} HU")
LAYOUT_PREFIX = "layout_"

ACTIONS: tuple[ActionRow, ...] = (
    ActionRow("open_case", "Case", "&Open case...", "Ctrl+O", "A case.toml or an image file"),
    ActionRow("open_folder", "Case", "Open &folder...", "Ctrl+Shift+O", "A case or a DICOM folder"),
    ActionRow(
        "pacs",
        "Case",
        "Image archives (&PACS)...",
        "Ctrl+Shift+A",
        "Find a series in an image archive and open it, or send an export there",
    ),
    ActionRow("recent", "Case/Open recent", SUBMENU),
    ActionRow("open_sample", "Case", "Open &sample case", "", "A made-up pelvis to try things on"),
    ActionRow(
        "add_image",
        "Case",
        "Add &PET or MR...",
        "",
        "Choose a series of a DICOM folder to lay over the CT",
        line_before=True,
    ),
    ActionRow(
        "add_masks",
        "Case",
        "Add s&tructures...",
        "",
        "From DICOM SEG or RTSTRUCT, from Slicer, or from a mask; dropping the file does it too",
    ),
    ActionRow(
        "todays_scan",
        "Case",
        "&Today's scan...",
        "Ctrl+T",
        "Carry the plan over to the CT made on the table",
        line_before=True,
    ),
    ActionRow("save", "Case", "&Save case", "Ctrl+S", "Everything in one folder", line_before=True),
    ActionRow("save_as", "Case", "Save case &as...", "Ctrl+Shift+S", "Into a folder of its own"),
    ActionRow("recover", "Case", "&Recover unsaved work", tip="What an earlier run left behind"),
    ActionRow(
        "cohort",
        "Case",
        "&Department's accuracy...",
        tip="How far needles landed from their plans, whether that drifts, and what it teaches",
        line_before=True,
    ),
    ActionRow("quit", "Case", "&Quit", "Ctrl+Q", line_before=True),
    ActionRow("undo", "Edit", "&Undo", "Ctrl+Z"),
    ActionRow("redo", "Edit", "&Redo", "Ctrl+Shift+Z"),
    ActionRow(
        "brush",
        "Edit",
        "&Brush",
        "B",
        "Left button paints on the current structure; Ctrl or right button erases",
        group="tool",
        line_before=True,
    ),
    ActionRow(
        "eraser",
        "Edit",
        "&Eraser",
        "X",
        "Left button erases from the current structure; Ctrl or right button paints",
        group="tool",
    ),
    ActionRow("brush_smaller", "Edit", "&Smaller brush", ",", "Make the brush a fifth smaller"),
    ActionRow("brush_larger", "Edit", "&Larger brush", ".", "Make the brush a quarter larger"),
    *(
        ActionRow(
            f"{PRESET_PREFIX}{preset.key}",
            "View/Window",
            preset.name,
            preset.key,
            _PRESET_TIP.format(f"{preset.level_hu:.0f}", f"{preset.width_hu:.0f}"),
        )
        for preset in WINDOW_PRESETS
    ),
    *(
        ActionRow(f"{STEP_PREFIX}{key}", "View/Step", name, f"Alt+{number}", tip)
        for number, (key, name, tip) in enumerate(STEPS, start=1)
    ),
    ActionRow(
        "layout_overview",
        "View/Layout",
        "&Overview",
        "F2",
        "Axial, coronal, sagittal and 3-D",
        group="layout",
    ),
    ActionRow(
        "layout_adjust",
        "View/Layout",
        "&Adjust",
        "F3",
        "Axial, along the needle, needle's eye and 3-D",
        group="layout",
    ),
    ActionRow("layout_review", "View/Layout", "&Review", "F4", "All seven views", group="layout"),
    ActionRow(
        "layout_mine", "View/Layout", "&My layout", "Shift+F4", "As you saved it", group="layout"
    ),
    ActionRow(
        "save_layout",
        "View/Layout",
        "&Save as My layout",
        "Ctrl+Shift+F4",
        "Keep the views as they are now, with their sizes",
        line_before=True,
    ),
    ActionRow(
        "show_labels",
        "View",
        "&Labels",
        "L",
        "Names beside needles, and of structures under the pointer",
        checkable=True,
        line_before=True,
    ),
    ActionRow(
        "show_ghosts", "View", "&Ghosts", "G", "The trajectories not selected", checkable=True
    ),
    ActionRow(
        "show_fills", "View", "Fi&lled structures", "F", "Else only outlines", checkable=True
    ),
    ActionRow(
        "show_envelope",
        "View",
        "Error &envelope",
        "Shift+E",
        "Where 95 % of the needles run",
        checkable=True,
    ),
    ActionRow(
        "heat_map",
        "View",
        "Skin &heat map",
        "M",
        "Colour the skin by what an entry there is worth for the tip shown",
        checkable=True,
    ),
    ActionRow("reset_views", "View", "&Fit all views", "Ctrl+0", line_before=True),
    ActionRow("save_picture", "View", "&Save picture...", "Ctrl+Shift+P", "As a PNG file"),
    ActionRow("fold_left", "View", "Fold or unfold the &left panel", "Ctrl+L"),
    *(
        ActionRow(f"{SCHEME_PREFIX}{key}", "View/Colours", name, group="scheme")
        for key, name in SCHEMES
    ),
    ActionRow("text_larger", "View/Text size", "&Larger", "Ctrl++"),
    ActionRow("text_smaller", "View/Text size", "&Smaller", "Ctrl+-"),
    ActionRow("text_usual", "View/Text size", "&Usual size"),
    *(
        ActionRow(f"{LANGUAGE_PREFIX}{code}", "View/Language", name, group="language")
        for code, name in LANGUAGES
    ),
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
    ActionRow("approve", "Hand over", "&Approve...", tip="The checklist, and who stands for it"),
    ActionRow(
        "fork",
        "Hand over",
        "Change by a new &draft",
        "Ctrl+Shift+N",
        "Keeps the approved plan, as superseded",
    ),
    ActionRow(
        "compare",
        "Plan",
        "&Compare",
        "Ctrl+K",
        "Pin the selected trajectory and see others beside it; once more lets it go",
    ),
    ActionRow(
        "place_entry",
        "Plan",
        "Put the &entry at the crosshair",
        "E",
        "On the skin along the selected needle, or of a new one into the lesion",
        line_before=True,
    ),
    ActionRow(
        "place_tip",
        "Plan",
        "Put the &tip at the crosshair",
        "T",
        "Of the selected needle, or of a new one from the best skin for it",
    ),
    ActionRow(
        "edit_path",
        "Plan",
        "Edit by &hand",
        "A",
        "Unlocks the ends of the selected trajectory; a planned one is copied first",
    ),
    ActionRow("delete_path", "Plan", "&Delete trajectory", "Del"),
    ActionRow(
        "import_paths",
        "Plan",
        "&Import trajectories...",
        "Ctrl+I",
        "Lines of 3D Slicer, MNI tag points or a ROSA case, as trajectories placed by hand",
        line_before=True,
    ),
    ActionRow(
        "export",
        "Hand over",
        "&Export...",
        "Ctrl+E",
        "All formats at once: navigation, archive, table, meshes",
    ),
    ActionRow(
        "reports",
        "Hand over",
        "&Reports...",
        "Ctrl+Shift+E",
        "Sheet for the CT room, report for the tumour board, pathology request, as PDF",
    ),
    ActionRow(
        "navigation",
        "Hand over",
        "&Navigation system...",
        "Ctrl+G",
        "Hand the plan over by OpenIGTLink, and see the tracked needle against it",
    ),
    ActionRow(
        "review_control", "Review", "&Control CT...", "Ctrl+R", "The CT that shows the needle"
    ),
    ActionRow(
        "review_accept",
        "Review",
        "&Accept the registration",
        tip="The pictures agree: needles of the control CT are compared with the plan",
    ),
    ActionRow(
        "review_switch",
        "Review",
        "&Switch planning and control CT",
        "V",
        "The slices show one, the other, or both in colours",
        line_before=True,
    ),
    ActionRow(
        "review_find",
        "Review",
        "&Find needles",
        "Ctrl+F",
        "Around the planned needles, then everywhere",
        line_before=True,
    ),
    ActionRow(
        "review_mark",
        "Review",
        "&Mark a needle",
        "K",
        "Hub side and tip, in any slice; once more takes the crosshair",
    ),
    ActionRow(
        "review_export",
        "Review",
        "&Export the review...",
        tip="review.json, pictures and a page",
        line_before=True,
    ),
    ActionRow(
        "review_store", "Review", "Store in the &registry", tip="With the department's other cases"
    ),
    ActionRow(
        "manual",
        "Help",
        "&Manual",
        "Shift+F1",
        "How everything is done, with pictures, and the papers a hospital asks for",
    ),
    ActionRow("shortcuts", "Help", "&Keys and gestures", "F1", "Everything that can be pressed"),
    ActionRow(
        "doctor",
        "Help",
        "&Check this computer...",
        tip="OpenGL, fonts, folders, image archives: what is in the way, and what to do about it",
        line_before=True,
    ),
    ActionRow(
        "support", "Help", "&Save a support file...", "", "About a fault; shown before it is saved"
    ),
    ActionRow("about", "Help", "&About Trephine", line_before=True),
)
