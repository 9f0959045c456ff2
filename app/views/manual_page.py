"""Markdown of the papers with its pictures as wide as there is room; reads no file itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, QUrl, Signal
from PySide6.QtGui import (
    QBrush,
    QColor,
    QImage,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCursor,
    QTextDocument,
    QTextFrameFormat,
    QTextTable,
    QTextTableFormat,
)
from PySide6.QtWidgets import QTextBrowser

from app.language import tr
from app.papers import place_of_heading
from app.views.palette import STEP_PX, colours, font

ReadPicture = Callable[[str], bytes | None]
"""Returns a picture by the name it has in the text; None where there is none."""

_MARGIN_PX = 24
_REST_MS = 150
_SECTION = 2
"""Level of the headings that are listed: below the title."""
_DIALECT = QTextDocument.MarkdownFeature.MarkdownDialectGitHub


class ManualPage(QTextBrowser):
    """Markdown with its pictures as wide as there is room; follows no link by itself.

    Signals
    -------
    link_pressed : str
    """

    link_pressed = Signal(str)

    def __init__(self, read_picture: ReadPicture) -> None:
        super().__init__()
        self._read, self._text = read_picture, ""
        self.setOpenLinks(False)
        self.setOpenExternalLinks(False)
        self.setAccessibleName(tr("Text"))
        self.setFont(font())
        self.document().setDocumentMargin(_MARGIN_PX)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(_REST_MS)
        self._rest.timeout.connect(self._fit_again)
        self.anchorClicked.connect(lambda url: self.link_pressed.emit(url.toString()))

    def set_text(self, text: str) -> None:
        """Show Markdown from its beginning."""
        self._text = text
        self.document().clear()
        self.document().setDefaultFont(font())
        self.document().setMarkdown(text, _DIALECT)
        self._dress()
        self.moveCursor(QTextCursor.MoveOperation.Start)

    def headings(self) -> tuple[str, ...]:
        """Return the headings below the title."""
        return tuple(
            block.text()
            for block in self._blocks()
            if block.blockFormat().headingLevel() == _SECTION
        )

    def go_to(self, place: str) -> None:
        """Scroll to a heading by the name links give it; to the beginning without one."""
        for block in self._blocks():
            if (
                place
                and block.blockFormat().headingLevel()
                and place_of_heading(block.text()) == place
            ):
                self.verticalScrollBar().setValue(round(self._top_of(block)) - _MARGIN_PX // 2)
                return
        self.verticalScrollBar().setValue(0)

    def find_next(self, wanted: str) -> bool:
        """Go to where a text stands next, from the beginning again after the end."""
        if self.find(wanted):
            return True
        before = self.textCursor()
        self.moveCursor(QTextCursor.MoveOperation.Start)
        if self.find(wanted):
            return True
        self.setTextCursor(before)
        return False

    def loadResource(self, kind: int, name: QUrl | str) -> object:
        """Return a picture of the installation, as wide as there is room; nothing else."""
        url = name if isinstance(name, QUrl) else QUrl(name)
        if kind != QTextDocument.ResourceType.ImageResource.value or url.scheme():
            return None
        data = self._read(url.path())
        image = QImage()
        if data is None or not image.loadFromData(data):
            return None
        room, ratio = (
            self.viewport().width() - 2 * _MARGIN_PX - 4 * STEP_PX,
            self.devicePixelRatioF(),
        )
        width = min(image.width(), max(1, round(room * ratio)))
        if width < image.width():
            image = image.scaledToWidth(width, Qt.TransformationMode.SmoothTransformation)
        image.setDevicePixelRatio(ratio if width >= round(room * ratio) else 1.0)
        return image

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._rest.start()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() in (QEvent.Type.PaletteChange, QEvent.Type.ApplicationFontChange):
            self._rest.start()

    def _fit_again(self) -> None:
        """Lay out anew for another width or look, without losing the place."""
        top = self.cursorForPosition(QPoint(0, 0)).block()
        number, above = top.blockNumber(), self.verticalScrollBar().value() - self._top_of(top)
        self.setFont(font())
        self.set_text(self._text)
        self.document().pageCount()  # a long paper is laid out bit by bit unless asked for its end
        place = self._top_of(self.document().findBlockByNumber(number))
        self.verticalScrollBar().setValue(round(place + above))

    def _top_of(self, block: QTextBlock) -> float:
        return self.document().documentLayout().blockBoundingRect(block).top()

    def _dress(self) -> None:
        """Give tables a thin line, and what is no table room above and below."""
        line = QBrush(QColor(colours().line))
        cursor = QTextCursor(self.document())
        cursor.beginEditBlock()
        for frame in self.document().rootFrame().childFrames():
            if isinstance(frame, QTextTable):
                frame.setFormat(_lined(frame.format(), line))
        for block in self._blocks():
            cursor.setPosition(block.position())
            if cursor.currentTable() is None:
                cursor.mergeBlockFormat(_spaced(block))
        cursor.endEditBlock()

    def _blocks(self) -> list[QTextBlock]:
        found, block = [], self.document().begin()
        while block.isValid():
            found.append(block)
            block = block.next()
        return found


def _lined(made: QTextTableFormat, line: QBrush) -> QTextTableFormat:
    made.setBorderBrush(line)
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBorder(1)
    made.setBorderCollapse(True)
    made.setCellPadding(STEP_PX)
    made.setCellSpacing(0)
    made.setTopMargin(STEP_PX)
    made.setBottomMargin(3 * STEP_PX)
    return made


def _spaced(block: QTextBlock) -> QTextBlockFormat:
    """Return the room above and below a paragraph: more above headings, less inside lists."""
    made = QTextBlockFormat()
    is_heading, in_list = block.blockFormat().headingLevel() > 0, block.textList() is not None
    made.setTopMargin((4 if is_heading else 0) * STEP_PX)
    made.setBottomMargin((1 if in_list else 2) * STEP_PX)
    return made
