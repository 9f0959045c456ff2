"""Puts the application together: window, session, presenters; holds no logic of its own."""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from app import paths
from app.assembly.todays_scan import add_todays_scan
from app.desk import Desk
from app.language import choose_language
from app.logs import log_event, start_log
from app.main_window import MainWindow
from app.messages import install_excepthook
from app.presenters.banner import BannerPresenter
from app.presenters.cores import CoresPresenter
from app.presenters.handing_over import HandOverPresenter
from app.presenters.measuring import MeasuringPresenter
from app.presenters.opening import OpeningPresenter
from app.presenters.planning import PlanningPresenter
from app.presenters.structures import StructuresPresenter
from app.presenters.trajectories import TrajectoriesPresenter
from app.presenters.viewing import ViewingPresenter
from app.session import Session
from app.settings import Settings, load_settings, save_settings
from app.view_state import ViewState
from app.views.palette import apply_palette
from app.wiring import wire_actions
from planning import __version__


class _Bell(QObject):
    """Carries a fault from any thread to the window."""

    rang = Signal(str)


def build_desk(settings: Settings | None = None) -> Desk:
    """Return a window that is ready to be shown; needs a QApplication."""
    window = MainWindow()
    session, view_state = Session(window), ViewState(window)
    pictures = (*window.slices, window.scene)
    desk = Desk(
        window=window,
        session=session,
        view_state=view_state,
        opening=OpeningPresenter(
            session, window.series, window.opening_progress, window.message, parent=window
        ),
        planning=PlanningPresenter(
            session, window.form, window.planning_progress, window.message, parent=window
        ),
        viewing=ViewingPresenter(session, view_state, window.slices, window.scene, window),
        structures=StructuresPresenter(
            session, view_state, window.structures, window.slices, window.scene, window
        ),
        trajectories=TrajectoriesPresenter(
            session,
            view_state,
            window.table,
            window.card,
            window.not_checked,
            pictures,
            window,
        ),
        cores=CoresPresenter(session, view_state, window.core_set, window),
        measuring=MeasuringPresenter(window.slices, window),
        handing_over=HandOverPresenter(session, window.message, window),
        todays_scan=add_todays_scan(window, session, view_state),
    )
    BannerPresenter(session, window.banner, window)
    wire_actions(desk)
    window.closing.connect(lambda: desk.shut_down())  # keeps the desk for as long as the window
    kept = settings or Settings()
    window.restore_place(kept.window_geometry)
    window.last_folder = kept.last_folder
    return desk


def build_window(settings: Settings | None = None) -> MainWindow:
    """Return a window that is ready to be shown; `open_case` opens a case in it."""
    return build_desk(settings).window


def run(case: Path | None = None, *, then_plan: bool = False) -> int:
    """Open the window, with a case if one is given, planned if wished; return the exit code."""
    paths.prepare_kernel_cache()
    start_log(paths.log_file())
    log_event(f"Trephine {__version__} starts")
    settings, said = load_settings(paths.settings_file())
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = QApplication(sys.argv[:1])
    application.setApplicationName("Trephine")
    application.setApplicationVersion(__version__)
    choose_language(settings.language)
    apply_palette(application, settings.scheme)
    desk = build_desk(settings)
    bell = _Bell()
    bell.rang.connect(desk.window.message.show_error)
    install_excepthook(bell.rang.emit)
    if said:
        desk.window.message.show_caution(" ".join(said))
    desk.window.closing.connect(lambda: _keep(desk.window, settings))
    desk.window.show()
    if case is not None:
        desk.open_case(case, then_plan=then_plan)
    code = application.exec()
    log_event("Trephine ends")
    return code


def _keep(window: MainWindow, settings: Settings) -> None:
    kept = settings.model_copy(
        update={"window_geometry": window.place(), "last_folder": window.last_folder}
    )
    problem = save_settings(kept, paths.settings_file())
    if problem:
        log_event("the settings could not be kept")
