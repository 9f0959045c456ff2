"""Turns a case file's structures and labels into masks on the CT's lattice; plans nothing."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from string import ascii_uppercase

from planning.anatomy.roles import RoleTable
from planning.editing.joining import empty_mask
from planning.errors import InputError
from planning.image import Mask, Volume, mean_inside
from planning.model.case import Role, Structure
from planning.records.case_record import CaseFile, LabelsTable, StructureTable
from planning.records.mask_sources import (
    Label,
    LabelMapSource,
    MaskSource,
    SegmentSource,
    SlicerSource,
    Wanted,
    open_source,
    read_names,
)

_SUBJECTS_AT_MOST = 3
_AT_ONCE = 2  # a mask file that is read takes three times its voxels


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """One structure, its mask on the planning CT's lattice, and what had to be done for that."""

    structure: Structure
    mask: Mask
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Context:
    """What every entry needs: the case file, its CT and its mask files, each read once."""

    file: Path
    ct: Volume
    sources: Mapping[str, MaskSource]

    def names(self, name: str) -> dict[int, str]:
        """Return the label names of a `names` file; none where none is given."""
        return read_names(self.file.parent / name) if name else {}


def mask_sources_of(record: CaseFile, file: Path) -> dict[str, MaskSource]:
    """Return the mask files a case file names, each read once.

    Raises
    ------
    InputError
        If a file is no mask that can be read.
    """
    masks = dict.fromkeys([s.mask for s in record.structure] + [t.mask for t in record.labels])
    whole = {table.mask for table in record.labels}

    def opened(name: str) -> MaskSource:
        source = open_source(file.parent / name)
        if name in whole and isinstance(source, LabelMapSource):
            _ = source.masks  # all will be asked for: found here, beside what else is read
        return source

    # The largest first, so that none of them is begun when all others are done.
    ordered = sorted(masks, key=lambda name: (file.parent / name).stat().st_size, reverse=True)
    with ThreadPoolExecutor(_AT_ONCE) as beside:
        found = dict(zip(ordered, beside.map(opened, ordered), strict=True))
    return {name: found[name] for name in masks}


def regions_of(
    record: CaseFile,
    file: Path,
    ct: Volume,
    role_tables: Mapping[str, RoleTable],
    sources: Mapping[str, MaskSource],
) -> tuple[tuple[Region, ...], tuple[str, ...]]:
    """Return a case file's structures with their masks, and notes for the user.

    Parameters
    ----------
    sources : mapping of str to MaskSource
        As `mask_sources_of` returns them.

    Raises
    ------
    InputError
        If a label, a role table or a region does not exist, or a mask is empty or misplaced.
    """
    context = _Context(file=file, ct=ct, sources=sources)
    regions: list[Region] = []
    notes: list[str] = []
    for number, structure in enumerate(record.structure, start=1):
        entry = f"{file.name}, [[structure]] number {number}"
        regions.extend(_of_structure(structure, entry, context, record.labels))
    taken = {(entry.mask, entry.label) for entry in record.structure if entry.label is not None}
    for number, labels in enumerate(record.labels, start=1):
        entry = f"{file.name}, [[labels]] number {number}"
        found, unknown = _of_labels(labels, entry, context, (role_tables, taken))
        regions.extend(found)
        notes.extend(unknown)
    wanted = {table.id for table in record.structure if table.id}
    kept = _distinct(
        [r for r in regions if r.structure.role is not Role.IGNORE or r.structure.mask_id in wanted]
    )
    notes += [note for region in kept for note in region.notes]
    return _with_habitat_letters(kept, ct), _grouped(notes)


def _of_structure(
    table: StructureTable, entry: str, context: _Context, labels: list[LabelsTable]
) -> Iterator[Region]:
    """Yield the region of one [[structure]]; several where a habitat mask has several values."""
    source = context.sources[table.mask]
    names = context.names(table.names)
    label = table.label
    assert label is None or isinstance(label, int | str), "the record admits nothing else"
    whole = table.role is not Role.HABITAT or table.id
    if label is None and isinstance(source, LabelMapSource) and not whole:
        for value in source.labels:
            habitat = table.model_copy(update={"name": names.get(value, ""), "label": value})
            yield _region(habitat, value, entry, context)
        return
    if label is None and isinstance(source, SegmentSource) and not whole:
        for segment in source.segments:
            habitat = table.model_copy(update={"name": segment.label, "label": segment.number})
            yield _region(habitat, segment.number, entry, context)
        return
    if label is None and isinstance(source, SlicerSource) and not whole:
        for name in source.labels:
            habitat = table.model_copy(update={"name": name, "label": name})
            yield _region(habitat, name, entry, context)
        return
    name = table.name or (names.get(label, "") if isinstance(label, int) else "")
    for other in labels:
        if not name and other.mask == table.mask and isinstance(label, int):
            name = context.names(other.names).get(label, "")
    if not name and table.role is not Role.HABITAT:
        name = label if isinstance(label, str) else _stem(table.mask)
    yield _region(table.model_copy(update={"name": name}), label, entry, context)


