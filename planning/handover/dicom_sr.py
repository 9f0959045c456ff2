"""A plan as DICOM Comprehensive 3D SR (TID 1500): paths, points and every measured number.

Reads no file and sends nothing. Stations do not navigate by it; archives and other programs find in
it where each needle goes, in the frame of reference of the CT.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import highdicom as hd
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.sr.coding import Code

from planning.errors import InputError
from planning.geometry import Vec3
from planning.handover.dicom_codes import OWN_SCHEME, PATH, SPECIMEN, STOP, TIP
from planning.handover.dicom_object import (
    MANUFACTURER,
    ObjectKind,
    any_name_accepted,
    label,
    object_uid,
    one_of_each_file,
    series_uid,
    tracking_uid,
    which,
)
from planning.handover.dicom_source import derived_uid
from planning.handover.notice import RESEARCH_USE, candidate_remarks, notice_of
from planning.model.plan import Candidate, PlanResult
from planning.trajectories.criteria import CRITERIA, Criterion

_BIOPSY_PLAN = Code("biopsy-plan", OWN_SCHEME, "Planning of an image guided needle biopsy")

_UCUM = {
    "mm": Code("mm", "UCUM", "millimeter"),
    "deg": Code("deg", "UCUM", "degree"),
    "HU": Code("[hnsf'U]", "UCUM", "Hounsfield unit"),
    "ml": Code("ml", "UCUM", "milliliter"),
    "": Code("1", "UCUM", "no units"),
}
_MOST_MEANING = 64  # characters of LO (PS3.5 6.2)


def plan_to_sr(
    plan: PlanResult,
    slices: Sequence[Dataset],
    candidates: Sequence[Candidate],
    made_at: datetime,
) -> hd.sr.Comprehensive3DSR:
    """Return the document of some of a plan's candidates.

    Of each there are a path (POLYLINE from skin to tip), the specimen's part of it, and stop and
    tip as points, all SCOORD3D in LPS mm in the CT's frame of reference, tied together by one
    tracking identifier; the path carries every criterion that is known, with its UCUM unit.

    Parameters
    ----------
    slices : sequence of Dataset
        Of the CT, as `dicom_source.source_slices` returns them.

    Raises
    ------
    InputError
        If there is no candidate, or a criterion's unit has no UCUM code.
    """
    of = which(candidates)
    frame = str(slices[0].FrameOfReferenceUID)
    report = hd.sr.MeasurementReport(
        observation_context=_observers(plan),
        procedure_reported=_BIOPSY_PLAN,
        imaging_measurements=[
            group for candidate in candidates for group in _groups(plan, candidate, frame)
        ],
        title=codes.DCM.ImagingMeasurementReport,
        referenced_images=None,
    )
    with any_name_accepted():
        document = hd.sr.Comprehensive3DSR(
            evidence=list(one_of_each_file(slices)),
            content=report,
            series_instance_uid=series_uid(ObjectKind.SR, plan, slices),
            series_number=ObjectKind.SR.series_number,
            sop_instance_uid=object_uid(ObjectKind.SR, plan, slices, made_at, *of),
            instance_number=1,
            manufacturer=MANUFACTURER,
            is_complete=True,
            is_final=False,
        )
    label(document, plan, made_at)
    return document


def _observers(plan: PlanResult) -> hd.sr.ObservationContext:
    device = hd.sr.DeviceObserverIdentifyingAttributes(
        uid=derived_uid("Trephine", plan.software_version),
        name=f"Trephine {plan.software_version}",
        manufacturer_name=MANUFACTURER,
        model_name=RESEARCH_USE,
    )
    context = hd.sr.ObserverContext(
        observer_type=codes.DCM.Device, observer_identifying_attributes=device
    )
    return hd.sr.ObservationContext(observer_device_context=context)


def _groups(
    plan: PlanResult, candidate: Candidate, frame: str
) -> list[hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations]:
    path = candidate.trajectory
    tracking = hd.sr.TrackingIdentifier(
        uid=tracking_uid(plan, candidate),
        identifier=candidate.candidate_id,
    )
    line = (path.entry_lps_mm, path.tip_lps_mm)
    remarks = (notice_of(plan), *candidate_remarks(candidate))
    return [
        _group(tracking, PATH, line, frame, _measurements(candidate), remarks),
        _group(tracking, SPECIMEN, candidate.specimen_lps_mm, frame),
        _group(tracking, STOP, (candidate.stop_lps_mm,), frame),
        _group(tracking, TIP, (path.tip_lps_mm,), frame),
    ]


def _group(
    tracking: hd.sr.TrackingIdentifier,
    meaning: Code,
    points: Sequence[Vec3],
    frame: str,
    measurements: Sequence[hd.sr.Measurement] = (),
    remarks: Sequence[str] = (),
) -> hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations:
    kinds = hd.sr.GraphicTypeValues3D
    region = hd.sr.ImageRegion3D(
        graphic_type=kinds.POINT if len(points) == 1 else kinds.POLYLINE,
        graphic_data=np.array(points, dtype=float),
        frame_of_reference_uid=frame,
    )
    group = hd.sr.PlanarROIMeasurementsAndQualitativeEvaluations(
        tracking_identifier=tracking,
        referenced_region=region,
        finding_type=meaning,
        measurements=list(measurements) or None,
    )
    # As text: a code's meaning has 64 characters, and no remark may be cut short.
    contains = hd.sr.RelationshipTypeValues.CONTAINS
    group[0].ContentSequence.extend(
        hd.sr.TextContentItem(codes.DCM.Comment, text, relationship_type=contains)
        for text in remarks
    )
    return group


def _measurements(candidate: Candidate) -> list[hd.sr.Measurement]:
    known = ((c, candidate.criteria.get(c.key)) for c in CRITERIA)
    return [
        hd.sr.Measurement(name=_named(criterion), value=value, unit=_unit(criterion))
        for criterion, value in known
        if value is not None
    ]


def _named(criterion: Criterion) -> Code:
    return Code(criterion.key, OWN_SCHEME, criterion.label[:_MOST_MEANING])


def _unit(criterion: Criterion) -> Code:
    if criterion.unit not in _UCUM:
        message = f"No UCUM code is known for the unit {criterion.unit!r} of {criterion.key}."
        raise InputError(message)
    return _UCUM[criterion.unit]
