"""What is planned: the patient's position, the lesion, the structures and the wishes; no pixels."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from planning.geometry import Vec3
from planning.image import Patient
from planning.model.approval import Approval, PlanState
from planning.model.case_review import CaseReview
from planning.model.clinical import Clinical
from planning.model.limit import LimitChange
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult


class Role(StrEnum):
    """What a structure means to a needle."""

    TUMOUR = "tumour"
    NECROSIS = "necrosis"
    VIABLE = "viable"
    HABITAT = "habitat"
    REACTIVE = "reactive"
    FLUID = "fluid"
    COLLECTION = "collection"
    BONE = "bone"
    VESSEL = "vessel"
    NERVE = "nerve"
    JOINT = "joint"
    ORGAN = "organ"
    LUNG = "lung"
    PLEURA = "pleura"
    CANAL = "canal"
    MUSCLE = "muscle"
    FORBIDDEN = "forbidden"
    CORRIDOR = "corridor"
    NO_ENTRY = "no_entry"
    SKIN = "skin"
    IGNORE = "ignore"


AT_RISK: dict[Role, str] = {
    Role.VESSEL: "vessel",
    Role.NERVE: "nerve",
    Role.JOINT: "joint",
    Role.ORGAN: "organ",
    Role.LUNG: "organ",
    Role.PLEURA: "organ",
    Role.CANAL: "organ",
}
"""Roles a needle keeps clear of, and the criterion (``<class>_clearance_mm``) they feed."""


class Position(StrEnum):
    """How the patient lies on the table; right-decubitus means the right side is down."""

    SUPINE = "supine"
    PRONE = "prone"
    LEFT_DECUBITUS = "left-decubitus"
    RIGHT_DECUBITUS = "right-decubitus"


UP_LPS: dict[Position, Vec3] = {
    Position.SUPINE: (0.0, -1.0, 0.0),
    Position.PRONE: (0.0, 1.0, 0.0),
    Position.LEFT_DECUBITUS: (-1.0, 0.0, 0.0),
    Position.RIGHT_DECUBITUS: (1.0, 0.0, 0.0),
}
"""The direction away from the floor in LPS, for each position."""


class Indication(StrEnum):
    """Why the biopsy is made; unknown behaves as primary."""

    PRIMARY = "primary"
    METASTASIS = "metastasis"
    MYELOMA_LYMPHOMA = "myeloma-lymphoma"
    INFECTION = "infection"
    REBIOPSY = "re-biopsy"
    UNKNOWN = "unknown"

    @property
    def behaves_as(self) -> Indication:
        """The indication whose rules hold."""
        return Indication.PRIMARY if self is Indication.UNKNOWN else self


class Strategy(StrEnum):
    """Which part of a tumour a biopsy aims at."""

    CORE = "core"
    RIM = "rim"
    INTERFACE = "interface"


class Guidance(StrEnum):
    """How the needle is guided."""

    ROBOT = "robot"
    AIMING_DEVICE = "aiming-device"
    NAVIGATED = "navigated"
    FREEHAND = "freehand"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """One named region with a clinical role.

    Parameters
    ----------
    mask_id : str
        Key of its `Mask` among the case's images.
    margin_mm : float or None
        Overrides the protocol's margin; under the protocol's floor only with a `reason`.
    derived_from : str
        Empty for a mask that was handed in; otherwise what it was computed from.
    must_sample : bool
        For a habitat: a set of cores has to sample it.
    excluded_because : str
        Why the mask is not trusted and so not used; empty for one that is. What it stood for then
        counts as not checked.
    stale_because : str
        Why the mask may no longer lie where the patient is; empty for one that does.
    colour : str
        ``#rrggbb`` that the user gave it; empty for the usual one.
    """

    name: str
    role: Role
    mask_id: str
    margin_mm: float | None = None
    reason: str = ""
    made_by: str = ""
    series: str = ""
    date: str = ""
    verified_by: str = ""
    derived_from: str = ""
    must_sample: bool = False
    excluded_because: str = ""
    stale_because: str = ""
    colour: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SecondImage:
    """A second image (``pet`` or ``mr``) that belongs to the case.

    Parameters
    ----------
    path, transform : str
        As the case file says; `path` is also its key among the case's images.
    date : str
        Of its series, ``YYYY-MM-DD``; empty where it does not say.
    problem : str
        Why its values or its place are not to be trusted, or why it could not be read; empty if
        there is no reason known.
    """

    kind: str
    path: str
    transform: str = ""
    date: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleChange:
    """What one case decides about a rule or a constraint, and why.

    Parameters
    ----------
    key : str
        Of a rule at the site, or of a constraint of the protocol.
    enabled : bool
        Whether it holds.
    kind : str
        ``hard`` or ``caution`` for a rule that is to weigh otherwise; empty leaves it.
    """

    key: str
    reason: str
    enabled: bool = True
    kind: str = ""


OWN_PREFIX = "M"
"""How the ids of trajectories placed by hand begin."""


def is_own_id(candidate_id: str) -> bool:
    """Tell whether an id is that of a trajectory placed by hand."""
    return candidate_id.startswith(OWN_PREFIX) and candidate_id[len(OWN_PREFIX) :].isdigit()


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnPath:
    """A trajectory that the user placed; its numbers stand among the plan's candidates.

    Parameters
    ----------
    path_id : str
        `OWN_PREFIX` and a number that is never used again in the case.
    """

    path_id: str
    trajectory: Trajectory


@dataclass(frozen=True, slots=True, kw_only=True)
class PastPlan:
    """A plan that was approved once and has been superseded by another draft."""

    number: int
    plan: PlanResult
    approval: Approval
    own_paths: tuple[OwnPath, ...] = ()
    state: PlanState = PlanState.SUPERSEDED


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """The document: all that is known and wished about one biopsy.

    Parameters
    ----------
    ct_id : str
        Key of the planning CT among the case's images.
    ct_position, patient_position : Position or None
        As scanned, and for the biopsy; None where unknown (then the biopsy's equals the scan's).
    lesion : str
        Name of the tumour structure that is to be sampled; empty if there is only one.
    error_model : str
        Whose placement errors are counted with: ``own`` for those learned from the user's own
        cases, empty for the preset of the guidance.
    surgeon : str
        Who will operate, and so has a say in the approach; empty where nobody is named.
    viability_source : str
        Where viable tumour is known from: ``mask``, ``pet``, ``mr`` or ``none``.
    viability_image : str
        Path of the second image it comes from; empty for ``mask`` and ``none``.
    viability_threshold : float
        Fraction of the lesion's 99th percentile from which that image counts as viable; 0 for
        ``mask`` and ``none``.
    notes : tuple of str
        What loading decided and the user should know: resampled masks, chosen series, unused files.
    core_count : int
        Cores to take together; 0 for the protocol's number.
    one_entry : bool or None
        Whether all cores go through one entry; None for what the protocol says of the indication.
    own_paths : tuple of OwnPath
        Trajectories placed by hand.
    weights : tuple of (str, float)
        Objectives of the protocol that weigh otherwise in this case.
    limits : tuple of LimitChange
        Constraints of the protocol that have another value in this case.
    remarks : str
        What the user wrote about the case.
    clinical : Clinical
        What reports say of the biopsy that no image tells.
    side_notes : tuple of str
        Those of the notes that say a name and a place disagree about left and right.
    plan_number : int
        Of the draft, or of the approved plan; one more with every new draft.
    approval : Approval or None
        Who stands for the plan; None for a draft.
    past_plans : tuple of PastPlan
        Approved plans that newer drafts have superseded, oldest first.
    reviews : tuple of CaseReview
        Control CTs that were compared with a plan of the case, oldest first.
    """

    name: str
    ct_id: str
    patient: Patient = field(default_factory=Patient)
    ct_position: Position | None = None
    patient_position: Position | None = None
    indication: Indication = Indication.UNKNOWN
    site: str = ""
    lesion: str = ""
    needle_key: str = ""
    protocol_key: str = "bone-ct"
    guidance: Guidance | None = None
    error_model: str = ""
    viability_source: str = "mask"
    surgeon: str = ""
    strategy: Strategy = Strategy.CORE
    rule_changes: tuple[RuleChange, ...] = ()
    viability_image: str = ""
    viability_threshold: float = 0.0
    core_count: int = 0
    one_entry: bool | None = None
    structures: tuple[Structure, ...] = ()
    second_images: tuple[SecondImage, ...] = ()
    notes: tuple[str, ...] = ()
    side_notes: tuple[str, ...] = ()
    own_paths: tuple[OwnPath, ...] = ()
    weights: tuple[tuple[str, float], ...] = ()
    limits: tuple[LimitChange, ...] = ()
    remarks: str = ""
    clinical: Clinical = field(default_factory=Clinical)
    plan: PlanResult | None = None
    plan_number: int = 1
    approval: Approval | None = None
    past_plans: tuple[PastPlan, ...] = ()
    reviews: tuple[CaseReview, ...] = ()

    @property
    def plan_state(self) -> PlanState:
        """Whether the plan is a draft or approved."""
        return PlanState.DRAFT if self.approval is None else PlanState.APPROVED

    @property
    def trusted(self) -> tuple[Structure, ...]:
        """The structures whose masks are used: all that nobody has excluded."""
        return tuple(s for s in self.structures if not s.excluded_because)

    @property
    def distrusted(self) -> tuple[Structure, ...]:
        """The structures whose masks are not used."""
        return tuple(s for s in self.structures if s.excluded_because)

    @property
    def viability_second(self) -> SecondImage | None:
        """The second image viability comes from, if it comes from one."""
        named = (s for s in self.second_images if s.path == self.viability_image)
        return next(named, None) if self.viability_image else None

    @property
    def biopsy_position(self) -> Position | None:
        """How the patient lies for the biopsy, as far as that is known."""
        return self.patient_position or self.ct_position

    @property
    def position_differs(self) -> bool:
        """Tell whether the patient will lie otherwise than in the planning CT."""
        known = self.patient_position is not None and self.ct_position is not None
        return known and self.patient_position is not self.ct_position
