"""Saves a whole case as one folder that opens elsewhere: never half, never over foreign files.

New folders are filled beside their place and moved there when they are whole. A folder that is
saved again gets its new files first, then its `case.toml`; files are never changed, only added and,
once nothing names them, taken away.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planning.errors import InputError
from planning.formats import bytes_of, checked, parsed_toml
from planning.handover.plan_json import plan_to_json
from planning.image import CaseImages
from planning.model.case import Case
from planning.progress import SILENT, Progress
from planning.records.approval_file import APPROVAL_FILE, approval_to_json, sha256_of
from planning.records.atomic_files import whole_folder, write_whole
from planning.records.case_origin import CASE_FILE_NAME, Origin
from planning.records.case_record import CaseFile
from planning.records.case_toml import Places, case_toml
from planning.records.saved_images import (
    place_ct,
    place_masks,
    place_second,
    saved_ct_files,
    saved_second_files,
)
from planning.records.saved_plans import PLAN_FILE

_PAST = "past"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Saved:
    """A case that was saved: where it is now, and what could not be taken along."""

    origin: Origin
    said: tuple[str, ...] = ()


def save_case(
    case: Case,
    images: CaseImages,
    folder: Path,
    *,
    origin: Origin | None = None,
    progress: Progress = SILENT,
) -> Saved:
    """Save a case with all its images, masks and plans into a folder.

    Image files are copied as they are; what was never in a file is written as MetaImage. Masks are
    written as NRRD, one for each structure.

    Parameters
    ----------
    folder : Path
        A new or empty one, or the case's own (`origin.folder`), whose files are brought up to date.
    origin : Origin or None
        Where the case was read from.

    Raises
    ------
    InputError
        If the folder holds something else, an image's file is gone, or the disk refuses.
    Cancelled
        If the case is no longer to be saved; the folder is then as it was.
    """
    folder = folder.absolute()
    own = origin is not None and origin.folder is not None and _same(origin.folder, folder)
    try:
        if own and (folder / CASE_FILE_NAME).exists():
            previous = _record(folder)
            places, said = _fill(folder, case, images, origin, previous, progress)
            _take_away(folder, previous, places, case)
        else:
            _require_free(folder)
            with whole_folder(folder) as unfinished:
                places, said = _fill(unfinished, case, images, origin, None, progress)
    except OSError as error:
        message = (
            f"{folder} cannot be written ({error.strerror or error}). Nothing is lost: make room "
            "or choose another folder, and save again."
        )
        raise InputError(message) from error
    progress.report(1.0, "Case is saved")
    return Saved(origin=_origin(folder, images, places), said=said)


def is_saved_case(folder: Path) -> bool:
    """Tell whether Trephine saved a case in a folder, and so may write it again."""
    try:
        return (folder / CASE_FILE_NAME).is_file() and _record(folder).saved is not None
    except InputError:
        return False


def _fill(
    target: Path,
    case: Case,
    images: CaseImages,
    origin: Origin | None,
    previous: CaseFile | None,
    progress: Progress,
) -> tuple[Places, tuple[str, ...]]:
    """Write everything a case needs into a folder, its case file last."""
    ct = place_ct(target, images.ct, origin, previous, progress.part(0.0, 0.5))
    second, said = place_second(target, case, images, origin, previous)
    masks, empty = place_masks(target, case, images, progress.part(0.6, 0.95))
    plan = b"" if case.plan is None else plan_to_json(case.plan).encode("utf-8")
    places = Places(
        ct=ct,
        masks=masks,
        empty=empty,
        second=second,
        past=_place_past(target, case),
        plan_sha256=sha256_of(plan) if plan else "",
    )
    _keep_unknown_plan(target, previous, plan)
    if plan:
        write_whole(target / PLAN_FILE, plan)
    if case.approval is not None:
        write_whole(target / APPROVAL_FILE, approval_to_json(case.approval).encode("utf-8"))
    image_patient = images.ct.patient
    text = case_toml(case, image_patient, places)
    write_whole(target / CASE_FILE_NAME, text.encode("utf-8", "replace"))
    return places, said


def _place_past(target: Path, case: Case) -> tuple[tuple[str, str], ...]:
    names = []
    for past in case.past_plans:
        (target / _PAST).mkdir(exist_ok=True)
        plan, approval = (f"{_PAST}/{kind}-{past.number}.json" for kind in ("plan", "approval"))
        write_whole(target / plan, plan_to_json(past.plan).encode("utf-8"))
        write_whole(target / approval, approval_to_json(past.approval).encode("utf-8"))
        names.append((plan, approval))
    return tuple(names)


def _keep_unknown_plan(target: Path, previous: CaseFile | None, plan: bytes) -> None:
    """Move a plan.json aside that somebody else put there or changed."""
    path = target / PLAN_FILE
    if previous is None or previous.saved is None or not path.exists():
        return
    there = path.read_bytes()
    if there != plan and sha256_of(there) != previous.saved.plan_sha256:
        number = 1
        while (kept := target / f"plan.kept-{number}.json").exists():
            number += 1
        path.rename(kept)


def _take_away(folder: Path, previous: CaseFile, places: Places, case: Case) -> None:
    """Remove masks that no structure names any more, and what belongs to no plan any more."""
    named = set(places.masks.values())
    for table in previous.structure:
        if table.mask not in named and table.in_frame and table.mask.startswith("masks/"):
            (folder / table.mask).unlink(missing_ok=True)
    if case.approval is None:
        (folder / APPROVAL_FILE).unlink(missing_ok=True)
    if case.plan is None:
        (folder / PLAN_FILE).unlink(missing_ok=True)


def _origin(folder: Path, images: CaseImages, places: Places) -> Origin:
    return Origin(
        path=folder / CASE_FILE_NAME,
        folder=folder,
        ct_files=saved_ct_files(folder, places.ct),
        second_files=saved_second_files(folder, places.second),
        transforms={
            key: folder / place.transform for key, place in places.second.items() if place.transform
        },
        images=images,
    )


def _record(folder: Path) -> CaseFile:
    raw = parsed_toml(bytes_of(folder / CASE_FILE_NAME), CASE_FILE_NAME)
    return checked(CaseFile, raw, CASE_FILE_NAME)


def _require_free(folder: Path) -> None:
    if folder.is_file():
        raise InputError(f"{folder} is a file; choose a name that is free.")
    if folder.exists() and any(folder.iterdir()):
        message = (
            f"{folder} holds files already, and a case is saved only into a folder of its own; "
            "choose a name that is free."
        )
        raise InputError(message)


def _same(one: Path, other: Path) -> bool:
    return one == other or (one.exists() and other.exists() and one.samefile(other))
