"""A case that is read before its window stands arrives there once, or fails there in words."""

from __future__ import annotations

from pathlib import Path
from threading import Event

import pytest

from app.reading import ReadAhead
from planning.errors import InputError
from planning.progress import SILENT, Cancelled, Progress

CASE, OTHER = Path("case"), Path("other")
PATIENCE_S = 10.0


class Reader:
    """Reads nothing, but remembers what was asked for; waits to be let go if told so."""

    def __init__(self, *, waits: bool = False) -> None:
        self.asked: list[tuple[Path, str]] = []
        self.stopped = Event()
        self.go = Event()
        if not waits:
            self.go.set()

    def __call__(self, path: Path, series_uid: str, progress: Progress) -> object:
        self.asked.append((path, series_uid))
        if path == Path("broken"):
            raise InputError("the case is broken")
        progress.report(0.5, "half way")
        while not self.go.wait(0.01):
            try:
                progress.report(0.5, "half way")
            except Cancelled:
                self.stopped.set()
                raise
        return f"{path} {series_uid} {len(self.asked)}"


def test_what_was_read_ahead_is_handed_over_once() -> None:
    reader = Reader()
    ahead = ReadAhead(CASE, reader)
    assert ahead.load(CASE, "", SILENT) == "case  1"
    assert reader.asked == [(CASE, "")]
    assert ahead.load(CASE, "", SILENT) == "case  2"


@pytest.mark.parametrize("wanted", [(OTHER, ""), (CASE, "1.2.3")])
def test_what_else_is_asked_for_is_read_and_reading_ahead_stops(wanted: tuple[Path, str]) -> None:
    reader = Reader(waits=True)
    ahead = ReadAhead(CASE, reader)
    other = Reader()
    ahead._load = other
    path, series_uid = wanted
    assert ahead.load(path, series_uid, SILENT) == f"{path} {series_uid} 1"
    assert reader.stopped.wait(PATIENCE_S)


def test_a_problem_is_told_where_the_case_is_opened() -> None:
    ahead = ReadAhead(Path("broken"), Reader())
    with pytest.raises(InputError, match="the case is broken"):
        ahead.load(Path("broken"), "", SILENT)


def test_how_far_it_is_shows_and_giving_up_stops_it() -> None:
    reader = Reader(waits=True)
    ahead = ReadAhead(CASE, reader)
    heard: list[tuple[float, str]] = []
    progress = Progress(lambda *told: heard.append(told), lambda: (0.5, "half way") in heard)
    with pytest.raises(Cancelled):
        ahead.load(CASE, "", progress)
    assert reader.stopped.wait(PATIENCE_S)
