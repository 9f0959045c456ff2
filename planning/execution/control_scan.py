"""Whether a control CT may be compared with the planning CT, and how the two fit together.

Refuses another patient, another frame and the planning CT itself; finds no needle in it and takes
no transform for granted: what is returned here counts only once somebody has accepted it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import ArrayLike

from planning.errors import InputError
from planning.geometry import Float64Array, vec3
from planning.image import Mask, Patient, Volume
from planning.imaging.frames import REGISTER_FIRST, frame_trust
from planning.imaging.registration import (
    Registration,
    judged,
    other_patient,
    register_rigid,
    require_ct,
)
from planning.imaging.transforms import RigidTransform, unmoved
from planning.model.carry_rules import CarryRules, Verdict
from planning.model.execution import (
    ControlRegistration,
    ControlScan,
    ExecutedNeedle,
    PatientCheck,
)
from planning.model.needle import Trajectory
from planning.progress import SILENT, Progress

UNMOVED = "left as both scans lie: they share a frame of reference and a patient position"
BY_HAND = "transform given"

_FEW = 0.5
"""A control CT with at most this share of the planning CT's slices around the needle is sparse."""

_AROUND_MM = 10.0


def check_patient(planning: Patient, control: Patient, *, confirmed: bool = False) -> PatientCheck:
    """Return which facts of two scans agree; names are compared as DICOM groups them."""
    agrees, differs, missing = [], [], []
    for what, key in (
        ("ID", "patient_id"),
        ("name", "name"),
        ("birth date", "birth_date"),
        ("sex", "sex"),
    ):
        here, there = getattr(planning, key), getattr(control, key)
        if not (here.strip() and there.strip()):
            missing.append(what)
        elif other_patient(Patient(**{key: here}), Patient(**{key: there})):
            differs.append(what)
        else:
            agrees.append(what)
    return PatientCheck(
        agrees=tuple(agrees), differs=tuple(differs), missing=tuple(missing), confirmed=confirmed
    )


def patient_warning(check: PatientCheck) -> str:
    """Say what a person has to know about who was scanned; empty where all is well."""
    if check.differs:
        return (
            f"the scans name different patients ({', '.join(check.differs)}); somebody confirmed "
            "that it is one patient"
        )
    if not check.agrees:
        return "not checked that both scans are of one patient: they do not say who was scanned"
    if not {"ID", "name"} & set(check.agrees):
        return (
            f"both scans agree on the patient's {', '.join(check.agrees)} alone; ID and name do "
            "not stand in both"
        )
    return ""


def require_new_scan(planning: Volume, control: Volume) -> None:
    """Refuse what is no CT, and the planning CT itself, which shows no needle.

    Raises
    ------
    InputError
    """
    require_ct(control, "control CT")
    ours, theirs = planning.series.series_uid, control.series.series_uid
    same = ours == theirs if ours and theirs else _is_alike(planning, control)
    if same:
        message = (
            "The control CT is the planning CT itself. Give the scan that was made with the needle "
            "in the patient, or afterwards."
        )
        raise InputError(message)


def _is_alike(planning: Volume, control: Volume) -> bool:
    return planning.grid == control.grid and np.array_equal(planning.values, control.values)


def register_control(
    planning: Volume,
    control: Volume,
    around_lps_mm: ArrayLike,
    *,
    planning_body: Mask | None = None,
    control_body: Mask | None = None,
    progress: Progress = SILENT,
) -> Registration:
    """Return how the control CT fits the planning CT on bone around a place; metal is passed over.

    Parameters
    ----------
    around_lps_mm : array_like, shape (n, 3)
        In the planning CT: the ends of the planned needles.

    Raises
    ------
    InputError
        If the two show no bone in common there: another region, or another patient.
    """
    try:
        return register_rigid(
            planning,
            control,
            around_lps_mm,
            fixed_body=planning_body,
            moving_body=control_body,
            progress=progress,
        )
    except InputError as error:
        message = (
            f"The control CT does not fit the planning CT. {error} If the patient's position was "
            "entered wrongly at the scanner, the scan lies turned by 90 or 180 degrees. A "
            "transform that was made elsewhere can be given, too."
        )
        raise InputError(message) from error


def why_not_unmoved(planning: Volume, control: Volume) -> str:
    """Say why both scans must not be left as they lie; empty where that may be offered."""
    problem = frame_trust(control, planning).problem
    if not problem:
        return ""
    reason = problem.replace(REGISTER_FIRST, "").strip()
    return f"The control CT cannot be left as it lies: {reason} Have it registered."


def left_unmoved(
    planning: Volume,
    control: Volume,
    around_lps_mm: ArrayLike,
    *,
    planning_body: Mask | None = None,
    control_body: Mask | None = None,
) -> Registration:
    """Return the identity with its residual, for scans that share frame and patient position.

    Raises
    ------
    InputError
        If their headers speak against it.
    """
    why_not = why_not_unmoved(planning, control)
    if why_not:
        raise InputError(why_not)
    found = judged(
        planning,
        control,
        unmoved(),
        around_lps_mm,
        method=UNMOVED,
        fixed_body=planning_body,
        moving_body=control_body,
    )
    note = frame_trust(control, planning).note
    return replace(found, notes=(note,) if note else ())


