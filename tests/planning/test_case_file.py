"""Opening a case: what its file means, what it may leave out, and how mistakes are told."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from planning.anatomy.roles import RoleTable
from planning.errors import FrameError, InputError
from planning.imaging.patient_position import position_of_code
from planning.model.case import Guidance, Indication, Position, Role
from planning.records import mask_sources
from planning.records.case_file import LoadedCase, load_case
from planning.records.role_file import read_role_table

SHAPE_KJI = (12, 16, 20)
SPACING_MM = (1.0, 1.5, 2.0)
ROLES = {
    "own": RoleTable(
        key="own",
        roles={
            "iliac_artery_right": Role.VESSEL,
            "hip_right": Role.BONE,
            "brain": Role.IGNORE,
        },
    )
}
RESOURCES = Path(__file__).parents[2] / "resources"
HEAD = 'schema_version = 1\n[case]\nplanning_ct = "ct.nii.gz"\n'
TUMOUR = '[[structure]]\nrole = "tumour"\nmask = "tumour.nii.gz"\n'
LABELS = '[[labels]]\nmask = "anatomy.nii.gz"\nnames = "names.json"\nroles = "own"\n'


def write(path: Path, values: np.ndarray, spacing=SPACING_MM, origin=(10.0, -20.0, 30.0)) -> None:
    image = sitk.GetImageFromArray(values)
    image.SetSpacing(spacing)
    image.SetOrigin(origin)
    sitk.WriteImage(image, str(path))


def block(low_kji, high_kji, value: int = 1) -> np.ndarray:
    values = np.zeros(SHAPE_KJI, dtype=np.uint8)
    values[tuple(slice(lo, hi) for lo, hi in zip(low_kji, high_kji, strict=True))] = value
    return values


@pytest.fixture
def folder(tmp_path) -> Path:
    """Return a small case: a CT, a tumour, three habitats and a map of four labels."""
    folder = tmp_path / "case"
    folder.mkdir()
    ct = np.full(SHAPE_KJI, -1000, dtype=np.int16)
    ct[1:-1, 2:-2, 2:-2] = 40
    write(folder / "ct.nii.gz", ct)
    write(folder / "tumour.nii.gz", block((4, 5, 6), (8, 9, 12)))
    habitats = block((4, 5, 6), (8, 9, 8), 2) + block((4, 5, 8), (8, 9, 10), 5)
    write(folder / "habitats.nii.gz", habitats + block((4, 5, 10), (8, 9, 12), 9))
    anatomy = block((2, 3, 4), (4, 5, 5), 66) + block((2, 8, 4), (4, 12, 9), 78)
    anatomy += block((8, 3, 4), (9, 4, 5), 90) + block((8, 8, 4), (9, 9, 5), 7)
    write(folder / "anatomy.nii.gz", anatomy)
    names = {"66": "iliac_artery_right", "78": "hip_right", "90": "brain", "1": "spleen"}
    (folder / "names.json").write_text(json.dumps(names), encoding="utf-8")
    return folder


def opened(folder: Path, text: str) -> LoadedCase:
    (folder / "case.toml").write_text(text, encoding="utf-8")
    return load_case(folder, role_tables=ROLES)


def by_name(loaded: LoadedCase) -> dict:
    return {s.name: s for s in loaded.case.structures}


def inside_lps_mm(loaded: LoadedCase, name: str) -> np.ndarray:
    """Centres of a structure's voxels, sorted."""
    mask = loaded.images.masks[by_name(loaded)[name].mask_id]
    points = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    return points[np.lexsort(points.T)]


def test_the_least_a_case_needs(folder):
    loaded = opened(folder, HEAD)
    assert loaded.case.name == "case"
    assert loaded.case.protocol_key == "bone-ct"
    assert loaded.case.indication is Indication.UNKNOWN
    assert loaded.case.guidance is None
    assert loaded.case.biopsy_position is None
    assert not loaded.case.position_differs
    assert loaded.case.structures == ()
    assert loaded.images.ct.grid.size_ijk == SHAPE_KJI[::-1]


