"""Derives a case's anatomy in the background, so that needles can be placed by hand; plans nothing.

What is derived belongs to the case as it is: whatever it was read from changes, it is derived anew,
and the trajectories placed by hand are measured again in it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, QTimer, Signal

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import mark, tr
from app.planning_setup import Setup, anatomy_of, is_fresh, setup_of, warm_up
from app.rendering import mask_picture
from app.session import Session
from planning.errors import TrephineError
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

Understand = Callable[[Case, CaseImages, Setup, tuple[Trajectory, ...], Progress], "Anatomy"]

_SETTLED_MS = 150
_MEASURING, _READY = mark("Measuring paths placed by hand"), mark("Anatomy is ready")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Understood:
    """A case as it was read, and its own paths measured in that."""

    case: Case
    images: CaseImages
    anatomy: Anatomy
    own: tuple[Candidate, ...]


class UnderstandingPresenter(QObject):
    """Keeps the session's anatomy that of its case.

    Signals
    -------
    changed
        Whether needles can be measured, or why not, has changed.
    """

    changed = Signal()

    def __init__(
        self,
        session: Session,
        planning: LatestJob,
        *,
        understand: Understand | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._planning = planning
        self._understand = understand or _understand
        self._problem = ""
        self._compared: tuple[object, object, object] = (None, None, None)
        self._is_fresh = False
        self.job = LatestJob(self)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        self.job.ended.connect(self.changed)
        # Several changes in a row, and a planning that follows an opening, are waited for.
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_SETTLED_MS)
        self._timer.timeout.connect(self.start)
        session.case_changed.connect(self.follow_case)
        session.anatomy_changed.connect(self.follow_anatomy)
        planning.started.connect(self.give_way)
        planning.ended.connect(self._timer.start)
        planning.ended.connect(self.changed)

    @property
    def is_waiting(self) -> bool:
        """Tell whether something is about to be looked at."""
        return self._timer.isActive()

    @property
    def anatomy(self) -> Anatomy | None:
        """The anatomy of the case as it is now; None while there is none."""
        case, images, anatomy = self._session.case, self._session.images, self._session.anatomy
        if case is None or images is None or anatomy is None:
            return None
        now = (case, images, anatomy)
        if any(a is not b for a, b in zip(now, self._compared, strict=True)):
            self._compared, self._is_fresh = now, is_fresh(anatomy, case, images)
        return anatomy if self._is_fresh else None

    def why_not(self) -> str:
        """Return an empty string if needles can be measured now; otherwise why not."""
        if self._session.case is None:
            return tr("Open a case first.")
        if self._planning.is_running:
            return tr("Planning is under way. Wait for it, or stop it.")
        if self.anatomy is not None:
            return ""
        if self._problem:
            return self._problem
        if self.job.is_running or self._timer.isActive():
            return tr("The skin and what lies under it are still being found. A moment.")
        return tr("Nobody looked at the anatomy: it was stopped. Press Plan, or change a choice.")

    def follow_case(self, new: Case, _old: Case | None) -> None:
        """Understand the case anew if what it is read from has changed."""
        known = self.anatomy
        if known is None:
            self._problem = ""
            self.job.cancel()
            self._timer.start()
        elif _unlisted(new) or _beyond(known, new):
            self._timer.start()
        self.changed.emit()

    def follow_anatomy(self, anatomy: Anatomy | None) -> None:
        """Measure own paths that lie beyond what was understood, in wider surroundings."""
        case = self._session.case
        if anatomy is not None and case is not None and _beyond(anatomy, case):
            self._timer.start()
        self.changed.emit()

    def give_way(self) -> None:
        """Leave the processor to planning, which understands the case itself."""
        self._timer.stop()
        self.job.cancel()
        self.changed.emit()

    def start(self) -> None:
        """Understand the open case in the background, unless that is done."""
        case, images, known = self._session.case, self._session.images, self.anatomy
        if case is None or images is None or self._planning.is_running:
            return
        if known is not None and not _beyond(known, case):
            self._take_own(known, ())
            return
        try:
            setup = setup_of(case)
        except TrephineError as error:
            self.fail(error)
            return
        understand = self._understand
        wide = known is not None or _was_beyond(self._session.anatomy, case)
        paths = tuple(own.trajectory for own in case.own_paths) if wide else ()

        def work(progress: Progress) -> Understood:
            from planning.trajectories.own import own_candidate

            anatomy = understand(case, images, setup, paths, progress)
            progress.report(1.0, _MEASURING)
            own = tuple(own_candidate(anatomy, path) for path in case.own_paths)
            return Understood(case=case, images=images, anatomy=anatomy, own=own)

        self.job.start(tr("Understanding the anatomy"), work)
        self.changed.emit()

    def take(self, understood: Understood) -> None:
        """Make what was derived the session's, and measure own paths in it."""
        case, images = self._session.case, self._session.images
        if case is None or images is not understood.images:
            return
        if not is_fresh(understood.anatomy, case, images):
            self._timer.start()
            return
        self._session.set_anatomy(understood.anatomy)
        self._take_own(understood.anatomy, understood.own)

    def fail(self, error: TrephineError) -> None:
        """Remember why the case cannot be understood; whoever needs it is told."""
        self._problem = tr_core(str(error))
        self.changed.emit()

    def _take_own(self, anatomy: Anatomy, measured: tuple[Candidate, ...]) -> None:
        """List own paths that the plan does not have, or that were measured in other anatomy."""
        from planning.trajectories.own import with_own

        case = self._session.case
        if case is None or not case.own_paths:
            return
        if measured or _unlisted(case):
            plan = with_own(case.plan, anatomy, case.own_paths, measured)
            if plan != case.plan:
                self._session.amend(replace(case, plan=plan))


def _beyond(anatomy: Anatomy, case: Case) -> bool:
    """Tell whether an own path leaves what was understood and can be followed there."""
    grid = anatomy.ct.grid
    return any(
        not p.trajectory.lies_in(anatomy.near) and p.trajectory.lies_in(grid)
        for p in case.own_paths
    )


def _unlisted(case: Case) -> bool:
    """Tell whether an own path has no numbers in the plan."""
    from planning.trajectories.own import own_of

    listed = {c.candidate_id: c.trajectory for c in own_of(case.plan)}
    return any(listed.get(path.path_id) != path.trajectory for path in case.own_paths)


def _was_beyond(anatomy: Anatomy | None, case: Case) -> bool:
    return anatomy is not None and bool(anatomy.around_lps_mm) and bool(case.own_paths)


def _understand(
    case: Case,
    images: CaseImages,
    setup: Setup,
    paths: tuple[Trajectory, ...],
    progress: Progress,
) -> Anatomy:
    """Return the anatomy, with everything loaded that the first needle in the hand needs."""
    from planning.trajectories.live_candidate import live_candidate

    warm_up()
    mask_picture.warm_up()
    anatomy = anatomy_of(case, images, setup, paths=paths, progress=progress)
    for risk in anatomy.risks:
        progress.report(1.0, _READY)
        # What is looked up in is built when first asked.
        risk.surface.nearest_to_segment(np.zeros(3), np.array((0.0, 0.0, 1.0)), 1.0)
    _ = anatomy.skin_tree
    if len(anatomy.skin.points_lps_mm):
        tip = anatomy.lesion.centroid_lps_mm if anatomy.lesion else anatomy.ct.grid.centre_lps_mm
        entry = tuple(anatomy.skin.points_lps_mm[0].tolist())
        if entry != tip:
            live_candidate(anatomy, Trajectory((entry[0], entry[1], entry[2]), tip), "")
    return anatomy
