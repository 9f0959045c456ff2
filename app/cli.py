"""The `trephine` command: reads arguments, calls the core, prints; computes nothing itself."""

from __future__ import annotations

import gc
import sys
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.audit_cli import audit
from app.cli_options import (
    AsJson,
    CasePath,
    ErrorModelChoice,
    Force,
    GuidanceOption,
    MaybeCasePath,
    MeantCores,
    NeedleKey,
    OutDir,
    ProtocolKey,
    point,
)
from app.cohort_cli import cohort
from app.doctor_cli import doctor
from app.installation_cli import compile_kernels, picture, tour
from app.navigation_cli import serve
from app.pacs_cli import pacs
from app.registry_cli import registry
from app.report_cli import report
from app.review_cli import review
from app.sending_cli import send
from planning import __version__
from planning.clock import clock_problem
from planning.disk_words import refused
from planning.errors import TrephineError
from planning.plain_text import plain_lines

# Whatever takes long to import is imported inside the commands: --help and --version are quick.


cli = typer.Typer(
    name="trephine",
    help="Plans image-guided tumour biopsies. Research use only. Not a medical device.",
    add_completion=False,
    pretty_exceptions_enable=False,
)


cli.add_typer(registry)
cli.add_typer(audit)
cli.add_typer(pacs)


EXPORT_FORMATS = (
    "plan, slicer, csv, sr, seg, rtstruct, burned-ct, captures, pdf, report, board-report, "
    "pathology, stl, tag"
)
"""For the help, which loads no format; the tests hold it to the table."""


class EntryChoice(StrEnum):
    """How many entries the cores of a set may have."""

    ONE = "one"
    SEVERAL = "several"


def _print_version(wanted: bool) -> None:  # noqa: FBT001 (typer calls it so)
    if wanted:
        typer.echo(f"Trephine {__version__}")
        raise typer.Exit


@cli.callback(invoke_without_command=True)
def start(
    ctx: typer.Context,
    *,
    version: Annotated[  # noqa: ARG001 (acts through its callback)
        bool,
        typer.Option("--version", callback=_print_version, is_eager=True, help="Say the version."),
    ] = False,
) -> None:
    """Open the window, unless a command is given."""
    if ctx.invoked_subcommand not in (None, "open") and (problem := clock_problem(_now())):
        typer.echo(problem, err=True)  # the window says it itself
    if ctx.invoked_subcommand is None:
        _open(None)


@cli.command("open")
def open_case(case: MaybeCasePath = None) -> None:
    """Open the window, with a case if one is given."""
    _open(case)


@cli.command()
def demo(
    out: OutDir = Path("trephine-demo"),
    *,
    headless: Annotated[
        bool, typer.Option("--headless", help="Open no window; write everything to DIR.")
    ] = False,
    force: Force = False,
) -> None:
    """Make the sample case, plan it, and open it, or write everything to DIR."""
    from app.demo import open_demo, write_demo

    if headless:
        write_demo(out, force=force)
    else:
        raise typer.Exit(open_demo(out))


@cli.command()
def manual() -> None:
    """Say where the manual and the other papers are; the window shows them under Help."""
    from app.papers import papers, papers_dir

    for paper in papers():
        typer.echo(f"{paper.title}: {papers_dir() / paper.key}")


@cli.command()
def plan(
    case: CasePath,
    out: Annotated[
        Path | None, typer.Option("-o", "--out", metavar="DIR", help="Where the plan is written.")
    ] = None,
    protocol: ProtocolKey = "",
    needle: NeedleKey = "",
    guidance: GuidanceOption = None,
    error_model: ErrorModelChoice = "",
    cores: Annotated[
        int,
        typer.Option("--cores", min=0, max=8, help="Cores of a set; 0: as the protocol says."),
    ] = 0,
    entries: Annotated[
        EntryChoice | None,
        typer.Option("--entries", help="Entries of a set of cores; default: by the indication."),
    ] = None,
    must_sample: Annotated[
        list[str] | None,
        typer.Option("--must-sample", metavar="NAME", help="A habitat that has to be sampled."),
    ] = None,
    top: Annotated[int, typer.Option("--top", min=1, max=100, help="Most trajectories.")] = 12,
    *,
    force: Force = False,
    as_json: AsJson = False,
) -> None:
    """Rank safe trajectories for a case and write them to DIR."""
    gc.disable()  # a process of a few seconds: collecting would cost it a tenth of them
    from app.commands import PlanOrder, run_plan

    if out is None and not as_json:
        raise typer.BadParameter("say where the plan is written: -o DIR", param_hint="-o")
    run_plan(
        PlanOrder(
            case=case,
            out=out,
            protocol=protocol,
            needle=needle,
            guidance=guidance,
            error_model=error_model,
            cores=cores,
            one_entry=None if entries is None else entries is EntryChoice.ONE,
            must_sample=tuple(must_sample or ()),
            top=top,
            force=force,
            as_json=as_json,
        )
    )


