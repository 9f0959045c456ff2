"""Everything that Trephine writes, as operations that can be cut off.

Each says what it has to leave: all that was there before, or all that is new. Asserts nothing.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

from app.remembered import Remembered, load_remembered, save_remembered
from app.settings import Settings, load_settings, save_settings
from planning.errors import InputError, TrephineError
from planning.handover.export import ExportKind, export_plan
from planning.handover.export_formats import formats_named
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.image import CaseImages
from planning.model.case import Case
from planning.model.plan_life import forked
from planning.network.arrival import Arrival, forget_unfinished
from planning.network.servers import PacsServer, PacsSettings
from planning.network.servers_file import read_pacs, write_pacs
from planning.records.approval_file import plan_sha256
from planning.records.case_file import load_case
from planning.records.case_writer import save_case
from planning.records.export_folder import damaged, write_export
from planning.records.recovery import RecoveryFolder, read_kept, recovered_images
from planning.records.registry.backup import back_up
from planning.records.registry.csv_tables import export_tables, import_tables
from planning.records.registry.reading import list_cases
from planning.records.registry.verifying import verify
from planning.records.registry.writing import store_review
from planning.records.review_file import read_review, write_review
from tests import example_plans, example_reviews, oblique_case
from tests.registries import Place, file_place
from tests.reviewed_cases import reviewed_case
from tests.simulated_registry import simulated_rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Write:
    """One thing that is written.

    Parameters
    ----------
    before : callable
        Makes in a folder what is there before.
    act : callable
        Writes; raises what the program would show.
    read : callable
        Returns what is there, as the program reads it; raises if that is damaged.
    says : str
        What the message has to name.
    """

    name: str
    before: Callable[[Path], object]
    act: Callable[[Path], object]
    read: Callable[[Path], object]
    says: str


PLAN = plan_from_json(plan_to_json(oblique_case.plan()))  # numbers are written to 1e-6
CASE = replace(
    oblique_case.case(PLAN),
    approval=replace(oblique_case.approval(), plan_sha256=plan_sha256(PLAN)),
)
IMAGES = oblique_case.images()
WHAT = oblique_case.hand_over()
FORMATS = formats_named(["plan", "slicer", "csv", "sr", "rtstruct", "stl", "tag"])
FEWER = formats_named(["plan", "csv"])


def bytes_below(folder: Path) -> dict[str, str]:
    """Return a sum of every file below a folder, without what has to be tidied up."""
    files = (path for path in folder.rglob("*") if path.is_file() and not is_hidden(path, folder))
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in files
    }


def is_hidden(path: Path, folder: Path) -> bool:
    """Tell whether a path lies in something hidden below a folder."""
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _loaded(folder: Path):  # type: ignore[no-untyped-def]
    return load_case(folder, role_tables={})


def _save_first(folder: Path) -> None:
    save_case(CASE, IMAGES, folder / "case")


def _changed(case: Case, images: CaseImages) -> tuple[Case, CaseImages]:
    """Return a case with another mask, one structure less, no approval and an older plan."""
    first = case.structures[0]
    mask = images.masks[first.mask_id]
    inside = mask.inside.copy()
    inside[1:-1] ^= inside[2:]
    masks = {**images.masks, "drawn": replace(mask, inside=inside)}
    structures = (replace(first, mask_id="drawn"), *case.structures[1:-1])
    changed = forked(case) if case.approval is not None else replace(case, plan=None)
    return replace(changed, structures=structures, remarks="later"), replace(images, masks=masks)


def _save_again(folder: Path) -> None:
    loaded = _loaded(folder / "case")
    case, images = _changed(loaded.case, loaded.images)
    save_case(case, images, folder / "case", origin=loaded.origin)


def _read_case(folder: Path) -> object:
    if not (folder / "case").exists():
        return None
    loaded = _loaded(folder / "case")
    if loaded.said:
        raise InputError(" ".join(loaded.said))
    return bytes_below(folder / "case")


def _export(formats: tuple[object, ...], *, force: bool) -> Callable[[Path], object]:
    return lambda folder: write_export(WHAT, formats, folder / "out", force=force)  # type: ignore[arg-type]


def _read_export(folder: Path) -> object:
    if not (folder / "out").exists():
        return None
    if wrong := damaged(folder / "out"):
        raise InputError(f"damaged: {wrong}")
    return bytes_below(folder / "out")


def _plan_files(folder: Path, *, older: bool) -> None:
    plan = example_plans.plan()
    if older:
        plan = replace(plan, candidates=plan.candidates[:1], evaluated=plan.evaluated - 1)
    export_plan(plan, folder / "out", tuple(ExportKind), beside={"x.csv": str(older)}, force=True)


def _read_out(folder: Path) -> object:
    from planning.folder_changes import settle

    settle(folder / "out")
    return bytes_below(folder / "out") or None  # an empty folder is as good as none


def _review(folder: Path, *, older: bool) -> None:
    beside = {f"review-{n}.png": bytes(1000 * n) for n in ((1, 2) if older else (1, 3))}
    review = example_reviews.review()
    review = replace(review, warnings=("old",)) if older else review
    write_review(review, folder / "out", beside=beside, force=True)


def _read_reviewed(folder: Path) -> object:
    found = _read_out(folder)
    if found:
        read_review(folder / "out" / "review.json")
    return found


def _in_words(problem: str) -> None:
    if problem:
        raise InputError(problem)


def _recovery(folder: Path) -> RecoveryFolder:
    return RecoveryFolder(folder=folder / "kept", origin=None)


def _keep(folder: Path, *, older: bool) -> None:
    case, images = (CASE, IMAGES) if older else _changed(CASE, IMAGES)
    if not older:  # an added image as well
        from planning.model.case import SecondImage

        second = replace(images.ct, values=images.ct.values + 1)
        images = replace(images, second={"added": second})
        case = replace(case, second_images=(SecondImage(kind="mr", path="added"),))
    _recovery(folder).keep(case, images, "2026-11-26T10:00:00+01:00")


def _read_kept(folder: Path) -> object:
    if not (folder / "kept").exists() or not any((folder / "kept").glob("state*")):
        return None
    kept = read_kept(folder / "kept")
    images = recovered_images(kept, None)
    return kept.case.remarks, sorted(images.second), len(images.masks)


def _arrive(folder: Path, *, older: bool) -> None:
    arrival = Arrival(folder / "received" / "1.2.3", most_images=100, most_bytes=1 << 30)
    for number in range(3 if older else 6):
        arrival.take(f"1.2.{number}", [bytes([number]) * 5000, bytes(older)])
    arrival.keep()


def _read_received(folder: Path) -> object:
    forget_unfinished(folder / "received")
    there = folder / "received" / "1.2.3"
    return bytes_below(there) if there.exists() else None


def _registry(folder: Path) -> Place:
    return Place(where=str(folder / "registry" / "registry.sqlite"), data_dir=folder)


def _made_registry(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    file_place(folder)
    store_review(_registry(folder).open(), reviewed_case())


def _tables_beside(folder: Path) -> None:
    other = folder / "other"
    _made_registry(other)
    from planning.records.registry.storing import store_rows

    store_rows(_registry(other).open(), simulated_rows(5, cores=2))
    export_tables(_registry(other).open(), folder / "tables")
    shutil.rmtree(other)
    _made_registry(folder)


def _read_registry(folder: Path) -> object:
    registry = _registry(folder).open(make=False)
    found = verify(registry)
    if found.problems:
        raise InputError(" ".join(found.problems))
    return len(list_cases(registry))


def _export_tables(folder: Path) -> None:
    export_tables(_registry(folder).open(), folder / "out", force=True)


def _backed_up(folder: Path) -> object:
    file = folder / "backup" / "registry.sqlite"
    if not file.exists():
        return None
    return len(list_cases(Place(where=str(file), data_dir=folder / "backup").open(make=False)))


def _servers(name: str) -> PacsSettings:
    return PacsSettings(servers=(PacsServer(name=name, called_ae="A", host="h", port=104),))


def _nothing(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)


def _settings(scheme: str) -> Callable[[Path], None]:
    chosen = Settings(scheme=scheme)  # type: ignore[arg-type]
    return lambda folder: _in_words(save_settings(chosen, folder / "settings.json"))


def _remember(*recent: str) -> Callable[[Path], None]:
    made = Remembered(recent=list(recent))
    return lambda folder: _in_words(save_remembered(made, folder / "remembered.json"))


WRITES = (
    Write(name="save a new case", before=_nothing, act=_save_first, read=_read_case, says="case"),
    Write(
        name="save a case again", before=_save_first, act=_save_again, read=_read_case, says="case"
    ),
    Write(
        name="export",
        before=_nothing,
        act=_export(FORMATS, force=False),
        read=_read_export,
        says="out",
    ),
    Write(
        name="export over an export",
        before=_export(FEWER, force=False),
        act=_export(FORMATS, force=True),
        read=_read_export,
        says="out",
    ),
    Write(
        name="write a plan over one",
        before=lambda folder: _plan_files(folder, older=True),
        act=lambda folder: _plan_files(folder, older=False),
        read=_read_out,
        says="out",
    ),
    Write(
        name="write a review over one",
        before=lambda folder: _review(folder, older=True),
        act=lambda folder: _review(folder, older=False),
        read=_read_reviewed,
        says="out",
    ),
    Write(
        name="keep unsaved changes",
        before=lambda folder: _keep(folder, older=True),
        act=lambda folder: _keep(folder, older=False),
        read=_read_kept,
        says="",
    ),
    Write(
        name="receive a series again",
        before=lambda folder: _arrive(folder, older=True),
        act=lambda folder: _arrive(folder, older=False),
        read=_read_received,
        says="",
    ),
    Write(
        name="store a review in the registry",
        before=_made_registry,
        act=lambda folder: store_review(
            _registry(folder).open(), reviewed_case(review_sha256="7" * 64)
        ),
        read=_read_registry,
        says="registry",
    ),
    Write(
        name="import tables into the registry",
        before=_tables_beside,
        act=lambda folder: import_tables(_registry(folder).open(), folder / "tables"),
        read=_read_registry,
        says="registry",
    ),
    Write(
        name="export tables of the registry",
        before=_made_registry,
        act=_export_tables,
        read=_read_out,
        says="",
    ),
    Write(
        name="back up the registry",
        before=_made_registry,
        act=lambda folder: back_up(_registry(folder).open().place, folder / "backup"),
        read=_backed_up,
        says="",
    ),
    Write(
        name="keep the settings",
        before=_settings("dark"),
        act=_settings("light"),
        read=lambda folder: load_settings(folder / "settings.json"),
        says="settings",
    ),
    Write(
        name="remember recent cases",
        before=_remember("a"),
        act=_remember("b", "a"),
        read=lambda folder: load_remembered(folder / "remembered.json"),
        says="Recent cases",
    ),
    Write(
        name="keep image archives",
        before=lambda folder: write_pacs(_servers("a"), folder / "pacs.json"),
        act=lambda folder: write_pacs(_servers("b"), folder / "pacs.json"),
        read=lambda folder: read_pacs(folder / "pacs.json"),
        says="PACS",
    ),
)
"""All of them."""

SAYABLE = (TrephineError, OSError)
"""What an operation may raise; an OSError is put into words by who calls it (`disk_words`)."""
