"""The numbers card: the needle in the hand, else the selected trajectory; measures nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app import catalogue
from app.presenters.card_rows import explanations, grid_words
from app.presenters.numbers import card_numbers, slice_words
from app.presenters.shown import plan_of, shown_candidate
from app.session import Session
from app.view_state import ViewState
from app.views.numbers_card import NumbersCard
from planning.geometry import Vec3
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy


class CardPresenter(QObject):
    """Keeps the card on the needle that all views speak of."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        card: NumbersCard,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._card = card
        card.set_explanations(explanations())
        card.jump_requested.connect(view_state.set_crosshair)
        session.case_changed.connect(self.follow_case)
        session.opened.connect(self.show_numbers)
        session.anatomy_changed.connect(lambda _: self.show_numbers())
        view_state.selection_changed.connect(lambda _: self.show_numbers())
        view_state.draft_changed.connect(self.follow_draft)
        self.show_numbers()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show other numbers where the plan is another."""
        if old is None or new.plan is not old.plan:
            self.show_numbers()

    def follow_draft(self, draft: Candidate | None) -> None:
        """Show the numbers of the needle in the hand before anybody draws it."""
        self.show_numbers()
        if draft is None:
            self._card.take_time()
        else:
            self._card.show_now()

    def show_numbers(self) -> None:
        """Show the numbers of the needle that all views speak of."""
        case, images = self._session.case, self._session.images
        candidate, plan = shown_candidate(self._session, self._state), plan_of(self._session)
        anatomy = self._session.anatomy
        if case is None or images is None or candidate is None or (plan is None and not anatomy):
            self._card.set_numbers(None)
            return
        entry = candidate.trajectory.entry_lps_mm
        self._card.set_numbers(
            card_numbers(
                candidate,
                plan,
                protocol_for_card(plan, anatomy),
                # The table will stand elsewhere once the patient lies otherwise.
                slice_words(images.ct, entry, with_table=not case.position_differs),
                anatomy,
                grid=self._grid(case, images, anatomy, entry),
            )
        )

    def _grid(
        self, case: Case, images: CaseImages, anatomy: Anatomy | None, entry_lps_mm: Vec3
    ) -> str:
        """Say where the entry lies in a grid; not while it moves, nor once the patient turns."""
        from planning.anatomy.skin_grid import grid_place

        if anatomy is None or case.position_differs or self._state.draft is not None:
            return ""
        rules = catalogue.skin_grid_rules()
        return grid_words(grid_place(images.ct, anatomy.body, entry_lps_mm, rules))


def protocol_for_card(plan: PlanResult | None, anatomy: Anatomy | None) -> Protocol:
    """Return the protocol the numbers were judged by: as the case changed it, where that is known.

    Rules of the site and the case's own weights are in the anatomy's.
    """
    known = anatomy is not None and (plan is None or anatomy.protocol.key == plan.protocol_key)
    if anatomy is not None and known:
        return anatomy.protocol
    assert plan is not None, "one of the two is given"
    return catalogue.protocol(plan.protocol_key)
