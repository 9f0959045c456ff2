"""Reads what the user points at, also before the window that will show it stands; shows nothing."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
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
_DIRECTORY_NAME = "DICOMDIR"  # lists what lies beside it


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesChoice:
    """A folder from which somebody has to choose a series, or see why there is none to choose.

    Parameters
    ----------
    notes : tuple of str
        Which files were passed over.
    pointed : str
        Key of the series that the user pointed at one file of; empty for none.
    """

    folder: Path
    found: tuple[SeriesSummary, ...]
    notes: tuple[str, ...] = ()
    pointed: str = ""


def load_or_list(path: Path, series_uid: str, progress: Progress) -> LoadedCase | SeriesChoice:
    """Return the case at a path, or its series where somebody has to choose.

    That is where there are several and none was chosen, and where the only one is no CT that can
    be opened: then what is wrong with it stands beside its picture. One slice stands for the
    folder it lies in.
    """
    if path.name.upper() == _DIRECTORY_NAME and path.is_file():
        path = path.parent
    if not series_uid and _may_hold_series(path):
        from planning.imaging.dicom_series import list_folder

        choice = SeriesChoice(folder=path, found=())
        choice = _with_series(choice, list_folder(path, progress.part(0.0, 0.3)))
        if path.is_file() and _is_one_slice(choice):
            folder, told = path.parent, list_folder(path.parent, progress.part(0.2, 0.3))
            choice = _with_series(SeriesChoice(folder=folder, found=()), told)
            pointed = next((s.key for s in choice.found if path in s.paths), "")
            choice = replace(choice, pointed=pointed)
        is_clear = len(choice.found) == 1 and _opens(choice.found[0])
        if choice.found and not is_clear:
            return choice
        path = choice.folder
    from planning.records.case_file import load_case

    with large_blocks_kept():
        return load_case(
            path,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            series_uid=series_uid,
            progress=progress.part(0.3, 1.0),
        )


def list_choice(path: Path, progress: Progress) -> SeriesChoice:
    """Return the series of a folder, however many there are."""
    from planning.imaging.dicom_series import list_folder

    return _with_series(SeriesChoice(folder=path, found=()), list_folder(path, progress))


def _with_series(
    choice: SeriesChoice, told: tuple[tuple[SeriesSummary, ...], tuple[str, ...]]
) -> SeriesChoice:
    return replace(choice, found=told[0], notes=told[1])


def _may_hold_series(path: Path) -> bool:
    if path.is_dir():
        return not (path / CASE_FILE_NAME).exists()
    from planning.imaging.volume_files import is_volume_file

    return path.is_file() and path.suffix.lower() != ".toml" and not is_volume_file(path)


def _is_one_slice(choice: SeriesChoice) -> bool:
    return len(choice.found) == 1 and choice.found[0].size_ijk[2] == 1


def _opens(summary: SeriesSummary) -> bool:
    return not summary.problem and summary.series.modality == "CT"


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
