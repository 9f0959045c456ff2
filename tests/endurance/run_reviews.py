"""Reviews needles whose true errors are known in many control CTs; run apart from CI.

    python tests/endurance/run_reviews.py SCANS CASE PLAN [CASE PLAN ...]

The patient has moved by up to 12 mm and 5 degrees, slices are 1, 3 or 5 mm thick, both scans have
noise of their own, and the needle misses its core by some millimetres. What is reported goes the
whole way: bodies, registration, needle, matching, errors. Every fifth scan shows no needle.
"""

from __future__ import annotations

import sys
import time
from dataclasses import dataclass, fields, replace
from pathlib import Path

import numpy as np

from app import catalogue
from app.review_setup import ScanPair, found_needles, register, setup_of_plan, with_bodies
from planning.errors import InputError
from planning.execution.control_scan import in_planning
from planning.execution.matching import matched
from planning.execution.needle_detection import find_needles
from planning.execution.placement_error import across_axes, error_between, placement_error
from planning.execution.reviewing import PlannedCores, planned_cores
from planning.geometry import unit, vec3
from planning.handover.plan_json import plan_from_json
from planning.image import Volume
from planning.model.execution import NeedleState
from planning.model.plan import Candidate, PlanResult
from planning.progress import SILENT
from planning.records.case_file import load_case
from tests.moved_scans import motion, target_error_mm
from tests.needle_scans import Device, NeedleScan, Placed, skin_entry, with_needles

