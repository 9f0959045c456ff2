"""The `trephine send` command: reads arguments, leaves the sending to others."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.navigation_cli import IGTL_PORT, Cores, PlanFile, Protocol, ProtocolChoice

# Whatever takes long to import is imported inside the commands: --help and --version are quick.

_TO_AN_ARCHIVE = "sr,seg,rtstruct,captures,report"


def send(
    plan: PlanFile,
    igtl: Annotated[
        str, typer.Option("--igtl", metavar="HOST:PORT", help="An OpenIGTLink server.")
    ] = "",
    pacs: Annotated[
        str,
        typer.Option(
            "--pacs",
            metavar="AET@HOST:PORT",
            help="An image archive; one of the settings is spoken to as it says there (TLS).",
        ),
    ] = "",
    cores: Cores = None,
    protocol: Protocol = ProtocolChoice.THREE,
    to: Annotated[
        str, typer.Option("--to", help="What an archive gets: DICOM formats of export, by commas.")
    ] = _TO_AN_ARCHIVE,
    case: Annotated[
        Path | None,
        typer.Option("--case", metavar="CASE", help="The plan's case, as for export."),
    ] = None,
    *,
    deidentify: Annotated[
        bool, typer.Option("--deidentify", help="To an archive: leave out who the patient is.")
    ] = False,
) -> None:
    """Send a plan to an OpenIGTLink server, or its DICOM objects to an image archive."""
    if bool(igtl) == bool(pacs):
        raise typer.BadParameter(
            "give either --igtl HOST:PORT or --pacs AET@HOST:PORT", param_hint="send"
        )
    chosen = tuple(cores or ())
    if pacs:
        from app.sending_commands import StoreOrder, run_store

        names = tuple(part.strip().lower() for part in to.split(",") if part.strip())
        run_store(
            StoreOrder(
                plan=plan,
                address=pacs,
                formats=names,
                case=case,
                chosen=chosen,
                deidentify=deidentify,
            )
        )
        return
    host, _, port = igtl.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        problem = f'"{igtl}" is no address; give host and port, for example localhost:{IGTL_PORT}'
        raise typer.BadParameter(problem, param_hint="--igtl")
    from app.navigation_commands import NavigationOrder, run_send

    run_send(
        NavigationOrder(plan=plan, host=host, port=int(port), cores=chosen, protocol=protocol.value)
    )
