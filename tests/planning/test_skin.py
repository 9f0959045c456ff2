"""Skin points lie on the body, evenly, with true normals and the right flags."""

import numpy as np
import pytest
from scipy.spatial import cKDTree

from planning.anatomy.crossing import skin_crossing
from planning.anatomy.skin import SkinPoints, skin_points
from planning.geometry import Grid, vec3
from planning.image import Mask
from planning.model.case import UP_LPS, Position

SPACING_MM = (1.0, 1.25, 1.5)
SIZE_IJK = (100, 80, 60)
CENTRE_MM = np.array([47.0, 52.0, 41.0])
RADIUS_MM = 30.0


def _grid(size=SIZE_IJK, direction=None) -> Grid:
    axes = direction or ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    return Grid(
        size_ijk=size, spacing_mm=SPACING_MM, origin_lps_mm=(0.0, 0.0, 0.0), direction_lps=axes
    )


def _sphere(grid: Grid) -> Mask:
    index = np.indices(grid.shape_kji)[::-1].reshape(3, -1).T
    away = np.linalg.norm(grid.lps_from_index(index) - CENTRE_MM, axis=1)
    return Mask(grid=grid, inside=(away <= RADIUS_MM).reshape(grid.shape_kji))


def _skin(body: Mask, **changes) -> SkinPoints:
    wishes = {"spacing_mm": 4.0, "border_mm": 5.0, "up_lps": None, "entry_side_max_deg": 80.0}
    return skin_points(body, body.grid, **{**wishes, **changes})


def test_points_on_a_sphere_are_on_it_even_and_face_outward():
    skin = _skin(_sphere(_grid()))
    radial = skin.points_lps_mm - CENTRE_MM
    away = np.linalg.norm(radial, axis=1)
    assert np.abs(away - RADIUS_MM).max() < 0.5
    assert abs((away - RADIUS_MM).mean()) < 0.15
    cosine = np.einsum("na,na->n", radial / away[:, None], skin.normals_lps)
    assert np.degrees(np.arccos(cosine.min())) < 5.0
    assert np.degrees(np.arccos(np.median(cosine))) < 1.5
    nearest = cKDTree(skin.points_lps_mm).query(skin.points_lps_mm, k=2)[0][:, 1]
    assert nearest.min() > 1.9
    rng = np.random.default_rng(1)
    anywhere = rng.normal(size=(2000, 3))
    anywhere = CENTRE_MM + RADIUS_MM * anywhere / np.linalg.norm(anywhere, axis=1, keepdims=True)
    assert cKDTree(skin.points_lps_mm).query(anywhere)[0].max() < 4.5


def test_flat_faces_are_met_exactly_and_cut_faces_are_no_skin():
    grid = _grid()
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[:, 20:60, 30:] = True  # cut by both ends of k and by the end of i
    skin = _skin(Mask(grid=grid, inside=inside))
    on_front = np.abs(skin.points_lps_mm[:, 1] - 19.5 * 1.25) < 1e-6
    on_side = np.abs(skin.points_lps_mm[:, 0] - 29.5) < 1e-6
    cut_side = np.abs(skin.points_lps_mm[:, 0] - 99.5) < 1e-6
    cut_ends = (np.abs(skin.points_lps_mm[:, 2] + 0.75) < 1e-6) | (
        np.abs(skin.points_lps_mm[:, 2] - 59.5 * 1.5) < 1e-6
    )
    assert on_front.sum() > 200
    assert on_side.sum() > 200
    assert cut_side.any()
    assert cut_ends.any()
    assert skin.at_border[cut_side | cut_ends].all()
    border = grid.border_distance_mm(skin.points_lps_mm)
    assert np.array_equal(skin.at_border, border <= 5.0)
    flat = on_front & (np.abs(skin.points_lps_mm[:, 0] - 30.0) > 15.0) & ~skin.at_border
    assert np.allclose(skin.normals_lps[flat], (0.0, -1.0, 0.0), atol=1e-3)
    assert np.allclose(skin.normals_lps[cut_side & ~cut_ends], (1.0, 0.0, 0.0), atol=1e-6)


@pytest.mark.parametrize("order", [(1, 2, 0), (2, 0, 1), (0, 2, 1)])
def test_permuting_and_flipping_axes_changes_nothing(order):
    body = _sphere(_grid())
    names = [2 - a for a in order][::-1]
    inside = np.flip(body.inside.transpose(order), axis=1)
    directions = np.eye(3)[names]
    origin = np.zeros(3)
    origin[names[1]] = (SIZE_IJK[names[1]] - 1) * SPACING_MM[names[1]]
    directions[1] *= -1.0
    grid = Grid(
        size_ijk=inside.shape[::-1],
        spacing_mm=vec3([SPACING_MM[n] for n in names]),
        origin_lps_mm=vec3(origin),
        direction_lps=tuple(vec3(d) for d in directions),
    )
    turned = _skin(Mask(grid=grid, inside=np.ascontiguousarray(inside)))
    skin = _skin(body)
    assert np.allclose(turned.points_lps_mm, skin.points_lps_mm, atol=1e-3)
    assert (turned.normals_lps * skin.normals_lps).sum(axis=1).min() > np.cos(np.radians(4.0))


