"""The command line does what it says, and says plainly what it cannot do."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

import pytest

from app.cli import EXPORT_FORMATS, main
from app.language import choose_language
from app.reading import ReadAhead
from app.start_guards import StartHooks
from app.watching import Watch
from planning import __version__
from planning.handover.export_formats import FORMATS
from planning.progress import SILENT
from planning.records.case_file import LoadedCase
from planning.sample.sample_case import write_sample_case
from tests.printed import plain_text_of


@dataclass(frozen=True)
class Result:
    """What one run of the command came to."""

    exit_code: int
    stdout: str
    stderr: str


def trephine(*arguments: object) -> Result:
    out, err, code = io.StringIO(), io.StringIO(), 0
    with (
        patch.object(sys, "argv", ["trephine", *map(str, arguments)]),
        redirect_stdout(out),
        redirect_stderr(err),
    ):
        try:
            main()
        except SystemExit as ended:
            code = int(ended.code or 0)
    return Result(code, out.getvalue(), err.getvalue())


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a coarse sample case: the same patient, quick to read and to plan."""
    folder = tmp_path_factory.mktemp("sample")
    return write_sample_case(folder, in_plane_size=160, slice_spacing_mm=3.0)


@pytest.fixture(scope="module")
def planned(sample: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    out = tmp_path_factory.mktemp("out") / "new"
    return out, trephine("plan", sample, "-o", out, "--top", 5)


def test_the_version_is_the_program_s() -> None:
    result = trephine("--version")
    assert (result.exit_code, result.stdout) == (0, f"Trephine {__version__}\n")


def test_help_and_version_load_nothing_heavy() -> None:
    code = (
        "import sys; from app.cli import main; sys.argv = ['trephine', '--help']\n"
        "try: main()\n"
        "except SystemExit as ended: assert not ended.code\n"
        "heavy = {'numba', 'scipy', 'SimpleITK', 'pydicom', 'vtkmodules', 'PySide6'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_case_is_opened_in_the_window(sample: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[Path] = []

    def run(case: Path, *, ahead: ReadAhead, then_plan: bool, hooks: StartHooks) -> int:
        opened.append(case)
        hooks.stands()
        assert not then_plan
        read = ahead.load(case, "", SILENT)  # it was begun before the window
        assert isinstance(read, LoadedCase)
        assert read.case.name == "Sample: right iliac lesion"
        return 0

    monkeypatch.setattr("app.application.run", run)
    for for_a_whole_process in ("collect_later", "share_one_arena"):
        monkeypatch.setattr(f"app.memory.{for_a_whole_process}", lambda: None)
    monkeypatch.setattr("app.starting.begin_watch", lambda *_: Watch(None))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    assert trephine("open", sample).exit_code == 0
    assert opened == [sample]


def test_planning_writes_everything_and_says_so(planned: tuple[Path, Result]) -> None:
    out, result = planned
    assert result.exit_code == 0, result.stderr
    plan = json.loads((out / "plan.json").read_text())
    assert sum(c["id"].startswith("T") for c in plan["candidates"]) == 5
    cores = [core["candidate"] for core in plan["core_set"]["cores"]]
    assert set(cores) <= {c["id"] for c in plan["candidates"]}
    assert f"Set of {len(cores)} cores" in result.stdout
    names = {path.name for path in out.iterdir()}
    assert {"candidates.csv", "Entry.mrk.json", "Target.mrk.json"} <= names
    assert len(list(out.glob("trajectory-*.mrk.json"))) == len(plan["candidates"])
    assert f"{plan['evaluated']:,} candidates" in result.stdout
    assert "Research use only. Not a medical device." in result.stdout
    assert f"Written to {out}" in result.stdout


def test_planning_also_describes_the_lesion(sample: Path, planned: tuple[Path, Result]) -> None:
    out, _ = planned
    with (out / "lesion_features.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file, strict=True))
    assert len(rows) == 152
    values = {row["key"]: row["value"] for row in rows}
    axes_mm = [float(values[f"morph_pca_{name}_axis"]) for name in ("maj", "min", "least")]
    assert axes_mm == sorted(axes_mm, reverse=True)
    assert all(row["lesion"] and "Research use only" in row["notice"] for row in rows)
    assert {row["method"].split(";")[0] for row in rows} == {
        "grid 1.5 mm, from 2.5 x 2.5 x 3 mm: HU linear and rounded, mask nearest voxel"
    }


def test_nothing_is_overwritten_unasked(sample: Path, planned: tuple[Path, Result]) -> None:
    out, _ = planned
    before = (out / "plan.json").read_bytes()
    refused = trephine("plan", sample, "-o", out)
    assert refused.exit_code == 1
    assert "already exists" in refused.stderr
    assert "--force" in refused.stderr
    again = trephine("plan", sample, "-o", out, "--top", 5, "--force", "--json")
    assert again.exit_code == 0, again.stderr
    assert (out / "plan.json").read_bytes() == before
    assert json.loads(again.stdout) == json.loads(before)


def test_a_planned_path_measures_the_same(sample: Path, planned: tuple[Path, Result]) -> None:
    out, _ = planned
    plan = json.loads((out / "plan.json").read_text())
    best = plan["candidates"][0]
    points = [",".join(map(str, best[key])) for key in ("entry_lps_mm", "tip_lps_mm")]
    result = trephine("measure", sample, "--entry", points[0], "--tip", points[1], "--json")
    assert result.exit_code == 0, result.stderr
    measured = json.loads(result.stdout)
    for key, value in best["criteria"].items():
        assert measured["criteria"][key] == pytest.approx(value, abs=1e-3), key
    assert {*best["warnings"], *plan["warnings"]} <= set(measured["warnings"])
    assert any(w.startswith("not_checked: ") for w in measured["warnings"])


def test_a_bad_path_is_measured_and_its_broken_limits_are_named(sample: Path) -> None:
    result = trephine("measure", sample, "--entry", "-60,-80,100", "--tip", "-60,40,100")
    assert result.exit_code == 0, result.stderr
    assert "limit broken" in result.stdout
    assert "the entry lies" in result.stdout


def test_no_feasible_candidate_is_an_answer_with_reasons(sample: Path, tmp_path: Path) -> None:
    text = sample.read_text().replace(
        'mask = "uterus.nii.gz"', 'mask = "uterus.nii.gz"\nmargin_mm = 400.0'
    )
    hopeless = sample.with_name("hopeless.toml")
    hopeless.write_text(text)
    result = trephine("plan", hopeless, "-o", tmp_path)
    assert result.exit_code == 0, result.stderr
    assert "No candidate meets every limit." in result.stdout
    assert "rejected" in result.stdout
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert plan["candidates"] == []
    assert sum(plan["rejected"].values()) == plan["evaluated"]


def test_a_plan_is_exported_as_what_is_asked(planned: tuple[Path, Result], tmp_path: Path) -> None:
    out, _ = planned
    result = trephine("export", out / "plan.json", "-o", tmp_path / "csv", "--to", "csv")
    assert result.exit_code == 0, result.stderr
    names = sorted(path.name for path in (tmp_path / "csv").iterdir())
    assert len(names) == 2
    assert re.fullmatch(r"Sample-right-iliac-lesion_\d{4}-\d\d-\d\d_candidates\.csv", names[0])
    assert names[1] == "manifest.json"
    result = trephine("export", out, "-o", tmp_path / "all")
    assert result.exit_code == 0
    assert "Left out: DICOM structured report. It needs the planning CT" in result.stderr
    assert "--case CASE" in result.stderr
    (tip,) = (tmp_path / "all").glob("*_Tip.mrk.json")
    assert tip.read_bytes() == (out / "Tip.mrk.json").read_bytes()
    assert (tmp_path / "all" / "plan.json").read_bytes() == (out / "plan.json").read_bytes()
    refused = trephine("export", out, "-o", tmp_path / "sr", "--to", "sr")
    assert refused.exit_code == 1
    assert "give with --case CASE the case that the plan was made on" in refused.stderr
    assert not (tmp_path / "sr").exists()


def test_a_plan_is_exported_with_its_case_and_without_the_patient(
    qapp: object, sample: Path, planned: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = planned
    order = ("export", out, "--case", sample, "--core", "T1", "--core", "T2", "-o", tmp_path / "x")
    result = trephine(*order, "--deidentify")
    assert result.exit_code == 0, result.stderr
    manifest = json.loads((tmp_path / "x" / "manifest.json").read_text("utf-8"))
    assert manifest["chosen"] == ["T1", "T2"]
    assert manifest["left_out"] == []
    assert {record["format"] for record in manifest["files"]} == {one.key for one in FORMATS}
    for path in (tmp_path / "x").rglob("*"):
        assert not path.is_file() or b"SAMPLE" not in path.read_bytes()
    again = trephine(*order)
    assert again.exit_code == 1
    assert "holds an export already" in again.stderr
    assert trephine(*order, "--force").exit_code == 0
    unknown = trephine("export", out, "-o", tmp_path / "y", "--core", "T99")
    assert unknown.exit_code == 1
    assert 'no trajectory "T99"' in unknown.stderr


def test_reports_are_written_in_the_language_that_is_asked_for(
    qapp: object, sample: Path, planned: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = planned
    order = ("report", out, "--case", sample, "--core", "T1")
    try:
        result = trephine(*order, "--kind", "room", "--language", "de", "-o", tmp_path / "de")
        assert result.exit_code == 0, result.stderr
    finally:
        choose_language("en")
    (sheet,) = (tmp_path / "de").glob("*_ct-room.pdf")
    candidate = json.loads((out / "plan.json").read_text("utf-8"))["candidates"][0]
    said = plain_text_of(sheet.read_bytes())
    assert f"STOPP bei {candidate['criteria']['stop_depth_mm']:.0f} mm" in said
    assert "RECHTS: ilium" in said
    assert "Nur für die Forschung. Kein Medizinprodukt." in said
    hidden = trephine(*order, "--deidentify", "-o", tmp_path / "hidden")
    assert hidden.exit_code == 0, hidden.stderr
    pages = sorted((tmp_path / "hidden").glob("*.pdf"))
    assert len(pages) == 3
    assert not any("SAMPLE" in plain_text_of(page.read_bytes()) for page in pages)
    unknown = trephine(*order, "--language", "xx", "-o", tmp_path / "xx")
    assert unknown.exit_code == 2
    assert "give one of en, de" in unknown.stderr


def test_the_help_names_every_format() -> None:
    assert [one.key for one in FORMATS] == EXPORT_FORMATS.split(", ")


def test_trajectories_of_other_programs_are_measured(
    sample: Path, planned: tuple[Path, Result], tmp_path: Path
) -> None:
    out, _ = planned
    plan = json.loads((out / "plan.json").read_text())
    files = [out / "trajectory-01.mrk.json", out / "Tip.mrk.json"]
    result = trephine("measure", sample, "--from", files[0], "--from", files[1], "--json")
    assert result.exit_code == 0, result.stderr
    (measured,) = json.loads(result.stdout)
    assert measured["id"] == "Trajectory 1"
    for end in ("entry_lps_mm", "stop_lps_mm", "tip_lps_mm"):
        assert measured[end] == pytest.approx(plan["candidates"][0][end], abs=1e-3)
    shown = trephine("measure", sample, "--from", files[0])
    assert shown.exit_code == 0
    assert shown.stdout.startswith("Trajectory 1\n")
    assert trephine("measure", sample, "--from", files[1]).exit_code == 1


def test_a_case_is_saved_as_a_folder_of_its_own(sample: Path, tmp_path: Path) -> None:
    out = tmp_path / "saved"
    result = trephine("save", sample, "-o", out)
    assert result.exit_code == 0, result.stderr
    assert 'by = "Trephine' in (out / "case.toml").read_text("utf-8")
    assert len(list((out / "ct").iterdir())) == len(list((sample.parent / "ct").iterdir()))
    again = trephine("save", out, "-o", out)
    assert again.exit_code == 1
    assert "holds files already" in again.stderr


def test_a_folder_of_dicom_is_described(sample: Path) -> None:
    result = trephine("series", sample.parent / "ct")
    assert result.exit_code == 0, result.stderr
    assert "reads as a volume" in result.stdout
    (series,) = json.loads(trephine("series", sample.parent / "ct", "--json").stdout)
    assert series["size_ijk"][:2] == [160, 160]
    assert series["spacing_mm"] == pytest.approx([2.5, 2.5, 3.0])
    assert series["problem"] == ""


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("plan", "nowhere", "-o", "out"), "nowhere does not exist"),
        (("plan", "CASE", "-o", "OUT", "--needle", "bone-11g-10"), "Did you mean bone-11g-1"),
        (("plan", "CASE", "-o", "OUT", "--protocol", "bone"), "Known: bone-ct, soft-tissue-ct."),
        (("export", "nowhere.json", "-o", "OUT", "--to", "csv"), "nowhere.json cannot be read"),
        (("series", "nowhere"), "nowhere"),
    ],
)
def test_what_the_user_can_mend_is_one_plain_sentence(
    arguments: tuple[str, ...], said: str, sample: Path, tmp_path: Path
) -> None:
    places = {"CASE": sample, "OUT": tmp_path / "out"}
    result = trephine(*(places.get(argument, argument) for argument in arguments))
    assert result.exit_code == 1
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan",),
        ("plan", "case.toml"),
        ("plan", "case.toml", "-o", "out", "--guidance", "luck"),
        ("measure", "case.toml", "--entry", "1,2", "--tip", "1,2,3"),
        ("measure", "case.toml", "--entry", "1,2,3"),
        ("measure", "case.toml", "--entry", "1,2,3", "--tip", "1,2,4", "--from", "x.tag"),
        ("export", "plan.json", "-o", "out", "--to", "pigeon"),
        ("unknown",),
    ],
)
def test_misuse_ends_with_code_2(arguments: tuple[str, ...]) -> None:
    assert trephine(*arguments).exit_code == 2


def test_the_real_pelvis_is_planned(data_dir: Path, tmp_path: Path) -> None:
    result = trephine("plan", data_dir / "pelvis", "-o", tmp_path)
    assert result.exit_code == 0, result.stderr
    plan = json.loads((tmp_path / "plan.json").read_text())
    assert len(plan["candidates"]) >= 5
    assert any(text.startswith("position_differs") for text in plan["warnings"])
    assert "lumbosacral plexus" in plan["not_checked"]
