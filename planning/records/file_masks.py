"""The regions of a mask file for a case that is open already: what they are, and each as a mask.

Gives no roles: somebody has to say what a region means to a needle.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from planning.errors import InputError, TrephineError
from planning.image import Mask, Volume
from planning.imaging.volume_files import is_volume_file
from planning.progress import SILENT, Progress
from planning.records.mask_sources import (
    ContourSource,
    Label,
    LabelMapSource,
    MaskSource,
    SegmentSource,
    Wanted,
    open_source,
    read_names,
)

MOST_LABELS = 400
"""More different values than any anatomy has names for: an image, not a map of labels."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRegion:
    """One region of a mask file.

    Parameters
    ----------
    label : Label
        What the file calls it: a value, a segment's number, or a name.
    name : str
        What it is called in words.
    made_by, date : str
        Who drew it and when, as far as the file says.
    """

    label: Label
    name: str
    made_by: str = ""
    date: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskFile:
    """A mask file and its regions."""

    path: Path
    source: MaskSource
    regions: tuple[FileRegion, ...]

    @property
    def may_be_image(self) -> bool:
        """Whether its values could be measured ones as well: the format does not say."""
        return isinstance(self.source, LabelMapSource)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FileMask:
    """A region on the lattice of the planning CT, and what the user has to know about it."""

    region: FileRegion
    mask: Mask
    notes: tuple[str, ...] = ()


def mask_file(path: Path) -> MaskFile | None:
    """Return the regions of a file; None if it is no mask but an image, a case or a folder.

    Raises
    ------
    InputError
        If it is a mask by what it says of itself, but cannot be read.
    """
    if not path.is_file() or path.suffix.lower() == ".toml":
        return None
    if is_volume_file(path):
        return _label_file(path)
    from planning.imaging.structure_set import modality_of

    if modality_of(path) not in ("SEG", "RTSTRUCT"):
        return None
    source = open_source(path)
    return MaskFile(path=path, source=source, regions=_regions(source))


def placed_regions(
    file: MaskFile, wanted: Sequence[FileRegion], ct: Volume, progress: Progress = SILENT
) -> tuple[tuple[FileMask, ...], tuple[str, ...]]:
    """Return regions on the CT's lattice, and why others are left out.

    Raises
    ------
    FrameError, InputError
        If none of them can be used; the message says why the first cannot.
    """
    placed: list[FileMask] = []
    failed: list[TrephineError] = []
    for number, region in enumerate(wanted):
        progress.report(number / len(wanted), f"Reading {region.name}")
        asked = Wanted(label=region.label, name=region.name, entry=file.path.name)
        try:
            mask, notes = file.source.placed(asked, ct)
        except TrephineError as error:
            failed.append(error)
        else:
            placed.append(FileMask(region=region, mask=mask, notes=notes))
    if failed and not placed:
        raise failed[0]
    return tuple(placed), tuple(dict.fromkeys(map(str, failed)))


def _label_file(path: Path) -> MaskFile | None:
    try:
        source = open_source(path)
    except InputError:
        return None  # values that are no labels, or damaged, which opening it will say
    if isinstance(source, LabelMapSource) and len(source.labels) > MOST_LABELS:
        return None
    return MaskFile(path=path, source=source, regions=_regions(source))


def _regions(source: MaskSource) -> tuple[FileRegion, ...]:
    stem = source.path.name.split(".")[0]
    if isinstance(source, LabelMapSource):
        labels, names = source.labels, _names_beside(source.path, stem)
        usual = (stem if len(labels) == 1 else f"{stem} {value}" for value in labels)
        return tuple(
            FileRegion(label=value, name=names.get(value, unnamed))
            for value, unnamed in zip(labels, usual, strict=True)
        )
    if isinstance(source, SegmentSource):
        return tuple(
            FileRegion(label=s.number, name=s.label or str(s.number), made_by=s.made_by)
            for s in source.segments
        )
    if isinstance(source, ContourSource):
        drawn = source.structures
        return tuple(
            FileRegion(label=roi.name, name=roi.name, made_by=drawn.made_by, date=drawn.date)
            for roi in drawn.rois
            if roi.contours
        )
    return tuple(FileRegion(label=name, name=name) for name in source.labels)


def _names_beside(path: Path, stem: str) -> dict[int, str]:
    """Return the names in a JSON file called after a label map, as segmenters leave it there."""
    for name in (f"{stem}_labels.json", f"{stem}.json"):
        try:
            return read_names(path.parent / name)
        except InputError:
            continue  # not there, or something else
    return {}
