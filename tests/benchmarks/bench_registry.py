"""How long a registry of many cases takes to fill, open as a cohort, list, check and export.

Judges nothing, prints figures. On a server too, if its URL is given (its tables stay there).

    python tests/benchmarks/bench_registry.py [--cases 10000] [--registry URL]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]


def main() -> None:
    """Fill a registry and time what is done with it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--registry", default="")
    asked = parser.parse_args()
    with took("import of SQLAlchemy and the registry"):
        from planning.records.registry.csv_tables import export_tables, import_tables
        from planning.records.registry.reading import list_cases, read_cohort
        from planning.records.registry.storing import store_rows
        from planning.records.registry.verifying import verify
    from tests.registries import Place
    from tests.simulated_registry import simulated_rows

    rows = simulated_rows(asked.cases)
    with tempfile.TemporaryDirectory() as folder:
        where = asked.registry or str(Path(folder) / "registry.sqlite")
        place = Place(where=where, data_dir=Path(folder))
        with took("making it"):
            registry = place.open()
        with took(f"storing {asked.cases} cases, {len(rows)} rows"):
            store_rows(registry, rows)
        with took("opening the cohort"):
            found = read_cohort(place.open())
        with took("opening it again"):
            read_cohort(registry)
        with took("listing the cases"):
            list_cases(registry)
        with took("checking the audit trail"):
            assert verify(registry).problems == ()
        with took("exporting all tables"):
            export_tables(registry, Path(folder) / "out")
        with took("importing them, all there just so"):
            assert import_tables(registry, Path(folder) / "out").added == ()
        print(f"{len(found)} cores")


@contextmanager
def took(what: str) -> Iterator[None]:
    """Print how long something took."""
    began = time.perf_counter()
    yield
    print(f"{time.perf_counter() - began:7.2f} s  {what}", flush=True)


if __name__ == "__main__":
    main()
