"""Contours onto slices: closed forms, holes, oblique grids, real contours, and refusals."""

from __future__ import annotations

import numpy as np
import pytest

from planning.errors import FrameError, InputError
from planning.geometry import Grid, vec3
from planning.image import Series, Volume
from planning.imaging.dicom_series import read_series
from planning.imaging.polygons import filled
from planning.imaging.rtstruct import read_roi, roi_onto
from planning.imaging.structure_set import read_structure_set
from tests.dicom_files import FRAME_UID, SERIES_UID, write_contours

_GRID = Grid(size_ijk=(40, 50, 12), spacing_mm=(0.5, 0.5, 2.0), origin_lps_mm=(-10, 20, -30))


def _ct(grid: Grid = _GRID, uid: str = FRAME_UID, series_uid: str = SERIES_UID) -> Volume:
    return Volume(
        grid=grid,
        values=np.zeros(grid.shape_kji, dtype=np.int16),
        frame_of_reference_uid=uid,
        series=Series(modality="CT", series_uid=series_uid),
    )


def _on_slice(corners_ij, k: float, grid: Grid = _GRID) -> np.ndarray:
    corners = np.asarray(corners_ij, dtype=float)
    return grid.lps_from_index(np.column_stack([corners, np.full(len(corners), k)]))


def _circle(centre, radius, count: int = 90) -> np.ndarray:
    angle = np.linspace(0, 2 * np.pi, count, endpoint=False)
    return np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])


def _square(low: float, high: float) -> list[tuple[float, float]]:
    return [(low, low), (high, low), (high, high), (low, high)]


def _shoelace(corners: np.ndarray) -> float:
    x, y = corners.T
    return abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def _inside_by_columns(polygons, i: int, j: int) -> bool:
    """Even-odd along the column of a pixel: another path than the rows that are filled."""
    crossings = 0
    for corners in polygons:
        for (x1, y1), (x2, y2) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            if (x1 <= i) != (x2 <= i):
                crossings += y1 + (i - x1) * (y2 - y1) / (x2 - x1) < j
    return crossings % 2 == 1


def test_a_rectangle_between_centres_is_exact():
    inside = filled([np.array([(2.5, 1.5), (6.5, 1.5), (6.5, 4.5), (2.5, 4.5)])], (0, 0), (10, 8))
    expected = np.zeros((8, 10), dtype=bool)
    expected[2:5, 3:7] = True
    assert np.array_equal(inside, expected)


def test_edges_through_centres_are_shared_by_nobody_and_lost_by_nobody():
    left = filled([np.array([(1, 1), (4, 1), (4, 5), (1, 5)], dtype=float)], (0, 0), (9, 7))
    right = filled([np.array([(4, 1), (8, 1), (8, 5), (4, 5)], dtype=float)], (0, 0), (9, 7))
    assert not (left & right).any()
    assert np.count_nonzero(left | right) == 7 * 4
    assert (np.count_nonzero(left), np.count_nonzero(right)) == (12, 16)


@pytest.mark.parametrize("seed", range(20))
def test_any_polygon_agrees_with_another_path(seed):
    rng = np.random.default_rng(seed)
    polygons = [rng.uniform(-3, 23, (int(rng.integers(3, 12)), 2)) for _ in range(1 + seed % 3)]
    inside = filled(polygons, (0, 0), (20, 20))
    expected = [[_inside_by_columns(polygons, i, j) for i in range(20)] for j in range(20)]
    assert np.array_equal(inside, expected)


@pytest.mark.parametrize("order", [1, -1])
def test_the_area_of_a_circle(order):
    circle = _circle((40.3, 39.8), 31.7)[::order]
    area = np.count_nonzero(filled([circle], (0, 0), (80, 80)))
    assert area == pytest.approx(_shoelace(circle), rel=0.004)


def test_a_hole_drawn_as_inner_contour_or_as_keyhole_is_the_same():
    outer, inner = np.array(_square(2.2, 20.7)), np.array(_square(8.3, 14.4))
    separate = filled([outer, inner], (0, 0), (24, 24))
    keyhole = np.concatenate([outer, outer[:1], inner[::-1][-1:], inner[::-1], outer[:1]])
    joined = filled([keyhole], (0, 0), (24, 24))
    assert np.array_equal(separate, joined)
    assert not separate[11, 11]
    assert np.count_nonzero(separate) == 18 * 18 - 6 * 6