def test_everything_a_case_may_say(folder):
    head = HEAD + (
        'name = "Iliac lesion"\npatient_position = "prone"\nct_position = "supine"\n'
        'indication = "re-biopsy"\nsite = "ilium"\nlesion = "big one"\nneedle = "bone-11g-150"\n'
        'protocol = "soft-tissue-ct"\nguidance = "freehand"\npatient_name = "Doe^J"\n'
        'patient_id = "7"\nsex = "F"\nbirth_year = 1950\n'
    )
    tumour = TUMOUR + (
        'name = "big one"\nmade_by = "model X 1.2"\ndate = "2024-05-01"\nverified_by = "AB"\n'
        'margin_mm = 2\nreason = "drawn by hand"\nseries = "4"\n'
    )
    tail = '[[image]]\nkind = "mr"\npath = "names.json"\n[viability]\nsource = "none"\n'
    loaded = opened(folder, head + tumour + tail)
    case = loaded.case
    assert (case.name, case.site, case.lesion) == ("Iliac lesion", "ilium", "big one")
    assert (case.needle_key, case.protocol_key) == ("bone-11g-150", "soft-tissue-ct")
    assert (case.indication, case.guidance) == (Indication.REBIOPSY, Guidance.FREEHAND)
    assert (case.patient_position, case.ct_position) == (Position.PRONE, Position.SUPINE)
    assert case.position_differs
    assert (case.patient.name, case.patient.patient_id) == ("Doe^J", "7")
    assert (case.patient.sex, case.patient.birth_date) == ("F", "1950")
    assert case.viability_source == "none"
    assert [(i.kind, i.path) for i in case.second_images] == [("mr", "names.json")]
    (structure,) = case.structures
    assert (structure.made_by, structure.verified_by) == ("model X 1.2", "AB")
    assert (structure.margin_mm, structure.reason) == (2.0, "drawn by hand")
    assert (structure.date, structure.series) == ("2024-05-01", "4")


def test_a_case_changes_rules_with_a_reason(folder):
    rules = (
        '[[rule]]\nkey = "joint"\nenabled = false\nreason = " fused long ago "\n'
        '[[rule]]\nkey = "tibia-medial"\nkind = "caution"\nreason = "scar"\n'
    )
    case = opened(folder, HEAD + 'surgeon = "Dr A"\n' + TUMOUR + rules).case
    assert case.surgeon == "Dr A"
    first, second = case.rule_changes
    assert (first.key, first.enabled, first.reason) == ("joint", False, "fused long ago")
    assert (second.key, second.enabled, second.kind) == ("tibia-medial", True, "caution")


@pytest.mark.parametrize(
    ("rules", "message"),
    [
        ('[[rule]]\nkey = "joint"\nenabled = false\n', r'rule.*number 1 needs a "reason"'),
        ('[[rule]]\nkey = "joint"\nreason = "  "\n', "may not be empty: it is recorded"),
        ('[[rule]]\nkey = "joint"\nreson = "x"\n', 'no key "reson"; did you mean "reason"'),
        ('[[rule]]\nkey = "a"\nreason = "x"\nkind = "soft"\n', "'hard', 'caution'"),
        (2 * '[[rule]]\nkey = "joint"\nreason = "x"\n', 'two entries with the key "joint"'),
    ],
)
def test_a_rule_without_a_reason_is_refused(folder, rules, message):
    with pytest.raises(InputError, match=message):
        opened(folder, HEAD + TUMOUR + rules)


def test_folder_and_file_open_the_same_case(folder):
    first = opened(folder, HEAD + TUMOUR)
    second = load_case(folder / "case.toml", role_tables=ROLES)
    assert first.case == second.case


def test_a_mask_lies_where_the_file_says(folder):
    loaded = opened(folder, HEAD + TUMOUR)
    (structure,) = loaded.case.structures
    assert (structure.name, structure.role) == ("tumour", Role.TUMOUR)
    points = inside_lps_mm(loaded, "tumour")
    assert len(points) == 4 * 4 * 6
    assert points.min(axis=0) == pytest.approx((10 + 6 * 1.0, -20 + 5 * 1.5, 30 + 4 * 2.0))
    assert points.max(axis=0) == pytest.approx((10 + 11 * 1.0, -20 + 8 * 1.5, 30 + 7 * 2.0))
    mask = loaded.images.masks[structure.mask_id]
    assert mask.grid.offset_in(loaded.images.ct.grid) is not None


