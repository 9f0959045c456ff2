"""Needles as voxels: closed forms, no gaps, and the same wherever the grid is turned to."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage

from planning.errors import InputError
from planning.geometry import Grid, vec3
from planning.handover.needle_bodies import (
    body_of_turning,
    shaft_profile,
    specimen_profile,
)
from planning.handover.regions import needle_regions
from planning.model.needle import Trajectory
from planning.trajectories.error_band import error_band_mm
from tests.dicom_handover import ERRORS, scene

_FINE = Grid(size_ijk=(90, 80, 110), spacing_mm=(0.25, 0.25, 0.25), origin_lps_mm=(-3.0, 5.0, -7.0))


def test_the_volume_of_a_cylinder_and_of_a_cone():
    path = Trajectory((1.3, 9.1, -5.2), (12.4, 19.7, 16.0))
    length = path.insertion_depth_mm
    tube = body_of_turning(path, ((0.0, 2.0), (length, 2.0)), _FINE)
    assert tube.volume_ml * 1000.0 == pytest.approx(np.pi * 4.0 * length, rel=0.01)
    cone = body_of_turning(path, ((2.0, 1.0), (length, 2.5)), _FINE)
    truth = np.pi * (length - 2.0) / 3.0 * (1.0 + 2.5 + 6.25)
    assert cone.volume_ml * 1000.0 == pytest.approx(truth, rel=0.01)


def test_no_point_of_a_body_lies_off_it():
    path = Trajectory((1.3, 9.1, -5.2), (12.4, 19.7, 16.0))
    tube = body_of_turning(path, ((3.0, 1.6), (9.0, 1.6)), _FINE)
    points = tube.grid.lps_from_index(np.argwhere(tube.inside)[:, ::-1])
    offset = points - np.array(path.entry_lps_mm)
    along = offset @ path.direction_lps
    apart = np.linalg.norm(offset - along[:, None] * path.direction_lps, axis=1)
    half = _FINE.half_diagonal_mm
    assert along.min() >= 3.0 - half
    assert along.max() <= 9.0 + half
    assert apart.max() <= 1.6 + half


@pytest.mark.parametrize("turn", range(12))
def test_a_needle_thinner_than_the_voxels_has_no_gaps(turn):
    rng = np.random.default_rng(turn)
    grid = Grid(size_ijk=(30, 30, 30), spacing_mm=(1.0, 1.2, 3.0), origin_lps_mm=(0.0, 0.0, 0.0))
    ends = grid.lps_from_index(rng.uniform(1.0, 28.0, (2, 3)))
    path = Trajectory(vec3(ends[0]), vec3(ends[1]))
    thin = body_of_turning(path, ((0.0, 0.01), (path.insertion_depth_mm, 0.01)), grid)
    _, parts = ndimage.label(thin.inside, structure=np.ones((3, 3, 3)))
    assert parts == 1
    for end in ends:
        k, j, i = np.rint(grid.index_from_lps(end)).astype(int)[::-1]
        assert thin.on(grid)[k, j, i]


def test_each_candidate_has_its_needle_its_specimen_and_the_room_of_its_error():
    s = scene()
    first = s.plan.candidates[0]
    shaft, specimen, band = needle_regions(s.plan, s.plan.candidates[:1], s.ct, ERRORS)
    assert (shaft.name, specimen.name) == ("c1 needle", "c1 specimen")
    depths = [depth for depth, _ in specimen_profile(first, s.plan.needle)]
    deep = first.trajectory.insertion_depth_mm - s.plan.needle.dead_space_mm
    assert depths == pytest.approx([deep - s.plan.needle.core_length_mm, deep])
    assert (
        shaft_profile(first.trajectory, s.plan.needle)[0][1] == s.plan.needle.outer_diameter_mm / 2
    )
    assert not (specimen.mask.on(s.ct.grid) & ~shaft.mask.on(s.ct.grid)).any()
    assert not (shaft.mask.on(s.ct.grid) & ~band.mask.on(s.ct.grid)).any()
    widest = max(r for _, r in error_band_mm(first.trajectory, s.plan.needle, ERRORS, (0, 0, 1)))
    assert widest > s.plan.needle.outer_diameter_mm
    assert len(needle_regions(s.plan, s.plan.candidates, s.ct)) == 2 * len(s.plan.candidates)


def test_a_needle_beside_the_ct_is_refused():
    away = Trajectory((500.0, 500.0, 500.0), (520.0, 500.0, 500.0))
    with pytest.raises(InputError, match="outside the CT"):
        body_of_turning(away, ((0.0, 1.0), (20.0, 1.0)), _FINE)