@pytest.mark.parametrize("kind", ["CLOSED_PLANAR", "CLOSEDPLANAR_XOR"])
def test_an_island_in_a_hole_is_inside_whatever_the_order_of_contours(tmp_path, kind):
    squares = [_on_slice(_square(*ends), 3) for ends in ((8.3, 14.4), (2.2, 20.7), (10.1, 12.2))]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": squares}, kind=kind)
    inside = read_roi(path, "GTV", _GRID).on(_GRID)[3]
    assert np.count_nonzero(inside) == 18 * 18 - 6 * 6 + 2 * 2
    assert inside[11, 11]
    assert not inside[9, 9]


def test_contours_that_cross_are_joined_and_told_unless_the_file_excludes_the_overlap(tmp_path):
    squares = [_on_slice(_square(*ends), 3) for ends in ((2.5, 12.5), (8.5, 18.5))]
    plain = write_contours(tmp_path / "a.dcm", {"GTV": squares})
    exclusive = write_contours(tmp_path / "b.dcm", {"GTV": squares}, kind="CLOSEDPLANAR_XOR")
    mask, notes = roi_onto(read_structure_set(plain), "GTV", _ct())
    assert np.count_nonzero(mask.inside) == 100 + 100 - 16
    assert "1 contours lie partly on others of their slice and were joined" in " ".join(notes)
    mask, notes = roi_onto(read_structure_set(exclusive), "GTV", _ct())
    assert np.count_nonzero(mask.inside) == 100 + 100 - 2 * 16
    assert notes == ()


def test_a_hole_that_touches_the_edge_stays_a_hole(tmp_path):
    hole = [(2.2, 8.3), (14.4, 8.3), (14.4, 14.4), (1.8, 14.4)]  # a corner reaches out of it
    path = write_contours(
        tmp_path / "rs.dcm", {"GTV": [_on_slice(_square(2.2, 20.7), 3), _on_slice(hole, 3)]}
    )
    mask, notes = roi_onto(read_structure_set(path), "GTV", _ct())
    assert np.count_nonzero(mask.inside) == 18 * 18 - 12 * 6 + 3
    assert notes == ()


def test_contours_land_on_their_slices(tmp_path):
    contours = [_on_slice(_circle((20.2, 25.1), r), k) for k, r in ((3, 5), (4, 8), (5, 6))]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": contours, "other": contours[:1]})
    assert read_structure_set(path).names == ("GTV", "other")
    mask = read_roi(path, "GTV", _GRID)
    inside = mask.on(_GRID)
    assert np.flatnonzero(inside.any(axis=(1, 2))).tolist() == [3, 4, 5]
    assert inside[4, 25, 20]
    assert not inside[4, 20, 28]
    areas = inside.sum(axis=(1, 2))[3:6]
    assert areas == pytest.approx([np.pi * r * r for r in (5, 8, 6)], rel=0.04)
    assert mask.frame_of_reference_uid == FRAME_UID


@pytest.mark.parametrize("seed", range(3))
def test_oblique_slices_give_the_same_voxels(tmp_path, seed):
    axes, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))
    turned = Grid(
        size_ijk=_GRID.size_ijk,
        spacing_mm=_GRID.spacing_mm,
        origin_lps_mm=(30.0, -40.0, 500.0),
        direction_lps=tuple(vec3(a) for a in axes),
    )
    shapes = [(k, _circle((18.3, 22.6), 4 + k)) for k in range(2, 7)]
    straight = write_contours(
        tmp_path / "a.dcm", {"GTV": [_on_slice(shape, k) for k, shape in shapes]}
    )
    oblique = write_contours(
        tmp_path / "b.dcm", {"GTV": [_on_slice(shape, k, turned) for k, shape in shapes]}
    )
    assert np.array_equal(
        read_roi(straight, "GTV", _GRID).on(_GRID), read_roi(oblique, "GTV", turned).on(turned)
    )


def test_a_repeated_contour_counts_once(tmp_path):
    contours = [_on_slice(_square(5.5, 15.5), k) for k in (3, 4, 4)]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": contours})
    assert read_roi(path, "GTV", _GRID).on(_GRID).sum(axis=(1, 2))[3:5].tolist() == [100, 100]


def _refusal(path, name="GTV", grid: Grid = _GRID) -> str:
    with pytest.raises(InputError) as caught:
        read_roi(path, name, grid)
    return str(caught.value)


