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
from app.paths import kernels_are_compiled, prepare_kernel_cache
from app.planning_setup import core_request, measure_path, plan_case, setup_of, warm_up
from app.terminal import progress_bar
from planning import __version__
from planning.anatomy import warm_up as anatomy_kernels
from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.geometry import Vec3
from planning.handover.export import ExportKind, export_plan
from planning.handover.feature_table import FILE_NAME, features_to_csv
from planning.handover.plan_json import candidate_to_json, plan_from_json, plan_to_json
from planning.model.case import Guidance
from planning.model.needle import Trajectory
from planning.radiomics.lesion_features import lesion_features
from planning.records.case_file import load_case

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary


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
    """What `trephine measure` was asked for."""

    case: Path
    entry_lps_mm: Vec3
    tip_lps_mm: Vec3
    protocol: str = ""
    needle: str = ""
    guidance: Guidance | None = None
    error_model: str = ""
    as_json: bool = False


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
    """Measure one path and print its numbers."""
    path = Trajectory(order.entry_lps_mm, order.tip_lps_mm)
    say_if_compiling()
    with ThreadPoolExecutor(1) as beside, progress_bar() as progress:
        beside.submit(anatomy_kernels.warm_up)
        loaded = load_case(
            order.case,
            role_tables=catalogue.role_tables(),
            viability_rules=catalogue.viability_rules(),
            progress=progress.part(0.0, 0.5),
        )
        setup = setup_of(
            loaded.case,
            protocol=order.protocol,
            needle=order.needle,
            guidance=order.guidance,
            error_model=order.error_model,
        )
        measured = measure_path(
            loaded.case, loaded.images, setup, path, progress=progress.part(0.5, 1.0)
        )
    if order.as_json:
        sys.stdout.write(candidate_to_json(measured))
    else:
        print_candidate(measured, setup.protocol)


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


def run_export(plan: Path, out: Path, targets: tuple[str, ...], *, force: bool) -> None:
    """Write a plan in other formats."""
    try:
        text = plan.read_bytes()
    except OSError as error:
        raise InputError(f"{plan} cannot be read ({error.strerror}); give a plan.json.") from error
    read = plan_from_json(text, plan.name)
    kinds = [ExportKind(target) for target in targets]
    for path in export_plan(read, out, kinds, force=force):
        _say(str(path))


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
