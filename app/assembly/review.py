"""Puts the review step into the window: panels, tabs, tools, actions; decides nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.assembly.needle_planes import add_needle_planes
from app.assembly.review_files import write_files
from app.jobs import LatestJob
from app.language import tr
from app.main_window import MainWindow
from app.presenters.layouts import LayoutsPresenter
from app.presenters.review_card import ReviewCardPresenter
from app.presenters.review_context import ReviewContext
from app.presenters.review_control import ReviewControlPresenter
from app.presenters.review_export import Registry, ReviewExportPresenter
from app.presenters.review_needles import ReviewNeedlesPresenter
from app.presenters.review_pictures import ReviewPicturesPresenter
from app.session import Session
from app.view_state import Shown, ViewState
from app.views.control_mode_bar import ControlModeBar
from app.views.control_panel import ControlPanel
from app.views.needle_points_tool import NeedlePointsTool
from app.views.needles_panel import NeedlesPanel
from app.views.review_card import ReviewCard
from app.views.review_step_values import ControlText, ExecutedPath, NeedlesText
from app.views.slice_control import ControlMode
from app.views.slice_executed import ExecutedTool
from planning.records.case_origin import CASE_FILE_NAME

STEP = "review"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reviewing:
    """The presenters of the review, and the views they drive."""

    context: ReviewContext
    control: ReviewControlPresenter
    needles: ReviewNeedlesPresenter
    card: ReviewCardPresenter
    pictures: ReviewPicturesPresenter
    exporting: ReviewExportPresenter
    control_panel: ControlPanel
    needles_panel: NeedlesPanel
    review_card: ReviewCard
    take_dropped: Callable[[Path], bool]
    """Takes a dropped path as control CT, where that is what is asked for now."""

    @property
    def jobs(self) -> tuple[LatestJob, ...]:
        """What works in the background."""
        control = self.control
        return (control.job, control.measuring, self.needles.job, self.exporting.job)


def add_review(
    window: MainWindow,
    session: Session,
    view_state: ViewState,
    layouts: LayoutsPresenter,
    *,
    registry: Registry | None = None,
) -> Reviewing:
    """Put the review into the window.

    Parameters
    ----------
    registry : Registry or None
        Where reviews are kept; None for nowhere.
    """
    control_panel, needles_panel, mode_bar = ControlPanel(), NeedlesPanel(), ControlModeBar()
    card = ReviewCard()
    for panel in (control_panel, mode_bar, needles_panel):
        window.add_panel(STEP, panel)
    window.add_tab(card, title=tr("Review"), steps=(STEP,))
    context = ReviewContext(session, view_state, window)
    exporting = ReviewExportPresenter(
        session,
        context,
        needles_panel.progress,
        needles_panel.question,
        window.message,
        write=write_files,
        registry=registry,
        parent=window,
    )

    draw = add_needle_planes(window, layouts, lambda: exporting.finished, steps=(STEP,))
    made = Reviewing(
        context=context,
        control=ReviewControlPresenter(
            session, context, control_panel, window.message, parent=window
        ),
        needles=ReviewNeedlesPresenter(
            session,
            view_state,
            context,
            needles_panel,
            window.message,
            cannot_store=exporting.cannot_store,
            parent=window,
        ),
        card=ReviewCardPresenter(view_state, context, card, draw=draw, parent=window),
        pictures=_pictures(window, view_state, context),
        exporting=exporting,
        control_panel=control_panel,
        needles_panel=needles_panel,
        review_card=card,
        take_dropped=lambda path: _takes(window, session, made, path),
    )
    _wire_asking(window, made)
    _wire_marking(window, view_state, made)
    _wire_modes(made, mode_bar, view_state)
    _wire_actions(window, made)
    _wire_step(window, session, made)
    return made


def _pictures(
    window: MainWindow, view_state: ViewState, context: ReviewContext
) -> ReviewPicturesPresenter:
    tool = ExecutedTool(window)
    for view in window.slices:
        view.add_tool(tool)

    def show(needles: tuple[ExecutedPath, ...]) -> None:
        tool.set_needles(needles, legend=bool(needles))
        for view in window.slices:
            view.update()

    return ReviewPicturesPresenter(
        view_state, context, window.slices, window.scene, show, parent=window
    )


def _takes(window: MainWindow, session: Session, made: Reviewing, path: Path) -> bool:
    is_case = path.suffix.lower() == ".toml" or (path / CASE_FILE_NAME).exists()
    if window.step != STEP or session.case is None or is_case:
        return False
    made.control.open(path)
    return True


def _wire_asking(window: MainWindow, made: Reviewing) -> None:
    def ask_folder() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("Control CT: choose its folder"), window.last_folder
        )
        if name:
            made.control.open(Path(name))

    def ask_file() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window,
            tr("Control CT: choose its file"),
            window.last_folder,
            tr("Images (*.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd);;All files (*)"),
        )
        if name:
            made.control.open(Path(name))

    def ask_where() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("Write the review into a folder"), window.last_folder
        )
        if name:
            made.exporting.export(Path(name))

    def begin() -> None:
        window.show_step(STEP)
        ask_folder()

    made.control_panel.folder_requested.connect(ask_folder)
    made.control_panel.file_requested.connect(ask_file)
    made.needles_panel.export_requested.connect(ask_where)
    made.needles_panel.store_requested.connect(made.exporting.ask)
    window.actions_by_key["review_control"].triggered.connect(begin)
    window.actions_by_key["review_export"].triggered.connect(ask_where)


def _wire_marking(window: MainWindow, view_state: ViewState, made: Reviewing) -> None:
    tool = NeedlePointsTool(window)
    for view in window.slices:
        view.add_tool(tool)

    def switch(on: bool) -> None:  # noqa: FBT001 (a signal's argument)
        tool.set_on(on=on)
        if on:
            made.pictures.choose_mode(ControlMode.CONTROL)  # where the needle is seen
        for view in window.slices:
            view.update()

    def press() -> None:
        if not tool.is_on:
            made.needles.set_marking(on=True)
            return
        tool.set_point(view_state.crosshair_lps_mm)  # without a mouse
        for view in window.slices:
            view.update()

    window.actions_by_key["review_mark"].triggered.connect(press)
    made.needles.marking_changed.connect(switch)
    tool.marked.connect(made.needles.mark)
    tool.given_up.connect(lambda: made.needles.set_marking(on=False))
    tool.point_set.connect(lambda _: window.say(tr("Hub side is set. Now click the tip.")))
    window.escaped.connect(lambda: made.needles.set_marking(on=False))


def _wire_modes(made: Reviewing, bar: ControlModeBar, view_state: ViewState) -> None:
    def follow(_: Shown | None = None) -> None:
        at_hand = made.context.control is not None
        bar.set_mode(made.pictures.mode if at_hand else ControlMode.PLANNING)
        bar.set_reason("" if at_hand else tr("There is no control CT at hand to show."))

    bar.mode_chosen.connect(made.pictures.choose_mode)
    view_state.shown_changed.connect(follow)
    made.context.changed.connect(follow)
    follow()


def _wire_actions(window: MainWindow, made: Reviewing) -> None:
    actions = window.actions_by_key
    for key, act in (
        ("review_accept", made.control.accept),
        ("review_find", made.needles.find),
        ("review_switch", made.pictures.next_mode),
        ("review_store", made.exporting.ask),
    ):
        actions[key].triggered.connect(lambda _=False, act=act: act())

    def follow_control(text: ControlText) -> None:
        window.set_reason("review_control", text.cannot_open)
        window.set_reason("review_accept", text.cannot_accept)
        at_hand = made.context.control is not None and window.step == STEP
        window.set_reason(
            "review_switch", "" if at_hand else tr("There is no control CT at hand to show.")
        )

    def follow_needles(text: NeedlesText) -> None:
        window.set_reason("review_find", text.cannot_find)
        window.set_reason("review_mark", text.cannot_mark)
        window.set_reason("review_export", text.cannot_export)
        window.set_reason("review_store", text.cannot_store)

    made.control.said.connect(follow_control)
    made.needles.said.connect(follow_needles)
    made.exporting.job.ended.connect(made.needles.refresh)
    made.control.refresh()
    made.needles.refresh()


def _wire_step(window: MainWindow, session: Session, made: Reviewing) -> None:
    def follow(step: str) -> None:
        shown = step == STEP
        made.pictures.show(shown=shown)
        made.control.show(shown=shown)
        made.control.refresh()
        if shown:
            window.show_tab(made.review_card)
        else:
            made.needles.set_marking(on=False)

    window.step_changed.connect(follow)
    session.opened.connect(lambda: made.control.show(shown=window.step == STEP))
