"""The window with everything that works behind it, as one value; puts nothing together."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import Qt

from app.assembly.adding import Adding
from app.assembly.checking import Checking
from app.assembly.choosing import Choosing
from app.assembly.cohort import CohortOpener
from app.assembly.life import Life
from app.assembly.pacs import PacsOpener
from app.assembly.review import Reviewing
from app.jobs import LatestJob
from app.main_window import MainWindow
from app.presenters.cores import CoresPresenter
from app.presenters.editing import EditingPresenter
from app.presenters.hand import HandPresenter
from app.presenters.handing_over import HandOverPresenter
from app.presenters.heat_map import HeatMapPresenter
from app.presenters.images import ImagesPresenter
from app.presenters.layouts import LayoutsPresenter
from app.presenters.measuring import MeasuringPresenter
from app.presenters.navigation import NavigationPresenter
from app.presenters.needle_views import NeedleViewsPresenter
from app.presenters.opening import OpeningPresenter
from app.presenters.planning import PlanningPresenter
from app.presenters.profile import ProfilePresenter
from app.presenters.structures import StructuresPresenter
from app.presenters.todays_scan import TodaysScanPresenter
from app.presenters.trajectories import TrajectoriesPresenter
from app.presenters.understanding import UnderstandingPresenter
from app.presenters.viewing import ViewingPresenter
from app.session import Session
from app.view_state import ViewState


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Desk:
    """The window with everything that works behind it."""

    window: MainWindow
    session: Session
    view_state: ViewState
    opening: OpeningPresenter
    planning: PlanningPresenter
    structures: StructuresPresenter
    editing: EditingPresenter
    trajectories: TrajectoriesPresenter
    cores: CoresPresenter
    viewing: ViewingPresenter
    measuring: MeasuringPresenter
    heat_map: HeatMapPresenter
    images: ImagesPresenter
    handing_over: HandOverPresenter
    needle_views: NeedleViewsPresenter
    layouts: LayoutsPresenter
    profile: ProfilePresenter
    life: Life
    choosing: Choosing
    understanding: UnderstandingPresenter
    hand: HandPresenter
    todays_scan: TodaysScanPresenter
    reviewing: Reviewing
    cohort: CohortOpener
    adding: Adding
    navigation: NavigationPresenter
    pacs: PacsOpener
    checking: Checking

    @property
    def jobs(self) -> tuple[LatestJob, ...]:
        """Everything that may run in the background."""
        life, recovery, today = self.life, self.life.recovery, self.todays_scan
        kept = () if recovery is None else (recovery.job,)
        made = (
            self.opening.job,
            self.opening.pictures.job,
            self.planning.job,
            self.structures.job,
            self.editing.job,
        )
        maps = (self.heat_map.job, self.heat_map.measuring)
        shown = (self.understanding.job, *maps, self.choosing.job)
        windows = (self.cohort.job, self.pacs.job, self.checking.job)
        others = (*windows, today.job, today.measuring, *self.reviewing.jobs)
        others = (*others, self.handing_over.job)
        return (*made, *shown, *others, *self.adding.jobs, life.saving.job, *kept)

    @property
    def is_busy(self) -> bool:
        """Tell whether anything runs in the background."""
        return self.understanding.is_waiting or any(job.is_running for job in self.jobs)

    def open_case(self, path: Path, *, then_plan: bool = False) -> None:
        """Open a case, a folder or a file, and plan it as soon as it is open if so wished."""
        if then_plan:
            self.opening.opened.connect(
                lambda opened: self.planning.start() if opened == path else None,
                Qt.ConnectionType.SingleShotConnection,  # what is opened next is not planned
            )
        self.opening.open(path)

    def shut_down(self) -> None:
        """Stop what runs in the background, waiting a limited time, and forget the steps."""
        for job in self.jobs:
            job.cancel()
        for job in self.jobs:
            job.shut_down()
        if self.life.recovery is not None:
            self.life.recovery.shut_down()
        self.session.undo_stack.clear()  # a stack that still holds steps speaks while it dies
