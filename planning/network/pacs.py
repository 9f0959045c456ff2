"""Everything an archive is asked for, whichever way it is spoken to; shows nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from planning.network.arrival import safe_name
from planning.network.matches import Query, SeriesMatch, Studies
from planning.network.outgoing import dicom_files
from planning.network.servers import PacsServer, Receiver, ServerKind, check_server
from planning.network.tls import check_files
from planning.progress import SILENT, Progress

# The libraries that speak to servers take a second to load: they are loaded when first needed.


def echo(server: PacsServer, progress: Progress = SILENT) -> None:
    """Ask a server to answer.

    Raises
    ------
    InputError
        If its settings or certificate files cannot be used.
    NetworkError
        If it does not answer; the message says why and what to do next.
    """
    _check(server)
    progress.report(0.0, f"Asking {server.name}")
    if server.kind is ServerKind.DICOMWEB:
        from planning.network import dicomweb

        dicomweb.echo(server)
        return
    from planning.network import dimse

    dimse.echo(server)


def find_studies(server: PacsServer, query: Query, progress: Progress = SILENT) -> Studies:
    """Return the studies that match, the newest first.

    A name of which nobody is found is looked for in capital letters too: some servers tell small
    letters from capitals (PS3.4 C.2.2.2.1 leaves it to them), and most names are stored in these.

    Raises
    ------
    InputError, NetworkError, Cancelled
        As `echo` does; or if a date of the query is none.
    """
    _check(server)
    found = _find_studies(server, query, progress)
    loud = replace(query, patient_name=query.patient_name.upper())
    return found if found.found or loud == query else _find_studies(server, loud, progress)


def find_series(
    server: PacsServer, study_uid: str, progress: Progress = SILENT
) -> tuple[SeriesMatch, ...]:
    """Return the series of a study, by their numbers.

    Raises
    ------
    InputError, NetworkError, Cancelled
        As `find_studies` does.
    """
    _check(server)
    if server.kind is ServerKind.DICOMWEB:
        from planning.network import dicomweb

        return dicomweb.find_series(server, study_uid, progress)
    from planning.network import dimse

    return dimse.find_series(server, study_uid, progress)


def retrieve_series(
    server: PacsServer,
    series: SeriesMatch,
    root: Path,
    receiver: Receiver | None = None,
    progress: Progress = SILENT,
) -> Path:
    """Fetch a series into a folder of its own below `root`; return that folder.

    The folder is there only if every image has arrived and is on the disk.

    Parameters
    ----------
    receiver : Receiver or None
        How this computer receives, for servers that call back (C-MOVE), and its limits.

    Raises
    ------
    InputError, NetworkError, Cancelled
        As `find_studies` does.
    """
    _check(server)
    folder, taken = root / safe_name(series.series_uid), receiver or Receiver()
    if server.kind is ServerKind.DICOMWEB:
        from planning.network import dicomweb

        return dicomweb.retrieve_series(server, series, folder, taken, progress)
    from planning.network import dimse_retrieve

    return dimse_retrieve.retrieve_series(server, series, folder, taken, progress)


def send_folder(server: PacsServer, folder: Path, progress: Progress = SILENT) -> int:
    """Store the DICOM files of a folder; return how many.

    Raises
    ------
    InputError, NetworkError, Cancelled
        As `find_studies` does; or if there are no DICOM files.
    """
    _check(server)
    files = dicom_files(folder)
    if server.kind is ServerKind.DICOMWEB:
        from planning.network import dicomweb

        return dicomweb.send_files(server, files, progress)
    from planning.network import dimse_send

    return dimse_send.send_files(server, files, progress)


def _find_studies(server: PacsServer, query: Query, progress: Progress) -> Studies:
    if server.kind is ServerKind.DICOMWEB:
        from planning.network import dicomweb

        return dicomweb.find_studies(server, query, progress)
    from planning.network import dimse

    return dimse.find_studies(server, query, progress)


def _check(server: PacsServer) -> None:
    check_server(server)
    check_files(server)
