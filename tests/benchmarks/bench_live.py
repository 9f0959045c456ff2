"""How fast numbers follow the hand: one needle, all skin for a tip, all tips for an entry.

Run as ``python tests/benchmarks/bench_live.py``; it wants the real data (TREPHINE_DATA, or
../shared/data beside the checkout) and asserts nothing. At full size, 512 x 512 x 400.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numba  # noqa: E402
import numpy as np  # noqa: E402

from app.planning_setup import anatomy_of, setup_of  # noqa: E402
from planning.anatomy.anatomy import Anatomy  # noqa: E402
from planning.anatomy.skin import SkinPoints, skin_points  # noqa: E402
from planning.model.case import UP_LPS  # noqa: E402
from planning.trajectories import screening  # noqa: E402
from planning.trajectories.candidates import lattice, tip_points_lps_mm  # noqa: E402
from planning.trajectories.live import live_numbers, skin_map, tip_map  # noqa: E402
from planning.trajectories.measure import measure  # noqa: E402
from planning.trajectories.planner import plan  # noqa: E402
from tests.benchmarks.big_case import big_pelvis  # noqa: E402

_WANTED = 10_000
_TIMES = 60


def main() -> None:
    """Print all figures."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    print(f"{os.cpu_count()} cores, {numba.get_num_threads()} threads")
    print(f"load before the start {os.getloadavg()[0]:.1f}: above 0.5 all figures are too slow")
    loaded = big_pelvis(data_dir)
    anatomy = anatomy_of(loaded.case, loaded.images, setup_of(loaded.case))
    screening.warm_up()
    assert anatomy.fields is not None
    fields = anatomy.fields
    path = plan(anatomy, top=1).candidates[0].trajectory
    dense = replace(anatomy, skin=_dense_skin(anatomy))
    free = dense.skin.entry_side_ok & ~dense.skin.at_border & ~dense.skin.no_entry
    assert anatomy.lesion is not None
    tips, every = _tips(anatomy), lattice(anatomy, anatomy.lesion).tips_lps_mm
    print(f"skin {len(free):,} points, {np.count_nonzero(free):,} of them may be entries")
    _report("all numbers of one needle", lambda: live_numbers(anatomy, fields, path))
    _report("the same, exactly, at rest", lambda: measure(anatomy, path))
    _report(
        f"skin map of {np.count_nonzero(free):,} entries",
        lambda: skin_map(dense, fields, path.tip_lps_mm),
    )
    _report(
        f"map of all {len(every):,} tips planned",
        lambda: tip_map(anatomy, fields, path.entry_lps_mm, every),
    )
    _report(f"map of {len(tips):,} tips", lambda: tip_map(anatomy, fields, path.entry_lps_mm, tips))


def _dense_skin(anatomy: Anatomy) -> SkinPoints:
    """Return skin with at least 10 000 points that may be entries."""
    search, position = anatomy.protocol.search, anatomy.case.biopsy_position
    spacing_mm = search.entry_spacing_mm
    while True:
        skin = skin_points(
            anatomy.body,
            anatomy.ct.grid,
            spacing_mm=spacing_mm,
            border_mm=search.border_mm,
            up_lps=UP_LPS[position] if position is not None else None,
            entry_side_max_deg=search.entry_side_max_deg,
            no_entry=None,
        )
        if np.count_nonzero(skin.entry_side_ok & ~skin.at_border) >= _WANTED:
            return skin
        spacing_mm *= 0.95


def _tips(anatomy: Anatomy) -> np.ndarray:
    """Return at least 10 000 tips."""
    assert anatomy.lesion is not None
    spacing_mm = anatomy.protocol.search.tip_spacing_mm
    while True:
        tips = tip_points_lps_mm(
            anatomy.lesion, anatomy.needle, anatomy.required_length_mm, spacing_mm
        )
        if len(tips) >= _WANTED:
            return tips[:_WANTED]
        spacing_mm *= 0.9


def _report(what: str, work: Callable[[], object]) -> None:
    for _ in range(3):
        work()
    taken = []
    for _ in range(_TIMES):
        started = time.perf_counter()
        work()
        taken.append(1e3 * (time.perf_counter() - started))
    low, middle, high = np.percentile(taken, [5, 50, 95])
    print(f"  {what:<34} median {middle:6.2f} ms (5 % {low:.2f}, 95 % {high:.2f})")


if __name__ == "__main__":
    main()
