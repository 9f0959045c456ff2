"""Options and arguments of the registry's commands, and the words they take; runs nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import typer


class Side(StrEnum):
    """Side of the patient."""

    LEFT = "left"
    RIGHT = "right"
    MIDLINE = "midline"


class StageOption(StrEnum):
    """Whether the needle had been checked and corrected before the control CT."""

    FIRST_PASS = "first-pass"
    CORRECTED = "corrected"


class YesNo(StrEnum):
    """An answer."""

    YES = "yes"
    NO = "no"


class Rebiopsy(StrEnum):
    """What becomes of a core that is not in keeping with imaging."""

    SUGGESTED = "suggested"
    PLANNED = "planned"
    DONE = "done"
    DECLINED = "declined"


Where = Annotated[
    str,
    typer.Option(
        "--registry",
        metavar="FILE|URL",
        envvar="TREPHINE_REGISTRY",
        help="A file, or postgresql://USER@HOST/DATABASE (password: PGPASSWORD); "
        "default: a file among your data.",
    ),
]
CaseId = Annotated[str, typer.Argument(metavar="CASE", help="Id of a stored case.")]

BiopsyDate = Annotated[
    datetime | None,
    typer.Option(
        "--date", formats=["%Y-%m-%d"], help="Of the biopsy; default: that of the control CT."
    ),
]
SiteOption = Annotated[str, typer.Option("--site", help="Body site, a key of sites.toml.")]
SideOption = Annotated[Side | None, typer.Option("--side", help="Side of the patient.")]
Lesion = Annotated[str, typer.Option("--lesion", help="Which lesion, without a person's name.")]
Operator = Annotated[str, typer.Option("--operator", help="Who guided the needle.")]
Institution = Annotated[str, typer.Option("--institution", help="Where it was done.")]
Department = Annotated[str, typer.Option("--department", help="Which department did it.")]
CheckScans = Annotated[int | None, typer.Option("--check-scans", min=0, help="Check scans made.")]
Redirections = Annotated[
    int | None, typer.Option("--redirections", min=0, help="Times the needle was aimed anew.")
]
Passes = Annotated[
    int | None, typer.Option("--passes", min=0, help="Times the needle was brought down.")
]
Minutes = Annotated[float | None, typer.Option("--minutes", min=0, help="First to last scan.")]
Dose = Annotated[
    float | None, typer.Option("--dlp", min=0, help="Dose-length product of it all, mGy cm.")
]
Complications = Annotated[
    list[str] | None,
    typer.Option(
        "--complication",
        metavar="KIND:GRADE|none",
        help="One that happened with its CIRSE grade, as haematoma:2 (or haematoma:2:CTCAE); "
        "or none.",
    ),
]
