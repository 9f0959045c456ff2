"""How the window is dressed: colour scheme, size of the text, language; each kept as a setting."""

from __future__ import annotations

from functools import partial
from typing import cast

from PySide6.QtCore import QLibraryInfo, QTranslator
from PySide6.QtWidgets import QApplication

from app.actions import LANGUAGE_PREFIX, LANGUAGES, SCHEME_PREFIX, SCHEMES
from app.language import language, tr
from app.main_window import MainWindow
from app.preferences import Preferences
from app.settings import LARGEST_TEXT, SMALLEST_TEXT, Settings
from app.views.palette import Scheme, apply_palette

_TEXT_STEP = 10


def add_looks(window: MainWindow, preferences: Preferences) -> None:
    """Let the View menu dress the window, and dress it anew when the system's scheme changes."""
    actions = window.actions_by_key

    def dress(*_: object) -> None:
        application = QApplication.instance()
        if isinstance(application, QApplication):
            settings = preferences.settings
            apply_palette(application, settings.scheme, settings.text_percent / 100.0)

    def larger(step: int) -> None:
        percent = preferences.settings.text_percent + step
        preferences.change(text_percent=min(max(percent, SMALLEST_TEXT), LARGEST_TEXT))
        window.say(tr("Text at {percent} %", percent=preferences.settings.text_percent))

    def speak(code: str) -> None:
        if code != preferences.settings.language:
            preferences.change(language=code)
            window.message.show_note(tr("The language changes when Trephine starts again."))

    def tick(settings: Settings, _: Settings | None = None) -> None:
        actions[f"{SCHEME_PREFIX}{settings.scheme}"].setChecked(True)
        actions[f"{LANGUAGE_PREFIX}{settings.language}"].setChecked(True)
        dress()

    def choose(scheme: Scheme) -> None:
        preferences.change(scheme=scheme)

    for scheme, _ in SCHEMES:
        actions[f"{SCHEME_PREFIX}{scheme}"].triggered.connect(partial(_call, choose, scheme))
    for code, _ in LANGUAGES:
        actions[f"{LANGUAGE_PREFIX}{code}"].triggered.connect(partial(_call, speak, code))
    actions["text_larger"].triggered.connect(lambda: larger(_TEXT_STEP))
    actions["text_smaller"].triggered.connect(lambda: larger(-_TEXT_STEP))
    actions["text_usual"].triggered.connect(lambda: preferences.change(text_percent=100))
    preferences.changed.connect(tick)
    hints = cast("QApplication", QApplication.instance()).styleHints()
    hints.colorSchemeChanged.connect(dress)
    tick(preferences.settings)


def let_qt_speak(application: QApplication) -> bool:
    """Give Qt's own dialogs and key names the window's language; tell whether Qt knows it."""
    translator = QTranslator(application)
    folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    known = translator.load(f"qtbase_{language()}", folder)
    return known and application.installTranslator(translator)


def _call(function: object, argument: str, *_: object) -> None:
    """Leave out what a signal says besides."""
    assert callable(function), "only functions are bound above"
    function(argument)
