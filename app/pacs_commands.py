"""What `trephine pacs` does once its arguments are read; speaks to no server itself."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from rich.markup import escape

from app.paths import pacs_file
from app.terminal import console, plain_table, progress_bar
from planning.network import pacs
from planning.network.matches import Query, SeriesMatch
from planning.network.servers import PacsSettings, ServerKind
from planning.network.servers_file import read_pacs


def run_servers(*, as_json: bool) -> None:
    """List the servers of the settings."""
    settings = _settings()
    rows = [
        {
            "name": one.name,
            "kind": one.kind.value,
            "address": one.root_url
            if one.kind is ServerKind.DICOMWEB
            else f"{one.called_ae}@{one.host}:{one.port}",
            "tls": one.tls is not None or one.root_url.startswith("https:"),
        }
        for one in settings.servers
    ]
    _show(rows, as_json=as_json)
    if not rows and not as_json:
        console().print("No PACS server is configured yet. Add one in the window, under Servers.")


def run_echo(name: str) -> None:
    """Ask a server whether it is there."""
    with progress_bar() as progress:
        pacs.echo(_settings().server(name), progress)
    console().print(f"{escape(name)} answers.")


def run_find(name: str, query: Query, *, as_json: bool) -> None:
    """Find studies and list them."""
    with progress_bar() as progress:
        studies = pacs.find_studies(_settings().server(name), query, progress)
    rows = [
        asdict(one) | {"modalities": " ".join(one.modalities), "series_count": one.series_count}
        for one in studies.found
    ]
    _show(rows, as_json=as_json)
    if studies.is_cut:
        sys.stderr.write("There are more; ask for less.\n")
    if not rows and not as_json:
        console().print("No study matches.")


def run_find_series(name: str, study_uid: str, *, as_json: bool) -> None:
    """List the series of a study."""
    with progress_bar() as progress:
        found = pacs.find_series(_settings().server(name), study_uid, progress)
    _show([asdict(one) for one in found], as_json=as_json)
    if not found and not as_json:
        console().print("The study has no series, or there is no such study.")


def run_get(name: str, study_uid: str, series_uid: str, out: Path) -> None:
    """Fetch a series."""
    settings = _settings()
    wanted = SeriesMatch(study_uid=study_uid, series_uid=series_uid)
    with progress_bar() as progress:
        folder = pacs.retrieve_series(
            settings.server(name), wanted, out, settings.receiver, progress
        )
    count = sum(1 for _ in folder.iterdir())
    console().print(escape(f"{count} images in {folder}"), soft_wrap=True)


def run_send(name: str, folder: Path) -> None:
    """Store the DICOM files of a folder."""
    with progress_bar() as progress:
        count = pacs.send_folder(_settings().server(name), folder, progress)
    console().print(f"{count} files stored in {escape(name)}.")


def run_receive(out: Path) -> None:
    """Take series until the user stops it."""
    from threading import Event

    from planning.network.inbox import Inbox, Received
    from planning.network.receiving import listening

    settings, said = _settings(), console()

    def tell(one: Received) -> None:
        what = f"{one.image_count} images from {one.sender}"
        end = f"not kept: {one.problem}" if one.problem else f"in {one.folder}"
        said.print(escape(f"{what}, {end}"), soft_wrap=True)

    receiver = settings.receiver
    inbox = Inbox(out, receiver, tell)
    with listening(receiver, settings.servers, inbox.store, inbox.ended):
        place = f"{receiver.ae_title} on {receiver.listen_on}, port {receiver.port}"
        said.print(escape(f"Receiving as {place}. Ctrl+C ends it."))
        try:
            Event().wait()
        except KeyboardInterrupt:
            said.print("Ended.")


def _settings() -> PacsSettings:
    return read_pacs(pacs_file())


def _show(rows: Sequence[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(json.dumps(rows, indent=2, ensure_ascii=False) + "\n")
        return
    if not rows:
        return
    table = plain_table(*(key.replace("_", " ") for key in rows[0]))
    for row in rows:
        table.add_row(*(escape(str(value)) for value in row.values()))
    console().print(table)
