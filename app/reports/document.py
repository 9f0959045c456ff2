"""Writes reports of a plan as PDF, page by page; says nothing of its own."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PySide6.QtCore import QBuffer, QMarginsF
from PySide6.QtGui import QPageLayout, QPageSize, QPainter, QPdfWriter

from app.language import mark, tr
from app.reports.board import BOARD_TITLE, board_pages
from app.reports.pathology import PATHOLOGY_TITLE, pathology_pages
from app.reports.room import ROOM_TITLE, room_pages
from app.reports.source import ReportSource, source_of
from app.reports.words import name_of, notice_words, page_words
from app.review_pictures import drawing_application, written
from app.views.paper_pages import PAGE_PX, Page, PageWords, paint_page
from planning.handover.content import Document, HandOver
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_PDF_DPI = 300
_DAY = re.compile(rb'(D:|Date=")20\d\d(-?)\d\d-?\d\d')
"""Of writing, as PDF says it; no length may change, or the file's own places would be wrong."""

_DRAWING = mark("Drawing the report")


@dataclass(frozen=True, slots=True)
class ReportKind:
    """One report: what its file is called, its title, and what its pages say."""

    name: str
    title: str
    pages: Callable[[ReportSource], list[Page]]


KINDS: Mapping[str, ReportKind] = {
    "room": ReportKind("ct-room", ROOM_TITLE, room_pages),
    "board": ReportKind("tumour-board", BOARD_TITLE, board_pages),
    "pathology": ReportKind("pathology-request", PATHOLOGY_TITLE, pathology_pages),
}
"""By the key that the export asks with."""


def report(
    what: HandOver, kind: str, progress: Progress, *, anatomy: Anatomy | None = None
) -> Iterator[Document]:
    """Yield one report of a plan; it names the patient unless what is handed over does not."""
    application = drawing_application()
    source = source_of(what, progress, anatomy)
    progress.report(0.6, _DRAWING)
    made = KINDS[kind]
    title = tr(made.title)
    pages = made.pages(source)
    pdf = _pdf(pages, page_words(source, title), f"{title}: {name_of(source)}", source)
    shows = not what.is_deidentified
    yield Document(name=made.name, title=title, pdf=pdf, shows_identity=shows)
    del application


def _pdf(pages: list[Page], words: PageWords, title: str, source: ReportSource) -> bytes:
    def write(buffer: QBuffer) -> None:
        writer = QPdfWriter(buffer)
        writer.setResolution(_PDF_DPI)
        writer.setTitle(title)
        writer.setCreator(notice_words(source.plan))
        size = QPageSize(QPageSize.PageSizeId.A4)
        writer.setPageLayout(QPageLayout(size, QPageLayout.Orientation.Portrait, QMarginsF()))
        painter = QPainter(writer)
        try:
            for number, page in enumerate(pages, start=1):
                if number > 1:
                    writer.newPage()
                painter.save()
                painter.scale(writer.width() / PAGE_PX[0], writer.width() / PAGE_PX[0])
                paint_page(painter, page, words, number, len(pages))
                painter.restore()
        finally:
            painter.end()  # Qt ends the process where one is left painting

    pdf = written(write)
    return _DAY.sub(rb"\g<1>1900\g<2>01\g<2>01", pdf) if source.what.is_deidentified else pdf
