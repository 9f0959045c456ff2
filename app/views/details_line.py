"""Short facts in a row that take two smaller lines when one does not hold them; any facts."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QFontMetrics, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.views.palette import CAPTION_PX, TEXT_PX, colours, font
from app.views.plain_tip import plain_tip

_GAP = "   "
_HEIGHT_PX = 32


class DetailsLine(QWidget):
    """One line of text; two of caption size where it is narrow; then elided in the middle."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._parts: tuple[str, ...] = ()
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def set_parts(self, parts: tuple[str, ...]) -> None:
        """Show these facts; the tool tip has each on a line of its own."""
        self._parts = parts
        self.setToolTip(plain_tip("\n".join(parts)))
        self.setAccessibleName(", ".join(parts))
        self.update()

    def shown_lines(self) -> tuple[str, ...]:
        """Return the lines as they are shown at this width."""
        return _lines(self._parts, self.width())

    def sizeHint(self) -> QSize:
        return QSize(20 * TEXT_PX, _HEIGHT_PX)

    def minimumSizeHint(self) -> QSize:
        return QSize(8 * TEXT_PX, _HEIGHT_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        lines = self.shown_lines()
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.setFont(font(TEXT_PX if len(lines) == 1 else CAPTION_PX))
        painter.setPen(QColor(colours().secondary))
        height = self.height() / max(1, len(lines))
        flags = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
        for number, line in enumerate(lines):
            box = QRectF(0.0, number * height, self.width(), height)
            painter.drawText(box, int(flags), line)
        painter.end()


def _lines(parts: tuple[str, ...], width_px: int) -> tuple[str, ...]:
    whole = _GAP.join(parts)
    if QFontMetrics(font(TEXT_PX)).horizontalAdvance(whole) <= width_px:
        return (whole,)
    metrics = QFontMetrics(font(CAPTION_PX))
    splits = [(_GAP.join(parts[:n]), _GAP.join(parts[n:])) for n in range(1, len(parts) + 1)]
    best = min(splits, key=lambda lines: max(map(metrics.horizontalAdvance, lines)))
    middle = Qt.TextElideMode.ElideMiddle
    return tuple(metrics.elidedText(line, middle, width_px) for line in best if line)
