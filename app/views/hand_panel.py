"""Buttons and a hint for placing a needle by hand; knows no needle."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Words, column
from app.views.plain_tip import plain_tip


class HandPanel(QWidget):
    """Unlocks the selected trajectory, or begins one; deletes one that was placed by hand.

    Signals
    -------
    edit_toggled : bool
    delete_requested
    """

    edit_toggled = Signal(bool)
    delete_requested = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._edit = QPushButton()
        self._edit.setCheckable(True)
        self._delete = QPushButton(tr("Delete"))
        self._hint = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._edit.clicked.connect(self.edit_toggled)
        self._delete.clicked.connect(self.delete_requested)
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addWidget(self._edit, 1)
        row.addWidget(self._delete)
        layout = column(self, gap_steps=1)
        layout.addLayout(row)
        layout.addWidget(self._hint)
        self.set_edit(tr("Place by hand"), on=False, reason=tr("Open a case first."))
        self.set_delete(tr("Select a trajectory that was placed by hand."))

    def set_edit(self, text: str, *, on: bool, reason: str) -> None:
        """Show what the button does, whether it is pressed, and why it cannot be."""
        self._edit.setText(text)
        self._edit.setChecked(on)
        self._edit.setEnabled(not reason)
        self._edit.setToolTip(plain_tip(reason or tr("Unlocks its ends in every view (A)")))

    def set_delete(self, reason: str) -> None:
        """Enable deleting if `reason` is empty; otherwise say why not."""
        self._delete.setVisible(not reason)
        self._delete.setToolTip(
            plain_tip(reason or tr("Removes this trajectory; undo brings it back (Del)"))
        )

    def set_hint(self, text: str) -> None:
        """Say what the hand can do now; empty says nothing."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