def _of_labels(
    table: LabelsTable,
    entry: str,
    context: _Context,
    known: tuple[Mapping[str, RoleTable], set[tuple[str, object]]],
) -> tuple[list[Region], list[str]]:
    """Return the regions of one [[labels]], and notes about what was left out."""
    role_tables, taken = known
    if table.roles not in role_tables:
        choices = ", ".join(f'"{key}"' for key in sorted(role_tables))
        message = f'{entry}: there is no role table "{table.roles}"; choose one of {choices}.'
        raise InputError(message)
    names = {
        label: name
        for label, name in _named_labels(table, entry, context)
        if (table.mask, label) not in taken
    }
    roles, unknown = role_tables[table.roles].assigned(names.values())
    regions, notes = [], [_unknown_note(table, unknown)] if unknown else []
    for label, name in names.items():
        if roles.get(name, Role.IGNORE) is not Role.IGNORE:
            attributes = table.model_dump(exclude={"names", "roles"})
            structure = StructureTable(role=roles[name], name=name, label=label, **attributes)
            try:
                regions.append(_region(structure, label, entry, context))
            except InputError as error:
                # A whole-body map may know more than the CT shows: told, not refused.
                notes.append(str(error))
    return regions, notes


def _unknown_note(table: LabelsTable, names: tuple[str, ...]) -> str:
    listed = ", ".join(f'"{name}"' for name in names)
    return (
        f"{table.mask}: no role in {table.roles} for {listed}; left out, not looked at "
        "(add a [[structure]] to use it)"
    )


def _named_labels(table: LabelsTable, entry: str, context: _Context) -> Iterator[tuple[Label, str]]:
    """Yield the labels that occur in a mask file, each with its name."""
    source = context.sources[table.mask]
    if isinstance(source, SlicerSource) and table.names:  # as if nothing but values were known
        names = context.names(table.names)
        values = dict.fromkeys(s.value for s in source.segmentation.segments)
        yield from ((value, names.get(value, f"label {value}")) for value in values)
        return
    if not isinstance(source, LabelMapSource):
        yield from ((name, name) for name in source.labels)
        return
    if not table.names:
        raise InputError(f'{entry} needs "names": a JSON file with the name of each label value.')
    names = context.names(table.names)
    yield from ((value, names.get(value, f"label {value}")) for value in source.labels)


def _region(table: StructureTable, label: Label | None, entry: str, context: _Context) -> Region:
    wanted = Wanted(
        label=label,
        name=table.name or table.mask,
        entry=entry,
        in_frame=table.in_frame,
        inside_from=table.inside_from,
    )
    try:
        mask, notes = (
            (empty_mask(context.ct.grid, context.ct.frame_of_reference_uid), ())
            if table.empty
            else context.sources[table.mask].placed(wanted, context.ct)
        )
    except InputError as error:
        if not table.excluded_because.strip():
            raise
        # What is not used need not be usable: a structure of which nothing is drawn yet, say.
        mask, notes = empty_mask(context.ct.grid), (f"{wanted.name}: {error}",)
    structure = Structure(
        name=table.name,
        role=table.role,
        mask_id=table.id or (table.mask if label is None else f"{table.mask}:{label}"),
        margin_mm=table.margin_mm,
        reason=table.reason,
        must_sample=table.must_sample,
        made_by=table.made_by,
        series=table.series,
        date=table.date,
        verified_by=table.verified_by,
        derived_from=table.derived_from,
        excluded_because=table.excluded_because.strip(),
        stale_because=table.stale_because.strip(),
        colour=table.colour,
    )
    return Region(structure=structure, mask=mask, notes=notes)


def _with_habitat_letters(regions: list[Region], ct: Volume) -> tuple[Region, ...]:
    """Name the habitats nobody named: "Habitat A (62 HU)", "Habitat B (33 HU)", ... in order."""
    lettered, count = [], 0
    for region in regions:
        if region.structure.role is Role.HABITAT:
            count += 1
            if not region.structure.name:
                drawn = bool(region.mask.inside.any())
                hu = f" ({round(mean_inside(ct, region.mask))} HU)" if drawn else ""
                name = f"Habitat {_letters(count)}{hu}"
                region = replace(region, structure=replace(region.structure, name=name))
        lettered.append(region)
    return tuple(lettered)


def _letters(number: int) -> str:
    """Return A to Z for 1 to 26, then AA, AB, ..."""
    letters = ""
    while number > 0:
        number, rest = divmod(number - 1, len(ascii_uppercase))
        letters = ascii_uppercase[rest] + letters
    return letters


def _distinct(regions: list[Region]) -> list[Region]:
    """Return the regions with names that occur once: plans and messages speak of them by name."""
    seen: dict[str, int] = {}
    distinct = []
    for region in regions:
        name = region.structure.name
        seen[name] = seen.get(name, 0) + 1
        if name and seen[name] > 1:
            unique = f"{name} ({seen[name]})"
            note = f'several structures are called "{name}"; one of them is shown as "{unique}"'
            structure = replace(region.structure, name=unique)
            region = replace(region, structure=structure, notes=(*region.notes, note))
        distinct.append(region)
    return distinct


def _stem(mask: str) -> str:
    return Path(mask).name.split(".")[0]


def _grouped(notes: list[str]) -> tuple[str, ...]:
    """Say what holds for several masks once: "a: X" and "b: X" become "a, b: X"."""
    subjects: dict[str, list[str]] = {}
    for note in notes:
        subject, colon, text = note.partition(": ")
        subjects.setdefault(text if colon else note, []).extend([subject] if colon else [])
    return tuple(f"{_some(whose)}: {text}" if whose else text for text, whose in subjects.items())


def _some(names: list[str]) -> str:
    more = len(names) - _SUBJECTS_AT_MOST
    shown = ", ".join(names[:_SUBJECTS_AT_MOST])
    return f"{shown} and {more} more" if more > 0 else shown