def test_contours_of_other_slices_are_refused_with_their_place(tmp_path):
    between = [_on_slice(_square(5, 15), k) for k in (3, 4.3, 5)]
    leaning = _on_slice(_square(5, 15), 4)
    leaning[0, 2] += 1.0
    thick = [_on_slice(_square(5, 15), k) for k in (2, 5, 8)]
    path = write_contours(
        tmp_path / "rs.dcm", {"between": between, "leaning": [leaning], "t": thick}
    )
    assert "z -21.40 mm lies between two slices" in _refusal(path, "between")
    assert "does not lie in the plane" in _refusal(path, "leaning")
    message = _refusal(path, "t")
    assert "6.00 mm apart, its slices 2.00 mm" in message


def test_positions_rounded_by_the_writer_are_accepted(tmp_path):
    contours = [_on_slice(_square(5.5, 15.5), k + 0.03) for k in (3, 4)]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": contours})
    assert np.flatnonzero(read_roi(path, "GTV", _GRID).on(_GRID).any(axis=(1, 2))).tolist() == [
        3,
        4,
    ]


def test_rois_that_cannot_be_used(tmp_path):
    dot = [_on_slice(_square(5.1, 5.3), 3)]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": dot, "empty": []})
    points = write_contours(tmp_path / "p.dcm", {"GTV": dot}, kind="POINT")
    assert "smaller than a voxel" in _refusal(path)
    assert "no closed contour" in _refusal(path, "empty")
    assert "no closed contour" in _refusal(points)
    assert 'rs.dcm has no ROI "gtv". Its ROIs: "GTV", "empty"' in _refusal(path, "gtv")


def test_files_that_are_no_contours(tmp_path):
    (tmp_path / "text.dcm").write_text("hello")
    assert "text.dcm cannot be read" in _refusal(tmp_path / "text.dcm")
    assert "There is no file" in _refusal(tmp_path / "absent.dcm")


def test_frames_and_series_are_compared(tmp_path):
    contours = [_on_slice(_square(5.5, 15.5), k) for k in (3, 4)]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": contours})
    mask, notes = roi_onto(read_structure_set(path), "GTV", _ct())
    assert notes == ()
    assert mask.volume_ml == pytest.approx(200 * 0.5 / 1000)
    with pytest.raises(FrameError, match="another frame of reference"):
        roi_onto(read_structure_set(path), "GTV", _ct(uid="1.2.3"))
    _, notes = roi_onto(read_structure_set(path), "GTV", _ct(series_uid="1.2.3"))
    assert "drawn on another series" in notes[0]
    _, notes = roi_onto(read_structure_set(path), "GTV", _ct(uid="", series_uid=""))
    assert "frame not verifiable" in notes[0]


def test_gaps_cuts_and_points_are_told(tmp_path):
    contours = [_on_slice(_square(-4.5, 5.5), k) for k in (3, 4, 6)]
    path = write_contours(tmp_path / "rs.dcm", {"GTV": contours})
    mask, notes = roi_onto(read_structure_set(path), "GTV", _ct())
    told = " ".join(notes)
    assert "no contour on 1 of the slices" in told
    assert "lies outside the planning CT and was cut off" in told
    assert mask.volume_ml == pytest.approx(3 * 36 * 0.5 / 1000)


@pytest.mark.parametrize("patient", ["003", "018", "035", "042"])
def test_real_contours_have_the_area_they_enclose(data_dir, patient):
    folder = data_dir / "sarcoma" / f"STS_{patient}"
    ct = read_series(folder / "CT" / "image")
    path = folder / "CT" / "mask" / "RS.dcm"
    assert read_structure_set(path).names == ("GTV_Mass_CT",)
    mask, notes = roi_onto(read_structure_set(path), "GTV_Mass_CT", ct)
    assert notes == ()
    roi = read_structure_set(path).roi("GTV_Mass_CT")
    enclosed_ml = sum(_shoelace(c[:, :2]) for c in roi.contours) * ct.grid.spacing_mm[2] / 1000
    assert mask.volume_ml == pytest.approx(enclosed_ml, rel=0.005)
    inside = mask.on(ct.grid)
    index = [ct.grid.index_from_lps(c) for c in roi.contours]
    rng = np.random.default_rng(1)
    for k in np.unique([int(np.rint(c[0, 2])) for c in index])[2::9]:
        polygons = [np.round(c[:, :2], 6) for c in index if np.rint(c[0, 2]) == k]
        low = np.floor(np.min([p.min(axis=0) for p in polygons], axis=0)).astype(int)
        high = np.ceil(np.max([p.max(axis=0) for p in polygons], axis=0)).astype(int)
        for i, j in rng.integers(low, high + 1, (60, 2)).tolist():
            assert inside[k, j, i] == _inside_by_columns(polygons, i, j)
