"""A saved case opens elsewhere as the same case; nothing half, nothing foreign overwritten."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from planning import atomic_files
from planning.errors import InputError
from planning.geometry import Grid
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.image import CaseImages, Mask, Patient, Series, Volume
from planning.imaging.volume_files import write_volume
from planning.model.case import (
    Case,
    Guidance,
    Indication,
    OwnPath,
    Position,
    Role,
    RuleChange,
    Strategy,
    Structure,
)
from planning.model.case_review import CaseReview, PlannedPath
from planning.model.limit import LimitChange
from planning.model.needle import Trajectory
from planning.model.plan_life import approval_of, approved, checklist, forked
from planning.records import case_writer
from planning.records.approval_file import approval_from_json, approval_to_json, plan_sha256
from planning.records.case_file import load_case
from planning.records.case_writer import is_saved_case, save_case
from planning.records.toml_text import toml_text
from tests import dicom_files, example_plans, example_reviews

STORED = np.random.default_rng(3).integers(0, 2000, (5, 6, 7)).astype(np.int16)
AXES = ((0.8, 0.6, 0.0), (-0.6, 0.8, 0.0), (0.0, 0.0, 1.0))
GRID = Grid(
    size_ijk=(12, 10, 8),
    spacing_mm=(0.7, 1.1, 1.0 / 3.0),
    origin_lps_mm=(-17.123456789, 4.2, 1e-3),
    direction_lps=AXES,
)


def mask(seed, grid=GRID):
    inside = np.random.default_rng(seed).random(grid.shape_kji) > 0.7
    return Mask(grid=grid, inside=inside)


@pytest.fixture
def images():
    values = np.random.default_rng(1).integers(-1000, 1500, GRID.shape_kji).astype(np.int16)
    ct = Volume(
        grid=GRID,
        values=values,
        frame_of_reference_uid="1.2.3",
        slice_normal_lps=(0.0, 0.0, 1.0),
        series=Series(
            modality="CT",
            series_uid="1.2.4",
            series_number="4",
            date="2026-11-23",
            position_code="FFP",
            isocentre_lps_mm=(0.0, 1.5, 2.0),
            instance_numbers=tuple(range(8, 0, -1)),
            table_positions_mm=tuple(400.0 + k / 3 for k in range(8)),
        ),
        patient=Patient(
            name="DOE^JANE", patient_id="1", sex="F", birth_date="1970-01-31", age="056Y"
        ),
        notes=("gantry was tilted",),
    )
    masks = {"tumour.nii.gz": mask(2), "a/b: \\ü*?": mask(3), "new:1": mask(4), "nothing": mask(5)}
    masks["nothing"] = Mask(grid=GRID, inside=np.zeros(GRID.shape_kji, np.bool_))
    return CaseImages(ct=ct, masks=masks)


@pytest.fixture
def case(images):
    plan = example_plans.plan()
    return Case(
        name='A "case" äöü \x7f',
        ct_id="ct",
        patient=images.ct.patient,
        ct_position=Position.PRONE,
        patient_position=Position(plan.patient_position),
        indication=Indication(plan.indication),
        site="ilium",
        lesion="lesion",
        needle_key="bone-11g-100",
        guidance=Guidance.ROBOT,
        error_model="own",
        surgeon="Dr Okafor",
        strategy=Strategy.RIM,
        rule_changes=(RuleChange(key="k", reason="r", enabled=False, kind="caution"),),
        core_count=4,
        one_entry=False,
        structures=(
            Structure(
                name="lesion",
                role=Role.TUMOUR,
                mask_id="tumour.nii.gz",
                colour="#12aB90",
                made_by="model X",
                verified_by="AW",
            ),
            Structure(
                name="vessel",
                role=Role.VESSEL,
                mask_id="a/b: \\ü*?",
                margin_mm=0.1 + 0.2,
                reason="thin",
                stale_because="moved",
                excluded_because="poor",
            ),
            Structure(name="Habitat A", role=Role.HABITAT, mask_id="new:1", must_sample=True),
            Structure(name="old habitat", role=Role.IGNORE, mask_id="nothing", must_sample=True),
        ),
        notes=("one", "two\nlines"),
        side_notes=("one",),
        own_paths=(OwnPath(path_id="M3", trajectory=Trajectory((0.1, 1 / 3, 2e-17), (1e9, 2, 3))),),
        weights=(("yield", 0.3), ("a b", 1.0)),
        limits=(LimitChange(key="reach", value=1.5, reason="why"),),
        remarks='first "line"\nsecond\ttab',
        plan=plan_from_json(plan_to_json(plan)),  # numbers are written to 1e-6
    )


def load(path):
    return load_case(path, role_tables={})


def sign(case):
    first = case.plan.candidates[0]
    items = checklist(case, first, "right ilium")
    return approval_of(
        case,
        first,
        items,
        {item.key: "AW" for item in items},
        approved_by="A. Weber",
        at="2026-11-26T10:12:00+01:00",
        plan_sha256=plan_sha256(case.plan),
        note="n",
    )


@pytest.fixture
def lived(case):
    """A case with an approved plan, and one before it that was superseded."""
    signable = replace(
        case,
        needle_key=case.plan.needle.key,
        guidance=Guidance(case.plan.guidance),
        protocol_key=case.plan.protocol_key,
    )
    second = forked(approved(signable, sign(signable)))
    second = replace(second, own_paths=())
    return approved(second, sign(second))


def assert_same(loaded, case, images):
    for field in fields(Case):
        assert getattr(loaded.case, field.name) == getattr(case, field.name), field.name
    assert loaded.images.ct.grid == images.ct.grid
    assert loaded.images.ct.values.dtype == images.ct.values.dtype
    assert np.array_equal(loaded.images.ct.values, images.ct.values)
    assert loaded.images.ct.series == images.ct.series
    assert loaded.images.ct.frame_of_reference_uid == images.ct.frame_of_reference_uid
    for structure in case.structures:
        wanted = images.masks[structure.mask_id].on(images.ct.grid)
        assert np.array_equal(loaded.images.masks[structure.mask_id].on(images.ct.grid), wanted), (
            structure.name
        )


def test_a_case_that_was_never_in_a_file_comes_back_whole(tmp_path, lived, images):
    save_case(lived, images, tmp_path / "a" / "case 1")
    moved = shutil.move(tmp_path / "a", tmp_path / "elsewhere") / Path("case 1")
    loaded = load(moved)
    assert_same(loaded, lived, images)
    assert loaded.said == ()
    assert loaded.images.ct.notes == images.ct.notes
    assert loaded.origin.folder == moved.absolute()
    assert is_saved_case(moved)
    assert not [p for p in tmp_path.rglob("*") if p.name.startswith(".")]


def test_saving_twice_and_moving_on_from_a_saved_case_keep_it_whole(tmp_path, lived, images):
    first = save_case(lived, images, tmp_path / "a")
    loaded = load(tmp_path / "a")
    again = save_case(loaded.case, loaded.images, tmp_path / "b", origin=loaded.origin)
    assert_same(load(tmp_path / "b"), lived, images)
    assert again.origin.folder == tmp_path / "b"
    changed = replace(forked(lived), plan=None, remarks="x", structures=lived.structures[:1])
    save_case(changed, images, tmp_path / "a", origin=first.origin)
    assert_same(load(tmp_path / "a"), changed, images)
    assert len(list((tmp_path / "a" / "masks").iterdir())) == 1
    assert not (tmp_path / "a" / "plan.json").exists()
    assert not (tmp_path / "a" / "approval.json").exists()
    assert {p.name for p in (tmp_path / "a" / "past").iterdir()} == {
        f"{kind}-{n}.json" for kind in ("plan", "approval") for n in (1, 2)
    }


def test_dicom_is_copied_file_by_file_and_other_series_stay_behind(tmp_path, case, images):
    source = tmp_path / "Doe Jane" / "dicom"
    dicom_files.write_series(source, STORED)
    loaded = load(source)
    saved = save_case(loaded.case, loaded.images, tmp_path / "saved", origin=loaded.origin)
    shutil.rmtree(source)
    assert {p.name for p in (tmp_path / "saved" / "ct").iterdir()} == {
        f"{n:04d}.dcm" for n in range(1, len(loaded.origin.ct_files) + 1)
    }
    back = load(tmp_path / "saved")
    assert_same(back, loaded.case, loaded.images)
    assert back.images.ct.patient == loaded.images.ct.patient
    save_case(replace(back.case, remarks="x"), back.images, tmp_path / "saved", origin=back.origin)
    assert load(tmp_path / "saved").case.remarks == "x"
    assert saved.origin.path == tmp_path / "saved" / "case.toml"


def test_second_images_come_along_with_their_transforms(tmp_path, images):
    source = tmp_path / "source"
    (source / "other").mkdir(parents=True)
    write_volume(images.ct, source / "ct.nii.gz")
    pet = np.random.default_rng(7).random((4, 5, 6)).astype(np.float32)
    grid = Grid(size_ijk=(6, 5, 4), spacing_mm=(2.0, 2.0, 2.0), origin_lps_mm=(-15.0, 5.0, 0.0))
    write_volume(Volume(grid=grid, values=pet), source / "other" / "pet.nrrd")
    sitk.WriteTransform(
        sitk.VersorRigid3DTransform((0, 0, 0.1, 0.995), (1, 2, 3)), str(source / "t.tfm")
    )
    (source / "case.toml").write_text(
        "schema_version = 1\n[case]\nplanning_ct = 'ct.nii.gz'\n"
        "[[image]]\nkind = 'pet'\npath = 'other/pet.nrrd'\ntransform = 't.tfm'\nunit = 'SUV'\n"
        "[[image]]\nkind = 'mr'\npath = 'other/../ct.nii.gz'\n",
        encoding="utf-8",
    )
    loaded = load(source)
    save_case(loaded.case, loaded.images, tmp_path / "saved", origin=loaded.origin)
    shutil.rmtree(source)
    back = load(tmp_path / "saved")
    assert back.images.second.keys() == {"other/pet.nrrd", "other/../ct.nii.gz"}
    for key, volume in loaded.images.second.items():
        again = back.images.second[key]
        assert (again.grid, again.unit) == (volume.grid, volume.unit)
        assert np.array_equal(again.values, volume.values)
    kept = [replace(image, transform="") for image in loaded.case.second_images]
    assert [replace(image, transform="") for image in back.case.second_images] == kept
    assert back.case.notes == loaded.case.notes
    assert Path(back.case.second_images[0].transform).name == "t.tfm"


def test_foreign_folders_and_hand_written_cases_are_never_written_over(tmp_path, case, images):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="holds files already"):
        save_case(case, images, tmp_path / "mine")
    other = save_case(case, images, tmp_path / "other")
    with pytest.raises(InputError, match="holds files already"):
        save_case(case, images, tmp_path / "other")  # another case that was never saved there
    with pytest.raises(InputError, match="holds files already"):
        save_case(case, images, tmp_path / "mine", origin=other.origin)
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="is a file"):
        save_case(case, images, tmp_path / "file")
    (tmp_path / "empty").mkdir()
    save_case(case, images, tmp_path / "empty")
    assert not is_saved_case(tmp_path / "mine")


def test_a_full_disk_leaves_no_new_folder_and_the_old_one_as_it_was(
    tmp_path, lived, images, monkeypatch
):
    saved = save_case(lived, images, tmp_path / "old")
    before = {p: p.read_bytes() for p in (tmp_path / "old").rglob("*") if p.is_file()}

    def full(sums):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(case_writer, "checksums_text", full)
    with pytest.raises(InputError, match=r"the disk is full.*Nothing is lost.*make room"):
        save_case(lived, images, tmp_path / "new")
    assert not (tmp_path / "new").exists()
    draft = replace(forked(lived), structures=lived.structures[:2], plan=None)
    with pytest.raises(InputError, match="disk is full"):
        save_case(draft, images, tmp_path / "old", origin=saved.origin)
    assert {p: p.read_bytes() for p in before} == before
    assert_same(load(tmp_path / "old"), lived, images)


def test_a_write_that_fails_in_the_middle_leaves_what_was_there(tmp_path, monkeypatch):
    path = tmp_path / "plan.json"
    path.write_bytes(b"old")

    def refuse(handle):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(atomic_files.os, "fsync", refuse)
    with pytest.raises(OSError, match="Input/output"):
        atomic_files.write_whole(path, b"new")
    assert [p.name for p in tmp_path.iterdir()] == ["plan.json"]
    assert path.read_bytes() == b"old"


def test_a_folder_that_cannot_be_made_is_named(tmp_path, case, images):
    (tmp_path / "file").write_text("x", encoding="utf-8")
    with pytest.raises(InputError, match="cannot be written"):
        save_case(case, images, tmp_path / "file" / "below")


def test_sources_that_vanished_are_named_and_nothing_is_left_behind(tmp_path):
    source = tmp_path / "dicom"
    dicom_files.write_series(source, STORED)
    loaded = load(source)
    shutil.rmtree(source)
    with pytest.raises(InputError, match="cannot be read any more"):
        save_case(loaded.case, loaded.images, tmp_path / "saved", origin=loaded.origin)
    assert list(tmp_path.iterdir()) == []


def test_a_changed_plan_counts_as_a_draft_and_is_said(tmp_path, lived, images):
    folder = tmp_path / "a"
    saved = save_case(lived, images, folder)
    text = (folder / "plan.json").read_text("utf-8")
    (folder / "plan.json").write_text(text.replace('"evaluated": ', '"evaluated": 1'), "utf-8")
    loaded = load(folder)
    assert loaded.case.approval is None
    assert loaded.case.plan is not None
    assert "is not the plan that A. Weber approved on 2026-11-26 10:12" in loaded.said[0]
    save_case(replace(lived, remarks="x"), images, folder, origin=saved.origin)
    assert (folder / "plan.kept-1.json").exists(), "what somebody else wrote is not lost"
    assert load(folder).case.approval == lived.approval


def test_damaged_plans_and_approvals_are_said_and_the_case_still_opens(tmp_path, lived, images):
    folder = tmp_path / "a"
    save_case(lived, images, folder)
    (folder / "approval.json").write_text("{", encoding="utf-8")
    loaded = load(folder)
    assert loaded.case.approval is None
    assert "counts as a draft" in loaded.said[0]
    (folder / "plan.json").write_text("{", encoding="utf-8")
    assert load(folder).case.plan is None
    (folder / "past" / "plan-1.json").unlink()
    loaded = load(folder)
    assert loaded.case.past_plans == ()
    assert "Plan 1, superseded, was left out" in loaded.said[1]


def test_an_approval_comes_back_and_a_newer_one_is_refused(lived):
    text = approval_to_json(lived.approval)
    assert approval_from_json(text) == lived.approval
    newer = json.dumps(json.loads(text) | {"schema_version": 2})
    with pytest.raises(InputError, match="update Trephine"):
        approval_from_json(newer)
    with pytest.raises(InputError, match="plan_sha256"):
        approval_from_json(json.dumps(json.loads(text) | {"plan_sha256": "abc"}))


def test_an_older_case_file_opens_as_before_and_is_nobodys_folder(tmp_path, images):
    write_volume(images.ct, tmp_path / "ct.nrrd")
    (tmp_path / "case.toml").write_text(
        "schema_version = 1\n[case]\nname = 'old'\nplanning_ct = 'ct.nrrd'\n", encoding="utf-8"
    )
    loaded = load(tmp_path)
    assert (loaded.case.plan_number, loaded.case.approval, loaded.origin.folder) == (1, None, None)
    with pytest.raises(InputError, match="holds files already"):
        save_case(loaded.case, loaded.images, tmp_path, origin=loaded.origin)


def test_reviews_of_control_cts_come_back_with_the_case(tmp_path, case, images):
    made = CaseReview(
        path="/somewhere/control",
        chosen_series_uid="1.2.9",
        values_sha256="ab" * 32,
        at="2026-11-26T10:00:00+01:00",
        review=example_reviews.review(),
        found=(example_reviews.EXECUTED,),
        planned=(PlannedPath(core="c1", trajectory=case.plan.candidates[0].trajectory),),
    )
    reviewed = replace(case, reviews=(made,))
    save_case(reviewed, images, tmp_path / "a")
    loaded = load(tmp_path / "a")
    assert loaded.said == ()
    assert loaded.case.reviews == (made,)
    assert loaded.case == reviewed


def test_fields_without_words_of_their_own_are_kept_all_the_same(
    tmp_path, case, images, monkeypatch
):
    words = {f.name for f in fields(Case)} - {"weights", "remarks"}
    monkeypatch.setattr("planning.records.case_toml._WITH_WORDS", frozenset(words))
    save_case(case, images, tmp_path / "a")
    text = (tmp_path / "a" / "case.toml").read_text("utf-8")
    assert "[saved.more]" in text
    assert load(tmp_path / "a").case == case
    (tmp_path / "a" / "case.toml").write_text(
        text.replace("[saved.more]\n", "[saved.more]\nunheard_of = '1'\n"), "utf-8"
    )
    with pytest.raises(InputError, match='knows no "unheard_of"'):
        load(tmp_path / "a")


@pytest.mark.parametrize("value", [0.1, 1e-17, -0.0, 123456789.123456789, 1 / 3, 1e300])
def test_numbers_come_back_bit_for_bit(value):
    import tomllib

    back = tomllib.loads(toml_text({"a": {"x": value, "list": [value, 1], "t": 'q"\\\n\x00\x7fü'}}))
    assert repr(back["a"]["x"]) == repr(value)
    assert back["a"]["t"] == 'q"\\\n\x00\x7fü'
