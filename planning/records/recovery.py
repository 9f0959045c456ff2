"""What is kept beside a case while it is edited, so that a crash loses nothing; starts no threads.

One folder for each open case: `state.json` with the case as it is, and the masks that are in no
file yet, each written once. Whatever moment the program dies at, one whole state is there.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import ConfigDict, Field

from planning import __version__
from planning.atomic_files import PRIVATE_FOLDER, make_folder, write_whole
from planning.disk_words import reason_of
from planning.errors import InputError
from planning.formats import Record, checked, parsed_json, require_version
from planning.geometry import Grid, vec3
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case
from planning.records.case_origin import Origin
from planning.records.document_json import case_document, case_from_document
from planning.records.image_facts import facts_of
from planning.records.saved_images import mask_digest

NEWEST_VERSION = 1
STATE_FILE, PREVIOUS_FILE, LOCK_FILE = "state.json", "state.previous.json", "lock"
_CT_FILE = "ct.npz"
_UNIT = "unit"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kept:
    """What a recovery folder holds.

    Parameters
    ----------
    at : str
        When it was kept, ISO 8601 with the offset from UTC.
    path, series_uid : str
        What the case was opened from; empty for images that were never in a file.
    ct_sha256 : str
        Of the planning CT's values.
    digests : mapping of str to str
        Of the masks that are in the case's own files, by mask_id.
    files : mapping of str to str
        The masks that are not, by mask_id, with their file in the folder.
    second : mapping of str to str
        The second images that are not, by key, with their file in the folder.
    """

    folder: Path
    case: Case
    at: str
    path: str
    series_uid: str
    ct_sha256: str
    digests: Mapping[str, str]
    files: Mapping[str, str]
    second: Mapping[str, str] = field(default_factory=dict)


class _State(Record):
    """What stands in a state's file; what newer ones say besides is left alone."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    case: dict[str, Any]
    at: str
    path: str
    series_uid: str
    ct_sha256: str
    digests: dict[str, str]
    files: dict[str, str]
    second: dict[str, str] = Field(default_factory=dict)  # older states do not say


@dataclass(slots=True, eq=False)
class RecoveryFolder:
    """A folder that keeps the states of one open case; one thread writes to it.

    Parameters
    ----------
    origin : Origin or None
        Where the images that need not be kept can be read again.
    """

    folder: Path
    origin: Origin | None
    _files: dict[str, tuple[Mask, str]] = field(default_factory=dict)
    _digests: dict[str, tuple[Mask, str]] = field(default_factory=dict)
    _second: list[tuple[Volume, str]] = field(default_factory=list)
    _has_ct: bool = False

    def keep(self, case: Case, images: CaseImages, at: str) -> None:
        """Write a state; the one before is there until this one is whole.

        Raises
        ------
        OSError
            If the disk refuses.
        """
        make_folder(self.folder, private=True)
        base = self.origin.images if self.origin is not None else None
        in_files = base is not None and base.ct is images.ct
        if not in_files and not self._has_ct:
            write_whole(self.folder / _CT_FILE, _volume_bytes(images.ct), private=True)
            self._has_ct = True
        files, digests = {}, {}
        for mask_id in dict.fromkeys(s.mask_id for s in case.structures):
            mask = images.masks[mask_id]
            if in_files and base is not None and base.masks.get(mask_id) is mask:
                digests[mask_id] = self._digest(mask_id, mask)
            else:
                files[mask_id] = self._file(mask_id, mask)
        second = {
            image.path: self._image_file(volume)
            for image in case.second_images
            if (volume := images.second.get(image.path)) is not None
            and not (in_files and base is not None and base.second.get(image.path) is volume)
        }
        origin = self.origin if in_files else None
        document = {
            "schema_version": NEWEST_VERSION,
            "software_version": __version__,
            "at": at,
            "path": "" if origin is None else str(origin.path),
            "series_uid": "" if origin is None else origin.series_uid,
            "ct_sha256": images.ct.values_sha256,
            "digests": digests,
            "files": files,
            "second": second,
            "case": case_document(case),
        }
        self._write(document)

    def remove(self) -> None:
        """Take everything away: the case is saved, or given up."""
        shutil.rmtree(self.folder, ignore_errors=True)
        self._files.clear()
        self._second.clear()
        self._has_ct = False

    def _write(self, document: Mapping[str, Any]) -> None:
        body = json.dumps(document, ensure_ascii=False).encode("utf-8", "surrogatepass")
        sealed = hashlib.sha256(body).hexdigest().encode() + b"\n" + body
        state = self.folder / STATE_FILE
        fresh = self.folder / f"{STATE_FILE}.new"
        write_whole(fresh, sealed, private=True)
        if state.exists():
            state.replace(self.folder / PREVIOUS_FILE)
        fresh.replace(state)

    def _digest(self, mask_id: str, mask: Mask) -> str:
        known = self._digests.get(mask_id)
        if known is None or known[0] is not mask:
            self._digests[mask_id] = known = (mask, mask_digest(mask))
        return known[1]

    def _file(self, mask_id: str, mask: Mask) -> str:
        known = self._files.get(mask_id)
        if known is None or known[0] is not mask:
            name = f"mask-{mask_digest(mask)[:24]}.npz"
            if not (self.folder / name).exists():
                write_whole(self.folder / name, _mask_bytes(mask), private=True)
            self._files[mask_id] = known = (mask, name)
        return known[1]

    def _image_file(self, volume: Volume) -> str:
        known = next((name for kept, name in self._second if kept is volume), "")
        if not known:
            digest = hashlib.sha256(f"{volume.values_sha256} {volume.grid}".encode()).hexdigest()
            known = f"second-{digest[:24]}.npz"
            if not (self.folder / known).exists():
                write_whole(self.folder / known, _volume_bytes(volume), private=True)
            self._second.append((volume, known))
        return known


