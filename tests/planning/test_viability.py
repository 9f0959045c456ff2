"""Viability from PET and MR: which image is trusted, what it makes viable, and how that is said."""

from __future__ import annotations

import shutil
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from planning.anatomy.outline import LEAST_AGREEMENT, outline_agreement
from planning.anatomy.viability import viability_sentence
from planning.errors import InputError
from planning.geometry import Grid
from planning.image import CaseImages, Series, Volume
from planning.imaging.transforms import read_rigid
from planning.imaging.volume_files import write_mask, write_volume
from planning.model.case import Case, Role, SecondImage, Structure
from planning.records.case_file import load_case
from planning.trajectories.planner import plan
from tests import pet_phantom, phantoms
from tests.dicom_files import write_series
from tests.pet_phantom import CT_GRID, HOT_CENTRE, MOVED, lesion, opened, points_of

HEAD = (
    'schema_version = 1\n[case]\nplanning_ct = "ct.nii.gz"\n'
    '[[structure]]\nrole = "tumour"\nname = "lesion"\nmask = "tumour.nii.gz"\n'
)
PET = '[[image]]\nkind = "pet"\npath = "pet.nii.gz"\n'
FROM_PET = '[viability]\nsource = "pet"\n'
BY_PET = HEAD + PET + FROM_PET


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a case in files: CT, tumour, and a PET made without moving."""
    pet_phantom.write(tmp_path)
    return tmp_path


def test_what_takes_up_most_is_viable(folder):
    found = lesion(opened(folder, BY_PET))
    # A cut half way up would run along the true boundary; 40 % of 10 above 2 lies further out.
    assert pet_phantom.dice_with_the_hot_part(found) > 0.8
    assert 0.08 < found.viable.volume_ml / found.tumour.volume_ml < 0.2


def test_a_higher_threshold_leaves_less(folder):
    parts = [
        lesion(opened(folder, f"{BY_PET}threshold = {t}\n")).viable.inside
        for t in (0.05, 0.3, 0.6, 0.9)
    ]
    assert all((high <= low).all() and high.sum() < low.sum() for low, high in pairwise(parts))
    assert parts[-1].any()


def test_scale_does_not_matter(folder):
    found = lesion(opened(folder, BY_PET)).viable.inside
    pet = pet_phantom.still_pet()
    write_volume(replace(pet, values=pet.values * np.float32(512.0)), folder / "pet.nii.gz")
    np.testing.assert_array_equal(lesion(opened(folder, BY_PET)).viable.inside, found)


def test_a_transform_puts_a_moved_pet_where_it_belongs(folder):
    write_volume(pet_phantom.moved_pet(), folder / "pet.nii.gz")
    sitk.WriteTransform(MOVED, str(folder / "pet_to_ct.tfm"))
    loaded = opened(folder, HEAD + PET + 'transform = "pet_to_ct.tfm"\n' + FROM_PET)
    assert pet_phantom.dice_with_the_hot_part(lesion(loaded)) > 0.8
    note = loaded.case.notes[-1]
    assert "placed by pet_to_ct.tfm, read as ITK writes it" in note
    assert "outlines agree" in note
    placed = loaded.images.second["pet.nii.gz"]
    centre = pet_phantom.moved_grid().centre_lps_mm
    expected = read_rigid(folder / "pet_to_ct.tfm").ct_from_second(centre)
    np.testing.assert_allclose(placed.grid.centre_lps_mm, expected, atol=1e-3)


def test_a_transform_the_wrong_way_round_is_noticed(folder):
    write_volume(pet_phantom.moved_pet(), folder / "pet.nii.gz")
    sitk.WriteTransform(MOVED.GetInverse(), str(folder / "t.tfm"))
    loaded = opened(folder, HEAD + PET + 'transform = "t.tfm"\n' + FROM_PET)
    note = loaded.case.notes[-1]
    assert "CHECK IT: the body's outline in it does not agree" in note
    assert "not saved the other way round?" in note


def test_without_its_transform_the_moved_pet_is_refused(folder):
    write_volume(pet_phantom.moved_pet(), folder / "pet.nii.gz")
    with pytest.raises(InputError, match=r'outline .*does not agree.*Register.*"transform"'):
        opened(folder, BY_PET)


def test_a_file_names_no_frame_and_that_is_said(folder):
    note = opened(folder, BY_PET).case.notes[-1]
    assert "frame not verifiable" in note
    assert "does not say its unit" in note
    loaded = opened(folder, HEAD + PET + 'unit = "SUV"\n' + FROM_PET)
    note = loaded.case.notes[-1]
    assert "unit" not in note
    assert loaded.images.second["pet.nii.gz"].unit == "SUV"


def test_a_pet_beside_the_ct_is_refused(folder):
    pet = pet_phantom.still_pet()
    far = replace(pet.grid, origin_lps_mm=(900.0, 0.0, 0.0))
    write_volume(replace(pet, grid=far), folder / "pet.nii.gz")
    with pytest.raises(InputError, match="lies beside the planning CT"):
        opened(folder, BY_PET)


def test_necrosis_is_taken_away(folder):
    whole = lesion(opened(folder, BY_PET))
    behind = points_of(whole.tumour.grid)[..., 1] > HOT_CENTRE[1]
    dead = replace(whole.tumour, inside=whole.tumour.inside & behind)
    write_mask(dead, folder / "dead.nii.gz", CT_GRID)
    necrosis = '[[structure]]\nrole = "necrosis"\nmask = "dead.nii.gz"\n'
    less = lesion(opened(folder, HEAD + necrosis + PET + FROM_PET))
    np.testing.assert_array_equal(less.viable.inside, whole.viable.inside & ~behind)
    assert 0 < less.viable.inside.sum() < whole.viable.inside.sum()


def test_what_the_pet_does_not_cover_is_not_viable(folder):
    pet, slices = pet_phantom.still_pet(), 19  # it ends inside the tumour
    i, j, _ = pet.grid.size_ijk
    values = pet.values[:slices].copy()
    write_volume(
        replace(pet, grid=replace(pet.grid, size_ijk=(i, j, slices)), values=values),
        folder / "pet.nii.gz",
    )
    part = lesion(opened(folder, BY_PET))
    end_mm = pet.grid.origin_lps_mm[2] + (slices - 0.5) * pet.grid.spacing_mm[2]
    unseen = part.tumour.inside & (points_of(part.tumour.grid)[..., 2] > end_mm)
    assert unseen.any()
    assert not (part.viable.inside & unseen).any()
    share = 100 * unseen.sum() / part.tumour.inside.sum()
    assert part.notes == (
        f'{share:.2g} % of lesion "lesion" lies outside the PET and counts as not viable',
    )


def test_nothing_viable_is_said_in_words(folder):
    pet = pet_phantom.still_pet()
    write_volume(replace(pet, values=-np.abs(pet.values)), folder / "pet.nii.gz")
    sitk.WriteTransform(sitk.Euler3DTransform(), str(folder / "same.tfm"))
    cold = opened(folder, HEAD + PET + 'transform = "same.tfm"\n' + FROM_PET)
    with pytest.raises(InputError, match='Lesion "lesion": the PET shows no uptake'):
        lesion(cold)
    missing = replace(cold, images=replace(cold.images, second={}))
    with pytest.raises(InputError, match="was not loaded"):
        lesion(missing)


def test_the_file_has_to_say_enough(folder):
    mr = PET.replace('"pet"\n', '"mr"\n')
    with pytest.raises(InputError, match=r"from PET, but the case has none; add an \[\[image\]\]"):
        opened(folder, HEAD + mr + FROM_PET)
    shutil.copy(folder / "pet.nii.gz", folder / "late.nii.gz")
    two = HEAD + PET + PET.replace("pet.nii.gz", "late.nii.gz") + FROM_PET
    with pytest.raises(InputError, match=r'several PET images .*image = "..."'):
        opened(folder, two)
    with pytest.raises(InputError, match=r'"other" is no PET of the case; .* "pet.nii.gz"'):
        opened(folder, two + 'image = "other"\n')
    chosen = opened(folder, two + 'image = "late.nii.gz"\n').case
    assert (chosen.viability_image, chosen.viability_threshold) == ("late.nii.gz", 0.4)
    with pytest.raises(InputError, match=r"two .*entries have the path"):
        opened(folder, HEAD + PET + PET)


def test_without_rules_a_threshold_has_to_be_given(folder):
    (folder / "case.toml").write_text(BY_PET, encoding="utf-8")
    with pytest.raises(InputError, match="give a threshold"):
        load_case(folder, role_tables={})


def test_a_broken_second_image_stops_only_what_needs_it(folder):
    (folder / "pet.nii.gz").write_bytes(b"rubbish")
    loaded = opened(folder, HEAD + PET)
    assert 'PET "pet.nii.gz" was left out' in loaded.case.notes[-1]
    assert dict(loaded.images.second) == {}
    assert "cannot be read" in loaded.case.second_images[0].problem
    with pytest.raises(InputError, match=r'PET "pet.nii.gz" cannot show viability'):
        opened(folder, BY_PET)


def test_notes_name_no_place_of_this_machine(folder):
    (folder / "empty").mkdir()
    note = opened(folder, HEAD + PET.replace("pet.nii.gz", "empty")).case.notes[-1]
    assert note.startswith('PET "empty" was left out: empty holds no DICOM images')
    assert str(folder) not in note


# ------------------------------------------------------------------------------- frames by DICOM


def write_dicom(
    folder: Path, modality: str = "PT", pet: Volume | None = None, **said: object
) -> None:
    """Write CT and second image as DICOM of one frame of reference, both head first supine."""
    for name in ("ct", "second"):
        shutil.rmtree(folder / name, ignore_errors=True)
    ct, second = pet_phantom.ct_volume(), pet or pet_phantom.still_pet()
    at = [ct.grid.lps_from_index((0, 0, k)) for k in range(ct.grid.size_ijk[2])]
    stored = (ct.values.astype(np.int32) + 1024).astype(np.uint16)
    write_series(folder / "ct", stored, positions=at, spacing_ij=(2.0, 2.0))
    at = [second.grid.lps_from_index((0, 0, k)) for k in range(second.grid.size_ijk[2])]
    stored = np.rint(second.values * 100.0).astype(np.uint16)
    values: dict[str, object] = {
        "Modality": modality,
        "SeriesInstanceUID": "1.2.3.4",
        "SeriesDate": "20240226",
        "Units": "GML",
        "RescaleIntercept": 0,
        "RescaleSlope": 0.01,
        "CorrectedImage": ["DECY", "ATTN"],
    }
    values |= said
    write_series(folder / "second", stored, positions=at, spacing_ij=(4.0, 4.0), **values)


def dicom_text(kind: str = "pet", source: str = "pet") -> str:
    return (
        HEAD.replace("ct.nii.gz", "ct")
        + f'[[image]]\nkind = "{kind}"\npath = "second"\n[viability]\nsource = "{source}"\n'
    )


def test_one_frame_one_position_and_one_outline_are_trusted(folder):
    write_dicom(folder)
    loaded = opened(folder, dicom_text())
    assert pet_phantom.dice_with_the_hot_part(lesion(loaded)) > 0.8
    told = " ".join(loaded.case.notes)
    assert "same frame of reference and patient position (HFS); body outlines agree" in told
    assert viability_sentence(loaded.case, loaded.images.ct) == (
        "PET of 2024-02-26, 3 days before the CT: "
        "uptake of at least 40 % of the lesion's 99th percentile"
    )


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ({"PatientPosition": "FFP"}, r"share a frame of reference UID but .*\(FFP and HFS\)"),
        ({"FrameOfReferenceUID": "1.2.3"}, r"another frame of reference \(1.2.3\)"),
        ({"FrameOfReferenceUID": None, "PatientPosition": "HFP"}, r"\(HFP and HFS\)"),
        ({"Units": None}, r"Units \(0054,1001\)"),
        ({"CorrectedImage": ["DECY"]}, "not corrected for attenuation"),
    ],
)
def test_what_is_not_to_be_trusted_may_only_be_looked_at(folder, said, message):
    write_dicom(folder, **said)
    with pytest.raises(InputError, match=message):
        opened(folder, dicom_text())
    loaded = opened(folder, dicom_text(source="mask"))
    assert "second" in loaded.images.second
    assert "only to be looked at" in " ".join(loaded.case.notes)
    assert loaded.case.second_images[0].problem


def test_one_uid_and_position_do_not_help_a_picture_of_something_else(folder):
    pet = pet_phantom.still_pet()
    write_dicom(folder, pet=replace(pet, values=np.roll(pet.values, 10, axis=1)))  # 40 mm
    with pytest.raises(InputError, match=r"does not agree with the planning CT's .*Register"):
        opened(folder, dicom_text())


def test_a_silent_frame_or_position_is_accepted_and_said(folder):
    write_dicom(folder, FrameOfReferenceUID=None)
    assert "frame not verifiable" in " ".join(opened(folder, dicom_text()).case.notes)
    write_dicom(folder, PatientPosition=None)
    assert "patient position not stated" in " ".join(opened(folder, dicom_text()).case.notes)


def test_an_mr_says_that_it_has_to_be_enhanced(folder):
    write_dicom(folder, "MR")
    loaded = opened(folder, dicom_text("mr", "mr"))
    assert loaded.case.viability_threshold == 0.5
    assert "no contrast agent is named" in " ".join(loaded.case.notes)
    assert "signal of at least 50 %" in viability_sentence(loaded.case, loaded.images.ct)
    write_dicom(folder, "MR", ContrastBolusAgent="Gadobutrol")
    assert "contrast agent" not in " ".join(opened(folder, dicom_text("mr", "mr")).case.notes)


# ------------------------------------------------------------------------------------- outlines


def test_outlines_agree_where_the_pictures_do():
    ct, pet = pet_phantom.ct_volume(), pet_phantom.still_pet()
    agreement = outline_agreement(ct, pet)
    assert agreement is not None
    assert agreement > 0.95
    dim = outline_agreement(ct, replace(pet, values=pet.values * np.float32(0.01)))
    assert dim == pytest.approx(agreement, abs=1e-3)
    last = agreement
    for shift_mm in (15.0, 30.0, 45.0):
        x, y, z = pet.grid.origin_lps_mm
        moved = replace(pet, grid=replace(pet.grid, origin_lps_mm=(x, y + shift_mm, z)))
        worse = outline_agreement(ct, moved)
        assert worse is not None
        assert worse < last
        last = worse
    assert last < LEAST_AGREEMENT


def test_a_small_field_inside_the_body_tells_nothing():
    grid = Grid(size_ijk=(8, 8, 8), spacing_mm=(4.0,) * 3, origin_lps_mm=(-14.0, -14.0, -14.0))
    deep = Volume(grid=grid, values=np.ones(grid.shape_kji, dtype=np.float32))
    assert outline_agreement(pet_phantom.ct_volume(), deep) is None


# ------------------------------------------------------------------------------------ sentences


def sentence(*structures: Structure, **case: object) -> str:
    ct = replace(pet_phantom.ct_volume(), series=Series(date="2024-03-01"))
    return viability_sentence(Case(name="x", ct_id="ct", structures=structures, **case), ct)


def of(role: Role, **said: str) -> Structure:
    return Structure(name=role.value, role=role, mask_id=role.value, **said)


def test_the_source_is_a_sentence():
    tumour, dead = of(Role.TUMOUR), of(Role.NECROSIS)
    assert sentence() == ""
    assert sentence(tumour, viability_source="none") == "none: nothing is claimed about viability"
    assert sentence(tumour) == "whole tumour mask, origin not stated; no necrosis mask"
    assert sentence(tumour, dead) == "tumour mask less necrosis mask, origin not stated"
    by = of(Role.TUMOUR, made_by="model X 1.2")
    assert sentence(by, dead) == "tumour mask by model X 1.2, less necrosis mask, origin not stated"
    viable = of(Role.VIABLE, made_by="model X 1.2", date="2024-02-01", verified_by="NAME")
    assert sentence(tumour, viable) == "viable mask by model X 1.2 of 2024-02-01, checked by NAME"


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("2024-02-28", "PET of 2024-02-28, 2 days before the CT"),
        ("2024-03-01", "PET of 2024-03-01, the day of the CT"),
        ("2024-03-02", "PET of 2024-03-02, 1 day after the CT"),
        ("", "PET of unknown date"),
    ],
)
def test_an_images_distance_in_time(date, words):
    said = sentence(
        of(Role.TUMOUR),
        of(Role.NECROSIS, made_by="AB"),
        viability_source="pet",
        viability_image="pet",
        viability_threshold=0.425,
        second_images=(SecondImage(kind="pet", path="pet", date=date),),
    )
    assert said == (
        f"{words}: uptake of at least 42.5 % of the lesion's 99th percentile, "
        "less necrosis mask by AB"
    )


def test_no_source_claims_nothing():
    torso = phantoms.torso(2.0)
    silent = replace(torso, case=replace(torso.case, viability_source="none"))
    found = plan(silent.understood(), top=2)
    assert found.viability_source == "none: nothing is claimed about viability"
    reasons = {item.key: item.reason for item in found.not_checked}
    assert found.candidates
    for key in ("viable_length_mm", "viable_probability", "expected_viable_length_mm"):
        assert reasons[key] == "no source of viability"
        assert all(candidate.criteria[key] is None for candidate in found.candidates)
    assert all(candidate.criteria["lesion_length_mm"] for candidate in found.candidates)


def test_a_plan_from_pet_says_so_and_a_threshold_is_an_input():
    torso = phantoms.torso(2.0)
    left = points_of(torso.images.ct.grid)[..., 0] > phantoms.LESION_CENTRE[0]
    pet = Volume(grid=torso.images.ct.grid, values=np.where(left, 8.0, 1.0).astype(np.float32))
    images = CaseImages(ct=torso.images.ct, masks=torso.images.masks, second={"pet": pet})
    hashes = set()
    for threshold in (0.4, 0.5):  # the same map by both
        case = replace(
            torso.case,
            viability_source="pet",
            viability_image="pet",
            viability_threshold=threshold,
            second_images=(SecondImage(kind="pet", path="pet"),),
        )
        found = plan(phantoms.Phantom(case, images).understood(), top=1)
        hashes.add(found.inputs_sha256)
        assert found.viability_source.startswith("PET of unknown date: uptake of at least")
        assert "less necrosis mask" in found.viability_source
    assert len(hashes) == 2


# ------------------------------------------------------------------------------------ real data

VIABLE_FRACTION = {"STS_003": 0.82, "STS_018": 0.77, "STS_035": 0.25, "STS_042": 0.65}


def sarcoma_text(folder: Path, source: str) -> str:
    text = (folder / "case.toml").read_text(encoding="utf-8")
    for name in ("CT/image", "CT/mask/RS.dcm", "PET/image", "MR_T1/image"):
        text = text.replace(f'"{name}"', f'"{(folder / name).as_posix()}"')
    return f'{text}\n[viability]\nsource = "{source}"\n'


@pytest.mark.parametrize("patient", VIABLE_FRACTION)
def test_the_real_sarcomas_by_pet(data_dir, tmp_path, patient):
    loaded = opened(tmp_path, sarcoma_text(data_dir / "sarcoma" / patient, "pet"))
    found = lesion(loaded)
    fraction = found.viable.volume_ml / found.tumour.volume_ml
    assert fraction == pytest.approx(VIABLE_FRACTION[patient], abs=0.01)
    assert found.notes == ()
    pet = loaded.images.second[loaded.case.viability_image]
    assert pet.unit == "SUV"
    assert "the day of the CT: uptake" in viability_sentence(loaded.case, loaded.images.ct)


@pytest.mark.parametrize(("patient", "position"), [("STS_018", "FFP"), ("STS_003", "FFS")])
def test_a_real_mr_in_another_position_is_refused(data_dir, tmp_path, patient, position):
    source = data_dir / "sarcoma" / patient
    with pytest.raises(InputError, match=rf"different patient positions \({position} and HFS\)"):
        opened(tmp_path, sarcoma_text(source, "mr"))
    loaded = opened(tmp_path, sarcoma_text(source, "mask"))
    assert len(loaded.images.second) == 2
    (note,) = loaded.case.notes
    assert "only to be looked at" in note
    assert "Register the two images first" in note
