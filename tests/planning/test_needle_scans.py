"""The generator of needle scans gives what it promises, and a sample of its scans is solved."""

from __future__ import annotations

import numpy as np
import pytest

from app import catalogue
from planning.execution.needle_detection import find_needles, refine_needle
from planning.geometry import unit, vec3
from planning.imaging.volume_files import read_volume
from tests import needle_physics
from tests.bone_scans import scanned
from tests.moved_scans import motion
from tests.needle_draws import Patient, diameters_mm, drawn_scan, without_needles
from tests.needle_physics import Grains, Scanner, metal_hu
from tests.needle_scans import SHARP, Bolt, Device, Placed, skin_entry, with_needles

TIP = (10.0, -6.0, 4.0)


@pytest.fixture(scope="module")
def base():
    """Return a phantom of bones in a body, without noise."""
    return scanned(noise_hu=0.0)


def needle_from(base, *, back=(0.25, 1.0, 0.2), **device) -> Placed:
    entry = skin_entry(base, TIP, back)
    return Placed(
        device=Device(**({"diameter_mm": 2.41, "length_mm": 100.0} | device)),
        entry_lps_mm=entry, tip_lps_mm=TIP,
    )  # fmt: skip


def test_thin_stuff_keeps_its_mass(monkeypatch):
    """What hardens no beam adds up to its own attenuation: projection and filter are right."""
    faint = needle_physics._WATER * 1.02
    monkeypatch.setitem(needle_physics.METALS, "faint", faint)
    rng = np.random.default_rng(4)
    at = np.add(rng.uniform(-4.0, 4.0, (4000, 3)), (3.0, -5.0, 0.0))
    grains = Grains(at_mm=at, volume_mm3=0.1, metal="faint")
    x, y, z = np.arange(-40, 46, 0.8), np.arange(-48, 38, 0.8), np.arange(-8.0, 9.0, 1.0)
    added = metal_hu(
        [grains], lambda views, _offsets, _row: np.zeros_like(views), x_mm=x, y_mm=y, rows_z_mm=z,
        scanner=Scanner(), rng=np.random.default_rng(1),
    )  # fmt: skip
    mass = added.sum(axis=0) * 0.8 * 0.8 * 1.0
    near = np.hypot(x[None] - 3.0, y[:, None] + 5.0) < 15.0
    assert mass[near].sum() == pytest.approx(20.0 * 4000 * 0.1, rel=0.05)
    centre = (mass * x[None]).sum() / mass.sum(), (mass * y[:, None]).sum() / mass.sum()
    assert centre == pytest.approx((3.0, -5.0), abs=0.3)


def test_the_skin_lies_where_the_phantom_ends(base):
    entry = np.array(skin_entry(base, (0.0, 0.0, 0.0), (0.0, 1.0, 0.0)))
    assert entry[1] == pytest.approx(80.0 / 1.25, abs=0.6)


def test_metal_lies_along_the_axis_and_ends_at_the_tip(base):
    needle = needle_from(base, tip="blunt")
    scan = with_needles(
        base, (needle,), slice_mm=1.0, slab_mm=50.0, width_mm=150.0, noise_hu=0.0, scanner=SHARP
    )
    grid, values = scan.control.grid, scan.control.values
    u = unit(np.subtract(needle.entry_lps_mm, TIP))
    steps = np.array([-4.0, -2.0, 2.0, 10.0, 30.0])
    k, j, i = np.rint(grid.index_from_lps(np.array(TIP) + steps[:, None] * u)).astype(int).T[::-1]
    shown = values[k, j, i]
    assert (shown[:2] < 700).all()
    assert (shown[2:] > 2500).all()
    dense = np.argwhere(values > 2500)[:, ::-1]
    away = grid.lps_from_index(dense) - np.array(TIP)
    across = np.linalg.norm(away - (away @ u)[:, None] * u, axis=1)
    assert across.max() < 3.0


def test_beam_hardening_shades_what_lies_beyond_the_tip(base):
    needle = needle_from(base, back=(0.1, 1.0, 0.0), diameter_mm=3.4)
    scan = with_needles(base, (needle,), slice_mm=1.0, slab_mm=40.0, width_mm=150.0, noise_hu=0.0)
    without = with_needles(
        base, (), slice_mm=1.0, slab_mm=40.0, width_mm=150.0, noise_hu=0.0,
        around_lps_mm=vec3((np.array(needle.entry_lps_mm) + TIP) / 2.0),
    )  # fmt: skip
    beyond = np.array(TIP) - 5.0 * unit(np.subtract(needle.entry_lps_mm, TIP))
    k, j, i = np.rint(scan.control.grid.index_from_lps(beyond)).astype(int)[::-1]
    shade = scan.control.values[k, j, i].astype(int) - without.control.values[k, j, i]
    assert shade < -100


def test_the_truth_moves_with_the_patient(base):
    needle = needle_from(base)
    moved = motion((4.0, -7.0, 6.0), (3.0, -2.0, 2.0), TIP)
    scan = with_needles(base, (needle,), slice_mm=3.0, slab_mm=60.0, width_mm=170.0, moved=moved)
    assert np.allclose(scan.tips_lps_mm[0], moved.second_from_ct(TIP))
    assert np.allclose(scan.entries_lps_mm[0], moved.second_from_ct(needle.entry_lps_mm))
    (found,) = find_needles(scan.control)
    assert np.linalg.norm(np.subtract(found.tip_lps_mm, scan.tips_lps_mm[0])) < 1.2


def test_a_screw_is_no_needle(base):
    bolt = Bolt(from_lps_mm=(-20.0, -20.0, 0.0), to_lps_mm=(20.0, 10.0, 5.0), diameter_mm=4.5)
    scan = with_needles(
        base, (), bolts=(bolt,), slice_mm=1.0, slab_mm=40.0, width_mm=170.0,
        around_lps_mm=(0.0, 0.0, 0.0),
    )  # fmt: skip
    assert (scan.control.values > 3000).any()
    assert find_needles(scan.control) == ()


@pytest.fixture(scope="module")
def pelvis(data_dir) -> Patient:
    """Return the real pelvis, whose left femur has a nail in it."""
    ct = read_volume(data_dir / "pelvis" / "ct.nii.gz")
    return Patient(name="pelvis", ct=ct, centre_lps_mm=(-60.8, -83.4, 223.1))


@pytest.mark.parametrize(("number", "slice_mm"), [(1, 1.0), (2, 3.0), (3, 5.0)])
def test_a_sample_of_the_endurance_run(pelvis, number, slice_mm):
    gauges = diameters_mm(tuple(catalogue.needles().values()))
    drawn = drawn_scan(pelvis, gauges, slice_mm, number)
    found = find_needles(drawn.scan.control, near=drawn.plans)
    assert len(found) == len(drawn.scan.planned)
    for tip, entry in zip(drawn.scan.tips_lps_mm, drawn.scan.entries_lps_mm, strict=True):
        assert min(np.linalg.norm(np.subtract(n.tip_lps_mm, tip)) for n in found) < 1.5
        # Two clicks, a few millimetres off, mean the same needle.
        clicked = refine_needle(
            drawn.scan.control, vec3(np.add(entry, (1.5, -1.0, 1.0))), vec3(np.add(tip, (-1, 2, 1)))
        )
        assert np.linalg.norm(np.subtract(clicked.tip_lps_mm, tip)) < 1.5


def test_a_femoral_nail_is_no_needle(pelvis):
    assert find_needles(pelvis.ct) == ()
    drawn = without_needles(pelvis, 3.0, 2, implants=True)
    assert find_needles(drawn.scan.control, near=drawn.plans) == ()
