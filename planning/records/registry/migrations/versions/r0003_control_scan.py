"""Adds by what the control CT of a placement is known again."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade(part: str) -> None:
    """Add a column; what is stored already does not say which scan it was."""
    if part == "research":
        op.add_column("placements", sa.Column("control_sha256", sa.Text))
