"""Fetches a series from a DIMSE server, by C-GET or C-MOVE, whole or not at all; looks for none."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydicom.dataset import Dataset
from pynetdicom import build_context, evt

from planning.network.arrival import forget_unfinished
from planning.network.association import MESSAGE_ID, CancelWatch, associated, ended_early
from planning.network.contexts import GET, MOVE, PLAIN, offered_for_retrieval, roles_for_retrieval
from planning.network.dimse import find_images
from planning.network.faults import bad_status, incomplete, no_such_series
from planning.network.matches import SeriesMatch
from planning.network.receiving import Incoming, encoded_parts, listening
from planning.network.servers import PacsServer, Receiver, Retrieval
from planning.network.taking import Taking
from planning.progress import Cancelled, Progress

_PENDING, _PARTLY, _CANCELLED = 0xFF00, 0xB000, 0xFE00
_FINDING = 0.02  # of the whole, for the list of images


def retrieve_series(
    server: PacsServer, series: SeriesMatch, folder: Path, receiver: Receiver, progress: Progress
) -> Path:
    """Fetch a series into a folder, which exists only once all of it has arrived; return that.

    Raises
    ------
    NetworkError
        If anything goes wrong; nothing is kept then.
    Cancelled
        If the user gave it up; the server is told so, and nothing is kept.
    """
    forget_unfinished(folder.parent)
    wanted = find_images(server, series, progress.part(0.0, _FINDING))
    if not wanted:
        raise no_such_series(server)
    taking = Taking(server, folder, wanted, receiver, progress.part(_FINDING, 1.0))
    request = Dataset()
    request.QueryRetrieveLevel = "SERIES"
    request.StudyInstanceUID = series.study_uid
    request.SeriesInstanceUID = series.series_uid
    try:
        fetch = _get if server.retrieval is Retrieval.GET else _move
        fetch(server, request, taking, receiver, progress)
        return taking.keep()
    except BaseException:
        taking.discard()
        raise


def _get(
    server: PacsServer, request: Dataset, taking: Taking, _: Receiver, progress: Progress
) -> None:
    def store(event: Any) -> int:
        uid = str(event.request.AffectedSOPInstanceUID)
        return taking.take(uid, encoded_parts(event))

    contexts = [build_context(GET, list(PLAIN)), *offered_for_retrieval()]
    with (
        associated(
            server,
            contexts,
            extended=roles_for_retrieval(),
            handlers=[(evt.EVT_C_STORE, store)],
        ) as association,
        CancelWatch(association, progress.is_cancelled, GET) as watch,
    ):
        taking.failed = watch.stop
        answers = association.send_c_get(request, GET, msg_id=MESSAGE_ID)
        status = _last_status(answers, taking)
    _judge(server, status, taking, watch.was_cancelled or progress.is_cancelled())


def _move(
    server: PacsServer, request: Dataset, taking: Taking, receiver: Receiver, progress: Progress
) -> None:
    def store(incoming: Incoming) -> int:
        return taking.take(incoming.instance_uid, incoming.parts)

    with (
        listening(receiver, (server,), store),
        associated(server, [build_context(MOVE, list(PLAIN))]) as association,
        CancelWatch(association, progress.is_cancelled, MOVE) as watch,
    ):
        taking.failed = watch.stop
        answers = association.send_c_move(request, receiver.ae_title, MOVE, msg_id=MESSAGE_ID)
        status = _last_status(answers, taking)
    _judge(server, status, taking, watch.was_cancelled or progress.is_cancelled())


def _last_status(answers: Iterator[tuple[Dataset, Dataset | None]], taking: Taking) -> int:
    """Return the status that ended the request; -1 if none came."""
    last = -1
    for status, _ in answers:
        last = status.get("Status", -1)
        if last != _PENDING:
            break
        taking.heard_s = time.monotonic()
    return last


def _judge(server: PacsServer, status: int, taking: Taking, was_cancelled: bool) -> None:  # noqa: FBT001
    """Raise what a retrieval came to, unless it ended well."""
    if was_cancelled:
        raise Cancelled
    if fault := taking.fault():
        raise fault
    if status == -1:
        silent_s = time.monotonic() - taking.heard_s
        raise ended_early(server, silent_s, taking.done, taking.count)
    if status in (_PARTLY, _CANCELLED):
        raise incomplete(server, taking.done, taking.count)
    if status:
        raise bad_status(server, status)
