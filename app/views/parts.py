"""The few small pieces every panel is made of: toned words, headings, frames; no content."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import QEvent, QRect, QSize, Qt
from PySide6.QtGui import (
    QColor,
    QFont,
    QFontMetrics,
    QPainter,
    QPaintEvent,
    QPalette,
    QPen,
    QTextLayout,
)
from PySide6.QtWidgets import (
    QAbstractScrollArea,
    QApplication,
    QCheckBox,
    QComboBox,
    QFrame,
    QLabel,
    QPushButton,
    QSizePolicy,
    QStyle,
    QStyleOptionComboBox,
    QVBoxLayout,
    QWidget,
)

from app.views.palette import CAPTION_PX, RADIUS_PX, STEP_PX, TEXT_PX, colours, font
from app.views.plain_tip import plain_tip

Tone = Literal["text", "secondary", "accent", "good", "caution", "danger"]


class Words(QLabel):
    """A label in one of the three sizes and one of the tones; follows the colour scheme."""

    def __init__(
        self, text: str = "", *, size_px: int = TEXT_PX, tone: Tone = "text", bold: bool = False
    ) -> None:
        super().__init__(text)
        self._tone: Tone = tone
        self._size_px, self._bold = size_px, bold
        self._limits: tuple[QSize, QSize] | None = None  # of a size that is not held
        self.setTextFormat(Qt.TextFormat.PlainText)  # names come from files: never markup
        self.setFont(font(size_px, bold=bold))
        self._dress()

    def set_tone(self, tone: Tone) -> None:
        """Change what the colour says."""
        self._tone = tone
        self._dress()

    def set_size(self, size_px: int) -> None:
        """Write in another of the three sizes."""
        if size_px != self._size_px:
            self._size_px = size_px
            self.setFont(font(size_px, bold=self._bold))

    def wrapped(self) -> Words:
        """Let long text take several lines; returns itself."""
        self.setWordWrap(True)
        policy = QSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.MinimumExpanding)
        policy.setHeightForWidth(True)
        policy.setVerticalPolicy(QSizePolicy.Policy.Minimum)
        self.setSizePolicy(policy)
        return self

    def hold_size(self) -> None:
        """Keep the size for as long as texts fit, so that a panel is not laid out for each."""
        if self._limits is None and self.isVisible():
            self._limits = self.minimumSize(), self.maximumSize()
            self.setFixedSize(self.size())

    def let_size(self) -> None:
        """Take the size that the text and the panel ask for again."""
        if self._limits is not None:
            least, most = self._limits
            self._limits = None
            self.setMinimumSize(least)
            self.setMaximumSize(most)

    def setText(self, text: str) -> None:
        if self._limits is not None and not self._has_room(text):
            self.let_size()
        super().setText(text)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def event(self, event: QEvent) -> bool:
        if event.type() is QEvent.Type.ApplicationFontChange:
            self.setFont(font(self._size_px, bold=self._bold))
        return super().event(event)

    def _has_room(self, text: str) -> bool:
        room, letters = self.contentsRect(), self.fontMetrics()
        if not self.wordWrap():
            return letters.horizontalAdvance(text) <= room.width()
        flags = Qt.AlignmentFlag.AlignLeft | Qt.TextFlag.TextWordWrap
        tall = QRect(0, 0, room.width(), 100 * room.height())
        return letters.boundingRect(tall, flags, text).height() <= room.height()

    def _dress(self) -> None:
        wanted = QColor(getattr(colours(), self._tone))
        dressed = QPalette(self.palette())
        if dressed.color(QPalette.ColorRole.WindowText) != wanted:  # else it would call itself
            dressed.setColor(QPalette.ColorRole.WindowText, wanted)
            self.setPalette(dressed)


class ElidedWords(Words):
    """One line of words that gives up its middle when room is short; the tool tip has it all."""

    def __init__(self, text: str = "", *, size_px: int = TEXT_PX, tone: Tone = "text") -> None:
        super().__init__(text, size_px=size_px, tone=tone)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)

    def setText(self, text: str) -> None:
        super().setText(text)
        self.setToolTip(plain_tip(text))

    def minimumSizeHint(self) -> QSize:
        return QSize(
            self.fontMetrics().horizontalAdvance("M…M"), super().minimumSizeHint().height()
        )

    def shown_text(self) -> str:
        """Return what there is room for."""
        return self.fontMetrics().elidedText(
            self.text(), Qt.TextElideMode.ElideMiddle, self.contentsRect().width()
        )

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        painter.drawText(self.contentsRect(), flags, self.shown_text())
        painter.end()


class FewLines(Words):
    """Words on a limited number of lines; what has no room is left out after an ellipsis."""

    def __init__(self, text: str = "") -> None:
        super().__init__(text)
        self._most = 0
        self.wrapped()

    def set_most(self, lines: int) -> None:
        """Limit the lines; 0 lifts the limit."""
        if lines != self._most:
            self._most = lines
            self.updateGeometry()
            self.update()

    def shown_lines(self, width_px: int) -> tuple[str, ...]:
        """Return the lines as they are shown in a width."""
        return _broken(self.text(), self.font(), width_px, self._most)

    def needs_more_than(self, lines: int, width_px: int) -> bool:
        """Tell whether the whole text takes more than so many lines in a width."""
        return len(_broken(self.text(), self.font(), width_px, 0)) > lines

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        return len(self.shown_lines(width_px)) * self.fontMetrics().lineSpacing()

    def minimumSizeHint(self) -> QSize:
        return QSize(0, self.fontMetrics().lineSpacing())

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setPen(self.palette().color(QPalette.ColorRole.WindowText))
        lines, step = self.shown_lines(self.width()), self.fontMetrics().lineSpacing()
        top = (self.height() - step * len(lines)) // 2 + self.fontMetrics().ascent()
        for number, line in enumerate(lines):
            painter.drawText(0, top + number * step, line)
        painter.end()


class ElidedCombo(QComboBox):
    """A drop-down list that says with an ellipsis when its text has no room."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def initStyleOption(self, option: QStyleOptionComboBox) -> None:
        super().initStyleOption(option)
        box, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
        room = self.style().subControlRect(box, option, field, self).width() - STEP_PX
        option.currentText = self.fontMetrics().elidedText(
            self.currentText(), Qt.TextElideMode.ElideMiddle, room
        )


