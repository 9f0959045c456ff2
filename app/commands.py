"""What the commands do once their arguments are read: load, plan, write; opens no window."""

from __future__ import annotations

import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from app import catalogue
from app.console import print_candidate, print_plan, print_series
from app.exporting import Drawn, new_secret, of_plan
from app.paths import kernels_are_compiled, prepare_kernel_cache
from app.planning_setup import core_request, measure_path, plan_case, setup_of, warm_up
from app.terminal import progress_bar, warn_of
from planning import __version__
from planning.anatomy import warm_up as anatomy_kernels
from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.handover.export import ExportKind, export_plan
from planning.handover.feature_table import FILE_NAME, features_to_csv
from planning.handover.plan_json import candidate_to_json, plan_to_json
from planning.image import CaseImages
from planning.model.case import Guidance
from planning.model.needle import Needle, Trajectory
from planning.radiomics.lesion_features import lesion_features
from planning.records.case_file import load_case

if TYPE_CHECKING:
    from planning.handover.export_format import ExportFormat
    from planning.imaging.dicom_series import SeriesSummary
    from planning.progress import Progress
    from planning.records.export_folder import Exported


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanOrder:
    """What `trephine plan` was asked for."""

    case: Path
    out: Path | None
    protocol: str = ""
    needle: str = ""
    guidance: Guidance | None = None
    error_model: str = ""
    cores: int = 0
    one_entry: bool | None = None
    must_sample: tuple[str, ...] = ()
    top: int = 12
    force: bool = False
    as_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureOrder:
    """What `trephine measure` was asked for.

    Parameters
    ----------
    path : Trajectory or None
        None where trajectories are to be read from `files`.
    """

    case: Path
    path: Trajectory | None
    files: tuple[Path, ...] = ()
    protocol: str = ""
    needle: str = ""
    guidance: Guidance | None = None
    error_model: str = ""
    as_json: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOrder:
    """What `trephine export` was asked for.

    Parameters
    ----------
    is_exact : bool
        Every format was named: one that cannot be written is an error, and nothing is written.
    """

    plan: Path
    out: Path
    formats: tuple[ExportFormat, ...]
    is_exact: bool
    case: Path | None = None
    chosen: tuple[str, ...] = ()
    deidentify: bool = False
    force: bool = False


def run_plan(order: PlanOrder) -> None:
    """Plan a case, write the plan and print it."""
    if order.out is not None:
        refuse_existing(order.out, force=order.force)
    say_if_compiling()
    with ThreadPoolExecutor(1) as beside, progress_bar() as progress:
        beside.submit(warm_up)
        loaded = load_case(
            order.case,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            progress=progress.part(0.0, 0.3),
        )
        warn_of(loaded.said)
        setup = setup_of(
            loaded.case,
            protocol=order.protocol,
            needle=order.needle,
            guidance=order.guidance,
            error_model=order.error_model,
        )
        cores = core_request(
            loaded.case,
            setup,
            count=order.cores,
            one_entry=order.one_entry,
            must_sample=order.must_sample,
        )
        anatomy, plan = plan_case(
            loaded.case,
            loaded.images,
            setup,
            top=order.top,
            cores=cores,
            progress=progress.part(0.3, 1.0),
        )
    if order.out is not None:
        files = _feature_files(anatomy)
        export_plan(plan, order.out, tuple(ExportKind), beside=files, force=order.force)
    if order.as_json:
        sys.stdout.write(plan_to_json(plan))
        return
    print_plan(plan, setup.protocol)
    _say(f"Written to {order.out}")


def run_measure(order: MeasureOrder) -> None:
    """Measure paths that somebody else chose, and print their numbers."""
    say_if_compiling()
    with ThreadPoolExecutor(1) as beside, progress_bar() as progress:
        beside.submit(anatomy_kernels.warm_up)
        loaded = load_case(
            order.case,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            progress=progress.part(0.0, 0.5),
        )
        warn_of(loaded.said)
        setup = setup_of(
            loaded.case,
            protocol=order.protocol,
            needle=order.needle,
            guidance=order.guidance,
            error_model=order.error_model,
        )
        named, remarks = _paths_of(order, loaded.images, setup.needle)
        measured = []
        for number, (name, path) in enumerate(named):
            part = progress.part(0.5, 1.0).part(number / len(named), (number + 1) / len(named))
            candidate = measure_path(loaded.case, loaded.images, setup, path, progress=part)
            measured.append(replace(candidate, candidate_id=name or candidate.candidate_id))
    for remark in remarks:
        sys.stderr.write(remark + "\n")
    if not order.as_json:
        for candidate in measured:
            if order.path is None:
                _say(candidate.candidate_id)
            print_candidate(candidate, setup.protocol)
    elif order.path is not None:
        sys.stdout.write(candidate_to_json(measured[0]))
    else:
        documents = [json.loads(candidate_to_json(candidate)) for candidate in measured]
        sys.stdout.write(json.dumps(documents, indent=2, ensure_ascii=False) + "\n")


