"""The audit trail: whatever is done behind it shows, writers wait in line, and ends are noticed."""

from __future__ import annotations

import json
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from planning.errors import InputError
from planning.records.registry.audit import START, all_entries
from planning.records.registry.csv_tables import export_tables
from planning.records.registry.deletion import delete_patient
from planning.records.registry.head import Head, current_head, head_from_text, kept_head
from planning.records.registry.reading import read_cohort
from planning.records.registry.storing import store_rows
from planning.records.registry.values import Identity, PathologyResult
from planning.records.registry.verifying import accept, verify
from planning.records.registry.writing import store_pathology, store_review
from tests.registries import Place, file_place
from tests.reviewed_cases import reviewed_case
from tests.simulated_registry import simulated_rows

TRIGGERS = ("audit_entries_stay", "audit_entries_last", "audit_entries_follow")


def without_triggers(place: Place) -> None:
    """Take away what keeps the trail, as somebody who may do everything can."""
    on = "" if place.is_file else " on audit_entries"
    place.run_sql("; ".join(f"drop trigger {name}{on}" for name in TRIGGERS))


def entries(place: Place) -> list:
    with place.open().reading() as connection:
        return all_entries(connection)


def test_every_change_is_entered_and_follows_the_one_before(place: Place, tmp_path) -> None:
    registry = place.open(actor="ada")
    who = Identity(patient_id="4711")
    case = store_review(registry, reviewed_case(identity=who))
    other = place.open(actor="bob")
    store_pathology(other, case.case_id, "c1", PathologyResult(adequate=True))
    export_tables(other, tmp_path / "out")
    delete_patient(other, case.pseudonym)
    found = entries(place)
    assert [(e.actor, e.action, e.subject) for e in found[1:]] == [
        ("ada", "added", case.case_id),
        ("ada", "identity-stored", case.pseudonym),
        ("bob", "changed", case.case_id),
        ("bob", "exported", "registry"),
        ("bob", "deleted", case.pseudonym),
        ("bob", "deleted", case.case_id),
    ]
    assert [e.number for e in found] == list(range(1, 8))
    assert [e.previous_sha256 for e in found] == [START, *(e.own_sha256 for e in found[:-1])]
    assert all(e.expected_sha256 == e.own_sha256 for e in found)
    assert all(e.at.endswith("+00:00") for e in found)
    checked = verify(registry)
    assert (checked.problems, checked.entries, checked.cases) == ((), 7, 0)


def test_the_same_change_gives_another_hash_because_of_the_salt(place: Place) -> None:
    rows = simulated_rows(1)
    store_rows(place.open(), rows)
    (first,) = [e.payload_sha256 for e in entries(place) if e.action == "added"]
    place.run_sql("update cases set salt = 'another'")
    (problem,) = verify(place.open()).problems
    assert problem.startswith("Case S-AB000000-1 was changed behind the audit trail after entry 2")
    assert len(first) == 64


def test_the_database_refuses_to_change_the_trail(place: Place) -> None:
    columns = "at, actor, action, subject, payload_sha256"
    statements = [
        "update audit_entries set actor = 'nobody' where number = 2",
        "delete from audit_entries where number = 3",
        "delete from audit_entries",
        f"insert into audit_entries select number + 40, {columns}, own_sha256, own_sha256 "
        "from audit_entries where number = 1",
        f"insert or replace into audit_entries select number, {columns}, previous_sha256, 'x' "
        "from audit_entries where number = 2"
        if place.is_file
        else "truncate audit_entries",
    ]
    store_rows(place.open(), simulated_rows(2))
    before = entries(place)
    for statement in statements:
        with pytest.raises(Exception, match="only ever added to"):
            place.run_sql(statement)
    assert entries(place) == before


