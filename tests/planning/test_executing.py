"""What specimens hold under placement error: closed forms on balls, and executions drawn anew."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import norm

from app import catalogue
from app.planning_setup import anatomy_of, setup_of
from planning.anatomy.anatomy import Anatomy
from planning.anatomy.tissue import Tissue, TissueMap
from planning.anatomy.yields import class_map, yield_fields
from planning.geometry import Grid, vec3
from planning.model.error_model import ErrorModel
from planning.model.needle import Trajectory
from planning.records.case_file import load_case
from planning.trajectories.executing import specimens, touches, worth_sampling_mm, yields
from planning.trajectories.measure import measure
from planning.trajectories.placement import executions, touches_disc
from planning.trajectories.planner import plan
from planning.trajectories.screening import Needles, screen
from tests import phantoms

SIGMA_MM, RADIUS_MM, CORE_MM = 2.5, 10.0, 20.0
COUNT = 12_000


def _still(model: ErrorModel, sigma_mm: float, along_mm: float | None = None) -> ErrorModel:
    """Return a model whose error does not grow with depth and whose masks are certain."""
    along = sigma_mm if along_mm is None else along_mm
    spread = replace(
        model.corrected,
        at_skin_mm=sigma_mm,
        growth_deg=0.0,
        off_plane_growth_deg=0.0,
        along_mm=along,
        shared_mm=0.0,
    )
    doubt = replace(model.doubt, by_model_mm=0.0, drawn_mm=0.0, breathing_mm=0.0)
    return replace(model, corrected=spread, first_pass=spread, doubt=doubt)


def _ball_anatomy(spacing_mm: float, sigma_mm: float) -> Anatomy:
    """Return the torso with a ball of 10 mm as lesion and needles with 20 mm cores."""
    torso = phantoms.torso(spacing_mm, without=("dead core", "Habitat A", "Habitat B", "slab"))
    mask = torso.images.masks["lesion"]
    k, j, i = np.indices(mask.grid.shape_kji)
    points = mask.grid.lps_from_index(np.stack([i, j, k], axis=-1))
    ball = np.linalg.norm(points - phantoms.LESION_CENTRE, axis=-1) < RADIUS_MM
    images = replace(
        torso.images, masks={**torso.images.masks, "lesion": replace(mask, inside=ball)}
    )
    setup = setup_of(torso.case)
    needle = replace(setup.needle, core_length_mm=CORE_MM)
    model = _still(catalogue.error_models()[setup.guidance], sigma_mm)
    return anatomy_of(torso.case, images, replace(setup, needle=needle, error_model=model))


@pytest.fixture(scope="module")
def ball() -> Anatomy:
    return _ball_anatomy(1.0, SIGMA_MM)


def _through(offset_mm: float) -> tuple[np.ndarray, np.ndarray]:
    """Return entry and tip of a needle from behind whose specimen is centred beside the ball."""
    centre = phantoms.LESION_CENTRE + np.array([offset_mm, 0.0, 0.0])
    entry = np.array([centre[0], phantoms.HALF_DEPTH_MM, centre[2]])
    return entry, centre - [0.0, CORE_MM / 2.0, 0.0]


def test_expected_length_in_a_ball_off_its_centre(ball: Anatomy) -> None:
    """Sphere of 10 mm, 2.5 mm in all directions, 3 mm beside the centre, 20 mm core: 16.34 mm."""
    entry, tip = _through(3.0)
    (found,) = yields(ball, entry[None], tip[None])
    assert found.expected_mm == pytest.approx(16.34, abs=0.1)


def test_the_screening_maps_give_the_same_expectation(ball: Anatomy) -> None:
    offsets = np.array([0.5, 3.5, 6.5, 9.5])  # on voxel centres: screening reads the nearest
    ends = [_through(o) for o in offsets]
    entries, tips = (np.array(points) for points in zip(*ends, strict=True))
    number = np.arange(len(offsets), dtype=np.int32)
    needles = Needles(
        entries_lps_mm=entries,
        entry_normals_lps=np.tile([0.0, 1.0, 0.0], (len(offsets), 1)),
        tips_lps_mm=tips,
        entry_of=number,
        tip_of=number,
    )
    assert ball.fields is not None
    quick = screen(ball, ball.fields, needles, step_mm=0.5)["expected_sample_mm"]
    exact = [y.expected_mm for y in yields(ball, entries, tips)]
    assert quick == pytest.approx(exact, abs=0.35)


def test_executions_agree_with_the_chance_to_touch_the_ball(ball: Anatomy) -> None:
    """A core much longer than the ball holds tissue exactly when its axis meets the ball."""
    errors = executions(4096, heavy_tails=False)
    for offset_mm in (0.0, 6.0, 11.0):
        entry, tip = _through(offset_mm)
        length = worth_sampling_mm(
            ball, specimens(ball, entry[None], tip[None], errors=errors[None])
        )
        touched = float((length[0] > 0.0).mean())
        assert touched == pytest.approx(
            float(touches_disc(RADIUS_MM, SIGMA_MM, offset_mm)), abs=0.02
        )


def test_more_error_never_raises_the_expected_yield_of_a_ball() -> None:
    expected = []
    for sigma_mm in (0.5, 1.5, 3.0, 5.0, 8.0):
        anatomy = _ball_anatomy(2.0, sigma_mm)
        entries, tips = (np.array(p) for p in zip(*map(_through, (0.0, 4.0)), strict=True))
        expected.append([y.expected_mm for y in yields(anatomy, entries, tips)])
    assert (np.diff(np.array(expected), axis=0) < 0.02).all()
    assert expected[0][0] - expected[-1][0] > 5.0


def test_depth_error_empties_the_end_of_a_short_lesion(ball: Anatomy) -> None:
    """Along the axis only: a core that just fits loses what is pushed past the ball."""
    still = _still(ball.error_model, 1e-3, along_mm=4.0)
    entry, tip = _through(0.0)
    (found,) = yields(replace(ball, error_model=still), entry[None], tip[None])
    # The overlap of two intervals of 20 mm that are |d| apart: 20 - E|d| = 20 - 4 sqrt(2 / pi).
    assert found.expected_mm == pytest.approx(20.0 - 4.0 * np.sqrt(2.0 / np.pi), abs=0.15)


def test_without_error_the_plan_is_what_happens(ball: Anatomy) -> None:
    exact = replace(ball, error_model=_still(ball.error_model, 1e-6))
    entry, tip = _through(4.0)
    found = measure(exact, Trajectory(vec3(entry), vec3(tip))).criteria
    assert found["expected_viable_length_mm"] == pytest.approx(found["viable_length_mm"], abs=0.3)
    assert found["viable_probability"] == 1.0


def _slab_tissue() -> TissueMap:
    grid = Grid(size_ijk=(12, 10, 8), spacing_mm=(1.5, 1.5, 1.5), origin_lps_mm=(0.0, 0.0, 0.0))
    bits = np.zeros(grid.shape_kji, dtype=np.uint8)
    bits[2:6, 2:8, 3:6] = Tissue.TUMOUR | Tissue.VIABLE
    bits[2:4, 2:8, 3:6] = Tissue.TUMOUR | Tissue.NECROSIS
    habitat = np.zeros_like(bits)
    habitat[4, 2:8, 3:6] = 2
    return TissueMap(grid=grid, bits=bits, habitat=habitat, habitat_names=("A", "B"))


def test_blurring_keeps_the_volume_and_necrosis_apart() -> None:
    tissue = _slab_tissue()
    found = yield_fields(tissue, tissue.grid, np.array([0.8, 1.2]), wanted=Tissue.VIABLE)
    for scale in range(2):
        viable, dead = (found.blurred[..., 2 * scale + part].sum() / 1000.0 for part in (0, 1))
        assert viable == pytest.approx(2 * 6 * 3, rel=0.06)
        assert dead == pytest.approx(2 * 6 * 3, rel=0.06)
    top, bottom = found.blurred[-1, :, :, 0].sum(), found.blurred[-1, :, :, 1].sum()
    assert top > bottom


def test_classes_follow_necrosis_viability_and_habitats() -> None:
    found = class_map(_slab_tissue())
    assert found.count == 6
    assert [int(found.classes[k, 0, 0]) for k in range(4)] == [2, 2, 5, 3]


def test_a_near_vessel_is_touched_more_often_than_a_far_one(ball: Anatomy) -> None:
    assert ball.fields is not None
    chances = []
    for x in (24.0, 20.0, 10.0):
        path = Trajectory((x, phantoms.HALF_DEPTH_MM, 0.0), (x, -20.0, 0.0))
        found = touches(ball, ball.fields, path)
        chances.append(dict(found.by_structure).get("left artery", 0.0))
        assert found.any_serious == pytest.approx(sum(dict(found.by_structure).values()), abs=1e-9)
    # A half-space at a distance d from the axis: the chance that the needle's edge reaches it.
    radius = ball.needle.radius_mm
    expected = [1.0 - norm.cdf((30.0 - x - radius) / SIGMA_MM) for x in (24.0, 20.0, 10.0)]
    assert chances == pytest.approx(expected, abs=0.03)
    assert chances[0] > chances[1] >= chances[2]


@pytest.fixture(scope="module")
def pelvis(data_dir) -> Anatomy:
    loaded = load_case(data_dir / "pelvis", role_tables=catalogue.role_tables())
    return anatomy_of(loaded.case, loaded.images, setup_of(loaded.case))


def test_executed_needles_agree_with_the_prediction(pelvis: Anatomy) -> None:
    """Executed by other code: random errors, the masks read along each needle every 0.05 mm.

    Of 2 000 needles the chance itself would err by 0.011; with 12 000 that leaves room for a bias.
    """
    rng = np.random.default_rng(5)
    spread, doubt = pelvis.error_model.corrected, pelvis.errors.lesion_doubt_mm
    for candidate in plan(pelvis, top=3).candidates:
        entry = np.array(candidate.trajectory.entry_lps_mm)
        along = candidate.trajectory.direction_lps
        depth = candidate.trajectory.insertion_depth_mm
        one = np.cross(along, [0.0, 0.0, 1.0])
        sideways = np.stack([one, np.cross(along, one)]) / np.linalg.norm(one)
        shift = rng.normal(0.0, np.hypot(spread.at_skin_mm, doubt), (COUNT, 2))
        turn = rng.normal(0.0, np.tan(np.radians(spread.growth_deg)), (COUNT, 2))
        deep = depth + rng.normal(0.0, np.hypot(spread.along_mm, doubt), COUNT)
        t = deep[:, None] - pelvis.needle.core_length_mm + np.arange(0.025, 15.0, 0.05)
        off = shift[:, None] + t[..., None] * turn[:, None]
        points = entry + t[..., None] * along + off @ sideways
        bits, _ = pelvis.tissue.at(points.reshape(-1, 3))
        viable = (bits & Tissue.VIABLE).reshape(t.shape) > 0
        length = np.count_nonzero(viable, axis=1) * 0.05
        found = candidate.criteria
        assert found["expected_viable_length_mm"] == pytest.approx(np.mean(length), abs=0.3)
        enough = np.mean(length >= pelvis.required_length_mm)
        assert found["viable_probability"] == pytest.approx(enough, abs=0.02)
