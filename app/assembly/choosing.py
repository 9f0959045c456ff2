"""Choosing: weights and limits, the scatter, two side by side; their place and their wiring."""

from __future__ import annotations

from dataclasses import dataclass

from app.jobs import LatestJob
from app.language import tr
from app.main_window import PLANNING, MainWindow
from app.presenters.comparing import ComparingPresenter
from app.presenters.matters import MattersPresenter
from app.presenters.scatter import ScatterPresenter
from app.presenters.turns import Turns
from app.session import Session
from app.view_state import ViewState
from app.views.compare_panel import ComparePanel
from app.views.matters_panel import MattersPanel
from app.views.scatter_panel import ScatterPanel

_BEFORE_HANDING_OVER = tuple(step for step in PLANNING if step != "hand_over")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choosing:
    """The presenters of choosing, and the views they drive."""

    matters: MattersPresenter
    scatter: ScatterPresenter
    comparing: ComparingPresenter
    matters_panel: MattersPanel
    scatter_panel: ScatterPanel
    compare_panel: ComparePanel

    @property
    def job(self) -> LatestJob:
        """What samples candidates in the background."""
        return self.scatter.job


def add_choosing(
    window: MainWindow, session: Session, view_state: ViewState, turns: Turns
) -> Choosing:
    """Put the sliders on the left, the scatter and the comparison on the right."""
    matters_panel, scatter_panel, compare_panel = MattersPanel(), ScatterPanel(), ComparePanel()
    window.add_panel("plan", matters_panel)
    window.add_tab(scatter_panel, title=tr("Choose"), steps=_BEFORE_HANDING_OVER)
    window.add_tab(compare_panel, title=tr("Compare"))
    made = Choosing(
        matters=MattersPresenter(session, matters_panel, window),
        scatter=ScatterPresenter(session, view_state, scatter_panel, window),
        comparing=ComparingPresenter(session, view_state, compare_panel, window, turns=turns),
        matters_panel=matters_panel,
        scatter_panel=scatter_panel,
        compare_panel=compare_panel,
    )

    def compare() -> None:
        made.comparing.pin_selected()
        window.show_tab(compare_panel)

    def tell_saved(words: str, is_saved: bool) -> None:  # noqa: FBT001 (a signal's)
        (window.say if is_saved else window.message.show_error)(words)

    scatter_panel.saved.connect(tell_saved)
    window.actions_by_key["compare"].triggered.connect(compare)
    made.comparing.can_compare_changed.connect(lambda reason: window.set_reason("compare", reason))
    made.comparing.refresh()
    return made
