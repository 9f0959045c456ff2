"""Adds the stage of a placement, the department, and what becomes of a discordant core."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade(part: str) -> None:
    """Add columns and indices; discordant cores of older registries are suggested for another."""
    if part == "identities":
        op.create_index("ix_identities_patient_id", "identities", ["patient_id"])
        return
    op.add_column("cases", sa.Column("department", sa.Text))
    op.create_index("ix_cases_pseudonym", "cases", ["pseudonym"])
    op.add_column("placements", sa.Column("stage", sa.Text))
    op.add_column("pathology", sa.Column("rebiopsy", sa.Text))
    columns = (sa.column("concordant", sa.Boolean), sa.column("rebiopsy", sa.Text))
    pathology = sa.table("pathology", *columns)
    discordant = pathology.c.concordant.is_(sa.false())
    op.execute(pathology.update().where(discordant).values(rebiopsy="suggested"))
