"""What a review's drawings and its page are given to show; computes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from app.rendering.review_planes import ControlPictures
from planning.geometry import Vec3
from planning.model.execution import PlacementError
from planning.model.needle import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CoreDrawing:
    """One planned core with the needle that was meant for it, in the planning CT.

    Parameters
    ----------
    title : str
        Which core, and in which state its needle was scanned.
    planned_end_lps_mm : Vec3
        The planned point that the executed tip is compared with.
    executed_lps_mm : tuple of Vec3
        Entry and tip as scanned.
    fired_tip_lps_mm : Vec3 or None
        Where an unfired needle ends after it has fired; None for one that had.
    pictures : ControlPictures
    numbers : tuple of (str, str)
        What stands beside the drawing: a name and a number with its unit.
    """

    title: str
    planned: Trajectory
    planned_end_lps_mm: Vec3
    executed_lps_mm: tuple[Vec3, Vec3]
    fired_tip_lps_mm: Vec3 | None
    specimen_lps_mm: tuple[Vec3, Vec3]
    needle_radius_mm: float
    error: PlacementError
    slice_normal_lps: Vec3
    pictures: ControlPictures
    numbers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewPage:
    """One page about one core.

    Parameters
    ----------
    facts : tuple of (str, str)
        Patient, plan, scan and registration: a name and what is to be said.
    header, rows : tuple
        Of the table of cores.
    warnings : tuple of str
    foot : str
        Who made it and what it may be used for.
    banner : tuple of str
        What has to be read before all else; nothing where all was confirmed.
    """

    title: str
    facts: tuple[tuple[str, str], ...]
    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    warnings: tuple[str, ...]
    foot: str
    banner: tuple[str, ...] = ()