def test_labels_get_their_roles_by_name(folder):
    loaded = opened(folder, HEAD + LABELS)
    structures = by_name(loaded)
    assert {name: s.role for name, s in structures.items()} == {
        "iliac_artery_right": Role.VESSEL,
        "hip_right": Role.BONE,
    }
    assert len(inside_lps_mm(loaded, "hip_right")) == 2 * 4 * 5


def test_names_without_a_role_are_listed_not_guessed(folder):
    loaded = opened(folder, HEAD + LABELS)
    (note,) = [n for n in loaded.case.notes if "no role" in n]
    assert '"label 7"' in note
    assert "brain" not in note
    assert "anatomy.nii.gz" in note


def test_a_structure_replaces_its_label(folder):
    own = (
        '[[structure]]\nrole = "nerve"\nmask = "anatomy.nii.gz"\nlabel = 66\nmargin_mm = 8.0\n'
        '[[structure]]\nrole = "ignore"\nmask = "anatomy.nii.gz"\nlabel = 78\n'
        '[[structure]]\nrole = "organ"\nmask = "anatomy.nii.gz"\nlabel = 7\nname = "bowel"\n'
    )
    loaded = opened(folder, HEAD + own + LABELS)
    structures = by_name(loaded)
    assert {name: s.role for name, s in structures.items()} == {
        "iliac_artery_right": Role.NERVE,
        "bowel": Role.ORGAN,
    }
    assert structures["iliac_artery_right"].margin_mm == 8.0
    assert not any("no role" in note for note in loaded.case.notes)


def test_every_habitat_value_is_one_habitat(folder):
    habitat = '[[structure]]\nrole = "habitat"\nmask = "habitats.nii.gz"\nname = "habitats"\n'
    loaded = opened(folder, HEAD + habitat)
    assert list(by_name(loaded)) == [f"Habitat {x} (40 HU)" for x in "ABC"]
    lows = [inside_lps_mm(loaded, f"Habitat {x} (40 HU)")[:, 0].min() for x in "ABC"]
    assert lows == pytest.approx([16.0, 18.0, 20.0])


def test_habitats_may_have_names(folder):
    (folder / "h.json").write_text('{"2": "soft", "9": "dense"}', encoding="utf-8")
    habitat = '[[structure]]\nrole = "habitat"\nmask = "habitats.nii.gz"\nnames = "h.json"\n'
    assert list(by_name(opened(folder, HEAD + habitat))) == ["soft", "Habitat B (40 HU)", "dense"]


def test_one_value_of_a_habitat_mask(folder):
    habitat = '[[structure]]\nrole = "habitat"\nmask = "habitats.nii.gz"\nlabel = 5\n'
    loaded = opened(folder, HEAD + habitat)
    assert list(by_name(loaded)) == ["Habitat A (40 HU)"]
    assert inside_lps_mm(loaded, "Habitat A (40 HU)")[:, 0].min() == pytest.approx(18.0)


def test_equal_names_are_told_apart(folder):
    loaded = opened(folder, HEAD + TUMOUR + TUMOUR)
    assert list(by_name(loaded)) == ["tumour", "tumour (2)"]
    assert any('"tumour (2)"' in note for note in loaded.case.notes)


def test_a_mask_on_another_grid_is_resampled_and_that_is_said(folder):
    values = np.zeros((24, 16, 20), dtype=np.uint8)
    values[8:16, 5:9, 6:12] = 1
    write(folder / "tumour.nii.gz", values, (1.0, 1.5, 1.0), (10.0, -20.0, 29.5))
    loaded = opened(folder, HEAD + TUMOUR)
    points = inside_lps_mm(loaded, "tumour")
    assert len(points) == 4 * 4 * 6
    assert points[:, 2].min() == pytest.approx(38.0)
    assert any("tumour" in note and "resampled" in note for note in loaded.case.notes)


def test_a_file_used_twice_is_read_once(folder, monkeypatch):
    read = []
    original = mask_sources.read_cropped_label_map
    name = "read_cropped_label_map"
    monkeypatch.setattr(mask_sources, name, lambda p: read.append(p) or original(p))
    own = '[[structure]]\nrole = "nerve"\nmask = "anatomy.nii.gz"\nlabel = 66\n'
    opened(folder, HEAD + own + own.replace("66", "78") + LABELS)
    assert [p.name for p in read] == ["anatomy.nii.gz"]


