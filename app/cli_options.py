"""Options and arguments that several commands share, and how their words are read; runs nothing."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Annotated

import typer

from planning.geometry import Vec3
from planning.model.case import Guidance
from planning.model.execution import NeedleState

CasePath = Annotated[
    Path,
    typer.Argument(metavar="CASE", help="Folder with case.toml, that file, or a DICOM folder."),
]
MaybeCasePath = Annotated[
    Path | None,
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
MeantCores = Annotated[
    list[str] | None,
    typer.Option(
        "--core",
        metavar="ID",
        help="A trajectory that is meant; default: those approved, the cores of the set, or the "
        "first.",
    ),
]


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


def is_asked(*, as_json: bool) -> bool:
    """Tell whether somebody sits at the terminal who can be asked."""
    return sys.stdin.isatty() and sys.stderr.isatty() and not as_json


_ALSO_CALLED = {"unfired": "cocked"}


def needle_state_of(word: str) -> NeedleState:
    """Return the state of a needle that a word means.

    Raises
    ------
    typer.BadParameter
        If it means none.
    """
    name = _ALSO_CALLED.get(word.strip().lower(), word.strip().lower())
    if name not in [state.value for state in NeedleState]:
        known = ", ".join(state.value for state in NeedleState)
        problem = f'"{word}" is no state of a needle; give {known}'
        raise typer.BadParameter(problem, param_hint="--needle-state")
    return NeedleState(name)
