"""The registry's tables as this version knows them; migrations make them, see `migrations`."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Date,
    Double,
    ForeignKeyConstraint,
    Index,
    Integer,
    MetaData,
    Table,
    Text,
)

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "fk": "fk_%(table_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}
"""How constraints are named, so that a later migration can name them."""

RESEARCH = MetaData(naming_convention=NAMES)
"""Everything that is pseudonymous: it can be handed on without the identities."""

IDENTITIES = MetaData(naming_convention=NAMES)
"""Who the pseudonyms stand for, in a file or schema of its own."""

SALT = "salt"
"""Column of random bytes that the audit trail's payload hashes are made with; never exported."""


def _texts(*names: str, needed: bool = False) -> list[Column[Any]]:
    return [Column(name, Text, nullable=not needed) for name in names]


def _numbers(*names: str) -> list[Column[Any]]:
    return [Column(name, Double) for name in names]


def _wholes(*names: str) -> list[Column[Any]]:
    return [Column(name, Integer) for name in names]


def _yes_nos(*names: str) -> list[Column[Any]]:
    return [Column(name, Boolean) for name in names]


def _keys(*names: str) -> list[Column[Any]]:
    return [Column(name, Text, primary_key=True) for name in names]


def _point(name: str) -> list[Column[Any]]:
    return _numbers(*(f"{name}_{axis}_lps_mm" for axis in "xyz"))


def _of(parent: str, *columns: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint(
        columns, [f"{parent}.{column}" for column in columns], ondelete="CASCADE"
    )


CASES = Table(
    "cases",
    RESEARCH,
    *_keys("case_id"),
    *_texts("pseudonym", needed=True),
    Column("biopsy_date", Date),
    *_texts("site", "side", "lesion", "indication", "guidance", "operator", "institution"),
    *_texts("department"),
    *_texts("stored_at", SALT, needed=True),
    Index("ix_cases_pseudonym", "pseudonym"),
)

PLANS = Table(
    "plans",
    RESEARCH,
    *_keys("case_id", "plan_sha256"),
    *_texts("software_version", "protocol", "protocol_version", "protocol_sha256"),
    *_texts("inputs_sha256", "needle"),
    *_numbers("gauge", "outer_diameter_mm", "core_length_mm", "throw_mm"),
    *_texts("patient_position", "viability_source"),
    *_numbers("set_viable_mm", "set_enough_probability"),
    _of("cases", "case_id"),
)

APPROVALS = Table(
    "approvals",
    RESEARCH,
    *_keys("case_id", "plan_sha256", "approved_at"),
    *_texts("approved_by", needed=True),
    *_wholes("plan_number"),
    *_texts("candidates", "checklist", "note", "position_reason", "limits_reason"),
    _of("plans", "case_id", "plan_sha256"),
)

CORES = Table(
    "cores",
    RESEARCH,
    *_keys("case_id", "plan_sha256", "core"),
    *_texts("purpose"),
    *_point("planned_entry"),
    *_point("planned_stop"),
    *_point("planned_tip"),
    *_numbers("insertion_depth_mm", "stop_depth_mm"),
    *_numbers("scan_plane_angle_deg", "craniocaudal_angle_deg"),
    *_numbers("planned_viable_mm", "predicted_viable_mm", "predicted_probability", "score"),
    *_texts("criteria"),
    _of("plans", "case_id", "plan_sha256"),
)

PLACEMENTS = Table(
    "placements",
    RESEARCH,
    *_keys("case_id", "plan_sha256", "core"),
    Column("scan", Integer, primary_key=True, autoincrement=False),
    *_texts("review_sha256", "control_sha256", "stage"),
    *_texts("needle_state", needed=True),
    *_texts("knowledge", "method"),
    *_point("entry"),
    *_point("tip"),
    *_numbers("rms_mm", "bending_mm", "confidence"),
    *_numbers("euclidean_tip_mm", "lateral_tip_mm", "depth_mm", "euclidean_entry_mm"),
    *_numbers("target_to_axis_mm", "angle_deg", "in_plane_mm", "off_plane_mm"),
    *_yes_nos("within_tolerance"),
    *_numbers("achieved_viable_mm", "achieved_necrotic_mm", "achieved_lesion_mm"),
    *_texts("achieved_criteria", "achieved_habitats", "registration"),
    *_numbers("registration_residual_mm"),
    _of("cores", "case_id", "plan_sha256", "core"),
)

PATHOLOGY = Table(
    "pathology",
    RESEARCH,
    *_keys("case_id", "plan_sha256", "core"),
    Column("reported_on", Date),
    *_yes_nos("adequate"),
    *_numbers("viable_fraction", "necrotic_fraction"),
    *_texts("diagnosis_code", "code_system"),
    *_yes_nos("concordant"),
    *_texts("rebiopsy"),
    _of("cores", "case_id", "plan_sha256", "core"),
)

PROCEDURES = Table(
    "procedures",
    RESEARCH,
    *_keys("case_id"),
    *_wholes("check_scans", "redirections", "passes"),
    *_numbers("minutes", "dose_length_product_mgy_cm"),
    *_yes_nos("no_complication"),
    _of("cases", "case_id"),
)

COMPLICATIONS = Table(
    "complications",
    RESEARCH,
    *_keys("case_id"),
    Column("number", Integer, primary_key=True, autoincrement=False),
    *_texts("kind", needed=True),
    Column("grade", Integer, nullable=False),
    *_texts("grade_system"),
    _of("cases", "case_id"),
)

AUDIT = Table(
    "audit_entries",
    RESEARCH,
    Column("number", Integer, primary_key=True, autoincrement=False),
    *_texts("at", "actor", "action", "subject", "payload_sha256", needed=True),
    Column("previous_sha256", Text, nullable=False, unique=True),
    *_texts("own_sha256", needed=True),
)

PEOPLE = Table(
    "identities",
    IDENTITIES,
    *_keys("pseudonym"),
    *_texts("patient_id", "patient_name"),
    Column("birth_date", Date),
    *_texts("sex"),
    *_texts(SALT, needed=True),
    Index("ix_identities_patient_id", "patient_id"),
)

CASE_TABLES = (
    CASES,
    PLANS,
    APPROVALS,
    CORES,
    PLACEMENTS,
    PATHOLOGY,
    PROCEDURES,
    COMPLICATIONS,
)
"""What belongs to one case, parents before children."""
