"""Connects the menus' actions to the presenters that act on them; acts on nothing itself."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.actions import PRESET_PREFIX, STEP_PREFIX, TOOL_PREFIX
from app.desk import Desk
from app.language import inside_sentence, mark, tr
from app.main_window import RESEARCH_USE
from app.paths import user_cache_dir
from app.presenters.plan_life import why_not_undoable
from app.views.step_bar import STEPS
from app.views.values import Tool
from planning import __version__

SAMPLE_FOLDER = f"sample-{__version__}"
_CASE_FILES = mark(
    "Cases and images (*.toml *.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd);;All files (*)"
)


def wire_actions(desk: Desk) -> None:
    """Let every action of the menus, and every button beside them, do what it says."""
    _wire_opening(desk)
    _wire_editing(desk)
    _wire_viewing(desk)
    _wire_measuring(desk)
    _wire_planning(desk)
    _wire_the_rest(desk)


def _wire_opening(desk: Desk) -> None:
    window, opening = desk.window, desk.opening

    def ask_file() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window, tr("Open a case"), window.last_folder, tr(_CASE_FILES)
        )
        if name:
            opening.open(Path(name))

    def ask_folder() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("Open a case or a DICOM folder"), window.last_folder
        )
        if name:
            opening.open(Path(name))

    def open_sample() -> None:
        opening.open_sample(user_cache_dir() / SAMPLE_FOLDER)

    actions = window.actions_by_key
    actions["open_case"].triggered.connect(ask_file)
    actions["open_folder"].triggered.connect(ask_folder)
    actions["open_sample"].triggered.connect(
        lambda: opening.open_sample(user_cache_dir() / SAMPLE_FOLDER)
    )
    window.empty.open_case_requested.connect(ask_file)
    window.empty.open_folder_requested.connect(ask_folder)
    window.empty.sample_requested.connect(
        lambda: opening.open_sample(user_cache_dir() / SAMPLE_FOLDER)
    )
    window.path_requested.connect(opening.open)
    window.path_dropped.connect(
        lambda path: None if desk.reviewing.take_dropped(path) else desk.adding.take_dropped(path)
    )
    opening.choosing.connect(window.show_series)
    opening.opened.connect(window.show_pictures)
    opening.opened.connect(desk.life.note_opened)
    opening.opened.connect(lambda path: setattr(window, "last_folder", str(path.parent)))
    opening.gave_up.connect(
        lambda: window.show_pictures() if desk.session.case else window.show_start()
    )


def _wire_editing(desk: Desk) -> None:
    window, session, stack = desk.window, desk.session, desk.session.undo_stack
    undo, redo = window.actions_by_key["undo"], window.actions_by_key["redo"]
    told = ""  # which step was undone or done again, until another one is taken

    def go(move: Callable[[], None], said: str) -> None:
        nonlocal told
        told = ""
        move()
        window.say(said)
        told = window.status.said

    def go_back() -> None:
        go(stack.undo, tr("Undone: {step}", step=inside_sentence(stack.undoText())))

    def go_again() -> None:
        go(stack.redo, tr("Done again: {step}", step=inside_sentence(stack.redoText())))

    undo.triggered.connect(go_back)
    redo.triggered.connect(go_again)

    def forget() -> None:
        if told and window.status.said == told:
            window.say("")

    def refresh() -> None:
        undo.setText(tr("&Undo {step}", step=inside_sentence(stack.undoText())).rstrip(": "))
        redo.setText(tr("&Redo {step}", step=inside_sentence(stack.redoText())).rstrip(": "))
        window.set_reason("undo", why_not_undoable(session.case, can_undo=stack.canUndo()))
        window.set_reason("redo", "" if stack.canRedo() else tr("There is nothing to redo."))

    def show_edited(*_: object) -> None:
        desk.structures.emphasise(desk.editing.painted)

    stack.indexChanged.connect(refresh)
    stack.indexChanged.connect(forget)
    session.case_changed.connect(refresh)
    desk.editing.brush_changed.connect(show_edited)
    desk.editing.can_edit_changed.connect(show_edited)
    refresh()


def _wire_viewing(desk: Desk) -> None:
    actions = desk.window.actions_by_key
    for key, _, _ in STEPS:
        actions[f"{STEP_PREFIX}{key}"].triggered.connect(
            lambda _=False, key=key: desk.window.show_step(key)
        )
    actions["reset_views"].triggered.connect(desk.viewing.reset_views)
    for key, action in actions.items():
        if key.startswith(PRESET_PREFIX):
            preset = key.removeprefix(PRESET_PREFIX)
            action.triggered.connect(
                lambda _=False, preset=preset: desk.viewing.choose_preset(preset)
            )


def _wire_measuring(desk: Desk) -> None:
    actions, measuring = desk.window.actions_by_key, desk.measuring
    for tool in Tool:
        action = actions[f"{TOOL_PREFIX}{tool.value}"]
        action.triggered.connect(lambda _=False, tool=tool: measuring.choose(tool))
    actions["clear_measurements"].triggered.connect(measuring.clear)

    def tick(tool: Tool) -> None:
        actions[f"{TOOL_PREFIX}{tool.value}"].setChecked(True)

    measuring.tool_changed.connect(tick)
    measuring.said.connect(desk.window.say)
    tick(measuring.tool)


def _wire_planning(desk: Desk) -> None:
    window, planning = desk.window, desk.planning
    actions = window.actions_by_key
    actions["plan"].triggered.connect(planning.start)
    actions["stop"].triggered.connect(planning.cancel)
    actions["next"].triggered.connect(lambda: desk.trajectories.step(1))
    actions["previous"].triggered.connect(lambda: desk.trajectories.step(-1))
    window.plan_requested.connect(planning.start)
    planning.can_plan_changed.connect(lambda reason: window.set_reason("plan", reason))
    planning.can_plan_changed.connect(
        lambda _: window.set_reason(
            "stop", "" if planning.job.is_running else tr("Nothing is being planned.")
        )
    )
    planning.planned.connect(
        lambda seconds: window.status.say_planned(
            tr(
                "planned in {seconds} s    protocol {protocol}",
                seconds=f"{seconds:.1f}",
                protocol=planning.protocol_words(),
            )
        )
    )
    desk.session.case_changed.connect(
        lambda case: (
            None if case is not None and case.plan is not None else window.status.say_planned("")
        )
    )
    planning.refresh()


def _wire_the_rest(desk: Desk) -> None:
    window = desk.window
    actions = window.actions_by_key

    actions["about"].triggered.connect(lambda: window.message.show_note(_about()))
    actions["quit"].triggered.connect(window.close)


def _about() -> str:
    return tr(
        "Trephine {version} plans image-guided tumour biopsies. {research} Apache License 2.0, "
        "without warranty of any kind.",
        version=__version__,
        research=tr(RESEARCH_USE),
    )
