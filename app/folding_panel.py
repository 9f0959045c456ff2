"""A side panel that folds to a rail of labelled buttons where room is short; holds any widget."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QToolButton, QVBoxLayout, QWidget

from app.views.icons import ICON_PX, icon
from app.views.palette import CAPTION_PX, STEP_PX, font
from app.views.plain_tip import plain_tip

_RAIL_PX = 76


class FoldingPanel(QWidget):
    """The panel's content, or a rail in its place.

    Signals
    -------
    pressed : str
        Key of the rail's button that was pressed.
    """

    pressed = Signal(str)

    def __init__(
        self,
        content: QWidget,
        buttons: tuple[tuple[str, str, str], ...],
        parent: QWidget | None = None,
    ) -> None:
        """Hold `content`; `buttons` are (key, text, tool tip), each with an icon of its key."""
        super().__init__(parent)
        self._content = content
        self._rail = QWidget(self)
        self._rail.setFixedWidth(_RAIL_PX)
        self._buttons: dict[str, QToolButton] = {}
        column = QVBoxLayout(self._rail)
        column.setContentsMargins(STEP_PX, 2 * STEP_PX, STEP_PX, 2 * STEP_PX)
        column.setSpacing(2 * STEP_PX)
        for key, text, tip in buttons:
            column.addWidget(self._button(key, text, tip))
        column.addStretch(1)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addWidget(self._rail)
        row.addWidget(content, 1)
        self._rail.hide()

    @property
    def is_folded(self) -> bool:
        """Tell whether only the rail is shown."""
        return not self._rail.isHidden()

    def set_folded(self, *, folded: bool) -> None:
        """Show the rail in place of the content, or the content again."""
        self._rail.setVisible(folded)
        self._content.setVisible(not folded)
        self.setMaximumWidth(_RAIL_PX if folded else 16777215)  # QWIDGETSIZE_MAX

    def set_reason(self, key: str, reason: str) -> None:
        """Enable a button if `reason` is empty; otherwise disable it and say why."""
        button = self._buttons[key]
        button.setEnabled(not reason)
        button.setToolTip(plain_tip(reason or str(button.property("tip"))))

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            for key, button in self._buttons.items():
                button.setIcon(icon(key))
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ApplicationFontChange:
            for button in self._buttons.values():
                button.setFont(font(CAPTION_PX))
        return super().event(event)

    def _button(self, key: str, text: str, tip: str) -> QToolButton:
        button = QToolButton(self._rail)
        button.setText(text)
        button.setToolTip(plain_tip(tip))
        button.setProperty("tip", tip)
        button.setIcon(icon(key))
        button.setIconSize(QSize(ICON_PX, ICON_PX))
        button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
        button.setAutoRaise(True)
        button.setFont(font(CAPTION_PX))
        button.setFixedWidth(_RAIL_PX - 2 * STEP_PX)
        button.clicked.connect(lambda: self.pressed.emit(key))
        self._buttons[key] = button
        return button
