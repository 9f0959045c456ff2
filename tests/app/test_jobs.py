"""Only the latest job counts; results arrive in the GUI thread, cancelled ones never."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from threading import Event, current_thread, main_thread

import pytest
from pytestqt.qtbot import QtBot

from app.jobs import LatestJob
from planning.errors import InputError
from planning.progress import Progress


class Heard:
    """Collects what a job says, and in which thread."""

    def __init__(self, job: LatestJob) -> None:
        self.said: list[object] = []
        self.in_main_thread = True
        job.started.connect(lambda text: self._hear("started", text))
        job.progressed.connect(lambda fraction, text: self._hear("progressed", fraction, text))
        job.finished.connect(lambda value: self._hear("finished", value))
        job.failed.connect(lambda error: self._hear("failed", str(error)))
        job.ended.connect(lambda: self._hear("ended"))

    def _hear(self, *what: object) -> None:
        self.in_main_thread &= current_thread() is main_thread()
        self.said.append(what)

    def kinds(self) -> list[str]:
        return [str(what[0]) for what in self.said]


@pytest.fixture
def job(qapp: object) -> Iterator[LatestJob]:
    made = LatestJob()
    yield made
    assert made.shut_down(5.0)


def test_a_result_arrives_in_the_gui_thread(job: LatestJob, qtbot: QtBot) -> None:
    heard = Heard(job)

    def work(progress: Progress) -> bool:
        progress.report(0.5, "half")
        return current_thread() is not main_thread()

    with qtbot.waitSignal(job.ended):
        job.start("Working", work)
    assert heard.said == [
        ("started", "Working"),
        ("progressed", 0.5, "half"),
        ("finished", True),
        ("ended",),
    ]
    assert heard.in_main_thread
    assert not job.is_running


def test_a_later_job_silences_the_one_before(job: LatestJob, qtbot: QtBot) -> None:
    heard, release = Heard(job), Event()

    def slow(progress: Progress) -> str:
        release.wait(5)
        return "old"  # takes no notice of having been cancelled

    job.start("old", slow)
    with qtbot.waitSignal(job.ended):
        job.start("new", lambda _: "new")
    release.set()
    assert job.shut_down(5.0)
    qtbot.wait(50)
    assert [what for what in heard.said if what[0] == "finished"] == [("finished", "new")]


def test_cancelling_ends_at_once_and_reaches_the_work(job: LatestJob, qtbot: QtBot) -> None:
    heard, noticed, running = Heard(job), Event(), Event()

    def work(progress: Progress) -> None:
        try:
            while True:
                progress.report(0.1, "still")
                running.set()
        finally:
            noticed.set()

    job.start("endless", work)
    assert running.wait(5)
    job.cancel()
    assert not job.is_running
    assert noticed.wait(5)
    qtbot.wait(50)
    assert heard.kinds()[-1] == "ended"
    assert "finished" not in heard.kinds()
    assert "failed" not in heard.kinds()


def test_progress_is_thinned_out(job: LatestJob, qtbot: QtBot) -> None:
    heard = Heard(job)

    def work(progress: Progress) -> None:
        for step in range(10_000):
            progress.report(step / 10_000, "on")

    with qtbot.waitSignal(job.ended):
        job.start("many", work)
    assert 1 <= heard.kinds().count("progressed") < 200


def test_an_error_the_user_can_mend_is_handed_over(job: LatestJob, qtbot: QtBot) -> None:
    heard = Heard(job)

    def work(progress: Progress) -> None:
        raise InputError("tumour.nii.gz is empty")

    with qtbot.waitSignal(job.ended):
        job.start("loading", work)
    assert heard.said[1:] == [("failed", "tumour.nii.gz is empty"), ("ended",)]


def test_a_bug_reaches_the_excepthook_and_ends_the_job(
    job: LatestJob, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard, caught = Heard(job), []
    monkeypatch.setattr(threading, "excepthook", lambda args: caught.append(args.exc_type))

    def work(progress: Progress) -> None:
        raise ZeroDivisionError

    with qtbot.waitSignal(job.ended):
        job.start("faulty", work)
    job.shut_down(5.0)
    assert caught == [ZeroDivisionError]
    assert heard.kinds() == ["started", "ended"]


def test_a_receiver_may_start_the_next_job(job: LatestJob, qtbot: QtBot) -> None:
    heard = Heard(job)
    job.finished.connect(lambda value: job.start("second", lambda _: 2) if value == 1 else None)
    with qtbot.waitSignal(job.ended):
        job.start("first", lambda _: 1)
    assert [what for what in heard.said if what[0] == "finished"] == [
        ("finished", 1),
        ("finished", 2),
    ]
    assert heard.kinds().count("ended") == 1
