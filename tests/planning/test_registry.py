"""A review goes into the registry and comes out as it was, on SQLite and on PostgreSQL alike."""

from __future__ import annotations

import json
import stat
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from planning.errors import InputError
from planning.model.cohort import Stage
from planning.model.execution import NeedleState, PatientCheck, ReviewedNeedle
from planning.records.approval_file import sha256_of
from planning.records.registry.identities import people
from planning.records.registry.place import place_of
from planning.records.registry.reading import list_cases, read_case, read_cohort
from planning.records.registry.rows import RowsError
from planning.records.registry.storing import store_rows
from planning.records.registry.values import (
    CaseFacts,
    Complication,
    Identity,
    PathologyResult,
    ProcedureFacts,
)
from planning.records.registry.verifying import verify
from planning.records.registry.writing import store_facts, store_pathology, store_review
from tests.registries import Place
from tests.reviewed_cases import needle, plan, plan_sha256, review, reviewed_case
from tests.simulated_registry import FIRST_DAY, simulated_rows


def test_a_review_comes_out_as_it_went_in(place: Place) -> None:
    registry = place.open()
    stored = store_review(registry, reviewed_case(stage=Stage.CORRECTED))
    assert stored.is_new
    assert stored.case_id == f"{stored.pseudonym}-1"
    found = read_case(registry, stored.case_id)
    (case,) = found["cases"]
    assert case["biopsy_date"] == date(2026, 3, 2)
    assert (case["site"], case["side"], case["operator"]) == ("ilium", "right", "AB")
    assert (case["guidance"], case["indication"], case["lesion"]) == ("navigated", "unknown", None)
    (plan,) = found["plans"]
    assert (plan["needle"], plan["gauge"], plan["throw_mm"]) == ("soft-14g-150", 14.0, 22.0)
    assert (plan["set_viable_mm"], plan["set_enough_probability"]) == (12.5, 0.75)
    (approved,) = found["approvals"]
    assert (approved["approved_by"], approved["note"]) == ("Dr. Ada", "Läsion rechts")
    assert json.loads(approved["checklist"])[0]["text"] == "Side checked"
    assert [core["core"] for core in found["cores"]] == ["c1", "c2"]
    assert [core["purpose"] for core in found["cores"]] == [None, "flow cytometry"]
    fired, unseen = found["placements"]
    assert (fired["euclidean_tip_mm"], fired["depth_mm"], fired["off_plane_mm"]) == (5.0, -4.0, 2.4)
    assert fired["tip_z_lps_mm"] == 97.125
    assert fired["achieved_necrotic_mm"] == pytest.approx(0.125 * 18.0)
    assert json.loads(fired["achieved_habitats"])['Habitat "B", myxoid'] == 2.0
    assert fired["within_tolerance"] is True
    assert (unseen["needle_state"], unseen["knowledge"]) == ("removed", "not-imaged")
    assert unseen["euclidean_tip_mm"] is None
    (procedure,) = found["procedures"]
    assert (procedure["check_scans"], procedure["minutes"]) == (3, 41.5)
    assert procedure["no_complication"] is True
    assert verify(registry).problems == ()


def test_nothing_of_the_identity_is_in_the_research_part(place: Place) -> None:
    registry = place.open()
    who = Identity(patient_id="4711", patient_name="Meier^Eva", birth_date=date(1961, 5, 4))
    stored = store_review(registry, reviewed_case(identity=who))
    assert people(registry) == {
        stored.pseudonym: {
            "pseudonym": stored.pseudonym,
            "patient_id": "4711",
            "patient_name": "Meier^Eva",
            "birth_date": date(1961, 5, 4),
            "sex": None,
        }
    }
    everything = json.dumps(read_case(registry, stored.case_id), default=str)
    for word in ("4711", "Meier", "Läsion,", "1.2.3"):
        assert word not in everything
    if place.is_file:
        assert b"Meier" not in place.file.read_bytes()
        for file in (place.file, place.people_file):
            assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_the_same_patient_keeps_the_pseudonym_and_another_gets_another(place: Place) -> None:
    registry = place.open()
    who = Identity(patient_id="4711")
    first = store_review(registry, reviewed_case(identity=who))
    second = store_review(registry, reviewed_case(identity=who, review_sha256=sha256_of(b"2")))
    named = Identity(patient_id="4711", patient_name="Meier^Eva")
    again = reviewed_case(identity=named, case_id=first.case_id, review_sha256=sha256_of(b"9"))
    store_review(registry, again)
    store_review(
        registry,
        reviewed_case(identity=who, case_id=first.case_id, review_sha256=sha256_of(b"10")),
    )
    assert people(registry)[first.pseudonym]["patient_name"] == "Meier^Eva"
    other = store_review(registry, reviewed_case(review_sha256=sha256_of(b"3")))
    known = reviewed_case(pseudonym=first.pseudonym, review_sha256=sha256_of(b"4"))
    assert store_review(registry, known).case_id == f"{first.pseudonym}-3"
    assert (second.pseudonym, second.case_id) == (first.pseudonym, f"{first.pseudonym}-2")
    assert other.pseudonym != first.pseudonym
    with pytest.raises(InputError, match="knows no T-NOBODY"):
        store_review(registry, reviewed_case(pseudonym="T-NOBODY", review_sha256=sha256_of(b"5")))
    with pytest.raises(InputError, match=f"is {first.pseudonym}, not {other.pseudonym}"):
        store_review(
            registry,
            reviewed_case(identity=who, pseudonym=other.pseudonym, review_sha256=sha256_of(b"6")),
        )


