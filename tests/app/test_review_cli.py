"""`trephine review`: what it writes, and what it refuses to store until somebody confirms it."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import typer

from app import catalogue, review_command
from app.planning_setup import anatomy_of, setup_of
from planning.geometry import Vec3, vec3
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.image import Patient, Series, Volume
from planning.imaging.dicom_series import read_series
from planning.imaging.transforms import RigidTransform
from planning.imaging.volume_files import write_volume
from planning.model.execution import ExecutedNeedle, NeedleState
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from planning.records.approval_file import approval_to_json, sha256_of
from planning.records.case_file import load_case
from planning.records.review_file import read_review
from planning.sample.sample_case import write_sample_case
from planning.trajectories.measure import measure
from tests import example_plans, reviewed_cases
from tests.app.test_cli import trephine
from tests.moved_scans import motion, rescanned
from tests.needle_scans import Device, Placed, skin_entry, with_needles

WHERE = "-19.5,108.2,110.0"
PATHS = {
    "T1": Trajectory((-50.3, 93.2, 136.4), (-83.0, 15.4, 109.4)),
    "T2": Trajectory((-50.3, 93.2, 136.4), (-71.8, 29.6, 106.2)),
}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("sample")
    return write_sample_case(folder, in_plane_size=160, slice_spacing_mm=3.0)


@pytest.fixture(scope="module")
def planning_ct(case: Path) -> Volume:
    return read_series(case.parent / "ct")


@pytest.fixture(scope="module")
def plan(case: Path, planning_ct: Volume, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the plan of two cores that somebody chose: searching for them is tested elsewhere."""
    loaded = load_case(case, role_tables=catalogue.role_tables())
    setup = setup_of(loaded.case)
    anatomy = anatomy_of(loaded.case, loaded.images, setup)
    cores = tuple(measure(anatomy, path, candidate_id=name) for name, path in PATHS.items())
    template = example_plans.with_cores()
    core = template.core_set.cores[0]
    chosen = replace(
        template,
        needle=setup.needle,
        guidance=setup.guidance.value,
        protocol_key=setup.protocol.key,
        protocol_sha256=setup.protocol.sha256,
        frame_of_reference_uid=planning_ct.frame_of_reference_uid,
        series_uid=planning_ct.series.series_uid,
        candidates=cores,
        core_set=replace(template.core_set, cores=tuple(replace(core, candidate=c) for c in cores)),
    )
    path = tmp_path_factory.mktemp("plan") / "plan.json"
    path.write_text(plan_to_json(chosen), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def core(plan: Path) -> Candidate:
    return plan_from_json(plan.read_bytes()).core_set.cores[0].candidate


TRUTH = motion((6.0, -5.0, 9.0), (3.0, -2.0, 4.0), (-60.0, 60.0, 120.0))


def pierced(volume: Volume, entry: Vec3, tip: Vec3) -> Volume:
    """Return the scan with a rod of metal between two points in it."""
    values = volume.values.copy()
    steps = np.linspace(np.array(entry) + np.subtract(entry, tip) * 0.3, tip, 600)
    away = np.mgrid[-1:2, -1:2, -1:2].reshape(3, -1).T * 0.7
    index = np.rint(volume.grid.index_from_lps((steps[:, None] + away).reshape(-1, 3)))
    i, j, k = index.astype(int).T
    values[k, j, i] = 3000
    return replace(volume, values=values)


@pytest.fixture(scope="module")
def control(planning_ct: Volume, core: Candidate) -> Volume:
    """Return the moved patient with a needle at its stop, 2 mm too deep and 1.5 mm to the head."""
    path = core.trajectory
    scan = rescanned(
        planning_ct, TRUTH, around_lps_mm=path.tip_lps_mm, slab_mm=90.0, slice_mm=2.5,
        pixel_mm=1.5, width_mm=300.0,
    )  # fmt: skip
    entry, tip = (TRUTH.second_from_ct(end) for end in executed(core))
    return pierced(replace(scan, patient=planning_ct.patient), vec3(entry), vec3(tip))


def executed(core: Candidate) -> tuple[Vec3, Vec3]:
    """Return entry and tip as they really are, in the planning CT."""
    along = core.trajectory.direction_lps
    up = np.array([0.0, 0.0, 1.0]) - along[2] * along
    off = 2.0 * along + 1.5 * up / np.linalg.norm(up)
    return core.trajectory.entry_lps_mm, vec3(np.array(core.stop_lps_mm) + off)


@pytest.fixture(scope="module")
def control_file(control: Volume, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("control") / "control.nii.gz"
    write_volume(control, path)
    return path


@pytest.fixture(scope="module")
def remembered() -> dict[object, object]:
    return {}


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch, remembered: dict[object, object]) -> None:
    """Read the case once, and register each control CT once, for all tests of this file."""
    load, register = review_command.load_case, review_command.register

    def once(key: object, made):
        return remembered[key] if key in remembered else remembered.setdefault(key, made())

    monkeypatch.setattr(
        review_command, "load_case", lambda path, **how: once(path, lambda: load(path, **how))
    )
    monkeypatch.setattr(
        review_command,
        "register",
        lambda pair, progress: once(pair.control.values_sha256, lambda: register(pair, progress)),
    )


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch, core: Candidate) -> list[ExecutedNeedle]:
    """Let the needles be known: finding them is tested elsewhere."""
    entry, tip = (vec3(TRUTH.second_from_ct(end)) for end in executed(core))
    needles = [ExecutedNeedle(entry_lps_mm=entry, tip_lps_mm=tip, method="automatic", rms_mm=0.1)]
    monkeypatch.setattr(review_command, "find_needles", lambda control, **near: tuple(needles))
    return needles