def read_kept(folder: Path) -> Kept:
    """Return the newest whole state in a recovery folder.

    Raises
    ------
    InputError
        If none can be read, or it is of a newer Trephine; the folder stays as it is.
    """
    problem: InputError | None = None
    # A state that was written but has not its name yet is the newest.
    for name in (f"{STATE_FILE}.new", STATE_FILE, PREVIOUS_FILE):
        if (folder / name).exists():
            try:
                return _kept(folder, folder / name)
            except InputError as error:
                problem = problem or error
    raise problem or InputError(f"{folder} holds no work that was kept.")


def recovered_images(kept: Kept, images: CaseImages | None) -> CaseImages:
    """Return the images that a kept case speaks of.

    Parameters
    ----------
    images : CaseImages or None
        As read from `kept.path`; None where the case has no files.

    Raises
    ------
    InputError
        If they are not those that the case was edited with, or a kept mask is damaged.
    """
    if images is None:
        ct = _read_volume(kept.folder / _CT_FILE)
        images = CaseImages(ct=ct, masks={})
    if images.ct.values_sha256 != kept.ct_sha256:
        message = (
            f"{kept.path or kept.folder}: the CT is not the one the case was edited with. "
            "Put the earlier files back and recover again; what was kept stays."
        )
        raise InputError(message)
    masks = {}
    for structure in kept.case.structures:
        mask_id = structure.mask_id
        if mask_id in kept.files:
            masks[mask_id] = _read_mask(kept.folder / kept.files[mask_id])
            continue
        mask = images.masks.get(mask_id)
        if mask is None or mask_digest(mask) != kept.digests.get(mask_id):
            message = (
                f'{kept.path}: the mask of "{structure.name}" is not the one the case was edited '
                "with. Put the earlier file back and recover again; what was kept stays."
            )
            raise InputError(message)
    second = {key: _read_volume(kept.folder / name) for key, name in kept.second.items()}
    return CaseImages(
        ct=images.ct,
        masks={**images.masks, **masks},
        second={**images.second, **second},
    )


def _kept(folder: Path, path: Path) -> Kept:
    what = f"What was kept in {folder}"
    try:
        seal, _, body = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise InputError(f"{what} cannot be read ({reason_of(error)}).") from error
    if hashlib.sha256(body).hexdigest().encode() != seal:
        raise InputError(f"{what} is damaged. The folder stays there until it is discarded.")
    document = parsed_json(body, what)
    require_version(document, NEWEST_VERSION, what)
    state = checked(_State, document, what)
    for name in (*state.files.values(), *state.second.values()):
        if Path(name).name != name or name in ("", ".", ".."):
            raise InputError(f"{what} is damaged. The folder stays there until it is discarded.")
    return Kept(
        folder=folder,
        case=case_from_document(state.case, what),
        at=state.at,
        path=state.path,
        series_uid=state.series_uid,
        ct_sha256=state.ct_sha256,
        digests=state.digests,
        files=state.files,
        second=state.second,
    )


def _mask_bytes(mask: Mask) -> bytes:
    frame = mask.frame_of_reference_uid
    return _packed(mask.grid, {"bits": np.packbits(mask.inside)}, {"frame_of_reference_uid": frame})


def _read_mask(path: Path) -> Mask:
    grid, arrays, facts = _unpacked(path)
    count = int(np.prod(grid.shape_kji))
    inside = np.unpackbits(arrays["bits"], count=count).astype(np.bool_).reshape(grid.shape_kji)
    return Mask(grid=grid, inside=inside, frame_of_reference_uid=facts["frame_of_reference_uid"])


def _volume_bytes(volume: Volume) -> bytes:
    facts = facts_of(volume) | {_UNIT: volume.unit}
    return _packed(volume.grid, {"values": volume.values}, facts, squeeze=False)


def _read_volume(path: Path) -> Volume:
    from planning.records.case_record import FactsTable
    from planning.records.image_facts import with_facts

    grid, arrays, facts = _unpacked(path)
    unit = str(facts.pop(_UNIT, ""))
    table = FactsTable.model_validate(facts) if facts else None
    return with_facts(Volume(grid=grid, values=arrays["values"], unit=unit), table)


def _packed(
    grid: Grid, arrays: Mapping[str, Any], facts: Mapping[str, object], *, squeeze: bool = True
) -> bytes:
    place = (*grid.size_ijk, *grid.spacing_mm, *grid.origin_lps_mm)
    buffer = BytesIO()
    save = np.savez_compressed if squeeze else np.savez
    held = {
        **arrays,
        "grid": np.array([*place, *np.ravel(grid.direction_lps)], dtype=np.float64),
        "facts": np.frombuffer(json.dumps(facts).encode(), dtype=np.uint8),
    }
    save(buffer, **held)
    return buffer.getvalue()


def _unpacked(path: Path) -> tuple[Grid, dict[str, Any], dict[str, Any]]:
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        numbers = arrays.pop("grid")
        facts = json.loads(arrays.pop("facts").tobytes())
    except Exception as error:
        message = f"{path} is damaged. What was kept stays there until it is discarded."
        raise InputError(message) from error
    i, j, k = (int(n) for n in numbers[:3])
    axes = numbers[9:].reshape(3, 3)
    grid = Grid(
        size_ijk=(i, j, k),
        spacing_mm=vec3(numbers[3:6]),
        origin_lps_mm=vec3(numbers[6:9]),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )
    return grid, arrays, facts


def make_private(folder: Path) -> None:
    """Make a folder that only the user may read, and those above it that are missing.

    Raises
    ------
    OSError
        If the disk refuses.
    """
    make_folder(folder, private=True)
    folder.chmod(PRIVATE_FOLDER)
