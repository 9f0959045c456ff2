"""The `trephine cohort` command: reads arguments; sums nothing up itself."""

from __future__ import annotations

import gc
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import AsJson, Force
from app.registry_options import Where

# Whatever takes long to import is imported inside the command.


class GroupBy(StrEnum):
    """By what a cohort is divided."""

    GUIDANCE = "guidance"
    OPERATOR = "operator"
    SITE = "site"
    NEEDLE = "needle"
    DEPTH = "depth"
    ANGLE = "angle"


def cohort(
    rows: Annotated[
        Path | None,
        typer.Option("--rows", metavar="CSV", help="Read a table instead of the registry."),
    ] = None,
    registry: Where = "",
    by: Annotated[GroupBy | None, typer.Option("--by", help="Divide the cases by this.")] = None,
    guidance: Annotated[str, typer.Option("--guidance", help="Only these cases.")] = "",
    operator: Annotated[str, typer.Option("--operator", help="Only these cases.")] = "",
    site: Annotated[str, typer.Option("--site", help="Only these cases.")] = "",
    needle: Annotated[str, typer.Option("--needle", help="Only these cases.")] = "",
    csv: Annotated[
        Path | None, typer.Option("--csv", metavar="FILE", help="Write the statistics there.")
    ] = None,
    plot: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE|DIR", help="One chart as SVG or PNG, or all."),
    ] = None,
    chart: Annotated[str, typer.Option("--chart", help="Which chart goes into a file.")] = "",
    error_model: Annotated[
        str,
        typer.Option(
            "--error-model",
            metavar="FILE|own",
            help="Fit the placement errors and write them there, for trephine plan.",
        ),
    ] = "",
    *,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Say how far needles land from their plan, whether that drifts, and learn from it."""
    gc.disable()  # a process of two seconds: collecting would cost it a tenth of them
    from app.cohort_commands import CohortOrder, run_cohort
    from planning.cohort.grouping import Grouping, Selection

    run_cohort(
        CohortOrder(
            rows=rows,
            registry=registry,
            by=None if by is None else Grouping(by.value),
            selection=Selection(guidance=guidance, operator=operator, site=site, needle=needle),
            csv=csv,
            plot=plot,
            chart=chart,
            error_model=error_model,
            force=force,
            as_json=as_json,
        )
    )
