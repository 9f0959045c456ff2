"""What the numbers card is given to show; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

from planning.geometry import Vec3


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainRow:
    """One part a needle is used with, and whether it is long enough.

    Parameters
    ----------
    spare_mm : float or None
        Length to spare; negative: too short by so much. None where that is not known.
    purpose : str
        What it has to reach.
    needed : bool
        False for a part that this path has no use for.
    least_mm : float
        What the protocol wants to spare.
    """

    name: str
    spare_mm: float | None
    purpose: str = ""
    needed: bool = True
    least_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ShareRow:
    """One wish of the protocol and what the score lost by it.

    Parameters
    ----------
    share : float
        Of what the score lost, 0 to 1.
    tip : str
        Its value, what that is worth, and the source of the wish.
    """

    key: str
    label: str
    share: float
    tip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRow:
    """One structure at risk on the numbers card; `margin_mm` is what the protocol demands.

    Parameters
    ----------
    touch_probability : float or None
        Chance that the first pass touches it; None where that is not known.
    allowance_mm : float
        What is taken off a clearance before it is judged, because voxels may hide it.
    """

    structure: str
    clearance_mm: float
    margin_mm: float
    depth_mm: float
    point_lps_mm: Vec3
    touch_probability: float | None = None
    allowance_mm: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNumbers:
    """Everything the numbers card says about one trajectory; None where a number is not known.

    Parameters
    ----------
    then : str
        What happens after the stop: ``core`` (trephine), ``fire`` (sprung needle) or ``advance``.
    axial_angle_deg, gravity_angle_deg : float or None
        From the front-back axis, and from the vertical in the biopsy position; positive: tip
        toward patient left.
    craniocaudal_angle_deg, sagittal_projection_angle_deg : float or None
        Out of the axial plane, and as a protractor at the side shows it; positive: tip toward the
        head.
    expected_mm, probability, enough_mm : float or None
        Viable length to expect, the chance that it is enough, and what is enough.
    worst_case_mm, touch_probability : float or None
        Clearance that 95 % of the needles keep from vessels, nerves and organs; the chance that
        the first pass touches any of them.
    core : str
        What it is taken for if it is one of the cores taken together, else empty.
    bone : str
        The way into the bone in words, empty where there is none or no mask says.
    crossed : tuple of (str, float) or None
        Soft tissues crossed and the length in each (mm); None where no mask names any.
    viability : str
        Where viable tumour is known from.
    grid : str
        Where the entry lies in a grid on the skin; empty where none is seen.
    chain : tuple of ChainRow
        Introducer, drill and needle.
    score : float or None
        None while it is not known.
    shares : tuple of ShareRow
        What the score lost, by wish, the largest first.
    """

    title: str
    stop_depth_mm: float | None
    tip_depth_mm: float | None
    then: str = "core"
    axial_angle_deg: float | None = None
    craniocaudal_angle_deg: float | None = None
    gravity_angle_deg: float | None = None
    sagittal_projection_angle_deg: float | None = None
    viable_mm: float | None = None
    specimen_mm: float | None = None
    expected_mm: float | None = None
    probability: float | None = None
    enough_mm: float | None = None
    worst_case_mm: float | None = None
    touch_probability: float | None = None
    core: str = ""
    bone: str = ""
    crossed: tuple[tuple[str, float], ...] | None = None
    viability: str = ""
    bone_mm: float | None = None
    cortex_depth_mm: float | None = None
    cortex_incidence_deg: float | None = None
    lesion_depth_mm: float | None = None
    entry_slice: str = ""
    grid: str = ""
    chain: tuple[ChainRow, ...] = ()
    score: float | None = None
    shares: tuple[ShareRow, ...] = ()
    nearest: tuple[NearestRow, ...] = ()
    habitat_mm: tuple[tuple[str, float], ...] = ()
    warnings: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()
