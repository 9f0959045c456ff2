"""Second images (PET, MR) as volumes with a unit; trusts no frame and compares nothing.

A reader's `problem` says why values cannot tell viable tumour from the rest; they can still be
looked at.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from planning.errors import InputError
from planning.image import Volume
from planning.imaging.volume_files import is_volume_file, read_volume
from planning.progress import SILENT, Progress

if TYPE_CHECKING:
    from datetime import datetime

    from pydicom.dataset import Dataset

MODALITIES = {"pet": "PT", "mr": "MR"}
"""Modality (0008,0060) by the kind a case file names."""

_NO_AGENT = (
    "no contrast agent is named (0018,0010), and only a contrast-enhanced T1 image or a "
    "subtraction shows perfused tissue"
)
_NO_SEQUENCE = (
    "the file does not say which sequence it is, and only a contrast-enhanced T1 image or a "
    "subtraction shows perfused tissue"
)
_NO_UNIT = "the file does not say its unit; values are taken as proportional to uptake"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecondVolume:
    """A second image in its own frame.

    Parameters
    ----------
    problem : str
        Why nothing about viability can be taken from its values; empty when it can.
    paths : tuple of Path
        The files it was read from.
    """

    volume: Volume
    problem: str = ""
    paths: tuple[Path, ...] = ()


def read_second(
    path: Path,
    kind: str,
    *,
    unit: str = "",
    series_uid: str = "",
    progress: Progress = SILENT,
) -> SecondVolume:
    """Read a PET or MR series from a DICOM folder, or an image file, on its own grid.

    PET becomes SUV by body weight where its tags allow. A file (NIfTI, NRRD, MetaImage) says
    nothing of its values: they are SUV only if `unit` says so.

    Parameters
    ----------
    kind : str
        ``pet`` or ``mr``.
    unit : str
        What the case says of a file's values; DICOM speaks for itself.
    series_uid : str
        Which series of a folder, as `read_with_slices` takes it; empty chooses by its rule.

    Raises
    ------
    InputError
        If it cannot be read as a volume of that kind; the message says why.
    """
    if is_volume_file(path):
        return SecondVolume(volume=_from_file(path, kind, unit), paths=(path,))
    # Imported where it is needed, like all of pydicom.
    from planning.imaging.dicom_series import read_with_slices

    read = read_with_slices(
        path, series_uid=series_uid, modality=MODALITIES[kind], progress=progress
    )
    if kind == "pet":
        return replace(_pet(read.volume, read.paths), paths=read.own_paths)
    agent_known = bool(_header(read.paths[0], ("ContrastBolusAgent",)).get("ContrastBolusAgent"))
    note = () if agent_known else (_NO_AGENT,)
    volume = replace(read.volume, notes=(*read.volume.notes, *note))
    return SecondVolume(volume=volume, paths=read.own_paths)


def _from_file(path: Path, kind: str, unit: str) -> Volume:
    volume = read_volume(path)
    if unit:
        return replace(volume, unit=unit)
    note = _NO_UNIT if kind == "pet" else _NO_SEQUENCE
    return replace(volume, notes=(*volume.notes, note))


def _pet(volume: Volume, paths: tuple[Path, ...]) -> SecondVolume:
    from planning.imaging.dicom_values import UNREADABLE
    from planning.imaging.uptake import uptake_of

    try:
        uptake = uptake_of(_header(paths[0]), _first_acquired(paths))
    except UNREADABLE as error:
        message = f"the header of {paths[0].name} is damaged ({error}). Copy the series again."
        raise InputError(message) from error
    values = volume.values
    if uptake.factor != 1.0:
        values = (values * np.float64(uptake.factor)).astype(np.float32)
    return SecondVolume(
        volume=replace(
            volume, values=values, unit=uptake.unit, notes=(*volume.notes, *uptake.notes)
        ),
        problem=uptake.problem,
    )


def _first_acquired(paths: tuple[Path, ...]) -> datetime | None:
    from planning.imaging.uptake import TIME_TAGS, acquired_at

    moments = (acquired_at(_header(path, TIME_TAGS)) for path in dict.fromkeys(paths))
    return min((moment for moment in moments if moment is not None), default=None)


def _header(path: Path, keywords: tuple[str, ...] = ()) -> Dataset:
    """Return some elements (none named: all) of a file that has been read before, no pixels."""
    from pydicom import dcmread

    from planning.imaging.dicom_values import odd_files_tolerated

    with odd_files_tolerated():
        wanted = list(keywords) or None
        return dcmread(path, stop_before_pixels=True, specific_tags=wanted, force=True)
