"""An open case as the text of its `case.toml`; writes no files and copies no images."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields
from enum import Enum
from typing import Any

from planning import __version__
from planning.image import Patient
from planning.model.case import Case, OwnPath, Structure
from planning.model.clinical import Clinical
from planning.records.case_record import NEWEST_VERSION
from planning.records.document_json import field_to_json
from planning.records.toml_text import Table, toml_text

_HEAD = "# Written by Trephine. Research use only. Not a medical device.\n"
_WITH_WORDS = frozenset(
    {
        "name",
        "ct_id",
        "patient",
        "ct_position",
        "patient_position",
        "indication",
        "site",
        "lesion",
        "needle_key",
        "protocol_key",
        "guidance",
        "error_model",
        "viability_source",
        "surgeon",
        "strategy",
        "rule_changes",
        "viability_image",
        "viability_threshold",
        "core_count",
        "one_entry",
        "structures",
        "second_images",
        "notes",
        "side_notes",
        "own_paths",
        "weights",
        "limits",
        "remarks",
        "clinical",
        "plan",
        "plan_number",
        "approval",
        "past_plans",
    }
)
"""Fields of a case that the case file, or a file beside it, has words for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlace:
    """Where an image is in the case's folder, and what its file does not say.

    Parameters
    ----------
    path : str
        Relative to the folder.
    unit : str
        Of the values, where the file does not say it.
    """

    path: str
    facts: Table
    transform: str = ""
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where everything that a case file names is, relative to it.

    Parameters
    ----------
    masks : mapping of str to str
        By mask_id.
    empty : frozenset of str
        Mask ids without any voxel.
    second : mapping of str to ImagePlace
        By key; those that are missing are left out of the file.
    past : tuple of (str, str)
        Plan and approval of each past plan.
    """

    ct: ImagePlace
    masks: Mapping[str, str]
    empty: frozenset[str]
    second: Mapping[str, ImagePlace]
    past: tuple[tuple[str, str], ...]
    plan_sha256: str


def case_toml(case: Case, image_patient: Patient, places: Places) -> str:
    """Return the text of the case file.

    Parameters
    ----------
    image_patient : Patient
        Who the CT's files say was scanned: the case file speaks where they are silent.
    """
    source = case.viability_source
    viability: dict[str, object] = {"source": source}
    if case.viability_image:
        viability |= {"image": case.viability_image, "threshold": case.viability_threshold}
    document = {
        "schema_version": NEWEST_VERSION,
        "saved": _saved(case, places),
        "case": _case_table(case, image_patient, places.ct.path),
        "ct": dict(places.ct.facts) or None,
        "clinical": _said(case.clinical) or None,
        "viability": viability,
        "weights": dict(case.weights) or None,
        "structure": [_structure(s, places) for s in case.structures],
        "image": _images(case, places),
        "rule": [_plain(r) for r in case.rule_changes],
        "limit": [_plain(change) for change in case.limits],
        "own_path": [_own_path(path) for path in case.own_paths],
        "past": [
            {
                "number": past.number,
                "plan": plan,
                "approval": approval,
                "own_path": [_own_path(path) for path in past.own_paths],
            }
            for past, (plan, approval) in zip(case.past_plans, places.past, strict=True)
        ],
    }
    return _HEAD + toml_text({key: value for key, value in document.items() if value != []})


def _saved(case: Case, places: Places) -> Table:
    more = {
        f.name: field_to_json(f.name, getattr(case, f.name))
        for f in fields(Case)
        if f.name not in _WITH_WORDS and getattr(case, f.name) != _default(f)
    }
    return {
        "by": f"Trephine {__version__}",
        "plan_number": case.plan_number,
        "plan_sha256": places.plan_sha256 or None,
        "notes": case.notes,
        "side_notes": case.side_notes or None,
        "more": more or None,
    }


def _case_table(case: Case, image_patient: Patient, ct: str) -> Table:
    patient, year = case.patient, case.patient.birth_date[:4]
    silent = {
        "patient_name": "" if image_patient.name else patient.name,
        "patient_id": "" if image_patient.patient_id else patient.patient_id,
        "sex": "" if image_patient.sex else patient.sex,
    }
    told = {
        "name": case.name,
        "planning_ct": ct,
        "patient_position": _plain_value(case.patient_position),
        "ct_position": _plain_value(case.ct_position),
        "indication": case.indication.value,
        "site": case.site,
        "lesion": case.lesion,
        "needle": case.needle_key,
        "protocol": case.protocol_key,
        "guidance": _plain_value(case.guidance),
        "error_model": case.error_model,
        **silent,
        "birth_year": int(year) if year.isdigit() and not image_patient.birth_date else None,
        "surgeon": case.surgeon,
        "strategy": case.strategy.value,
        "core_count": case.core_count or None,
        "one_entry": case.one_entry,
        "remarks": case.remarks,
    }
    return {key: value for key, value in told.items() if value != ""}


def _said(clinical: Clinical) -> Table:
    return {key: value for key, value in asdict(clinical).items() if value}


def _structure(structure: Structure, places: Places) -> Table:
    told = _plain(structure)
    mask_id = told.pop("mask_id")
    return {
        "role": told.pop("role"),
        "name": told.pop("name"),
        "mask": places.masks[structure.mask_id],
        "id": mask_id,
        "in_frame": True,
        "empty": True if structure.mask_id in places.empty else None,
        **told,
    }


def _images(case: Case, places: Places) -> list[Table]:
    found: list[Table] = []
    for image in case.second_images:
        place = places.second.get(image.path)
        if place is not None:
            table: dict[str, object] = {"kind": image.kind, "path": place.path}
            told = {"transform": place.transform, "unit": place.unit}
            table |= {key: value for key, value in told.items() if value}
            table |= {} if image.path == place.path else {"id": image.path}
            found.append(table | ({"facts": dict(place.facts)} if place.facts else {}))
    return found


def _own_path(path: OwnPath) -> Table:
    return {
        "id": path.path_id,
        "entry_lps_mm": path.trajectory.entry_lps_mm,
        "tip_lps_mm": path.trajectory.tip_lps_mm,
    }


def _plain(value: Any) -> dict[str, Any]:
    """Return the fields of a small value, those left out that are as they would be anyway."""
    pairs = ((f, getattr(value, f.name)) for f in fields(value))
    return {f.name: _plain_value(held) for f, held in pairs if held != _default(f)}


def _plain_value(value: object) -> object:
    return value.value if isinstance(value, Enum) else value


def _default(field: Field[Any]) -> object:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default
