"""A button that says what is ticked and drops down the ticks; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtGui import QAction, QPaintEvent
from PySide6.QtWidgets import (
    QMenu,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QWidget,
)

from app.views.palette import STEP_PX
from app.views.plain_tip import plain_tip
from app.views.values import Choice


class TickMenu(QToolButton):
    """Some of several things, on one line.

    Signals
    -------
    ticked : str, bool
        Key of the thing the user ticked or unticked.
    """

    ticked = Signal(str, bool)

    def __init__(self, none: str, parent: QWidget | None = None) -> None:
        """Say `none` where nothing is ticked."""
        super().__init__(parent)
        self._none = none
        self._menu = QMenu(self)
        self.setMenu(self._menu)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextOnly)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.set_choices((), frozenset(), "")

    def set_choices(self, choices: tuple[Choice, ...], ticked: frozenset[str], reason: str) -> None:
        """Offer these, without emitting; `reason` says why there are none."""
        self._menu.clear()
        for choice in choices:
            action = QAction(choice.text, self._menu)
            action.setCheckable(True)
            with QSignalBlocker(action):
                action.setChecked(choice.key in ticked)
            action.toggled.connect(lambda on, key=choice.key: self.ticked.emit(key, on))
            self._menu.addAction(action)
        words = [choice.text for choice in choices if choice.key in ticked]
        self.setText(", ".join(words) or self._none)
        self.setEnabled(bool(choices))
        self.setToolTip(plain_tip(self.text() if choices else reason))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Look as the drop-down lists beside it do; text that has no room ends in an ellipsis."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        painter.setClipRect(event.rect())
        option.initFrom(self)
        box, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        option.subControls = QStyle.SubControl.SC_All
        room = self.style().subControlRect(box, option, field, self).width() - STEP_PX
        right = Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(self.text(), right, room)
        painter.drawComplexControl(box, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)
        painter.end()
