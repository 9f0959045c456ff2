"""Options and arguments that several commands share, and how their words are read; runs nothing."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Annotated

import typer

from planning.geometry import Vec3
from planning.model.case import Guidance

CasePath = Annotated[
    Path,
    typer.Argument(metavar="CASE", help="Folder with case.toml, that file, or a DICOM folder."),
]
OutDir = Annotated[Path, typer.Option("-o", "--out", metavar="DIR", help="Where the results go.")]
ProtocolKey = Annotated[str, typer.Option("--protocol", help="Key of the planning protocol.")]
NeedleKey = Annotated[str, typer.Option("--needle", help="Key of the needle.")]
GuidanceOption = Annotated[Guidance | None, typer.Option("--guidance", help="How it is guided.")]
ErrorModelChoice = Annotated[
    str,
    typer.Option(
        "--error-model",
        metavar="FILE|own|preset",
        help="Placement errors fitted to own cases, or the preset of the guidance; default: what "
        "the case wants.",
    ),
]
Force = Annotated[bool, typer.Option("--force", help="Replace results that are there.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]


def point(text: str, option: str) -> Vec3:
    """Return a point from ``x,y,z``.

    Raises
    ------
    typer.BadParameter
        Names the option.
    """
    parts = text.split(",")
    try:
        x, y, z = (float(part) for part in parts)
        if not all(math.isfinite(value) for value in (x, y, z)):
            raise ValueError
    except ValueError:
        problem = f'"{text}" is not a point; give three numbers, for example 12.5,-80,143'
        raise typer.BadParameter(problem, param_hint=option) from None
    return (x, y, z)
