"""The `trephine registry` commands: reads arguments, opens no registry."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from app.cli_options import AsJson, Force
from app.registry_options import (
    BiopsyDate,
    CaseId,
    CheckScans,
    Complications,
    Department,
    Dose,
    Institution,
    Lesion,
    Minutes,
    Operator,
    Passes,
    Rebiopsy,
    Redirections,
    SideOption,
    SiteOption,
    StageOption,
    Where,
    YesNo,
)

# What a registry needs takes long to import, so it is imported inside the commands.

registry = typer.Typer(
    name="registry", help="Keep the department's biopsies.", no_args_is_help=True
)


@registry.command("add")
def add(
    review: Annotated[
        Path, typer.Argument(metavar="REVIEW", help="A review.json, or the folder it is in.")
    ],
    plan: Annotated[
        Path | None, typer.Option("--plan", help="The plan.json; default: beside the review.")
    ] = None,
    approval: Annotated[
        Path | None, typer.Option("--approval", help="Default: approval.json beside the plan.")
    ] = None,
    case: Annotated[
        Path | None, typer.Option("--case", help="A case.toml that names site and lesion.")
    ] = None,
    to: Annotated[str, typer.Option("--to", help="Id of a stored case; default: a new one.")] = "",
    stage: Annotated[
        StageOption | None, typer.Option("--stage", help="Before or after a correction.")
    ] = None,
    biopsy_date: BiopsyDate = None,
    site: SiteOption = "",
    side: SideOption = None,
    lesion: Lesion = "",
    operator: Operator = "",
    institution: Institution = "",
    department: Department = "",
    check_scans: CheckScans = None,
    redirections: Redirections = None,
    passes: Passes = None,
    minutes: Minutes = None,
    dlp: Dose = None,
    complication: Complications = None,
    pseudonym: Annotated[
        str, typer.Option("--pseudonym", help="Of a patient who is stored already.")
    ] = "",
    patient_id: Annotated[
        str, typer.Option("--patient-id", help="Kept apart; finds the patient again.")
    ] = "",
    patient_name: Annotated[str, typer.Option("--patient-name", help="Kept apart.")] = "",
    birth_date: Annotated[
        datetime | None, typer.Option("--birth-date", formats=["%Y-%m-%d"], help="Kept apart.")
    ] = None,
    sex: Annotated[str, typer.Option("--sex", help="F, M or O. Kept apart.")] = "",
    where: Where = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Store a review with its plan and approval, under a pseudonym."""
    from app.registry_commands import run_add
    from app.registry_orders import AddOrder, case_facts, procedure_facts
    from planning.records.registry.values import Identity

    run_add(
        AddOrder(
            where=where,
            review=review,
            plan=plan,
            approval=approval,
            case=case,
            to=to,
            stage=stage.value if stage else "",
            facts=case_facts(biopsy_date, site, side, lesion, operator, institution, department),
            procedure=procedure_facts(
                check_scans, redirections, passes, minutes, dlp, complication
            ),
            pseudonym=pseudonym,
            identity=Identity(
                patient_id=patient_id,
                patient_name=patient_name,
                birth_date=birth_date.date() if birth_date else None,
                sex=sex,
            ),
            as_json=as_json,
        )
    )


@registry.command("set")
def set_facts(
    case: CaseId,
    biopsy_date: BiopsyDate = None,
    site: SiteOption = "",
    side: SideOption = None,
    lesion: Lesion = "",
    operator: Operator = "",
    institution: Institution = "",
    department: Department = "",
    check_scans: CheckScans = None,
    redirections: Redirections = None,
    passes: Passes = None,
    minutes: Minutes = None,
    dlp: Dose = None,
    complication: Complications = None,
    where: Where = "",
) -> None:
    """Say more about a stored case; what is not given stays as it was."""
    from app.registry_commands import run_set
    from app.registry_orders import case_facts, procedure_facts

    run_set(
        where,
        case,
        case_facts(biopsy_date, site, side, lesion, operator, institution, department),
        procedure_facts(check_scans, redirections, passes, minutes, dlp, complication),
    )


