"""One file for each revision of the registry's schema; alembic finds them by their folder."""
