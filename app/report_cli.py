"""The arguments of `trephine report`: reports of a plan for people, as PDF; writes none itself."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import Force, OutDir


class Kind(StrEnum):
    """Which report."""

    ROOM = "room"
    BOARD = "board"
    PATHOLOGY = "pathology"
    ALL = "all"


_FORMATS = {
    Kind.ROOM: ("report",),
    Kind.BOARD: ("board-report",),
    Kind.PATHOLOGY: ("pathology",),
    Kind.ALL: ("report", "board-report", "pathology"),
}


def report(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan.json, or its folder.")],
    out: OutDir,
    case: Annotated[
        Path | None,
        typer.Option(
            "--case",
            metavar="CASE",
            help="The case that the plan was made on; default: the one whose folder the plan "
            "stands in.",
        ),
    ] = None,
    kind: Annotated[
        Kind, typer.Option("--kind", help="For the CT room, the tumour board, the pathologist.")
    ] = Kind.ALL,
    core: Annotated[
        list[str] | None,
        typer.Option(
            "--core",
            metavar="ID",
            help="A trajectory that is meant; default: those approved, the cores of the set, or "
            "the first.",
        ),
    ] = None,
    language: Annotated[
        str, typer.Option("--language", metavar="CODE", help="Of the reports: en or de.")
    ] = "en",
    *,
    deidentify: Annotated[
        bool, typer.Option("--deidentify", help="Leave out who the patient is; new UIDs, no dates.")
    ] = False,
    force: Force = False,
) -> None:
    """Write the reports of a plan as PDF, and as DICOM documents for an archive."""
    from app.commands import ExportOrder, run_export
    from app.language import choose_language, languages
    from planning.handover.export_formats import formats_named

    if language not in languages():
        known = ", ".join(languages())
        raise typer.BadParameter(f"give one of {known}", param_hint="--language")
    choose_language(language)
    run_export(
        ExportOrder(
            plan=plan,
            out=out,
            formats=formats_named(_FORMATS[kind]),
            is_exact=True,
            case=case,
            chosen=tuple(core or ()),
            deidentify=deidentify,
            force=force,
        )
    )
