"""The first schema: cases with everything about them, the audit trail, and identities apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_SQL = Path(__file__).parents[1]
_CASE = ("case_id",)
_PLAN = ("case_id", "plan_sha256")
_CORE = ("case_id", "plan_sha256", "core")


def upgrade(part: str) -> None:
    """Make the tables of one part."""
    if part == "identities":
        _make_identities()
    else:
        _make_cases()
        _make_plans()
        _make_cores()
        _make_placements()
        _make_results()
        _make_trail()


def _make_identities() -> None:
    op.create_table(
        "identities",
        *_keys(("pseudonym",)),
        *_texts("patient_id", "patient_name"),
        sa.Column("birth_date", sa.Date),
        *_texts("sex"),
        *_texts("salt", needed=True),
    )


def _make_cases() -> None:
    op.create_table(
        "cases",
        *_keys(_CASE),
        *_texts("pseudonym", needed=True),
        sa.Column("biopsy_date", sa.Date),
        *_texts("site", "side", "lesion", "indication", "guidance", "operator", "institution"),
        *_texts("stored_at", "salt", needed=True),
    )


def _make_plans() -> None:
    op.create_table(
        "plans",
        *_keys(_PLAN),
        *_texts("software_version", "protocol", "protocol_version", "protocol_sha256"),
        *_texts("inputs_sha256", "needle"),
        *_numbers("gauge", "outer_diameter_mm", "core_length_mm", "throw_mm"),
        *_texts("patient_position", "viability_source"),
        *_numbers("set_viable_mm", "set_enough_probability"),
        _of("plans", "cases", _CASE),
    )
    op.create_table(
        "approvals",
        *_keys((*_PLAN, "approved_at")),
        *_texts("approved_by", needed=True),
        sa.Column("plan_number", sa.Integer),
        *_texts("candidates", "checklist", "note", "position_reason", "limits_reason"),
        _of("approvals", "plans", _PLAN),
    )


def _make_cores() -> None:
    op.create_table(
        "cores",
        *_keys(_CORE),
        *_texts("purpose"),
        *_point("planned_entry"),
        *_point("planned_stop"),
        *_point("planned_tip"),
        *_numbers("insertion_depth_mm", "stop_depth_mm"),
        *_numbers("scan_plane_angle_deg", "craniocaudal_angle_deg"),
        *_numbers("planned_viable_mm", "predicted_viable_mm", "predicted_probability", "score"),
        *_texts("criteria"),
        _of("cores", "plans", _PLAN),
    )


def _make_placements() -> None:
    op.create_table(
        "placements",
        *_keys(_CORE),
        sa.Column("scan", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("review_sha256"),
        *_texts("needle_state", needed=True),
        *_texts("knowledge", "method"),
        *_point("entry"),
        *_point("tip"),
        *_numbers("rms_mm", "bending_mm", "confidence"),
        *_numbers("euclidean_tip_mm", "lateral_tip_mm", "depth_mm", "euclidean_entry_mm"),
        *_numbers("target_to_axis_mm", "angle_deg", "in_plane_mm", "off_plane_mm"),
        sa.Column("within_tolerance", sa.Boolean),
        *_numbers("achieved_viable_mm", "achieved_necrotic_mm", "achieved_lesion_mm"),
        *_texts("achieved_criteria", "achieved_habitats", "registration"),
        *_numbers("registration_residual_mm"),
        _of("placements", "cores", _CORE),
    )


def _make_results() -> None:
    op.create_table(
        "pathology",
        *_keys(_CORE),
        sa.Column("reported_on", sa.Date),
        sa.Column("adequate", sa.Boolean),
        *_numbers("viable_fraction", "necrotic_fraction"),
        *_texts("diagnosis_code", "code_system"),
        sa.Column("concordant", sa.Boolean),
        _of("pathology", "cores", _CORE),
    )
    op.create_table(
        "procedures",
        *_keys(_CASE),
        *(sa.Column(name, sa.Integer) for name in ("check_scans", "redirections", "passes")),
        *_numbers("minutes", "dose_length_product_mgy_cm"),
        sa.Column("no_complication", sa.Boolean),
        _of("procedures", "cases", _CASE),
    )
    op.create_table(
        "complications",
        *_keys(_CASE),
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("kind", needed=True),
        sa.Column("grade", sa.Integer, nullable=False),
        *_texts("grade_system"),
        _of("complications", "cases", _CASE),
    )


def _make_trail() -> None:
    op.create_table(
        "audit_entries",
        sa.Column("number", sa.Integer, primary_key=True, autoincrement=False),
        *_texts("at", "actor", "action", "subject", "payload_sha256", needed=True),
        sa.Column("previous_sha256", sa.Text, nullable=False, unique=True),
        *_texts("own_sha256", needed=True),
    )
    dialect = op.get_bind().dialect.name
    text = (_SQL / f"audit_{dialect}.sql").read_text(encoding="utf-8")
    for statement in re.split(r"\n\n(?=CREATE )", text):
        op.get_bind().exec_driver_sql(statement)


def _texts(*names: str, needed: bool = False) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, nullable=not needed) for name in names]


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double) for name in names]


def _keys(names: Sequence[str]) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text, primary_key=True) for name in names]


def _point(name: str) -> list[sa.Column[float]]:
    return _numbers(*(f"{name}_{axis}_lps_mm" for axis in "xyz"))


def _of(table: str, parent: str, columns: Sequence[str]) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        columns,
        [f"{parent}.{column}" for column in columns],
        name=f"fk_{table}_{parent}",
        ondelete="CASCADE",
    )
