"""What to do while no case is open; opens nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QMimeData, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent
from PySide6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from app.language import tr
from app.views.palette import FIGURE_PX, STEP_PX
from app.views.parts import Words, column, heading
from app.views.plain_tip import plain_tip


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentRow:
    """A case that was open before; with a problem it cannot be opened now."""

    path: str
    name: str
    problem: str = ""


class EmptyState(QWidget):
    """Says what to do first, and takes a dropped file or folder.

    Signals
    -------
    open_case_requested, open_folder_requested, sample_requested
    path_dropped, recent_requested : Path
    """

    open_case_requested = Signal()
    open_folder_requested = Signal()
    sample_requested = Signal()
    path_dropped = Signal(object)
    recent_requested = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        layout = column(self, margin_steps=6, gap_steps=4)
        layout.addStretch(1)
        for text, size, tone in (
            (tr("Open a case or drop a DICOM folder here"), FIGURE_PX, "text"),
            (
                tr("A case is a folder with case.toml, or a CT series with masks beside it."),
                13,
                "secondary",
            ),
        ):
            words = Words(text, size_px=size, tone="text" if tone == "text" else "secondary")
            words.setWordWrap(True)
            words.setAlignment(Qt.AlignmentFlag.AlignHCenter)
            layout.addWidget(words)
        layout.addLayout(self._buttons())
        self._recent = QWidget()
        self._recent_column = column(self._recent, gap_steps=1)
        layout.addWidget(self._recent, 0, Qt.AlignmentFlag.AlignHCenter)
        self._recent.setVisible(False)
        layout.addStretch(1)

    def set_recent(self, rows: tuple[RecentRow, ...]) -> None:
        """List the cases that were open before."""
        while (item := self._recent_column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.setParent(None)
                widget.deleteLater()
        self._recent_column.addWidget(heading(tr("Recent cases")))
        for row in rows:
            button = QPushButton(row.name)
            button.setFlat(True)
            button.setEnabled(not row.problem)
            button.setToolTip(plain_tip(row.problem or row.path))
            button.clicked.connect(
                lambda _=False, row=row: self.recent_requested.emit(Path(row.path))
            )
            self._recent_column.addWidget(button)
        self._recent.setVisible(bool(rows))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        if dropped_path(event.mimeData()) is not None:
            event.acceptProposedAction()

    def dropEvent(self, event: QDropEvent) -> None:
        path = dropped_path(event.mimeData())
        if path is not None:
            event.acceptProposedAction()
            self.path_dropped.emit(path)

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        row.addStretch(1)
        for text, signal in (
            (tr("Open case"), self.open_case_requested),
            (tr("Open DICOM folder"), self.open_folder_requested),
            (tr("Try the sample case"), self.sample_requested),
        ):
            button = QPushButton(text)
            button.clicked.connect(signal)
            row.addWidget(button)
        row.addStretch(1)
        return row


def dropped_path(data: QMimeData) -> Path | None:
    """Return the file or folder that is being dropped, or None.

    Several files of one folder are taken for that folder: the slices of a series, as a rule.
    """
    urls = data.urls()
    if not urls or not all(url.isLocalFile() for url in urls):
        return None
    paths = [Path(url.toLocalFile()) for url in urls]
    if len(paths) == 1:
        return paths[0]
    folders = {path.parent for path in paths}
    are_files = all(path.is_file() for path in paths)
    return folders.pop() if len(folders) == 1 and are_files else None
