"""Writes a plan into a folder in the formats asked for; never over existing files unasked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from types import MappingProxyType

from planning.disk_words import not_written
from planning.errors import InputError
from planning.folder_changes import write_files
from planning.handover.plan_json import plan_to_json
from planning.handover.slicer_markups import TRAJECTORY_FILES, plan_to_markups
from planning.handover.tables import plan_to_csv
from planning.model.plan import PlanResult


class ExportKind(StrEnum):
    """What a plan can be written as."""

    JSON = "json"
    SLICER = "slicer"
    CSV = "csv"


def export_plan(
    plan: PlanResult,
    folder: Path,
    kinds: Iterable[ExportKind],
    *,
    beside: Mapping[str, str] = MappingProxyType({}),
    force: bool = False,
) -> tuple[Path, ...]:
    """Write a plan as files of the given kinds and return their paths, in the order written.

    Either every file is new, or `force` replaces what is there; trajectories of an older plan
    that this one does not have are then removed, so that nobody follows them by mistake.

    Parameters
    ----------
    beside : mapping of str to str
        Further files by name, written last under the same rule.

    Raises
    ------
    InputError
        If output exists already and `force` is not set, or the folder cannot be written.
    """
    wanted = tuple(dict.fromkeys(kinds))
    files: dict[str, str] = {}
    for kind in wanted:
        files.update(_files(plan, kind))
    files.update(beside)
    left_over: tuple[Path, ...] = ()
    if ExportKind.SLICER in wanted:
        left_over = tuple(p for p in sorted(folder.glob(TRAJECTORY_FILES)) if p.name not in files)
    existing = [*(folder / name for name in files if (folder / name).exists()), *left_over]
    if existing and not force:
        message = f"{existing[0]} already exists; choose another folder or add --force."
        raise InputError(message)
    return _write(folder, files, left_over)


def _files(plan: PlanResult, kind: ExportKind) -> Mapping[str, str]:
    match kind:
        case ExportKind.JSON:
            return {"plan.json": plan_to_json(plan)}
        case ExportKind.SLICER:
            return plan_to_markups(plan)
        case ExportKind.CSV:
            return {"candidates.csv": plan_to_csv(plan)}


def _write(folder: Path, files: Mapping[str, str], left_over: tuple[Path, ...]) -> tuple[Path, ...]:
    try:
        write_files(
            folder,
            {name: text.encode("utf-8") for name, text in files.items()},
            removed=[path.name for path in left_over],
        )
    except OSError as error:
        raise InputError(not_written(folder, error)) from error
    return tuple(folder / name for name in files)