@registry.command("pathology")
def pathology(
    case: CaseId,
    core: Annotated[str, typer.Argument(metavar="CORE", help="Id of the planned core.")],
    adequate: Annotated[
        YesNo | None, typer.Option("--adequate", help="Enough for a diagnosis.")
    ] = None,
    viable: Annotated[
        float | None, typer.Option("--viable", min=0, max=1, help="Fraction of the specimen.")
    ] = None,
    necrotic: Annotated[
        float | None, typer.Option("--necrotic", min=0, max=1, help="Fraction of the specimen.")
    ] = None,
    code: Annotated[str, typer.Option("--code", help="The diagnosis as a code.")] = "",
    code_system: Annotated[
        str, typer.Option("--code-system", help="ICD-O-3, ICD-10, ICD-11, SNOMED-CT, OncoTree.")
    ] = "",
    concordant: Annotated[
        YesNo | None, typer.Option("--concordant", help="In keeping with imaging.")
    ] = None,
    rebiopsy: Annotated[
        Rebiopsy | None, typer.Option("--rebiopsy", help="What becomes of a discordant core.")
    ] = None,
    reported_on: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Of the report.")
    ] = None,
    plan: Annotated[
        str, typer.Option("--plan", help="Beginning of the plan's SHA-256, of several plans.")
    ] = "",
    where: Where = "",
) -> None:
    """Store what pathology says of a core; what is not given stays as it was."""
    from app.registry_commands import run_pathology
    from planning.records.registry.values import PathologyResult

    result = PathologyResult(
        reported_on=reported_on.date() if reported_on else None,
        adequate=None if adequate is None else adequate is YesNo.YES,
        viable_fraction=viable,
        necrotic_fraction=necrotic,
        diagnosis_code=code,
        code_system=code_system,
        concordant=None if concordant is None else concordant is YesNo.YES,
        rebiopsy=rebiopsy.value if rebiopsy else "",
    )
    run_pathology(where, case, core, result, plan)


@registry.command("list")
def list_all(where: Where = "", *, as_json: AsJson = False) -> None:
    """List the stored cases, newest first."""
    from app.registry_commands import run_list

    run_list(where, as_json=as_json)


@registry.command("show")
def show(case: CaseId, where: Where = "") -> None:
    """Print everything that is stored of a case, as JSON."""
    from app.registry_commands import run_show

    run_show(where, case)


@registry.command("export")
def export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the tables are written.")],
    where: Where = "",
    *,
    identities: Annotated[
        bool, typer.Option("--identities", help="Write who the pseudonyms stand for as well.")
    ] = False,
    force: Force = False,
) -> None:
    """Write all tables as CSV, with a data dictionary."""
    from app.registry_commands import run_export

    run_export(where, folder, identities=identities, force=force)


@registry.command("import")
def import_all(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the tables are.")],
    where: Where = "",
    *,
    replace: Annotated[
        bool, typer.Option("--replace", help="Rows that are there take the new values.")
    ] = False,
) -> None:
    """Store tables of CSV as the export writes them: every row, or none."""
    from app.registry_commands import run_import

    run_import(where, folder, replace=replace)


@registry.command("delete")
def delete(
    pseudonym: Annotated[str, typer.Argument(metavar="PSEUDONYM", help="Of the patient.")],
    where: Where = "",
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Delete a patient with identity and cases, so that nothing is left in the files."""
    from app.registry_commands import run_delete

    if not yes:
        typer.confirm(f"Delete {pseudonym} and all its cases for good?", abort=True)
    run_delete(where, pseudonym)


@registry.command("backup")
def backup(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="Where the copy goes.")],
    where: Where = "",
) -> None:
    """Copy the registry's files, also while others use it."""
    from app.registry_commands import run_backup

    run_backup(where, folder)


@registry.command("upgrade")
def upgrade(where: Where = "") -> None:
    """Make the tables on a department's server, or bring them up to date."""
    from app.registry_commands import run_upgrade

    run_upgrade(where)
