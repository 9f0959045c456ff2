"""A deleted patient is gone: from the rows, from the bytes, and from what the trail tells."""

from __future__ import annotations

import sqlite3
from datetime import date
from pathlib import Path

import pytest

from planning.errors import InputError
from planning.records.approval_file import sha256_of
from planning.records.registry.audit import all_entries
from planning.records.registry.backup import back_up
from planning.records.registry.csv_tables import export_tables, import_tables
from planning.records.registry.deletion import delete_patient
from planning.records.registry.identities import people
from planning.records.registry.reading import list_cases, read_case
from planning.records.registry.rows import RowsError
from planning.records.registry.values import CaseFacts, Identity, PathologyResult
from planning.records.registry.verifying import verify
from planning.records.registry.writing import StoredCase, store_pathology, store_review
from tests.registries import Place, file_place
from tests.reviewed_cases import reviewed_case

NAME = "Wrzeszczykiewicz^Ottokar"
WORDS = (NAME, "MRN-55512077", "left acetabulum, dorsal", "9180/3-rare")


def stored(place: Place) -> tuple[StoredCase, StoredCase]:
    """Store two patients; all `WORDS` are the first one's."""
    registry = place.open()
    who = Identity(patient_id=WORDS[1], patient_name=NAME, birth_date=date(1931, 2, 3))
    first = store_review(
        registry, reviewed_case(identity=who, facts=CaseFacts(lesion=WORDS[2], side="left"))
    )
    result = PathologyResult(diagnosis_code=WORDS[3], code_system="local", adequate=True)
    store_pathology(registry, first.case_id, "c1", result)
    other = Identity(patient_id="1", patient_name="Other")
    again = reviewed_case(identity=other, review_sha256=sha256_of(b"other"))
    return first, store_review(registry, again)


def bytes_below(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in sorted(folder.rglob("*")) if file.is_file())


def test_nothing_is_left_of_a_patient_and_everything_of_the_others(place: Place) -> None:
    first, other = stored(place)
    registry = place.open()
    deleted = delete_patient(registry, first.pseudonym)
    assert (deleted.cases, deleted.copies) == (1, ())
    assert read_case(registry, first.case_id) == {}
    assert [case.case_id for case in list_cases(registry)] == [other.case_id]
    assert list(people(registry)) == [other.pseudonym]
    assert read_case(registry, other.case_id)["placements"][0]["depth_mm"] == -4.0
    assert verify(registry).problems == ()


def test_the_bytes_are_gone_from_the_files(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    held = sqlite3.connect(place.file)  # keeps the journal: closing the last one would empty it
    held.execute("select count(*) from cases").fetchone()
    first, _ = stored(place)
    before = bytes_below(tmp_path)
    assert all(word.encode() in before for word in WORDS)
    journals = [file for file in tmp_path.rglob("*") if file.name.endswith(("-wal", "-shm"))]
    assert len(journals) == 2
    assert {file.stat().st_mode & 0o777 for file in journals} == {0o600}
    delete_patient(place.open(), first.pseudonym)
    held.close()
    after = bytes_below(tmp_path)
    assert [word for word in WORDS if word.encode() in after] == []
    assert b"Ottokar" not in after
    assert first.pseudonym.encode() in after  # the trail says that it was deleted
    assert b"Other" in after


def test_the_bytes_are_gone_from_the_servers_tables(postgresql, tmp_path: Path) -> None:
    from tests.registries import server_place

    place = server_place(postgresql, tmp_path)
    first, _ = stored(place)
    postgresql.run_sql("checkpoint", "postgres")
    data = postgresql.folder / "data" / "base"
    assert NAME.encode() in bytes_below(data)
    delete_patient(place.open(), first.pseudonym)
    postgresql.run_sql("checkpoint", "postgres")
    after = bytes_below(data)
    assert [word for word in WORDS if word.encode() in after] == []
    assert b"Other" in after


def test_the_hashes_that_are_left_say_nothing_because_their_salt_is_gone(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    first, _ = stored(place)
    with sqlite3.connect(place.file) as raw:
        salts = [row[0] for row in raw.execute("select salt from cases")]
    raw.close()
    delete_patient(place.open(), first.pseudonym)
    left = bytes_below(tmp_path)
    assert sorted(salt.encode() in left for salt in salts) == [False, True]
    with place.open().reading() as connection:
        entries = all_entries(connection)
    assert [e.payload_sha256 for e in entries if e.action == "deleted"] == ["", ""]
    told = " ".join(f"{e.actor} {e.action} {e.subject}" for e in entries)
    assert not any(word in told for word in WORDS)


def test_another_program_that_holds_the_bytes_is_told_of_and_deleting_again_clears_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("planning.records.registry.deletion._TRIES", 2)
    monkeypatch.setattr("planning.records.registry.deletion._BUSY_MS", 20)
    place = file_place(tmp_path)
    first, _ = stored(place)
    held = sqlite3.connect(place.file, isolation_level=None)
    held.execute("begin")
    held.execute("select count(*) from cases").fetchone()
    with pytest.raises(InputError, match="delete the same pseudonym once more"):
        delete_patient(place.open(), first.pseudonym)
    held.execute("commit")
    held.close()
    assert [case.pseudonym for case in list_cases(place.open())] != [first.pseudonym]
    assert delete_patient(place.open(), first.pseudonym).cases == 0
    assert [word for word in WORDS if word.encode() in bytes_below(tmp_path)] == []
    assert verify(place.open()).problems == ()


def test_who_is_not_there_cannot_be_deleted(place: Place) -> None:
    with pytest.raises(InputError, match='knows no "T-NOBODY"'):
        delete_patient(place.open(), "T-NOBODY")
    assert verify(place.open()).entries == 1


def test_a_deleted_patient_does_not_come_back_with_an_old_export(place: Place, tmp_path) -> None:
    first, _ = stored(place)
    export_tables(place.open(), tmp_path / "out", identities=True)
    delete_patient(place.open(), first.pseudonym)
    with pytest.raises(RowsError, match=f"{first.pseudonym} was deleted from this registry"):
        import_tables(place.open(), tmp_path / "out")
    assert len(list_cases(place.open())) == 1


def test_a_backup_opens_as_it_is_and_keeps_what_is_deleted_later(tmp_path: Path) -> None:
    place = file_place(tmp_path)
    first, other = stored(place)
    files = back_up(place.open().place, tmp_path / "backup")
    assert [file.name for file in files] == ["registry.sqlite", "registry-identities.sqlite"]
    delete_patient(place.open(), first.pseudonym)
    copy = Place(where=str(files[0]), data_dir=tmp_path)
    both = {first.case_id, other.case_id}
    assert {case.case_id for case in list_cases(copy.open(make=False))} == both
    assert people(copy.open())[first.pseudonym]["patient_name"] == NAME
    assert verify(copy.open()).problems == ()
    with pytest.raises(InputError, match="already exists; choose another folder"):
        back_up(place.open().place, tmp_path / "backup")


def test_a_server_is_backed_up_by_its_own_tools(postgresql, tmp_path: Path) -> None:
    from tests.registries import server_place

    with pytest.raises(InputError, match="pg_dump"):
        back_up(server_place(postgresql, tmp_path).open().place, tmp_path / "backup")
