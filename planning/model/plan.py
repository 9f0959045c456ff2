"""What planning answers: ranked candidates with their numbers and reasons; computes nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from planning.geometry import Vec3
from planning.model.limit import LimitChange
from planning.model.needle import Needle, Trajectory

if TYPE_CHECKING:
    from planning.model.core_set import CoreSet

CriterionValues = Mapping[str, float | None]


@dataclass(frozen=True, slots=True)
class Notice:
    """Something the user has to know, with a key that programs can test for."""

    key: str
    text: str

    def __str__(self) -> str:
        return f"{self.key}: {self.text}"

    @classmethod
    def of_line(cls, line: str) -> Notice:
        """Return what `str` made a line of; one without a colon is a key that says it all."""
        key, _, text = line.partition(": ")
        return cls(key, text)


@dataclass(frozen=True, slots=True)
class NotChecked:
    """Something the plan did not look at (a criterion's key or a structure's name), and why."""

    key: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Nearest:
    """Where a structure at risk comes nearest to the needle.

    Parameters
    ----------
    clearance_mm : float
        From the needle's surface to the structure's boundary; negative inside.
    depth_mm : float
        Along the axis, from the entry.
    point_lps_mm : Vec3
        On the structure's boundary.
    margin_mm : float
        What the protocol, the structure or the error model demands there.
    touch_probability : float or None
        Chance that an unchecked first pass touches it, if masks and error model hold.
    """

    structure: str
    role: str
    clearance_mm: float
    depth_mm: float
    point_lps_mm: Vec3
    margin_mm: float
    touch_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BoneEntry:
    """How a needle gets into the bone: through which cortex, or through where it is broken.

    Parameters
    ----------
    bone, kind : str
        The structure's name, and what kind of bone that is (long, flat, vertebra, irregular,
        unknown).
    broken : bool
        The needle reaches the lesion before any intact cortex.
    depth_mm : float
        From the skin to the bone; to the lesion where the cortex is broken.
    incidence_deg : float or None
        Between axis and cortex normal; None where broken.
    thickness_along_mm, thickness_mm : float or None
        Of the cortex along the needle and perpendicular to it; None where the CT shows none.
    thickness_resolved : bool
        False where the cortex is thinner than the CT resolves: the thickness is then an upper
        bound.
    peak_hu : float or None
        Greatest density of the cortex on the needle's way.
    cortical_mm, cancellous_mm : float
        Bone outside the tumour between skin and tip, by density; together the bone to drill.
    window_area_mm2 : float or None
        Of the opening in the cortex the needle goes through, where that is known.
    """

    bone: str
    kind: str
    broken: bool
    depth_mm: float
    incidence_deg: float | None = None
    thickness_along_mm: float | None = None
    thickness_mm: float | None = None
    thickness_resolved: bool = False
    peak_hu: float | None = None
    cortical_mm: float = 0.0
    cancellous_mm: float = 0.0
    window_area_mm2: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One trajectory with everything that is known about it.

    Parameters
    ----------
    criteria : mapping of str to float or None
        All criterion keys; None where unknown.
    habitat_mm : mapping of str to float
        Length inside each habitat within the specimen.
    contributions : mapping of str to float
        Each objective's share of what the score lost; sums to 1, or empty at a perfect score.
    violations : tuple of str
        Keys of hard constraints it breaks: empty for a planned one, possible for a measured one.
    compartments : tuple of (str, float)
        Named soft tissues it crosses outside the tumour and the length in each (mm), shallowest
        first.
    bone : BoneEntry or None
        None where the needle meets no bone, or no mask says where bone is.
    measures : mapping of str to float or None
        What protocols judge by besides the criteria; None where this needle has no such value (a
        criterion stands here too then, to tell it from one that nobody could measure). Empty in
        plans of older versions.
    """

    candidate_id: str
    rank: int
    trajectory: Trajectory
    stop_lps_mm: Vec3
    specimen_lps_mm: tuple[Vec3, Vec3]
    score: float
    criteria: CriterionValues
    habitat_mm: Mapping[str, float]
    nearest: tuple[Nearest, ...]
    contributions: Mapping[str, float]
    warnings: tuple[Notice, ...] = ()
    violations: tuple[str, ...] = ()
    compartments: tuple[tuple[str, float], ...] = ()
    bone: BoneEntry | None = None
    measures: CriterionValues = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a plan's candidates were searched with, where they have been ranked anew since."""

    weights: tuple[tuple[str, float], ...]
    limits: tuple[LimitChange, ...]
    inputs_sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanResult:
    """The answer to one planning request; an empty one carries the reasons.

    Parameters
    ----------
    viability_source : str
        Where viable tumour is known from, as a sentence; plans of older versions say ``mask`` or
        ``none``.
    rejected : mapping of str to int
        Candidates removed, by the first constraint they fail in protocol order.
    inputs_sha256 : str
        Of everything that determined the answer.
    weights, limits
        What the case weighs and limits otherwise than the protocol, as the candidates are ranked.
    searched : Searched or None
        What the candidates were searched with, if that is something else.
    error_model, error_model_sha256 : str
        What the placement errors were fitted to, and the SHA-256 of the file that says so; empty
        for a preset.
    """

    case_name: str
    needle: Needle
    guidance: str
    protocol_key: str
    protocol_version: str
    protocol_sha256: str
    software_version: str
    indication: str
    patient_position: str
    ct_position: str
    viability_source: str
    frame_of_reference_uid: str
    series_uid: str
    inputs_sha256: str
    evaluated: int
    rejected: Mapping[str, int]
    not_checked: tuple[NotChecked, ...]
    warnings: tuple[Notice, ...]
    candidates: tuple[Candidate, ...]
    core_set: CoreSet | None = None
    weights: tuple[tuple[str, float], ...] = ()
    limits: tuple[LimitChange, ...] = ()
    searched: Searched | None = None
    error_model: str = ""
    error_model_sha256: str = ""
