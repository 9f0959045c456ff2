"""A registry of the first schema becomes one of today's, with all it held; copies stay."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import MetaData

from planning.errors import InputError
from planning.records.registry import migrating
from planning.records.registry.audit import ADDED, NewEntry, all_entries, append
from planning.records.registry.canonical import case_hashes
from planning.records.registry.connection import Registry
from planning.records.registry.engines import (
    IDENTITIES_PART,
    RESEARCH_PART,
    engine_of,
    reading,
    writing,
)
from planning.records.registry.identities import people
from planning.records.registry.migrating import NEWEST, REVISIONS, migrate, revision_of
from planning.records.registry.place import place_of
from planning.records.registry.reading import list_cases, read_case, read_cohort
from planning.records.registry.storing import store_rows
from planning.records.registry.tables import IDENTITIES, RESEARCH
from planning.records.registry.values import Identity
from planning.records.registry.verifying import verify
from planning.records.registry.writing import store_review
from tests.registries import Place
from tests.reviewed_cases import reviewed_case
from tests.simulated_registry import simulated_rows

NOT_YET = {
    "cases": {"department"},
    "placements": {"stage", "control_sha256"},
    "pathology": {"rebiopsy"},
}
"""Columns that the first schema did not have."""


@pytest.fixture(params=["sqlite", "postgresql"])
def old(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    """Return a registry of the first schema: four cases, the second one discordant."""
    if request.param == "sqlite":
        place = Place(where=str(tmp_path / "registry.sqlite"), data_dir=tmp_path)
    else:
        server = request.getfixturevalue("postgresql")
        url = server.url(server.new_database())
        place = Place(where=url, data_dir=tmp_path, server=server)
    made = place_of(place.where, tmp_path)
    research = engine_of(made.url, RESEARCH_PART)
    migrate(research, RESEARCH_PART, "ada", to="0001")
    migrate(engine_of(made.identities_url, IDENTITIES_PART), IDENTITIES_PART, "ada", to="0001")
    with writing(research) as connection:
        tables = MetaData()
        tables.reflect(connection)
        for number, row in enumerate(simulated_rows(4, cores=1)):
            later = NOT_YET.get(row.table, set())
            values = {name: v for name, v in row.values.items() if name not in later}
            if row.table == "cases":
                values["salt"] = f"salt {number}"
            if row.table == "pathology":
                values["concordant"] = row.where != "S-AB000001-1"
            connection.execute(tables.tables[row.table].insert(), [values])
        hashes = case_hashes(connection, tables)
        append(connection, "ada", [NewEntry(ADDED, case, hashes[case]) for case in sorted(hashes)])
    return place


def opened(place: Place) -> Registry:
    return place.open(make=False, upgrade=True)


def entries(registry: Registry) -> list[tuple[str, str]]:
    with registry.reading() as connection:
        return [(entry.action, entry.subject) for entry in all_entries(connection)]


def test_there_is_a_previous_schema() -> None:
    assert len(REVISIONS) >= 2


def test_migrations_make_the_tables_that_the_program_knows(place: Place) -> None:
    registry = place.open()
    store_review(registry, reviewed_case(identity=Identity(patient_id="1")))
    for engine, tables in ((registry.research, RESEARCH), (registry.people, IDENTITIES)):
        with engine.connect() as connection:
            context = MigrationContext.configure(connection, opts={"compare_type": True})
            assert compare_metadata(context, tables) == []


def test_an_older_registry_is_brought_up_to_date_with_all_it_held(old: Place) -> None:
    registry = opened(old)
    assert revision_of(registry.research) == NEWEST
    assert len(list_cases(registry)) == 4
    rows = simulated_rows(4, cores=1)
    told = {r.where: r.values["lateral_tip_mm"] for r in rows if r.table == "placements"}
    found = read_cohort(registry)
    assert dict(zip(found.case, found.lateral_tip_mm, strict=True)) == told
    assert set(found.department) == {""}
    cases = [case.case_id for case in list_cases(registry)]
    becomes = [read_case(registry, case)["pathology"][0]["rebiopsy"] for case in cases]
    assert sorted(becomes, key=str) == [None, None, None, "suggested"]
    assert verify(registry).problems == ()
    assert entries(registry)[5:] == [
        ("schema-changed", f"0001 to {NEWEST}"),
        ("schema-changed", "S-AB000001-1"),
    ]
    # And it is used like any other.
    store_review(registry, reviewed_case(identity=Identity(patient_id="4711")))
    assert len(people(registry)) == 1
    assert verify(opened(old)).problems == ()


def test_what_was_changed_behind_the_trail_before_is_still_seen_after(old: Place) -> None:
    old.run_sql("update pathology set adequate = not adequate where case_id = 'S-AB000001-1'")
    (problem,) = verify(opened(old)).problems
    assert problem.startswith("Case S-AB000001-1 was changed behind the audit trail after entry 3")


def test_a_file_is_copied_before_and_a_backup_from_before_can_be_used(
    old: Place, tmp_path: Path
) -> None:
    if not old.is_file:
        with pytest.raises(InputError, match=r'when nobody uses it .* "trephine registry upgrade"'):
            old.open(make=True)
        assert len(list_cases(opened(old))) == 4
        return
    backup = tmp_path / "backup" / "registry.sqlite"
    backup.parent.mkdir()
    shutil.copy(old.file, backup)
    said = old.open(make=False).copies
    assert old.open(make=False).copies == ()
    today = datetime.now().astimezone().date()
    copies = sorted((tmp_path / "registry-before").iterdir())
    assert set(said) == set(copies)
    assert [copy.name for copy in copies] == [
        f"registry-0001-{today}.sqlite",
        f"registry-identities-0001-{today}.sqlite",
    ]
    kept = engine_of(place_of(str(copies[0]), tmp_path).url, RESEARCH_PART)
    assert revision_of(kept) == "0001"
    for older in (backup, copies[0]):
        registry = Place(where=str(older), data_dir=tmp_path).open(make=False)
        assert len(list_cases(registry)) == 4
        assert verify(registry).problems == ()


def test_a_migration_that_fails_leaves_everything_as_it_was(old: Place) -> None:
    old.run_sql("create index ix_cases_pseudonym on cases (pseudonym)")
    with pytest.raises(InputError, match="ix_cases_pseudonym"):
        opened(old)
    made = place_of(old.where, old.data_dir)
    engine = engine_of(made.url, RESEARCH_PART)
    assert revision_of(engine) == "0001"
    with reading(engine) as connection:
        tables = MetaData()
        tables.reflect(connection)
        assert "department" not in tables.tables["cases"].c
        assert len(all_entries(connection)) == 5
    old.run_sql("drop index ix_cases_pseudonym")
    assert verify(opened(old)).problems == ()


def test_a_newer_registry_is_refused_in_words(place: Place) -> None:
    place.open()
    place.run_sql("update alembic_version set version_num = '9999'")
    with pytest.raises(InputError, match="has schema 9999, this Trephine knows schemas up to"):
        place.open()


def test_two_who_make_or_upgrade_a_registry_at_once_do_it_once(old: Place, tmp_path: Path) -> None:
    with ThreadPoolExecutor(4) as together:
        registries = list(together.map(lambda _: opened(old), range(4)))
    told = [action for action in entries(registries[0]) if action[1] == f"0001 to {NEWEST}"]
    assert len(told) == 1
    new = Place(where=str(tmp_path / "new" / "registry.sqlite"), data_dir=tmp_path)
    if not old.is_file:
        database = old.server.new_database()
        new = Place(where=old.server.url(database), data_dir=tmp_path / "n", server=old.server)
    with ThreadPoolExecutor(4) as together:
        registries = list(together.map(lambda _: new.open(), range(4)))
    assert [action for action, _ in entries(registries[0])] == ["registry-made"]
    store_rows(registries[1], simulated_rows(1))
    assert verify(registries[2]).problems == ()


def test_the_sql_of_the_trail_is_packaged() -> None:
    folder = Path(migrating.__file__).parent / "migrations"
    found = {file.name for file in folder.rglob("*.sql")}
    assert found == {"audit_sqlite.sql", "audit_postgresql.sql"}
