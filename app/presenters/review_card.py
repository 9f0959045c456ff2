"""Keeps the card and the drawing of a review on the core that all views speak of; measures none."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject

from app.language import mark, tr
from app.presenters.review_card_words import review_card
from app.presenters.review_context import ReviewContext
from app.view_state import ViewState
from app.views.review_card import ReviewCard
from app.views.review_step_values import ReviewCardText
from planning.model.plan import Candidate

OTHER_PLAN = mark("the case's plan was changed after this review; its cores are where they were")
Draw = Callable[[Candidate | None], None]


class ReviewCardPresenter(QObject):
    """Says what became of the selected core, else of the first one.

    Parameters
    ----------
    draw : callable
        Shows the drawing of a core's needle; None where there is none to draw.
    """

    def __init__(
        self,
        view_state: ViewState,
        context: ReviewContext,
        card: ReviewCard,
        *,
        draw: Draw = lambda _: None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._state, self._context, self._card, self._draw = view_state, context, card, draw
        context.changed.connect(self.show_core)
        self.show_core()

    def show_core(self) -> None:
        """Say what became of the core that all views speak of."""
        made, plan, core = self._context.review, self._context.plan, self._core()
        if made is None or plan is None or core is None:
            self._card.set_text(ReviewCardText(empty=self._why_empty()))
            self._draw(None)
            return
        warnings = (OTHER_PLAN,) if self._context.is_plan_changed else ()
        self._card.set_text(review_card(made, core, plan, warnings))
        measured = any(n.core == core.candidate_id and n.error for n in made.review.needles)
        self._draw(core if measured else None)

    def _core(self) -> Candidate | None:
        cores = self._context.cores
        selected = (c for c in cores if c.candidate_id == self._state.selected)
        return next(selected, cores[0] if cores else None)

    def _why_empty(self) -> str:
        if self._context.review is None and self._context.control is not None:
            return tr("Look at the pictures on the left, and accept how the control CT fits.")
        if self._context.review is None:
            return tr("Nothing is reviewed yet: open the control CT on the left.")
        return tr("The plan that was reviewed is no longer part of the case.")
