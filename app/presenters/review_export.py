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
from app.views.store_question import StoreQuestion
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Where a review is kept in the registry, or would be.

    Parameters
    ----------
    place : str
        The registry, as its user knows it.
    case_id : str
        Empty where it would become a new case.
    is_new : bool
        The case is not there yet, or was not until now.
    is_same : bool
        The review is there just so already.
    """

    place: str
    case_id: str = ""
    is_new: bool = False
    is_same: bool = False


Write = Callable[[FinishedReview, Path, Progress], tuple[Path, ...]]
Keep = Callable[[FinishedReview, Progress], Kept]


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What leads to a registry.

    Parameters
    ----------
    look : callable
        Says where a review would be kept, and changes nothing.
    keep : callable
        Keeps it.
    """

    look: Keep
    keep: Keep


@dataclass(frozen=True, slots=True, eq=False)
class _Looked:
    """Where a review would be kept."""

    finished: FinishedReview
    kept: Kept


class ReviewExportPresenter(QObject):
    """Writes the review that is worked on, and stores it once somebody has confirmed where.

    Parameters
    ----------
    registry : Registry or None
        None where reviews are kept in none.
    """

    def __init__(
        self,
        session: Session,
        context: ReviewContext,
        progress: ProgressStrip,
        question: StoreQuestion,
        message: MessageStrip,
        *,
        write: Write,
        registry: Registry | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._context = session, context
        self._question, self._message = question, message
        self._write, self._registry = write, registry
        self._folder = Path()
        self._asked: FinishedReview | None = None
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(lambda error: self.fail(error))
        question.confirmed.connect(self.store)
        question.given_up.connect(self.give_up)
        context.changed.connect(self.give_up)  # what was asked is no longer what would be stored

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
        if self._registry is None:
            return tr("This Trephine has no registry to store it in.")
        return ""

    def export(self, folder: Path) -> None:
        """Write review.json, pictures and the page into a folder."""
        finished, write = self.finished, self._write
        if finished is not None:
            self._folder = folder
            self.job.start(
                tr("Writing the review"), lambda progress: write(finished, folder, progress)
            )

    def ask(self) -> None:
        """Find out where the review would be kept, and ask whether it shall be."""
        finished, registry = self.finished, self._registry
        if finished is not None and registry is not None:
            self.give_up()
            self.job.start(
                tr("Looking into the registry"),
                lambda progress: _Looked(finished, registry.look(finished, progress)),
            )

    def store(self) -> None:
        """Keep the review that was asked about in the registry."""
        finished, registry = self._asked, self._registry
        self.give_up()
        if finished is not None and registry is not None:
            self.job.start(
                tr("Storing the review"), lambda progress: registry.keep(finished, progress)
            )

    def give_up(self) -> None:
        """Ask no longer."""
        self._asked = None
        self._question.withdraw()

    def take(self, result: object) -> None:
        """Say what was written or stored, or ask whether it shall be."""
        if isinstance(result, _Looked):
            self._take_looked(result)
        elif isinstance(result, Kept):
            self._message.show_note(_stored_words(result))
        elif isinstance(result, tuple):
            words = tr("{count} files written to {folder}.", count=len(result), folder=self._folder)
            if self._context.control is None:
                words += " " + tr("Without pictures: the control CT is not at hand.")
            self._message.show_note(words)

    def fail(self, error: TrephineError) -> None:
        """Say why not."""
        self._message.show_error(tr_core(str(error)))

    def _take_looked(self, looked: _Looked) -> None:
        if looked.finished.made is not self._context.review:
            return  # it was changed meanwhile
        if looked.kept.is_same:
            self._message.show_note(_stored_words(looked.kept))
            return
        self._asked = looked.finished
        where = tr("Kept in {place}", place=looked.kept.place)
        self._question.ask(_question_words(looked.kept), where)


def _question_words(kept: Kept) -> str:
    nobody = tr("It is kept under a pseudonym: no name, no ID, no birth date, no pictures.")
    if kept.is_new:
        return tr("Store this review as a new case?") + " " + nobody
    return (
        tr(
            "Store this review in case {case}, where this plan is? It takes the place of what is "
            "stored of the same control CT.",
            case=kept.case_id,
        )
        + " "
        + nobody
    )


def _stored_words(kept: Kept) -> str:
    if kept.is_same:
        words = tr("This review is stored already, as case {case}.", case=kept.case_id)
    elif kept.is_new:
        words = tr(
            "Stored as new case {case}. Note the case in the patient's record: the registry does "
            "not say who it is.",
            case=kept.case_id,
        )
    else:
        words = tr("Case {case} was brought up to date.", case=kept.case_id)
    return words + " " + tr("It is kept in {place}.", place=kept.place)
