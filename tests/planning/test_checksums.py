"""A saved case says what its files held: damage is named, and mended by the next save."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planning.errors import InputError
from planning.records import case_record, case_writer
from planning.records.case_file import load_case
from planning.records.case_writer import save_case
from planning.records.checksums import CHECKSUMS_FILE, read_checksums
from tests.writes import CASE, IMAGES


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    save_case(CASE, IMAGES, tmp_path / "case")
    return tmp_path / "case"


def loaded(folder: Path):
    return load_case(folder, role_tables={})


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 0x55
    path.write_bytes(bytes(data))


def test_every_file_is_named_and_the_usual_tool_agrees(folder: Path) -> None:
    files = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    assert read_checksums(folder).keys() == files - {CHECKSUMS_FILE}
    assert loaded(folder).said == ()
    if shutil.which("sha256sum"):
        command = ["sha256sum", "--check", "--strict", CHECKSUMS_FILE]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout


def test_a_damaged_file_is_named_with_what_to_do(folder: Path) -> None:
    approval = folder / "approval.json"
    approval.write_text(approval.read_text("utf-8").replace("Weber", "Meier"), encoding="utf-8")
    (said,) = loaded(folder).said
    assert said.startswith("Not as it was saved: approval.json. It is damaged")
    assert "Put a backup in its place" in said
    (folder / "approval.json").unlink()
    assert any("approval.json" in said for said in loaded(folder).said)


def test_what_cannot_be_read_is_said_not_to_be_what_was_saved(folder: Path) -> None:
    mask = min(folder.glob("masks/*.nrrd"))
    data = mask.read_bytes()
    assert b"space origin: (" in data
    mask.write_bytes(data.replace(b"space origin: (", b"space origin: (x", 1))
    with pytest.raises(InputError) as refused:
        loaded(folder)
    assert f"{mask.name} cannot be read" in str(refused.value)
    assert f"Not as it was saved: masks/{mask.name}. It is damaged" in str(refused.value)
    (folder / CHECKSUMS_FILE).unlink()
    with pytest.raises(InputError) as refused:
        loaded(folder)
    assert "Not as it was saved" not in str(refused.value)


def test_a_damaged_mask_is_written_anew_from_what_is_open(folder: Path) -> None:
    case = loaded(folder)
    (mask,) = list(folder.glob("masks/*.nrrd"))[:1]
    flip(mask)
    changed = replace(case.case, remarks="later")
    save_case(changed, case.images, folder, origin=case.origin)
    again = loaded(folder)
    assert again.said == ()
    grid = case.images.ct.grid
    for structure in again.case.structures:
        found, wanted = (i.masks[structure.mask_id].on(grid) for i in (again.images, IMAGES))
        assert np.array_equal(found, wanted)


def test_a_case_edited_by_hand_and_one_without_sums_open_as_ever(folder: Path) -> None:
    file = folder / "case.toml"
    file.write_text(file.read_text("utf-8") + "# a word of mine\n", encoding="utf-8")
    assert loaded(folder).said == ()
    (folder / CHECKSUMS_FILE).write_bytes(b"\xff torn")
    case = loaded(folder)
    assert case.said == ()
    save_case(case.case, case.images, folder, origin=case.origin)
    assert len(read_checksums(folder)) > 3


def test_sums_never_lead_out_of_the_folder(folder: Path) -> None:
    text = f"{'0' * 64}  ../secret\n{'0' * 64}  /etc/passwd\n"
    (folder / CHECKSUMS_FILE).write_text(text, encoding="utf-8")
    assert read_checksums(folder) == {}


def test_what_an_older_schema_wrote_is_kept_when_a_newer_one_replaces_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = loaded(folder)
    before = (folder / "case.toml").read_bytes(), (folder / "plan.json").read_bytes()
    monkeypatch.setattr(case_writer, "NEWEST_CASE", case_record.NEWEST_VERSION + 1)
    monkeypatch.setattr(case_writer, "NEWEST_PLAN", 2)
    save_case(replace(case.case, remarks="new"), case.images, folder, origin=case.origin)
    assert (folder / "case.schema-1-1.toml").read_bytes() == before[0]
    assert (folder / "plan.schema-1-1.json").read_bytes() == before[1]
    assert loaded(folder).case.remarks == "new"
