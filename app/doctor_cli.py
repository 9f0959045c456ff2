"""The `trephine doctor` command: reads arguments, looks at nothing itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import AsJson, Force


def doctor(
    support: Annotated[
        Path | None,
        typer.Option(
            "--support",
            metavar="FILE.zip",
            help="Save a support file as well, without any patient's data.",
        ),
    ] = None,
    *,
    no_network: Annotated[
        bool, typer.Option("--no-network", help="Ask no image archive and no registry's server.")
    ] = False,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Look at this computer, say what is wrong and what to do; exit code 1 if anything is."""
    from app.doctor_commands import run_doctor

    raise typer.Exit(run_doctor(support, network=not no_network, force=force, as_json=as_json))
