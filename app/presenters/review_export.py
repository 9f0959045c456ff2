"""Hands a review on, into a folder or to the registry; knows neither format nor registry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.progress import show_progress
from app.presenters.review_context import ReviewContext
from app.presenters.review_needles_words import cannot_export
from app.presenters.scan_fit_work import Registered
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from planning.errors import TrephineError
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.case_review import CaseReview
from planning.model.plan import PlanResult
from planning.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FinishedReview:
    """A review with everything it speaks of.

    Parameters
    ----------
    registered : Registered or None
        The control CT, where it is at hand: without it nothing can be drawn.
    """

    made: CaseReview
    plan: PlanResult
    case: Case
    images: CaseImages
    registered: Registered | None


@dataclass(frozen=True, slots=True)
class Stored:
    """What a registry answered, in a sentence."""

    words: str


Write = Callable[[FinishedReview, Path, Progress], tuple[Path, ...]]
Store = Callable[[FinishedReview, Progress], Stored]


class ReviewExportPresenter(QObject):
    """Writes and stores the review that is worked on.

    Parameters
    ----------
    store : callable or None
        Keeps a review in the registry; None while there is none.
    """

    def __init__(
        self,
        session: Session,
        context: ReviewContext,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        write: Write,
        store: Store | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._context = session, context
        self._message, self._write, self._store = message, write, store
        self._folder = Path()
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(lambda error: self.fail(error))

    @property
    def finished(self) -> FinishedReview | None:
        """The review, once a core was answered for."""
        made, plan, context = self._context.review, self._context.plan, self._context
        case, images = self._session.case, self._session.images
        if made is None or plan is None or case is None or images is None or cannot_export(made):
            return None
        at_hand = context.registered if context.is_accepted else None
        return FinishedReview(made=made, plan=plan, case=case, images=images, registered=at_hand)

    def cannot_store(self) -> str:
        """Return why a review cannot be stored; empty where it can."""
        return tr("This Trephine has no registry to store it in.") if self._store is None else ""

    def export(self, folder: Path) -> None:
        """Write review.json, pictures and the page into a folder."""
        finished, write = self.finished, self._write
        if finished is not None:
            self._folder = folder
            self.job.start(
                tr("Writing the review"), lambda progress: write(finished, folder, progress)
            )

    def store(self) -> None:
        """Keep the review in the registry."""
        finished, store = self.finished, self._store
        if finished is not None and store is not None:
            self.job.start(tr("Storing the review"), lambda progress: store(finished, progress))

    def take(self, result: object) -> None:
        """Say what was written, or stored."""
        if isinstance(result, Stored):
            self._message.show_note(tr_core(result.words))
        elif isinstance(result, tuple):
            words = tr("{count} files written to {folder}.", count=len(result), folder=self._folder)
            if self._context.control is None:
                words += " " + tr("Without pictures: the control CT is not at hand.")
            self._message.show_note(words)

    def fail(self, error: TrephineError) -> None:
        """Say why not."""
        self._message.show_error(tr_core(str(error)))