def test_an_image_alone_is_a_case_without_structures(folder):
    loaded = load_case(folder / "ct.nii.gz", role_tables=ROLES)
    assert loaded.case.name == "ct"
    assert loaded.case.structures == ()
    assert any("no case.toml" in note for note in loaded.case.notes)


def test_what_the_images_say_about_the_patient_wins(data_dir, tmp_path):
    ct = data_dir / "sarcoma" / "STS_018" / "CT" / "image"
    text = f'schema_version = 1\n[case]\nplanning_ct = "{ct}"\npatient_name = "Somebody^Else"\n'
    loaded = opened(tmp_path, text)
    assert loaded.case.patient.name == "STS_018"
    assert any("Somebody^Else" in note for note in loaded.case.notes)


@pytest.mark.parametrize(
    ("code", "position"),
    [
        ("HFS", Position.SUPINE),
        ("FFS", Position.SUPINE),
        ("HFP", Position.PRONE),
        ("ffp ", Position.PRONE),
        ("HFDL", Position.LEFT_DECUBITUS),
        ("FFDR", Position.RIGHT_DECUBITUS),
        ("", None),
        ("SITTING", None),
    ],
)
def test_positions_as_the_scanner_codes_them(code, position):
    assert position_of_code(code) is position


def case_with(old: str, new: str) -> str:
    text = HEAD + TUMOUR + LABELS
    assert old in text, "the edit has to hit"
    return text.replace(old, new, 1)


LABEL = 'label = 66\nmask = "anatomy.nii.gz"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("schema_version", "case.toml is not valid TOML"),
        ("[case]\n", "does not say its .schema_version."),
        (case_with("= 1", "= 2"), "schema version 2, this Trephine reads up to 1; update Trephine"),
        (
            case_with("planning_ct", "planing_ct"),
            r'\[case\] has no key "planing_ct"; .* "planning_ct"',
        ),
        (
            case_with("[[labels]]", "[[label]]"),
            'the file has no key "label"; .* "labels"',
        ),
        (case_with("role =", "rol ="), r'\[\[structure\]\] number 1 has no key "rol".*"role"'),
        (case_with('"tumour"', '"tumor"'), "'tumour', 'necrosis', 'viable'.*'tumor' was given"),
        (case_with('"ct.nii.gz"', '"ct2.nii.gz"'), r'\[case\]: planning_ct "ct2.nii.gz" is not in'),
        (
            case_with('"tumour.nii.gz"', '"tumor.nii.gz"'),
            r'case.toml, \[\[structure\]\] number 1: mask "tumor.nii.gz" is not in .*case',
        ),
        (case_with('"names.json"', '"n.json"'), r'\[\[labels\]\] number 1: names "n.json" is not'),
        (case_with('"own"', '"mine"'), 'no role table "mine"; choose one of "own"'),
        (case_with('names = "names.json"\n', ""), r'\[\[labels\]\] number 1 needs "names"'),
        (
            case_with('mask = "tumour.nii.gz"', 'label = 5\nmask = "anatomy.nii.gz"'),
            r"\[\[structure\]\] number 1: no voxel of anatomy.* the value 5; .*7, 66, 78, 90",
        ),
        (case_with('mask = "tumour.nii.gz"', LABEL.replace("66", "-6")), "label value above 0"),
        (case_with('mask = "tumour.nii.gz"', LABEL.replace("66", "true")), "label value above 0"),
        (case_with('mask = "tumour.nii.gz"', LABEL.replace("66", '"x"')), "has to be a number"),
        (HEAD + 'guidance = "luck"\n', "'robot', 'aiming-device', 'navigated' or 'freehand'"),
        (HEAD + 'patient_position = "left"\n', "'left-decubitus'"),
        (HEAD + "birth_year = 50\n", "birth_year.*greater than or equal to 1850"),
        (HEAD + TUMOUR + "margin_mm = -1\n", "margin_mm.*greater than or equal to 0"),
        (HEAD + '[viability]\nsource = "pet"\n', "from PET, but the case has none; add"),
        (HEAD + '[viability]\nsource = "magic"\n', "'mask', 'pet', 'mr' or 'none'"),
        (HEAD + '[[image]]\nkind = "us"\npath = "ct.nii.gz"\n', "'pet' or 'mr'"),
        (HEAD + '[[image]]\nkind = "pet"\npath = "pet"\n', 'path "pet" is not in'),
    ],
)
def test_refusals_say_what_is_wrong(folder, text, message):
    with pytest.raises(InputError, match=message):
        opened(folder, text)


