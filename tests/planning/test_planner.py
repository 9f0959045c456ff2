"""Whole plans of the analytic torso: reasons add up, nothing unsafe stays, nothing is random."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from planning.errors import InputError
from planning.handover.plan_json import plan_to_json
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Indication, Position, Role, Structure
from planning.model.plan import PlanResult
from planning.progress import Cancelled, Progress
from planning.trajectories.candidates import lattice
from planning.trajectories.clearance_kernel import least_clearance
from planning.trajectories.elimination import survive
from planning.trajectories.kernels import march
from planning.trajectories.planner import plan
from planning.trajectories.screening import warm_up
from tests import phantoms

SPACING_MM = 2.0


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(SPACING_MM)


@pytest.fixture(scope="module")
def result(torso: phantoms.Phantom) -> PlanResult:
    return plan(torso.understood(), top=6)


def _changed(torso: phantoms.Phantom, **changes: object) -> phantoms.Phantom:
    return replace(torso, case=replace(torso.case, **changes))


def test_the_best_needle_ends_in_viable_tumour_and_not_on_the_table_side(
    result: PlanResult,
) -> None:
    best = result.candidates[0]
    assert best.trajectory.entry_lps_mm[1] > 2.0 - phantoms.HALF_DEPTH_MM
    assert best.criteria["viable_length_mm"] > 12.0
    assert best.violations == ()
    assert [c.rank for c in result.candidates] == list(range(1, len(result.candidates) + 1))
    scores = [c.score for c in result.candidates]
    assert scores == sorted(scores, reverse=True)


def test_every_candidate_starts_on_the_skin(result: PlanResult) -> None:
    for candidate in result.candidates:
        x, y, _ = np.abs(candidate.trajectory.entry_lps_mm)
        beyond = max(x - phantoms.HALF_WIDTH_MM, y - phantoms.HALF_DEPTH_MM)
        # At this spacing the torso ends on a face up to half a voxel inside its formula.
        assert -SPACING_MM / 2 - 0.1 < beyond < 0.1


def test_counts_and_survivors_add_up(torso: phantoms.Phantom, result: PlanResult) -> None:
    anatomy = torso.understood()
    grid = lattice(anatomy, anatomy.lesion)
    survivors = survive(anatomy, anatomy.fields, grid)
    assert sum(survivors.rejected.values()) + len(survivors.needles) == result.evaluated
    assert dict(survivors.rejected) == dict(result.rejected)
    assert result.rejected["entry_side"] > 0
    assert result.rejected["vessel"] > 0


def test_the_same_inputs_give_the_same_bytes(torso: phantoms.Phantom, result: PlanResult) -> None:
    assert plan_to_json(plan(torso.understood(), top=6)) == plan_to_json(result)


def test_another_input_gives_another_fingerprint(
    torso: phantoms.Phantom, result: PlanResult
) -> None:
    other = plan(_changed(torso, indication=Indication.METASTASIS).understood(), top=1)
    assert other.inputs_sha256 != result.inputs_sha256


def test_lying_on_the_back_the_needle_comes_from_in_front(torso: phantoms.Phantom) -> None:
    supine = _changed(torso, ct_position=Position.SUPINE, patient_position=Position.SUPINE)
    for candidate in plan(supine.understood(), top=3).candidates:
        assert candidate.trajectory.entry_lps_mm[1] < phantoms.HALF_DEPTH_MM - 1.0


def test_another_position_than_scanned_is_said_and_unknown_is_null(
    torso: phantoms.Phantom,
) -> None:
    turned = _changed(torso, ct_position=Position.SUPINE)
    found = plan(turned.understood(), top=1)
    assert "position_differs" in {w.key for w in found.warnings}
    assert found.candidates[0].criteria["gantry_clearance_mm"] is None


def test_where_needles_are_stored_does_not_change_the_best(
    torso: phantoms.Phantom, result: PlanResult
) -> None:
    best = result.candidates[0]
    rotation = Rotation.from_euler("zyx", [9.0, 4.0, -6.0], degrees=True).as_matrix()
    variants = (
        (torso.rearranged((2, 0, 1), (1,)), np.eye(3), np.zeros(3)),
        (torso.moved(rotation, np.array([12.0, -30.0, 400.0])), rotation, [12.0, -30.0, 400.0]),
    )
    for variant, turn, shift in variants:
        other = plan(variant.understood(), top=1).candidates[0]
        assert other.score == pytest.approx(best.score, abs=0.03)
        back = (np.array(other.trajectory.tip_lps_mm) - shift) @ turn
        assert np.linalg.norm(back - phantoms.LESION_CENTRE) < 2 * phantoms.LESION_RADIUS_MM


def test_a_forbidden_wall_and_a_no_entry_zone_are_kept(torso: phantoms.Phantom) -> None:
    ct = torso.images.ct
    index = np.indices(ct.grid.shape_kji)[::-1]
    x, y, _ = np.moveaxis(ct.grid.lps_from_index(np.stack(index, axis=-1)), -1, 0)
    extra = {
        "tendon": (Role.FORBIDDEN, (np.abs(y - 30.0) < 3.0) & (x > 0.0)),
        "scar": (Role.NO_ENTRY, (y > 35.0) & (x < -30.0)),
    }
    masks = dict(torso.images.masks)
    structures = list(torso.case.structures)
    for name, (role, inside) in extra.items():
        masks[name] = Mask(grid=ct.grid, inside=inside).cropped()
        structures.append(Structure(name=name, role=role, mask_id=name))
    marked = phantoms.Phantom(
        replace(torso.case, structures=tuple(structures)), CaseImages(ct=ct, masks=masks)
    )
    found = plan(marked.understood(), top=4)
    assert found.rejected["forbidden"] > 0
    assert found.rejected["no_entry"] > 0
    for candidate in found.candidates:
        assert candidate.criteria["forbidden_traversal_mm"] == 0.0
        entry = candidate.trajectory.entry_lps_mm
        assert not (entry[1] > 35.0 and entry[0] < -30.0)


def test_a_wider_margin_never_adds_candidates(torso: phantoms.Phantom) -> None:
    counts = []
    for margin_mm in (4.0, 8.0, 14.0):
        structures = tuple(
            replace(s, margin_mm=margin_mm) if s.role is Role.VESSEL else s
            for s in torso.case.structures
        )
        anatomy = _changed(torso, structures=structures).understood()
        counts.append(
            len(survive(anatomy, anatomy.fields, lattice(anatomy, anatomy.lesion)).needles)
        )
    assert counts[0] >= counts[1] >= counts[2]
    assert counts[0] > counts[2]


def test_a_margin_below_the_floor_needs_a_reason(torso: phantoms.Phantom) -> None:
    def with_margin(reason: str) -> phantoms.Phantom:
        structures = tuple(
            replace(s, margin_mm=1.0, reason=reason) if s.role is Role.VESSEL else s
            for s in torso.case.structures
        )
        return _changed(torso, structures=structures)

    with pytest.raises(InputError, match=r"left artery.*below the floor"):
        with_margin("").understood()
    with_margin("thrombosed").understood()


def test_a_volume_without_skin_rejects_everything_and_says_why(torso: phantoms.Phantom) -> None:
    images = torso.images
    inner = (slice(None), slice(10, -10), slice(10, -10))
    grid = images.ct.grid.cropped(
        (10, 10, 0),
        (
            images.ct.grid.size_ijk[0] - 20,
            images.ct.grid.size_ijk[1] - 20,
            images.ct.grid.size_ijk[2],
        ),
    )
    ct = Volume(grid=grid, values=images.ct.values[inner].copy())
    masks = {k: Mask(grid=grid, inside=m.on(grid)).cropped() for k, m in images.masks.items()}
    found = plan(phantoms.Phantom(torso.case, CaseImages(ct=ct, masks=masks)).understood())
    assert found.candidates == ()
    assert found.rejected["field_of_view"] == found.evaluated > 0
    assert "skin" in {n.key for n in found.not_checked}


def test_a_sprung_needle_stops_a_throw_before_its_tip(torso: phantoms.Phantom) -> None:
    anatomy = torso.understood("soft-14g-150")
    best = plan(anatomy, top=1).candidates[0]
    gap = np.linalg.norm(np.subtract(best.trajectory.tip_lps_mm, best.stop_lps_mm))
    assert gap == pytest.approx(anatomy.needle.throw_mm)
    shallow, deep = best.specimen_lps_mm
    assert np.linalg.norm(np.subtract(best.trajectory.tip_lps_mm, deep)) == pytest.approx(
        anatomy.needle.dead_space_mm
    )
    assert np.linalg.norm(np.subtract(deep, shallow)) == pytest.approx(
        anatomy.needle.core_length_mm
    )


def test_without_a_tumour_there_is_nothing_to_plan() -> None:
    bare = phantoms.torso(4.0, without=("lesion", "dead core", "Habitat A", "Habitat B"))
    with pytest.raises(InputError, match="no tumour mask"):
        plan(bare.understood())


def test_several_tumours_have_to_be_told_apart(torso: phantoms.Phantom) -> None:
    second = Structure(name="other lesion", role=Role.TUMOUR, mask_id="lesion")
    both = _changed(torso, structures=(*torso.case.structures, second))
    with pytest.raises(InputError, match="several tumours"):
        both.understood()
    assert _changed(both, lesion="other lesion").understood().lesion.name == "other lesion"


def test_a_cancelled_plan_stops(torso: phantoms.Phantom) -> None:
    seen: list[float] = []
    progress = Progress(lambda fraction, _: seen.append(fraction), lambda: len(seen) > 2)
    with pytest.raises(Cancelled):
        plan(torso.understood(), progress=progress)
    assert seen == sorted(seen)


def test_warming_up_loads_the_very_kernels_that_planning_calls(result: PlanResult) -> None:
    assert result.candidates
    warm_up()
    for kernel in (march, least_clearance):
        assert len(kernel.many.signatures) == 1
        assert len(kernel.one.signatures) == 1
