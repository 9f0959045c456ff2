"""What the plan did not look at, in amber and in words; decides nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX
from app.views.parts import Words, column, heading
from app.views.values import NotCheckedRow


class NotCheckedPanel(QWidget):
    """One line for each thing that was not checked, with the reason; hidden while there is none."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._layout = column(self, gap_steps=1)
        self._layout.addWidget(heading(tr("Not checked")))
        self._lines = QWidget()
        self._layout.addWidget(self._lines)
        self.setVisible(False)

    def set_rows(self, rows: tuple[NotCheckedRow, ...]) -> None:
        """Show these; none hides the panel."""
        fresh = QWidget()
        lines: QVBoxLayout = column(fresh, gap_steps=1)
        for row in rows:
            lines.addWidget(Words(f"▲ {row.what}", tone="caution").wrapped())
            if row.reason:
                reason = Words(row.reason, size_px=CAPTION_PX, tone="secondary").wrapped()
                reason.setIndent(16)
                lines.addWidget(reason)
        self._layout.replaceWidget(self._lines, fresh)
        self._lines.deleteLater()
        self._lines = fresh
        self.setVisible(bool(rows))
