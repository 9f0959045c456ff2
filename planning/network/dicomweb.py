"""Asks a DICOMweb server, fetches from it and stores in it (QIDO-RS, WADO-RS, STOW-RS)."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from http import HTTPStatus
from io import BytesIO
from pathlib import Path
from typing import Any

import requests
from dicomweb_client.web import DICOMwebClient
from pydicom import dcmread
from pydicom.dataset import Dataset

from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated, text_of
from planning.limits import MOST_ANSWER_BYTES, MOST_OBJECT_BYTES
from planning.network.arrival import forget_unfinished
from planning.network.faults import (
    NetworkError,
    broken_off,
    no_such_series,
    status_words,
)
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
from planning.network.outgoing import Outgoing, not_all_sent
from planning.network.servers import PacsServer, Receiver
from planning.network.taking import NOT_WANTED, STORED, Taking
from planning.network.web_session import (
    AnswerTooLargeError,
    BoundedSession,
    HttpWatch,
    fault_of,
    http_words,
    is_timeout,
    no_dicomweb,
    web_client,
)
from planning.progress import Progress

Connection = tuple[DICOMwebClient, BoundedSession]

_AS_STORED = (("application/dicom", "*"),)
_UID = re.compile(r"[0-9.]{1,64}")
_FINDING = 0.02  # of the whole, for the list of images
_MOST_IMAGES = 200_000
_REFUSED = (HTTPStatus.CONFLICT, HTTPStatus.BAD_REQUEST, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


def echo(server: PacsServer) -> None:
    """Ask a server for one study, whichever: it is there if it answers.

    Raises
    ------
    NetworkError
        If it does not; the message says why.
    """
    with web_client(server) as (client, _):
        _answers(server, lambda: client.search_for_studies(limit=1))


def find_studies(server: PacsServer, query: Query, progress: Progress) -> Studies:
    """Return the studies that match (QIDO-RS), at most `MOST_STUDIES`.

    Raises
    ------
    InputError
        If a date is none.
    NetworkError
        If the server does not answer as it should.
    Cancelled
        If the user gave it up.
    """
    wanted = {
        # Orthanc (DICOMweb 1.7) finds nothing for an escaped caret; a star stands for one as well.
        "PatientName": query.name_pattern.replace("*^", "*"),
        "PatientID": query.patient_id.strip(),
        "StudyDate": query.date_range,
        "ModalitiesInStudy": query.modality,
    }
    filters = {key: value for key, value in wanted.items() if value}
    progress.report(0.0, f"Asking {server.name}")
    with web_client(server) as (client, session), HttpWatch(session, progress.is_cancelled):
        answers = _answers(
            server,
            lambda: client.search_for_studies(
                limit=MOST_STUDIES + 1, fields=list(STUDY_KEYS), search_filters=filters
            ),
        )
    with odd_files_tolerated():
        return matched_studies(answers, query, is_cut=len(answers) > MOST_STUDIES)


def find_series(server: PacsServer, study_uid: str, progress: Progress) -> tuple[SeriesMatch, ...]:
    """Return the series of a study (QIDO-RS).

    Raises
    ------
    NetworkError, Cancelled
        As `find_studies` does.
    """
    _check_uids(server, study_uid)
    progress.report(0.0, f"Asking {server.name}")
    with web_client(server) as (client, session), HttpWatch(session, progress.is_cancelled):
        answers = _answers(
            server, lambda: client.search_for_series(study_uid, fields=list(SERIES_KEYS))
        )
    with odd_files_tolerated():
        return matched_series(answers, study_uid)


def retrieve_series(
    server: PacsServer, series: SeriesMatch, folder: Path, receiver: Receiver, progress: Progress
) -> Path:
    """Fetch a series (WADO-RS) into a folder, which exists only once it is whole; return that.

    Raises
    ------
    NetworkError
        If anything goes wrong; nothing is kept then.
    Cancelled
        If the user gave it up; nothing is kept.
    """
    _check_uids(server, series.study_uid, series.series_uid)
    forget_unfinished(folder.parent)
    progress.report(0.0, f"Asking {server.name}")
    with (
        web_client(server) as (client, session),
        HttpWatch(session, progress.is_cancelled) as watch,
    ):
        wanted = _image_uids(server, (client, session), series)
        if not wanted:
            raise no_such_series(server)
        taking = Taking(server, folder, wanted, receiver, progress.part(_FINDING, 1.0))
        try:
            _fetch(server, (client, session), series, taking)
            if not watch.heard_the_end:
                raise taking.fault() or broken_off(server, taking.done, taking.count)
            return taking.keep()
        except BaseException:
            taking.discard()
            raise


def send_files(server: PacsServer, files: Sequence[Outgoing], progress: Progress) -> int:
    """Store files (STOW-RS), one at a time; return how many were stored.

    Raises
    ------
    NetworkError
        If the server cannot be reached, or did not take every file; the message says how many it
        took.
    Cancelled
        If the user gave it up; what was stored by then is stored.
    """
    refused: list[str] = []
    done = 0
    with web_client(server) as (client, _):
        for number, file in enumerate(files):
            progress.report(number / len(files), f"Sending file {number + 1} of {len(files)}")
            try:
                reason = _store(client, file)
            except requests.HTTPError as error:
                if error.response is None or error.response.status_code not in _REFUSED:
                    raise
                reason = http_words(error.response.status_code)
            except requests.RequestException as error:
                why = fault_of(server, error)
                said = f"{why} {done} of {len(files)} files were stored."
                raise NetworkError(said) from error
            if reason:
                refused.append(reason)
            else:
                done += 1
    if refused:
        raise not_all_sent(server, done, len(files), refused[0])
    return done


def _fetch(server: PacsServer, connection: Connection, series: SeriesMatch, taking: Taking) -> None:
    client, session = connection
    session.allow(MOST_OBJECT_BYTES)
    try:
        with odd_files_tolerated():
            for image in client.iter_series(
                series.study_uid, series.series_uid, media_types=_AS_STORED
            ):
                answer = taking.take(text_of(image, "SOPInstanceUID"), (_encoded(image),))
                taking.check_wish()
                session.allow(MOST_OBJECT_BYTES)
                if answer not in (STORED, NOT_WANTED):
                    break
    except AnswerTooLargeError:
        raise
    except requests.HTTPError as error:
        if error.response is not None and error.response.status_code == HTTPStatus.NOT_FOUND:
            raise no_such_series(server) from error
        raise
    except (requests.exceptions.ChunkedEncodingError, requests.ConnectionError) as error:
        if is_timeout(error):
            raise
        raise broken_off(server, taking.done, taking.count) from error
    except UNREADABLE as error:  # what was cut off within an image is no image
        raise broken_off(server, taking.done, taking.count) from error


def _encoded(image: Dataset) -> bytes:
    file = BytesIO()
    image.save_as(file, enforce_file_format=True)
    return file.getvalue()


def _image_uids(server: PacsServer, connection: Connection, series: SeriesMatch) -> frozenset[str]:
    """Return the SOP Instance UIDs of a series, page by page where the server cuts its answers."""
    found: set[str] = set()
    while len(found) < _MOST_IMAGES:
        new = _image_page(server, connection, series, len(found)) - found
        found |= new
        if not new or len(found) == series.image_count:  # all, or a server without pages
            break
    return frozenset(found)


def _image_page(
    server: PacsServer, connection: Connection, series: SeriesMatch, offset: int
) -> set[str]:
    client, session = connection
    session.allow(MOST_ANSWER_BYTES)
    study_uid, series_uid, fields = series.study_uid, series.series_uid, ["SOPInstanceUID"]
    page = _answers(
        server,
        lambda: client.search_for_instances(study_uid, series_uid, fields=fields, offset=offset),
    )
    return {text_of(answer, "SOPInstanceUID") for answer in page} - {""}


def _store(client: DICOMwebClient, file: Outgoing) -> str:
    """Store a file; return why the server did not take it, empty if it did."""
    try:
        with odd_files_tolerated():
            answer = client.store_instances([dcmread(file.path)])
    except requests.RequestException:
        raise
    except UNREADABLE:
        return "the file cannot be read"
    for failed in answer.get("FailedSOPSequence", None) or ():
        return status_words(int(failed.get("FailureReason", 0)))
    return ""


def _answers(server: PacsServer, ask: Callable[[], Any]) -> list[Dataset]:
    """Return the answers of a search as data sets; what is no such answer is an error in words."""
    try:
        with odd_files_tolerated():
            return [Dataset.from_json(one) for one in ask()]
    except requests.RequestException:
        raise
    except UNREADABLE as error:
        raise no_dicomweb(server) from error


def _check_uids(server: PacsServer, *uids: str) -> None:
    """Let nothing but identifiers into a web address."""
    if not all(_UID.fullmatch(uid) for uid in uids):
        raise no_such_series(server)
