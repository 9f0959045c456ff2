"""How fast planning is at full size, and how two planners of the usual kind compare.

Run as ``python tests/benchmarks/bench_planning.py``; it wants the real data (TREPHINE_DATA, or
../shared/data beside the checkout) and asserts nothing.
"""

from __future__ import annotations

import os
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numba  # noqa: E402
import numpy as np  # noqa: E402

from app.planning_setup import anatomy_of, setup_of  # noqa: E402
from planning.anatomy.anatomy import Anatomy  # noqa: E402
from planning.progress import Progress  # noqa: E402
from planning.trajectories import screening  # noqa: E402
from planning.trajectories.candidates import Lattice, lattice  # noqa: E402
from planning.trajectories.planner import plan  # noqa: E402
from planning.trajectories.screening import Needles  # noqa: E402
from tests.benchmarks import vtk_planners  # noqa: E402
from tests.benchmarks.big_case import SIZE_IJK, big_pelvis  # noqa: E402

_CHUNK = 150_000
_CANDIDATES = 1_200_000
_HIT_OR_MISS, _CLEARANCES = 20_000, 150

_STAGES = {
    "Measured": "Measuring candidates",
    "Measured candidates": "Choosing among the survivors",
    "Measured of": "Measuring candidates",
    "Plan is ready": "Writing down the inputs' checksum",
    "Anatomy is ready": "Laying out candidates",
}


class Stages:
    """Times the stages of some work by the sentences it reports."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._name, self._since = "", time.perf_counter()

    @property
    def progress(self) -> Progress:
        return Progress(listener=self._hear)

    def _hear(self, fraction: float, message: str) -> None:
        self.close()
        name = re.sub(r"[\d,]+ ?", "", message).split(" of ")[0].removesuffix(" of").strip()
        self._name = _STAGES.get(name, name)

    def close(self) -> None:
        now = time.perf_counter()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._since = now


def main() -> None:
    """Print all figures."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    print(f"{os.cpu_count()} cores, {numba.get_num_threads()} threads")
    print(f"load before the start {os.getloadavg()[0]:.1f}: above 0.5 all figures are too low")
    with _timed("load the pelvis and resample it"):
        loaded = big_pelvis(data_dir)
    print(f"CT {' x '.join(map(str, SIZE_IJK))}, {len(loaded.images.masks)} masks")
    setup = setup_of(loaded.case)
    _warm_up(anatomy_of(loaded.case, loaded.images, setup))
    stages = Stages()
    started = time.perf_counter()
    anatomy = anatomy_of(loaded.case, loaded.images, setup, progress=stages.progress)
    understood = time.perf_counter()
    result = plan(anatomy, progress=stages.progress)
    planned = time.perf_counter()
    stages.close()
    print("\nStages of one plan")
    for name, seconds in stages.seconds.items():
        print(f"  {name:<40} {seconds:7.2f} s")
    print(f"  {'anatomy in all':<40} {understood - started:7.2f} s")
    print(f"  {'planning in all':<40} {planned - understood:7.2f} s")
    print(f"  {result.evaluated:,} candidates, {len(result.candidates)} trajectories")
    pairs = _lattice_of(anatomy).pair_count
    rate = pairs / stages.seconds["Measuring candidates"]
    print(f"  {pairs:,} of them measured until one limit breaks: {rate:,.0f} a second")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")
    _compare(anatomy)


@contextmanager
def _timed(what: str) -> Iterator[None]:
    started = time.perf_counter()
    yield
    print(f"{what}: {time.perf_counter() - started:.2f} s")


def _lattice_of(anatomy: Anatomy) -> Lattice:
    assert anatomy.lesion is not None
    return lattice(anatomy, anatomy.lesion)


def _chunks(grid: Lattice, wanted: int) -> list[Needles]:
    """Return about `wanted` candidates in planning order, spread over the whole lesion."""
    every = list(grid.chunks(_CHUNK))
    step = max(1, round(grid.pair_count / wanted))
    return [
        Needles(
            entries_lps_mm=grid.entries_lps_mm,
            entry_normals_lps=grid.entry_normals_lps,
            tips_lps_mm=grid.tips_lps_mm,
            entry_of=entries,
            tip_of=tips,
        )
        for entries, tips in every[::step]
    ]


def _warm_up(anatomy: Anatomy) -> None:
    with _timed("compile or load the kernels"):
        few = _chunks(_lattice_of(anatomy), 1)[0].chosen(np.arange(100))
        _screen(anatomy, few)
        _measure(anatomy, few)


def _screen(anatomy: Anatomy, needles: Needles) -> screening.Measures:
    """Every criterion, clearances interpolated."""
    assert anatomy.fields is not None
    step_mm = anatomy.protocol.search.step_mm
    return screening.screen(anatomy, anatomy.fields, needles, step_mm=step_mm)


