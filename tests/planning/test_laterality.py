"""Sides in names are checked against the patient's own midline, and only where there is one."""

import json

import numpy as np
import pytest
import SimpleITK as sitk

from planning.anatomy.laterality import (
    Place,
    Side,
    laterality_notes,
    midline_of,
    place_of,
    side_conflicts,
    side_in_name,
    without_side,
)
from planning.geometry import Grid
from planning.image import Mask
from planning.model.case import Case, Role, Structure


@pytest.mark.parametrize(
    ("name", "side", "rest"),
    [
        ("iliac_artery_left", Side.LEFT, "iliac_artery"),
        ("right sciatic nerve", Side.RIGHT, "sciatic_nerve"),
        ("Femur_L", Side.LEFT, "femur"),
        ("R hip", Side.RIGHT, "hip"),
        ("hipRight", Side.RIGHT, "hip"),
        ("rib_left_7", Side.LEFT, "rib_7"),
        ("Lt. kidney", Side.LEFT, "kidney"),
        ("vertebrae_L5", None, "vertebrae_l_5"),
        ("L5", None, "l_5"),
        ("colon", None, "colon"),
        ("bright leftover", None, "bright_leftover"),
        ("left and right atrium", None, "and_atrium"),
    ],
)
def test_sides_in_names(name, side, rest):
    assert side_in_name(name) is side
    assert without_side(name) == rest


def _place(name: str, x: float, z: float = 0.0, volume: float = 100.0) -> Place:
    return Place(name=name, centroid_lps_mm=(x, 5.0, z), volume_mm3=volume)


def test_the_midline_is_the_patients_not_the_scanners():
    places = [_place("sacrum", 61.0), _place("hip_left", 140.0), _place("hip_right", -20.0)]
    midline = midline_of(places)
    assert midline is not None
    assert midline.side_of((50.0, 0.0, 0.0)) is Side.RIGHT
    assert midline.side_of((72.0, 0.0, 0.0)) is Side.LEFT
    assert midline.side_of((64.0, 0.0, 0.0)) is Side.MIDLINE


def test_partners_give_the_midline_even_when_their_names_are_swapped():
    places = [
        _place("hip_left", -80.0),
        _place("hip_right", 80.0),
        _place("femur_left", -95.0),
        _place("femur_right", 97.0),
        _place("rectum", 3.0),
    ]
    midline = midline_of(places)
    assert midline is not None
    assert [p.name for p in side_conflicts(places, midline)] == [
        "hip_left",
        "hip_right",
        "femur_left",
        "femur_right",
    ]


def test_a_curved_spine_is_followed():
    spine = [_place(f"vertebrae_T{n}", 0.4 * z, z) for n, z in enumerate(range(0, 400, 40), 1)]
    midline = midline_of(spine)
    assert midline is not None
    assert midline.side_of((130.0, 0.0, 360.0)) is Side.MIDLINE
    assert midline.side_of((40.0, 0.0, 0.0)) is Side.LEFT
    assert midline.side_of((60.0, 0.0, 360.0)) is Side.RIGHT


def test_one_sided_crops_raise_no_alarm():
    one_side = [_place("femur_left", -60.0), _place("hip_left", -40.0)]
    assert midline_of(one_side) is None
    sliver = [*one_side, _place("hip_right", -90.0, volume=8.0), _place("sacrum", 30.0)]
    assert midline_of(sliver) is None


def _mask(x_index: int) -> Mask:
    inside = np.zeros((6, 6, 60), dtype=bool)
    inside[2:4, 2:4, x_index : x_index + 3] = True
    grid = Grid(size_ijk=(60, 6, 6), spacing_mm=(4.0, 4.0, 4.0), origin_lps_mm=(-20.0, 0.0, 0.0))
    return Mask(grid=grid, inside=inside).cropped()


def _notes(site: str = "", **where: int) -> tuple[str, ...]:
    """Return the notes of structures that begin at voxels i; a lesion is named ``lesion``."""
    structures = tuple(
        Structure(name=n, role=Role.TUMOUR if n == "lesion" else Role.BONE, mask_id=n)
        for n in where
    )
    case = Case(name="test", ct_id="ct", site=site, structures=structures)
    return laterality_notes(case, {n: _mask(x) for n, x in where.items()})


def test_place_of_a_mask_is_its_centroid():
    mask = _mask(20)
    place = place_of("block", mask)
    assert place is not None
    assert place.centroid_lps_mm == pytest.approx(mask.centroid_lps_mm())
    assert place.volume_mm3 == pytest.approx(12 * 64.0)
    assert place_of("none", Mask(grid=mask.grid, inside=np.zeros_like(mask.inside))) is None


def test_a_swapped_label_is_named_and_right_ones_are_silent():
    right = {"sacrum": 30, "hip_left": 45, "hip_right": 15, "nerve_right": 20}
    assert _notes(**right) == ()
    (note,) = _notes(**{**right, "nerve_right": 40})
    assert '"nerve_right" lies on the patient\'s other side' in note
    (note,) = _notes(sacrum=30, hip_left=15, hip_right=45, nerve_right=40)
    assert "mirrored" in note


def test_a_lesion_on_the_other_side_than_the_site_is_said():
    bones = {"sacrum": 30, "hip_left": 45, "hip_right": 15}
    assert _notes("right ilium", lesion=18, **bones) == ()
    assert _notes("ilium", lesion=42, **bones) == ()
    (note,) = _notes("right ilium", lesion=42, **bones)
    assert "lies on the patient's left" in note


def test_without_a_midline_the_check_is_said_to_be_missing():
    (note,) = _notes(femur_left=15, colon=30)
    assert "not checked" in note
    assert _notes(femur=15, colon=30) == ()


def test_the_real_pelvis_has_its_sides_right_and_its_mirror_image_wrong(data_dir):

    image = sitk.ReadImage(str(data_dir / "pelvis" / "anatomy.nii.gz"))
    names = json.loads((data_dir / "pelvis" / "anatomy_labels.json").read_text())
    statistics = sitk.LabelShapeStatisticsImageFilter()
    statistics.Execute(sitk.Cast(image, sitk.sitkUInt8))
    places = [
        Place(
            name=names[str(v)],
            centroid_lps_mm=statistics.GetCentroid(v),
            volume_mm3=statistics.GetPhysicalSize(v),
        )
        for v in statistics.GetLabels()
    ]
    midline = midline_of(places)
    assert midline is not None
    assert side_conflicts(places, midline) == ()
    mirrored = [
        Place(name=p.name, centroid_lps_mm=(-x, y, z), volume_mm3=p.volume_mm3)
        for p in places
        for x, y, z in [p.centroid_lps_mm]
    ]
    wrong = side_conflicts(mirrored, midline_of(mirrored))
    assert len(wrong) > 30
