"""The body is found without what lies around it, in any position, crop and grid."""

import numpy as np
import pytest
import SimpleITK as sitk

from planning.anatomy.body import body_of
from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.image import Volume

AIR, FAT, MUSCLE, LUNG, PLATE, FOAM = -1000, -90, 50, -850, -150, -950
SIZE_IJK = (150, 120, 40)
SPACING_MM = (2.0, 2.0, 3.0)


def _grid(direction=None, origin=(-140.0, -130.0, 20.0)) -> Grid:
    axes = direction or ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))
    return Grid(size_ijk=SIZE_IJK, spacing_mm=SPACING_MM, origin_lps_mm=origin, direction_lps=axes)


def _ellipse(x, y, centre, radii):
    return ((x - centre[0]) / radii[0]) ** 2 + ((y - centre[1]) / radii[1]) ** 2 <= 1.0


def _patient() -> tuple[np.ndarray, np.ndarray]:
    """Return HU and the true body: trunk with lungs cut open at the top, one arm, on a table."""
    k, j, i = np.indices(SIZE_IJK[::-1])
    x, y = i * SPACING_MM[0] - 140.0, j * SPACING_MM[1] - 130.0
    hu = np.full(SIZE_IJK[::-1], AIR)
    table = np.abs(y - 72.0 - 3.0 * (x / 100.0) ** 2)
    hu[(table < 22.0) & (np.abs(x) < 130.0)] = FOAM
    hu[(np.abs(table - 21.0) < 2.0) & (np.abs(x) < 130.0)] = PLATE
    hu[(np.abs(y + 95.0 - 0.1 * x) < 1.5)] = -300  # a sheet over the patient
    hu[_ellipse(x, y, (40.0, -85.0), (2.5, 2.5))] = 80  # a tube
    trunk = _ellipse(x, y, (-10.0, 0.0), (95.0, 62.0)) & (y < 55.0)
    arm = _ellipse(x, y, (117.0, 5.0), (24.0, 28.0))
    hu[trunk | arm] = FAT
    hu[_ellipse(x, y, (-10.0, 0.0), (85.0, 50.0))] = MUSCLE
    for centre, radii in (((-55.0, -5.0), (25.0, 35.0)), ((30.0, -5.0), (20.0, 30.0))):
        hu[_ellipse(x, y, centre, radii) & (k >= 15)] = LUNG
    return hu.astype(np.int16), trunk | arm


def _dice(found: np.ndarray, truth: np.ndarray) -> float:
    return 2.0 * np.count_nonzero(found & truth) / (found.sum() + truth.sum())


def test_table_sheet_and_tube_go_while_arm_and_open_lungs_stay():
    hu, truth = _patient()
    found = body_of(Volume(grid=_grid(), values=hu)).inside
    assert _dice(found, truth) > 0.995
    assert found[truth & (hu == LUNG)].all()
    far = sitk.GetArrayFromImage(
        sitk.SignedMaurerDistanceMap(
            sitk.GetImageFromArray(truth.astype(np.uint8)), squaredDistance=False
        )
    )
    assert not (found & (far > 2.5)).any(), "nothing of the table stays more than a few mm away"


@pytest.mark.parametrize("turn", [0, 1, 2, 3])
def test_supine_prone_and_decubitus_give_the_same_body(turn):
    hu, truth = _patient()
    size = 150
    square = np.full((40, size, size), AIR, dtype=np.int16)
    square[:, :120] = hu
    held = np.zeros(square.shape, dtype=bool)
    held[:, :120] = truth
    grid = Grid(size_ijk=(size, size, 40), spacing_mm=SPACING_MM, origin_lps_mm=(0.0, 0.0, 0.0))
    values = np.ascontiguousarray(np.rot90(square, turn, axes=(1, 2)))
    found = body_of(Volume(grid=grid, values=values)).inside
    assert _dice(found, np.rot90(held, turn, axes=(1, 2))) > 0.995


