"""What an image file cannot say of itself, to and from a case file's tables; reads no pixels."""

from __future__ import annotations

from dataclasses import asdict, replace

from planning.geometry import vec3
from planning.image import Patient, Series, Volume
from planning.records.case_record import FactsTable


def with_facts(volume: Volume, table: FactsTable | None) -> Volume:
    """Return a volume read from a file, with what the case file says of it."""
    if table is None:
        return volume
    facts = table.model_dump()
    isocentre, normal = facts.pop("isocentre_lps_mm"), facts.pop("slice_normal_lps")
    facts["instance_numbers"] = tuple(facts["instance_numbers"])
    facts["table_positions_mm"] = tuple(facts["table_positions_mm"])
    facts["sop_instance_uids"] = tuple(facts["sop_instance_uids"])
    names = {"name": "patient_name"}
    patient = {key: facts[names.get(key, key)] for key in Patient.__dataclass_fields__}
    series = {key: facts[key] for key in Series.__dataclass_fields__ if key != "isocentre_lps_mm"}
    return replace(
        volume,
        frame_of_reference_uid=table.frame_of_reference_uid,
        slice_normal_lps=volume.slice_normal_lps if normal is None else vec3(normal),
        series=Series(**series, isocentre_lps_mm=None if isocentre is None else vec3(isocentre)),
        patient=Patient(**patient),
        notes=tuple(dict.fromkeys((*volume.notes, *table.notes))),
    )


def facts_of(volume: Volume) -> dict[str, object]:
    """Return what a file of the volume's values and grid would not say, empty if that is all."""
    series, patient = asdict(volume.series), asdict(volume.patient)
    patient["patient_name"] = patient.pop("name")
    known = {"frame_of_reference_uid": volume.frame_of_reference_uid, **series, **patient}
    facts: dict[str, object] = {key: value for key, value in known.items() if value}
    if volume.notes:
        facts["notes"] = volume.notes
    if facts:
        facts["slice_normal_lps"] = volume.slice_normal_lps
    return facts
