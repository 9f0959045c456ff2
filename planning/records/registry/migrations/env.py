"""What alembic runs to bring one part of the registry up to date; opens no connection itself."""

from __future__ import annotations

from alembic import context

attributes = context.config.attributes
context.configure(
    connection=attributes["connection"],
    target_metadata=attributes["metadata"],
    transactional_ddl=True,
)
# The caller's transaction is open already: a revision that fails leaves nothing behind.
context.run_migrations(part=attributes["part"])