class Tick(QCheckBox):
    """A check box that is seen while it is empty, on the dark panels too."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        outline_ticks(self)

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            outline_ticks(self)
        super().changeEvent(event)


def outline_ticks(widget: QWidget) -> None:
    """Let the empty check boxes of a widget be seen; to be called again with another palette."""
    wanted, dressed = QColor(colours().secondary), QPalette(widget.palette())
    if dressed.color(QPalette.ColorRole.Window) != wanted:  # Fusion's outline, darkened
        dressed.setColor(QPalette.ColorRole.Window, wanted)
        widget.setPalette(dressed)
    if isinstance(widget, QAbstractScrollArea):  # its bars keep the usual outlines
        for bar in (widget.verticalScrollBar(), widget.horizontalScrollBar()):
            bar.setPalette(QApplication.palette())


class SnugButton(QPushButton):
    """A button that may become as narrow as its word, but no narrower."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)

    def minimumSizeHint(self) -> QSize:
        word = self.fontMetrics().horizontalAdvance(self.text()) + 3 * STEP_PX
        return QSize(min(word, super().minimumSizeHint().width()), super().sizeHint().height())


class PrimaryButton(QPushButton):
    """The one button of a panel that goes on; filled while it can be pressed."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.setMinimumHeight(8 * STEP_PX)
        self._dress()

    def changeEvent(self, event: QEvent) -> None:
        if event.type() is QEvent.Type.PaletteChange:
            self._dress()
        super().changeEvent(event)

    def _dress(self) -> None:
        wanted, dressed = QColor(colours().button), QPalette(self.palette())
        if dressed.color(QPalette.ColorGroup.Active, QPalette.ColorRole.Button) == wanted:
            return
        active, inactive = QPalette.ColorGroup.Active, QPalette.ColorGroup.Inactive
        for group in (active, inactive):
            dressed.setColor(group, QPalette.ColorRole.Button, wanted)
            dressed.setColor(group, QPalette.ColorRole.ButtonText, QColor("#ffffff"))
        self.setPalette(dressed)


class RaisedFrame(QFrame):
    """A box a little brighter than the panel, with round corners and an optional accent border."""

    def __init__(self, *, accented: bool = False) -> None:
        super().__init__()
        self._tone: Tone | None = "accent" if accented else None

    def set_border(self, tone: Tone | None) -> None:
        """Draw the border in a tone, or none."""
        self._tone = tone
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        table = colours()
        border = getattr(table, self._tone) if self._tone else table.raised
        painter.setPen(QPen(QColor(border), 1.0))
        painter.setBrush(QColor(table.raised))
        painter.drawRoundedRect(
            self.rect().toRectF().adjusted(0.5, 0.5, -0.5, -0.5), RADIUS_PX, RADIUS_PX
        )
        painter.end()


def _broken(text: str, letters: QFont, width_px: int, most: int) -> tuple[str, ...]:
    """Return a text's lines in a width; from line `most` on, if not 0, as much as has room."""
    layout, lines = QTextLayout(text, letters), list[str]()
    layout.beginLayout()
    while (line := layout.createLine()).isValid():
        line.setLineWidth(max(1, width_px))
        start = line.textStart()
        if len(lines) + 1 == most:
            right = Qt.TextElideMode.ElideRight
            lines.append(QFontMetrics(letters).elidedText(text[start:], right, width_px))
            break
        lines.append(text[start : start + line.textLength()])
    layout.endLayout()
    return tuple(lines)


def heading(text: str) -> Words:
    """Return a panel's heading."""
    return Words(text.upper(), size_px=CAPTION_PX, tone="secondary")


def column(parent: QWidget, *, margin_steps: int = 0, gap_steps: int = 2) -> QVBoxLayout:
    """Give a widget a vertical layout on the 4 px grid and return it."""
    layout = QVBoxLayout(parent)
    margin = margin_steps * STEP_PX
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(gap_steps * STEP_PX)
    return layout
