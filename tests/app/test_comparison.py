"""Both scans in one picture: grey where they agree, coloured where not, and left is left."""

from __future__ import annotations

import numpy as np
import pytest

from app.rendering.comparison import HALF_WIDTH_MM, Plane, compared, planes_of
from planning.image import Volume
from planning.imaging.transforms import RigidTransform, unmoved
from planning.model.case import Position
from tests.app.scenes import ball, grid_of, marked_volume

LEFT_BACK_HEAD = (18.0, 10.0, 12.0)


def plane(name: str, volume: Volume, position: Position | None = None) -> Plane:
    planes = planes_of(volume, None, (0.0, 0.0, 0.0), position)
    return next(p for p in planes if p.orientation == name)


def shifted(x_mm: float) -> RigidTransform:
    return RigidTransform(rotation=np.eye(3), shift_mm=(x_mm, 0.0, 0.0))


@pytest.fixture
def volume() -> Volume:
    return marked_volume(grid_of("plain"), (0.0, 0.0, 0.0))


def test_the_same_scan_is_grey_and_another_is_not(volume: Volume) -> None:
    axial = plane("axial", volume)
    middle = axial.grey.shape[0] // 2
    same = compared(axial, volume, unmoved(), checkerboard=False)
    assert np.ptp(same[middle, middle].astype(int)) <= 12
    gone = Volume(grid=volume.grid, values=np.zeros(volume.grid.shape_kji, np.int16))
    red, _, blue = compared(axial, gone, unmoved(), checkerboard=False)[middle, middle].astype(int)
    assert red > 200 > 90 > blue - 60  # orange: the planning CT alone
    empty = plane("axial", gone)
    red, _, blue = compared(empty, volume, unmoved(), checkerboard=False)[middle, middle]
    assert blue > 200 > red  # blue: the new scan alone


@pytest.mark.parametrize("kind", ["plain", "permuted", "flipped", "oblique"])
def test_the_transform_says_where_the_new_scan_is_looked_up(kind: str) -> None:
    here = marked_volume(grid_of(kind), (0.0, 0.0, 0.0))
    moved = marked_volume(grid_of(kind), (9.0, 0.0, 0.0))
    axial = plane("axial", here)
    right = compared(axial, moved, shifted(9.0), checkerboard=False)
    wrong = compared(axial, moved, unmoved(), checkerboard=False)
    middle = axial.grey.shape[0] // 2
    assert right[middle, middle].min() > 180
    assert wrong[middle, middle, 2] < 120


@pytest.mark.parametrize(
    ("name", "through", "place", "letters"),
    [
        ("axial", (0.0, 0.0, 12.0), (10.0, 18.0), ("R", "L", "A", "P")),
        ("coronal", (0.0, 10.0, 0.0), (-12.0, 18.0), ("R", "L", "H", "F")),
        ("sagittal", (18.0, 0.0, 0.0), (-12.0, 10.0), ("A", "P", "H", "F")),
    ],
)
def test_left_is_left_and_the_letters_say_so(
    name: str,
    through: tuple[float, float, float],
    place: tuple[float, float],
    letters: tuple[str, str, str, str],
) -> None:
    volume = marked_volume(grid_of("plain"), LEFT_BACK_HEAD)
    planes = planes_of(volume, None, through, Position.SUPINE)
    found = next(p for p in planes if p.orientation == name)
    assert found.letters == letters
    middle = (found.grey.shape[0] - 1) / 2
    per_mm = middle / HALF_WIDTH_MM
    down, across = (np.argwhere(found.grey > 0.9).mean(axis=0) - middle) / per_mm
    assert (down, across) == pytest.approx(place, abs=1.2)


def test_a_prone_patient_is_seen_from_the_same_side_as_in_the_views() -> None:
    volume = marked_volume(grid_of("plain"), (18.0, 0.0, 0.0))
    prone = plane("axial", volume, Position.PRONE)
    assert prone.letters == ("L", "R", "P", "A")
    assert np.argwhere(prone.grey > 0.9).mean(axis=0)[1] < prone.grey.shape[1] / 2


def test_tiles_show_one_scan_each(volume: Volume) -> None:
    bright = Volume(grid=volume.grid, values=np.full(volume.grid.shape_kji, 850, np.int16))
    dark = Volume(grid=volume.grid, values=np.full(volume.grid.shape_kji, -150, np.int16))
    picture = compared(plane("axial", bright), dark, unmoved(), checkerboard=True)
    middle = picture[picture.shape[0] // 2 - 30 : picture.shape[0] // 2 + 30, 65:95, 0]
    assert 0.3 < (middle > 200).mean() < 0.7
    assert set(np.unique(middle // 200)) == {0, 1}


def test_the_lesions_edge_is_drawn(volume: Volume) -> None:
    lesion = ball(volume.grid, (0.0, 0.0, 0.0), 12.0)
    axial = planes_of(volume, lesion, (0.0, 0.0, 0.0), None)[0]
    edge = np.argwhere(axial.outline) - (np.array(axial.grey.shape) - 1) / 2
    radius = np.linalg.norm(edge * 2 * HALF_WIDTH_MM / (axial.grey.shape[0] - 1), axis=1)
    assert len(edge) > 60
    assert 10.0 < radius.min() < radius.max() < 13.5