_NOISE_HU = 15.0
_STATES = (NeedleState.COCKED, NeedleState.CORE_TAKEN, NeedleState.INTRODUCER)


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How far what was reported is from the truth (mm, degrees); NaN where nothing was."""

    slice_mm: float
    with_needle: bool
    found: bool = False
    error_off_mm: float = np.nan
    tip_off_mm: float = np.nan
    needle_off_mm: float = np.nan  # the needle's share, in the control CT
    registration_off_mm: float = np.nan  # the registration's, at the planned tip
    angle_off_deg: float = np.nan
    residual_mm: float = np.nan
    seconds: float = 0.0
    said: str = ""


def run(case: Path, plan_file: Path, scans: int) -> list[Outcome]:
    """Return the outcomes of so many scans of one case."""
    loaded = load_case(
        case, role_tables=catalogue.role_tables(), viability_rules=catalogue.viability_rules()
    )
    plan = plan_from_json(plan_file.read_bytes())
    clean = loaded.images.ct
    rng = np.random.default_rng(20261127)
    noise = rng.normal(0.0, _NOISE_HU, clean.values.shape)
    planning = replace(clean, values=np.rint(clean.values + noise).astype(np.int16))
    outcomes = []
    for number in range(scans):
        outcome = _reviewed(number, rng, clean, planning, plan)
        outcomes.append(outcome)
        told = (f"{f.name} {getattr(outcome, f.name)}" for f in fields(outcome))
        print(f"{number:3d} {'  '.join(told)}", flush=True)
    return outcomes


def _reviewed(
    number: int, rng: np.random.Generator, clean: Volume, planning: Volume, plan: PlanResult
) -> Outcome:
    cores = planned_cores(plan).cores
    core, state = cores[number % len(cores)], _STATES[(number // 3) % 3]
    slice_mm = (1.0, 3.0, 5.0)[number % 3]
    with_needle = number % 5 != 4
    needle = _missed(rng, clean, core, state, plan.needle.outer_diameter_mm)
    if needle is None:
        return Outcome(slice_mm=slice_mm, with_needle=False, said="no way through the skin")
    scan = _scan(rng, clean, needle, core, slice_mm, number, with_needle=with_needle)
    began = time.perf_counter()
    planned = PlannedCores(cores=cores)
    try:
        pair = with_bodies(
            ScanPair(planning=planning, control=scan.control, planned=planned), SILENT
        )
        registration = register(pair, SILENT)
        found = found_needles(pair, registration, find_needles, SILENT)
    except InputError as error:
        return Outcome(slice_mm=slice_mm, with_needle=with_needle, said=str(error))
    here = [in_planning(one, registration.transform) for one in found]
    states = dict.fromkeys((c.candidate_id for c in cores), state)
    match = matched(cores, here, states, setup_of_plan(plan).protocol.review)
    seconds = time.perf_counter() - began
    executed = match.needles.get(core.candidate_id)
    if executed is None:
        said = f"given to {list(match.needles)}, unplanned {len(match.unplanned)}"
        return Outcome(slice_mm=slice_mm, with_needle=with_needle, seconds=seconds, said=said)
    reported = placement_error(core, executed, state, planning.slice_normal_lps)
    truth = error_between(
        (core.trajectory.entry_lps_mm, _end(core, state)),
        (needle.entry_lps_mm, needle.tip_lps_mm),
        direction_lps=core.trajectory.direction_lps,
        slice_normal_lps=planning.slice_normal_lps,
    )
    return Outcome(
        slice_mm=slice_mm,
        with_needle=with_needle,
        found=True,
        error_off_mm=abs(reported.euclidean_tip_mm - truth.euclidean_tip_mm),
        tip_off_mm=float(np.linalg.norm(np.subtract(executed.tip_lps_mm, needle.tip_lps_mm))),
        needle_off_mm=min(
            float(np.linalg.norm(np.subtract(one.tip_lps_mm, scan.tips_lps_mm[0]))) for one in found
        ),
        registration_off_mm=float(
            target_error_mm(registration.transform, scan.moved, core.trajectory.tip_lps_mm).max()
        ),
        angle_off_deg=abs(reported.angle_deg - truth.angle_deg),
        residual_mm=registration.residual.median_mm,
        seconds=seconds,
    )


def _end(core: Candidate, state: NeedleState):
    return core.trajectory.tip_lps_mm if state.ends_at_tip else core.stop_lps_mm


def _missed(
    rng: np.random.Generator, ct: Volume, core: Candidate, state: NeedleState, diameter_mm: float
) -> Placed | None:
    """Return a needle that misses its core by some millimetres and degrees."""
    along = core.trajectory.direction_lps
    aside, up = (np.array(axis) for axis in across_axes(along, ct.slice_normal_lps))
    a, b, depth = rng.normal(0.0, 2.5, 3)
    tip = np.array(_end(core, state)) + a * aside + b * up + depth * along
    turned = unit(-along + np.tan(np.radians(2.0)) * (rng.normal() * aside + rng.normal() * up))
    entry = skin_entry(ct, vec3(tip), turned)
    if entry is None:
        return None
    kind = ("trocar", "bevel")[int(rng.integers(2))]
    device = Device(diameter_mm=diameter_mm, tip=kind, length_mm=140.0)
    return Placed(device=device, entry_lps_mm=entry, tip_lps_mm=vec3(tip))


def _scan(
    rng: np.random.Generator,
    clean: Volume,
    needle: Placed,
    core: Candidate,
    slice_mm: float,
    number: int,
    *,
    with_needle: bool,
) -> NeedleScan:
    shift = rng.uniform(-1.0, 1.0, 3)
    shift *= rng.uniform(0.0, 12.0) / np.linalg.norm(shift)
    moved = motion(shift, rng.uniform(-3.0, 3.0, 3), core.trajectory.tip_lps_mm)
    middle = np.mean([core.trajectory.tip_lps_mm, core.trajectory.entry_lps_mm], axis=0)
    return with_needles(
        clean,
        (needle,) if with_needle else (),
        slice_mm=slice_mm,
        slab_mm=90.0,
        moved=moved,
        noise_hu=float(rng.uniform(10.0, 30.0)),
        table=True,
        around_lps_mm=vec3(middle),
        seed=number,
    )


def main() -> None:
    """Run the cases that the arguments name, and sum up."""
    scans, pairs = int(sys.argv[1]), sys.argv[2:]
    outcomes = [
        outcome
        for case, plan in zip(pairs[::2], pairs[1::2], strict=True)
        for outcome in run(Path(case), Path(plan), scans)
    ]
    shown = [o for o in outcomes if o.with_needle]
    met = [o for o in shown if o.found]
    bare = [o for o in outcomes if not o.with_needle]
    print(f"{len(shown)} scans with a needle: {len(met)} given to its core; "
          f"{len(bare)} without: {sum(o.found for o in bare)} false")  # fmt: skip
    for name in (
        *("error_off_mm", "tip_off_mm", "needle_off_mm", "registration_off_mm"),
        *("angle_off_deg", "residual_mm", "seconds"),
    ):
        values = np.array([getattr(o, name) for o in met])
        print(f"{name}: median {np.median(values):.2f}, 95 % {np.percentile(values, 95):.2f}, "
              f"worst {values.max():.2f}")  # fmt: skip
    for slice_mm in (1.0, 3.0, 5.0):
        part = [o.tip_off_mm for o in met if o.slice_mm == slice_mm]
        error = [o.error_off_mm for o in met if o.slice_mm == slice_mm]
        if part:
            print(f"slices of {slice_mm:g} mm: tip {np.median(part):.2f} (worst {max(part):.2f}), "
                  f"error {np.median(error):.2f} (worst {max(error):.2f})")  # fmt: skip


if __name__ == "__main__":
    main()
