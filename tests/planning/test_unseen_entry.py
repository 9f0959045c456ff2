"""Entries of needles that leave a short control CT before the skin."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.anatomy.body import body_of
from planning.execution.control_scan import in_planning
from planning.execution.placement_error import error_between
from planning.execution.unseen_entry import with_entry
from planning.geometry import Grid, unit, vec3
from planning.image import Volume
from planning.model.execution import ExecutedNeedle
from tests import phantoms
from tests.moved_scans import motion

CT = phantoms.torso(2.0).images.ct
BODY = body_of(CT)
MOVED = motion((12.0, -7.0, 5.0), (4.0, -3.0, 6.0), phantoms.LESION_CENTRE)
TIP = np.array([4.0, -10.0, 2.0])
ENTRY = np.array([9.0, phantoms.HALF_DEPTH_MM, 22.0])
"""Near the skin's highest line, where the ellipse is flat."""


def slab(half_mm: float) -> Volume:
    """Return a scan, of no matter what, so many mm to either side of the tip."""
    middle = MOVED.second_from_ct(TIP)
    size = (120, 120, round(2.0 * half_mm))
    origin = middle - np.array([119.0, 119.0, size[2] - 1.0]) / 2.0 * (2.0, 2.0, 1.0)
    grid = Grid(size_ijk=size, spacing_mm=(2.0, 2.0, 1.0), origin_lps_mm=vec3(origin))
    return replace(CT, grid=grid, values=np.zeros(grid.shape_kji, np.int16))


def seen(share: float) -> ExecutedNeedle:
    """Return the needle in the control CT, from a share of the way between tip and skin."""
    entry = MOVED.second_from_ct(TIP + share * (ENTRY - TIP))
    return ExecutedNeedle(
        entry_lps_mm=vec3(entry), tip_lps_mm=vec3(MOVED.second_from_ct(TIP)), method="automatic"
    )


def test_an_entry_that_was_not_scanned_is_taken_on_the_skin_along_the_axis() -> None:
    found = with_entry(seen(0.4), MOVED, slab(10.0), BODY)
    assert np.linalg.norm(found.entry_lps_mm - ENTRY) < 2.5  # a voxel and the curve of the skin
    assert found.tip_lps_mm == pytest.approx(TIP)
    along = unit(np.subtract(found.entry_lps_mm, found.tip_lps_mm))
    assert along == pytest.approx(unit(ENTRY - TIP))
    assert "meets the planning CT's skin" in found.doubts[-1]
    error = error_between(
        (vec3(ENTRY), vec3(TIP)), (found.entry_lps_mm, found.tip_lps_mm),
        direction_lps=TIP - ENTRY, slice_normal_lps=(0.0, 0.0, 1.0),
    )  # fmt: skip
    assert error.euclidean_entry_mm < 2.5


@pytest.mark.parametrize(("share", "half_mm"), [(0.4, 40.0), (1.0, 10.0)])
def test_an_entry_that_was_seen_stays_where_it_is(share, half_mm) -> None:
    needle = seen(share)
    assert with_entry(needle, MOVED, slab(half_mm), BODY) == in_planning(needle, MOVED)


def test_without_a_body_nothing_is_made_up() -> None:
    needle = seen(0.4)
    assert with_entry(needle, MOVED, slab(10.0), None) == in_planning(needle, MOVED)
