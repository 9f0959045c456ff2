"""What a case becomes on the CT made on the table: moved, marked, left behind, and said."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest

from app import catalogue
from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.image import CaseImages, Mask, Series, Volume
from planning.imaging.bone_residual import Residual
from planning.imaging.moved_masks import moved_mask
from planning.imaging.registration import Registration
from planning.imaging.transforms import RigidTransform
from planning.model.approval import Approval
from planning.model.case import OwnPath, Position, Role, SecondImage, Structure
from planning.model.case_review import CaseReview
from planning.model.needle import Trajectory
from planning.model.plan import Candidate, PlanResult
from planning.records.carried_paths import own_paths_with
from planning.records.carry_over import carry_over, lesion_in_bone
from planning.records.case_file import LoadedCase
from planning.records.stale_masks import checked_off, stale
from tests import example_plans, example_reviews, phantoms
from tests.moved_scans import motion

TRUTH = motion((12.0, -7.0, 25.0), (6.0, -5.0, 9.0), phantoms.LESION_CENTRE)
RULES = catalogue.carry_rules()


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    made = phantoms.torso(1.0)
    ct = replace(made.images.ct, series=Series(modality="CT", date="2026-11-23"))
    case = replace(made.case, ct_position=Position.SUPINE, patient_position=Position.PRONE)
    return phantoms.Phantom(case, replace(made.images, ct=ct))


def registered(transform: RigidTransform = TRUTH) -> Registration:
    return Registration(
        transform=transform,
        residual=Residual(median_mm=0.42, p95_mm=1.13, points=5000),
        method="rigid",
        overlap=0.9,
        correlation=0.97,
    )


def todays(
    torso: phantoms.Phantom, *, slice_mm: float = 2.0, height_mm: float = 120.0, code: str = "HFP"
) -> Volume:
    """Return the torso moved by `TRUTH`, voxel by voxel."""
    ct = torso.images.ct
    size = (150, 140, round(height_mm / slice_mm))
    spacing = np.array([1.2, 1.2, slice_mm])
    middle = TRUTH.second_from_ct(np.zeros(3))
    grid = Grid(
        size_ijk=size,
        spacing_mm=vec3(spacing),
        origin_lps_mm=vec3(middle - (np.array(size) - 1) / 2 * spacing),
    )
    k, j, i = np.indices(grid.shape_kji)
    points = TRUTH.ct_from_second(grid.lps_from_index(np.stack([i, j, k], axis=-1)))
    index = np.rint(ct.grid.index_from_lps(points)).astype(int)
    inside = ((index >= 0) & (index < ct.grid.size_ijk)).all(axis=-1)
    a, b, c = np.moveaxis(np.clip(index, 0, np.array(ct.grid.size_ijk) - 1), -1, 0)
    values = np.where(inside, ct.values[c, b, a], -1000).astype(np.int16)
    return Volume(
        grid=grid,
        values=values,
        frame_of_reference_uid="today",
        series=Series(modality="CT", date="2026-11-26", position_code=code),
    )


@pytest.fixture(scope="module")
def today(torso: phantoms.Phantom) -> Volume:
    return todays(torso)


@pytest.fixture(scope="module")
def there(torso: phantoms.Phantom, today: Volume) -> LoadedCase:
    return carry_over(torso.case, torso.images, today, registered(), rules=RULES)


def structure(case: LoadedCase, name: str) -> Structure:
    return next(s for s in case.case.structures if s.name == name)


def test_the_lesion_keeps_its_volume_and_lies_where_the_bone_took_it(
    torso: phantoms.Phantom, there: LoadedCase
) -> None:
    for name in ("lesion", "Habitat A", "Habitat B"):
        before, after = torso.images.masks[name], there.images.masks[name]
        assert after.volume_ml == pytest.approx(before.volume_ml, rel=0.02)
        expected = TRUTH.second_from_ct(before.centroid_lps_mm())
        assert np.linalg.norm(after.centroid_lps_mm() - expected) < 0.3
        assert after.grid.offset_in(there.images.ct.grid) is not None
        assert after.frame_of_reference_uid == "today"


def test_habitats_still_make_up_the_lesion(there: LoadedCase) -> None:
    grid = there.images.ct.grid
    lesion, a, b = (
        there.images.masks[name].on(grid) for name in ("lesion", "Habitat A", "Habitat B")
    )
    together, both = a | b, a & b
    assert np.count_nonzero(together ^ lesion) < 0.02 * np.count_nonzero(lesion)
    assert np.count_nonzero(both) < 0.02 * np.count_nonzero(lesion)


def test_soft_tissue_is_stale_and_bone_is_not(there: LoadedCase) -> None:
    for name in ("left artery", "right nerve"):
        said = "moved from the CT of 2026-11-23; check it"
        assert structure(there, name).stale_because == said
    assert structure(there, "slab").stale_because == ""


def test_a_lesion_away_from_bone_is_stale_and_one_in_bone_is_not(
    torso: phantoms.Phantom, today: Volume, there: LoadedCase
) -> None:
    assert structure(there, "lesion").stale_because
    pairs = [(s, torso.images.masks[s.mask_id]) for s in torso.case.structures]
    assert not lesion_in_bone(pairs, RULES)
    shell = replace(
        torso.images.masks["lesion"].cropped(3),
        inside=~torso.images.masks["lesion"].cropped(3).inside,
    )
    case = replace(
        torso.case,
        structures=(
            *torso.case.structures,
            Structure(name="ilium", role=Role.BONE, mask_id="ilium"),
        ),
    )
    images = replace(torso.images, masks={**torso.images.masks, "ilium": shell})
    moved = carry_over(case, images, today, registered(), rules=RULES)
    assert structure(moved, "lesion").stale_because == ""
    assert structure(moved, "dead core").stale_because == ""


def test_a_bone_mask_that_does_not_lie_on_bone_there_is_stale(
    torso: phantoms.Phantom, today: Volume
) -> None:
    values = today.values.copy()
    values[values > 500] = 60  # the slab is gone
    moved = carry_over(
        torso.case, torso.images, replace(today, values=values), registered(), rules=RULES
    )
    assert "does not lie on bone" in structure(moved, "slab").stale_because


def test_a_plan_on_it_says_what_was_not_checked(there: LoadedCase) -> None:
    anatomy = phantoms.Phantom(there.case, there.images).understood()
    said = [n.text for n in anatomy.notices if n.key == "stale"]
    assert len(said) == 1
    assert "left artery" in said[0]
    assert "right nerve" in said[0]
    assert "slab" not in said[0]
    assert {r.structure.name for r in anatomy.risks} >= {"left artery", "right nerve"}
    assert "vessel_clearance_mm" not in anatomy.unknown_measures


def test_ticking_a_mask_clears_it_alone(there: LoadedCase) -> None:
    checked = checked_off(there.case, "left artery")
    assert "left artery" not in [s.name for s in stale(checked)]
    assert "right nerve" in [s.name for s in stale(checked)]
    assert checked.plan is None


def test_the_position_is_the_new_scans(torso: phantoms.Phantom, there: LoadedCase) -> None:
    assert torso.case.position_differs
    assert there.case.ct_position is Position.PRONE
    assert not there.case.position_differs
    silent = todays(torso, height_mm=40.0, code="")
    unsaid = carry_over(torso.case, torso.images, silent, registered(), rules=RULES)
    assert unsaid.case.ct_position is None
    assert any("does not say how the patient lay" in note for note in unsaid.case.notes)
    told = carry_over(
        torso.case, torso.images, silent, registered(), rules=RULES, position=Position.SUPINE
    )
    assert told.case.ct_position is Position.SUPINE


def test_paths_keep_their_tip_and_enter_through_todays_skin(
    torso: phantoms.Phantom, today: Volume
) -> None:
    tip = (4.0, -8.0, 2.0)
    own = OwnPath(path_id="M4", trajectory=Trajectory((10.0, 60.0, 8.0), tip))  # 15 mm off the skin
    planned = _candidate(Trajectory((-6.0, phantoms.HALF_DEPTH_MM, 0.0), tip))
    case = replace(torso.case, own_paths=(own,))
    moved = carry_over(case, torso.images, today, registered(), rules=RULES, selected=planned)
    assert [p.path_id for p in moved.case.own_paths] == ["M4", "M5"]
    for path, before in zip(
        moved.case.own_paths, (own.trajectory, planned.trajectory), strict=True
    ):
        after = path.trajectory
        assert np.allclose(after.tip_lps_mm, TRUTH.second_from_ct(np.array(tip)), atol=1e-6)
        back = TRUTH.ct_from_second(np.array(after.entry_lps_mm))
        along = (phantoms.HALF_DEPTH_MM - tip[1]) / (before.entry_lps_mm[1] - tip[1])
        expected = np.array(tip) + along * (np.array(before.entry_lps_mm) - tip)
        assert np.linalg.norm(back - expected) < 1.2
        assert np.allclose(after.direction_lps, TRUTH.rotation @ before.direction_lps, atol=1e-6)


def test_a_skin_that_is_not_in_the_scan_is_said(torso: phantoms.Phantom) -> None:
    slab = todays(torso, height_mm=30.0)
    steep = OwnPath(path_id="M1", trajectory=Trajectory((4.0, 45.0, 48.0), (4.0, -8.0, 2.0)))
    case = replace(torso.case, own_paths=(steep,))
    moved = carry_over(case, torso.images, slab, registered(), rules=RULES)
    assert any("does not show the skin on the axis of M1" in note for note in moved.case.notes)
    expected = TRUTH.second_from_ct(np.array(steep.trajectory.entry_lps_mm))
    assert np.allclose(moved.case.own_paths[0].trajectory.entry_lps_mm, expected)


def test_what_lies_outside_the_scan_is_named_not_dropped_in_silence(
    torso: phantoms.Phantom,
) -> None:
    far = Mask(
        grid=Grid(size_ijk=(4, 4, 4), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.5, 0.5, 44.5)),
        inside=np.ones((4, 4, 4), np.bool_),
    )
    extra = Structure(name="spleen", role=Role.ORGAN, mask_id="spleen")
    case = replace(torso.case, structures=(*torso.case.structures, extra))
    images = replace(torso.images, masks={**torso.images.masks, "spleen": far})
    moved = carry_over(case, images, todays(torso, height_mm=40.0), registered(), rules=RULES)
    assert "spleen" not in [s.name for s in moved.case.structures]
    assert "spleen" not in moved.images.masks
    assert any(
        "not carried over and not checked: " in n and "spleen" in n for n in moved.case.notes
    )


def test_a_lesion_outside_the_scan_is_an_error(torso: phantoms.Phantom, today: Volume) -> None:
    away = motion((0.0, 0.0, 300.0), (0.0, 0.0, 0.0), (0.0, 0.0, 0.0))
    with pytest.raises(InputError, match='Lesion "lesion" lies outside the new scan'):
        carry_over(torso.case, torso.images, today, registered(away), rules=RULES)


def test_the_residual_and_the_plan_before_are_noted(
    torso: phantoms.Phantom, today: Volume, there: LoadedCase
) -> None:
    said = " ".join(there.case.notes)
    assert "carried over from the CT of 2026-11-23 to that of 2026-11-26 (rigid)" in said
    assert "0.4 mm apart, 95 % under 1.1 mm" in said
    plan = replace(torso.case, plan=Mock(spec=PlanResult))
    planned = _candidate(Trajectory((4.0, 45.0, 2.0), (4.0, -8.0, 2.0)))
    again = carry_over(plan, torso.images, today, registered(), rules=RULES, selected=planned)
    assert "T1 was planned on the earlier CT with stop 40 mm" in again.case.notes
    eye = replace(registered(), residual=None)
    by_eye = carry_over(torso.case, torso.images, today, eye, rules=RULES)
    assert any("by eye alone" in note for note in by_eye.case.notes)


def test_an_approved_plan_is_kept_as_superseded_and_the_new_draft_is_open(
    torso: phantoms.Phantom, today: Volume
) -> None:
    approval = Approval(
        approved_by="A. Weber",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256="0" * 64,
        candidate_ids=("T1",),
    )
    plan = example_plans.plan()
    made = CaseReview(
        path="", chosen_series_uid="", values_sha256="", at="", review=example_reviews.review()
    )
    case = replace(torso.case, plan=plan, approval=approval, reviews=(made,))
    moved = carry_over(case, torso.images, today, registered(), rules=RULES).case
    assert moved.reviews == ()  # their needles lie where the old CT has them
    assert any("reviews of control CTs stay" in note for note in moved.notes)
    assert (moved.approval, moved.plan, moved.plan_number) == (None, None, 2)
    assert [(p.plan, p.approval) for p in moved.past_plans] == [(plan, approval)]


def test_a_second_image_lies_where_the_patient_does(torso: phantoms.Phantom, today: Volume) -> None:
    grid = Grid(size_ijk=(20, 20, 20), spacing_mm=(4.0, 4.0, 4.0), origin_lps_mm=(-40.0,) * 3)
    pet = Volume(grid=grid, values=np.zeros(grid.shape_kji, np.int16))
    case = replace(
        torso.case, second_images=(SecondImage(kind="pet", path="pet", transform="pet.tfm"),)
    )
    images = CaseImages(ct=torso.images.ct, masks=torso.images.masks, second={"pet": pet})
    moved = carry_over(case, images, today, registered(), rules=RULES)
    placed = moved.images.second["pet"].grid
    for index in ((0, 0, 0), (19, 3, 7)):
        expected = TRUTH.second_from_ct(grid.lps_from_index(index))
        assert np.allclose(placed.lps_from_index(index), expected)
    assert moved.case.second_images[0].transform == ""


def test_texture_regions_stay_what_they_were(torso: phantoms.Phantom, today: Volume) -> None:
    habitats = tuple(s for s in torso.case.structures if s.role is Role.HABITAT)
    case = replace(
        torso.case,
        structures=tuple(s for s in torso.case.structures if s.role is not Role.HABITAT),
    )
    joint = Structure(name="hip", role=Role.JOINT, mask_id="hip", derived_from="bones")
    derived = (
        *((replace(s, derived_from="CT"), torso.images.masks[s.mask_id]) for s in habitats),
        (joint, torso.images.masks["slab"]),
    )
    moved = carry_over(case, torso.images, today, registered(), rules=RULES, derived=derived)
    names = [s.name for s in moved.case.structures]
    assert "Habitat A" in names
    assert "hip" not in names


def test_a_thin_mask_on_thick_slices_does_not_vanish(today: Volume) -> None:
    grid = Grid(size_ijk=(30, 2, 2), spacing_mm=(0.5,) * 3, origin_lps_mm=(0.0, 0.0, 3.0))
    thread = Mask(grid=grid, inside=np.ones(grid.shape_kji, np.bool_))
    thick = replace(
        today,
        grid=replace(today.grid, spacing_mm=(1.2, 1.2, 5.0), size_ijk=(150, 140, 20)),
        values=np.zeros((20, 140, 150), np.int16),
    )
    moved = moved_mask(thread, TRUTH, thick)
    assert moved is not None
    assert moved.inside.any()


def test_own_paths_get_numbers_of_their_own() -> None:
    path = Trajectory((0.0, 0.0, 0.0), (0.0, 0.0, 10.0))
    first = own_paths_with((), path)
    assert [p.path_id for p in first] == ["M1"]
    assert own_paths_with(first, path) == first
    assert own_paths_with(first, None) == first


def _candidate(path: Trajectory) -> Candidate:
    return Candidate(
        candidate_id="T1",
        rank=1,
        trajectory=path,
        stop_lps_mm=path.tip_lps_mm,
        specimen_lps_mm=(path.tip_lps_mm, path.tip_lps_mm),
        score=0.8,
        criteria={"stop_depth_mm": 40.0},
        habitat_mm={},
        nearest=(),
        contributions={},
    )
