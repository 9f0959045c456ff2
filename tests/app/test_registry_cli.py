"""The registry from the command line: stored, examined, exported, checked, deleted, in words."""

from __future__ import annotations

import csv
import io
import json
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from planning.handover.plan_json import plan_to_json
from planning.model.execution import ControlScan
from planning.records.approval_file import approval_to_json
from planning.records.review_file import read_review, write_review
from tests.app.test_cli import Result, trephine
from tests.registries import Place, file_place
from tests.reviewed_cases import approval, plan, review


@pytest.fixture(autouse=True)
def user_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keep heads of trails and the usual registry out of the data of whoever runs the tests."""
    monkeypatch.setattr("app.own_registry.user_data_dir", lambda: tmp_path / "data")
    monkeypatch.delenv("TREPHINE_REGISTRY", raising=False)
    return tmp_path / "data"


@pytest.fixture
def file(tmp_path: Path) -> Place:
    """Return a registry in a file, for what does not depend on the engine."""
    return file_place(tmp_path)


@pytest.fixture
def reviewed(tmp_path: Path) -> Path:
    """Return a folder as `trephine review` leaves it beside a plan and its approval."""
    folder = tmp_path / "reviewed"
    folder.mkdir()
    planned = plan()
    (folder / "plan.json").write_text(plan_to_json(planned), encoding="utf-8")
    (folder / "approval.json").write_text(approval_to_json(approval(planned)), encoding="utf-8")
    control = ControlScan(
        series_uid="1.2.3",
        frame_of_reference_uid="1.2.4",
        date="2026-03-02",
        time="10:00:00",
        slices=40,
        slice_mm=2.0,
    )
    write_review(replace(review(planned), control=control), folder)
    return folder


def at(place: Place, *arguments: object) -> Result:
    return trephine(*arguments, "--registry", place.where)


def added(place: Place, reviewed: Path, *more: object) -> dict[str, str]:
    result = at(place, "registry", "add", reviewed, "--json", *more)
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def test_a_review_is_stored_shown_and_listed(place: Place, reviewed: Path) -> None:
    facts = ("--site", "ilium", "--side", "right", "--operator", "AB", "--minutes", 35)
    more = ("--check-scans", 4, "--complication", "haematoma:2", "--stage", "corrected")
    stored = added(place, reviewed, *facts, *more)
    shown = json.loads(at(place, "registry", "show", stored["case_id"]).stdout)
    (case,) = shown["cases"]
    assert (case["biopsy_date"], case["site"], case["side"]) == ("2026-03-02", "ilium", "right")
    assert "salt" not in case
    assert shown["approvals"][0]["approved_by"] == "Dr. Ada"
    assert [p["stage"] for p in shown["placements"]] == ["corrected", "corrected"]
    assert shown["procedures"][0]["minutes"] == 35.0
    assert shown["complications"][0]["grade"] == 2
    listed = at(place, "registry", "list").stdout
    assert stored["case_id"] in listed
    assert "2026-03-02" in listed
    (one,) = json.loads(at(place, "registry", "list", "--json").stdout)
    assert (one["cores"], one["scanned"], one["rebiopsies"]) == (2, 1, 0)


def test_without_identity_the_pseudonym_is_said_and_has_to_be_kept(file: Place, reviewed) -> None:
    result = at(file, "registry", "add", reviewed)
    assert "the patient's pseudonym is T-" in result.stdout
    assert "keep the pseudonym in the patient's record" in result.stdout
    again = at(file, "registry", "add", reviewed)
    assert (again.exit_code, again.stdout) == (1, "")
    assert "This review is stored already, in case T-" in again.stderr


def test_pathology_raises_another_biopsy(file: Place, reviewed: Path) -> None:
    case = added(file, reviewed)["case_id"]
    told = at(
        file,
        "registry",
        "pathology",
        case,
        "c1",
        "--adequate",
        "yes",
        "--concordant",
        "no",
        "--viable",
        0.4,
        "--code",
        "9180/3",
        "--code-system",
        "ICD-O-3",
        "--date",
        "2026-03-09",
    )
    assert told.exit_code == 0
    assert "not in keeping with imaging: consider another biopsy" in told.stdout
    declined = at(file, "registry", "pathology", case, "c1", "--rebiopsy", "declined")
    assert "consider" not in declined.stdout
    shown = json.loads(at(file, "registry", "show", case).stdout)["pathology"][0]
    assert shown["rebiopsy"] == "declined"
    assert (shown["adequate"], shown["concordant"], shown["viable_fraction"]) == (True, False, 0.4)
    assert shown["reported_on"] == "2026-03-09"
    wrong = at(file, "registry", "pathology", case, "c1", "--code-system", "ICD-0-3")
    assert wrong.exit_code == 1
    assert 'did you mean "ICD-O-3"' in wrong.stderr
    nothing = at(file, "registry", "pathology", case, "c1")
    assert "nothing to store" in nothing.stderr


def test_facts_are_added_later(file: Place, reviewed: Path) -> None:
    case = added(file, reviewed, "--complication", "none")["case_id"]
    assert at(file, "registry", "set", case, "--site", "femur", "--dlp", 310.5).exit_code == 0
    shown = json.loads(at(file, "registry", "show", case).stdout)
    assert shown["cases"][0]["site"] == "femur"
    assert shown["procedures"][0]["dose_length_product_mgy_cm"] == 310.5
    assert shown["procedures"][0]["no_complication"] is True
    assert "There is no site" in at(file, "registry", "set", case, "--site", "femurr").stderr
    assert "KIND:GRADE" in at(file, "registry", "set", case, "--complication", "bad").stderr
    assert "nothing to store" in at(file, "registry", "set", case).stderr
    assert 'no case "T-1"' in at(file, "registry", "show", "T-1").stderr


def test_a_case_file_gives_site_and_lesion(file: Place, reviewed: Path) -> None:
    text = '[case]\nplanning_ct = "ct.nii.gz"\nsite = "tibia"\nlesion = "lesion 2"\n'
    (reviewed / "case.toml").write_text(f"schema_version = 1\n{text}")
    stored = added(file, reviewed, "--case", reviewed, "--lesion", "upper")
    (case,) = json.loads(at(file, "registry", "show", stored["case_id"]).stdout)["cases"]
    assert (case["site"], case["lesion"]) == ("tibia", "upper")


def test_tables_go_out_and_into_another_registry(file: Place, reviewed, tmp_path) -> None:
    who = ("--patient-id", "4711", "--patient-name", "Meier^Eva", "--birth-date", "1961-05-04")
    stored = added(file, reviewed, *who, "--sex", "F")
    out = tmp_path / "out"
    told = at(file, "registry", "export", out, "--identities")
    assert "keep it apart" in told.stdout
    with (out / "identities.csv").open(encoding="utf-8", newline="") as file:
        (person,) = csv.DictReader(file)
    assert person["birth_date"] == date(1961, 5, 4).isoformat()
    other = Place(where=str(tmp_path / "other.sqlite"), data_dir=tmp_path)
    assert "1 case added, 0 changed" in at(other, "registry", "import", out).stdout
    assert stored["case_id"] in at(other, "registry", "list").stdout
    (out / "cases.csv").write_text("case_id,pseudonym,stored_at,side\nA-1,A,now,up\n")
    wrong = at(other, "registry", "import", out)
    assert wrong.exit_code == 1
    assert (
        'cases.csv, line 2, column "stored_at": "now" does not fit; it has to be a time'
        in wrong.stderr
    )
    assert 'cases.csv, line 2, column "side": "up" is not known' in wrong.stderr
    third = Place(where=str(tmp_path / "third.sqlite"), data_dir=tmp_path)
    assert at(third, "registry", "import", out).exit_code == 1
    assert not (tmp_path / "third.sqlite").exists()  # none is made for what cannot be read


def test_the_trail_is_checked_and_a_broken_entry_is_named(file: Place, reviewed: Path) -> None:
    added(file, reviewed)
    good = at(file, "audit", "verify")
    assert good.exit_code == 0
    assert "2 audit entries and 1 case: every entry follows" in good.stdout
    assert "What no check here can tell" in good.stdout
    head = at(file, "audit", "head").stdout.strip()
    assert at(file, "audit", "verify", "--head", head).exit_code == 0
    file.run_sql("update placements set depth_mm = 0")
    bad = at(file, "audit", "verify")
    assert bad.exit_code == 1
    assert "was changed behind the audit trail after entry 2" in bad.stderr
    machine = json.loads(at(file, "audit", "verify", "--json").stdout)
    assert len(machine["problems"]) == 1
    assert machine["head"] == head
    assert at(file, "audit", "accept", "--reason", "seen").exit_code == 0


def test_a_patient_is_deleted_only_when_that_is_meant(
    place: Place, reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored = added(place, reviewed, "--patient-id", "4711")
    monkeypatch.setattr(sys, "stdin", io.StringIO("n\n"))
    refused = at(place, "registry", "delete", stored["pseudonym"])
    assert refused.exit_code != 0
    assert stored["case_id"] in at(place, "registry", "list").stdout
    done = at(place, "registry", "delete", stored["pseudonym"], "--yes")
    assert "is deleted, with 1 case; of it the files hold only" in done.stdout
    assert "Backups and exports made before are not in reach" in done.stdout
    assert ("server's own logs" in done.stdout) is not place.is_file
    assert stored["case_id"] not in at(place, "registry", "list").stdout
    assert at(place, "audit", "verify").exit_code == 0


def test_a_backup_is_made_while_the_registry_stays_open(reviewed: Path, tmp_path: Path) -> None:
    place = Place(where=str(tmp_path / "registry.sqlite"), data_dir=tmp_path)
    stored = added(place, reviewed)
    assert at(place, "registry", "backup", tmp_path / "copy").exit_code == 0
    copy = Place(where=str(tmp_path / "copy"), data_dir=tmp_path)
    assert stored["case_id"] in at(copy, "registry", "list").stdout
    assert at(place, "registry", "upgrade").exit_code == 0


def test_what_is_not_there_is_said_in_words(reviewed: Path, tmp_path: Path) -> None:
    nowhere = Place(where=str(tmp_path / "no" / "registry.sqlite"), data_dir=tmp_path)
    for command in (
        ("registry", "list"),
        ("audit", "verify"),
        ("registry", "delete", "A", "--yes"),
    ):
        result = at(nowhere, *command)
        assert (result.exit_code, result.stdout) == (1, "")
        assert "There is no registry at" in result.stderr
    assert not nowhere.file.parent.exists()
    (reviewed / "plan.json").write_bytes((reviewed / "plan.json").read_bytes() + b"\n")
    other = at(nowhere, "registry", "add", reviewed)
    assert "The review is of another plan" in other.stderr
    missing = at(nowhere, "registry", "add", tmp_path)
    assert "review.json cannot be read" in missing.stderr


def test_the_registry_is_among_the_users_data_unless_said_otherwise(
    reviewed: Path, user_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert trephine("registry", "add", reviewed).exit_code == 0
    folder = user_data / "registry"
    names = {file.name for file in folder.iterdir()}
    assert {"registry.sqlite", "registry.sqlite.head"} <= names
    assert (folder / "registry.sqlite").stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("TREPHINE_REGISTRY", str(user_data / "elsewhere.sqlite"))
    assert trephine("registry", "list").exit_code == 1


def test_the_password_of_a_server_comes_from_the_environment(
    postgresql, reviewed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = postgresql.url(postgresql.new_database(), password=False)
    monkeypatch.setenv("PGPASSWORD", "wrong")
    refused = trephine("registry", "add", reviewed, "--registry", url)
    assert "does not accept this user and password" in refused.stderr
    monkeypatch.setenv("PGPASSWORD", postgresql.password)
    assert trephine("registry", "add", reviewed, "--registry", url).exit_code == 0
    assert trephine("registry", "upgrade", "--registry", url).stdout.endswith("is up to date.\n")


def test_planning_and_help_start_without_the_database(tmp_path: Path) -> None:
    code = (
        "import sys; import app.cli, app.catalogue, app.planning_setup; "
        "print([n for n in ('sqlalchemy', 'alembic', 'pg8000') if n in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_an_unconfirmed_review_is_refused_before_a_registry_is_made(
    reviewed: Path, file: Place, user_data: Path
) -> None:
    good = read_review(reviewed / "review.json")
    first, *others = good.needles
    draft = replace(
        good,
        registration=replace(good.registration, accepted=False),
        needles=(replace(first, state_said=False), *others),
    )
    write_review(draft, reviewed, force=True)
    refused = trephine("registry", "add", reviewed)
    assert refused.exit_code == 1
    words = " ".join(refused.stderr.split())
    assert "Nobody has accepted the registration" in words
    assert "--accept-registration" in words
    assert (
        f"Nobody has said in which state the control CT shows the needle of {first.core}" in words
    )
    assert "--needle-state" in words
    assert not list(user_data.rglob("*.db")) + list(user_data.rglob("*.sqlite*"))
    assert not user_data.exists() or not any(user_data.iterdir())
    assert at(file, "registry", "add", reviewed).exit_code == 1
