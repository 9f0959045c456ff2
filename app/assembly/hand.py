"""Placing needles by hand: its tools, its panel, the understanding it needs, and their wiring."""

from __future__ import annotations

from PySide6.QtCore import QTimer

from app.jobs import LatestJob
from app.language import tr
from app.main_window import MainWindow
from app.presenters.hand import HandPresenter
from app.presenters.numbers import needle_path
from app.presenters.turns import Turns
from app.presenters.understanding import UnderstandingPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.hand_panel import HandPanel
from app.views.hand_scene_tool import HandSceneTool
from app.views.hand_tool import HandTool
from app.views.handles import Handles
from app.views.quiet_progress import QuietProgress
from planning.model.plan import Candidate

_SCENE_EVERY_MS = 80


def add_understanding(
    window: MainWindow, session: Session, planning: LatestJob
) -> UnderstandingPresenter:
    """Derive anatomy in the background; say so in the status bar."""
    presenter = UnderstandingPresenter(session, planning, parent=window)
    strip = QuietProgress()
    window.statusBar().addPermanentWidget(strip)
    presenter.job.started.connect(strip.begin)
    presenter.job.progressed.connect(strip.set_progress)
    presenter.job.ended.connect(strip.finish)
    strip.cancel_requested.connect(presenter.job.cancel)
    return presenter


def add_hand(
    window: MainWindow,
    session: Session,
    view_state: ViewState,
    understanding: UnderstandingPresenter,
    turns: Turns,
) -> HandPresenter:
    """Let needles be placed and moved by hand in every picture."""
    hand = HandPresenter(session, view_state, understanding, window.message, window, turns=turns)
    panel = HandPanel()
    window.add_under_table(panel)
    _add_slice_tool(window, hand)
    _add_scene_tool(window, session, view_state, hand)
    _wire_actions(window, hand, panel, view_state)
    return hand


def _add_slice_tool(window: MainWindow, hand: HandPresenter) -> None:
    tool = HandTool(window)
    for view in window.slices:
        view.add_tool(tool)
    tool.reached.connect(hand.reached)
    tool.grasped.connect(lambda end, _view: hand.grasp(end))
    tool.pulled.connect(lambda point, free: hand.pull(point, free=free))
    tool.let_go.connect(hand.let_go)
    tool.abandoned.connect(hand.abandon)
    tool.end_chosen.connect(hand.choose_end)
    tool.nudged.connect(hand.nudge)
    tool.deepened.connect(hand.deepen)
    tool.edit_requested.connect(lambda: hand.set_editing(on=True))
    tool.edit_ended.connect(lambda: hand.set_editing(on=False))

    def show(handles: Handles | None) -> None:
        tool.set_handles(handles)
        if not hand.is_moving:  # while something moves, needles are painted one view at a time
            for view in window.slices:
                view.update()

    hand.handles_changed.connect(show)


def _add_scene_tool(
    window: MainWindow, session: Session, view_state: ViewState, hand: HandPresenter
) -> None:
    tool, scene = HandSceneTool(window), window.scene
    scene.add_tool(tool)
    tool.grasped.connect(lambda end, _view: hand.grasp(end))
    tool.seen.connect(lambda near, far, _free: hand.pull_along(near, far))
    tool.pulled.connect(lambda point, free: hand.pull(point, free=free))
    tool.let_go.connect(hand.let_go)
    tool.abandoned.connect(hand.abandon)
    tool.edit_ended.connect(lambda: hand.set_editing(on=False))
    # Painted over the picture that is there: nothing is rendered while the hand moves.
    later = QTimer(window)
    later.setSingleShot(True)
    later.setInterval(_SCENE_EVERY_MS)
    later.timeout.connect(scene.update)

    def show(draft: Candidate | None) -> None:
        case = session.case
        plan = None if case is None else case.plan
        path = None
        if draft is not None and plan is not None:
            path = needle_path(draft, plan.needle, selected=True)
        tool.set_draft(path)
        if draft is None and not later.isActive():
            later.start()  # else the view has its turn

    def show_handles(handles: Handles | None) -> None:
        tool.set_handles(handles)
        if not hand.is_moving and not later.isActive():
            later.start()

    view_state.draft_changed.connect(show)
    hand.handles_changed.connect(show_handles)


def _wire_actions(
    window: MainWindow, hand: HandPresenter, panel: HandPanel, view_state: ViewState
) -> None:
    actions = window.actions_by_key
    actions["edit_path"].setCheckable(True)
    actions["place_entry"].triggered.connect(lambda: hand.place_entry())
    actions["place_tip"].triggered.connect(lambda: hand.place_tip())
    actions["edit_path"].triggered.connect(lambda on: hand.set_editing(on=on))
    actions["delete_path"].triggered.connect(hand.delete)
    panel.edit_toggled.connect(lambda on: hand.set_editing(on=on))
    panel.delete_requested.connect(hand.delete)

    def refresh(*_: object) -> None:
        reason, no_delete = hand.why_not_place(), hand.why_not_delete()
        for key in ("place_entry", "place_tip", "edit_path"):
            window.set_reason(key, reason)
        window.set_reason("delete_path", no_delete)
        actions["edit_path"].setChecked(hand.is_editing)
        panel.set_delete(no_delete)
        panel.set_edit(_edit_words(hand, view_state), on=hand.is_editing, reason=reason)
        panel.set_hint(_hint(hand))

    window.escaped.connect(lambda: hand.set_editing(on=False))
    hand.said.connect(window.say)
    hand.changed.connect(refresh)
    hand.editing_changed.connect(refresh)
    refresh()


def _edit_words(hand: HandPresenter, view_state: ViewState) -> str:
    own = hand.edited
    if hand.is_editing:
        return tr("Done")
    if own is not None:
        return tr("Edit {name}", name=own.path_id)
    return tr("Edit a copy") if view_state.selected else tr("Place by hand")


def _hint(hand: HandPresenter) -> str:
    own = hand.edited
    if hand.is_editing:
        return tr(
            "Pull the ring (entry) or the diamond (tip). Arrows 1 mm, Shift 5, Ctrl 0.2; "
            "[ ] depth; Tab other end; Alt off the skin; Esc ends."
        )
    return "" if own is None else tr("{name} is locked until you edit it.", name=own.path_id)
