"""Where a cohort comes from: the registry, or a table somebody kept; computes no statistics."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app import catalogue
from app.paths import user_data_dir

if TYPE_CHECKING:
    from planning.model.cohort import CohortRows


def rows_of_table(table: Path) -> CohortRows:
    """Return the rows of a CSV file with columns of `CohortRows`.

    Raises
    ------
    InputError
        If it cannot be read, or is no such table.
    """
    from planning.cohort.rows_csv import rows_from_csv
    from planning.formats import bytes_of

    return rows_from_csv(bytes_of(table), table.name)


def rows_of_registry(where: str = "", data_dir: Path | None = None) -> CohortRows:
    """Return the rows of a registry, earlier scans of its cores included.

    Parameters
    ----------
    where : str
        A file or URL; empty for what TREPHINE_REGISTRY says, else the one among the user's data.

    Raises
    ------
    InputError
        If there is none, or it cannot be reached.
    """
    # A second's worth of imports that nothing else of a cohort needs.
    from planning.records.registry.connection import open_registry
    from planning.records.registry.place import place_of
    from planning.records.registry.reading import read_cohort

    folder = user_data_dir() if data_dir is None else data_dir
    wanted = where or os.environ.get("TREPHINE_REGISTRY", "")
    place = place_of(wanted, folder, password=os.environ.get("PGPASSWORD", ""))
    registry = open_registry(place, catalogue.registry_fields(), _reader())
    return read_cohort(registry, every_scan=True)


def _reader() -> str:
    """Return who reads, for the trail of a registry that has to be brought up to date first."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
