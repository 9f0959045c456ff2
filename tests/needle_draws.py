"""Needles, patients and scanners drawn at random for `needle_scans`; scans nothing itself."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from planning.geometry import Vec3, unit, vec3
from planning.image import Volume
from planning.imaging.transforms import RigidTransform
from planning.model.needle import Needle, Trajectory
from tests.moved_scans import motion
from tests.needle_scans import (
    SHARP,
    SOFT,
    Bolt,
    Device,
    NeedleScan,
    Placed,
    skin_entry,
    with_needles,
)

# Outer diameters (mm) of the gauges that have no needle in the catalogue; Birmingham gauge.
_MORE_DIAMETERS = {10: 3.40, 12: 2.77}
_MOST_SHIFT_MM = 12.0
_MOST_TURN_DEG = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patient:
    """A CT and where needles go in it.

    Parameters
    ----------
    centre_lps_mm : Vec3
        Of the lesion.
    back : Vec3
        Unit vector toward the skin where needles come from.
    """

    name: str
    ct: Volume
    centre_lps_mm: Vec3
    back: Vec3 = (0.0, 1.0, 0.0)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DrawnScan:
    """A scan drawn at random, and the plan it was made by.

    Parameters
    ----------
    plans : tuple of Trajectory
        In the control's frame; empty where nobody told.
    """

    scan: NeedleScan
    plans: tuple[Trajectory, ...]
    patient: str
    noise_hu: float


def diameters_mm(catalogue: tuple[Needle, ...]) -> dict[int, float]:
    """Return the outer diameter of each gauge from 8 to 14."""
    known = {n.gauge: n.outer_diameter_mm for n in catalogue if 8 <= n.gauge <= 14}
    return dict(sorted({**_MORE_DIAMETERS, **known}.items()))


def drawn_scan(patient: Patient, gauges: dict[int, float], slice_mm: float, seed: int) -> DrawnScan:
    """Return a scan with one needle, or now and then two, in a patient who has moved."""
    rng = np.random.default_rng(seed)
    needles = [_drawn_needle(patient, gauges, rng, None)]
    if rng.random() < 0.15:
        needles.append(_drawn_needle(patient, gauges, rng, needles[0]))
    moved = _drawn_motion(rng, patient.centre_lps_mm)
    noise = float(rng.uniform(10.0, 30.0))
    ends = np.array([(n.entry_lps_mm, n.tip_lps_mm) for n in needles]).reshape(-1, 3)
    tall = float(np.ptp(ends[:, 2]))
    # A short slab about the needles, or one that takes in more.
    slab = tall + float(rng.choice([30.0, 60.0, 100.0]))
    scan = with_needles(
        patient.ct,
        tuple(needles),
        slice_mm=slice_mm,
        slab_mm=max(40.0, np.ceil(slab / slice_mm) * slice_mm),
        moved=moved,
        pixel_mm=float(rng.choice([0.6, 0.75, 0.9])),
        width_mm=float(rng.uniform(240.0, 320.0)),
        noise_hu=noise,
        scanner=SHARP if rng.random() < 0.4 else SOFT,
        top_hu=float(rng.choice([3071.0, 3071.0, 31743.0])),
        table=bool(rng.random() < 0.4),
        around_lps_mm=vec3((ends.min(axis=0) + ends.max(axis=0)) / 2.0),
        seed=seed,
    )
    plans = tuple(_drawn_plan(n, moved, rng) for n in needles) if rng.random() < 0.7 else ()
    return DrawnScan(scan=scan, plans=plans, patient=patient.name, noise_hu=noise)


def without_needles(patient: Patient, slice_mm: float, seed: int, *, implants: bool) -> DrawnScan:
    """Return a scan of a patient without a needle: perhaps with screws and wires on the skin."""
    rng = np.random.default_rng(seed)
    centre = np.array(patient.centre_lps_mm)
    middle = centre + rng.uniform(-30.0, 30.0, 3)
    moved = _drawn_motion(rng, patient.centre_lps_mm)
    bolts: list[Bolt] = []
    if implants:
        for _ in range(int(rng.integers(1, 4))):
            start = centre + rng.uniform(-25.0, 25.0, 3)
            end = start + unit(rng.normal(size=3)) * rng.uniform(25.0, 60.0)
            inside = skin_entry(patient.ct, start, end - start)
            if inside is None:
                continue  # the CT ends before the skin: out there it would lie in air
            room = np.linalg.norm(np.subtract(inside, start))
            if room < np.linalg.norm(end - start) + 15.0:
                end = start + (end - start) * max(0.0, (room - 15.0)) / np.linalg.norm(end - start)
            if np.linalg.norm(end - start) > 15.0:
                bolts.append(_screw(start, end, rng))
        bolts.extend(_lead(patient, middle, rng))
    noise = float(rng.uniform(10.0, 30.0))
    scan = with_needles(
        patient.ct,
        (),
        bolts=tuple(bolts),
        slice_mm=slice_mm,
        slab_mm=float(np.ceil(rng.uniform(60.0, 160.0) / slice_mm) * slice_mm),
        moved=moved,
        pixel_mm=float(rng.choice([0.6, 0.75, 0.9])),
        width_mm=float(rng.uniform(240.0, 320.0)),
        noise_hu=noise,
        scanner=SHARP if rng.random() < 0.4 else SOFT,
        top_hu=float(rng.choice([3071.0, 3071.0, 31743.0])),
        table=bool(rng.random() < 0.4),
        around_lps_mm=vec3(middle),
        seed=seed,
    )
    plan = _planned_only(patient, moved, rng)
    return DrawnScan(scan=scan, plans=plan, patient=patient.name, noise_hu=noise)


def _drawn_motion(rng: np.random.Generator, about: Vec3) -> RigidTransform:
    shift = unit(rng.normal(size=3)) * rng.uniform(0.0, _MOST_SHIFT_MM)
    axis = unit(rng.normal(size=3)) * rng.uniform(0.0, _MOST_TURN_DEG)
    return motion(shift, axis, about)


def _drawn_path(
    patient: Patient, rng: np.random.Generator, beside: Placed | None
) -> tuple[Vec3, Vec3]:
    """Return entry and tip of a path from the back; a second one at least 8 mm from the first."""
    for _ in range(500):
        tip = np.array(patient.centre_lps_mm) + rng.uniform(-20.0, 20.0, 3)
        around, up = np.deg2rad(rng.uniform(-50.0, 50.0)), np.deg2rad(rng.uniform(-35.0, 35.0))
        back = np.array(patient.back)
        side = np.cross(back, (0.0, 0.0, 1.0))
        out = np.cos(up) * (np.cos(around) * back + np.sin(around) * side)
        out[2] += np.sin(up)
        entry = skin_entry(patient.ct, tip, out)
        if entry is None or not 25.0 <= np.linalg.norm(np.subtract(entry, tip)) <= 110.0:
            continue
        if beside is None or _apart_mm(entry, tip, beside) >= 8.0:
            return entry, vec3(tip)
    message = f"no path from the back of {patient.name}"
    raise ValueError(message)


def _apart_mm(entry: Vec3, tip, beside: Placed) -> float:
    shares = np.linspace(0.0, 1.6, 60)[:, None]
    own = np.array(tip) + shares * np.subtract(entry, tip)
    other = np.array(beside.tip_lps_mm) + shares * np.subtract(
        beside.entry_lps_mm, beside.tip_lps_mm
    )
    return float(np.linalg.norm(own[:, None] - other[None], axis=2).min())


def _drawn_needle(
    patient: Patient, gauges: dict[int, float], rng: np.random.Generator, beside: Placed | None
) -> Placed:
    entry, tip = _drawn_path(patient, rng, beside)
    depth = float(np.linalg.norm(np.subtract(entry, tip)))
    diameter = gauges[int(rng.choice(list(gauges)))]
    kind = str(rng.choice(["trocar", "cone", "bevel", "blunt"]))
    coaxial = rng.random() < 0.15 and diameter < 3.0
    device = Device(
        diameter_mm=diameter,
        tip=kind,
        tip_deg=float(rng.uniform(14.0, 35.0)),
        inner_mm=0.77 * diameter if kind == "blunt" else 0.0,
        length_mm=float(np.ceil((depth + rng.uniform(15.0, 60.0)) / 10.0) * 10.0),
        metal="nitinol" if rng.random() < 0.2 else "steel",
        hub=str(rng.choice(["plastic", "metal", "none"])),
        outer_mm=diameter + 0.6 if coaxial else 0.0,
        outer_from_tip_mm=float(rng.uniform(15.0, 30.0)) if coaxial else 0.0,
    )
    return Placed(
        device=device,
        entry_lps_mm=entry,
        tip_lps_mm=tip,
        sagitta_mm=float(rng.choice([0.0, 0.0, rng.uniform(0.0, 2.0)])),
        roll_deg=float(rng.uniform(0.0, 360.0)),
    )


def _drawn_plan(needle: Placed, moved: RigidTransform, rng: np.random.Generator) -> Trajectory:
    """Return the plan an operator has missed by a few millimetres, as registration carries it."""
    tip = np.array(needle.tip_lps_mm) + rng.normal(0.0, 3.5, 3)
    entry = np.array(needle.entry_lps_mm) + rng.normal(0.0, 3.0, 3)
    carried = moved.second_from_ct(np.stack([entry, tip])) + rng.normal(0.0, 0.6, 3)
    return Trajectory(entry_lps_mm=vec3(carried[0]), tip_lps_mm=vec3(carried[1]))


def _planned_only(
    patient: Patient, moved: RigidTransform, rng: np.random.Generator
) -> tuple[Trajectory, ...]:
    if rng.random() < 0.3:
        return ()
    entry, tip = moved.second_from_ct(np.array(_drawn_path(patient, rng, None)))
    return (Trajectory(entry_lps_mm=vec3(entry), tip_lps_mm=vec3(tip)),)


def _screw(start, end, rng: np.random.Generator) -> Bolt:
    return Bolt(
        from_lps_mm=vec3(start),
        to_lps_mm=vec3(end),
        diameter_mm=float(rng.choice([2.0, 3.5, 4.5, 6.5])),
        metal=str(rng.choice(["titanium", "steel"])),
    )


def _lead(patient: Patient, middle, rng: np.random.Generator) -> list[Bolt]:
    """Return a wire that lies along the skin for a few centimetres, in straight pieces."""
    back, points = np.array(patient.back), []
    for step in range(6):
        aside = np.array([8.0 * (step - 2.5), 0.0, 6.0 * np.sin(step + rng.uniform())])
        at = skin_entry(patient.ct, np.array(middle) + aside, back)
        if at is not None:
            points.append(np.array(at) + 1.5 * back)
    return [
        Bolt(from_lps_mm=vec3(a), to_lps_mm=vec3(b), diameter_mm=1.2, metal="steel")
        for a, b in pairwise(points)
    ]
