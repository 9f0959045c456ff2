"""Asks a DIMSE server what it has, and whether it is there; fetches and stores nothing."""

from __future__ import annotations

import time
from collections.abc import Callable

from pydicom.dataset import Dataset
from pynetdicom import build_context

from planning.imaging.dicom_values import odd_files_tolerated, text_of
from planning.network.association import MESSAGE_ID, CancelWatch, associated, ended_early
from planning.network.contexts import FIND, PLAIN, VERIFICATION
from planning.network.faults import bad_status
from planning.network.matches import (
    MOST_STUDIES,
    SERIES_KEYS,
    STUDY_KEYS,
    Query,
    SeriesMatch,
    Studies,
    matched_series,
    matched_studies,
)
from planning.network.servers import PacsServer
from planning.progress import Cancelled, Progress

_UTF8 = "ISO_IR 192"
_MOST_SERIES = 5_000
_MOST_IMAGES = 200_000
_CANCELLED = 0xFE00
_PENDING = (0xFF00, 0xFF01)


def echo(server: PacsServer) -> None:
    """Ask a server to answer (C-ECHO).

    Raises
    ------
    NetworkError
        If it does not; the message says why.
    """
    with associated(server, [build_context(VERIFICATION, list(PLAIN))]) as association:
        asked_s = time.monotonic()
        answer = association.send_c_echo()
        if "Status" not in answer:
            raise ended_early(server, time.monotonic() - asked_s)
        if answer.Status:
            raise bad_status(server, answer.Status)


def find_studies(server: PacsServer, query: Query, progress: Progress) -> Studies:
    """Return the studies that match (C-FIND, Study Root), at most `MOST_STUDIES`.

    Raises
    ------
    InputError
        If a date is none.
    NetworkError
        If the server does not answer as it should.
    Cancelled
        If the user gave it up; the server is told so.
    """
    wanted = _request("STUDY", STUDY_KEYS)
    wanted.PatientName = query.name_pattern
    wanted.PatientID = query.patient_id.replace("\\", "").strip()
    wanted.StudyDate = query.date_range
    wanted.ModalitiesInStudy = query.modality
    if not (query.name_pattern + query.patient_id).isascii():
        wanted.SpecificCharacterSet = _UTF8

    def say(count: int) -> str:
        return f"{count} studies found"

    answers, is_cut = _find(server, wanted, progress, say, MOST_STUDIES)
    with odd_files_tolerated():
        return matched_studies(answers, query, is_cut=is_cut)


def find_series(server: PacsServer, study_uid: str, progress: Progress) -> tuple[SeriesMatch, ...]:
    """Return the series of a study (C-FIND).

    Raises
    ------
    NetworkError, Cancelled
        As `find_studies` does.
    """
    wanted = _request("SERIES", SERIES_KEYS)
    wanted.StudyInstanceUID = study_uid
    answers, _ = _find(server, wanted, progress, lambda n: f"{n} series found", _MOST_SERIES)
    with odd_files_tolerated():
        return matched_series(answers, study_uid)


def find_images(server: PacsServer, series: SeriesMatch, progress: Progress) -> frozenset[str]:
    """Return the SOP Instance UIDs of a series (C-FIND).

    Raises
    ------
    NetworkError, Cancelled
        As `find_studies` does.
    """
    wanted = _request("IMAGE", ("SOPInstanceUID",))
    wanted.StudyInstanceUID = series.study_uid
    wanted.SeriesInstanceUID = series.series_uid
    answers, _ = _find(server, wanted, progress, lambda n: f"{n} images found", _MOST_IMAGES)
    with odd_files_tolerated():
        found = (text_of(answer, "SOPInstanceUID") for answer in answers)
        return frozenset(uid for uid in found if uid)


def _request(level: str, keys: tuple[str, ...]) -> Dataset:
    wanted = Dataset()
    wanted.QueryRetrieveLevel = level
    for key in keys:
        setattr(wanted, key, "")
    return wanted


def _find(
    server: PacsServer,
    wanted: Dataset,
    progress: Progress,
    say: Callable[[int], str],
    most: int,
) -> tuple[list[Dataset], bool]:
    """Return what matches, and whether there was more than `most`."""
    found: list[Dataset] = []
    is_cut, last_status, heard_s = False, -1, time.monotonic()
    progress.report(0.0, f"Asking {server.name}")
    with (
        associated(server, [build_context(FIND, list(PLAIN))]) as association,
        CancelWatch(association, progress.is_cancelled, FIND) as watch,
    ):
        answers = association.send_c_find(wanted, FIND, msg_id=MESSAGE_ID)
        for status, match in answers:
            last_status = status.get("Status", -1)
            if last_status not in _PENDING:
                break
            heard_s = time.monotonic()
            if match is not None and len(found) < most:
                found.append(match)
                if len(found) % 10 == 0 and not watch.was_cancelled:
                    progress.listener(progress.start, say(len(found)))
            elif match is not None and not is_cut:
                is_cut = True
                watch.stop()
    if watch.was_cancelled:
        raise Cancelled
    if is_cut:
        return found, True
    if last_status == -1:
        raise ended_early(server, time.monotonic() - heard_s)
    if last_status not in (0, _CANCELLED):
        raise bad_status(server, last_status)
    return found, False
