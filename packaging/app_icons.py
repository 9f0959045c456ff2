"""Makes the icon's pictures, which desktops ask for in fixed sizes, out of its drawing."""

from __future__ import annotations

import os
from pathlib import Path

DRAWING = Path(__file__).resolve().parents[1] / "resources" / "logo" / "trephine.svg"
SIZES_PX = (16, 24, 32, 48, 64, 128, 256, 512)


def draw(folder: Path, sizes_px: tuple[int, ...] = SIZES_PX) -> dict[int, Path]:
    """Write the icon as PNG in every size; return the files by their size."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    from PySide6.QtCore import QRectF, Qt
    from PySide6.QtGui import QImage, QPainter
    from PySide6.QtSvg import QSvgRenderer

    folder.mkdir(parents=True, exist_ok=True)
    renderer = QSvgRenderer(str(DRAWING))
    files = {}
    for size in sizes_px:
        picture = QImage(size, size, QImage.Format.Format_ARGB32)
        picture.fill(Qt.GlobalColor.transparent)
        painter = QPainter(picture)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        renderer.render(painter, QRectF(0.0, 0.0, size, size))
        painter.end()
        files[size] = folder / f"{size}.png"
        picture.save(str(files[size]))
    return files


def for_windows(pngs: dict[int, Path], file: Path) -> Path:
    """Write the icon as Windows wants it: all sizes up to 256 in one file."""
    return _together(pngs, file, "ICO", sizes=[(s, s) for s in sorted(pngs) if s <= 256])


def for_mac(pngs: dict[int, Path], file: Path) -> Path:
    """Write the icon as macOS wants it."""
    return _together(pngs, file, "ICNS")


def _together(pngs: dict[int, Path], file: Path, kind: str, **options: object) -> Path:
    from PIL import Image

    with Image.open(pngs[max(pngs)]) as largest:
        largest.save(file, format=kind, **options)
    return file
