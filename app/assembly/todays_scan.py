"""Puts today's scan into the window: its panel, its action and its presenter; decides nothing."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.language import tr
from app.main_window import MainWindow
from app.presenters.planning_choices import POSITION_WORDS
from app.presenters.todays_scan import TodaysScanPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.todays_scan_panel import TodaysScanPanel
from app.views.values import Choice


def add_todays_scan(
    window: MainWindow, session: Session, view_state: ViewState
) -> TodaysScanPresenter:
    """Add the panel of today's scan to the step of the images and return its presenter."""
    panel = TodaysScanPanel()
    panel.set_positions(
        (
            Choice("", tr("Position not known")),
            *(Choice(position.value, tr(words)) for position, words in POSITION_WORDS.items()),
        )
    )
    window.add_panel("images", panel, on_top=True)  # where there is one, it is what matters
    presenter = TodaysScanPresenter(session, view_state, panel, window.message, parent=window)

    def ask_folder() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("Today's scan: choose its folder"), window.last_folder
        )
        if name:
            presenter.open(Path(name))

    def ask_file() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window,
            tr("Today's scan: choose its file"),
            window.last_folder,
            tr("Images (*.nii *.nii.gz *.nrrd *.nhdr *.mha *.mhd);;All files (*)"),
        )
        if name:
            presenter.open(Path(name))

    def begin() -> None:
        window.show_step("images")
        if window.left.is_folded:
            window.toggle_left()
        ask_folder()

    def say_why() -> None:
        window.set_reason("todays_scan", "" if session.case else tr("Open a case first."))

    panel.folder_requested.connect(ask_folder)
    panel.file_requested.connect(ask_file)
    window.actions_by_key["todays_scan"].triggered.connect(begin)
    session.case_changed.connect(say_why)
    say_why()
    return presenter
