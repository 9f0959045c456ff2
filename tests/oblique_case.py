"""A named patient's oblique, asymmetric case with a plan, for tests of everything handed over.

Nothing in it is symmetric: a mirrored, transposed or scaled axis shows in every coordinate.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import numpy as np

from app import catalogue
from app.key_views import key_pages, key_views
from app.reports.document import report
from planning.geometry import Grid, Vec3, vec3
from planning.handover.content import HandOver, chosen_of, file_stem
from planning.image import CaseImages, Mask, Patient, Series, Volume
from planning.model.approval import Approval
from planning.model.case import Case, Guidance, Position, Role, Structure
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, NotChecked, Notice, PlanResult
from planning.records.approval_file import approval_to_json
from tests import example_plans

MADE_AT = datetime(2026, 11, 26, 16, 30, 5, tzinfo=timezone(timedelta(hours=1)))
NAME, PATIENT_ID, BIRTH_DATE = "Mustermann^Jürgen^Ö", "PID-4711-X", "1960-02-03"
ACCESSION, STUDY, SERIES, FRAME = "ACC998877", "1.2.826.77.1", "1.2.826.77.2", "1.2.826.77.3"
SLICE = "1.2.826.77.4"

_TURNS_DEG = (12.0, -9.0, 5.0)


def grid() -> Grid:
    """Return a grid whose three axes are turned, with three spacings, far from the origin."""
    axes = np.eye(3)
    for axis, turn_deg in enumerate(_TURNS_DEG):
        c, s = np.cos(np.radians(turn_deg)), np.sin(np.radians(turn_deg))
        turn = np.eye(3)
        one, other = (axis + 1) % 3, (axis + 2) % 3
        turn[one, one], turn[one, other], turn[other, one], turn[other, other] = c, -s, s, c
        axes = axes @ turn
    i, j, k = axes.T
    return Grid(
        size_ijk=(70, 64, 40),
        spacing_mm=(1.5, 1.5, 2.5),
        origin_lps_mm=(-131.25, 12.3456789, -200.0 + 1.0 / 3.0),
        direction_lps=(vec3(i), vec3(j), vec3(k)),
    )


def ct() -> Volume:
    """Return a CT of DICOM of a named patient, another value in every corner."""
    where = grid()
    k, j, i = np.indices(where.shape_kji)
    return Volume(
        grid=where,
        values=(i + 3 * j + 7 * k - 400).astype(np.int16),
        slice_normal_lps=where.direction_lps[2],
        frame_of_reference_uid=FRAME,
        series=Series(
            modality="CT",
            sop_class_uid="1.2.840.10008.5.1.4.1.1.2",
            study_uid=STUDY,
            study_id="ST5566",
            study_date="2026-11-20",
            study_time="10:11:12",
            accession_number=ACCESSION,
            series_uid=SERIES,
            series_number="5",
            description="Becken Mustermann",
            date="2026-11-20",
            position_code="HFP",
            sop_instance_uids=tuple(f"{SLICE}.{number}" for number in range(40)),
            instance_numbers=tuple(range(40, 0, -1)),
        ),
        patient=patient(),
        notes=(f"read from /data/{PATIENT_ID}",),
    )


def patient() -> Patient:
    """Return who it is."""
    return Patient(name=NAME, patient_id=PATIENT_ID, sex="M", birth_date=BIRTH_DATE, age="066Y")


def candidate(rank: int, entry_ijk: Vec3, tip_ijk: Vec3) -> Candidate:
    """Return a candidate between two places on the grid, oblique to every axis."""
    where = grid()
    path = Trajectory(vec3(where.lps_from_index(entry_ijk)), vec3(where.lps_from_index(tip_ijk)))
    needle = example_plans.SPRUNG
    return replace(
        example_plans.candidate(rank, path.entry_lps_mm),
        trajectory=path,
        stop_lps_mm=path.stop_lps_mm(needle),
        specimen_lps_mm=path.specimen_lps_mm(needle),
    )


def plan() -> PlanResult:
    """Return a plan whose free text names the patient, dates and UIDs."""
    first = candidate(1, (6.25, 8.5, 30.0), (41.0, 44.0, 11.0))
    said = Notice("seen", f"seen on 2026-11-20 in {SERIES}: ask Dr. Mustermann, 03.02.1960")
    first = replace(
        first,
        warnings=(said,),
        compartments=(("muscle Mustermann", 12.5),),
        nearest=(replace(first.nearest[0], structure="nerve Mustermann"),),
    )
    return replace(
        example_plans.plan(),
        case_name="Mustermann, Läsion links",
        frame_of_reference_uid=FRAME,
        series_uid=SERIES,
        candidates=(first, candidate(2, (60.0, 9.0, 4.0), (25.0, 33.0, 21.5))),
        not_checked=(NotChecked("nerve Mustermann", "no mask since 20261120"),),
        warnings=(Notice("mask", f"mask of {PATIENT_ID}, {ACCESSION}, checked by Dr. Weber"),),
        viability_source="tumour mask by model X of 2026-11-21, checked by Weber",
    )


def case(of: PlanResult) -> Case:
    """Return the case of a plan: a tumour, and a nerve on one side only."""
    tumour = Structure(
        name="lesion",
        role=Role.TUMOUR,
        mask_id=f"masks/{PATIENT_ID}.nii.gz",
        made_by="model X",
        series=SERIES,
        date="2026-11-21",
        verified_by="Weber",
    )
    nerve = Structure(
        name="nerve Mustermann", role=Role.NERVE, mask_id="nerve", margin_mm=5.0, reason="as agreed"
    )
    return Case(
        name=of.case_name,
        ct_id="ct",
        patient=patient(),
        ct_position=Position.SUPINE,
        patient_position=Position.PRONE,
        site="ilium",
        structures=(tumour, nerve),
        surgeon="Dr. Weber",
        remarks="Herr Mustermann kommt am 27.11.2026",
        notes=(f"read from {PATIENT_ID}",),
        plan=of,
        approval=approval(),
    )


def approval() -> Approval:
    """Return who stands for the plan."""
    return Approval(
        approved_by="Weber",
        at="2026-11-26T12:00:00+01:00",
        plan_number=1,
        plan_sha256="0" * 64,
        candidate_ids=("c1", "c2"),
    )


def images() -> CaseImages:
    """Return CT and masks; the tumour lies around the first tip."""
    where, masks = grid(), {}
    places = {f"masks/{PATIENT_ID}.nii.gz": ((7, 38, 34), 9), "nerve": ((15, 20, 50), 5)}
    for name, (low, size) in places.items():
        inside = np.zeros(where.shape_kji, dtype=np.bool_)
        inside[tuple(slice(start, start + size + n) for n, start in enumerate(low))] = True
        masks[name] = Mask(grid=where, inside=inside, frame_of_reference_uid=FRAME)
    return CaseImages(ct=ct(), masks=masks)


def hand_over() -> HandOver:
    """Return all of it, as it is handed over; what draws it needs an application."""
    of = plan()
    return HandOver(
        plan=of,
        chosen=chosen_of(of, ("c1", "c2")),
        made_at=MADE_AT,
        stem=file_stem(of.case_name, MADE_AT),
        case=case(of),
        images=images(),
        is_approved=True,
        approval_json=approval_to_json(approval()),
        error_model=catalogue.error_models()[Guidance.NAVIGATED],
        pictures=key_views,
        documents=key_pages,
        reports=report,
    )
