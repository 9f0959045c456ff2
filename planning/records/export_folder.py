"""Writes an export: all its files and a manifest with their hashes, or nothing at all.

A folder without `manifest.json` is no whole export.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from planning import __version__
from planning.atomic_files import whole_folder
from planning.disk_words import not_written
from planning.errors import InputError
from planning.folder_changes import changed_folder, settle
from planning.formats import Record, bytes_of, checked, parsed_json, require_version
from planning.handover.content import HandOver
from planning.handover.deidentified import deidentified, traces
from planning.handover.deidentified_dicom import marked_deidentified
from planning.handover.export_format import ExportFormat, OutFile
from planning.handover.notice import RESEARCH_USE
from planning.handover.plan_json import plan_to_json
from planning.progress import SILENT, Cancelled, Progress

NEWEST_VERSION = 1
MANIFEST_FILE = "manifest.json"

_WRITING = "Writing the export"
_DICOM = ".dcm"
_METHOD = (
    "DICOM PS3.15 Basic Application Level Confidentiality Profile: names, numbers and free text "
    "removed, dates removed, UIDs replaced, the same for the same within this export. Pixels are "
    "untouched."
)


class FileRecord(Record):
    """One file of an export."""

    name: str
    format: str
    label: str
    frame: str
    trajectories: list[str]
    bytes: int
    sha256: str


class LeftOutRecord(Record):
    """One format that could not be written."""

    format: str
    reason: str


class Manifest(Record):
    """What an export holds."""

    schema_version: int
    notice: str
    software: str
    software_version: str
    written_at: str | None
    case: str
    plan_sha256: str
    plan_state: str
    plan_software_version: str
    frame_of_reference_uid: str
    series_uid: str
    chosen: list[str]
    deidentified: bool
    deidentification: str
    files: list[FileRecord]
    left_out: list[LeftOutRecord]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """An export that was written.

    Parameters
    ----------
    left_out : tuple of (ExportFormat, str)
        What could not be written, and why.
    """

    folder: Path
    files: tuple[Path, ...]
    left_out: tuple[tuple[ExportFormat, str], ...]


def write_export(
    what: HandOver,
    formats: Sequence[ExportFormat],
    folder: Path,
    *,
    secret: str = "",
    force: bool = False,
    progress: Progress = SILENT,
) -> Exported:
    """Write a plan in some formats, all or nothing, and a manifest beside them.

    Parameters
    ----------
    formats : sequence of ExportFormat
        What of them cannot be written is left out, and said in the manifest.
    folder : Path
        A new one, an empty one, or one where none of the files is yet.
    secret : str
        Random text: what is written is de-identified by it. Empty writes it as it is.
    force : bool
        Whether an export that is there already is replaced; other files stay.

    Raises
    ------
    InputError
        If something is there already, the folder cannot be written, no format can be, or a
        de-identified file would still name the patient.
    Cancelled
        If it is no longer wanted; nothing is left behind then.
    """
    left_out = tuple((one, why) for one in formats if (why := one.cannot_write(what)))
    written = [one for one in formats if all(one is not other for other, _ in left_out)]
    if not written:
        raise InputError(" ".join(dict.fromkeys(why for _, why in left_out)))
    secrets = traces(what) if secret else ()
    content = deidentified(what, secret) if secret else what
    try:
        _require_free(folder, force=force)
        with _gathering(folder) as (target, replaced):
            records = list(_fill(target, content, written, secrets, progress))
            _require_none_there(folder, records, force=force)
            text = json.dumps(_manifest(content, records, left_out), indent=2, ensure_ascii=False)
            (target / MANIFEST_FILE).write_bytes(f"{text}\n".encode())
            replaced.update(_older_files(folder))
            progress.report(1.0, _WRITING)
    except OSError as error:
        raise InputError(not_written(folder, error)) from error
    names = (*(record.name for record in records), MANIFEST_FILE)
    return Exported(folder=folder, files=tuple(folder / name for name in names), left_out=left_out)


def read_manifest(folder: Path) -> Manifest:
    """Return what the manifest of an export says.

    Raises
    ------
    InputError
        If there is none: then it is no whole export.
    """
    settle(folder)
    path = folder / MANIFEST_FILE
    if not path.is_file():
        raise InputError(f"{folder} holds no {MANIFEST_FILE}: it is no whole export.")
    raw = parsed_json(bytes_of(path), MANIFEST_FILE)
    require_version(raw, NEWEST_VERSION, MANIFEST_FILE)
    return checked(Manifest, raw, MANIFEST_FILE)


def damaged(folder: Path) -> tuple[str, ...]:
    """Return the files of an export that are missing, or not as they were written."""
    found = []
    for record in read_manifest(folder).files:
        path = folder / record.name
        if not path.is_file() or _sha256(bytes_of(path)) != record.sha256:
            found.append(record.name)
    return tuple(found)


def _require_free(folder: Path, *, force: bool) -> None:
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} cannot be written (it is a file); choose another folder.")
    settle(folder)
    if not force and (folder / MANIFEST_FILE).exists():
        message = f"{folder} holds an export already; choose another folder or add --force."
        raise InputError(message)


def _fill(
    target: Path,
    what: HandOver,
    formats: Sequence[ExportFormat],
    secrets: Sequence[bytes],
    progress: Progress,
) -> Iterator[FileRecord]:
    """Write the files of all formats below a folder, one after another."""
    for number, one in enumerate(formats):
        part = progress.part(number / len(formats), (number + 1) / len(formats))
        part.report(0.0, one.label)
        for file in _named(one, what, part):
            data = file.data
            if what.is_deidentified:
                data = marked_deidentified(data) if file.name.endswith(_DICOM) else data
                _require_nobody(file, data, secrets)
            path = target / _safe(file.name)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as stream:
                stream.write(data)
            if progress.is_cancelled():
                raise Cancelled
            yield FileRecord(
                name=file.name,
                format=one.key,
                label=one.label,
                frame=one.frame,
                trajectories=list(file.trajectories),
                bytes=len(data),
                sha256=_sha256(data),
            )


def _named(one: ExportFormat, what: HandOver, progress: Progress) -> Iterator[OutFile]:
    """Yield the files of a format; what goes wrong says which, so that it can be left out."""
    try:
        yield from one.write(what, progress)
    except InputError as error:
        raise InputError(f"{one.label}: {error}") from error


def _require_nobody(file: OutFile, data: bytes, secrets: Iterable[bytes]) -> None:
    if any(secret in data or secret in file.name.encode("utf-8") for secret in secrets):
        raise InputError(
            f"{file.name} would still name the patient or a UID of the source, so nothing was "
            "written. Leave its format out, and report this as an error of Trephine."
        )


def _manifest(
    what: HandOver,
    records: Sequence[FileRecord],
    left_out: Sequence[tuple[ExportFormat, str]],
) -> dict[str, Any]:
    plan = what.plan
    manifest = Manifest(
        schema_version=NEWEST_VERSION,
        notice=RESEARCH_USE,
        software="Trephine",
        software_version=__version__,
        written_at=None if what.is_deidentified else what.made_at.isoformat(timespec="seconds"),
        case=plan.case_name,
        plan_sha256=_sha256(plan_to_json(plan).encode("utf-8")),
        plan_state="approved" if what.is_approved else "draft",
        plan_software_version=plan.software_version,
        frame_of_reference_uid=plan.frame_of_reference_uid,
        series_uid=plan.series_uid,
        chosen=[candidate.candidate_id for candidate in what.chosen],
        deidentified=what.is_deidentified,
        deidentification=_METHOD if what.is_deidentified else "",
        files=list(records),
        left_out=[LeftOutRecord(format=one.key, reason=why) for one, why in left_out],
    )
    return manifest.model_dump()


@contextmanager
def _gathering(folder: Path) -> Iterator[tuple[Path, set[str]]]:
    """Give a folder to fill, and names of files that shall go; all is done at once, or nothing."""
    if not folder.exists() or not any(folder.iterdir()):
        with whole_folder(folder) as unfinished:
            yield unfinished, set()
    else:
        with changed_folder(folder) as change:
            yield change.new, change.removed


def _require_none_there(folder: Path, records: Sequence[FileRecord], *, force: bool) -> None:
    there = [record.name for record in records if (folder / record.name).exists()]
    if there and not force:
        message = f"{folder / there[0]} already exists; choose another folder or add --force."
        raise InputError(message)


def _older_files(folder: Path) -> list[str]:
    """Return the files of an export that is there already."""
    if not (folder / MANIFEST_FILE).exists():
        return []
    return [_safe(record.name).as_posix() for record in read_manifest(folder).files]


def _safe(name: str) -> PurePosixPath:
    """Return a name that leads nowhere but below its folder.

    Raises
    ------
    InputError
        If it does.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or ".." in path.parts or "\\" in name or not path.parts:
        raise InputError(f'"{name}" in {MANIFEST_FILE} is no name of a file in its folder.')
    return path


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
