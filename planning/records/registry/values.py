"""What people enter about a biopsy beside its plan and review, as values; stores nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from planning.model.approval import Approval
from planning.model.cohort import Stage
from planning.model.execution import Review
from planning.model.plan import PlanResult


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a patient is; the registry keeps it apart, or not at all.

    Parameters
    ----------
    sex : str
        F, M or O, as DICOM (0010,0040); empty where unknown.
    """

    patient_id: str = ""
    patient_name: str = ""
    birth_date: date | None = None
    sex: str = ""

    @property
    def is_known(self) -> bool:
        """Whether it says anything."""
        return self != Identity()


@dataclass(frozen=True, slots=True, kw_only=True)
class CaseFacts:
    """What is known of a biopsy, without who the patient is; empty where unknown."""

    biopsy_date: date | None = None
    site: str = ""
    side: str = ""
    lesion: str = ""
    operator: str = ""
    institution: str = ""
    department: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Complication:
    """One complication; the grade is by CIRSE (10.1007/s00270-017-1703-4) unless it says CTCAE."""

    kind: str
    grade: int
    grade_system: str = "CIRSE"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcedureFacts:
    """What a biopsy took; None where nobody said.

    Parameters
    ----------
    minutes : float or None
        From the first to the last scan.
    complications : tuple of Complication or None
        Empty where it is known that there was none.
    """

    check_scans: int | None = None
    redirections: int | None = None
    passes: int | None = None
    minutes: float | None = None
    dose_length_product_mgy_cm: float | None = None
    complications: tuple[Complication, ...] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PathologyResult:
    """What pathology says of one core; None and empty where it says nothing.

    Parameters
    ----------
    viable_fraction, necrotic_fraction : float or None
        Of the specimen, 0 to 1.
    concordant : bool or None
        In keeping with imaging. What is not raises the question of another biopsy.
    rebiopsy : str
        suggested, planned, done or declined; empty for what follows from `concordant`.
    """

    reported_on: date | None = None
    adequate: bool | None = None
    viable_fraction: float | None = None
    necrotic_fraction: float | None = None
    diagnosis_code: str = ""
    code_system: str = ""
    concordant: bool | None = None
    rebiopsy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedCase:
    """A review with the plan it belongs to and what people entered beside it.

    Parameters
    ----------
    plan_sha256, review_sha256 : str
        Of the texts of plan.json and review.json.
    case_id : str
        Of a case that is stored already; empty for a new one.
    pseudonym : str
        Of a patient who is known already; empty for a new one, or one known by `identity`.
    """

    plan: PlanResult
    plan_sha256: str
    review: Review
    review_sha256: str
    approval: Approval | None = None
    facts: CaseFacts = CaseFacts()
    procedure: ProcedureFacts = ProcedureFacts()
    identity: Identity = Identity()
    stage: Stage = Stage.UNKNOWN
    case_id: str = ""
    pseudonym: str = ""
