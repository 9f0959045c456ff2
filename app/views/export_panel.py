"""The export: which formats, where to, with or without the patient, one button; writes nothing."""

from __future__ import annotations

from PySide6.QtCore import QTimer, Signal
from PySide6.QtGui import QMoveEvent, QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QScrollArea, QWidget

from app.language import tr, tr_count
from app.views.export_values import ExportText, FormatRow
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import ElidedWords, PrimaryButton, Tick, Words, column, heading
from app.views.plain_tip import plain_tip

_LAID_OUT_MS, _SETTLED_MS = 50, 1000


class ExportPanel(QWidget):
    """What stands at the step "Hand over" about the plan's way to other systems.

    Signals
    -------
    export_requested : tuple of str, bool
        Keys of the formats, and whether the patient is left out.
    folder_requested
        Somebody wants to say where to.
    deidentify_toggled
        The patient is to be left out from now on, or is not.
    """

    export_requested = Signal(object, bool)
    folder_requested = Signal()
    deidentify_toggled = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._text = ExportText()
        self._is_sought = False
        self._lines: dict[str, FormatLine] = {}
        self._meant = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._formats = QWidget()
        self._formats_column = column(self._formats, gap_steps=1)
        self._hide = Tick(tr("Without the patient"))
        self._hide.setToolTip(
            tr("Name, number, dates and free text are left out, UIDs are replaced")
        )
        self._hidden = Words(
            tr("De-identified: pixels stay as they are, a face in the CT too."),
            size_px=CAPTION_PX,
            tone="secondary",
        ).wrapped()
        self._folder = ElidedWords(tone="secondary")
        self._choose = QPushButton(tr("Choose..."))
        self._choose.setToolTip(tr("In which folder a folder of its own is made for the export"))
        self._choose.setAccessibleName(tr("Choose where the export goes"))
        self._into = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._go = PrimaryButton(tr("Export all"))
        self._reason = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        self._build()
        self._hide.toggled.connect(self._take_hidden)
        self._choose.clicked.connect(self.folder_requested)
        self._go.clicked.connect(
            lambda: self.export_requested.emit(self.ticked, self.is_deidentified)
        )
        self._refresh()

    @property
    def ticked(self) -> tuple[str, ...]:
        """The formats that are ticked and can be written."""
        return tuple(key for key, line in self._lines.items() if line.is_wanted)

    @property
    def is_deidentified(self) -> bool:
        """Tell whether the patient is to be left out."""
        return self._hide.isChecked()

    def set_text(self, text: ExportText) -> None:
        """Show this; what was ticked stays."""
        if tuple(row.key for row in text.rows) != tuple(self._lines):
            self._build_lines(text.rows)
        self._text = text
        for row in text.rows:
            self._lines[row.key].set_row(row)
        self._meant.setText(text.meant)
        self._meant.setVisible(bool(text.meant))
        self._folder.setText(text.folder)
        self._refresh()

    def come_into_sight(self) -> None:
        """Scroll to the button and give it the focus, so that Enter exports."""
        self._go.setFocus()
        self._is_sought = True
        QTimer.singleShot(_LAID_OUT_MS, self._scroll)
        QTimer.singleShot(_SETTLED_MS, self._rest)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self._is_sought:  # what is above or inside has taken its place only now
            QTimer.singleShot(0, self._scroll)

    def moveEvent(self, event: QMoveEvent) -> None:
        super().moveEvent(event)
        if self._is_sought:
            QTimer.singleShot(0, self._scroll)

    def _build(self) -> None:
        where = QHBoxLayout()
        where.setSpacing(2 * STEP_PX)
        where.addWidget(self._folder, 1)
        where.addWidget(self._choose)
        layout = column(self)
        for widget in (heading(tr("Export")), self._meant, self._formats, self._hide, self._hidden):
            layout.addWidget(widget)
        layout.addLayout(where)
        for widget in (self._into, self._go, self._reason):
            layout.addWidget(widget)

    def _build_lines(self, rows: tuple[FormatRow, ...]) -> None:
        while (item := self._formats_column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._lines = {row.key: FormatLine() for row in rows}
        for line in self._lines.values():
            line.toggled.connect(self._refresh)
            self._formats_column.addWidget(line)

    def _take_hidden(self) -> None:
        self._refresh()
        self.deidentify_toggled.emit()

    def _refresh(self) -> None:
        ticked, text = self.ticked, self._text
        reason = text.cannot
        if not reason and not ticked:
            reason = tr("Tick at least one format.")
        possible = sum(not row.cannot for row in text.rows)
        is_all = len(ticked) == possible
        count = len(ticked)
        self._go.setText(
            tr("Export all")
            if is_all or not ticked
            else tr_count("Export {count} format", "Export {count} formats", count)
        )
        self._go.setEnabled(not reason)
        self._go.setToolTip(
            plain_tip(reason or tr("All ticked formats, with a manifest of hashes"))
        )
        self._reason.setText(reason)
        self._reason.setVisible(bool(reason))
        self._hidden.setVisible(self._hide.isChecked())
        self._into.setText(text.into)
        self._into.setVisible(bool(text.into) and not reason)

    def _rest(self) -> None:
        self._is_sought = False

    def _scroll(self) -> None:
        above = self.parentWidget()
        while above is not None and not isinstance(above, QScrollArea):
            above = above.parentWidget()
        if isinstance(above, QScrollArea):
            above.ensureWidgetVisible(self._go)


class FormatLine(QWidget):
    """One format with its tick, and why it cannot be written where it cannot.

    Signals
    -------
    toggled
        It is wanted from now on, or is not.
    """

    toggled = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._tick = Tick("")
        self._tick.setChecked(True)
        self._why = Words(size_px=CAPTION_PX, tone="secondary").wrapped()
        layout = column(self, gap_steps=0)
        layout.addWidget(self._tick)
        layout.addWidget(self._why)
        self._tick.toggled.connect(self.toggled)

    @property
    def is_wanted(self) -> bool:
        """Tell whether it is ticked and can be written."""
        return self._tick.isChecked() and self._tick.isEnabled()

    def set_row(self, row: FormatRow) -> None:
        """Show this format."""
        self._tick.setText(row.text)
        self._tick.setEnabled(not row.cannot)
        self._tick.setToolTip(plain_tip(row.cannot or row.text))
        self._why.setText(row.cannot)
        self._why.setVisible(bool(row.cannot))