def test_a_changed_missing_or_false_entry_is_named(place: Place) -> None:
    store_rows(place.open(), simulated_rows(4))
    without_triggers(place)
    wrong = {
        "update audit_entries set actor = 'nobody' where number = 3": "entry 3 .* was changed",
        "update audit_entries set own_sha256 = 'x' where number = 3": "entry 3 .* was changed",
    }
    for statement, said in wrong.items():
        place.run_sql("create table kept as select * from audit_entries")
        place.run_sql(statement)
        (problem, *_) = verify(place.open()).problems
        assert problem.startswith("Audit ")
        assert re.search(said, problem)
        place.run_sql("delete from audit_entries")
        place.run_sql("insert into audit_entries select * from kept; drop table kept")
        assert verify(place.open()).problems == ()
    place.run_sql("delete from audit_entries where number = 2")
    (problem, *_) = verify(place.open()).problems
    assert problem.startswith("Audit entry 2 is missing: entry 3")


def test_an_entry_made_up_with_a_right_hash_breaks_the_chain(place: Place) -> None:
    store_rows(place.open(), simulated_rows(3))
    without_triggers(place)
    third = entries(place)[2]
    forged = type(third)(
        **{name: getattr(third, name) for name in third.__slots__} | {"actor": "nobody"}
    )
    place.run_sql(
        f"update audit_entries set actor = 'nobody', own_sha256 = '{forged.expected_sha256}' "
        "where number = 3"
    )
    (problem, *_) = verify(place.open()).problems
    assert problem.startswith("Audit entry 4")
    assert "does not follow the one before it" in problem


def test_entries_missing_from_the_end_are_noticed_by_the_head(place: Place) -> None:
    store_rows(place.open(), simulated_rows(3))
    head = verify(place.open()).head
    assert head is not None
    assert kept_head(place.open().place.head_file) == head
    without_triggers(place)
    place.run_sql("delete from audit_entries where number > 2")
    place.run_sql("delete from cases where case_id <> 'S-AB000000-1'")
    (problem,) = verify(place.open()).problems
    assert "ends with entry 2, but entry 4 was there" in problem
    # Writing on does not make it good again.
    store_rows(place.open(), simulated_rows(5, seed=2)[-9:])
    assert verify(place.open()).problems != ()
    place.open().place.head_file.unlink()
    without = verify(place.open())
    assert "missing entries cannot be noticed" in without.notes[0]
    (told,) = verify(place.open(), written_down=head_from_text(str(head))).problems
    assert "by the head that was written down" in told


def test_a_case_changed_added_or_removed_behind_the_trail_is_named(place: Place) -> None:
    store_rows(place.open(), simulated_rows(3))
    place.run_sql("update placements set depth_mm = 0 where case_id = 'S-AB000001-1'")
    place.run_sql("delete from cases where case_id = 'S-AB000002-1'")
    if place.is_file:  # the children go by a pragma of the connection
        tables = ("placements", "pathology", "cores", "plans", "procedures")
        for table in tables:
            place.run_sql(f"delete from {table} where case_id = 'S-AB000002-1'")
    columns = "case_id, pseudonym, stored_at, salt"
    place.run_sql(f"insert into cases ({columns}) values ('X-1', 'X', '2026', 'salt')")
    changed, removed, added = verify(place.open()).problems
    assert changed.startswith("Case S-AB000001-1 was changed behind the audit trail")
    assert removed.startswith("Case S-AB000002-1 of audit entry")
    assert "is gone, and nobody deleted it here" in removed
    assert added == "Case X-1 is stored, but the audit trail does not know it."


