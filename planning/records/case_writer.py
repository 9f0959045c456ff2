"""Saves a whole case as one folder that opens elsewhere: never half, never over foreign files.

New folders are filled beside their place and moved there when they are whole. A folder that is
saved again gets all its new files at once (`folder_changes`): it is as it was, or as it is now.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from planning.atomic_files import whole_folder
from planning.disk_words import reason_of, remedy_of
from planning.errors import InputError
from planning.folder_changes import changed_folder, settle
from planning.formats import bytes_of, checked, parsed_json, parsed_toml
from planning.handover.plan_json import NEWEST_VERSION as NEWEST_PLAN
from planning.handover.plan_json import plan_to_json
from planning.image import CaseImages
from planning.model.case import Case
from planning.progress import SILENT, Progress
from planning.records.approval_file import APPROVAL_FILE, approval_to_json, sha256_of
from planning.records.case_origin import CASE_FILE_NAME, Origin
from planning.records.case_record import NEWEST_VERSION as NEWEST_CASE
from planning.records.case_record import CaseFile
from planning.records.case_toml import Places, case_toml
from planning.records.checksums import (
    CHECKSUMS_FILE,
    checksums_text,
    read_checksums,
    sha256_of_file,
)
from planning.records.saved_images import (
    Shelf,
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
    try:
        own = origin is not None and origin.folder is not None and _same(origin.folder, folder)
        if own and folder.is_dir():
            settle(folder)
        if own and (folder / CASE_FILE_NAME).exists():
            previous = _record(folder)
            with changed_folder(folder) as change:
                shelf = Shelf(target=change.new, there=folder, sums=read_checksums(folder))
                places, said = _fill(shelf, case, images, origin, previous, progress)
                change.removed.update(_needless(previous, places, case))
        else:
            _require_free(folder)
            with whole_folder(folder) as unfinished:
                shelf = Shelf(target=unfinished)
                places, said = _fill(shelf, case, images, origin, None, progress)
    except OSError as error:
        raise InputError(_NOT_SAVED.format(folder, reason_of(error), remedy_of(error))) from error
    progress.report(1.0, "Case is saved")
    return Saved(origin=_origin(folder, images, places), said=said)


_NOT_SAVED = (
    "{0} cannot be written: {1}. Nothing is lost, and what was saved before is as it was; {2}, and "
    "save again."
)


def is_saved_case(folder: Path) -> bool:
    """Tell whether Trephine saved a case in a folder, and so may write it again."""
    try:
        return (folder / CASE_FILE_NAME).is_file() and _record(folder).saved is not None
    except InputError:
        return False


def _fill(
    shelf: Shelf,
    case: Case,
    images: CaseImages,
    origin: Origin | None,
    previous: CaseFile | None,
    progress: Progress,
) -> tuple[Places, tuple[str, ...]]:
    """Write everything a case needs that is not there yet."""
    ct = place_ct(shelf, images.ct, origin, previous, progress.part(0.0, 0.5))
    second, said = place_second(shelf, case, images, origin, previous)
    masks, empty = place_masks(shelf, case, images, progress.part(0.6, 0.95))
    plan = b"" if case.plan is None else plan_to_json(case.plan).encode("utf-8")
    places = Places(
        ct=ct,
        masks=masks,
        empty=empty,
        second=second,
        past=_place_past(shelf.target, case),
        plan_sha256=sha256_of(plan) if plan else "",
    )
    if shelf.there is not None and previous is not None:
        _keep_unknown_plan(shelf.there, shelf.target, previous, plan)
        _keep_older(shelf.there, shelf.target)
    if plan:
        (shelf.target / PLAN_FILE).write_bytes(plan)
    if case.approval is not None:
        approval = approval_to_json(case.approval).encode("utf-8")
        (shelf.target / APPROVAL_FILE).write_bytes(approval)
    text = case_toml(case, images.ct.patient, places)
    (shelf.target / CASE_FILE_NAME).write_bytes(text.encode("utf-8", "replace"))
    _write_checksums(shelf, places)
    return places, said


def _place_past(target: Path, case: Case) -> tuple[tuple[str, str], ...]:
    names = []
    for past in case.past_plans:
        (target / _PAST).mkdir(exist_ok=True)
        plan, approval = (f"{_PAST}/{kind}-{past.number}.json" for kind in ("plan", "approval"))
        (target / plan).write_bytes(plan_to_json(past.plan).encode("utf-8"))
        (target / approval).write_bytes(approval_to_json(past.approval).encode("utf-8"))
        names.append((plan, approval))
    return tuple(names)


def _keep_unknown_plan(folder: Path, target: Path, previous: CaseFile, plan: bytes) -> None:
    """Keep a plan.json under another name that somebody else put there or changed."""
    path = folder / PLAN_FILE
    if previous.saved is None or not path.exists():
        return
    there = path.read_bytes()
    if there != plan and sha256_of(there) != previous.saved.plan_sha256:
        (target / _unused(folder, "plan.kept-{}.json")).write_bytes(there)


def _keep_older(folder: Path, target: Path) -> None:
    """Keep what an older Trephine wrote and this one writes in a newer schema."""
    case, plan = folder / CASE_FILE_NAME, folder / PLAN_FILE
    old = parsed_toml(bytes_of(case), CASE_FILE_NAME).get("schema_version", NEWEST_CASE)
    if old < NEWEST_CASE:
        name = _unused(folder, f"case.schema-{old}-{{}}.toml")
        (target / name).write_bytes(bytes_of(case))
    if not plan.exists():
        return
    try:
        old = parsed_json(bytes_of(plan), PLAN_FILE).get("schema_version", NEWEST_PLAN)
    except InputError:
        return  # no plan at all: it is kept as one that somebody else put there
    if isinstance(old, int) and old < NEWEST_PLAN:
        name = _unused(folder, f"plan.schema-{old}-{{}}.json")
        (target / name).write_bytes(bytes_of(plan))


def _unused(folder: Path, name: str) -> str:
    number = 1
    while (folder / name.format(number)).exists():
        number += 1
    return name.format(number)


def _write_checksums(shelf: Shelf, places: Places) -> None:
    """Say what every file of the case holds; what was there already keeps its sum."""
    target = shelf.target
    sums = {
        path.relative_to(target).as_posix(): sha256_of_file(path)
        for path in target.rglob("*")
        if path.is_file()
    }
    if shelf.there is not None:
        images = (places.ct, *places.second.values())
        named = [*places.masks.values(), *(p.transform for p in images if p.transform)]
        files = [f for p in images for f in saved_ct_files(shelf.there, p) if f.is_file()]
        named += [file.relative_to(shelf.there).as_posix() for file in files]
        for name in named:
            if name not in sums:
                sums[name] = shelf.sums.get(name) or sha256_of_file(shelf.there / name)
    (target / CHECKSUMS_FILE).write_bytes(checksums_text(sums).encode("utf-8", "replace"))


def _needless(previous: CaseFile, places: Places, case: Case) -> set[str]:
    """Return masks that no structure names any more, and what belongs to no plan any more."""
    named = set(places.masks.values())
    needless = {
        table.mask
        for table in previous.structure
        if table.mask not in named and table.in_frame and table.mask.startswith("masks/")
    }
    if case.approval is None:
        needless.add(APPROVAL_FILE)
    if case.plan is None:
        needless.add(PLAN_FILE)
    return needless


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
