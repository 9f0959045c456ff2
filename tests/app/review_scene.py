"""A planned phantom and a control CT of it with a needle, for tests of the review; no assertions.

The control CT is computed where each voxel lies in the moved patient, and its needle is a solid
cylinder of metal, so that its pose is exact.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.execution.control_scan import registration_record
from planning.geometry import Vec3, vec3
from planning.image import CaseImages, Mask, Volume
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.model.case import Case, Position, Role, Structure
from planning.model.case_review import CaseReview
from planning.model.execution import ExecutedNeedle, Review
from planning.model.needle import Needle, Trajectory
from planning.model.plan import PlanResult
from tests.app.conftest import candidate
from tests.bone_scans import LESION, scanned
from tests.moved_scans import motion

TRUTH = motion((7.0, -5.0, 9.0), (3.0, -2.0, 4.0), LESION)
"""From the planning CT to the control CT."""

ENTRY, TIP = (22.0, 58.0, 12.0), (11.0, -7.0, 5.0)
"""Of the first planned core."""

OFF_ENTRY, OFF_TIP = (2.0, 0.0, 1.5), (-1.6, 0.0, -2.2)
"""How far its needle entered and ended from there."""


def ball(ct: Volume, centre_lps_mm: np.ndarray, radius_mm: float) -> Mask:
    """Return a ball on a CT's grid."""
    k, j, i = np.indices(ct.grid.shape_kji)
    away = ct.grid.lps_from_index(np.stack([i, j, k], axis=-1)) - centre_lps_mm
    return Mask(grid=ct.grid, inside=np.linalg.norm(away, axis=-1) < radius_mm).cropped()


def planned_case(needle: Needle, plan: PlanResult) -> tuple[Case, CaseImages]:
    """Return a case with a lesion, a nerve and two planned cores into it."""
    ct = scanned(pixel_mm=2.0, slice_mm=2.0)
    masks = {
        "tumour": ball(ct, LESION, 14.0),
        "necrosis": ball(ct, LESION + np.array([0.0, -9.0, 0.0]), 4.0),
        "nerve": ball(ct, LESION + np.array([24.0, 14.0, 0.0]), 4.0),
    }
    paths = (Trajectory(ENTRY, TIP), Trajectory((8.0, 60.0, 2.0), (8.0, -4.0, 2.0)))
    cores = tuple(
        replace(
            candidate(needle, rank, path.tip_lps_mm),
            trajectory=path,
            stop_lps_mm=path.stop_lps_mm(needle),
            specimen_lps_mm=path.specimen_lps_mm(needle),
        )
        for rank, path in enumerate(paths, start=1)
    )
    case = Case(
        name="reviewed",
        ct_id="ct",
        patient=ct.patient,
        ct_position=Position.SUPINE,
        patient_position=Position.PRONE,
        needle_key=needle.key,
        structures=(
            Structure(name="lesion", role=Role.TUMOUR, mask_id="tumour"),
            Structure(name="dead middle", role=Role.NECROSIS, mask_id="necrosis"),
            Structure(name="sciatic nerve", role=Role.NERVE, mask_id="nerve"),
        ),
        plan=replace(plan, candidates=cores, needle=needle, guidance="freehand"),
    )
    return case, CaseImages(ct=ct, masks=masks)


def executed_ends() -> tuple[Vec3, Vec3]:
    """Return where the needle really entered and ended, in the planning CT."""
    return vec3(np.add(ENTRY, OFF_ENTRY)), vec3(np.add(TIP, OFF_TIP))


def control_ct(needle: Needle, *, with_needle: bool = True, seed: int = 9) -> Volume:
    """Return a control CT in a frame of its own: moved, thicker slices, a needle of metal."""
    scan = scanned(TRUTH, pixel_mm=1.4, slice_mm=2.5, height_mm=90.0, seed=seed, frame="control")
    if not with_needle:
        return scan
    entry, tip = TRUTH.second_from_ct(executed_ends())
    axis = (tip - entry) / np.linalg.norm(tip - entry)
    hub = tip - 105.0 * axis
    k, j, i = np.indices(scan.grid.shape_kji)
    values = np.zeros(scan.grid.shape_kji)
    for part in (-0.3, 0.0, 0.3):  # of a slice
        points = scan.grid.lps_from_index(np.stack([i, j, k + part], axis=-1))
        along = (points - hub) @ axis
        across = np.linalg.norm(np.cross(points - hub, axis), axis=-1)
        inside = np.clip(0.5 + (needle.radius_mm - across) / 1.0, 0.0, 1.0)
        values += inside * np.clip(0.5 + (105.0 - along), 0.0, 1.0) * (along > 0.0) / 3.0
    metal = scan.values + values * 6000.0
    return replace(scan, values=np.clip(np.rint(metal), -1024, 3071).astype(np.int16))


def registration(transform: RigidTransform) -> Registration:
    """Return a registration that nothing is said against."""
    return Registration(
        transform=transform, residual=None, method="rigid", overlap=0.9, correlation=0.95
    )


def executed(method: str = "automatic", shift_mm: Vec3 = (0.0, 0.0, 0.0)) -> ExecutedNeedle:
    """Return the needle as it lies in the planning CT, or one beside it."""
    entry, tip = (vec3(np.add(end, shift_mm)) for end in executed_ends())
    return ExecutedNeedle(
        entry_lps_mm=entry, tip_lps_mm=tip, method=method, confidence=0.9, bending_mm=0.4
    )


def case_review(
    *found: ExecutedNeedle, transform: RigidTransform = TRUTH, sha: str = "scan"
) -> CaseReview:
    """Return a review whose registration is accepted and whose cores nobody answered for."""
    return CaseReview(
        path="/somewhere/control",
        chosen_series_uid="",
        values_sha256=sha,
        at="2026-11-26T10:00:00+01:00",
        found=tuple(found),
        review=Review(
            plan_sha256="",
            registration=registration_record(registration(transform), accepted=True),
            needles=(),
            unplanned=tuple(found),
        ),
    )
