"""What one review is made with: the plan's own needle, the control CT, both bodies; shows none."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from app import catalogue
from app.planning_setup import Setup, anatomy_of
from planning.anatomy.anatomy import Anatomy
from planning.anatomy.body import body_of
from planning.errors import InputError
from planning.execution.control_scan import (
    given_transform,
    in_control,
    left_unmoved,
    register_control,
)
from planning.execution.reviewing import Finder, PlannedCores
from planning.image import CaseImages, Mask, Volume
from planning.imaging.dicom_series import read_series
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.imaging.volume_files import is_volume_file, read_volume
from planning.model.case import Case, Guidance
from planning.model.execution import ExecutedNeedle
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from planning.progress import SILENT, Progress


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScanPair:
    """Planning CT and control CT with the bodies in both, and where the plan's needles are.

    Parameters
    ----------
    bodies : tuple of Mask or None
        Of the planning CT and the control CT.
    """

    planning: Volume
    control: Volume
    planned: PlannedCores
    bodies: tuple[Mask | None, Mask | None] = (None, None)


def setup_of_plan(plan: PlanResult) -> Setup:
    """Return what a plan was made with, its own needle included.

    Raises
    ------
    InputError
        If its protocol is not in the catalogue.
    """
    return Setup(
        protocol=catalogue.protocol(plan.protocol_key),
        needle=plan.needle,
        guidance=Guidance(plan.guidance),
    )


def read_control(path: Path, *, series_uid: str = "", progress: Progress = SILENT) -> Volume:
    """Return the control CT of a file or a DICOM folder.

    Raises
    ------
    InputError
        If there is no such file or folder, or no CT in it that can be read.
    """
    if not path.exists():
        raise InputError(f"{path} does not exist; give the control CT, a DICOM folder or a file.")
    if is_volume_file(path):
        return read_volume(path)
    return read_series(path, series_uid=series_uid, progress=progress)


def with_bodies(pair: ScanPair, progress: Progress) -> ScanPair:
    """Return the pair with both bodies found."""
    progress.report(0.0, "Finding the skin")
    planning = body_of(pair.planning)
    progress.report(0.5, "Finding the skin")
    bodies = (planning, body_of(pair.control))
    return ScanPair(
        planning=pair.planning, control=pair.control, planned=pair.planned, bodies=bodies
    )


def register(pair: ScanPair, progress: Progress) -> Registration:
    """Register the control CT near the planned needles.

    Raises
    ------
    InputError
        If nothing holds the two together.
    """
    return register_control(
        pair.planning,
        pair.control,
        pair.planned.ends_lps_mm,
        planning_body=pair.bodies[0],
        control_body=pair.bodies[1],
        progress=progress,
    )


def unmoved_pair(pair: ScanPair) -> Registration:
    """Return the identity, measured.

    Raises
    ------
    InputError
        If the scans' headers speak against it.
    """
    return left_unmoved(
        pair.planning,
        pair.control,
        pair.planned.ends_lps_mm,
        planning_body=pair.bodies[0],
        control_body=pair.bodies[1],
    )


def by_hand(pair: ScanPair, transform: RigidTransform) -> Registration:
    """Return a transform that somebody chose, planning CT to control CT, measured."""
    return given_transform(
        pair.planning,
        pair.control,
        transform,
        pair.planned.ends_lps_mm,
        planning_body=pair.bodies[0],
        control_body=pair.bodies[1],
    )


def found_needles(
    pair: ScanPair, registration: Registration, find: Finder, progress: Progress
) -> tuple[ExecutedNeedle, ...]:
    """Return the needles of the control CT, in its own frame, best first."""
    near = tuple(in_control(path, registration.transform) for path in pair.planned.paths)
    return find(pair.control, near=near, body=pair.bodies[1], progress=progress)


def understanding(
    case: Case, images: CaseImages, setup: Setup, progress: Progress = SILENT
) -> Callable[[tuple[Trajectory, ...]], Anatomy]:
    """Return what reads the planning CT wide enough for some paths."""

    def understand(paths: tuple[Trajectory, ...]) -> Anatomy:
        inside = tuple(path for path in paths if path.lies_in(images.ct.grid))
        return anatomy_of(case, images, setup, paths=inside, progress=progress)

    return understand
