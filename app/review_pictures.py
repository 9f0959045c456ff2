"""A review's drawings as PNG and as a PDF; what they say is put together elsewhere."""

from __future__ import annotations

import os
import re
from collections.abc import Callable

from PySide6.QtCore import QBuffer, QByteArray, QIODevice, QMarginsF, QRectF
from PySide6.QtGui import (
    QColor,
    QGuiApplication,
    QImage,
    QImageWriter,
    QPageLayout,
    QPageSize,
    QPainter,
    QPdfWriter,
)

from app.fonts import add_fonts
from app.review_contents import (
    ReviewSource,
    banner_of,
    core_drawings,
    page_of,
    scan_rows,
    title_of,
)
from app.views.palette import DARK
from app.views.registration_drawing import PictureRow, paint_registration
from app.views.review_banner import banner_height_px, paint_banner
from app.views.review_drawing import paint_core
from app.views.review_page import PAGE_PX, paint_page
from app.views.review_values import CoreDrawing
from planning.handover.notice import RESEARCH_USE

PAGE_FILE = "review.pdf"
REGISTRATION_FILE = "review-registration.png"

_CORE_SIZE, _SCANS_SIZE = (1180.0, 700.0), (900.0, 660.0)
_BORDER = 16.0
_SHARP = 1.5
_PDF_DPI = 300


def pictures_of(source: ReviewSource) -> dict[str, bytes]:
    """Return a PNG for each core that was imaged, one of the registration, and the PDF, by name.

    Needs no display, but the libraries that Qt draws text with.
    """
    application = drawing_application()
    drawings, scans = core_drawings(source), scan_rows(source)
    banner = banner_of(source.review)
    files = {_file_of(core): _core_png(drawing, banner) for core, drawing in drawings.items()}
    files[REGISTRATION_FILE] = _scans_png(scans, banner)
    files[PAGE_FILE] = _pdf(source, tuple(drawings.values()), scans)
    del application
    return files


def drawing_application() -> QGuiApplication | None:
    """Return an application to draw with where there is none; it shows nothing."""
    if QGuiApplication.instance() is not None:
        return None
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    application = QGuiApplication([])
    add_fonts()
    return application


def _file_of(core: str) -> str:
    return f"review-{re.sub(r'[^A-Za-z0-9_-]', '_', core)}.png"


def _core_png(drawing: CoreDrawing, banner: tuple[str, ...]) -> bytes:
    def paint(painter: QPainter, room: QRectF) -> None:
        paint_core(painter, room, drawing, pixel_ratio=_SHARP, say=str)

    return _png(_CORE_SIZE, banner, paint)


def _scans_png(rows: tuple[PictureRow, ...], banner: tuple[str, ...]) -> bytes:
    def paint(painter: QPainter, room: QRectF) -> None:
        paint_registration(painter, room, rows, title="Registration", say=str)

    return _png(_SCANS_SIZE, banner, paint)


def _png(
    size: tuple[float, float],
    banner: tuple[str, ...],
    paint: Callable[[QPainter, QRectF], None],
) -> bytes:
    """Return a picture of this size, and as much higher as the band across its top needs."""
    width, height = size[0], size[1] + banner_height_px(banner, size[0])
    image = QImage(round(width * _SHARP), round(height * _SHARP), QImage.Format.Format_RGB32)
    image.fill(QColor(DARK.background))
    painter = QPainter(image)
    painter.scale(_SHARP, _SHARP)
    whole = QRectF(0.0, 0.0, width, height)
    whole.setTop(paint_banner(painter, whole, banner))
    paint(painter, whole.adjusted(_BORDER, _BORDER, -_BORDER, -_BORDER))
    painter.end()
    return written(lambda buffer: QImageWriter(buffer, QByteArray(b"PNG")).write(image))


def _pdf(
    source: ReviewSource, drawings: tuple[CoreDrawing, ...], scans: tuple[PictureRow, ...]
) -> bytes:
    """Return one page for each core that was imaged, or one page without a drawing."""
    pages: list[CoreDrawing | None] = list(drawings) or [None]

    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setResolution(_PDF_DPI)
        writer.setTitle(title_of(source.review))
        writer.setCreator(f"Trephine {source.review.software_version}. {RESEARCH_USE}")
        layout = QPageLayout(
            QPageSize(QPageSize.PageSizeId.A4), QPageLayout.Orientation.Portrait, QMarginsF()
        )
        writer.setPageLayout(layout)
        painter = QPainter(writer)
        for number, drawing in enumerate(pages, start=1):
            if number > 1:
                writer.newPage()
            painter.save()
            painter.scale(writer.width() / PAGE_PX[0], writer.width() / PAGE_PX[0])
            page = page_of(source, number, len(pages))
            paint_page(painter, page, drawing, scans[:1])
            painter.restore()
        painter.end()

    return written(write)


def written(write: Callable[[QBuffer], object]) -> bytes:
    """Return what something writes."""
    held = QByteArray()
    buffer = QBuffer(held)
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    write(buffer)
    buffer.close()
    return bytes(held.data())
