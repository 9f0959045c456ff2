"""The history of the registry's schema, one revision after the other; alembic runs it."""