def _measure(anatomy: Anatomy, needles: Needles) -> screening.Measures:
    """Every criterion, clearances from the nearest voxel."""
    assert anatomy.fields is not None
    step_mm = anatomy.protocol.search.step_mm
    measures = screening.depth_measures(anatomy, needles)
    measures.update(screening.angle_measures(anatomy, needles))
    measures.update(screening.tissue_measures(anatomy, anatomy.fields, needles, step_mm=step_mm))
    screening.add_derived(anatomy, measures)
    return measures


def _rate(work: Callable[[Anatomy, Needles], object], anatomy: Anatomy, wanted: int) -> float:
    chunks = _chunks(_lattice_of(anatomy), wanted)
    started = time.perf_counter()
    for needles in chunks:
        work(anatomy, needles)
    return sum(map(len, chunks)) / (time.perf_counter() - started)


def _compare(anatomy: Anatomy) -> None:
    print("\nFully measured candidates per second, none rejected early")
    rates = {
        "Trephine, nearest voxels": _rate(_measure, anatomy, _CANDIDATES),
        "Trephine, interpolated clearances": _rate(_screen, anatomy, _CANDIDATES),
    }
    for name, rate in rates.items():
        print(f"  {name:<40} {rate:12,.0f}")
    print("\nPlanners of the usual kind, one thread, on the same structures")
    needles = _some(anatomy, _HIT_OR_MISS)
    entries = needles.entries_lps_mm[needles.entry_of]
    tips = needles.tips_lps_mm[needles.tip_of]
    with _timed("  surfaces"):
        obstacles = vtk_planners.obstacles_of(anatomy)
    print(f"  {obstacles.triangle_count:,} triangles")
    usual = {
        "vtkOBBTree, hit or miss only": _hit_rate(obstacles, anatomy, needles, entries, tips),
        "vtkImplicitPolyDataDistance, clearance": _clearance_rate(
            obstacles, anatomy, needles.chosen(np.arange(_CLEARANCES))
        ),
    }
    for name, rate in usual.items():
        print(f"  {name:<40} {rate:12,.0f}")
    print("\nRatios")
    for ours, fast in rates.items():
        for theirs, slow in usual.items():
            print(f"  {ours} / {theirs}: {fast / slow:,.1f}")


def _some(anatomy: Anatomy, count: int) -> Needles:
    """Return random candidates, the same every time."""
    grid = _lattice_of(anatomy)
    rng = np.random.default_rng(0)
    return Needles(
        entries_lps_mm=grid.entries_lps_mm,
        entry_normals_lps=grid.entry_normals_lps,
        tips_lps_mm=grid.tips_lps_mm,
        entry_of=rng.integers(0, len(grid.entries_lps_mm), count).astype(np.int32),
        tip_of=rng.integers(0, len(grid.tips_lps_mm), count).astype(np.int32),
    )


def _axis_distance_mm(anatomy: Anatomy, needles: Needles) -> np.ndarray:
    """Trephine's least distance from the axis to any structure at risk."""
    measures = _screen(anatomy, needles)
    keys = [k for k in measures if k.endswith("_clearance_mm") and k.split("_")[0] in _CLASSES]
    return np.min([measures[k] for k in keys], axis=0) + anatomy.needle.radius_mm


_CLASSES = ("vessel", "nerve", "joint", "organ")


def _hit_rate(
    obstacles: vtk_planners.Obstacles,
    anatomy: Anatomy,
    needles: Needles,
    entries: np.ndarray,
    tips: np.ndarray,
) -> float:
    with _timed("  hit or miss: tree"):
        tree = vtk_planners.hit_tree(obstacles)
    started = time.perf_counter()
    hit = vtk_planners.hits(tree, entries, tips)
    rate = len(hit) / (time.perf_counter() - started)
    agree = np.mean(hit == (_axis_distance_mm(anatomy, needles) < 0))
    print(f"  {hit.mean():.1%} hit something; Trephine agrees on {agree:.2%}")
    return rate


def _clearance_rate(obstacles: vtk_planners.Obstacles, anatomy: Anatomy, needles: Needles) -> float:
    with _timed("  clearance: locator"):
        distance = vtk_planners.distance_to(obstacles)
    entries = needles.entries_lps_mm[needles.entry_of]
    tips = needles.tips_lps_mm[needles.tip_of]
    started = time.perf_counter()
    least = vtk_planners.least_distances_mm(distance, entries, tips)
    rate = len(least) / (time.perf_counter() - started)
    ours = _axis_distance_mm(anatomy, needles)
    clear = least > 1.0
    apart = np.median(np.abs(ours - least)[clear])
    print(f"  of those that are clear, both agree within {apart:.2f} mm (median)")
    return rate


if __name__ == "__main__":
    main()
