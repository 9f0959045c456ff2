"""DICOM folders: the list of their series, and one series as a volume.

Chooses and assembles; headers, geometry and pixels are read by their own modules.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from planning.errors import InputError
from planning.geometry import Vec3
from planning.image import Series, Volume
from planning.imaging.dicom_headers import SliceHeader
from planning.imaging.dicom_scan import FolderScan, scan
from planning.imaging.pixels import read_values
from planning.imaging.series_summary import JudgedSeries, SeriesSummary, judged_series
from planning.progress import SILENT, Progress

__all__ = [
    "CHOICE_RULE",
    "ReadSeries",
    "SeriesSummary",
    "list_folder",
    "list_series",
    "read_series",
    "read_with_slices",
]

CHOICE_RULE = (
    "original before derived images, then the most slices, then the smallest slice distance, then "
    "the lowest series number"
)

_SCAN_SHARE = 0.4
_ISOCENTRE_TOLERANCE_MM = 1.0
_TOLD_AT_MOST = 6  # series in one message


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ReadSeries:
    """A series as a volume, with the file of each slice in the order of the grid's k axis.

    Parameters
    ----------
    is_part : bool
        Whether the files hold other stacks as well, so that a copy of them is not this series.
    """

    volume: Volume
    paths: tuple[Path, ...]
    is_part: bool = False

    @property
    def own_paths(self) -> tuple[Path, ...]:
        """The files, if they hold this series and no other; else none."""
        return () if self.is_part else self.paths


def list_series(folder: Path, progress: Progress = SILENT) -> tuple[SeriesSummary, ...]:
    """Return every series in a folder (or one file) with its problem in words, by number.

    Raises
    ------
    InputError
        If there is no such folder. A folder without DICOM gives an empty answer.
    """
    return list_folder(folder, progress)[0]


def list_folder(
    folder: Path, progress: Progress = SILENT
) -> tuple[tuple[SeriesSummary, ...], tuple[str, ...]]:
    """Do as `list_series`, and tell as well which files were passed over.

    Raises
    ------
    InputError
        As `list_series`.
    """
    found = scan(folder, progress)
    return tuple(judged.summary for judged in judged_series(found)), _passed_over(found)


def read_series(
    folder: Path,
    *,
    series_uid: str = "",
    modality: str = "CT",
    progress: Progress = SILENT,
) -> Volume:
    """Read one series of a folder as a volume in the patient frame (LPS, mm).

    Parameters
    ----------
    series_uid : str
        A Series Instance UID or a `SeriesSummary.key`; empty chooses by `CHOICE_RULE`, and the
        choice is said in the volume's notes.
    modality : str
        What the series has to be (``CT``, ``MR``, ``PT``); empty accepts all. It is compared after
        the geometry, so that a broken series is refused for what is wrong with it.

    Raises
    ------
    InputError
        If no series can be used; the message names the series, the slices and the reason.
    """
    return read_with_slices(
        folder, series_uid=series_uid, modality=modality, progress=progress
    ).volume


def read_with_slices(
    folder: Path,
    *,
    series_uid: str = "",
    modality: str = "CT",
    progress: Progress = SILENT,
) -> ReadSeries:
    """Do as `read_series`, and return as well the slices the volume was made of.

    For readers that need more of the files' headers than geometry and rescale.

    Raises
    ------
    InputError
        As `read_series`.
    """
    found = scan(folder, progress.part(0.0, _SCAN_SHARE))
    judged = judged_series(found)
    if not judged:
        raise InputError(_no_dicom(folder, found))
    notes: tuple[str, ...] = ()
    if series_uid:
        chosen = _named(judged, series_uid, modality, folder)
    else:
        chosen, notes = _choose(judged, modality, folder)
    volume = _volume(chosen, (*notes, *_passed_over(found)), progress.part(_SCAN_SHARE, 1.0))
    assert chosen.stack is not None, "only a series without a problem is chosen"
    slices = chosen.stack.slices
    is_part = bool(slices[0].stack)
    return ReadSeries(volume=volume, paths=tuple(s.path for s in slices), is_part=is_part)


def _named(
    judged: tuple[JudgedSeries, ...], series_uid: str, modality: str, folder: Path
) -> JudgedSeries:
    chosen = next((j for j in judged if j.summary.key == series_uid), None)
    if chosen is None:
        there = "; ".join(f"{j.summary.kind} {j.summary.key}" for j in judged)
        message = f"{folder} holds no series {series_uid}. Choose one of: {there}."
        raise InputError(message)
    if chosen.summary.problem:
        raise InputError(chosen.summary.failure)
    if modality not in ("", chosen.summary.series.modality):
        message = f"{chosen.summary.kind} is not {modality}. Choose a {modality} series."
        raise InputError(message)
    return chosen


def _choose(
    judged: tuple[JudgedSeries, ...], modality: str, folder: Path
) -> tuple[JudgedSeries, tuple[str, ...]]:
    fitting = [j for j in judged if modality in ("", j.summary.series.modality)]
    usable = sorted(
        (j for j in fitting if not j.summary.problem), key=lambda j: _preference(j.summary)
    )
    if not usable:
        raise InputError(_nothing_usable(judged, modality, folder))
    notes = [f"Passed over: {j.summary.failure}" for j in fitting if j.summary.problem]
    if len(usable) > 1:
        others = ", ".join(j.summary.kind for j in usable[1:])
        choice = (
            f"{usable[0].summary.title} was chosen among {len(usable)} usable series "
            f"({CHOICE_RULE}). Others: {others}."
        )
        notes.insert(0, choice)
    return usable[0], tuple(notes)


def _preference(summary: SeriesSummary) -> tuple[bool, int, float, tuple[float, str]]:
    return (summary.is_derived, -summary.size_ijk[2], summary.spacing_mm[2], summary.order)


def _nothing_usable(judged: tuple[JudgedSeries, ...], modality: str, folder: Path) -> str:
    """Say what is there instead: broken series of the modality, then all the others."""
    images = [j.summary for j in judged if j.found.slices]
    if len(images) == 1 and images[0].problem:
        return images[0].failure
    wanted = modality or "image"
    broken = [s.failure for s in images if s.problem and s.series.modality == modality]
    others = [
        s.failure if s.problem else f"{s.kind} is not {wanted}."
        for s in (j.summary for j in judged)
        if not (s.problem and s.series.modality == modality)
    ]
    told = [*broken, *others]
    more = f" And {len(told) - _TOLD_AT_MOST} more." if len(told) > _TOLD_AT_MOST else ""
    return f"{folder} holds no usable {wanted} series. {' '.join(told[:_TOLD_AT_MOST])}{more}"


def _no_dicom(folder: Path, found: FolderScan) -> str:
    if found.damaged:
        return f"{found.damaged[0].name} is damaged and cannot be read. Copy the series again."
    return (
        f"{folder} holds no DICOM images (other files passed over: {found.other_files}). "
        "Choose the folder that holds the images."
    )


def _passed_over(found: FolderScan) -> tuple[str, ...]:
    notes = []
    if found.other_files:
        notes.append(f"Files passed over because they are not DICOM: {found.other_files}.")
    if found.damaged:
        names = ", ".join(path.name for path in found.damaged[:3])
        notes.append(f"Damaged DICOM files passed over: {len(found.damaged)} ({names}).")
    return tuple(notes)


def _volume(chosen: JudgedSeries, notes: tuple[str, ...], progress: Progress) -> Volume:
    stack, common = chosen.stack, chosen.found.files[0].common
    assert stack is not None, "only a series without a problem is chosen"
    is_ct = common.series.modality == "CT"
    try:
        values = read_values(stack.slices, is_ct=is_ct, progress=progress)
    except InputError as error:
        message = f"{chosen.summary.title}: {error}"
        raise InputError(message) from error
    return Volume(
        grid=stack.grid,
        values=values,
        slice_normal_lps=stack.normal_lps,
        frame_of_reference_uid=common.frame_of_reference_uid,
        series=_with_slices(common.series, stack.slices),
        patient=common.patient,
        notes=(*notes, *chosen.summary.notes),
    )


def _with_slices(series: Series, slices: tuple[SliceHeader, ...]) -> Series:
    numbers = tuple(s.instance_number for s in slices if s.instance_number is not None)
    instances = tuple(s.sop_instance_uid for s in slices if s.sop_instance_uid)
    tables = tuple(s.table_position_mm for s in slices if s.table_position_mm is not None)
    return replace(
        series,
        isocentre_lps_mm=_isocentre(slices),
        instance_numbers=numbers if len(numbers) == len(slices) else (),
        table_positions_mm=tables if len(tables) == len(slices) else (),
        sop_instance_uids=instances if len(instances) == len(slices) else (),
    )


def _isocentre(slices: tuple[SliceHeader, ...]) -> Vec3 | None:
    """Return the middle slice's isocentre, or None where its axis moved during the scan.

    Scanners write it for each slice, with z following the slice; x and y are the gantry's axis.
    """
    centres = [s.isocentre_lps_mm for s in slices if s.isocentre_lps_mm is not None]
    if len(centres) < len(slices):
        return None
    spread_mm = float(np.ptp(np.array(centres)[:, :2], axis=0).max())
    return centres[len(centres) // 2] if spread_mm <= _ISOCENTRE_TOLERANCE_MM else None
