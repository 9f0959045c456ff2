"""A grid of wires on a phantom's skin is found and counted; what is no grid is not."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from app import catalogue
from planning.anatomy.body import body_of
from planning.anatomy.skin_grid import CountedFrom, GridPlace, grid_lines_lps_mm, grid_place
from planning.errors import InputError
from planning.geometry import Grid, Vec3
from planning.image import Mask, Volume
from planning.records.case_file import load_case
from planning.records.skin_grid_file import read_skin_grid_rules
from planning.sample.sample_case import write_sample_case

RULES = catalogue.skin_grid_rules()
GRID = Grid(size_ijk=(220, 160, 30), spacing_mm=(1.0, 1.0, 3.0), origin_lps_mm=(-110.0, -80.0, 0.0))
HALF_WIDTH_MM, HALF_DEPTH_MM = 85.0, 60.0
K = 15
RESOURCE = Path(__file__).parents[2] / "resources" / "skin_grid.toml"


def points() -> np.ndarray:
    k, j, i = np.indices(GRID.shape_kji)
    return GRID.lps_from_index(np.stack([i, j, k], axis=-1))


def back_y_mm(x_mm: np.ndarray) -> np.ndarray:
    """Return the height of the skin of the back, an ellipse, over a place across the body."""
    return HALF_DEPTH_MM * np.sqrt(1.0 - (x_mm / HALF_WIDTH_MM) ** 2)


def scan(
    wires_x_mm: list[float], *, long: Callable[[np.ndarray], np.ndarray] | None = None
) -> Volume:
    """Return a trunk with wires on the back; prone or supine makes no difference to it."""
    p = points()
    x, y, z = p[..., 0], p[..., 1], p[..., 2]
    hu = np.where((x / HALF_WIDTH_MM) ** 2 + (y / HALF_DEPTH_MM) ** 2 < 1.0, 40, -1000)
    # A spine and ribs near the skin: dense, but no grid.
    hu[(np.abs(x) < 6.0) & (y > 38.0) & (y < 52.0)] = 900
    reach = np.ones_like(z, dtype=bool) if long is None else long(z)
    for wire in wires_x_mm:
        centre = back_y_mm(np.array(wire)) + 1.0
        hu[(np.hypot(x - wire, y - centre) < 1.3) & reach] = 2500
    return Volume(grid=GRID, values=hu.astype(np.int16))


def place(ct: Volume, x_mm: float) -> GridPlace | None:
    entry: Vec3 = (x_mm, float(back_y_mm(np.array(x_mm))), GRID.lps_from_index((0, 0, K))[2])
    return grid_place(ct, body_of(ct), entry, RULES)


WIRES = [-30.0 + 12.0 * n for n in range(6)]


def test_an_entry_is_placed_between_two_wires_counted_from_the_right() -> None:
    found = place(scan(WIRES), WIRES[2] + 4.0)
    assert found is not None
    assert (found.wire, found.beside, found.wires) == (3, 4, 6)
    assert found.counted_from is CountedFrom.RIGHT
    assert found.from_wire_mm == pytest.approx(4.0, abs=0.5)
    found = place(scan(WIRES), WIRES[3] - 3.0)
    assert found is not None
    assert (found.wire, found.beside) == (4, 3)
    assert found.from_wire_mm == pytest.approx(3.0, abs=0.5)


def test_lines_lie_where_the_wires_are() -> None:
    ct = scan(WIRES)
    lines = grid_lines_lps_mm(ct, body_of(ct), K, RULES)
    np.testing.assert_allclose(lines[:, 0], WIRES, atol=0.5)
    np.testing.assert_allclose(lines[:, 1], back_y_mm(np.array(WIRES)) + 1.0, atol=0.7)


def test_beside_the_outermost_wire_and_far_from_the_grid() -> None:
    ct = scan(WIRES)
    beside = place(ct, WIRES[0] - 5.0)
    assert beside is not None
    assert (beside.wire, beside.beside) == (1, None)
    assert beside.from_wire_mm == pytest.approx(5.0, abs=0.7)
    assert place(ct, 70.0) is None


def test_a_grid_on_the_flank_is_counted_from_the_front() -> None:
    turned = scan(WIRES)
    grid = Grid(
        size_ijk=(160, 220, 30), spacing_mm=(1.0, 1.0, 3.0), origin_lps_mm=(-80.0, -110.0, 0.0)
    )
    # x and y exchanged: the wires now stand on the left flank, from front to back.
    ct = Volume(grid=grid, values=turned.values.transpose(0, 2, 1).copy())
    entry = (float(back_y_mm(np.array(10.0))), WIRES[3] + 4.0, 45.0)
    found = grid_place(ct, body_of(ct), entry, RULES)
    assert found is not None
    assert (found.wire, found.beside, found.counted_from) == (4, 5, CountedFrom.FRONT)


@pytest.mark.parametrize(
    "what",
    ["nothing", "three wires", "irregular", "short", "one wire"],
)
def test_what_is_no_grid_is_not_called_one(what: str) -> None:
    made = {
        "nothing": lambda: scan([]),
        "three wires": lambda: scan(WIRES[:3]),
        "irregular": lambda: scan([-40.0, -33.0, -10.0, -4.0, 25.0, 60.0]),
        "short": lambda: scan(WIRES, long=lambda z: np.abs(z - 45.0) < 4.0),
        "one wire": lambda: scan([0.0]),
    }[what]()
    for x_mm in (-28.0, 0.0, 10.0):
        assert place(made, x_mm) is None


def test_the_sample_has_no_grid(tmp_path: Path) -> None:
    path = write_sample_case(tmp_path, in_plane_size=160, slice_spacing_mm=3.0)
    loaded = load_case(path, role_tables=catalogue.role_tables())
    assert seen_in(loaded.images.ct, body_of(loaded.images.ct)) == []


def test_the_pelvis_has_no_grid() -> None:
    """A real patient with a metal nail and streaks."""
    folder = Path(__file__).parents[3] / "shared" / "data"
    data = Path(os.environ.get("TREPHINE_DATA", folder)) / "pelvis"
    if not data.is_dir():
        pytest.skip(f"{data} is absent")
    ct = load_case(data, role_tables=catalogue.role_tables()).images.ct
    assert seen_in(ct, body_of(ct)) == []


def seen_in(ct: Volume, body: Mask) -> list[int]:
    slices = range(0, ct.grid.size_ijk[2], 3)
    return [k for k in slices if len(grid_lines_lps_mm(ct, body, k, RULES))]


def test_numbers_come_from_a_file_with_their_reasons() -> None:
    assert read_skin_grid_rules(RESOURCE.read_bytes()) == RULES
    text = RESOURCE.read_text(encoding="utf-8")
    broken = text.replace("least_hu", "least_huh", 1)
    with pytest.raises(InputError, match="least_huh"):
        read_skin_grid_rules(broken.encode())
    newer = text.replace("schema_version = 1", "schema_version = 2")
    with pytest.raises(InputError, match="update Trephine"):
        read_skin_grid_rules(newer.encode())
    assert replace(RULES, least_hu=200.0) != RULES
