"""Icons of one family, drawn in the palette's colours; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import QByteArray, QRectF, Qt
from PySide6.QtGui import QIcon, QPainter, QPixmap
from PySide6.QtSvg import QSvgRenderer

from app.paths import resources_dir
from app.views.palette import colours

ICON_PX = 22


def has_icon(key: str) -> bool:
    """Tell whether there is an icon of this name."""
    return (resources_dir() / "icons" / f"{key}.svg").is_file()


def icon(key: str) -> QIcon:
    """Return an icon of the resources in the colour of the palette's text."""
    svg = (resources_dir() / "icons" / f"{key}.svg").read_bytes()
    made = QIcon()
    for mode, colour in (
        (QIcon.Mode.Normal, colours().text),
        (QIcon.Mode.Disabled, colours().secondary),
    ):
        renderer = QSvgRenderer(QByteArray(svg.replace(b"currentColor", colour.encode())))
        for scale in (1, 2, 3):
            pixmap = QPixmap(ICON_PX * scale, ICON_PX * scale)
            pixmap.fill(Qt.GlobalColor.transparent)
            painter = QPainter(pixmap)
            renderer.render(painter, QRectF(pixmap.rect()))
            painter.end()
            pixmap.setDevicePixelRatio(scale)
            made.addPixmap(pixmap, mode)
    return made
