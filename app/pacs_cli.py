"""The `trephine pacs` commands: read arguments; ask no server themselves."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import AsJson, OutDir

# Whatever takes long to import is imported inside the commands.

pacs = typer.Typer(
    name="pacs",
    help="Find, fetch and store images in the servers of the settings (Case > PACS, Servers).",
    no_args_is_help=True,
)

Server = Annotated[str, typer.Argument(metavar="SERVER", help="Its name in the settings.")]


@pacs.command()
def servers(*, as_json: AsJson = False) -> None:
    """List the servers of the settings, without their passwords."""
    from app.pacs_commands import run_servers

    run_servers(as_json=as_json)


@pacs.command()
def echo(server: Server) -> None:
    """Ask a server whether it is there."""
    from app.pacs_commands import run_echo

    run_echo(server)


@pacs.command()
def find(
    server: Server,
    name: Annotated[
        str, typer.Option("--name", help="Beginning of the patient's name, or with * and ?.")
    ] = "",
    patient_id: Annotated[str, typer.Option("--id", help="The patient's ID.")] = "",
    first: Annotated[
        str, typer.Option("--from", metavar="DATE", help="Not before: YYYY-MM-DD.")
    ] = "",
    last: Annotated[str, typer.Option("--to", metavar="DATE", help="Not after: YYYY-MM-DD.")] = "",
    modality: Annotated[str, typer.Option("--modality", help="Such as CT.")] = "",
    study: Annotated[
        str, typer.Option("--study", metavar="UID", help="List the series of this study instead.")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Find studies, or the series of one."""
    from app.pacs_commands import run_find, run_find_series
    from planning.network.matches import Query

    if study:
        run_find_series(server, study, as_json=as_json)
        return
    query = Query(
        patient_name=name, patient_id=patient_id, date_from=first, date_to=last, modality=modality
    )
    run_find(server, query, as_json=as_json)


@pacs.command()
def get(
    server: Server,
    study: Annotated[str, typer.Argument(metavar="STUDY", help="Study Instance UID.")],
    series: Annotated[str, typer.Argument(metavar="SERIES", help="Series Instance UID.")],
    out: OutDir,
) -> None:
    """Fetch a series, whole or not at all, into a folder of its own in DIR."""
    from app.pacs_commands import run_get

    run_get(server, study, series, out)


@pacs.command()
def send(
    server: Server,
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Of an export; only its DICOM files are sent.")
    ],
) -> None:
    """Store the DICOM files of a folder in a server."""
    from app.pacs_commands import run_send

    run_send(server, folder)


@pacs.command()
def receive(out: OutDir) -> None:
    """Take series that the servers send of their own accord into DIR, until Ctrl+C."""
    from app.pacs_commands import run_receive

    run_receive(out)
