"""Opens a case: `case.toml` with the images it names, or a CT alone; derives and plans nothing."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from planning.anatomy.laterality import laterality_notes
from planning.anatomy.roles import RoleTable
from planning.errors import InputError
from planning.folder_changes import settle
from planning.formats import bytes_of, checked, is_there, parsed_toml, require_version
from planning.image import CaseImages, Patient, Volume
from planning.imaging.lean_import import import_pydicom
from planning.imaging.patient_position import position_of_code
from planning.imaging.volume_files import is_volume_file, read_volume
from planning.model.case import Case, RuleChange
from planning.model.clinical import Clinical
from planning.model.limit import LimitChange
from planning.model.viability import ViabilityRules
from planning.progress import SILENT, Progress
from planning.records.case_origin import CASE_FILE_NAME, Origin
from planning.records.case_record import NEWEST_VERSION, CaseFile, CaseTable
from planning.records.case_regions import Region, mask_sources_of, regions_of
from planning.records.checksums import Verification
from planning.records.image_facts import with_facts
from planning.records.saved_plans import PLAN_FILE, own_paths_of, with_saved
from planning.records.second_images import second_images_of, viability_wish

CT_ID = "ct"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadedCase:
    """A case and the images it speaks of.

    Parameters
    ----------
    origin : Origin or None
        Where they were read from; None for a case that was never in a file.
    said : tuple of str
        What is wrong with the plans saved beside it, in sentences.
    """

    case: Case
    images: CaseImages
    origin: Origin | None = None
    said: tuple[str, ...] = ()


def load_case(
    path: Path,
    *,
    role_tables: Mapping[str, RoleTable],
    viability_rules: ViabilityRules | None = None,
    series_uid: str = "",
    progress: Progress = SILENT,
) -> LoadedCase:
    """Open a case.

    Parameters
    ----------
    path : Path
        A folder with `case.toml`, that file, or a CT alone (a DICOM folder, or one image file):
        then the case has no structures and is planned by hand.
    role_tables : mapping of str to RoleTable
        What [[labels]] may name as `roles`.
    viability_rules : ViabilityRules or None
        Thresholds for viability from PET or MR; without them a case has to give its own.
    series_uid : str
        Which series of a DICOM folder alone; empty chooses by the reader's rule, which the CT's
        notes say.

    Raises
    ------
    InputError
        Names the file, the entry and what to do: unknown or misspelt keys, files that are not
        there, labels no voxel has, masks that are empty or outside the CT, and a second image that
        viability is to come from but cannot (others that cannot be read are told in the notes).
    FrameError
        If a mask belongs to another frame of reference than the CT.
    Cancelled
        If the case is no longer wanted.
    """
    if not is_there(path):
        raise InputError(f"{path} does not exist; give a case folder, a case.toml or a CT.")
    file = path / CASE_FILE_NAME if path.is_dir() else path
    if file.suffix.lower() != ".toml" or not file.exists():
        return _ct_alone(path, series_uid, progress)
    return _from_file(file, role_tables, viability_rules, progress)


def _ct_alone(path: Path, series_uid: str, progress: Progress) -> LoadedCase:
    ct, files = _read_ct(path, progress, series_uid)
    name = path.resolve().name.split(".")[0]
    case = Case(
        name=name,
        ct_id=CT_ID,
        patient=ct.patient,
        ct_position=position_of_code(ct.series.position_code),
        notes=("no case.toml: the CT alone, without any structure",),
    )
    images = CaseImages(ct=ct, masks={})
    origin = Origin(path=path.absolute(), series_uid=series_uid, ct_files=files, images=images)
    return LoadedCase(case=case, images=images, origin=origin)


def _from_file(
    file: Path,
    role_tables: Mapping[str, RoleTable],
    viability_rules: ViabilityRules | None,
    progress: Progress,
) -> LoadedCase:
    settle(file.parent)
    raw = parsed_toml(bytes_of(file), file.name)
    require_version(raw, NEWEST_VERSION, file.name)
    record = checked(CaseFile, raw, file.name)
    _require_files(record, file)
    is_saved = record.saved is not None
    verified = Verification(file.parent, but=(file.name, PLAN_FILE)) if is_saved else None
    try:
        loaded = _read(record, file, role_tables, viability_rules, progress)
    except InputError as error:
        if verified is None:
            raise
        # What cannot be read is most often not what was saved.
        raise InputError(" ".join((str(error), *verified.said()))) from error
    if verified is not None:
        loaded = replace(loaded, said=(*loaded.said, *verified.said()))
    progress.report(1.0, "Case is open")
    return loaded


def _read(
    record: CaseFile,
    file: Path,
    role_tables: Mapping[str, RoleTable],
    viability_rules: ViabilityRules | None,
    progress: Progress,
) -> LoadedCase:
    """Read the images that a case file names, and what they are."""
    wish = viability_wish(record, file, viability_rules)
    beside = ThreadPoolExecutor(1)
    reading = beside.submit(mask_sources_of, record, file)
    try:
        ct, ct_files = _read_ct(file.parent / record.case.planning_ct, progress.part(0.0, 0.6))
        ct = with_facts(ct, record.ct)
        progress.report(0.6, "Reading masks")
        regions, notes = regions_of(record, file, ct, role_tables, reading.result())
        # Every plan states it; computed now, no plan has to wait for it, nor has the first picture.
        beside.submit(lambda: ct.values_sha256)
    finally:
        beside.shutdown(wait=False)
    second = second_images_of(record, file, ct, wish, progress.part(0.8, 1.0))
    case = _case(record, file, ct, regions)
    case = replace(
        case,
        viability_image=wish.image,
        viability_threshold=wish.threshold,
        second_images=second.images,
    )
    masks = {region.structure.mask_id: region.mask for region in regions}
    side_notes = laterality_notes(case, masks)
    notes = (*side_notes, *_patient_notes(record.case, ct), *notes, *second.notes)
    if record.saved is not None:
        notes = _first_told(record.saved.notes, notes)
        side_notes = _first_told(record.saved.side_notes, side_notes)
    case, said = with_saved(replace(case, notes=notes, side_notes=side_notes), record, file)
    images = CaseImages(ct=ct, masks=masks, second=second.volumes)
    return LoadedCase(
        case=case,
        images=images,
        origin=Origin(
            path=file.absolute(),
            folder=None if record.saved is None else file.absolute().parent,
            ct_files=ct_files,
            second_files=second.files,
            transforms={t.key: file.parent / t.transform for t in record.image if t.transform},
            images=images,
        ),
        said=said,
    )


def _first_told(saved: list[str], now: tuple[str, ...]) -> tuple[str, ...]:
    """Return the notes of the first opening, and what is news since."""
    return tuple(dict.fromkeys((*saved, *now)))


def _case(record: CaseFile, file: Path, ct: Volume, regions: tuple[Region, ...]) -> Case:
    table = record.case
    return Case(
        name=table.name or file.resolve().parent.name,
        ct_id=CT_ID,
        patient=_patient(table, ct),
        ct_position=table.ct_position or position_of_code(ct.series.position_code),
        patient_position=table.patient_position,
        indication=table.indication,
        site=table.site,
        lesion=table.lesion,
        needle_key=table.needle,
        protocol_key=table.protocol,
        guidance=table.guidance,
        error_model=table.error_model,
        viability_source=record.viability.source,
        surgeon=table.surgeon.strip(),
        strategy=table.strategy,
        rule_changes=tuple(
            RuleChange(key=r.key, reason=r.reason, enabled=r.enabled, kind=r.kind)
            for r in record.rule
        ),
        structures=tuple(region.structure for region in regions),
        core_count=table.core_count,
        one_entry=table.one_entry,
        remarks=table.remarks,
        clinical=Clinical(**{k: v.strip() for k, v in record.clinical.model_dump().items()}),
        weights=tuple(record.weights.items()),
        limits=tuple(
            LimitChange(key=x.key, value=x.value, reason=x.reason.strip()) for x in record.limit
        ),
        own_paths=own_paths_of(record.own_path),
    )


def _read_ct(
    path: Path, progress: Progress, series_uid: str = ""
) -> tuple[Volume, tuple[Path, ...]]:
    """Return a CT and the files it was read from."""
    if is_volume_file(path):
        return read_volume(path), (path,)
    # Imported where it is needed: pydicom and its decoders cost a NIfTI case a third of a second.
    import_pydicom()
    from planning.imaging.dicom_series import read_with_slices

    read = read_with_slices(path, series_uid=series_uid, progress=progress)
    return read.volume, read.own_paths


def _patient(table: CaseTable, ct: Volume) -> Patient:
    """Return who the images show; the case file speaks only where they are silent."""
    year = "" if table.birth_year is None else str(table.birth_year)
    return replace(
        ct.patient,
        name=ct.patient.name or table.patient_name,
        patient_id=ct.patient.patient_id or table.patient_id,
        sex=ct.patient.sex or table.sex,
        birth_date=ct.patient.birth_date or year,
    )


def _patient_notes(table: CaseTable, ct: Volume) -> tuple[str, ...]:
    pairs = (
        ("name", ct.patient.name, table.patient_name),
        ("ID", ct.patient.patient_id, table.patient_id),
        ("sex", ct.patient.sex, table.sex),
    )
    return tuple(
        f'the images give the patient\'s {what} as "{image}", the case file as "{told}"'
        for what, image, told in pairs
        if image and told and image != told
    )


def _require_files(record: CaseFile, file: Path) -> None:
    """Check that every file the case names is there, before anything large is read."""
    named = [("[case]", "planning_ct", record.case.planning_ct)]
    for number, structure in enumerate(record.structure, start=1):
        entry = f"[[structure]] number {number}"
        named += [(entry, "mask", structure.mask), (entry, "names", structure.names)]
    for number, labels in enumerate(record.labels, start=1):
        entry = f"[[labels]] number {number}"
        named += [(entry, "mask", labels.mask), (entry, "names", labels.names)]
    for number, image in enumerate(record.image, start=1):
        entry = f"[[image]] number {number}"
        named += [(entry, "path", image.path), (entry, "transform", image.transform)]
    for entry, key, name in named:
        if name and not is_there(file.parent / name):
            folder = file.resolve().parent
            message = f'{file.name}, {entry}: {key} "{name}" is not in {folder}; correct the name.'
            raise InputError(message)
