"""A small review with awkward values in it, for tests of everything that reads or writes one."""

from __future__ import annotations

from planning.model.execution import (
    AchievedSampling,
    ControlRegistration,
    ControlScan,
    ExecutedNeedle,
    NeedleState,
    PatientCheck,
    PlacementError,
    Review,
    ReviewedNeedle,
    SpecimenKnowledge,
    Tolerance,
)
from planning.model.plan import Nearest
from planning.trajectories.criteria import CRITERION_KEYS

EXECUTED = ExecutedNeedle(
    entry_lps_mm=(10.5, 20.25, -3.125),
    tip_lps_mm=(11.0, 21.0, 35.5),
    method="automatic",
    rms_mm=0.21,
    bending_mm=0.4,
    diameter_mm=2.0,
    confidence=0.93,
    doubts=("only 8 slices show it",),
)
ERROR = PlacementError(
    euclidean_tip_mm=3.605551,
    lateral_tip_mm=2.0,
    depth_mm=-3.0,
    euclidean_entry_mm=1.5,
    target_to_axis_mm=1.75,
    angle_deg=1.2,
    in_plane_mm=-1.2,
    off_plane_mm=1.6,
)
ACHIEVED = AchievedSampling(
    specimen_lps_mm=((11.0, 21.0, 35.5), (11.2, 21.3, 50.5)),
    knowledge=SpecimenKnowledge.INFERRED,
    criteria={
        key: None if number % 3 else 0.5 * number for number, key in enumerate(CRITERION_KEYS)
    },
    habitat_mm={'Habitat "B", myxoid': 4.5, "Habitat A": 6.0},
    nearest=(
        Nearest(
            structure="A. iliaca interna rechts, \u00e4u\u00dferer Ast",
            role="vessel",
            clearance_mm=-0.25,
            depth_mm=41.0,
            point_lps_mm=(8.305, 1.0, 2.0),
            margin_mm=5.0,
        ),
    ),
)


def review() -> Review:
    """Return a review of three cores, of which one was imaged, with a needle nobody planned."""
    return Review(
        plan_sha256="ab" * 32,
        registration=ControlRegistration(
            method="rigid",
            control_to_planning=(
                0.8,
                -0.6,
                0.0,
                12.5,
                0.6,
                0.8,
                0.0,
                -7.25,
                0.0,
                0.0,
                1.0,
                150.0,
                0.0,
                0.0,
                0.0,
                1.0,
            ),
            residual_mm=0.41,
            residual_p95_mm=1.3,
            accepted=True,
            notes=("the new scan shows only 40 % of the bone around the lesion",),
        ),
        needles=(
            ReviewedNeedle(
                core="T1",
                needle_state=NeedleState.COCKED,
                executed=EXECUTED,
                error=ERROR,
                achieved=ACHIEVED,
                within_tolerance=True,
            ),
            ReviewedNeedle(core="T2", needle_state=NeedleState.REMOVED),
            ReviewedNeedle(core="C1", needle_state=NeedleState.REMOVED),
        ),
        unplanned=(
            ExecutedNeedle(
                entry_lps_mm=(1.0, 2.0, 3.0), tip_lps_mm=(4.0, 5.0, 6.0), method="automatic"
            ),
        ),
        warnings=("both scans agree on the patient's sex alone",),
        control=ControlScan(
            series_uid="1.2.3",
            frame_of_reference_uid="",
            date="2026-11-26",
            time="10:04:05",
            slices=20,
            slice_mm=3.0,
        ),
        patient=PatientCheck(agrees=("sex",), missing=("ID", "name", "birth date")),
        tolerance=Tolerance(lateral_tip_mm=5.0, depth_mm=5.0, angle_deg=5.0),
        software_version="0.1.0",
    )
