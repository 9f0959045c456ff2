"""Puts CT, second images and masks into a case's folder, unless they are there; names no roles."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from planning.atomic_files import copied
from planning.geometry import Box
from planning.image import CaseImages, Mask, Volume
from planning.imaging.volume_files import is_volume_file, write_mask, write_volume
from planning.model.case import Case
from planning.progress import Progress
from planning.records.case_origin import Origin
from planning.records.case_record import CaseFile, FactsTable, ImageTable
from planning.records.case_toml import ImagePlace
from planning.records.checksums import sha256_of_file
from planning.records.image_facts import facts_of

_WHOLE_FILES = (".nii.gz", ".nii", ".nrrd", ".mha")
_LONGEST_NAME = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """Where the files of a case go, and where they are already.

    Parameters
    ----------
    target : Path
        The folder that gets what is not there yet.
    there : Path or None
        The case's own folder, which will get the files of `target`; None for a new case.
    sums : mapping of str to str
        SHA-256 of the files in `there`, as they were saved.
    """

    target: Path
    there: Path | None = None
    sums: Mapping[str, str] = field(default_factory=dict)

    def has_as_saved(self, name: str) -> bool:
        """Tell whether a file is there, and holds what it was saved with."""
        if self.there is None or name not in self.sums or not (self.there / name).is_file():
            return False
        return sha256_of_file(self.there / name) == self.sums[name]


def place_ct(
    shelf: Shelf,
    ct: Volume,
    origin: Origin | None,
    previous: CaseFile | None,
    progress: Progress,
) -> ImagePlace:
    """Put the planning CT into a folder, or leave it there, and return its place."""
    progress.report(0.0, "Saving the CT")
    is_known = origin is not None and origin.images is not None and origin.images.ct is ct
    if previous is not None and is_known:
        facts = _facts(previous.ct)
        return ImagePlace(path=previous.case.planning_ct, facts=facts)
    files = origin.ct_files if origin is not None and is_known else ()
    return _placed(shelf.target, _free(shelf, "ct"), ct, files, progress)


def place_second(
    shelf: Shelf,
    case: Case,
    images: CaseImages,
    origin: Origin | None,
    previous: CaseFile | None,
) -> tuple[dict[str, ImagePlace], tuple[str, ...]]:
    """Put the second images into a folder; return their places, and what was left out."""
    before = {} if previous is None else {table.key: table for table in previous.image}
    known: dict[str, Volume] = {}
    if origin is not None:
        known.update({} if origin.images is None else origin.images.second)
        known.update(origin.added)
    places, said = {}, []
    for image in case.second_images:
        volume = images.second.get(image.path)
        if volume is None:
            kept = before.get(image.path)
            if kept is not None:
                places[image.path] = _kept(kept)
            else:
                said.append(f"{image.path} was not saved with the case: it could not be read.")
            continue
        is_known = origin is not None and known.get(image.path) is volume
        if is_known and image.path in before:
            places[image.path] = _kept(before[image.path])
            continue
        files = origin.second_files.get(image.path, ()) if origin is not None and is_known else ()
        (shelf.target / "images").mkdir(exist_ok=True)
        name = _free(shelf, f"images/{slug(image.path)}")
        place = _placed(shelf.target, name, volume, files, None)
        if origin is not None and _suffix(files) is not None:
            place = _with_transform(shelf, place, origin.transforms.get(image.path))
        places[image.path] = place
    return places, tuple(said)


def place_masks(
    shelf: Shelf, case: Case, images: CaseImages, progress: Progress
) -> tuple[dict[str, str], frozenset[str]]:
    """Put the masks of all structures into a folder; return their places and the empty ones.

    A mask's file is named after what is in it, so that one that is there needs no writing.
    """
    (shelf.target / "masks").mkdir(exist_ok=True)
    places, empty = {}, set()
    names = {s.mask_id: s.name for s in case.structures}
    for number, (mask_id, name) in enumerate(names.items()):
        progress.report(number / len(names), "Saving masks")
        mask = images.masks[mask_id]
        if not mask.inside.any():
            empty.add(mask_id)
            grid = Box((0, 0, 0), (1, 1, 1)).of(images.ct.grid)
            mask = Mask(grid=grid, inside=np.zeros(grid.shape_kji, dtype=np.bool_))
        places[mask_id] = f"masks/{slug(name)}-{mask_digest(mask)[:12]}.nrrd"
        if not shelf.has_as_saved(places[mask_id]):
            write_mask(mask, shelf.target / places[mask_id])
    return places, frozenset(empty)


def mask_digest(mask: Mask) -> str:
    """Return the SHA-256 of a mask's place and voxels."""
    digest = hashlib.sha256(repr((mask.grid.size_ijk, *_rounded(mask))).encode())
    digest.update(np.packbits(mask.inside).data)
    return digest.hexdigest()


