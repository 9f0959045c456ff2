"""What a control CT says about the needles of a plan, as values; finds and computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planning.geometry import Vec3
from planning.model.plan import CriterionValues, Nearest


class NeedleState(StrEnum):
    """What stands in the patient in a control CT; it decides which planned point is compared.

    An introducer or a cocked needle ends at the stop, a fired or cored one at the tip. A core may
    also have been taken without a scan that shows it.
    """

    INTRODUCER = "introducer"
    COCKED = "cocked"
    FIRED = "fired"
    CORE_TAKEN = "core-taken"
    REMOVED = "removed"

    @property
    def ends_at_tip(self) -> bool:
        """Whether the needle has gone as deep as it ever will."""
        return self in (NeedleState.FIRED, NeedleState.CORE_TAKEN)

    @property
    def is_imaged(self) -> bool:
        """Whether a control CT can show it at all."""
        return self is not NeedleState.REMOVED


class SpecimenKnowledge(StrEnum):
    """How it is known where a specimen came from."""

    IMAGED = "imaged"
    INFERRED = "inferred"
    NOT_IMAGED = "not-imaged"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutedNeedle:
    """A needle as a CT shows it.

    Parameters
    ----------
    entry_lps_mm : Vec3
        Where its axis crosses the skin; the end of what is seen, where no skin is.
    tip_lps_mm : Vec3
        Its deepest point in this scan, whatever its state.
    method : str
        "automatic", "two points" (clicked, then refined) or "typed" (taken as given).
    rms_mm : float or None
        Of the metal's centres about the straight axis; None where nothing was measured.
    bending_mm : float or None
        Sagitta of the arc the needle describes between entry and tip.
    diameter_mm : float or None
        As the metal's cross-section suggests.
    confidence : float
        0 to 1; 1 for points a person vouched for.
    doubts : tuple of str
        What speaks against it, in sentences.
    """

    entry_lps_mm: Vec3
    tip_lps_mm: Vec3
    method: str
    rms_mm: float | None = None
    bending_mm: float | None = None
    diameter_mm: float | None = None
    confidence: float = 1.0
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementError:
    """How far an executed needle is from the planned one (mm, degrees).

    With planned entry Ep, end Tp and direction u_p, executed Ea, Ta and u_a: the end is the
    planned tip for a fired needle and the planned stop before that.

    Parameters
    ----------
    euclidean_tip_mm : float
        |Ta - Tp|.
    lateral_tip_mm, depth_mm : float
        Across and along u_p; positive depth is too deep. Their squares add up to the Euclidean's.
    euclidean_entry_mm : float
        |Ea - Ep|.
    target_to_axis_mm : float
        From the planned end to the executed axis, |(Tp - Ea) x u_a|.
    angle_deg : float
        Between the axes, 0 to 180.
    in_plane_mm, off_plane_mm : float
        Signed parts of the lateral error along u_p x n and along its complement in the plane
        across the needle, n being the normal of the planning CT's slices.
    """

    euclidean_tip_mm: float
    lateral_tip_mm: float
    depth_mm: float
    euclidean_entry_mm: float
    target_to_axis_mm: float
    angle_deg: float
    in_plane_mm: float
    off_plane_mm: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AchievedSampling:
    """What the specimen of an executed needle really held, measured in the planning masks.

    Parameters
    ----------
    specimen_lps_mm : tuple of Vec3
        Start and end, in the planning CT.
    knowledge : SpecimenKnowledge
        Inferred where the needle was scanned before it fired, or nobody said that it had.
    criteria : mapping of str to float or None
        The same criteria as a plan's.
    habitat_mm : mapping of str to float
    nearest : tuple of Nearest
        Clearances really kept.
    """

    specimen_lps_mm: tuple[Vec3, Vec3]
    knowledge: SpecimenKnowledge
    criteria: CriterionValues
    habitat_mm: Mapping[str, float]
    nearest: tuple[Nearest, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedNeedle:
    """One core of the plan and what became of it.

    Parameters
    ----------
    core : str
        Candidate id of the planned core.
    executed : ExecutedNeedle or None
        In planning LPS; None for a core that was not imaged.
    error, achieved
        None where `executed` is.
    within_tolerance : bool or None
        By the protocol; None where nothing was measured.
    state_said : bool
        Somebody said the state; otherwise it was taken from where the needle ends, and everything
        that follows from it is unconfirmed.
    """

    core: str
    needle_state: NeedleState
    executed: ExecutedNeedle | None = None
    error: PlacementError | None = None
    achieved: AchievedSampling | None = None
    within_tolerance: bool | None = None
    state_said: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlRegistration:
    """How the control CT was brought into the planning CT.

    Parameters
    ----------
    method : str
    control_to_planning : tuple of float
        4x4, row-major, LPS mm.
    residual_mm, residual_p95_mm : float or None
        Median and 95th percentile of the distances between the bone surfaces near the lesion; None
        where none could be measured.
    accepted : bool
        A person, or an explicit option, accepted it. No transform is assumed silently.
    """

    method: str
    control_to_planning: tuple[float, ...]
    residual_mm: float | None
    accepted: bool = False
    notes: tuple[str, ...] = ()
    residual_p95_mm: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlScan:
    """What the control CT says of itself; empty where it is silent.

    Parameters
    ----------
    date, time : str
        ``YYYY-MM-DD`` and ``HH:MM:SS``.
    slices : int
    slice_mm : float
        Distance between neighbouring slices.
    values_sha256 : str
        Of its values, by which the same scan is known again; empty in reviews that do not say.
    """

    series_uid: str
    frame_of_reference_uid: str
    date: str
    time: str
    slices: int
    slice_mm: float
    values_sha256: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientCheck:
    """Which facts about the patient planning CT and control CT have in common; names nobody.

    Parameters
    ----------
    agrees, differs, missing : tuple of str
        Of "ID", "name", "birth date" and "sex"; missing where at least one of the two is silent.
    confirmed : bool
        A person said that it is the same patient although something differs.
    """

    agrees: tuple[str, ...] = ()
    differs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    confirmed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Tolerance:
    """Up to which errors a needle counts as placed as planned (mm, mm either way, degrees)."""

    lateral_tip_mm: float
    depth_mm: float
    angle_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """A whole review: the registration and every core of the plan.

    Parameters
    ----------
    plan_sha256 : str
        Of the plan.json that was reviewed.
    unplanned : tuple of ExecutedNeedle
        Needles of the control CT that belong to no core, in planning LPS.
    control, patient
        None in reviews that were put together without a control CT at hand.
    tolerance : Tolerance or None
        By which needles were judged; None where the protocol gives none.
    software_version : str
        Of the Trephine that made the review.
    """

    plan_sha256: str
    registration: ControlRegistration
    needles: tuple[ReviewedNeedle, ...]
    unplanned: tuple[ExecutedNeedle, ...] = ()
    warnings: tuple[str, ...] = field(default_factory=tuple)
    control: ControlScan | None = None
    patient: PatientCheck | None = None
    tolerance: Tolerance | None = None
    software_version: str = ""
