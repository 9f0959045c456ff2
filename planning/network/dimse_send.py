"""Stores files in a DIMSE server (C-STORE); says of each whether it was taken, changes none."""

from __future__ import annotations

import time
from collections.abc import Sequence

from pydicom import dcmread

from planning.imaging.dicom_values import UNREADABLE, odd_files_tolerated
from planning.network.association import associated, ended_early
from planning.network.contexts import offered_for_sending
from planning.network.faults import NetworkError, status_words
from planning.network.outgoing import Outgoing, not_all_sent
from planning.network.servers import PacsServer
from planning.progress import Progress

_WARNINGS = range(0xB000, 0xC000)
_NO_CONTEXT = "it does not take this kind of object"


def send_files(server: PacsServer, files: Sequence[Outgoing], progress: Progress) -> int:
    """Store files; return how many were stored.

    Raises
    ------
    NetworkError
        If the server cannot be reached, or did not take every file; the message says how many it
        took.
    Cancelled
        If the user gave it up; what was stored by then is stored.
    """
    contexts = offered_for_sending((file.sop_class_uid, file.transfer_syntax) for file in files)
    refused: list[str] = []
    done = 0
    with associated(server, contexts) as association:
        for number, file in enumerate(files):
            progress.report(number / len(files), f"Sending file {number + 1} of {len(files)}")
            asked_s = time.monotonic()
            try:
                with odd_files_tolerated():
                    answer = association.send_c_store(dcmread(file.path))
            except (ValueError, *UNREADABLE) as error:
                if not association.is_established:
                    raise ended_early(server, 0.0) from error
                refused.append(_NO_CONTEXT)
                continue
            except RuntimeError as error:  # the association has ended meanwhile
                raise _dropped(server, 0.0, done, len(files)) from error
            if "Status" not in answer:
                raise _dropped(server, time.monotonic() - asked_s, done, len(files))
            if answer.Status and answer.Status not in _WARNINGS:
                refused.append(status_words(answer.Status))
            else:
                done += 1
    if refused:
        raise not_all_sent(server, done, len(files), refused[0])
    return done


def _dropped(server: PacsServer, silent_s: float, done: int, wanted: int) -> NetworkError:
    why = ended_early(server, silent_s)
    return NetworkError(f"{why} {done} of {wanted} files were stored.")
