"""Reads what the user points at, also before the window that will show it stands; shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

from app import catalogue
from app.memory import large_blocks_kept
from planning.progress import Progress
from planning.records.case_origin import CASE_FILE_NAME

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary
    from planning.records.case_file import LoadedCase

Load = Callable[[Path, str, Progress], object]

_ASKED_EVERY_S = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChoice:
    """A folder that holds several series, so that somebody has to choose."""

    folder: Path
    found: tuple[SeriesSummary, ...]


def load_or_list(path: Path, series_uid: str, progress: Progress) -> LoadedCase | SeriesChoice:
    """Return the case at a path, or its series if there are several and none was chosen."""
    if path.is_dir() and not (path / CASE_FILE_NAME).exists() and not series_uid:
        from planning.imaging.dicom_series import list_series

        found = list_series(path, progress.part(0.0, 0.3))
        if len(found) > 1:
            return SeriesChoice(folder=path, found=found)
    from planning.records.case_file import load_case

    with large_blocks_kept():
        return load_case(
            path,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            series_uid=series_uid,
            progress=progress.part(0.3, 1.0),
        )


def load_readers() -> None:
    """Load what reads cases, so that the first one opens sooner."""
    import planning.imaging.dicom_series
    import planning.records.case_file  # noqa: F401 (the loading is what is wanted)


class ReadAhead:
    """A case that is read while its window is still being made.

    Reading is mostly decompression and copying, during which Python's lock is free for the other
    thread.
    """

    def __init__(self, path: Path, load: Load = load_or_list) -> None:
        self._path = path
        self._load = load
        self._stop = Event()
        self._told = (0.0, "")
        progress = Progress(self._hear, self._stop.is_set)
        beside = ThreadPoolExecutor(1)
        self._read: Future[object] | None = beside.submit(load, path, "", progress)
        beside.shutdown(wait=False)

    def load(self, path: Path, series_uid: str, progress: Progress) -> object:
        """Return what was read ahead, once; whatever else is asked for is read now.

        Raises
        ------
        TrephineError
            As reading does.
        Cancelled
            If the result is no longer wanted; reading ahead is then given up.
        """
        read, self._read = self._read, None
        if read is None:
            return self._load(path, series_uid, progress)
        if path != self._path or series_uid:
            self._stop.set()
            return self._load(path, series_uid, progress)
        try:
            while not read.done():
                progress.report(*self._told)
                wait((read,), _ASKED_EVERY_S)
            return read.result()
        finally:
            self._stop.set()

    def _hear(self, fraction: float, text: str) -> None:
        self._told = (fraction, text)
