"""Finds the DICOM files of a folder and sorts them into series; judges and decodes nothing."""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, replace
from pathlib import Path

from planning.errors import InputError
from planning.imaging.dicom_headers import (
    DamagedFileError,
    FileHeader,
    KnownHeaders,
    SliceHeader,
    read_header,
)
from planning.imaging.dicom_values import odd_files_tolerated
from planning.limits import MOST_FILES
from planning.progress import SILENT, Progress

DIRECTORY_NAME = "DICOMDIR"
"""What the table of contents of a DICOM medium is called (PS3.10 8.6)."""

_REPORT_EVERY = 16  # files; each takes about half a millisecond


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundSeries:
    """The files that belong together.

    Parameters
    ----------
    key : str
        The Series Instance UID; where it is missing or shared by unlike objects, with a number
        added, so that every series of a folder has a key of its own.
    """

    key: str
    files: tuple[FileHeader, ...]

    @property
    def slices(self) -> tuple[SliceHeader, ...]:
        """All slices, in the order of the files."""
        return tuple(s for file in self.files for s in file.slices)

    @property
    def is_localizer(self) -> bool:
        """Tell whether these are scouts (Image Type, third value)."""
        return _is_localizer(self.files[0])


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderScan:
    """What lies in a folder.

    Parameters
    ----------
    other_files : int
        Files that are not DICOM.
    damaged : tuple of Path
        Files that are DICOM by their first bytes but cannot be read.
    """

    series: tuple[FoundSeries, ...]
    other_files: int
    damaged: tuple[Path, ...]


def scan(folder: Path, progress: Progress = SILENT) -> FolderScan:
    """Read all headers in a folder and its subfolders (or of one file).

    A DICOMDIR stands for the folder it lies in: what it lists is there, and says more itself.

    Raises
    ------
    InputError
        If there is no such folder, or it holds too much.
    """
    paths = _files(folder)
    headers: list[FileHeader] = []
    damaged: list[Path] = []
    known: KnownHeaders = {}
    with odd_files_tolerated():
        for number, path in enumerate(paths):
            if number % _REPORT_EVERY == 0:
                progress.report(number / len(paths), f"Looking through {len(paths)} files")
            try:
                header = read_header(path, known)
            except DamagedFileError:
                damaged.append(path)
            else:
                headers.extend([header] if header else [])
    return FolderScan(
        series=_grouped(headers),
        other_files=len(paths) - len(headers) - len(damaged),
        damaged=tuple(damaged),
    )


def _files(folder: Path) -> list[Path]:
    if folder.is_file():
        if folder.name.upper() != DIRECTORY_NAME:
            return [folder]
        folder = folder.parent
    if not folder.is_dir():
        message = f"There is no folder {folder}. Give the folder that holds the DICOM files."
        raise InputError(message)
    found: list[Path] = []
    for root, _, names in os.walk(folder):  # which follows no links to folders
        found += [Path(root) / name for name in names]
        if len(found) > MOST_FILES:
            message = (
                f"{folder} holds more than {MOST_FILES:,} files. Choose the folder of one study."
            )
            raise InputError(message)
    return sorted(path for path in found if path.is_file())  # no pipes, no devices


def _grouped(headers: list[FileHeader]) -> tuple[FoundSeries, ...]:
    groups: dict[tuple[object, ...], list[FileHeader]] = defaultdict(list)
    for header in headers:
        for part in _by_stack(header):
            groups[_identity(part)].append(part)
    # Images first, so that they and not their scout keep the plain identifier.
    ordered = sorted(
        groups.values(), key=lambda files: (not files[0].slices, _is_localizer(files[0]))
    )
    taken: set[str] = set()
    found = []
    for files in ordered:
        key = _free_key(files[0].common.series.series_uid, taken)
        taken.add(key)
        found.append(FoundSeries(key=key, files=tuple(files)))
    return tuple(found)


def _by_stack(header: FileHeader) -> tuple[FileHeader, ...]:
    """Return a multi-frame file once for each of its stacks, which are volumes of their own."""
    stacks = dict.fromkeys(s.stack for s in header.slices)
    if len(stacks) < 2:
        return (header,)
    return tuple(
        replace(header, slices=tuple(s for s in header.slices if s.stack == stack))
        for stack in stacks
    )


def _identity(header: FileHeader) -> tuple[object, ...]:
    """Return what files of one series have in common.

    The Series Instance UID decides; scouts and objects of another modality that carry the same
    one are kept apart. Where it is missing, everything else that tells series apart is used.
    """
    series = header.common.series
    stack = header.slices[0].stack if header.slices else ""
    kind = (series.modality, bool(header.slices), _is_localizer(header), stack)
    if series.series_uid:
        return (series.series_uid, *kind)
    first = header.slices[0] if header.slices else None
    axes = (*(first.i_axis_lps or ()), *(first.j_axis_lps or ())) if first else ()
    return (
        *kind,
        series.study_uid,
        series.series_number,
        series.description,
        header.common.patient.patient_id,
        header.common.frame_of_reference_uid,
        header.common.image_type,
        first and first.size_ij,
        first and first.pixel_spacing_mm,
        tuple(round(a, 3) + 0.0 for a in axes),
    )


def _is_localizer(header: FileHeader) -> bool:
    return "LOCALIZER" in header.common.image_type


def _free_key(uid: str, taken: set[str]) -> str:
    if uid and uid not in taken:
        return uid
    number = 1 + bool(uid)
    while f"{uid}#{number}" in taken:
        number += 1
    return f"{uid}#{number}"
