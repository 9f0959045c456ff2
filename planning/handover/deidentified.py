"""What is handed over, without who the patient is: other names, no dates, new UIDs; writes nothing.

After the Basic Application Level Confidentiality Profile (DICOM PS3.15 annex E): identifiers are
replaced, dates and free text removed, UIDs replaced by others, the same for the same. It is done
once, on the values, so that every format says the same. Pixels stay as they are: a face in the CT
stays a face.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields, is_dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Any, TypeVar

from planning.handover.content import HandOver
from planning.handover.dicom_source import derived_uid
from planning.image import CaseImages, Mask, Patient, Series, Volume
from planning.model.case import Case, Role, Structure
from planning.model.clinical import Clinical
from planning.model.needle import Needle, Trajectory
from planning.model.plan import NotChecked, PlanResult
from planning.trajectories.criteria import CRITERION_KEYS

NO_DATE = datetime(1900, 1, 1, tzinfo=UTC)
"""Stands where a format demands some date."""

REMOVED = "[removed]"

_DATES = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d[-./]?(?:0[1-9]|1[0-2])[-./]?(?:0[1-9]|[12]\d|3[01])"
    r"|(?:0?[1-9]|[12]\d|3[01])[./](?:0?[1-9]|1[0-2])[./](?:19|20)\d\d)(?!\d)"
)
_UID = re.compile(r"(?<![\d.])(?:2\.25\.\d{9,}|[0-2](?:\.\d+){4,})(?!\.?\d)")
_OPERATOR = re.compile(r"\boperator .*?(?= until |$)")
_FROM_LETTERS = 4
"""Shorter names are replaced only where they stand alone: "Li" is no part of "limit"."""

_KEYS = frozenset(
    {
        *("key", "candidate_id", "path_id", "kind", "role", "guidance", "indication", "container"),
        *("protocol_key", "protocol_version", "protocol_sha256", "software_version"),
        *("patient_position", "ct_position", "criteria", "measures", "rejected", "contributions"),
        *("weights", "error_model_sha256", "violations", "advice", "mask_id"),
    }
)
"""Fields that hold words of programs, no words of people."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What must not be found any more, and what stands in its place.

    Parameters
    ----------
    secret : str
        Drawn for one export and kept nowhere: nobody can find out which UID a new one stands for.
    pseudonym : str
        What patient and case are called.
    words : tuple of str
        Names and numbers of the patient and of those who work on the case, longest first.
    """

    secret: str
    pseudonym: str
    words: tuple[str, ...]

    def uid(self, uid: str) -> str:
        """Return what stands for a UID; nothing for none."""
        return derived_uid("de-identified", self.secret, uid) if uid else ""

    def text(self, text: str) -> str:
        """Return free text without names, numbers, dates and UIDs."""
        text = _UID.sub(lambda found: self.uid(found[0]), text)
        text = _DATES.sub(REMOVED, text)
        for word in self.words:
            text = _pattern(word).sub(REMOVED, text)
        return text


def identity_of(what: HandOver, secret: str) -> Identity:
    """Return what an export says of the patient, as far as case and images tell."""
    pseudonym = f"Case {derived_uid('pseudonym', secret)[-8:]}"
    return Identity(secret=secret, pseudonym=pseudonym, words=_words(what))


def deidentified(what: HandOver, secret: str) -> HandOver:
    """Return what is handed over without who the patient is.

    The approval is left out: it names people, and is bound to the plan as it was. So are reviews,
    plans before, remarks, and second images.

    Parameters
    ----------
    secret : str
        Random text; the same text gives the same names and UIDs.
    """
    who = identity_of(what, secret)
    plan = _plan(what.plan, who)
    images = None if what.images is None else _images(what.images, who)
    case = None if what.case is None else _case(what.case, plan, who)
    if case is not None and images is not None:
        case, images = _renumbered(case, images)
    known = {c.candidate_id: c for c in plan.candidates}
    return HandOver(
        plan=plan,
        chosen=tuple(known.get(c.candidate_id) or _cleaned(c, who) for c in what.chosen),
        made_at=NO_DATE,
        stem=who.pseudonym.lower().replace(" ", "-"),
        case=case,
        images=images,
        is_approved=what.is_approved,
        error_model=what.error_model,
        pictures=what.pictures,
        documents=what.documents,
        reports=what.reports,
        is_deidentified=True,
    )


def traces(what: HandOver) -> tuple[bytes, ...]:
    """Return the bytes that no file of the de-identified export may hold."""
    patient = what.patient
    found = [patient.name, patient.readable_name, what.plan.series_uid]
    found += [what.plan.frame_of_reference_uid]
    if what.images is not None:
        series = what.images.ct.series
        found += [series.study_uid, series.series_uid, *series.sop_instance_uids[:1]]
        found += [what.images.ct.frame_of_reference_uid, what.images.ct.patient.name]
        found += [series.accession_number, patient.patient_id, what.images.ct.patient.patient_id]
    telling = (text for text in found if len(text) > _FROM_LETTERS)
    return tuple(dict.fromkeys(text.encode("utf-8") for text in telling))


def _words(what: HandOver) -> tuple[str, ...]:
    case, images = what.case, what.images
    patients = [what.patient, *([] if images is None else [images.ct.patient])]
    whole = [what.plan.case_name]
    for patient in patients:
        whole += [patient.name, patient.readable_name, patient.patient_id, *_days(patient)]
        whole += re.split(r"[\^=,\s]+", patient.name)
    if case is not None:
        whole += [case.name, case.surgeon, *(s.verified_by for s in case.structures)]
        whole += [] if case.approval is None else [case.approval.approved_by]
        plain = {*Role, *(structure.name for structure in case.structures)}
        whole = [word for word in whole if word not in plain]  # a case called "lesion"
    if images is not None:
        series = images.ct.series
        whole += [series.accession_number, series.study_id if len(series.study_id) > 3 else ""]
    words = {word.strip() for word in whole if len(word.strip()) > 1}
    return tuple(sorted(words, key=lambda word: (-len(word), word)))


def _days(patient: Patient) -> list[str]:
    return [patient.birth_date, patient.birth_date.replace("-", "")]


def _pattern(word: str) -> re.Pattern[str]:
    quoted = re.escape(word)
    if len(word) < _FROM_LETTERS or word.isdigit():
        quoted = rf"(?<![^\W_]){quoted}(?![^\W_])"
    return re.compile(quoted, re.IGNORECASE)


def _plan(plan: PlanResult, who: Identity) -> PlanResult:
    cleaned = _cleaned(plan, who)
    searched = cleaned.searched
    return replace(
        cleaned,
        case_name=who.pseudonym,
        frame_of_reference_uid=who.uid(plan.frame_of_reference_uid),
        series_uid=who.uid(plan.series_uid),
        inputs_sha256=_digest(plan.inputs_sha256, who),
        error_model=_OPERATOR.sub(f"operator {REMOVED}", cleaned.error_model),
        searched=searched and replace(searched, inputs_sha256=_digest(searched.inputs_sha256, who)),
    )


def _digest(sha256: str, who: Identity) -> str:
    """Return a digest that stands for another one, so that nobody can look that one up."""
    return hashlib.sha256(f"{who.secret}{sha256}".encode()).hexdigest() if sha256 else ""


def _case(case: Case, plan: PlanResult, who: Identity) -> Case:
    cleaned = _cleaned(case.structures, who)
    return Case(
        name=who.pseudonym,
        ct_id=case.ct_id,
        patient=_nobody(who),
        ct_position=case.ct_position,
        patient_position=case.patient_position,
        indication=case.indication,
        site=case.site,
        lesion=who.text(case.lesion),
        needle_key=case.needle_key,
        protocol_key=case.protocol_key,
        guidance=case.guidance,
        strategy=case.strategy,
        core_count=case.core_count,
        one_entry=case.one_entry,
        structures=tuple(_structure(structure) for structure in cleaned),
        clinical=_hidden(case.clinical),
        own_paths=case.own_paths,
        weights=case.weights,
        plan=plan,
    )


def _hidden(clinical: Clinical) -> Clinical:
    """Return what was written about a biopsy as removed; what nobody wrote stays not stated."""
    return replace(clinical, **{key: REMOVED for key, text in asdict(clinical).items() if text})


def _structure(structure: Structure) -> Structure:
    """Return a structure whose words are clean without what people wrote about it."""
    return replace(
        structure,
        reason="",
        series="",
        date="",
        verified_by="",
        excluded_because=structure.excluded_because and REMOVED,
        stale_because=structure.stale_because and REMOVED,
    )


def _images(images: CaseImages, who: Identity) -> CaseImages:
    masks = {
        key: replace(mask, frame_of_reference_uid=who.uid(mask.frame_of_reference_uid))
        for key, mask in images.masks.items()
    }
    return CaseImages(ct=_volume(images.ct, who), masks=masks)


def _volume(ct: Volume, who: Identity) -> Volume:
    series = ct.series
    return Volume(
        grid=ct.grid,
        values=ct.values,
        slice_normal_lps=ct.slice_normal_lps,
        frame_of_reference_uid=who.uid(ct.frame_of_reference_uid),
        series=Series(
            modality=series.modality,
            sop_class_uid=series.sop_class_uid,
            study_uid=who.uid(series.study_uid),
            series_uid=who.uid(series.series_uid),
            series_number=series.series_number,
            position_code=series.position_code,
            isocentre_lps_mm=series.isocentre_lps_mm,
            instance_numbers=series.instance_numbers,
            table_positions_mm=series.table_positions_mm,
            sop_instance_uids=tuple(who.uid(uid) for uid in series.sop_instance_uids),
        ),
        patient=_nobody(who),
        unit=ct.unit,
    )


def _nobody(who: Identity) -> Patient:
    name = who.pseudonym.replace(" ", "^")  # a name of one part alone is no name to DICOM
    return Patient(name=name, patient_id=who.pseudonym)


def _renumbered(case: Case, images: CaseImages) -> tuple[Case, CaseImages]:
    """Return both with masks under numbers: their keys are names of files."""
    keys = {key: f"mask-{number}" for number, key in enumerate(images.masks, start=1)}
    structures = tuple(replace(s, mask_id=keys.get(s.mask_id, "")) for s in case.structures)
    masks: Mapping[str, Mask] = {keys[key]: mask for key, mask in images.masks.items()}
    return replace(case, structures=structures), replace(images, masks=masks)


def _cleaned(value: T, who: Identity) -> T:
    """Return a value with every word that a person wrote cleaned, however deep it stands."""
    cleaned: T = _walk(value, who.text)
    return cleaned


def _walk(value: Any, clean: Callable[[str], str]) -> Any:
    if isinstance(value, Enum | Needle | Trajectory):
        return value
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, NotChecked):
        key = value.key if value.key in CRITERION_KEYS else clean(value.key)
        return NotChecked(key, clean(value.reason))
    if isinstance(value, tuple):
        return tuple(_walk(inner, clean) for inner in value)
    if isinstance(value, Mapping):
        return {clean(key): _walk(inner, clean) for key, inner in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        changed = {
            field.name: _walk(getattr(value, field.name), clean)
            for field in fields(value)
            if field.name not in _KEYS
        }
        return replace(value, **changed)
    return value
