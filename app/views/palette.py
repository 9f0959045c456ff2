"""Colours, type sizes and spacing of the window, from one table; no widgets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from PySide6.QtCore import QEvent, Qt
from PySide6.QtGui import QColor, QFont, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

Scheme = Literal["dark", "light", "system"]

STEP_PX = 4
RADIUS_PX = 5
CAPTION_PX = 11
TEXT_PX = 13
FIGURE_PX = 22

_text_scale = 1.0


@dataclass(frozen=True, slots=True)
class Colours:
    """The colours of one scheme by role, as ``#rrggbb``."""

    background: str
    panel: str
    raised: str
    text: str
    secondary: str
    accent: str
    good: str
    caution: str
    danger: str
    selection: str
    on_selection: str
    button: str
    line: str


DARK = Colours(
    background="#14171b",
    panel="#1b1e23",
    raised="#22262d",
    text="#e6ebf1",
    secondary="#9aa4b0",
    accent="#4cc2ff",
    good="#7bd88f",
    caution="#ffcf66",
    danger="#ff6b6b",
    selection="#243b4d",
    on_selection="#e6ebf1",
    button="#1d4f73",
    line="#343a43",
)
LIGHT = Colours(
    background="#eceff3",
    panel="#f8f9fb",
    raised="#ffffff",
    text="#171b21",
    secondary="#535d69",
    accent="#00639c",
    good="#1a7a37",
    caution="#8a5a00",
    danger="#b3261e",
    selection="#cfe6f6",
    on_selection="#10202c",
    button="#00639c",
    line="#c5ccd5",
)

STRUCTURE_COLOURS: tuple[str, ...] = (
    "#E69F00",
    "#56B4E9",
    "#009E73",
    "#F0E442",
    "#0072B2",
    "#D55E00",
    "#CC79A7",
)
"""Okabe and Ito's set, which colour-blind people can tell apart."""
EXECUTED_COLOUR = "#ff9d2e"
"""Of executed needles, on pictures: far from the accent of planned ones for every eye."""
LIVE_COLOUR = "#ff5fd2"
"""Of the needle that is being tracked, on pictures: neither planned nor executed."""
NECROSIS_COLOUR = "#8a8f98"
BONE_COLOUR = "#d9d4c5"


def colours() -> Colours:
    """Return the colours of the palette the application wears now."""
    window = QGuiApplication.palette().color(QPalette.ColorRole.Window)
    return DARK if window.lightness() < 128 else LIGHT


def apply_palette(
    application: QApplication, scheme: Scheme = "dark", text_scale: float = 1.0
) -> None:
    """Dress the application: Fusion style, one palette, one family in sizes of one scale."""
    global _text_scale
    _text_scale = text_scale
    if application.style().objectName() != "fusion":
        application.setStyle("Fusion")
    application.setPalette(_palette(_chosen(application, scheme)))
    application.setFont(font())
    for widget in application.allWidgets():  # Qt itself tells them only while its loop runs
        QApplication.sendEvent(widget, QEvent(QEvent.Type.ApplicationFontChange))


def scaled(length_px: float) -> float:
    """Return a length that has to grow with the text."""
    return length_px * _text_scale


def font(size_px: int = TEXT_PX, *, bold: bool = False) -> QFont:
    """Return the one family at one of the three sizes, with figures of equal width."""
    return QFont(_made(QApplication.font().family(), round(size_px * _text_scale), bold=bold))


@lru_cache(maxsize=16)  # asked for with every text that is painted
def _made(family: str, size_px: int, *, bold: bool) -> QFont:
    made = QFont(family)
    made.setPixelSize(size_px)
    made.setBold(bold)
    made.setFeature(QFont.Tag("tnum"), 1)
    return made


def _chosen(application: QApplication, scheme: Scheme) -> Colours:
    if scheme == "system":
        light = application.styleHints().colorScheme() is Qt.ColorScheme.Light
        return LIGHT if light else DARK
    return LIGHT if scheme == "light" else DARK


def _palette(table: Colours) -> QPalette:
    palette = QPalette()
    role = QPalette.ColorRole
    for where, colour in (
        (role.Window, table.panel),
        (role.WindowText, table.text),
        (role.Base, table.raised),
        (role.AlternateBase, table.panel),
        (role.Text, table.text),
        (role.PlaceholderText, table.secondary),
        (role.Button, table.raised),
        (role.ButtonText, table.text),
        (role.BrightText, table.danger),
        (role.ToolTipBase, table.raised),
        (role.ToolTipText, table.text),
        (role.Highlight, table.selection),
        (role.HighlightedText, table.on_selection),
        (role.Link, table.accent),
        (role.Accent, table.accent),
        (role.Light, table.line),
        (role.Midlight, table.line),
        (role.Mid, table.line),
        (role.Dark, table.background),
        (role.Shadow, table.background),
    ):
        palette.setColor(where, QColor(colour))
    disabled = QPalette.ColorGroup.Disabled
    for where in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(disabled, where, QColor(table.secondary))
    return palette