def _paths_of(
    order: MeasureOrder, images: CaseImages, needle: Needle
) -> tuple[list[tuple[str, Trajectory]], tuple[str, ...]]:
    """Return the paths that are to be measured, by name, and what was assumed of them."""
    if order.path is not None:
        return [("", order.path)], ()
    from planning.handover.trajectory_files import read_trajectories

    read = read_trajectories(order.files, images.ct)
    return [(path.name, path.trajectory(needle)) for path in read.paths], read.remarks


def run_series(folder: Path, *, as_json: bool) -> None:
    """List the series of a folder."""
    from planning.imaging.dicom_series import list_series

    with progress_bar() as progress:
        found = list_series(folder, progress)
    if as_json:
        document = [_series_json(summary) for summary in found]
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    else:
        print_series(found)


def run_save(case: Path, out: Path) -> None:
    """Save a case as a folder of its own."""
    from planning.records.case_writer import save_case

    with progress_bar() as progress:
        loaded = load_case(
            case,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            progress=progress.part(0.0, 0.5),
        )
        # As if it were nobody's: what is in the folder already is never replaced from here.
        origin = loaded.origin and replace(loaded.origin, folder=None)
        saved = save_case(
            loaded.case, loaded.images, out, origin=origin, progress=progress.part(0.5, 1.0)
        )
    for sentence in (*loaded.said, *saved.said):
        _say(sentence)
    _say(f"Saved in {out}")


def run_export(order: ExportOrder) -> None:
    """Write a plan in other formats."""
    with progress_bar() as progress:
        written = exported(order, progress)
    for path in written.files:
        _say(str(path))


def exported(order: ExportOrder, progress: Progress) -> Exported:
    """Write a plan in other formats; say what was left out, and why.

    Raises
    ------
    InputError
        If the plan or its case cannot be read, or a format that was named cannot be written.
    """
    from app.key_views import key_pages, key_views
    from app.reports.document import report
    from planning.records.export_folder import write_export

    needed = [one for one in order.formats if one.needs]
    what = of_plan(
        order.plan,
        order.case,
        order.chosen,
        with_case=bool(needed) or order.deidentify,
        drawn=Drawn(key_views, key_pages, report),
        progress=progress.part(0.0, 0.5),
    )
    if order.is_exact:
        for one in order.formats:
            if why := one.cannot_write(what):
                raise InputError(f"{one.label} cannot be written. {_with_option(why)}")
    written = write_export(
        what,
        order.formats,
        order.out,
        secret=new_secret() if order.deidentify else "",
        force=order.force,
        progress=progress.part(0.5, 1.0),
    )
    for one, why in written.left_out:
        sys.stderr.write(f"Left out: {one.label}. {_with_option(why)}\n")
    if order.deidentify and what.case is None:
        sys.stderr.write(
            "Who the patient is was not known: give the case (--case CASE), so that names are "
            "found wherever somebody wrote them.\n"
        )
    return written


def _with_option(why: str) -> str:
    """Return why something cannot be written, with the option that helps."""
    return why.replace("give the case ", "give with --case CASE the case ")


def refuse_existing(out: Path, *, force: bool) -> None:
    """Stop before the work if its results could not be written after it.

    Raises
    ------
    InputError
        If a plan is there already and `force` is not set.
    """
    if not force and (out / "plan.json").exists():
        message = f"{out / 'plan.json'} already exists; choose another folder or add --force."
        raise InputError(message)


def say_if_compiling() -> None:
    """Say once, on the error stream, that the first plan takes longer, and why."""
    if not kernels_are_compiled(prepare_kernel_cache()):
        text = "Compiling the planning kernels; this happens once and takes about half a minute."
        sys.stderr.write(text + "\n")


def _feature_files(anatomy: Anatomy) -> dict[str, str]:
    """Return what the lesion's radiomic features are written as, by file name."""
    lesion = anatomy.lesion
    if lesion is None:
        return {}
    features = lesion_features(anatomy.ct, lesion.tumour, catalogue.radiomics())
    return {FILE_NAME: features_to_csv(features, lesion=lesion.name, software_version=__version__)}


def _series_json(summary: SeriesSummary) -> dict[str, Any]:
    series = asdict(summary.series)
    for of_each_slice in ("instance_numbers", "table_positions_mm", "sop_instance_uids"):
        del series[of_each_slice]
    return {
        **series,
        "file_count": summary.file_count,
        "size_ijk": summary.size_ijk,
        "spacing_mm": summary.spacing_mm,
        "problem": summary.problem,
        "notes": list(summary.notes),
    }


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
