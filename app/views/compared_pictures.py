"""Three planes in which two scans are compared, one of them large; samples no image."""

from __future__ import annotations

from PySide6.QtCore import QRect, QSize, Qt, Signal
from PySide6.QtGui import QColor, QImage, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.language import tr
from app.views.palette import CAPTION_PX, DARK, STEP_PX, font
from app.views.parts import column
from app.views.scan_fit_values import ComparedPicture

_SMALLEST_PX = 96


class ComparedPictures(QWidget):
    """One plane over the whole width and two beside each other; a click makes another one large."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._pictures: tuple[ComparedPicture, ...] = ()
        self._large = 0
        self._views = tuple(_Picture(number) for number in range(3))
        layout = column(self, gap_steps=1)
        layout.addWidget(self._views[0])
        row = QHBoxLayout()
        row.setSpacing(STEP_PX)
        for view in self._views[1:]:
            row.addWidget(view)
        layout.addLayout(row)
        for view in self._views:
            view.pressed.connect(self._enlarge)

    def set_pictures(self, pictures: tuple[ComparedPicture, ...]) -> None:
        """Show these pictures; none hides the widget."""
        self._pictures = pictures
        self.setVisible(bool(pictures))
        self._show()

    def shown(self) -> tuple[ComparedPicture | None, ...]:
        """Return what is shown, the large one first."""
        return tuple(view.picture for view in self._views)

    def _enlarge(self, place: int) -> None:
        if place < len(self._pictures):
            self._large = self._order()[place]
            self._show()

    def _order(self) -> list[int]:
        others = [n for n in range(len(self._pictures)) if n != self._large]
        return [self._large, *others]

    def _show(self) -> None:
        order = self._order() if self._pictures else []
        for view, number in zip(self._views, order, strict=False):
            view.set_picture(self._pictures[number])


class _Picture(QWidget):
    """One square picture with its name and the patient's sides."""

    pressed = Signal(int)

    def __init__(self, place: int) -> None:
        super().__init__()
        self._place = place
        self.picture: ComparedPicture | None = None
        self._image = QImage()
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)
        self.setMinimumSize(_SMALLEST_PX, _SMALLEST_PX)
        if place > 0:
            self.setToolTip(tr("Click to see it large"))

    def set_picture(self, picture: ComparedPicture) -> None:
        self.picture = picture
        height, width, _ = picture.rgb.shape
        # The image keeps no copy of the bytes: this one does.
        self._image = QImage(
            picture.rgb.tobytes(), width, height, 3 * width, QImage.Format.Format_RGB888
        ).copy()
        self.setAccessibleName(picture.name)
        self.update()

    def hasHeightForWidth(self) -> bool:
        return True

    def heightForWidth(self, width_px: int) -> int:
        return width_px

    def sizeHint(self) -> QSize:
        return QSize(2 * _SMALLEST_PX, 2 * _SMALLEST_PX)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.pressed.emit(self._place)
        event.accept()

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.setClipRect(event.rect())
        painter.fillRect(self.rect(), Qt.GlobalColor.black)
        if self.picture is not None:
            side = min(self.width(), self.height())
            where = QRect((self.width() - side) // 2, (self.height() - side) // 2, side, side)
            painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
            painter.drawImage(where, self._image)
            self._write(painter, self.picture)
        painter.end()

    def _write(self, painter: QPainter, picture: ComparedPicture) -> None:
        painter.setFont(font(CAPTION_PX))
        painter.setPen(QColor(DARK.text))
        room = self.rect().adjusted(STEP_PX, STEP_PX, -STEP_PX, -STEP_PX)
        flag = Qt.AlignmentFlag
        left, right, top, bottom = picture.letters
        for text, where in (
            (picture.name, flag.AlignTop | flag.AlignLeft),
            (left, flag.AlignVCenter | flag.AlignLeft),
            (right, flag.AlignVCenter | flag.AlignRight),
            (top, flag.AlignTop | flag.AlignHCenter),
            (bottom, flag.AlignBottom | flag.AlignHCenter),
        ):
            painter.drawText(room, where, text)
