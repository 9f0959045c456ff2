"""The `trephine serve` command: reads arguments, leaves the link to others."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

# Whatever takes long to import is imported inside the commands: --help and --version are quick.


class ProtocolChoice(StrEnum):
    """The newest OpenIGTLink protocol the other programs understand."""

    THREE = "3"
    TWO = "2"


PlanFile = Annotated[Path, typer.Argument(metavar="PLAN", help="A plan.json, or its folder.")]
Protocol = Annotated[
    ProtocolChoice,
    typer.Option("--protocol", help="3 marks coordinates in metadata; 2 is for older programs."),
]
Cores = Annotated[
    list[str] | None,
    typer.Option(
        "--core",
        metavar="ID",
        help="A trajectory to hand over; default: what is approved, else the core set, else the "
        "first.",
    ),
]
IGTL_PORT = 18944


def serve(
    plan: PlanFile,
    port: Annotated[
        int, typer.Option("--port", min=0, max=65535, help="0: any free one.")
    ] = IGTL_PORT,
    host: Annotated[
        str,
        typer.Option("--host", help="Address to listen on; 0.0.0.0 for the whole network."),
    ] = "127.0.0.1",
    cores: Cores = None,
    protocol: Protocol = ProtocolChoice.THREE,
) -> None:
    """Hand a plan to every OpenIGTLink program that connects, until Ctrl+C."""
    from app.navigation_commands import NavigationOrder, run_serve

    run_serve(
        NavigationOrder(
            plan=plan, host=host, port=port, cores=tuple(cores or ()), protocol=protocol.value
        )
    )