def test_a_change_does_not_vouch_for_what_was_done_behind_the_trail(place: Place) -> None:
    store_rows(place.open(), simulated_rows(2))
    new_result = PathologyResult(diagnosis_code="9180/3", code_system="ICD-O-3")
    place.run_sql("update placements set depth_mm = 0 where case_id = 'S-AB000001-1'")
    place.run_sql("delete from procedures where case_id = 'S-AB000000-1'")
    for case in ("S-AB000000-1", "S-AB000001-1"):
        with pytest.raises(InputError, match=f"Case {case} is not as the audit trail says"):
            store_pathology(place.open(), case, "c1", new_result)
    assert len(verify(place.open()).problems) == 2
    accept(place.open(), "mended by hand")
    assert verify(place.open()).problems == ()
    told = [(e.action, e.subject) for e in entries(place)[3:]]
    assert told == [
        ("accepted", "mended by hand"),
        ("accepted", "S-AB000000-1"),
        ("accepted", "S-AB000001-1"),
    ]
    store_pathology(place.open(), "S-AB000000-1", "c1", new_result)
    assert verify(place.open()).problems == ()


def test_a_row_of_a_case_that_is_gone_is_refused(tmp_path) -> None:
    place = file_place(tmp_path)
    rows = simulated_rows(1)
    store_rows(place.open(), rows)
    place.run_sql("delete from cases")
    changed = [
        replace(row, values={**row.values, "viable_fraction": 0.5})
        for row in rows
        if row.table == "pathology"
    ]
    with pytest.raises(InputError, match="Case S-AB000000-1 is not as the audit trail says"):
        store_rows(place.open(), changed, replace=True)


def test_a_changed_or_lost_identity_is_noticed(tmp_path) -> None:
    place = file_place(tmp_path)
    case = store_review(place.open(), reviewed_case(identity=Identity(patient_id="4711")))
    people = Place(where=str(place.people_file), data_dir=tmp_path)
    people.run_sql("update identities set patient_id = '4712'")
    (problem,) = verify(place.open()).problems
    assert problem.startswith(f"The identity of {case.pseudonym} is not as the audit trail says")
    people.run_sql("delete from identities")
    assert verify(place.open()).problems == (problem,)
    place.people_file.unlink()
    handed_on = verify(place.open())
    assert handed_on.problems == ()
    assert "identities are not here" in handed_on.notes[0]


def test_an_older_copy_put_back_is_noticed_until_somebody_accepts_it(tmp_path) -> None:
    place = file_place(tmp_path)
    store_rows(place.open(), simulated_rows(1))
    copy = tmp_path / "copy.sqlite"
    shutil.copy(place.file, copy)
    store_rows(place.open(), simulated_rows(2, seed=1))
    shutil.copy(copy, place.file)
    (problem,) = verify(place.open()).problems
    assert "older copy was put in its place" in problem
    accept(place.open(), "backup of Monday put back")
    found = verify(place.open())
    assert found.problems == ()
    assert entries(place)[-1].subject == "backup of Monday put back"
    assert json.loads(place.open().place.head_file.read_text())["number"] == 3


def test_another_registry_in_the_same_place_is_noticed(tmp_path) -> None:
    place = file_place(tmp_path)
    store_rows(place.open(), simulated_rows(3))
    place.file.unlink()
    place.open()
    (problem,) = verify(place.open()).problems
    assert problem.startswith("This is another registry than the one that was last seen here")


def test_a_head_is_read_as_it_is_written() -> None:
    head = Head(12, "ab" * 32)
    assert head_from_text(f" {head} ") == head
    for wrong in ("12", "x:" + "ab" * 32, "12:" + "zz" * 32, ""):
        with pytest.raises(InputError, match="is no head"):
            head_from_text(wrong)


def test_writers_at_once_make_one_chain(place: Place) -> None:
    """Six connections write at once; processes are tried in the test of kills."""

    def write(number: int) -> None:
        rows = simulated_rows(number + 1, cores=1)
        mine = [row for row in rows if row.where == f"S-AB{number:06d}-1"]
        store_rows(place.open(actor=f"writer {number}"), mine)

    with ThreadPoolExecutor(6) as writers:
        list(writers.map(write, range(12)))
    found = verify(place.open())
    assert (found.problems, found.cases, found.entries) == ((), 12, 13)
    assert len(read_cohort(place.open())) == 12
    with place.open().reading() as connection:
        assert kept_head(place.open().place.head_file) == current_head(connection)
