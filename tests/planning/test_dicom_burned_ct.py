"""The CT with paths burned in: same grid, hollow, in place, truthful, and free of errors."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk
from scipy import ndimage

from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.handover.burned_path import DEFAULT_LOOK, drawn_pixels, tube_of
from planning.handover.dicom_burned_ct import burned_ct_notes, plan_to_burned_ct
from planning.handover.dicom_object import DESCRIPTION
from planning.handover.dicom_source import frame_uid_of, source_slices
from planning.handover.needle_bodies import depth_and_distance_mm
from planning.image import Volume
from planning.imaging.dicom_series import read_series
from planning.model.needle import Trajectory
from planning.model.plan import Candidate
from tests.dicom_handover import KINDS, MADE_AT, Scene, errors_found, run, scene

_WALL = DEFAULT_LOOK.wall_hu


def write(s: Scene, folder: Path) -> list[Path]:
    """Write the derived series, and return the paths of its files."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    images = plan_to_burned_ct(s.plan, source_slices(s.ct), s.plan.candidates, s.ct, MADE_AT)
    for k, image in enumerate(images):
        paths.append(folder / f"{k:03d}.dcm")
        image.save_as(paths[-1], enforce_file_format=True)
    return paths


@pytest.fixture(scope="module", params=KINDS, ids=str)
def written(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[list[Path], Scene]:
    s = scene(**KINDS[request.param])
    return write(s, tmp_path_factory.mktemp("burned")), s


def by_trephine(paths: list[Path], grid: Grid) -> np.ndarray:
    """Return the series' values as Trephine reads them, arranged as `grid` is."""
    volume = read_series(paths[0].parent)
    steps = np.array(volume.grid.direction_lps) @ np.array(grid.direction_lps).T
    assert np.allclose(np.abs(steps), np.eye(3), atol=1e-4)
    values = volume.values[::-1] if steps[2, 2] < 0 else volume.values
    first = (0, 0, volume.grid.size_ijk[2] - 1) if steps[2, 2] < 0 else (0, 0, 0)
    assert np.abs(volume.grid.lps_from_index(first) - np.array(grid.origin_lps_mm)).max() < 0.01
    assert np.allclose(volume.grid.spacing_mm, grid.spacing_mm, atol=1e-4)
    return values


def test_the_anatomy_is_unchanged_wherever_no_path_runs(written):
    paths, s = written
    values = by_trephine(paths, s.ct.grid)
    changed = values != s.ct.values
    assert (values[changed] == _WALL).all()
    k, j, i = np.argwhere(changed).T
    points = s.ct.grid.lps_from_index(np.stack([i, j, k], axis=1))
    tubes = [tube_of(c, s.plan.needle, s.ct.grid, DEFAULT_LOOK) for c in s.plan.candidates]
    apart = np.min(
        [depth_and_distance_mm(t.candidate.trajectory, points)[1] - t.widest_mm for t in tubes],
        axis=0,
    )
    assert apart.max() <= s.ct.grid.spacing_mm[2] / 2.0
    assert changed.mean() < 0.1


def test_the_path_is_hollow_but_for_the_disc_at_the_stop(written):
    paths, s = written
    values = by_trephine(paths, s.ct.grid)
    for candidate in s.plan.candidates:
        path = candidate.trajectory
        stop_mm = path.insertion_depth_mm - s.plan.needle.stop_to_tip_mm
        for depth in np.arange(1.0, path.insertion_depth_mm - 1.0, 0.5):
            i, j, k = np.rint(s.ct.grid.index_from_lps(path.at_depth_mm(depth))).astype(int)
            if abs(depth - stop_mm) > 4.0 and alone(candidate, path.at_depth_mm(depth), s):
                assert values[k, j, i] == s.ct.values[k, j, i], (candidate.candidate_id, depth)
        i, j, k = np.rint(s.ct.grid.index_from_lps(candidate.stop_lps_mm)).astype(int)
        assert values[k, j, i] == _WALL


def alone(candidate: Candidate, point: tuple[float, float, float], s: Scene) -> bool:
    """Tell whether no other path comes near a point."""
    others = [c for c in s.plan.candidates if c is not candidate]
    near = [depth_and_distance_mm(c.trajectory, np.array(point))[1] for c in others]
    return min(near) > 8.0


def test_every_slice_of_the_path_shows_it_around_the_axis(written):
    _, s = written
    first = s.plan.candidates[0]  # steep: one ring in each slice
    tube = tube_of(first, s.plan.needle, s.ct.grid, DEFAULT_LOOK)
    entry, tip = s.ct.grid.index_from_lps(
        np.array([first.trajectory.entry_lps_mm, first.trajectory.tip_lps_mm])
    )
    rings = 0
    for k in range(int(np.ceil(entry[2])) + 1, int(tip[2])):
        rows, columns = np.nonzero(drawn_pixels([tube], s.ct.grid, k))
        share = (k - entry[2]) / (tip[2] - entry[2])
        centre = entry + share * (tip - entry)
        if len(rows) and not ((rows == round(centre[1])) & (columns == round(centre[0]))).any():
            assert columns.min() < centre[0] < columns.max()
            assert rows.min() < centre[1] < rows.max()
            middle = (columns.min() + columns.max()) / 2.0, (rows.min() + rows.max()) / 2.0
            assert np.abs(np.array(middle) - centre[:2]).max() < 1.0
            rings += 1
    assert rings >= 8


def test_a_path_between_two_thick_slices_shows_hollow_in_both():
    s = scene()
    grid = Grid(size_ijk=(60, 40, 4), spacing_mm=(0.8, 0.8, 5.0), origin_lps_mm=(0.0, 0.0, 0.0))
    path = Trajectory((4.0, 16.0, 7.5), (40.0, 16.0, 7.5))
    lying = replace(s.plan.candidates[0], trajectory=path, stop_lps_mm=vec3((30.0, 16.0, 7.5)))
    tube = tube_of(lying, s.plan.needle, grid, DEFAULT_LOOK)
    for k, shown in enumerate((False, True, True, False)):
        rows, columns = np.nonzero(drawn_pixels([tube], grid, k))
        assert (len(rows) > 0) == shown
        if shown:
            across = sorted(rows[columns == 20] * 0.8 - 16.0)
            assert min(abs(y) for y in across) > s.plan.needle.outer_diameter_mm / 2.0
            assert across[0] < 0.0 < across[-1]


@pytest.mark.parametrize("turn", range(8))
def test_the_wall_is_closed_in_every_direction_where_slices_are_thin(turn):
    grid = Grid(size_ijk=(60, 56, 44), spacing_mm=(0.8, 0.8, 1.5), origin_lps_mm=(0.0, 0.0, 0.0))
    rng = np.random.default_rng(turn)
    along = rng.normal(size=3)
    along *= 28.0 / np.linalg.norm(along) / 2.0
    middle = grid.centre_lps_mm + rng.uniform(-2.0, 2.0, 3)
    path = Trajectory(vec3(middle - along), vec3(middle + along))
    s = scene()
    one = replace(s.plan.candidates[0], trajectory=path, stop_lps_mm=path.tip_lps_mm)
    tube = tube_of(one, s.plan.needle, grid, DEFAULT_LOOK)
    solid = np.stack([drawn_pixels([tube], grid, k) for k in range(grid.size_ijk[2])])
    k, j, i = np.indices(grid.shape_kji)
    depth, apart = depth_and_distance_mm(path, grid.lps_from_index(np.stack([i, j, k], axis=-1)))
    between = (depth > 4.0) & (depth < path.insertion_depth_mm - 6.0)
    parts, _ = ndimage.label(between & ~solid)  # through faces
    here = tuple(np.rint(grid.index_from_lps(path.at_depth_mm(12.0))).astype(int)[::-1])
    assert parts[here] != 0, "hollow"
    assert apart[parts == parts[here]].max() < tube.widest_mm + 1.5


def test_no_wall_runs_through_the_hollow_of_another_tube():
    s = scene()
    first = s.plan.candidates[0]
    path = first.trajectory
    shifted = np.array(path.tip_lps_mm) + np.array([4.0, 0.0, 0.0])
    aside = Trajectory(path.entry_lps_mm, vec3(shifted))
    other = replace(first, trajectory=aside, stop_lps_mm=aside.stop_lps_mm(s.plan.needle))
    both = [tube_of(c, s.plan.needle, s.ct.grid, DEFAULT_LOOK) for c in (first, other)]
    for depth in np.arange(2.0, path.insertion_depth_mm - s.plan.needle.stop_to_tip_mm - 4.0, 0.5):
        for way in (path, aside):
            i, j, k = np.rint(s.ct.grid.index_from_lps(way.at_depth_mm(depth))).astype(int)
            assert not drawn_pixels(both, s.ct.grid, k)[j, i]


def test_each_slice_says_what_it_is_and_where_it_comes_from(written):
    paths, s = written
    slices = source_slices(s.ct)
    images = [pydicom.dcmread(path) for path in paths]
    assert len({image.SOPInstanceUID for image in images}) == len(slices)
    (series,) = {image.SeriesInstanceUID for image in images}
    assert series != slices[0].SeriesInstanceUID
    for image, source in zip(images, slices, strict=True):
        assert image.ImageType == ["DERIVED", "SECONDARY", "AXIAL"]
        assert image.SeriesDescription == DESCRIPTION
        assert image.FrameOfReferenceUID == frame_uid_of(s.ct)
        assert image.ImagePositionPatient == source.ImagePositionPatient
        (of,) = image.SourceImageSequence
        assert of.ReferencedSOPInstanceUID == source.SOPInstanceUID
        assert image.BurnedInAnnotation == "NO"
        assert "c1, c2, c3" in image.DerivationDescription
        assert "No needle is in the patient" in image.DerivationDescription
        assert "not square (0.9 x 1.1 mm)" in image.DerivationDescription
        assert "Not a medical device" in image.ImageComments
    assert burned_ct_notes(s.ct)
    square = replace(s.ct.grid, spacing_mm=(0.9, 0.9, 2.5))
    assert burned_ct_notes(replace(s.ct, grid=square)) == ()


def test_other_programs_find_no_error(written):
    paths, _ = written
    for path in (paths[0], paths[9], paths[-1]):
        assert errors_found(path) == []


def test_plastimatch_reads_the_same_values_at_the_same_places(written, tmp_path):
    paths, s = written
    out = tmp_path / "ct.mha"
    arguments = ("--input", str(paths[0].parent), "--output-img", str(out))
    run("plastimatch", "convert", *arguments, "--output-type", "short")
    image = sitk.ReadImage(str(out))
    own = by_trephine(paths, s.ct.grid)
    for k, j, i in ((0, 0, 0), (20, 45, 52), (3, 30, 7), (11, 2, 40)):
        place = [float(v) for v in s.ct.grid.lps_from_index((i, j, k))]
        index = image.TransformPhysicalPointToContinuousIndex(place)
        assert np.abs(np.array(index) - np.rint(index)).max() < 0.01
        assert image[[round(v) for v in index]] == own[k, j, i]


def test_fractions_are_rounded_and_said_to_be():
    s = scene()
    ct = Volume(
        grid=s.ct.grid,
        values=(s.ct.values + np.float32(0.4)).astype(np.float32),
        frame_of_reference_uid="1.2.9",
        patient=s.ct.patient,
    )
    first = next(plan_to_burned_ct(s.plan, source_slices(ct), s.plan.candidates, ct, MADE_AT))
    pixels = first.pixel_array
    kept = pixels != _WALL
    assert np.array_equal(pixels[kept], s.ct.values[0][kept])
    assert "rounded to whole HU" in first.DerivationDescription


def test_a_path_that_leaves_the_ct_or_none_is_refused_before_the_first_slice():
    s = scene()
    slices = source_slices(s.ct)
    with pytest.raises(InputError, match="no trajectory to hand over"):
        plan_to_burned_ct(s.plan, slices, (), s.ct, MADE_AT)
    path = s.plan.candidates[0].trajectory
    away = Trajectory(path.entry_lps_mm, vec3(np.array(path.tip_lps_mm) + 500.0))
    lost = replace(s.plan.candidates[0], trajectory=away)
    with pytest.raises(InputError, match="Trajectory c1 leaves the CT"):
        plan_to_burned_ct(s.plan, slices, [lost], s.ct, MADE_AT)


def test_frames_of_one_file_are_told_apart(tmp_path):
    s = scene()
    count = s.ct.grid.size_ijk[2]
    one_file = replace(
        s.ct.series,
        sop_class_uid="1.2.840.10008.5.1.4.1.1.2.1",  # Enhanced CT
        sop_instance_uids=("1.2.3.4.5",) * count,
        instance_numbers=tuple(range(1, count + 1)),
    )
    paths = write(replace(s, ct=replace(s.ct, series=one_file)), tmp_path)
    image = pydicom.dcmread(paths[6])
    assert image.SourceImageSequence[0].ReferencedFrameNumber == 7
    assert image.SOPClassUID == "1.2.840.10008.5.1.4.1.1.2"
    assert errors_found(paths[6]) == []
