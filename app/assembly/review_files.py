"""Joins a review to its files and drawings: review.json, pictures, the page; computes nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.language import mark, tr
from app.presenters.review_card_words import drawing_words
from app.presenters.review_export import FinishedReview
from app.views.needle_drawing import Paint
from app.views.palette import Colours
from planning.errors import InputError
from planning.model.plan import Candidate
from planning.progress import Progress

if TYPE_CHECKING:
    from app.review_contents import ReviewSource

_WRITING = mark("Writing the review")
_THERE = mark("{0} holds a review already; choose another folder.")


def write_files(finished: FinishedReview, folder: Path, progress: Progress) -> tuple[Path, ...]:
    """Write `review.json` into a folder, with pictures and page where the control CT is at hand.

    Raises
    ------
    InputError
        If a review is there already, or the folder cannot be written.
    Cancelled
        If it is no longer wanted.
    """
    from app.review_pictures import pictures_of
    from planning.records.review_file import REVIEW_FILE, write_review

    if (folder / REVIEW_FILE).exists():
        raise InputError(_THERE.format(folder))
    progress.report(0.0, _WRITING)
    source = _source(finished)
    beside = {} if source is None else pictures_of(source)
    progress.report(0.9, _WRITING)
    return write_review(finished.made.review, folder, beside=beside)


def drawing_of(finished: FinishedReview | None, core: Candidate | None) -> tuple[Paint | None, str]:
    """Return what draws a core's needle in its planes, or why nothing can."""
    source = None if finished is None else _source(finished)
    if core is None or finished is None:
        return None, tr("No needle of this core was measured yet.")
    if source is None:
        return None, tr("Read the control CT to see the needle in its planes.")
    from app.review_contents import core_drawings
    from app.views.review_drawing import paint_core

    drawing = core_drawings(source).get(core.candidate_id)
    reviewed = next((n for n in source.review.needles if n.core == core.candidate_id), None)
    if drawing is None or reviewed is None:
        return None, tr("This core was not imaged.")
    title, numbers = drawing_words(reviewed, core, source.plan)
    drawing = replace(drawing, title=title, numbers=numbers)

    def paint(painter: QPainter, room: QRectF, look: Colours, ratio: float) -> None:
        upright = room.height() > room.width()
        paint_core(painter, room, drawing, look, pixel_ratio=ratio, upright=upright)

    return paint, ""


def _source(finished: FinishedReview) -> ReviewSource | None:
    registered = finished.registered
    if registered is None:
        return None
    from app.review_contents import ReviewSource

    return ReviewSource(
        review=finished.made.review,
        plan=finished.plan,
        case=finished.case,
        images=finished.images,
        control=registered.pair.scan,
        transform=registered.registration.transform,
    )