def test_a_names_file_is_checked(folder):
    (folder / "names.json").write_text('{"a": "spleen"}', encoding="utf-8")
    with pytest.raises(InputError, match=r'names.json: "a": .spleen. is no label value'):
        opened(folder, HEAD + LABELS)


def test_a_folder_is_no_mask(folder):
    (folder / "masks").mkdir()
    with pytest.raises(InputError, match="masks cannot be read"):
        opened(folder, HEAD + TUMOUR.replace("tumour.nii.gz", "masks"))


def test_a_mask_of_another_patient_is_refused(data_dir, tmp_path):
    sarcoma = data_dir / "sarcoma"
    text = (
        f'schema_version = 1\n[case]\nplanning_ct = "{sarcoma / "STS_003" / "CT" / "image"}"\n'
        '[[structure]]\nrole = "tumour"\n'
        f'mask = "{sarcoma / "STS_018" / "CT" / "mask" / "RS.dcm"}"\n'
    )
    with pytest.raises(FrameError, match="another frame of reference"):
        opened(tmp_path, text)


def test_an_empty_mask_is_named(folder):
    write(folder / "tumour.nii.gz", np.zeros(SHAPE_KJI, dtype=np.uint8))
    with pytest.raises(InputError, match=r"tumour.*empty"):
        opened(folder, HEAD + TUMOUR)


def test_a_mask_outside_the_ct_is_named(folder):
    write(folder / "tumour.nii.gz", block((4, 5, 6), (8, 9, 12)), origin=(5000.0, 0.0, 0.0))
    with pytest.raises(InputError, match="tumour"):
        opened(folder, HEAD + TUMOUR)


def test_a_path_that_is_not_there(tmp_path):
    with pytest.raises(InputError, match="nowhere does not exist"):
        load_case(tmp_path / "nowhere", role_tables=ROLES)


def test_an_empty_folder_is_no_case(tmp_path):
    with pytest.raises(InputError):
        load_case(tmp_path, role_tables=ROLES)


def test_weights_and_limits_of_the_case(folder):
    text = HEAD + "[weights]\ndepth = 2.5\nrisk = 0.0\n"
    text += '[[limit]]\nkey = "depth"\nvalue = 80.0\n'
    text += '[[limit]]\nkey = "vessel"\nvalue = 4.0\nreason = " seen in angiography "\n'
    case = opened(folder, text).case
    assert case.weights == (("depth", 2.5), ("risk", 0.0))
    assert [(c.key, c.value, c.reason) for c in case.limits] == [
        ("depth", 80.0, ""),
        ("vessel", 4.0, "seen in angiography"),
    ]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[weights]\ndepth = -1.0\n", "greater than or equal to 0"),
        ('[[limit]]\nkey = "depth"\n', 'needs a "value"'),
        (2 * '[[limit]]\nkey = "depth"\nvalue = 80.0\n', 'two entries with the key "depth"'),
    ],
)
def test_wrong_weights_and_limits_are_refused(folder, text, words):
    with pytest.raises(InputError, match=words):
        opened(folder, HEAD + text)


@pytest.fixture(scope="module")
def shipped_tables() -> dict[str, RoleTable]:
    path = RESOURCES / "roles" / "totalsegmentator.json"
    return {"totalsegmentator": read_role_table(path.read_bytes(), "totalsegmentator")}


