"""The hidden commands with which an installation is made and looked at; does none of their work."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import CasePath


def compile_kernels() -> None:
    """Compile every kernel, or load it where it is kept: what building a program ends with."""
    from app.warming import compile_everything

    compile_everything()


def picture(
    case: CasePath,
    png: Annotated[Path, typer.Argument(metavar="PNG", help="Where the picture is written.")],
) -> None:
    """Plan a case in the window, write a picture of it, and close: a look at an installation."""
    from app.picture import plan_in_the_window

    raise typer.Exit(0 if plan_in_the_window(case, png) else 1)


def tour(
    case: CasePath,
    control: Annotated[Path, typer.Argument(metavar="CT", help="One that shows the needle.")],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the pictures go.")],
) -> None:
    """Plan, hand over and review a case in the window, with pictures: a look at an installation."""
    from app.tour import TourError, look_around

    try:
        typer.echo(f"{look_around(case, control, folder)} pictures in {folder}")
    except TourError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from None
