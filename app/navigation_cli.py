"""The `trephine serve` and `trephine send` commands: read arguments, leave the link to others."""

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
_PORT = 18944


def serve(
    plan: PlanFile,
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="0: any free one.")] = _PORT,
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


def send(
    plan: PlanFile,
    igtl: Annotated[
        str, typer.Option("--igtl", metavar="HOST:PORT", help="An OpenIGTLink server.")
    ],
    cores: Cores = None,
    protocol: Protocol = ProtocolChoice.THREE,
) -> None:
    """Send a plan to an OpenIGTLink server."""
    host, _, port = igtl.rpartition(":")
    if not host or not port.isdigit() or not 0 < int(port) < 65536:
        problem = f'"{igtl}" is no address; give host and port, for example localhost:{_PORT}'
        raise typer.BadParameter(problem, param_hint="--igtl")
    from app.navigation_commands import NavigationOrder, run_send

    run_send(
        NavigationOrder(
            plan=plan,
            host=host,
            port=int(port),
            cores=tuple(cores or ()),
            protocol=protocol.value,
        )
    )