def test_the_real_pelvis(data_dir, shipped_tables):
    loaded = load_case(data_dir / "pelvis", role_tables=shipped_tables)
    structures = by_name(loaded)
    habitats = {"Habitat A (72 HU)", "Habitat B (275 HU)", "Habitat C (46 HU)"}
    assert {"lesion", "necrotic core", *habitats} < set(structures)
    assert structures["right sciatic nerve"].role is Role.NERVE
    assert structures["iliac_artery_right"].role is Role.VESSEL
    assert structures["hip_right"].role is Role.BONE
    assert loaded.case.position_differs
    tumour = loaded.images.masks[structures["lesion"].mask_id]
    assert tumour.volume_ml == pytest.approx(26.0, abs=1.0)
    anatomy = sitk.ReadImage(str(data_dir / "pelvis" / "anatomy.nii.gz"))
    whole = sitk.GetArrayFromImage(anatomy)
    for name, value in (("iliac_artery_right", 66), ("colon", 20), ("hip_left", 77)):
        mask = loaded.images.masks[structures[name].mask_id]
        assert mask.inside.sum() == (whole == value).sum(), name


@pytest.mark.parametrize("patient", ["STS_003", "STS_018", "STS_035", "STS_042"])
def test_the_real_sarcomas(data_dir, shipped_tables, patient):
    loaded = load_case(data_dir / "sarcoma" / patient, role_tables=shipped_tables)
    (tumour,) = loaded.case.structures
    assert (tumour.name, tumour.role, tumour.made_by) == ("GTV", Role.TUMOUR, "expert contour")
    assert loaded.images.masks[tumour.mask_id].volume_ml > 1.0
    assert loaded.case.patient.name == patient
    assert loaded.case.ct_position is not None
    assert [i.kind for i in loaded.case.second_images] == ["pet", "mr"]
    assert loaded.images.ct.frame_of_reference_uid


def test_a_region_that_is_not_in_the_structure_set(data_dir, tmp_path):
    source = data_dir / "sarcoma" / "STS_018" / "CT"
    text = (
        f'schema_version = 1\n[case]\nplanning_ct = "{source / "image"}"\n[[structure]]\n'
        f'role = "tumour"\nmask = "{source / "mask" / "RS.dcm"}"\nlabel = "GTV"\n'
    )
    with pytest.raises(InputError, match=r'has no region "GTV"; it holds .*GTV_Mass_CT'):
        opened(tmp_path, text)


def test_the_only_region_needs_no_name(data_dir, tmp_path):
    source = data_dir / "sarcoma" / "STS_018" / "CT"
    text = (
        f'schema_version = 1\n[case]\nplanning_ct = "{source / "image"}"\n[[structure]]\n'
        f'role = "tumour"\nmask = "{source / "mask" / "RS.dcm"}"\n'
    )
    (tumour,) = opened(tmp_path, text).case.structures
    assert tumour.name == "RS"


def test_a_dicom_folder_alone(data_dir):
    loaded = load_case(data_dir / "sarcoma" / "STS_018" / "CT" / "image", role_tables={})
    assert loaded.case.structures == ()
    assert loaded.case.ct_position is Position.SUPINE
    assert loaded.case.patient.name == "STS_018"


def test_what_was_decided_about_a_mask_is_read(folder: Path) -> None:
    text = (
        HEAD
        + TUMOUR
        + 'colour = "#12ab9f"\nstale_because = "another day"\n'
        + '[[structure]]\nrole = "vessel"\nmask = "anatomy.nii.gz"\nlabel = 66\n'
        + 'name = "artery"\nexcluded_because = "leaks"\n'
    )
    found = by_name(opened(folder, text))
    assert found["tumour"].colour == "#12ab9f"
    assert found["tumour"].stale_because == "another day"
    assert found["artery"].excluded_because == "leaks"
    with pytest.raises(InputError, match="colour"):
        opened(folder, HEAD + TUMOUR + 'colour = "red"\n')


def test_a_mask_that_is_not_used_may_be_empty(folder: Path) -> None:
    write(folder / "empty.nii.gz", np.zeros(SHAPE_KJI, dtype=np.uint8))
    entry = '[[structure]]\nrole = "forbidden"\nmask = "empty.nii.gz"\n'
    with pytest.raises(InputError, match="empty"):
        opened(folder, HEAD + TUMOUR + entry)
    loaded = opened(folder, HEAD + TUMOUR + entry + 'excluded_because = "nothing drawn"\n')
    assert not loaded.images.masks[by_name(loaded)["empty"].mask_id].inside.any()
    assert any("empty" in note for note in loaded.case.notes)