def run(case: Path, plan: Path, control: Path, *more: object, state: str = "unfired"):
    return trephine(
        "review", case, "--plan", plan, "--control", control, "--needle-state", state, *more
    )


def transform_file(folder: Path, transform: RigidTransform = TRUTH) -> Path:
    """Return the transform as ITK writes it."""
    path = folder / "planning_to_control.tfm"
    numbers = [*transform.rotation.ravel().tolist(), *transform.shift_mm]
    path.write_text(
        "#Insight Transform File V1.0\n#Transform 0\nTransform: AffineTransform_double_3_3\n"
        f"Parameters: {' '.join(map(str, numbers))}\nFixedParameters: 0 0 0\n"
    )
    return path


def test_a_control_ct_becomes_errors_pictures_and_a_page(
    case: Path, plan: Path, control_file: Path, core: Candidate, found, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    done = run(case, plan, control_file, "-o", out, "--accept-registration")
    assert done.exit_code == 0, done.stderr
    assert "bone surfaces are" in done.stderr
    assert "UNCONFIRMED" not in done.stdout + done.stderr
    name = core.candidate_id
    assert sorted(path.name for path in out.iterdir()) == [
        f"review-{name}.png", "review-registration.png", "review.json", "review.pdf",
    ]  # fmt: skip
    review = read_review(out / "review.json")
    first, second = review.needles
    assert (first.core, first.needle_state) == (name, NeedleState.COCKED)
    assert first.error.depth_mm == pytest.approx(2.0, abs=0.7)
    assert first.error.off_plane_mm == pytest.approx(1.5, abs=0.7)
    assert first.error.lateral_tip_mm == pytest.approx(1.5, abs=0.7)
    assert second.executed is None
    assert review.registration.accepted
    assert review.registration.residual_mm < 0.8
    assert "who was scanned" in "\n".join(review.warnings)
    assert (out / "review.pdf").read_bytes().startswith(b"%PDF")
    for words in ("1 of 2 cores seen", "not imaged", "within tolerance", "yes", "inferred",
                  "Not a medical device"):  # fmt: skip
        assert words in done.stdout, words

    again = run(case, plan, control_file, "-o", out, "--accept-registration")
    assert again.exit_code == 1
    assert "add --force" in again.stderr


def test_a_needle_in_a_moved_patient_is_reported_to_a_millimetre(
    case: Path, plan: Path, planning_ct: Volume, core: Candidate, tmp_path: Path
) -> None:
    """The whole way: registration, a needle among its streaks, errors. Many more: endurance."""
    away, tip = np.array([0.02, 0.0, -0.01]), executed(core)[1]
    entry = skin_entry(planning_ct, tip, away - core.trajectory.direction_lps)
    scan = with_needles(
        planning_ct,
        (Placed(device=Device(diameter_mm=3.05), entry_lps_mm=entry, tip_lps_mm=tip),),
        slice_mm=2.0, slab_mm=64.0, moved=TRUTH, pixel_mm=1.2, width_mm=300.0, table=True,
    )  # fmt: skip
    write_volume(scan.control, tmp_path / "control.nii.gz")
    done = run(case, plan, tmp_path / "control.nii.gz", "--accept-registration", "--json")
    assert done.exit_code == 0, done.stderr
    needle = json.loads(done.stdout)["needles"][0]
    assert needle["executed"]["method"] == "automatic"
    assert needle["executed"]["tip_lps_mm"] == pytest.approx(tip, abs=1.0)
    assert needle["error"]["depth_mm"] == pytest.approx(2.0, abs=1.0)
    assert needle["error"]["lateral_tip_mm"] == pytest.approx(1.5, abs=0.8)


def test_json_goes_to_the_output_and_is_the_same_every_time(
    case: Path, plan: Path, control_file: Path, found, tmp_path: Path
) -> None:
    transform = transform_file(tmp_path)
    first, again = (
        run(case, plan, control_file, "--transform", transform, "--json") for _ in range(2)
    )
    assert first.exit_code == 0, first.stderr
    assert first.stdout == again.stdout
    document = json.loads(first.stdout)
    assert document["registration"]["method"] == "transform given"
    assert document["needles"][0]["error"]["depth_mm"] == pytest.approx(2.0, abs=1e-3)


def test_other_patients_need_a_word(
    case: Path, plan: Path, control: Volume, found, tmp_path: Path, monkeypatch
) -> None:
    stranger = replace(control, patient=Patient(name="ROE^RICHARD", patient_id="77", sex="M"))
    monkeypatch.setattr(review_command, "read_control", lambda path, **_: stranger)
    transform = transform_file(tmp_path)
    refused = run(case, plan, Path("control"), "--transform", transform, "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "of another patient: ID" in refused.stderr
    assert "--other-patient-confirmed" in refused.stderr
    assert not (tmp_path / "out").exists()
    done = run(case, plan, Path("control"), "--transform", transform, "--json",
               "--other-patient-confirmed")  # fmt: skip
    assert done.exit_code == 0, done.stderr
    check = json.loads(done.stdout)["patient_check"]
    assert check["confirmed"] is True
    assert check["differs"] == ["ID", "name", "sex"]
    assert "ROE" not in done.stdout


def test_another_region_is_refused_in_words(
    case: Path, plan: Path, planning_ct: Volume, tmp_path: Path, monkeypatch
) -> None:
    low = planning_ct.grid.cropped((0, 0, 0), (160, 160, 12))
    feet = replace(planning_ct, grid=low, values=planning_ct.values[:12].copy(),
                   series=Series(modality="CT", series_uid="9.9"))  # fmt: skip
    feet = replace(feet, values=np.where(feet.values > 100, np.int16(40), feet.values))
    monkeypatch.setattr(review_command, "read_control", lambda path, **_: feet)
    refused = run(case, plan, Path("c"), "--accept-registration", "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "does not fit the planning CT" in refused.stderr
    assert "Traceback" not in refused.stderr
    assert not (tmp_path / "out").exists()


def test_no_needle_is_said_and_two_points_help(
    case: Path, plan: Path, control_file: Path, core: Candidate, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setattr(review_command, "find_needles", lambda control, **near: ())
    transform = ("--transform", transform_file(tmp_path))
    refused = run(case, plan, control_file, *transform, "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "No needle was found in the control CT. Nothing was stored." in refused.stderr
    assert "--entry and --tip" in refused.stderr
    assert not (tmp_path / "out").exists()

    entry, tip = (TRUTH.second_from_ct(end).tolist() for end in executed(core))
    points = ("--entry", ",".join(map(str, entry)), "--tip", ",".join(map(str, tip)))
    typed = run(case, plan, control_file, *transform, *points, "--as-given", "--json")
    assert typed.exit_code == 0, typed.stderr
    needle = json.loads(typed.stdout)["needles"][0]
    assert needle["executed"]["method"] == "typed"
    assert needle["error"]["depth_mm"] == pytest.approx(2.0, abs=1e-3)

    clicked: list[tuple[Vec3, Vec3]] = []

    def refined(control: Volume, hub_side: Vec3, end: Vec3) -> ExecutedNeedle:
        clicked.append((hub_side, end))
        return ExecutedNeedle(entry_lps_mm=hub_side, tip_lps_mm=end, method="two points")

    monkeypatch.setattr(review_command, "refine_needle", refined)
    done = run(case, plan, control_file, *transform, *points, "--json")
    assert json.loads(done.stdout)["needles"][0]["executed"]["method"] == "two points"
    assert clicked == [(pytest.approx(entry), pytest.approx(tip))]

    gone = run(case, plan, control_file, *transform, "-o", tmp_path / "gone", state="removed")
    assert gone.exit_code == 0, gone.stderr
    assert "0 of 2 cores seen" in gone.stdout
    assert (tmp_path / "gone" / "review.pdf").exists()


def test_half_as_many_slices_need_a_word(
    case: Path, plan: Path, control: Volume, found, tmp_path: Path, monkeypatch
) -> None:
    slices = control.grid.size_ijk[2] // 3
    thick = control.values[: 3 * slices].reshape(slices, 3, *control.values.shape[1:]).mean(axis=1)
    grid = replace(
        control.grid,
        size_ijk=(*control.grid.size_ijk[:2], slices),
        spacing_mm=(*control.grid.spacing_mm[:2], 3 * control.grid.spacing_mm[2]),
        origin_lps_mm=vec3(control.grid.lps_from_index((0.0, 0.0, 1.0))),
    )
    sparse = replace(control, grid=grid, values=np.rint(thick).astype(np.int16))
    monkeypatch.setattr(review_command, "read_control", lambda path, **_: sparse)
    transform = ("--transform", transform_file(tmp_path))
    refused = run(case, plan, Path("c"), *transform, "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "slices 7.50 mm apart" in refused.stderr
    assert "--few-slices-confirmed" in refused.stderr
    assert not (tmp_path / "out").exists()
    done = run(case, plan, Path("c"), *transform, "--few-slices-confirmed", "--json")
    assert done.exit_code == 0, done.stderr
    assert any("7.50 mm apart" in words for words in json.loads(done.stdout)["warnings"])


def test_one_frame_is_offered_and_a_wrong_one_refused(
    case: Path, plan: Path, planning_ct: Volume, core: Candidate, tmp_path: Path, monkeypatch
) -> None:
    still = pierced(planning_ct, *executed(core))
    still = replace(still, series=replace(planning_ct.series, series_uid="4.4"))
    monkeypatch.setattr(review_command, "read_control", lambda path, **_: still)
    needle = ExecutedNeedle(
        entry_lps_mm=executed(core)[0], tip_lps_mm=executed(core)[1], method="automatic"
    )
    monkeypatch.setattr(review_command, "find_needles", lambda control, **near: (needle,))
    offered = run(case, plan, Path("c"), "-o", tmp_path / "out")
    assert offered.exit_code == 0, offered.stderr
    assert not read_review(tmp_path / "out" / "review.json").registration.accepted
    assert "--same-frame takes them so" in offered.stderr
    done = run(case, plan, Path("c"), "--same-frame", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["registration"]["transform"] == [
        1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1,
    ]  # fmt: skip
    moved = replace(still, frame_of_reference_uid="8.8")
    monkeypatch.setattr(review_command, "read_control", lambda path, **_: moved)
    refused = run(case, plan, Path("c"), "--same-frame", "--json")
    assert refused.exit_code == 1
    assert "another frame of reference" in refused.stderr


def test_a_bad_registration_is_not_accepted_whatever_is_said(
    case: Path, plan: Path, control_file: Path, found, tmp_path: Path, monkeypatch
) -> None:
    wrong = replace(TRUTH, shift_mm=vec3(np.add(TRUTH.shift_mm, (5.0, -5.0, 4.0))))
    by_hand = review_command.by_hand
    monkeypatch.setattr(review_command, "register", lambda pair, progress: by_hand(pair, wrong))
    refused = run(case, plan, control_file, "--accept-registration", "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "Not usable" in refused.stderr
    assert "--transform" in refused.stderr
    done = run(case, plan, control_file, "--transform", transform_file(tmp_path, wrong), "--json")
    assert done.exit_code == 0
    assert any("Not usable" in words for words in json.loads(done.stdout)["warnings"])


def test_a_person_at_the_terminal_is_asked(
    case: Path, plan: Path, control_file: Path, found, tmp_path: Path, monkeypatch
) -> None:
    by_hand = review_command.by_hand
    monkeypatch.setattr(review_command, "register", lambda pair, progress: by_hand(pair, TRUTH))
    monkeypatch.setattr("app.review_asking.asks", lambda order: True)
    asked: list[str] = []

    def answer(text: str, **_: object) -> bool:
        asked.append(text)
        return len(asked) > 1

    monkeypatch.setattr("typer.confirm", answer)
    out = tmp_path / "out"
    assert run(case, plan, control_file, "-o", out).exit_code == 1
    assert not out.exists()
    assert run(case, plan, control_file, "-o", out).exit_code == 0
    assert "Accept this registration?" in asked[0]
    assert (out / "review.json").exists()


def test_the_state_is_asked_for_at_a_terminal(
    case: Path, plan: Path, control_file: Path, found, tmp_path: Path, monkeypatch
) -> None:
    asked: list[str] = []

    def answer(text: str, *, value_proc, **_: object) -> NeedleState:
        asked.append(text)
        with pytest.raises(typer.BadParameter, match="no state of a needle"):
            value_proc("bent")
        return value_proc(("cocked", "removed")[len(asked) - 1])

    monkeypatch.setattr("app.review_asking.asks", lambda order: True)
    monkeypatch.setattr("typer.prompt", answer)
    done = trephine("review", case, "--plan", plan.parent, "--control", control_file, "--json",
                    "--transform", transform_file(tmp_path))  # fmt: skip
    assert done.exit_code == 0, done.stderr
    assert [text.split("?")[0] for text in asked] == [
        f"What does the control CT show of the needle of {name}" for name in PATHS
    ]
    states = [needle["needle_state"] for needle in json.loads(done.stdout)["needles"]]
    assert states == ["cocked", "removed"]


def test_an_approval_beside_the_plan_says_which_cores_were_meant(
    case: Path, plan: Path, control_file: Path, found, tmp_path: Path
) -> None:
    transform = ("--transform", transform_file(tmp_path), "--json")
    unapproved = json.loads(run(case, plan, control_file, *transform).stdout)
    assert any("nobody approved this plan" in words for words in unapproved["warnings"])
    assert [needle["core"] for needle in unapproved["needles"]] == list(PATHS)
    beside = tmp_path / "approved"
    beside.mkdir()
    data = plan.read_bytes()
    (beside / "plan.json").write_bytes(data)
    approval = replace(
        reviewed_cases.approval(plan_from_json(data)),
        plan_sha256=sha256_of(data), candidate_ids=("T1",),
    )  # fmt: skip
    (beside / "approval.json").write_text(approval_to_json(approval), encoding="utf-8")
    approved = json.loads(run(case, beside, control_file, *transform).stdout)
    assert [needle["core"] for needle in approved["needles"]] == ["T1"]
    assert not any("nobody approved" in words for words in approved["warnings"])


def test_scans_left_as_they_lie_where_the_patient_moved_have_to_be_accepted(
    case: Path, plan: Path, planning_ct: Volume, control: Volume, found, monkeypatch
) -> None:
    lying = replace(
        control,
        frame_of_reference_uid=planning_ct.frame_of_reference_uid,
        series=replace(control.series, position_code=planning_ct.series.position_code),
    )
    monkeypatch.setattr(review_command, "read_control", lambda *_, **__: lying)
    refused = run(case, plan, Path("c"), "--same-frame", "--json")
    assert refused.exit_code == 1
    assert "Not usable" in refused.stderr or "patient may have moved" in refused.stderr
    assert refused.stdout == ""


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--needle-state", "gone", "-o", "x"), "no state of a needle"),
        (("--needle-state", "fired"), "say where the review is written"),
        (("--needle-state", "fired", "-o", "x", "--tip", WHERE), "give both --entry and --tip"),
        (("--needle-state", "fired", "-o", "x", "--same-frame", "--transform", "a.tfm"),
         "not both"),
    ],
)  # fmt: skip
def test_wrong_use_is_said_before_anything_is_read(arguments, message) -> None:
    result = trephine("review", "case", "--plan", "p", "--control", "c", *arguments)
    assert result.exit_code == 2
    assert message in " ".join(result.stderr.replace("│", " ").split())


def test_states_of_single_cores(case: Path, plan: Path, control_file: Path, core: Candidate,
                                found, tmp_path: Path) -> None:  # fmt: skip
    transform = ("--transform", transform_file(tmp_path), "--json")
    named = ("--needle-state", f"{core.candidate_id}=introducer")
    done = run(case, plan, control_file, *named, *transform, state="core-taken")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout)["needles"][0]["needle_state"] == "introducer"
    wrong = run(case, plan, control_file, "--needle-state", "T99=fired", *transform)
    assert wrong.exit_code == 1
    assert "no core T99 is reviewed" in wrong.stderr


def test_a_machine_without_drawing_libraries_still_gets_its_numbers(
    case: Path, plan: Path, control_file: Path, found, tmp_path: Path, monkeypatch
) -> None:
    monkeypatch.setitem(sys.modules, "app.review_pictures", None)
    out = tmp_path / "out"
    done = run(case, plan, control_file, "--transform", transform_file(tmp_path), "-o", out)
    assert done.exit_code == 0, done.stderr
    assert "cannot be drawn" in done.stderr
    assert [path.name for path in out.iterdir()] == ["review.json"]


def bare(case: Path, plan: Path, control: Path, *more: object):
    return trephine("review", case, "--plan", plan, "--control", control, *more)


@pytest.mark.parametrize(
    ("from_tip_mm", "state", "point"), [(None, "cocked", "stop"), (3.0, "fired", "tip")]
)
def test_without_a_terminal_an_unconfirmed_review_comes_out(
    case: Path, plan: Path, control_file: Path, core: Candidate, found, tmp_path: Path,
    from_tip_mm: float | None, state: str, point: str,
) -> None:  # fmt: skip
    if from_tip_mm is not None:
        path = core.trajectory
        tip = TRUTH.second_from_ct(path.at_depth_mm(path.insertion_depth_mm - from_tip_mm))
        found[:] = [replace(found[0], tip_lps_mm=vec3(tip))]
    out = tmp_path / "out"
    done = bare(case, plan, control_file, "-o", out)
    assert done.exit_code == 0, done.stderr
    name = core.candidate_id
    assert sorted(path.name for path in out.iterdir()) == [
        f"review-{name}.png", "review-registration.png", "review.json", "review.pdf",
    ]  # fmt: skip
    document = json.loads((out / "review.json").read_text("utf-8"))
    assert document["confirmed"] is False
    assert document["unconfirmed"] == ["registration", "needle-state"]
    assert document["registration"]["accepted"] is False
    first = document["needles"][0]
    assert (first["needle_state"], first["state_said"]) == (state, False)
    assert first["achieved"]["knowledge"] == "inferred"
    assert f"nearer to the planned {point}" in " ".join(document["warnings"])
    lines = done.stdout.strip().splitlines()
    assert lines[0].startswith("UNCONFIRMED: registration accepted by nobody, state of the")
    assert lines[-1].startswith("UNCONFIRMED")
    assert "then add --accept-registration --needle-state STATE" in lines[-1]
    assert f"{state} (not said)" in " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("option", "missing"),
    [
        (("--accept-registration",), ["needle-state"]),
        (("--needle-state", "cocked"), ["registration"]),
    ],
)
def test_only_what_nobody_said_is_unconfirmed_and_json_stays_json(
    case: Path, plan: Path, control_file: Path, found, option, missing
) -> None:
    done = bare(case, plan, control_file, "--json", *option)
    assert done.exit_code == 0, done.stderr
    document = json.loads(done.stdout)
    assert document["unconfirmed"] == missing
    assert document["needles"][0]["state_said"] is ("needle-state" not in missing)
    assert done.stderr.strip().splitlines()[-1].startswith("UNCONFIRMED")


def test_an_unconfirmed_review_still_needs_a_usable_registration_and_the_patient(
    case: Path, plan: Path, control: Volume, control_file: Path, found, tmp_path: Path, monkeypatch
) -> None:
    stranger = replace(control, patient=Patient(name="ROE^RICHARD", patient_id="77", sex="M"))
    with monkeypatch.context() as patched:
        patched.setattr(review_command, "read_control", lambda path, **_: stranger)
        refused = bare(case, plan, Path("c"), "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "--other-patient-confirmed" in refused.stderr
    wrong = replace(TRUTH, shift_mm=vec3(np.add(TRUTH.shift_mm, (5.0, -5.0, 4.0))))
    by_hand = review_command.by_hand
    monkeypatch.setattr(review_command, "register", lambda pair, progress: by_hand(pair, wrong))
    refused = bare(case, plan, control_file, "-o", tmp_path / "out")
    assert refused.exit_code == 1
    assert "Not usable" in refused.stderr
    assert not (tmp_path / "out").exists()
