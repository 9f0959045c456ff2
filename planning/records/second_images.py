"""Reads a case's PET and MR, places them in the CT's frame and says which may be trusted.

Only the image that viability comes from can stop a case from opening: of the others, problems are
told.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal

from planning.errors import InputError
from planning.geometry import vec3
from planning.image import Volume
from planning.imaging.frames import REGISTER_FIRST, frame_trust
from planning.imaging.lattice import block_under
from planning.imaging.second_image import SecondVolume, read_second
from planning.model.case import SecondImage
from planning.model.viability import ViabilityRules
from planning.progress import SILENT, Progress
from planning.records.case_record import CaseFile, ImageTable
from planning.records.image_facts import with_facts

_NAMES = {"pet": "PET", "mr": "MR"}
_KINDS: dict[str, Literal["pet", "mr"]] = {"pet": "pet", "mr": "mr"}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SecondImages:
    """What became of a case file's [[image]] entries.

    Parameters
    ----------
    volumes : mapping of str to Volume
        By path, in the CT's frame; those that could not be read are missing.
    notes : tuple of str
        For the user: what was left out, and why the source of viability was trusted.
    files : mapping of str to tuple of Path
        What each volume was read from.
    """

    images: tuple[SecondImage, ...] = ()
    volumes: Mapping[str, Volume]
    notes: tuple[str, ...] = ()
    files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ViabilityWish:
    """Where a case file wants viability to come from: an image's path (or none) and a threshold."""

    image: str = ""
    threshold: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Placed:
    """A second image in the CT's frame; `problem`: why it is not to be trusted."""

    volume: Volume
    reason: str = ""
    problem: str = ""
    files: tuple[Path, ...] = ()


def viability_wish(record: CaseFile, file: Path, rules: ViabilityRules | None) -> ViabilityWish:
    """Return which second image viability comes from, with the threshold that holds for it.

    Raises
    ------
    InputError
        If the case has no image of that kind, several and none is chosen, or no threshold.
    """
    table = record.viability
    if table.source not in _NAMES:
        return ViabilityWish()
    name = _NAMES[table.source]
    paths = [image.key for image in record.image if image.kind == table.source]
    listed = ", ".join(f'"{path}"' for path in paths)
    if not paths:
        message = (
            f"{file.name}: viability is to come from {name}, but the case has none; add an "
            f'[[image]] with kind = "{table.source}" and its path, or set another source.'
        )
        raise InputError(message)
    if table.image and table.image not in paths:
        message = (
            f'{file.name}, [viability]: image "{table.image}" is no {name} of the case; choose one '
            f"of {listed}."
        )
        raise InputError(message)
    if len(paths) > 1 and not table.image:
        message = (
            f"{file.name}: the case has several {name} images ({listed}); say which one shows "
            'viability by image = "..." in [viability].'
        )
        raise InputError(message)
    threshold = table.threshold
    if threshold is None and rules is not None:
        threshold = rules.thresholds[table.source].fraction
    if threshold is None:
        raise InputError(f"{file.name}, [viability]: give a threshold, between 0 and 1.")
    return ViabilityWish(image=table.image or paths[0], threshold=threshold)


def second_images_of(
    record: CaseFile,
    file: Path,
    ct: Volume,
    wish: ViabilityWish,
    progress: Progress = SILENT,
) -> SecondImages:
    """Read and place every second image of a case file.

    Raises
    ------
    InputError
        If the image viability comes from cannot be read, or its values or place are not to be
        trusted; if two entries have the same path.
    """
    paths = [table.key for table in record.image]
    for path in paths:
        if paths.count(path) > 1:
            message = f'{file.name}: two [[image]] entries have the path "{path}"; keep one.'
            raise InputError(message)
    images: list[SecondImage] = []
    volumes: dict[str, Volume] = {}
    files: dict[str, tuple[Path, ...]] = {}
    notes: list[str] = []
    for number, table in enumerate(record.image):
        share = progress.part(number / len(paths), (number + 1) / len(paths))
        share.report(0.0, f"Reading {_NAMES[table.kind]}")
        what, is_source = f'{_NAMES[table.kind]} "{table.key}"', table.key == wish.image
        image = SecondImage(kind=table.kind, path=table.key, transform=table.transform)
        try:
            placed = _placed(table, file, ct, is_source=is_source, progress=share)
        except InputError as error:
            # Notes travel with plans, which name no place of this machine.
            problem = str(error).replace(str(file.parent / table.path), table.path)
            if is_source:
                raise InputError(_no_source(file, what, problem)) from error
            notes.append(f"{what} was left out: {problem}")
            images.append(replace(image, problem=problem))
            continue
        if is_source and placed.problem:
            raise InputError(_no_source(file, what, placed.problem))
        notes.extend(_notes(placed, what, is_source=is_source))
        date = placed.volume.series.date
        images.append(replace(image, date=date, problem=placed.problem))
        volumes[table.key] = placed.volume
        files[table.key] = placed.files
    return SecondImages(images=tuple(images), volumes=volumes, notes=tuple(notes), files=files)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AddedImage:
    """A second image for a case that is open already, and the files it was read from."""

    image: SecondImage
    volume: Volume
    files: tuple[Path, ...]
    notes: tuple[str, ...] = ()