def given_transform(
    planning: Volume,
    control: Volume,
    transform: RigidTransform,
    around_lps_mm: ArrayLike,
    *,
    planning_body: Mask | None = None,
    control_body: Mask | None = None,
) -> Registration:
    """Return what somebody else's transform, planning CT to control CT, is worth."""
    return judged(
        planning,
        control,
        transform,
        around_lps_mm,
        method=BY_HAND,
        fixed_body=planning_body,
        moving_body=control_body,
    )


def verdict_of(registration: Registration, rules: CarryRules) -> tuple[Verdict, str]:
    """Return what a registration may be used for, and why in a sentence."""
    residual = registration.residual
    if residual is None:
        words = (
            "Doubtful: both scans show too little bone in common near the needle. Only the "
            "pictures can tell."
        )
        return Verdict.DOUBTFUL, words
    return rules.verdict(
        residual.median_mm, residual.p95_mm, registration.overlap, registration.correlation
    )


def registration_record(registration: Registration, *, accepted: bool) -> ControlRegistration:
    """Return a registration (planning CT fixed, control CT moving) as a review states it."""
    residual = registration.residual
    return ControlRegistration(
        method=registration.method,
        control_to_planning=tuple(registration.transform.inverse.matrix.ravel().tolist()),
        residual_mm=None if residual is None else residual.median_mm,
        residual_p95_mm=None if residual is None else residual.p95_mm,
        accepted=accepted,
        notes=registration.notes,
    )


def in_planning(needle: ExecutedNeedle, transform: RigidTransform) -> ExecutedNeedle:
    """Return a needle of the control CT where it lies in the planning CT."""
    return replace(
        needle,
        entry_lps_mm=vec3(transform.ct_from_second(needle.entry_lps_mm)),
        tip_lps_mm=vec3(transform.ct_from_second(needle.tip_lps_mm)),
    )


def in_control(path: Trajectory, transform: RigidTransform) -> Trajectory:
    """Return a planned path where it lies in the control CT."""
    ends = transform.second_from_ct((path.entry_lps_mm, path.tip_lps_mm))
    return Trajectory(vec3(ends[0]), vec3(ends[1]))


def scan_record(control: Volume) -> ControlScan:
    """Return what a review says of the control CT."""
    axis = _slice_axis(control)
    return ControlScan(
        series_uid=control.series.series_uid,
        frame_of_reference_uid=control.frame_of_reference_uid,
        date=control.series.date,
        time=control.series.time,
        slices=control.grid.size_ijk[axis],
        slice_mm=control.grid.spacing_mm[axis],
        values_sha256=control.values_sha256,
    )


def sparse_warning(
    planning: Volume, control: Volume, transform: RigidTransform, paths: Sequence[Trajectory]
) -> str:
    """Say that the control CT shows the needles on too few slices; empty where it does not."""
    points = _ends(paths)
    ours = _slices_around(planning, points)
    theirs = _slices_around(control, transform.second_from_ct(points))
    if theirs > _FEW * ours:
        return ""
    apart_mm = control.grid.spacing_mm[_slice_axis(control)]
    known_mm = planning.grid.spacing_mm[_slice_axis(planning)]
    return (
        f"the control CT shows the needle's surroundings on {theirs} slices {apart_mm:.2f} mm "
        f"apart, the planning CT on {ours} slices {known_mm:.2f} mm apart: across the slices the "
        f"tip is known to about {apart_mm / 2.0:.1f} mm"
    )


def coverage_warning(
    control: Volume, transform: RigidTransform, paths: Sequence[Trajectory]
) -> str:
    """Say which ends of planned paths the control CT does not show; empty where it shows all."""
    outside = [
        name
        for name, points in (
            ("entry", [path.entry_lps_mm for path in paths]),
            ("tip", [path.tip_lps_mm for path in paths]),
        )
        if not control.grid.contains(transform.second_from_ct(points)).all()
    ]
    if not outside:
        return ""
    return f"the control CT does not reach the planned {' and '.join(outside)}"


def position_warning(planning: Volume, control: Volume) -> str:
    """Say that the patient lay otherwise, by Patient Position (0018,5100); empty where not."""
    lay, lies = planning.series.position_code, control.series.position_code
    if not (lay and lies) or lay[2:] == lies[2:]:
        return ""
    return (
        f"the patient lay otherwise in the control CT ({lies}) than in the planning CT ({lay}): "
        "skin and soft tissue moved against the bone, so entry and depths are less certain"
    )


def _ends(paths: Sequence[Trajectory]) -> Float64Array:
    return np.array([end for path in paths for end in (path.entry_lps_mm, path.tip_lps_mm)])


def _slice_axis(volume: Volume) -> int:
    """Return the index axis (0 to 2 for i, j, k) across the slices."""
    return int(np.argmax(np.abs(np.array(volume.grid.direction_lps) @ volume.slice_normal_lps)))


def _slices_around(volume: Volume, points_lps_mm: Float64Array) -> int:
    """Return how many slices of a volume lie around points."""
    axis = _slice_axis(volume)
    grid = volume.grid
    index = grid.index_from_lps(points_lps_mm)[:, axis]
    room = _AROUND_MM / grid.spacing_mm[axis]
    first = max(0, int(np.ceil(index.min() - room)))
    last = min(grid.size_ijk[axis] - 1, int(np.floor(index.max() + room)))
    return max(0, last - first + 1)
