"""An entry is measured from bone that is felt, in the patient's directions, on either side."""

from __future__ import annotations

import numpy as np
import pytest

from app import catalogue
from planning.anatomy.skin_landmarks import Landmark, Toward, from_landmarks, from_midline_mm
from planning.errors import InputError
from planning.geometry import Grid
from planning.image import Mask
from planning.model.case import Case, Role, Structure
from planning.records.landmark_file import read_landmarks

GRID = Grid(size_ijk=(60, 50, 40), spacing_mm=(2.0, 2.0, 3.0), origin_lps_mm=(-70.0, 11.0, -300.0))
CREST = Landmark(words=("hip",), name="crest", toward=Toward.HEAD, source="anatomy")
OUTER = Landmark(words=("hip",), name="outer", toward=Toward.LATERAL, source="anatomy")


def box(low_ijk: tuple[int, int, int], high_ijk: tuple[int, int, int]) -> Mask:
    inside = np.zeros(GRID.shape_kji, dtype=np.bool_)
    (i, j, k), (i2, j2, k2) = low_ijk, high_ijk
    inside[k : k2 + 1, j : j2 + 1, i : i2 + 1] = True
    return Mask(grid=GRID, inside=inside)


def case(*names: str) -> Case:
    bones = tuple(Structure(name=name, role=Role.BONE, mask_id=name) for name in names)
    return Case(name="x", ct_id="ct", structures=bones)


def test_distances_are_those_of_the_patient_on_each_side():
    masks = {
        "hip_left": box((44, 20, 10), (50, 30, 25)),
        "hip_right": box((8, 20, 10), (14, 30, 25)),
    }
    # The crest is the top layer of voxels: its middle, at index (47, 25, 25) and (11, 25, 25).
    entry = (-70.0 + 2.0 * 47 + 6.0, 11.0 + 2.0 * 25 + 9.0, -300.0 + 3.0 * 25 - 12.0)
    found = from_landmarks(case(*masks), masks, GRID, entry, (CREST,))
    assert [one.bone for one in found] == ["hip_left", "hip_right"]  # the nearest first
    near = found[0]
    assert (near.to_left_mm, near.to_back_mm, near.to_head_mm) == pytest.approx((6.0, 9.0, -12.0))
    assert found[1].to_left_mm == pytest.approx(6.0 + 2.0 * 36)
    assert near.distance_mm == pytest.approx(np.sqrt(36.0 + 81.0 + 144.0))
    outer = from_landmarks(case(*masks), masks, GRID, entry, (OUTER,))
    points = {one.bone: one.point_lps_mm[0] for one in outer}
    assert points["hip_left"] == pytest.approx(-70.0 + 2.0 * 50)
    assert points["hip_right"] == pytest.approx(-70.0 + 2.0 * 8)


def test_a_bone_that_the_scan_cuts_has_no_landmark_there():
    masks = {"hip_left": box((44, 20, 10), (50, 30, 39))}
    assert from_landmarks(case(*masks), masks, GRID, (0.0, 0.0, 0.0), (CREST,)) == ()
    assert from_landmarks(case(*masks), masks, GRID, (0.0, 0.0, 0.0), (OUTER,)) != ()
    nameless = {"hip": masks["hip_left"]}  # no side: nobody knows which way is out
    assert from_landmarks(case(*nameless), nameless, GRID, (0.0, 0.0, 0.0), (OUTER,)) == ()


def test_the_midline_lies_between_pairs():
    names = ("hip_left", "hip_right", "femur_left", "femur_right")
    left, right = box((44, 20, 10), (50, 30, 25)), box((8, 20, 10), (14, 30, 25))
    masks = dict(zip(names, (left, right, left, right), strict=True))
    middle = -70.0 + 2.0 * 29
    assert from_midline_mm(case(*names), masks, (middle + 7.5, 0.0, -250.0)) == pytest.approx(7.5)
    assert from_midline_mm(case(*names), masks, (middle - 7.5, 0.0, -250.0)) == pytest.approx(-7.5)
    assert from_midline_mm(case("hip_left"), masks, (0.0, 0.0, 0.0)) is None


def test_the_file_gives_a_source_for_every_landmark():
    found = catalogue.landmarks()
    assert len(found) >= 8
    assert all(one.source and one.words for one in found)
    with pytest.raises(InputError, match="source"):
        read_landmarks(b'schema_version = 1\n[[landmark]]\nwords=["a"]\nname="b"\ntoward="head"\n')
