"""A case is understood behind the user's back, again when it has to be, and never twice at once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from threading import Event

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import LatestJob
from app.planning_setup import Setup, is_fresh
from app.presenters.understanding import UnderstandingPresenter
from app.session import Session
from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.image import CaseImages
from planning.model.case import Case, OwnPath
from planning.model.limit import LimitChange
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from planning.progress import Progress
from tests import phantoms
from tests.app.review_scene import case_review

PATH = OwnPath(
    path_id="M1", trajectory=Trajectory((4.0, phantoms.HALF_DEPTH_MM, 2.0), (4.0, -14.0, 2.0))
)


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(2.0)


@pytest.fixture(scope="module")
def anatomy(torso: phantoms.Phantom) -> Anatomy:
    return torso.understood()


class Room:
    """A session, and an understanding that answers with the torso's anatomy."""

    def __init__(self, anatomy: Anatomy) -> None:
        self.session, self.planning = Session(), LatestJob()
        self.anatomy, self.asked = anatomy, list[tuple[Case, tuple[Trajectory, ...]]]()
        self.go_on, self.problem = Event(), ""
        self.go_on.set()
        self.presenter = UnderstandingPresenter(
            self.session, self.planning, understand=self._understand
        )

    def _understand(
        self,
        case: Case,
        images: CaseImages,
        setup: Setup,
        paths: tuple[Trajectory, ...],
        progress: Progress,
    ) -> Anatomy:
        self.asked.append((case, paths))
        self.go_on.wait(5)
        progress.report(0.5, "half")
        if self.problem:
            raise InputError(self.problem)
        return replace(self.anatomy, case=case)


@pytest.fixture
def room(qapp: object, anatomy: Anatomy) -> Iterator[Room]:
    made = Room(anatomy)
    yield made
    made.session.undo_stack.clear()  # a stack that still holds steps speaks while it dies


def settle(room: Room, qtbot: QtBot) -> None:
    busy = room.presenter
    qtbot.waitUntil(lambda: not busy.is_waiting and not busy.job.is_running, timeout=10_000)


def test_an_opened_case_is_understood(room: Room, torso: phantoms.Phantom, qtbot: QtBot) -> None:
    assert room.presenter.why_not() == "Open a case first."
    room.session.open(torso.case, torso.images)
    assert "still being found" in room.presenter.why_not()
    settle(room, qtbot)
    assert room.presenter.anatomy is room.session.anatomy
    assert room.presenter.why_not() == ""
    assert len(room.asked) == 1


def test_only_what_it_is_read_from_makes_it_stale(
    torso: phantoms.Phantom, anatomy: Anatomy, plan: PlanResult
) -> None:
    case, images = anatomy.case, torso.images
    painted = tuple(replace(s, colour="#123456", must_sample=True) for s in case.structures)
    same = (
        {"plan": plan},
        {"own_paths": (PATH,)},
        {"remarks": "seen"},
        {"reviews": (case_review(),)},
        {"core_count": 2},
        {"structures": painted},
    )
    for change in same:
        assert is_fresh(anatomy, replace(case, **change), images), change
    wider = tuple(replace(s, margin_mm=9.0) for s in case.structures)
    other = (
        {"needle_key": "bone-8g-100"},
        {"patient_position": None, "ct_position": None},
        {"limits": (LimitChange(key="vessel", value=9.0),)},
        {"weights": (("depth", 2.0),)},
        {"structures": wider},
        {"structures": case.structures[1:]},
    )
    for change in other:
        assert not is_fresh(anatomy, replace(case, **change), images), change
    assert not is_fresh(anatomy, case, phantoms.torso(2.0).images)


def test_another_needle_is_another_anatomy_in_which_own_paths_are_measured_again(
    room: Room, torso: phantoms.Phantom, qtbot: QtBot
) -> None:
    room.session.open(replace(torso.case, own_paths=(PATH,)), torso.images)
    settle(room, qtbot)
    (first,) = room.session.case.plan.candidates
    assert first.candidate_id == "M1"
    assert room.session.undo_stack.count() == 0
    changed = replace(room.session.case, needle_key="bone-8g-100", plan=None)
    room.session.apply("Choose needle", changed)
    assert room.presenter.anatomy is None
    settle(room, qtbot)
    assert len(room.asked) == 2
    assert [c.candidate_id for c in room.session.case.plan.candidates] == ["M1"]
    assert room.session.undo_stack.count() == 1
    room.session.undo_stack.undo()
    assert room.session.case.plan.candidates == (first,)


def test_planning_goes_first(room: Room, torso: phantoms.Phantom, qtbot: QtBot) -> None:
    room.go_on.clear()
    room.session.open(torso.case, torso.images)
    qtbot.waitUntil(lambda: room.presenter.job.is_running, timeout=5000)
    wait = Event()
    room.planning.start("Planning", lambda _: wait.wait(5))
    assert not room.presenter.job.is_running
    assert "Planning is under way" in room.presenter.why_not()
    room.go_on.set()
    wait.set()
    qtbot.waitUntil(lambda: not room.planning.is_running, timeout=5000)
    settle(room, qtbot)
    assert room.presenter.anatomy is not None


def test_a_late_answer_is_dropped(room: Room, torso: phantoms.Phantom, qtbot: QtBot) -> None:
    room.go_on.clear()
    room.session.open(torso.case, torso.images)
    qtbot.waitUntil(lambda: len(room.asked) == 1, timeout=5000)
    room.session.apply("Choose needle", replace(torso.case, needle_key="bone-8g-100"))
    room.go_on.set()
    settle(room, qtbot)
    assert room.session.anatomy.case.needle_key == "bone-8g-100"


def test_stopped_it_says_so(room: Room, torso: phantoms.Phantom, qtbot: QtBot) -> None:
    room.go_on.clear()
    room.session.open(torso.case, torso.images)
    qtbot.waitUntil(lambda: room.presenter.job.is_running, timeout=5000)
    room.presenter.job.cancel()
    assert "was stopped" in room.presenter.why_not()
    room.go_on.set()


def test_what_cannot_be_understood_says_why(
    room: Room, torso: phantoms.Phantom, qtbot: QtBot
) -> None:
    room.problem = "Two tumours; name one."
    room.session.open(torso.case, torso.images)
    settle(room, qtbot)
    assert room.presenter.why_not() == "Two tumours; name one."


def test_a_path_beyond_what_was_looked_at_widens_it(
    room: Room, torso: phantoms.Phantom, qtbot: QtBot, anatomy: Anatomy
) -> None:
    grid = anatomy.near.cropped((0, 0, 0), (8, 8, 8))
    room.session.open(torso.case, torso.images)
    settle(room, qtbot)
    room.session.set_anatomy(replace(room.session.anatomy, near=grid))
    room.session.apply("Place", replace(torso.case, own_paths=(PATH,)))
    settle(room, qtbot)
    assert room.asked[-1][1] == (PATH.trajectory,)
    assert [c.candidate_id for c in room.session.case.plan.candidates] == ["M1"]
    assert room.session.case.plan.candidates[0].violations == ()
