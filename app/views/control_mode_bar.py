"""Three buttons for which CT the slices show: planning CT, control CT or both; shows none."""

from __future__ import annotations

from PySide6.QtCore import QEvent, Signal
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QSizePolicy, QToolButton, QWidget

from app.language import mark, tr
from app.views.palette import CAPTION_PX, STEP_PX, font
from app.views.parts import column, heading
from app.views.plain_tip import plain_tip
from app.views.slice_control import ControlMode

_MODES = (
    (ControlMode.PLANNING, mark("Planning CT"), mark("The CT that was planned on")),
    (ControlMode.CONTROL, mark("Control CT"), mark("The control CT, as it was registered")),
    (
        ControlMode.BLEND,
        mark("Both"),
        mark("Planning CT orange, control CT blue"),
    ),
)


class ControlModeBar(QWidget):
    """What the slices show.

    Signals
    -------
    mode_chosen : ControlMode
    """

    mode_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        layout = column(self, gap_steps=1)
        layout.addWidget(heading(tr("Slices show")))
        row = QHBoxLayout()
        row.setSpacing(STEP_PX)
        layout.addLayout(row)
        self._group = QButtonGroup(self)
        self._tips: dict[ControlMode, str] = {}
        self._buttons: dict[ControlMode, QToolButton] = {}
        for mode, name, tip in _MODES:
            button = QToolButton()
            button.setText(tr(name))
            button.setCheckable(True)
            button.setAutoRaise(True)
            button.setFont(font(CAPTION_PX))  # three of them stand in a narrow panel
            button.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
            button.clicked.connect(lambda _=False, mode=mode: self.mode_chosen.emit(mode))
            self._tips[mode] = f"{tr(tip)} (V)"
            self._group.addButton(button)
            self._buttons[mode] = button
            row.addWidget(button, 1)
        self.set_mode(ControlMode.PLANNING)
        self.set_reason("")

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ApplicationFontChange:
            for button in self._buttons.values():
                button.setFont(font(CAPTION_PX))
        return super().event(event)

    def set_mode(self, mode: ControlMode) -> None:
        """Mark what is shown."""
        self._buttons[mode].setChecked(True)

    def set_reason(self, reason: str) -> None:
        """Let a mode be chosen if `reason` is empty; otherwise say why not."""
        for mode, button in self._buttons.items():
            button.setEnabled(not reason)
            button.setToolTip(plain_tip(reason or self._tips[mode]))
