"""The `trephine audit` commands: reads arguments, opens no registry."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli_options import AsJson
from app.registry_options import Where

# What a registry needs takes long to import, so it is imported inside the commands.

audit = typer.Typer(name="audit", help="Check the trail of who wrote what.", no_args_is_help=True)


@audit.command("verify")
def verify(
    where: Where = "",
    head: Annotated[
        str, typer.Option("--head", metavar="NUMBER:SHA256", help="A head written down before.")
    ] = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Check that nobody changed the trail, or a case behind it."""
    from app.registry_commands import run_verify

    raise typer.Exit(run_verify(where, head, as_json=as_json))


@audit.command("head")
def head_of(where: Where = "") -> None:
    """Print the head of the trail, to be written down somewhere else."""
    from app.registry_commands import run_head

    run_head(where)


@audit.command("accept")
def accept(
    reason: Annotated[str, typer.Option("--reason", help="Why, as: backup of May put back.")],
    where: Where = "",
) -> None:
    """Take the trail as it is, after a backup was put back, and enter the reason."""
    from app.registry_commands import run_accept

    run_accept(where, reason)