def saved_ct_files(folder: Path, place: ImagePlace) -> tuple[Path, ...]:
    """Return the files of a saved image."""
    path = folder / place.path
    return tuple(sorted(path.iterdir())) if path.is_dir() else (path,)


def saved_second_files(
    folder: Path, places: Mapping[str, ImagePlace]
) -> dict[str, tuple[Path, ...]]:
    """Return the files of all saved second images, by key."""
    return {key: saved_ct_files(folder, place) for key, place in places.items()}


def slug(name: str) -> str:
    """Return a name that every file system takes, as far as possible the same."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "-", name).strip("-")
    return plain[:_LONGEST_NAME].strip("-") or "unnamed"


def _placed(
    target: Path,
    name: str,
    volume: Volume,
    files: tuple[Path, ...],
    progress: Progress | None,
) -> ImagePlace:
    """Copy an image's files under safe names, or write what is in memory where there are none."""
    files = tuple(dict.fromkeys(files))
    suffix = _suffix(files)
    if suffix is None:
        write_volume(volume, target / f"{name}.mha")
        return ImagePlace(path=f"{name}.mha", facts=facts_of(volume), unit=_unit(volume))
    if suffix:
        copied(files[0], target / f"{name}{suffix}")
        facts = {key: value for key, value in facts_of(volume).items() if key != "notes"}
        only_normal = facts.keys() <= {"slice_normal_lps"}
        return ImagePlace(
            path=f"{name}{suffix}", facts={} if only_normal else facts, unit=_unit(volume)
        )
    (target / name).mkdir()
    for number, file in enumerate(files, start=1):
        copied(file, target / name / f"{number:04d}.dcm")
        if progress is not None:
            progress.report(number / len(files), "Saving the CT")
    return ImagePlace(path=name, facts={})


def _suffix(files: tuple[Path, ...]) -> str | None:
    """Return how the copy of an image file ends, empty for DICOM; None if it cannot be copied.

    Files whose pixels are in another file are among those.
    """
    if not files:
        return None
    if not is_volume_file(files[0]):
        return ""
    name = files[0].name.lower()
    return next((s for s in _WHOLE_FILES if name.endswith(s)), None)


def _with_transform(shelf: Shelf, place: ImagePlace, transform: Path | None) -> ImagePlace:
    """Copy the transform beside a copied image, which is then placed by it alone."""
    if transform is None:
        return place
    ending = transform.suffix.lower()
    name = _free(shelf, f"images/{slug(transform.stem)}", ending) + ending
    copied(transform, shelf.target / name)
    return replace(place, facts={}, transform=name)


def _kept(table: ImageTable) -> ImagePlace:
    return ImagePlace(
        path=table.path, facts=_facts(table.facts), transform=table.transform, unit=table.unit
    )


def _facts(table: FactsTable | None) -> dict[str, object]:
    return {} if table is None else table.model_dump(exclude_defaults=True)


def _unit(volume: Volume) -> str:
    return "SUV" if volume.unit == "SUV" else ""


def _free(shelf: Shelf, name: str, suffix: str = "") -> str:
    """Return a name under which nothing lies in a case's folder yet, whatever its ending."""
    folders = [shelf.target] if shelf.there is None else [shelf.target, shelf.there]
    taken = [p.name for folder in folders for p in (folder / name).parent.glob("*")]
    stem = name.rpartition("/")[2]
    where = name[: -len(stem)]
    number, free = 1, stem
    while any(t == f"{free}{suffix}" or t.split(".")[0] == free for t in taken):
        number += 1
        free = f"{stem}-{number}"
    return f"{where}{free}"


def _rounded(mask: Mask) -> tuple[object, ...]:
    grid = mask.grid
    numbers = np.round(np.concatenate([grid.index_to_lps.ravel()]), 6) + 0.0
    return tuple(numbers.tolist())
