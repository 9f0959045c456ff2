"""Drives the real window without a display and keeps pictures of it; knows no scene."""

from __future__ import annotations

import time
from pathlib import Path

from PySide6.QtCore import QBuffer, QPoint, QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPixmap
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from app.desk import Desk
from app.views.palette import colours
from paperwork.small_png import small_png
from planning.geometry import Vec3

WHOLE_PX = (1440, 900)
_PATIENCE_S = 300.0
_MARGIN_PX = 10


class PicturesError(Exception):
    """What kept a picture from being made."""


class Camera:
    """Waits until the window rests, and writes what is seen as a small PNG.

    Parameters
    ----------
    folder : Path
        Where pictures go.
    """

    def __init__(self, application: QApplication, desk: Desk, folder: Path) -> None:
        self._application, self.desk, self._folder = application, desk, folder
        self.made: list[Path] = []

    def settle(self, least_s: float = 0.2) -> None:
        """Wait until nothing runs in the background and everything is painted."""
        begun_s = time.monotonic()
        self._application.processEvents()
        while self.desk.is_busy or time.monotonic() - begun_s < least_s:
            if time.monotonic() - begun_s > _PATIENCE_S:
                raise PicturesError("The window does not come to rest.")
            self._application.processEvents()
            time.sleep(0.01)
        for _ in range(5):
            self._application.processEvents()

    def press(self, action: str) -> None:
        """Do what an entry of the menus does."""
        row = self.desk.window.actions_by_key[action]
        if not row.isEnabled():
            raise PicturesError(f'"{row.text()}" is disabled: {row.toolTip()}')
        row.trigger()
        self.settle()

    def tab(self, title: str) -> None:
        """Bring a tab on the right forward."""
        tabs = self.desk.window._tabs
        for number in range(tabs.count()):
            if tabs.tabText(number) == title and tabs.isTabVisible(number):
                tabs.setCurrentIndex(number)
                self.settle()
                return
        raise PicturesError(f'There is no tab "{title}" at this step.')

    def resize(self, width_px: int, height_px: int) -> None:
        """Give the window a size."""
        self.desk.window.resize(width_px, height_px)
        self.settle()

    def snap(self, name: str, *, also: Path | None = None) -> None:
        """Keep a picture of the whole window."""
        self._keep(name, self._grab(self.desk.window), also)

    def snap_part(self, name: str, *parts: QWidget) -> None:
        """Keep a picture of what is seen of some parts of the window, and between them."""
        window = self.desk.window
        taken = self._grab(window)
        seen = QRect()
        for part in parts:
            inside = part.visibleRegion().boundingRect()
            seen = seen.united(QRect(part.mapTo(window, inside.topLeft()), inside.size()))
        self._keep(name, _with_margin(taken.copy(seen)))

    def snap_window(self, name: str, window: QWidget) -> None:
        """Keep a picture of another window."""
        self._keep(name, self._grab(window))

    def keep_image(self, name: str, image: QImage) -> None:
        """Keep a picture that the program has made itself."""
        self._keep(name, QPixmap.fromImage(image))

    def drag(self, view: QWidget, start_lps: Vec3, by_px: tuple[int, int], *, hold: bool) -> None:
        """Pull with the left button in a slice view; `hold` keeps it pressed."""
        start = self.place_in(view, start_lps)
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        steps = 12
        for step in range(1, steps + 1):
            offset = QPoint(by_px[0] * step // steps, by_px[1] * step // steps)
            QTest.mouseMove(view, start + offset)
            self.settle(0.05)
        if not hold:
            self.release(view, start + QPoint(*by_px))

    def release(self, view: QWidget, at: QPoint) -> None:
        """Let the left button go."""
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=at)
        self.settle()

    @staticmethod
    def place_in(view: QWidget, point_lps: Vec3) -> QPoint:
        """Return where a slice view shows a point."""
        plane = view.plane()  # type: ignore[attr-defined]
        x, y = plane.screen_from_lps(point_lps).tolist()
        return QPoint(round(x), round(y))

    def _grab(self, window: QWidget) -> QPixmap:
        self.settle()
        return window.grab()

    def _keep(self, name: str, picture: QPixmap, also: Path | None = None) -> None:
        buffer = QBuffer()
        buffer.open(QBuffer.OpenModeFlag.WriteOnly)
        picture.save(buffer, "PNG")
        data = small_png(bytes(buffer.data().data()))
        for path in (self._folder / f"{name}.png", also):
            if path is not None:
                path.write_bytes(data)
                self.made.append(path)
        print(f"  {name}: {len(data) // 1024} KB", flush=True)


def _with_margin(picture: QPixmap) -> QPixmap:
    """Return a picture with the panel's own colour around it, so that no word touches an edge."""
    made = QPixmap(picture.width() + 2 * _MARGIN_PX, picture.height() + 2 * _MARGIN_PX)
    made.fill(QColor(colours().panel))
    painter = QPainter(made)
    painter.drawPixmap(_MARGIN_PX, _MARGIN_PX, picture)
    painter.end()
    return made