def test_a_second_scan_of_a_core_counts_and_the_first_is_kept(place: Place) -> None:
    registry = place.open()
    planned = plan()
    cocked = replace(needle("c1", lateral_mm=8.0), needle_state=NeedleState.COCKED)
    first = reviewed_case(review=review(planned, cocked), stage=Stage.FIRST_PASS)
    case_id = store_review(registry, first).case_id
    again = reviewed_case(
        review=review(planned, needle("c1")),
        review_sha256=sha256_of(b"the second"),
        stage=Stage.CORRECTED,
        case_id=case_id,
        facts=CaseFacts(department="Radiology"),
        procedure=ProcedureFacts(redirections=1),
    )
    assert not store_review(registry, again).is_new
    last, every = read_cohort(registry), read_cohort(registry, every_scan=True)
    assert last.core.tolist() == ["c1"]
    assert last.lateral_tip_mm.tolist() == [3.0]
    assert (last.department[0], last.site[0]) == ("Radiology", "ilium")
    assert (last.check_scans[0], last.redirections[0]) == (3.0, 1.0)
    assert every.stage.tolist() == ["first-pass", "corrected"]
    assert every.is_last.tolist() == [False, True]
    # Before it fires a needle is compared with the stop, afterwards with the tip.
    core = read_case(registry, case_id)["cores"][0]
    wanted = [core["stop_depth_mm"], core["insertion_depth_mm"]]
    assert every.planned_depth_mm.tolist() == wanted
    assert wanted[0] != wanted[1]


def test_what_is_wrong_is_said_and_nothing_is_stored(place: Place) -> None:
    bad = Complication(kind="bleeding", grade=9)
    wrong: list[tuple[dict[str, object], str]] = [
        ({"plan_sha256": "ab" * 32}, "review is of another plan"),
        ({"case_id": "T-NOBODY-1"}, 'no case "T-NOBODY-1"'),
        ({"facts": CaseFacts(side="upper")}, '"upper" is not known'),
        ({"facts": CaseFacts(lesion="x\x00y")}, "cannot be stored"),
        ({"procedure": ProcedureFacts(check_scans=-1)}, "-1 is less than 0"),
        ({"procedure": ProcedureFacts(minutes=float("nan"))}, "not a finite number"),
        (
            {"procedure": ProcedureFacts(complications=(bad,))},
            'complication 1, column "grade": 9 is more than 6',
        ),
        ({"identity": Identity(patient_id="1", sex="x")}, '"x" is not known'),
    ]
    registry = place.open()
    before = verify(registry).entries
    for changes, said in wrong:
        with pytest.raises(InputError, match=said):
            store_review(registry, reviewed_case(**changes))
    assert list_cases(registry) == ()
    assert verify(registry).entries == before
    assert people(registry) == {}


def test_a_review_nobody_stands_for_is_not_stored(place: Place) -> None:
    registry = place.open()
    planned = plan()
    good = review(planned)
    loose = replace(good, registration=replace(good.registration, accepted=False))
    with pytest.raises(InputError, match="accepted the registration"):
        store_review(registry, reviewed_case(review=loose))
    first, *others = good.needles
    unsaid = replace(good, needles=(replace(first, state_said=False), *others))
    with pytest.raises(InputError, match=r"in which state the control CT shows the needle of c1"):
        store_review(registry, reviewed_case(review=unsaid))
    stranger = replace(good, patient=PatientCheck(differs=("ID", "birth date")))
    with pytest.raises(InputError, match=r"another patient \(ID, birth date differs\)"):
        store_review(registry, reviewed_case(review=stranger))
    nowhere = review(planned, ReviewedNeedle(core="c9", needle_state=NeedleState.REMOVED))
    with pytest.raises(InputError, match='no core "c9"'):
        store_review(registry, reviewed_case(review=nowhere))
    store_review(registry, reviewed_case())
    with pytest.raises(InputError, match="stored already, in case T-"):
        store_review(registry, reviewed_case())
    assert len(list_cases(registry)) == 1