@cli.command()
def measure(
    case: CasePath,
    entry: Annotated[
        str, typer.Option("--entry", metavar="X,Y,Z", help="On the skin, LPS mm.")
    ] = "",
    tip: Annotated[str, typer.Option("--tip", metavar="X,Y,Z", help="Deepest point, LPS mm.")] = "",
    read_from: Annotated[
        list[Path] | None,
        typer.Option(
            "--from",
            metavar="FILE",
            help="Trajectories of another program instead: .mrk.json of 3D Slicer, MNI .tag, .ros "
            "of ROSA; several times for several files.",
        ),
    ] = None,
    protocol: ProtocolKey = "",
    needle: NeedleKey = "",
    guidance: GuidanceOption = None,
    error_model: ErrorModelChoice = "",
    *,
    as_json: AsJson = False,
) -> None:
    """Give the same numbers for a path that somebody else chose."""
    if bool(read_from) == bool(entry and tip) or bool(entry) != bool(tip):
        problem = "give --entry and --tip, or --from"
        raise typer.BadParameter(problem, param_hint="--entry")
    points = None if read_from else (point(entry, "--entry"), point(tip, "--tip"))
    from app.commands import MeasureOrder, run_measure
    from planning.model.needle import Trajectory

    run_measure(
        MeasureOrder(
            case=case,
            path=None if points is None else Trajectory(*points),
            files=tuple(read_from or ()),
            protocol=protocol,
            needle=needle,
            guidance=guidance,
            error_model=error_model,
            as_json=as_json,
        )
    )


@cli.command()
def series(
    folder: Annotated[Path, typer.Argument(metavar="FOLDER", help="A folder of DICOM files.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Say what is in a folder of DICOM, and what is wrong with it."""
    from app.commands import run_series

    run_series(folder, as_json=as_json)


cli.command()(review)
cli.command()(report)
cli.command()(cohort)
cli.command()(serve)
cli.command()(send)
cli.command()(doctor)
cli.command("compile-kernels", hidden=True)(compile_kernels)
cli.command(hidden=True)(picture)
cli.command(hidden=True)(tour)


@cli.command()
def save(case: CasePath, out: OutDir) -> None:
    """Save a case with all its images as one folder that opens elsewhere."""
    from app.commands import run_save

    run_save(case, out)


@cli.command()
def export(
    plan: Annotated[Path, typer.Argument(metavar="PLAN", help="A plan.json, or its folder.")],
    out: OutDir,
    to: Annotated[
        str,
        typer.Option("--to", help=f"Formats, by commas: {EXPORT_FORMATS}; or all."),
    ] = "all",
    case: Annotated[
        Path | None,
        typer.Option(
            "--case",
            metavar="CASE",
            help="The case that the plan was made on, for formats that need its CT; default: the "
            "one whose folder the plan stands in.",
        ),
    ] = None,
    core: MeantCores = None,
    *,
    deidentify: Annotated[
        bool, typer.Option("--deidentify", help="Leave out who the patient is; new UIDs, no dates.")
    ] = False,
    force: Force = False,
) -> None:
    """Write a plan in formats that other programs read, with a manifest of hashes."""
    from app.commands import ExportOrder, run_export
    from planning.handover.export_formats import formats_named

    names = [part.strip().lower() for part in to.split(",") if part.strip()]
    try:
        formats = formats_named(names)
    except TrephineError as error:
        raise typer.BadParameter(str(error), param_hint="--to") from None
    run_export(
        ExportOrder(
            plan=plan,
            out=out,
            formats=formats,
            is_exact="all" not in names,
            case=case,
            chosen=tuple(core or ()),
            deidentify=deidentify,
            force=force,
        )
    )


def _now() -> datetime:
    return datetime.now().astimezone()


def _open(case: Path | None) -> None:
    from app.starting import open_window

    raise typer.Exit(open_window(case))


def main() -> None:
    """Run the command line; say errors the user can mend as one plain sentence, exit code 1."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Windows console may not know every character
            stream.reconfigure(errors="replace")
    try:
        cli(prog_name="trephine")
    except TrephineError as error:
        typer.echo(plain_lines(str(error)), err=True)
        sys.exit(1)
    except OSError as error:  # a disk or share can refuse anything, even to be asked what is there
        typer.echo(refused(error), err=True)
        sys.exit(1)
