"""The window of the manual and the other papers: contents, search, text; reads no file itself.

What is shown comes from the installation alone. A link to the internet is copied, never followed.
"""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence, QShortcut
from PySide6.QtWidgets import (
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QSplitter,
    QTreeWidget,
    QTreeWidgetItem,
    QWidget,
)

from app.language import tr
from app.papers import Paper, place_of_heading
from app.views.manual_page import ManualPage, ReadPicture
from app.views.message_strip import MessageStrip
from app.views.palette import STEP_PX
from app.views.parts import column
from app.views.plain_tip import plain_tip

_SIZE_PX = (1200, 860)
_CONTENTS_PX = 300
_KEY, _PLACE = Qt.ItemDataRole.UserRole, Qt.ItemDataRole.UserRole + 1


class ManualWindow(QWidget):
    """A window of its own.

    Signals
    -------
    paper_chosen : str, str
        Key of a paper, and the heading to go to; empty for its beginning.
    link_followed : str
        A link in the text was pressed.
    """

    paper_chosen = Signal(str, str)
    link_followed = Signal(str)

    def __init__(self, read_picture: ReadPicture, parent: QWidget | None = None) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self.setWindowTitle(tr("Manual"))
        self.resize(*_SIZE_PX)
        self.message = MessageStrip()
        self.page = ManualPage(read_picture)
        self._contents = QTreeWidget()
        self._contents.setHeaderHidden(True)
        self._contents.setAccessibleName(tr("Contents"))
        self._contents.setMinimumWidth(_CONTENTS_PX // 2)
        self._wanted = QLineEdit()
        self._wanted.setPlaceholderText(tr("Find in this paper"))
        self._wanted.setAccessibleName(tr("Find in this paper"))
        self._wanted.setClearButtonEnabled(True)
        self._next = QPushButton(tr("Find next"))
        self._back = QPushButton(tr("Back"))
        row = QHBoxLayout()
        row.setSpacing(2 * STEP_PX)
        for part in (self._back, self._wanted, self._next):
            row.addWidget(part)
        parts = QSplitter(Qt.Orientation.Horizontal)
        parts.setChildrenCollapsible(False)
        parts.addWidget(self._contents)
        parts.addWidget(self.page)
        parts.setStretchFactor(1, 1)
        parts.setSizes([_CONTENTS_PX, _SIZE_PX[0] - _CONTENTS_PX])
        layout = column(self, margin_steps=3)
        layout.addLayout(row)
        layout.addWidget(self.message)
        layout.addWidget(parts, 1)
        self._gone: list[tuple[str, str]] = []
        self._shown = ("", "")
        self._connect()
        self._refresh_back()

    def open(self) -> None:
        """Show the window, in front of others."""
        self.show()
        self.raise_()
        self.activateWindow()
        self.page.setFocus()

    def set_papers(self, rows: Sequence[Paper]) -> None:
        """List these papers."""
        self._contents.clear()
        for row in rows:
            item = QTreeWidgetItem([row.title])
            item.setData(0, _KEY, row.key)
            self._contents.addTopLevelItem(item)

    def show_paper(self, key: str, text: str, place: str = "") -> None:
        """Show a paper, given as Markdown, from a heading on."""
        if self._shown[0] and (key, place) != self._shown:
            self._gone.append(self._shown)
        self._shown = (key, place)
        self.message.clear_message()
        self.page.set_text(text)
        self._list_headings(key)
        self.page.go_to(place)
        self._refresh_back()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.close()
        else:
            super().keyPressEvent(event)

    def _connect(self) -> None:
        self._contents.itemClicked.connect(self._choose)
        self._contents.itemActivated.connect(self._choose)
        self.page.link_pressed.connect(self.link_followed)
        self._next.clicked.connect(self._find)
        self._wanted.returnPressed.connect(self._find)
        self._back.clicked.connect(self._go_back)
        QShortcut(QKeySequence.StandardKey.Find, self, self._wanted.setFocus)
        QShortcut(QKeySequence.StandardKey.FindNext, self, self._find)
        QShortcut(QKeySequence.StandardKey.Back, self, self._go_back)

    def _choose(self, item: QTreeWidgetItem) -> None:
        self.paper_chosen.emit(item.data(0, _KEY), item.data(0, _PLACE) or "")

    def _list_headings(self, key: str) -> None:
        for number in range(self._contents.topLevelItemCount()):
            item = self._contents.topLevelItem(number)
            assert item is not None
            item.takeChildren()
            if item.data(0, _KEY) == key:
                self._contents.setCurrentItem(item)
                for heading in self.page.headings():
                    inside = QTreeWidgetItem([heading])
                    inside.setData(0, _KEY, key)
                    inside.setData(0, _PLACE, place_of_heading(heading))
                    inside.setToolTip(0, plain_tip(heading))
                    item.addChild(inside)
                item.setExpanded(True)

    def _find(self) -> None:
        wanted = self._wanted.text().strip()
        if wanted and not self.page.find_next(wanted):
            self.message.show_note(tr('"{wanted}" is not in this paper.', wanted=wanted))
        else:
            self.message.clear_message()

    def _go_back(self) -> None:
        if self._gone:
            before = self._gone.pop()
            self._shown = ("", "")  # where we are is no place to come back to
            self.paper_chosen.emit(*before)

    def _refresh_back(self) -> None:
        self._back.setEnabled(bool(self._gone))
        self._back.setToolTip(
            plain_tip(tr("What was read before") if self._gone else tr("Nothing was read before."))
        )