def test_rotating_patient_and_grid_together_rotates_the_points():
    cosine, sine = np.cos(0.7), np.sin(0.7)
    axes = ((cosine, sine, 0.0), (-sine, cosine, 0.0), (0.0, 0.0, 1.0))
    plain = _sphere(_grid())
    turned = _skin(Mask(grid=_grid(direction=axes), inside=plain.inside.copy()))
    rotated = _skin(plain).points_lps_mm @ np.array(axes)
    assert len(rotated) == pytest.approx(len(turned.points_lps_mm), rel=0.05)
    apart, _ = cKDTree(rotated).query(turned.points_lps_mm)
    assert (apart < 1e-6).mean() > 0.95


def test_the_entry_side_follows_the_position_and_is_open_without_one():
    body = _sphere(_grid())
    prone = _skin(body, up_lps=UP_LPS[Position.PRONE], entry_side_max_deg=60.0)
    angle = np.degrees(np.arccos(prone.normals_lps[:, 1]))
    assert np.array_equal(prone.entry_side_ok, angle <= 60.0)
    assert 0.15 < prone.entry_side_ok.mean() < 0.35
    left_down = _skin(body, up_lps=UP_LPS[Position.LEFT_DECUBITUS], entry_side_max_deg=60.0)
    assert left_down.points_lps_mm[left_down.entry_side_ok, 0].max() < CENTRE_MM[0]
    assert _skin(body).entry_side_ok.all()


def test_no_entry_reaches_one_voxel_beyond_its_mask():
    grid = _grid()
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[10:50, 20:60, 30:80] = True
    body = Mask(grid=grid, inside=inside)
    marked = np.zeros(grid.shape_kji, dtype=bool)
    marked[20:30, 18:20, 40:50] = True  # lies on the skin, outside the body
    skin = _skin(body, no_entry=Mask(grid=grid, inside=marked).cropped())
    index = grid.index_from_lps(skin.points_lps_mm)
    front = np.abs(index[:, 1] - 19.5) < 1e-6
    under = front & (np.abs(index[:, 0] - 44.5) <= 5.0) & (np.abs(index[:, 2] - 24.5) <= 5.0)
    far = (np.abs(index[:, 0] - 44.5) > 7.0) | (np.abs(index[:, 2] - 24.5) > 7.0) | ~front
    assert under.any()
    assert skin.no_entry[under].all()
    assert not skin.no_entry[far].any()


def test_a_mask_on_a_block_of_the_lattice_serves_as_body():
    body = _sphere(_grid())
    block = body.cropped(margin_voxels=2)
    one, other = (
        skin_points(
            m, body.grid, spacing_mm=4.0, border_mm=5.0, up_lps=None, entry_side_max_deg=80.0
        )
        for m in (body, block)
    )
    assert np.array_equal(one.points_lps_mm, other.points_lps_mm)


def test_lines_meet_the_skin_where_they_first_enter_the_body():
    body = _sphere(_grid())
    rng = np.random.default_rng(2)
    outward = rng.normal(size=(300, 3))
    outward /= np.linalg.norm(outward, axis=1, keepdims=True)
    tips = CENTRE_MM + rng.uniform(-8.0, 8.0, size=(300, 3))
    guesses = CENTRE_MM + (RADIUS_MM + rng.uniform(-4.0, 4.0, size=(300, 1))) * outward
    entries = skin_crossing(body, guesses, tips)
    assert np.abs(np.linalg.norm(entries - CENTRE_MM, axis=1) - RADIUS_MM).max() < 0.5
    line = (tips - guesses) / np.linalg.norm(tips - guesses, axis=1, keepdims=True)
    assert np.abs(np.cross(entries - guesses, line)).max() < 1e-9


def test_oblique_lines_through_a_flat_face_are_exact():
    grid = _grid()
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[:, 20:, :] = True
    tips = np.array([[50.0, 70.0, 40.0], [30.0, 60.0, 50.0], [70.0, 50.0, 30.0]])
    guesses = np.array([[45.0, 22.0, 42.0], [40.0, 27.0, 42.0], [62.0, 25.0, 36.0]])
    entries = skin_crossing(Mask(grid=grid, inside=inside), guesses, tips)
    assert np.allclose(entries[:, 1], 19.5 * 1.25, atol=1e-3)


def test_a_line_that_meets_no_skin_gives_nan_also_where_the_volume_ends():
    grid = _grid()
    inside = np.zeros(grid.shape_kji, dtype=bool)
    inside[:, 20:, :] = True
    body = Mask(grid=grid, inside=inside)
    beyond = skin_crossing(body, np.array([[50.0, 60.0, -1.0]]), np.array([[50.0, 60.0, 30.0]]))
    deep = skin_crossing(body, np.array([[50.0, 80.0, 40.0]]), np.array([[50.0, 95.0, 40.0]]))
    assert np.isnan(beyond).all()
    assert np.isnan(deep).all()


def test_an_empty_body_has_no_skin():
    grid = _grid(size=(5, 6, 7))
    skin = _skin(Mask(grid=grid, inside=np.zeros(grid.shape_kji, dtype=bool)))
    assert skin.points_lps_mm.shape == (0, 3)
    assert skin.normals_lps.shape == (0, 3)
