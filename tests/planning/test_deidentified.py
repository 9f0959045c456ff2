"""No byte of a de-identified export says who the patient is, and the rest fits together."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest

from planning.errors import InputError
from planning.handover.content import HandOver
from planning.handover.deidentified import REMOVED, deidentified, identity_of, traces
from planning.handover.export_format import ExportFormat, OutFile
from planning.handover.export_formats import FORMATS
from planning.handover.plan_json import plan_from_json
from planning.image import Patient
from planning.records.export_folder import read_manifest, write_export
from tests import oblique_case
from tests.printed import inflated

SECRET = "told to nobody"
TELLING = (
    *("Mustermann", "Jürgen", "Weber", "Becken", "PID-4711-X", "ACC998877", "ST5566"),
    *("1960-02-03", "19600203", "03.02.1960", "2026-11", "202611", "1.2.826.77", "066Y"),
    *("Läsion links", "as agreed", "kommt am"),
)
"""What the source says of patient, people, days and itself."""

pytestmark = pytest.mark.usefixtures("qapp")  # pictures are drawn


@pytest.fixture(scope="module")
def folder(qapp: object, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("export") / "out"
    write_export(oblique_case.hand_over(), FORMATS, out, secret=SECRET)
    return out


def test_no_byte_of_any_file_tells_who_it_is(folder: Path, tmp_path: Path):
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert {record.format for record in read_manifest(folder).files} == {f.key for f in FORMATS}
    for path in files:
        data = path.read_bytes().lower()
        for word in TELLING:
            for encoding in ("utf-8", "latin-1", "utf-16-le", "utf-16-be"):
                assert word.lower().encode(encoding) not in data, (path.name, word)
            assert word.lower() not in str(path.relative_to(folder)).lower()
    # The search finds what it looks for: as it is, the same export says nearly all of it.
    write_export(oblique_case.hand_over(), FORMATS, tmp_path / "open")
    said = b"".join(p.read_bytes() for p in (tmp_path / "open").rglob("*") if p.is_file())
    missing = {word for word in TELLING if word.encode("utf-8") not in said}
    assert missing <= {"1960-02-03", "Becken", "as agreed", "kommt am"}  # which no format writes


def test_dicom_says_that_it_is_deidentified_and_stays_valid(folder: Path):
    assert shutil.which("dciodvfy"), "dciodvfy is needed; packaging/bootstrap.py installs it"
    one_of_each = {path.parent: path for path in folder.glob("*/*.dcm")}
    paths = [*folder.glob("*.dcm"), *one_of_each.values()]
    assert len(paths) == 9
    for path in paths:
        found = pydicom.dcmread(path)
        assert found.PatientIdentityRemoved == "YES"
        assert found.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
        assert found.LongitudinalTemporalInformationModified == "REMOVED"
        assert found.PatientID == str(found.PatientName).replace("^", " ")
        days = {str(i.value) for i in found.iterall() if i.VR in ("DA", "DT") and i.value}
        assert days <= {"19000101", "19000101000000"}, path.name
        said = subprocess.run(
            ["dciodvfy", str(path)], capture_output=True, text=True, check=False, errors="replace"
        )
        wrong = [line for line in said.stderr.splitlines() if line.startswith("Error")]
        assert wrong == [], path.name


def test_no_page_names_anybody(folder: Path):
    paths = sorted(folder.glob("*.pdf"))
    assert len(paths) == 4
    for path in paths:
        for program in (["pdftotext", str(path), "-"], ["pdfinfo", str(path)]):
            there = shutil.which(program[0])
            assert there, f"{program[0]} is needed; packaging/bootstrap.py brings it"
            said = subprocess.run(
                program, capture_output=True, text=True, check=True, errors="replace"
            ).stdout
            for word in TELLING:
                assert word.lower() not in said.lower(), (path.name, word)
        held = inflated(path.read_bytes()).lower()
        for word in TELLING:
            assert word.lower().encode() not in held, (path.name, word)


def test_uids_are_replaced_by_the_same_everywhere(folder: Path):
    (path,) = folder.glob("*_plan-sr.dcm")
    found, manifest = pydicom.dcmread(path), read_manifest(folder)
    plan = plan_from_json((folder / "plan.json").read_bytes())
    series = found.CurrentRequestedProcedureEvidenceSequence[0].ReferencedSeriesSequence[0]
    frames = {str(i.value) for i in found.iterall() if i.keyword == "ReferencedFrameOfReferenceUID"}
    assert frames == {plan.frame_of_reference_uid} == {manifest.frame_of_reference_uid}
    assert series.SeriesInstanceUID == plan.series_uid == manifest.series_uid
    slices = [item.ReferencedSOPInstanceUID for item in series.ReferencedSOPSequence]
    assert len(set(slices)) == 40
    said = plan.candidates[0].warnings[0].text  # the series stands in free text too
    assert plan.series_uid in said
    assert said.count(REMOVED) == 3
    assert manifest.written_at is None
    assert manifest.plan_state == "approved"  # by whom is not said
    assert not (folder / "approval.json").exists()


def test_another_export_of_the_same_case_cannot_be_told_to_be_the_same():
    what = oblique_case.hand_over()
    one, same, other = (deidentified(what, secret) for secret in ("a", "a", "b"))
    assert one.plan == same.plan
    assert (one.stem, one.patient) == (same.stem, same.patient)
    assert one.stem != other.stem
    assert one.plan.inputs_sha256 != other.plan.inputs_sha256 != what.plan.inputs_sha256
    assert one.images.ct.series.series_uid != other.images.ct.series.series_uid


def test_numbers_pixels_and_words_of_programs_stay():
    what = oblique_case.hand_over()
    hidden = deidentified(what, SECRET)
    for before, after in zip(what.plan.candidates, hidden.plan.candidates, strict=True):
        assert before.trajectory == after.trajectory
        assert before.criteria == after.criteria
        assert [n.key for n in before.warnings] == [n.key for n in after.warnings]
    assert hidden.plan.rejected == what.plan.rejected
    assert hidden.plan.needle == what.plan.needle
    assert hidden.images.ct.values is what.images.ct.values
    assert hidden.images.ct.grid is what.images.ct.grid
    names = [structure.name for structure in hidden.case.structures]
    assert names == ["lesion", f"nerve {REMOVED}"]
    assert all(s.mask_id in hidden.images.masks for s in hidden.case.structures)
    for before, after in zip(what.images.masks.values(), hidden.images.masks.values(), strict=True):
        assert np.array_equal(before.inside, after.inside)


def test_short_names_are_no_parts_of_words():
    what = oblique_case.hand_over()
    li = replace(what.case, patient=Patient(name="Li^An", patient_id="7"), name="x")
    who = identity_of(replace(what, case=li, images=None), SECRET)
    assert who.text("the limit of Li and an angle; An_Li") == (
        f"the limit of {REMOVED} and {REMOVED} angle; {REMOVED}_{REMOVED}"
    )


@pytest.mark.parametrize(
    "text",
    ["2026-11-20", "20261120", "20.11.2026", "2026/11/20", "03/02/1960"],
)
def test_every_way_to_write_a_day_is_found(text: str):
    who = identity_of(oblique_case.hand_over(), SECRET)
    assert who.text(f"on {text}.") == f"on {REMOVED}."


def test_numbers_that_are_no_days_stay():
    who = identity_of(oblique_case.hand_over(), SECRET)
    for text in ("1.25 mm at 12.5/3.75 mm", "2105810 candidates", "version 0.1.0", "20 to 2026"):
        assert who.text(text) == text


def test_a_writer_that_tells_is_stopped_and_nothing_is_left(tmp_path: Path):
    def tell(what: HandOver, _: object) -> list[OutFile]:
        return [OutFile(name="x.txt", data=f"of {oblique_case.NAME}".encode())]

    careless = ExportFormat(key="careless", label="a careless one", frame="", write=tell)
    with pytest.raises(InputError, match=r"x\.txt would still name the patient"):
        write_export(oblique_case.hand_over(), [careless], tmp_path / "out", secret=SECRET)
    assert list(tmp_path.iterdir()) == []
    assert any(oblique_case.SERIES.encode() in trace for trace in traces(oblique_case.hand_over()))


def test_a_plan_without_its_case_loses_what_it_says_itself(tmp_path: Path):
    what = replace(oblique_case.hand_over(), case=None, images=None)
    formats = [one for one in FORMATS if not one.needs]
    write_export(what, formats, tmp_path / "out", secret=SECRET)
    for path in (tmp_path / "out").iterdir():
        data = path.read_bytes()
        for word in ("Läsion links", "1.2.826.77", "2026-11", "19600203"):
            assert word.encode() not in data, (path.name, word)
    assert re.fullmatch(
        r"case-\d{8}_candidates\.csv",
        next(p.name for p in (tmp_path / "out").iterdir() if p.suffix == ".csv"),
    )