@pytest.mark.parametrize("order", [(0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2)])
def test_permuted_and_flipped_axes_give_the_same_body(order):
    hu, truth = _patient()
    reference = body_of(Volume(grid=_grid(), values=hu)).inside
    names = [2 - a for a in order][::-1]
    flipped = np.flip(hu.transpose(order), axis=0)
    size = flipped.shape[::-1]
    directions = [np.eye(3)[n] for n in names]
    directions[2] = -directions[2]
    grid = Grid(
        size_ijk=size,
        spacing_mm=vec3([SPACING_MM[n] for n in names]),
        origin_lps_mm=(0.0, 0.0, 0.0),
        direction_lps=tuple(vec3(d) for d in directions),
    )
    found = body_of(Volume(grid=grid, values=np.ascontiguousarray(flipped))).inside
    back = np.flip(found, axis=0).transpose(np.argsort(order))
    assert _dice(back, reference) > 0.998
    assert _dice(back, truth) > 0.995


def test_a_slightly_oblique_grid_is_no_obstacle():
    hu, truth = _patient()
    angle = np.deg2rad(18.0)
    turned = (
        (1.0, 0.0, 0.0),
        (0.0, np.cos(angle), np.sin(angle)),
        (0.0, -np.sin(angle), np.cos(angle)),
    )
    found = body_of(Volume(grid=_grid(turned), values=hu)).inside
    assert _dice(found, truth) > 0.995


def test_a_crop_without_outside_air_is_body_throughout():
    values = np.full((12, 20, 20), 40, dtype=np.int16)
    grid = Grid(size_ijk=(20, 20, 12), spacing_mm=(2.0, 2.0, 2.0), origin_lps_mm=(0.0, 0.0, 0.0))
    assert body_of(Volume(grid=grid, values=values.copy())).inside.all()
    values[4:8, 8:14, 0:6] = AIR  # bowel gas, cut by one side
    assert body_of(Volume(grid=grid, values=values)).inside.all()


def test_a_lung_under_a_thin_chest_wall_is_inside_but_the_gap_above_the_table_is_not():
    k, j, i = np.indices((10, 100, 120))
    x, y = i * 2.0 - 120.0, j * 2.0 - 100.0
    hu = np.full(k.shape, AIR)
    hu[np.abs(y - 72.0 + (x / 13.5) ** 2) < 2.0] = PLATE  # curved up: it touches the body's sides
    hu[_ellipse(x, y, (0.0, 0.0), (100.0, 60.0))] = MUSCLE
    hu[_ellipse(x, y, (-56.0, 0.0), (40.0, 32.0))] = AIR  # the lateral wall is 4 mm thin
    grid = Grid(size_ijk=(120, 100, 10), spacing_mm=(2.0, 2.0, 3.0), origin_lps_mm=(0.0, 0.0, 0.0))
    found = body_of(Volume(grid=grid, values=hu.astype(np.int16))).inside
    truth = _ellipse(x, y, (0.0, 0.0), (100.0, 60.0))
    assert found[truth & (hu == AIR)].all()
    assert not found[(hu == AIR) & ~truth].any()


def test_a_volume_of_air_is_refused_in_words():
    grid = Grid(size_ijk=(5, 5, 5), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0.0, 0.0))
    with pytest.raises(InputError, match="Hounsfield"):
        body_of(Volume(grid=grid, values=np.full((5, 5, 5), AIR, dtype=np.int16)))


def test_the_real_pelvis_has_one_body_that_leaves_the_table_behind(data_dir):
    image = sitk.ReadImage(str(data_dir / "pelvis" / "ct.nii.gz"))
    axes = np.array(image.GetDirection()).reshape(3, 3).T
    grid = Grid(
        size_ijk=image.GetSize(),
        spacing_mm=image.GetSpacing(),
        origin_lps_mm=image.GetOrigin(),
        direction_lps=tuple(vec3(a) for a in axes),
    )
    hu = np.rint(sitk.GetArrayFromImage(image)).astype(np.int16)
    body = body_of(Volume(grid=grid, values=hu))
    assert body.volume_ml == pytest.approx(23883, rel=0.01)
    labels = sitk.GetArrayFromImage(sitk.ReadImage(str(data_dir / "pelvis" / "anatomy.nii.gz")))
    assert body.inside[labels > 0].mean() > 0.9999
    table_rows = 6  # the array starts at the patient's back (its j axis points forward)
    assert not body.inside[:, :table_rows].any()