def test_a_discordant_core_raises_another_biopsy_until_somebody_decides(place: Place) -> None:
    registry = place.open()
    case_id = store_review(registry, reviewed_case()).case_id
    first = PathologyResult(adequate=True, viable_fraction=0.4, concordant=False)
    assert store_pathology(registry, case_id, "c1", first) == "suggested"
    assert list_cases(registry)[0].rebiopsies == 1
    more = PathologyResult(diagnosis_code="9180/3", code_system="ICD-O-3", rebiopsy="planned")
    assert store_pathology(registry, case_id, "c1", more) == "planned"
    (result,) = read_case(registry, case_id)["pathology"]
    assert (result["adequate"], result["viable_fraction"]) == (True, 0.4)
    assert (result["diagnosis_code"], result["concordant"]) == ("9180/3", False)
    assert list_cases(registry)[0].rebiopsies == 0
    store_pathology(registry, case_id, "c2", first)
    assert store_pathology(registry, case_id, "c2", PathologyResult(concordant=True)) == ""
    with pytest.raises(InputError, match='no core "c7"; it has c1, c2'):
        store_pathology(registry, case_id, "c7", first)
    assert verify(registry).problems == ()


def test_two_plans_with_a_core_of_the_same_name_have_to_be_told_apart(place: Place) -> None:
    registry = place.open()
    case_id = store_review(registry, reviewed_case()).case_id
    other = replace(plan(), software_version="0.2.0")
    again = reviewed_case(
        plan=other, review=review(other), review_sha256=sha256_of(b"other"), case_id=case_id
    )
    store_review(registry, again)
    yes = PathologyResult(adequate=True)
    with pytest.raises(InputError, match="Several plans"):
        store_pathology(registry, case_id, "c1", yes)
    sha256 = plan_sha256(other)
    store_pathology(registry, case_id, "c1", yes, plan=sha256[:10])
    assert read_case(registry, case_id)["pathology"][0]["plan_sha256"] == sha256


def test_facts_and_complications_are_added_to_what_is_known(place: Place) -> None:
    registry = place.open()
    case_id = store_review(registry, reviewed_case()).case_id
    bleeding = Complication(kind="haematoma", grade=2)
    later = ProcedureFacts(complications=(bleeding,), dose_length_product_mgy_cm=512.5)
    store_facts(registry, case_id, CaseFacts(institution="North"), later)
    worse = Complication(kind="infection", grade=3, grade_system="CTCAE")
    store_facts(registry, case_id, CaseFacts(), ProcedureFacts(complications=(worse,)))
    found = read_case(registry, case_id)
    told = [(one["number"], one["kind"], one["grade"]) for one in found["complications"]]
    assert told == [(1, "haematoma", 2), (2, "infection", 3)]
    assert found["procedures"][0]["no_complication"] is False
    assert found["procedures"][0]["check_scans"] == 3
    assert read_cohort(registry).complication_grade.tolist() == [3.0, 3.0]
    with pytest.raises(InputError, match="has complications"):
        store_facts(registry, case_id, CaseFacts(), ProcedureFacts(complications=()))


def test_a_cohort_has_one_row_for_each_core_in_the_order_of_dates(place: Place) -> None:
    registry = place.open()
    assert len(read_cohort(registry)) == 0
    rows = simulated_rows(30, cores=2, seed=3)
    store_rows(registry, list(reversed(rows)))
    found = read_cohort(registry)
    assert len(found) == 60
    assert found.date[0] == np.datetime64(FIRST_DAY)
    assert (np.diff(found.date) >= np.timedelta64(0, "D")).all()
    told = {
        (row.values["case_id"], row.values["core"]): row.values
        for row in rows
        if row.table == "placements"
    }
    for place_in, key in enumerate(zip(found.case, found.core, strict=True)):
        for name in ("lateral_tip_mm", "depth_mm", "in_plane_mm", "angle_deg"):
            assert getattr(found, name)[place_in] == told[key][name]
    squares = found.lateral_tip_mm**2 + found.depth_mm**2
    assert np.allclose(squares, found.euclidean_tip_mm**2, rtol=1e-12)
    assert set(found.adequate) == {0.0, 1.0}
    assert set(found.gauge) == {11.0, 14.0}
    assert not found.depth_mm.flags.writeable
    assert set(found.where(found.site == "femur").site) == {"femur"}