def added_image(
    path: Path,
    kind: str,
    ct: Volume,
    *,
    key: str,
    series_uid: str = "",
    progress: Progress = SILENT,
) -> AddedImage:
    """Read a PET or MR series of a folder, or an image file, for an open case.

    It is placed by its own frame; what speaks against that is its problem, and makes it an image
    to be looked at only.

    Parameters
    ----------
    kind : str
        ``pet`` or ``mr``.
    key : str
        What the case is to call it.
    series_uid : str
        As `read_second` takes it.

    Raises
    ------
    InputError
        If it cannot be read as a volume of that kind.
    """
    what = f'{_NAMES[kind]} "{key}"'
    read = read_second(path, kind, series_uid=series_uid, progress=progress)
    placed = _in_frame(read, ImageTable(kind=_KINDS[kind], path=key), path.parent, ct)
    placed = replace(placed, problem=read.problem or placed.problem)
    image = SecondImage(kind=kind, path=key, date=placed.volume.series.date, problem=placed.problem)
    notes = _notes(placed, what, is_source=False)
    return AddedImage(image=image, volume=placed.volume, files=placed.files, notes=notes)


def _notes(placed: _Placed, what: str, *, is_source: bool) -> tuple[str, ...]:
    if is_source:
        told = "; ".join(note.rstrip(".") for note in (placed.reason, *placed.volume.notes))
        return (f"viability comes from {what}: {told}",)
    if placed.problem:
        return (f"{what} is only to be looked at: {placed.problem}",)
    return ()


def _no_source(file: Path, what: str, problem: str) -> str:
    return f"{file.name}: {what} cannot show viability: {problem}"


def _placed(
    table: ImageTable, file: Path, ct: Volume, *, is_source: bool, progress: Progress
) -> _Placed:
    """Return one second image in the CT's frame; compared with the CT only where it matters."""
    read = read_second(file.parent / table.path, table.kind, unit=table.unit, progress=progress)
    placed = _in_frame(read, table, file.parent, ct)
    if is_source and not placed.problem and not read.problem:
        placed = _compared(placed, table, ct)
    return replace(placed, problem=read.problem or placed.problem)


def _in_frame(read: SecondVolume, table: ImageTable, folder: Path, ct: Volume) -> _Placed:
    """Return a second image where its transform, else its own frame, puts it."""
    volume = with_facts(read.volume, table.facts)
    if table.transform:
        placed = _moved(volume, folder / table.transform, ct)
    else:
        trust = frame_trust(volume, ct)
        placed = _Placed(volume=volume, reason=trust.note, problem=trust.problem)
    placed = replace(placed, files=read.paths)
    if not placed.problem and block_under(placed.volume.grid, ct.grid) is None:
        problem = f"it lies beside the planning CT. {_try_again(table)}"
        placed = replace(placed, problem=problem)
    return placed


def _moved(volume: Volume, path: Path, ct: Volume) -> _Placed:
    from planning.imaging.transforms import read_rigid

    transform = read_rigid(path)
    moved = replace(
        volume,
        grid=transform.placed_in_ct(volume.grid),
        slice_normal_lps=vec3(transform.rotation.T @ volume.slice_normal_lps),
        frame_of_reference_uid=ct.frame_of_reference_uid,
    )
    reason = f"placed by {path.name}, read as ITK writes it: from points of the CT to its own"
    return _Placed(volume=moved, reason=reason)


def _compared(placed: _Placed, table: ImageTable, ct: Volume) -> _Placed:
    """Compare the body's outline in both images; what a transform says wins, with a warning."""
    from planning.anatomy.outline import LEAST_AGREEMENT, outline_agreement

    agreement = outline_agreement(ct, placed.volume)
    if agreement is None:
        told = "too little skin is in both images to compare their outlines"
        return replace(placed, reason=f"{placed.reason}, but {told}")
    if agreement >= LEAST_AGREEMENT:
        return replace(placed, reason=f"{placed.reason}; body outlines agree ({agreement:.2f})")
    told = (
        f"the body's outline in it does not agree with the planning CT's ({agreement:.2f}, where "
        f"{LEAST_AGREEMENT} is the least and 1 the best)"
    )
    if table.transform:
        return replace(placed, reason=f"{placed.reason}; CHECK IT: {told}. {_try_again(table)}")
    return replace(placed, problem=f"{told}. {_try_again(table)}")


def _try_again(table: ImageTable) -> str:
    if not table.transform:
        return REGISTER_FIRST
    return f"Is {table.transform} of this pair of images, and not saved the other way round?"
