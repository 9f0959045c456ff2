"""Where a cohort comes from: the registry, or a table somebody kept; computes no statistics."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from app.own_registry import opened, place_in_use

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
    from planning.records.registry.reading import read_cohort

    registry = opened(place_in_use(where, data_dir))
    return read_cohort(registry, every_scan=True)


def load_readers() -> None:
    """Load what reads a registry and computes a cohort, so that the first one opens sooner."""
    import planning.cohort.findings
    import planning.records.registry.reading  # noqa: F401 (the loading is what is wanted)