def test_a_core_that_was_only_examined_is_in_the_cohort_and_one_only_planned_is_not(
    place: Place,
) -> None:
    registry = place.open()
    rows = [row for row in simulated_rows(2, cores=1) if row.table not in ("placements",)]
    store_rows(registry, [r for r in rows if r.table != "pathology" or "000000" in r.where])
    found = read_cohort(registry)
    assert len(found) == 1
    assert np.isnan(found.lateral_tip_mm[0])
    assert (found.needle_state[0], found.stage[0]) == ("", "")


def test_rows_that_hang_in_the_air_or_differ_are_named_and_none_is_stored(place: Place) -> None:
    registry = place.open()
    rows = simulated_rows(3)
    with pytest.raises(RowsError, match=r"cores has no S-AB000000-1, .*, c1; it has to be there"):
        store_rows(registry, [row for row in rows if row.table != "cores"])
    assert list_cases(registry) == ()
    store_rows(registry, rows)
    assert store_rows(registry, rows).unchanged == len(rows)
    changed = [
        replace(row, values={**row.values, "operator": "CD"}) if row.table == "cases" else row
        for row in rows
    ]
    with pytest.raises(RowsError, match="stored with other values already"):
        store_rows(registry, changed)
    assert set(read_cohort(registry).operator) == {"AB"}
    assert len(store_rows(registry, changed, replace=True).changed) == 3
    assert set(read_cohort(registry).operator) == {"CD"}
    with pytest.raises(RowsError, match="stands in S-AB000000-1 already"):
        store_rows(registry, [*rows, rows[0]])


def test_places_are_understood_or_refused_in_words(tmp_path) -> None:
    assert place_of("", tmp_path).file == tmp_path / "registry" / "registry.sqlite"
    assert place_of(str(tmp_path), tmp_path).file == tmp_path / "registry.sqlite"
    assert place_of(f"sqlite:///{tmp_path}/a.sqlite", tmp_path).file == tmp_path / "a.sqlite"
    server = place_of("postgresql://ada:secret@db:5433/biopsies", tmp_path)
    assert (server.file, server.url.drivername) == (None, "postgresql+pg8000")
    assert "secret" not in str(server)
    assert str(server) == "postgresql://ada:***@db:5433/biopsies"
    given = place_of("postgres://ada@db/biopsies", tmp_path, password="secret")
    assert given.url.password == "secret"
    servers = ("mysql://db/x", "postgresql://db", "postgresql://db/x", "postgresql://ada@/x")
    for wrong in (*servers, "sqlite://", "sqlite:///:memory:", "://"):
        with pytest.raises(InputError, match="give the path of a file, or"):
            place_of(wrong, tmp_path)


def test_what_cannot_be_opened_is_said_in_words(tmp_path, postgresql) -> None:
    missing = Place(where=str(tmp_path / "no.sqlite"), data_dir=tmp_path)
    with pytest.raises(InputError, match=r'no registry at .*; "trephine registry add" makes one'):
        missing.open(make=False)
    assert not (tmp_path / "no.sqlite").exists()
    other = tmp_path / "other.sqlite"
    other.write_bytes(b"This is a letter, and a rather long one at that. " * 50)
    with pytest.raises(InputError, match="is not a registry, but some other file"):
        Place(where=str(other), data_dir=tmp_path).open()
    foreign = Place(where=str(tmp_path / "foreign.sqlite"), data_dir=tmp_path)
    foreign.run_sql("create table recipes (name text)")
    with pytest.raises(InputError, match="holds tables of something else"):
        foreign.open()
    database = postgresql.new_database()
    empty = Place(where=postgresql.url(database), data_dir=tmp_path, server=postgresql)
    with pytest.raises(InputError, match="There is no registry at postgresql://"):
        empty.open(make=False)
    wrong = Place(where=empty.where.replace(postgresql.password, "wrong"), data_dir=tmp_path)
    with pytest.raises(InputError, match="does not accept this user and password") as told:
        wrong.open()
    assert "wrong" not in str(told.value)
    silent = Place(where=empty.where.replace(str(postgresql.port), "1"), data_dir=tmp_path)
    with pytest.raises(InputError, match="does not answer"):
        silent.open()
