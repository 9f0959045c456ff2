"""The chart along the needle: density, tissue, room, specimen; measures nothing itself.

Painted by hand: a plotting library needs half a second and 60 MB for its import alone, and its
axes know no tissue band.
"""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QEvent, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
)
from PySide6.QtWidgets import QMenu, QSizePolicy, QWidget

from app.language import tr
from app.views.file_saving import write_drawing, write_image
from app.views.palette import CAPTION_PX, TEXT_PX, colours, font
from app.views.profile_axes import ProfileAxes, axes_of
from app.views.profile_painting import paint_pointer, paint_profile
from app.views.profile_values import ProfileShown

TALL_PX, LOW_PX, LOW_WINDOW_PX = 170, 110, 850
_LEAST_PX = 90
_PICTURE_SCALE = 2.0
_FOOT_PX = 16
_STEP_MM = 1.0


class ProfileChart(QWidget):
    """Density and room along the shown needle, with the tissue it goes through.

    Signals
    -------
    depth_pointed : float or None
        The mouse or a key points at a depth (mm from the entry); None: at none any more.
    depth_clicked : float
        A depth was clicked, or chosen with Enter.
    save_requested : str
        ``png`` or ``svg``: the user wants the chart as a file.
    """

    depth_pointed = Signal(object)
    depth_clicked = Signal(float)
    save_requested = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown: ProfileShown | None = None
        self._message = ""
        self._depth_mm: float | None = None
        self.setMouseTracking(True)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMinimumHeight(_LEAST_PX)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        self.setAccessibleName(tr("Profile along the needle"))

    @property
    def shown(self) -> ProfileShown | None:
        """What is on the chart."""
        return self._shown

    def set_profile(self, shown: ProfileShown | None) -> None:
        """Show a needle's profile; None shows the message instead."""
        self._shown = shown
        self.update()

    def set_message(self, text: str) -> None:
        """Say what to do while there is no profile."""
        self._message = text
        self.update()

    def set_depth(self, depth_mm: float | None) -> None:
        """Mark the depth that is pointed at anywhere."""
        if depth_mm != self._depth_mm:
            self._depth_mm = depth_mm
            self.setAccessibleDescription(self.head())
            self.update()

    def axes(self) -> ProfileAxes | None:
        """Return where things lie on the chart; None while it is empty."""
        return None if self._shown is None else axes_of(self._shown, QRectF(self.rect()))

    def head(self) -> str:
        """Return the line on top: what is shown, or what lies at the depth pointed at."""
        shown, depth = self._shown, self._depth_mm
        if shown is None:
            return ""
        if depth is None:
            return shown.title
        if not shown.depths_mm[0] <= depth <= shown.depths_mm[-1]:
            return shown.title
        hint = tr("click sets the tip") if shown.editable else _make_own()
        return "    ".join((*_words_at(shown, depth), hint))

    def save(self, path: Path, foot: str) -> str:
        """Write the chart as PNG or SVG, by the file's ending; return what went wrong in words.

        Parameters
        ----------
        foot : str
            What every picture that leaves the program has to say.
        """
        size = QSize(self.width(), self.height() + _FOOT_PX)
        if path.suffix.lower() == ".svg":
            title = "" if self._shown is None else self._shown.title
            return write_drawing(
                lambda painter: self._paint_picture(painter, foot), size, title, path
            )
        image = QImage(size * _PICTURE_SCALE, QImage.Format.Format_RGB32)
        image.setDevicePixelRatio(_PICTURE_SCALE)
        with QPainter(image) as painter:
            self._paint_picture(painter, foot)
        return write_image(image, path)

    def sizeHint(self) -> QSize:
        low = self.window().height() < LOW_WINDOW_PX
        return QSize(600, LOW_PX if low else TALL_PX)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter, table = QPainter(self), colours()
        painter.setClipRect(event.rect())
        painter.fillRect(self.rect(), QColor(table.panel))
        axes = self.axes()
        if self._shown is None or axes is None:
            painter.setFont(font(TEXT_PX))
            painter.setPen(QColor(table.secondary))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(self.rect(), flags, self._message)
        else:
            paint_profile(painter, self._shown, axes, table, self.head())
            low, high = axes.depth_mm
            if self._depth_mm is not None and low <= self._depth_mm <= high:
                paint_pointer(painter, axes, table, self._depth_mm)
        if self.hasFocus():
            painter.setPen(QColor(table.accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))
        painter.end()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        axes = self.axes()
        if axes is not None:
            self.depth_pointed.emit(axes.depth_at_px(event.position().x()))

    def leaveEvent(self, event: QEvent) -> None:
        self.depth_pointed.emit(None)
        super().leaveEvent(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        axes = self.axes()
        if axes is None or event.button() is not Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
            return
        depth = axes.depth_at_px(event.position().x())
        if depth is not None:
            self.depth_clicked.emit(depth)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        shown, steps = self._shown, {Qt.Key.Key_Left: -_STEP_MM, Qt.Key.Key_Right: _STEP_MM}
        if shown is None:
            super().keyPressEvent(event)
            return
        here = shown.stop_mm if self._depth_mm is None else self._depth_mm
        match event.key():
            case Qt.Key.Key_Left | Qt.Key.Key_Right:
                low, high = float(shown.depths_mm[0]), float(shown.depths_mm[-1])
                wanted = here + steps[Qt.Key(event.key())]
                self.depth_pointed.emit(min(max(wanted, low), high))
            case Qt.Key.Key_Home:
                self.depth_pointed.emit(0.0)
            case Qt.Key.Key_End:
                self.depth_pointed.emit(shown.tip_mm)
            case Qt.Key.Key_Escape if self._depth_mm is not None:
                self.depth_pointed.emit(None)
            case Qt.Key.Key_Return | Qt.Key.Key_Enter if self._depth_mm is not None:
                self.depth_clicked.emit(self._depth_mm)
            case _:
                super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        menu = QMenu(self)
        for kind, text in (("png", tr("Save as &PNG...")), ("svg", tr("Save as &SVG..."))):
            action = menu.addAction(text)
            action.setEnabled(self._shown is not None)
            action.triggered.connect(lambda _=False, kind=kind: self.save_requested.emit(kind))
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(event.globalPos())

    def _paint_picture(self, painter: QPainter, foot: str) -> None:
        table, whole = colours(), QRectF(0.0, 0.0, self.width(), self.height() + _FOOT_PX)
        painter.fillRect(whole, QColor(table.panel))
        axes = self.axes()
        if self._shown is not None and axes is not None:
            paint_profile(painter, self._shown, axes, table, self._shown.title)
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(table.caution))
        place = QRectF(8.0, self.height(), self.width() - 16.0, _FOOT_PX)
        painter.drawText(place, Qt.AlignmentFlag.AlignLeft, foot)


def _make_own() -> str:
    return tr("Press E or T to make your own")


def _words_at(shown: ProfileShown, depth_mm: float) -> tuple[str, ...]:
    """Return what lies at a depth: depth, density, tissue, and the tightest structure."""
    number = shown.number_at(depth_mm)
    said = [tr("{depth} mm", depth=f"{depth_mm:.0f}")]
    hu, clear = float(shown.hu[number]), float(shown.nearest_mm[number])
    if hu == hu:
        said.append(tr("{hu} HU", hu=f"{hu:.0f}"))
    band = shown.band_at(depth_mm)
    if band is not None:
        said.append(band.name)
    if clear == clear:
        sentence = (
            tr("{structure} {clear} mm, needs {needs}: TOO NEAR")
            if shown.too_near[number]
            else tr("{structure} {clear} mm, needs {needs}")
        )
        parts = {
            "structure": shown.structures[int(shown.nearest[number])],
            "clear": f"{clear:.1f}",
            "needs": f"{float(shown.needs_mm[number]):.1f}",
        }
        said.append(sentence.format(**parts))
    return tuple(said)
