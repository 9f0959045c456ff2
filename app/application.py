"""Puts the application together: window, session, presenters; holds no logic of its own."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from threading import Thread

from PySide6.QtCore import QObject, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QIcon
from PySide6.QtWidgets import QApplication

from app import catalogue, paths
from app.assembly.adding import add_adding
from app.assembly.checking import add_checking
from app.assembly.choosing import add_choosing
from app.assembly.cohort import add_cohort
from app.assembly.editing import add_editing
from app.assembly.hand import add_hand, add_understanding
from app.assembly.handing_over import add_handing_over, add_importing
from app.assembly.heat_map import add_heat_map
from app.assembly.help import add_help
from app.assembly.images import add_images
from app.assembly.layouts import add_layouts, add_overlay_toggles
from app.assembly.life import add_life
from app.assembly.looks import add_looks, let_qt_speak
from app.assembly.navigation import add_navigation
from app.assembly.needle_views import add_needle_views
from app.assembly.pacs import add_pacs
from app.assembly.profile import add_profile
from app.assembly.review import add_review
from app.assembly.review_registry import registry_of
from app.assembly.saving_pictures import add_saving_pictures
from app.assembly.todays_scan import add_todays_scan
from app.assembly.tools import add_tools
from app.cohort_source import load_readers as load_cohort_readers
from app.core_language import tr_core
from app.desk import Desk
from app.fonts import add_fonts
from app.language import choose_language
from app.logs import log_event, start_log
from app.main_window import MainWindow
from app.memory import collect_from_now
from app.messages import install_excepthook
from app.planning_setup import warm_up
from app.preferences import Preferences
from app.presenters.banner import BannerPresenter
from app.presenters.card import CardPresenter
from app.presenters.cores import CoresPresenter
from app.presenters.measuring import MeasuringPresenter
from app.presenters.needles import NeedlesPresenter
from app.presenters.opening import OpeningPresenter
from app.presenters.planning import PlanningPresenter
from app.presenters.structures import StructuresPresenter
from app.presenters.trajectories import TrajectoriesPresenter
from app.presenters.turns import Turns
from app.presenters.viewing import ViewingPresenter
from app.quiet import keep_libraries_quiet, keep_qt_quiet
from app.reading import Load, ReadAhead, load_readers
from app.run_marks import RunMark
from app.session import Session
from app.settings import Settings, load_settings
from app.start_guards import StartHooks, how_it_ended_last, made_or_told, what_does_not_work
from app.view_state import ViewState
from app.views.palette import apply_palette
from app.wiring import wire_actions
from planning import __version__
from planning.clock import clock_problem

_PAINTED_MS, _IDLE_MS = 100, 1000
_SWITCH_S = 0.001
"""How long at most the window waits for its turn while a job computes in Python."""


class _Bell(QObject):
    """Carries a fault from any thread to the window."""

    rang = Signal(str)


def build_desk(
    settings: Settings | None = None, *, data_dir: Path | None = None, load: Load | None = None
) -> Desk:
    """Return a window that is ready to be shown; needs a QApplication.

    Parameters
    ----------
    data_dir : Path or None
        Where settings, unsaved changes and recent cases are kept; None keeps none of them.
    load : Load or None
        How cases are read; None for the usual way.
    """
    window = _window()
    preferences = _preferences(window, settings, data_dir)
    session, view_state = Session(window), ViewState(window)
    measuring = MeasuringPresenter(window.slices, window)
    planning = PlanningPresenter(
        session, window.form, window.planning_progress, window.message, parent=window
    )
    understanding = add_understanding(window, session, planning.job)
    # Who hears first of a needle in the hand shows it first: numbers, then the pictures.
    turns = Turns(parent=window)
    CardPresenter(session, view_state, window.card, window)
    shown_in = (window.slices, window.scene)
    needles = NeedlesPresenter(session, view_state, *shown_in, window, turns=turns)
    layouts = add_layouts(window, preferences)
    opening = _opening(window, session, load)
    desk = Desk(
        window=window,
        session=session,
        view_state=view_state,
        opening=opening,
        planning=planning,
        viewing=ViewingPresenter(session, view_state, window.slices, window.scene, window),
        structures=StructuresPresenter(
            session, view_state, window.structures, window.slices, window.scene, window
        ),
        editing=add_editing(window, session, view_state),
        trajectories=TrajectoriesPresenter(
            session, view_state, window.table, window.not_checked, window
        ),
        cores=CoresPresenter(session, view_state, window.core_set, window),
        measuring=measuring,
        understanding=understanding,
        # Added before the map, so that it hears of a press first.
        hand=add_hand(window, session, view_state, understanding, turns),
        heat_map=add_heat_map(window, session, view_state, measuring),
        images=add_images(window, session, view_state),
        needle_views=add_needle_views(window, session, view_state),
        layouts=layouts,
        profile=add_profile(window, session, view_state, turns),
        handing_over=add_handing_over(window, session, view_state),
        life=add_life(window, session, view_state, data_dir=data_dir),
        choosing=add_choosing(window, session, view_state, turns),
        todays_scan=add_todays_scan(window, session, view_state),
        reviewing=add_review(window, session, view_state, layouts, registry=registry_of(data_dir)),
        cohort=add_cohort(window, data_dir=data_dir),
        adding=add_adding(window, session, view_state, opening),
        navigation=add_navigation(window, session, view_state, preferences),
        pacs=add_pacs(window, data_dir=data_dir),
        checking=add_checking(window),
    )
    _join(desk, needles)
    add_tools(window, measuring, desk.editing, desk.hand)
    BannerPresenter(session, window.banner, window)
    wire_actions(desk)
    add_help(window)
    add_looks(window, preferences)
    window.closing.connect(lambda: desk.shut_down())  # keeps the desk for as long as the window
    _remember_place(window, preferences)
    window.take_all_drops()
    return desk


def _window() -> MainWindow:
    sys.setswitchinterval(_SWITCH_S)
    return MainWindow()


def _preferences(
    window: MainWindow, settings: Settings | None, data_dir: Path | None
) -> Preferences:
    file = None if data_dir is None else data_dir / paths.settings_file().name
    preferences = Preferences(settings or Settings(), file, window)
    preferences.not_kept.connect(lambda why: window.message.show_caution(tr_core(why)))
    return preferences


def _opening(window: MainWindow, session: Session, load: Load | None) -> OpeningPresenter:
    progress, message = window.opening_progress, window.message
    return OpeningPresenter(session, window.series, progress, message, load=load, parent=window)


def _join(desk: Desk, needles: NeedlesPresenter) -> None:
    """Let the parts of the desk hear of each other that are made one after another."""
    needles.frame_with(desk.needle_views.frame)
    desk.heat_map.follows_hand.connect(needles.follow_in_turn)
    desk.hand.reached.connect(needles.prepare_for_hand)
    desk.heat_map.entry_requested.connect(desk.hand.place_entry)
    desk.profile.depth_chosen.connect(desk.hand.set_depth)
    desk.cohort.learned.connect(desk.planning.refresh)
    add_importing(desk.window, desk.hand)
    add_overlay_toggles(desk.window, desk.view_state)
    add_saving_pictures(desk.window)


def _remember_place(window: MainWindow, preferences: Preferences) -> None:
    """Put the window where it was, and keep for next time where it is when it closes."""
    window.restore_place(preferences.settings.window_geometry)
    window.last_folder = preferences.settings.last_folder
    window.closing.connect(
        lambda: preferences.change(window_geometry=window.place(), last_folder=window.last_folder)
    )


def build_window(settings: Settings | None = None) -> MainWindow:
    """Return a window that is ready to be shown; `open_case` opens a case in it."""
    return build_desk(settings).window


def run(
    case: Path | None = None,
    *,
    then_plan: bool = False,
    ahead: ReadAhead | None = None,
    hooks: StartHooks | None = None,
) -> int:
    """Open the window, with a case if one is given, planned if wished; return the exit code.

    Parameters
    ----------
    ahead : ReadAhead or None
        The case, where somebody has begun to read it already.
    hooks : StartHooks or None
        Who wants to hear that the window stands, or why Qt opens none.
    """
    mark = RunMark(paths.running_dir())
    application, desk = start(
        case, then_plan=then_plan, ahead=ahead, hooks=hooks, ended=mark.begin()
    )
    QTimer.singleShot(0, collect_from_now)
    QTimer.singleShot(_IDLE_MS, desk.window, lambda: _get_ready(desk))
    code = application.exec()
    log_event("Trephine ends")
    mark.end()
    return code


def start(
    case: Path | None = None,
    *,
    then_plan: bool = False,
    ahead: ReadAhead | None = None,
    hooks: StartHooks | None = None,
    ended: tuple[datetime, ...] = (),
) -> tuple[QApplication, Desk]:
    """Do as `run`, but leave it to the caller to let the application run.

    Parameters
    ----------
    ended : tuple of datetime
        When windows began that ended without a word since the last start.
    """
    paths.prepare_kernel_cache()
    for folder in (paths.user_data_dir(), paths.log_file().parent):
        paths.keep_private(folder)
    start_log(paths.log_file())
    keep_libraries_quiet()
    keep_qt_quiet()
    log_event(f"Trephine {__version__} starts")
    settings, said = load_settings(paths.settings_file())
    QGuiApplication.setHighDpiScaleFactorRoundingPolicy(
        Qt.HighDpiScaleFactorRoundingPolicy.PassThrough
    )
    application = made_or_told(hooks)
    application.setApplicationName("Trephine")
    application.setApplicationVersion(__version__)
    application.setWindowIcon(QIcon(str(paths.logo_file())))
    application.setDesktopFileName("trephine")  # by which a desktop knows whose window it is
    choose_language(settings.language)
    let_qt_speak(application)
    families = add_fonts()
    apply_palette(application, settings.scheme, settings.text_percent / 100.0)
    load = None if ahead is None else ahead.load
    desk = build_desk(settings, data_dir=paths.user_data_dir(), load=load)
    bell = _Bell()
    bell.rang.connect(desk.window.message.show_error)
    install_excepthook(lambda text: bell.rang.emit(tr_core(text)))
    can_draw = desk.window.scene.can_draw
    said = (*said, *what_does_not_work(can_draw=can_draw, has_fonts=bool(families)))
    wrong_clock = clock_problem(datetime.now().astimezone())
    said = (*said, wrong_clock) if wrong_clock else said
    said = (*said, *how_it_ended_last(ended))
    desk.checking.say_at_start(said)
    desk.window.show()
    if hooks is not None:
        QTimer.singleShot(0, hooks.stands)
    if case is not None:
        desk.open_case(case, then_plan=then_plan)
    QTimer.singleShot(_PAINTED_MS, catalogue.read_ahead)  # while the case is being read
    return application, desk


def _get_ready(desk: Desk) -> None:
    """Load what is not there yet while nothing is asked for.

    A case loads what opening and planning need itself; nobody but a cohort needs a registry.
    """
    if desk.is_busy:
        QTimer.singleShot(_IDLE_MS, desk.window, lambda: _get_ready(desk))
        return
    is_empty = desk.session.case is None

    def load() -> None:
        if is_empty:
            load_readers()
            warm_up()
        load_cohort_readers()

    Thread(target=load, name="Getting ready", daemon=True).start()
