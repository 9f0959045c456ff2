"""Habitats inside a tumour: known regions come back, noise alone has none, frames do not matter."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter
from scipy.spatial.transform import Rotation

from app import catalogue
from planning.anatomy.habitat_parts import dice
from planning.anatomy.habitat_views import Channel
from planning.anatomy.habitats import FoundHabitats, computed_habitats
from planning.anatomy.lesion import lesion_of
from planning.geometry import Grid, vec3
from planning.image import CaseImages, Mask, Volume
from planning.records.case_file import load_case
from tests import phantoms

CENTRE = np.array([6.0, -4.0, 3.0])
AXES = np.array([24.0, 17.0, 15.0])
SARCOMAS = ("STS_003", "STS_018", "STS_035", "STS_042")


def _tumour(p: np.ndarray) -> np.ndarray:
    """Tell what lies in an ellipsoid with a bump on one side only."""
    bump = np.linalg.norm(p - CENTRE - [14.0, -12.0, 4.0], axis=-1) < 8.0
    return (np.linalg.norm((p - CENTRE) / AXES, axis=-1) < 1.0) | bump


def _regions(p: np.ndarray) -> np.ndarray:
    """Return 0 outside, 1 quiet and soft, 2 speckled, 3 mineralised."""
    x, y, z = np.moveaxis(p - CENTRE, -1, 0)
    region = np.where(x + 0.4 * y < 2.0, 1, 2)
    region[z > 7.0 + 0.2 * x] = 3
    return np.where(_tumour(p), region, 0)


def _speckle(p: np.ndarray) -> np.ndarray:
    """Return a field of standard deviation 1 by formula: waves of 5 to 8 mm from all around."""
    source = np.random.default_rng(7)
    waves = source.normal(size=(60, 3))
    waves *= (2 * np.pi / source.uniform(5.0, 8.0, 60) / np.linalg.norm(waves, axis=1))[:, None]
    phases = source.uniform(0.0, 2 * np.pi, 60)
    field = np.zeros(p.shape[:-1])
    for wave, phase in zip(waves, phases, strict=True):
        field += np.cos(p @ wave + phase)
    return field / np.sqrt(30.0)


@dataclass(frozen=True)
class Lump:
    """A lesion of known regions in soft tissue, as CT and masks."""

    ct: Volume
    tumour: Mask
    regions: np.ndarray

    def found(self, channels: tuple[Channel, ...] = ()) -> FoundHabitats:
        rules = catalogue.habitat_rules()
        return computed_habitats(self.ct, self.tumour, self.tumour, rules, channels)


def _grid(spacing_mm: tuple[float, float, float], rotation: np.ndarray | None = None) -> Grid:
    axes = np.eye(3) if rotation is None else rotation.T
    size = [int(np.ceil(76.0 / h)) for h in spacing_mm]
    half = (np.array(size) - 1) / 2.0 * spacing_mm
    return Grid(
        size_ijk=(size[0], size[1], size[2]),
        spacing_mm=spacing_mm,
        origin_lps_mm=vec3(CENTRE + np.array([1.3, 0.4, -0.7]) - half @ axes),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )


def _points(grid: Grid) -> np.ndarray:
    k, j, i = np.indices(grid.shape_kji)
    return grid.lps_from_index(np.stack([i, j, k], axis=-1))


def _lump(grid: Grid, noise_hu: float = 6.0) -> Lump:
    points = _points(grid)
    regions = _regions(points)
    hu = np.choose(regions, [20.0, 38.0, 68.0, 460.0])
    hu += np.where(regions == 2, 22.0, 4.0) * _speckle(points)
    hu += np.random.default_rng(3).normal(0.0, noise_hu, hu.shape)
    return _of(grid, hu, regions)


def _of(grid: Grid, hu: np.ndarray, regions: np.ndarray) -> Lump:
    ct = Volume(grid=grid, values=np.rint(hu).astype(np.int16))
    return Lump(ct, Mask(grid=grid, inside=regions > 0).cropped(margin_voxels=1), regions)


@cache
def _standard() -> Lump:
    return _lump(_grid((1.0, 1.0, 1.25)))


@cache
def _standard_found() -> FoundHabitats:
    return _standard().found()


def _labels(found: FoundHabitats, grid: Grid) -> np.ndarray:
    labels = np.zeros(grid.shape_kji, dtype=int)
    for number, (_, mask) in enumerate(found.parts, start=1):
        labels[mask.on(grid)] = number
    return labels


def test_known_regions_come_back() -> None:
    lump, found = _standard(), _standard_found()
    assert [name[:16] for name, _ in found.parts] == [f"Texture region {x}" for x in "ABC"]
    labels = _labels(found, lump.ct.grid)
    scores = [dice(labels == n, lump.regions == n) for n in (1, 2, 3)]
    assert min(scores) >= 0.85, scores
    assert min(found.stabilities) >= 0.7
    assert found.reason == ""
    assert np.array_equal(labels > 0, lump.regions > 0)


def test_names_tell_the_mean_hu_in_ascending_order() -> None:
    lump, found = _standard(), _standard_found()
    for name, mask in found.parts:
        mean = lump.ct.values[mask.on(lump.ct.grid)].mean()
        assert name.endswith(f"({round(mean)} HU)")
    means = [lump.ct.values[m.on(lump.ct.grid)].mean() for _, m in found.parts]
    assert means == sorted(means)


def test_the_same_bytes_twice() -> None:
    again = _standard().found()
    first = _standard_found()
    assert again.stabilities == first.stabilities
    assert again.features == first.features
    for (name, mask), (other_name, other) in zip(again.parts, first.parts, strict=True):
        assert name == other_name
        assert mask.inside.tobytes() == other.inside.tobytes()


def _as_phantom(lump: Lump, found: FoundHabitats) -> phantoms.Phantom:
    masks = {"tumour": lump.tumour, **dict(found.parts)}
    case = phantoms.torso(8.0).case
    return phantoms.Phantom(case, CaseImages(ct=lump.ct, masks=masks))


@pytest.mark.parametrize("degrees", [(9.0, 4.0, -6.0), (100.0, -30.0, 60.0)])
def test_a_rigid_motion_of_patient_and_grid_changes_nothing(degrees) -> None:
    rotation = Rotation.from_euler("zyx", degrees, degrees=True).as_matrix()
    first = _standard_found()
    moved = _as_phantom(_standard(), first).moved(rotation, np.array([12.0, -30.0, 400.0]))
    _assert_same_parts(moved, first)


@pytest.mark.parametrize(
    ("order", "flipped"), [((2, 0, 1), (1,)), ((1, 0, 2), (0, 2)), ((0, 2, 1), ())]
)
def test_how_the_file_stores_its_axes_changes_nothing(order, flipped) -> None:
    first = _standard_found()
    _assert_same_parts(_as_phantom(_standard(), first).rearranged(order, flipped), first)


def _assert_same_parts(phantom: phantoms.Phantom, first: FoundHabitats) -> None:
    images = phantom.images
    tumour = images.masks["tumour"]
    found = computed_habitats(images.ct, tumour, tumour, catalogue.habitat_rules())
    assert len(found.parts) == len(first.parts)
    for (_, mask), (name, _) in zip(found.parts, first.parts, strict=True):
        assert dice(mask.inside, images.masks[name].on(mask.grid)) >= 0.95


def test_another_scan_of_the_turned_patient_shows_the_same_regions() -> None:
    rotation = Rotation.from_euler("zyx", (25.0, 10.0, -15.0), degrees=True).as_matrix()
    lump = _lump(_grid((0.9, 0.9, 2.0), rotation))
    labels = _labels(lump.found(), lump.ct.grid)
    scores = [dice(labels == n, lump.regions == n) for n in (1, 2, 3)]
    assert min(scores) >= 0.85, scores


@pytest.mark.parametrize("blur_voxels", [0.0, 0.8])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_noise_alone_has_no_regions(seed: int, blur_voxels: float) -> None:
    grid = _grid((1.0, 1.0, 1.25))
    noise = np.random.default_rng(seed).normal(0.0, 1.0, grid.shape_kji)
    noise = gaussian_filter(noise, blur_voxels) if blur_voxels else noise
    hu = 40.0 + 15.0 * noise / noise.std()
    found = _of(grid, hu, (_regions(_points(grid)) > 0).astype(int)).found()
    assert found.parts == ()
    assert found.reason


def test_a_lesion_too_small_for_two_parts_says_so() -> None:
    grid = _grid((1.0, 1.0, 1.25))
    points = _points(grid)
    small = (np.linalg.norm(points - CENTRE, axis=-1) < 4.5).astype(int)
    hu = np.where(points[..., 0] > CENTRE[0], 80.0, 20.0)
    found = _of(grid, hu, small).found()
    assert found.parts == ()
    assert "cannot hold two parts" in found.reason


def test_bone_around_the_lesion_makes_no_region_of_its_rim() -> None:
    grid = _grid((1.0, 1.0, 1.25))
    points = _points(grid)
    inside = (_regions(points) > 0).astype(int)
    hu = np.where(inside > 0, 45.0, 900.0)
    hu = gaussian_filter(hu, 0.7) + np.random.default_rng(5).normal(0.0, 8.0, hu.shape)
    found = _of(grid, hu, inside).found()
    assert found.parts == (), found.parts


def test_air_belongs_to_no_region() -> None:
    lump = _standard()
    bubble = np.linalg.norm(_points(lump.ct.grid) - CENTRE - [-10.0, 2.0, -2.0], axis=-1) < 3.0
    values = np.where(bubble, -800, lump.ct.values).astype(np.int16)
    found = replace(lump, ct=replace(lump.ct, values=values)).found()
    labels = _labels(found, lump.ct.grid)
    assert len(found.parts) == 3
    assert not labels[bubble].any()


def test_another_image_divides_what_the_ct_does_not() -> None:
    lump = _standard()
    source = np.random.default_rng(11)
    flat = np.where(lump.regions > 0, 40.0, 10.0) + source.normal(0.0, 8.0, lump.regions.shape)
    ct = replace(lump.ct, values=np.rint(flat).astype(np.int16))
    plain = replace(lump, ct=ct)
    assert plain.found().parts == ()
    grid = _grid((3.0, 3.0, 3.0), Rotation.from_euler("z", 5.0, degrees=True).as_matrix())
    hot = np.isin(_regions(_points(grid)), (2, 3))
    uptake = gaussian_filter(np.where(hot, 8.0, 2.0), 0.6) + source.normal(0.0, 0.3, hot.shape)
    pet = Channel(name="PET", volume=Volume(grid=grid, values=uptake.astype(np.float32)))
    found = plain.found((pet,))
    assert [name[:9] for name, _ in found.parts] == ["Habitat A", "Habitat B"]
    assert "PET" in found.features
    truth = np.isin(lump.regions, (2, 3))
    scores = [dice(mask.on(lump.ct.grid), truth) for _, mask in found.parts]
    assert max(scores) >= 0.85, scores


def test_the_painted_pelvis_gives_back_its_habitats(data_dir) -> None:
    loaded = load_case(data_dir / "pelvis", role_tables=catalogue.role_tables())
    lesion = lesion_of(loaded.case, loaded.images)
    found = computed_habitats(
        loaded.images.ct, lesion.tumour, lesion.viable, catalogue.habitat_rules()
    )
    assert len(found.parts) == 3
    painted = sorted(lesion.habitats, key=lambda h: int(h[0].split("(")[1].split()[0]))
    scores = [
        dice(mask.inside, truth.inside)
        for (_, mask), (_, truth) in zip(found.parts, painted, strict=True)
    ]
    assert min(scores) >= 0.85, scores


@pytest.mark.parametrize("patient", SARCOMAS)
def test_real_sarcomas_get_an_answer(data_dir, patient: str) -> None:
    loaded = load_case(data_dir / "sarcoma" / patient, role_tables=catalogue.role_tables())
    lesion = lesion_of(loaded.case, loaded.images)
    found = computed_habitats(
        loaded.images.ct, lesion.tumour, lesion.viable, catalogue.habitat_rules()
    )
    assert bool(found.parts) != bool(found.reason)
    assert len(found.parts) == len(found.stabilities) != 1
    assert all(s >= 0.7 for s in found.stabilities)
    covered = np.zeros(lesion.viable.grid.shape_kji, dtype=int)
    for _, mask in found.parts:
        covered += mask.inside
    assert covered.max() <= 1
    assert not covered[~lesion.viable.inside].any()
