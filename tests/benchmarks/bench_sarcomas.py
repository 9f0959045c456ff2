"""Three planned cores against other ways of choosing them, on four real sarcomas with PET.

Run as ``python tests/benchmarks/bench_sarcomas.py``; it wants the real data (TREPHINE_DATA, or
../shared/data beside the checkout) and asserts nothing. Uptake of at least 40 % of the lesion's
99th percentile counts as viable; needles are executed 500 times with the error of navigated hands,
drawn here and not by the planner. Every way may take any candidate that keeps all limits.
"""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numpy as np  # noqa: E402

from app import catalogue  # noqa: E402
from app.planning_setup import anatomy_of, core_request, setup_of  # noqa: E402
from planning.anatomy.anatomy import Anatomy  # noqa: E402
from planning.anatomy.densities import hu_at  # noqa: E402
from planning.anatomy.tissue import Tissue  # noqa: E402
from planning.image import Volume  # noqa: E402
from planning.imaging.lattice import linear  # noqa: E402
from planning.records.case_file import LoadedCase, load_case  # noqa: E402
from planning.trajectories.candidates import lattice  # noqa: E402
from planning.trajectories.elimination import survive  # noqa: E402
from planning.trajectories.planner import plan  # noqa: E402

CASES = ("STS_003", "STS_018", "STS_035", "STS_042")
EXECUTIONS, CORES, ENOUGH_MM, STEP_MM = 500, 3, 10.0, 0.25


@dataclass(frozen=True)
class Pool:
    """All candidates of a case that keep every limit."""

    entries: np.ndarray
    tips: np.ndarray

    def middles(self, anatomy: Anatomy) -> np.ndarray:
        along = self.tips - self.entries
        along /= np.linalg.norm(along, axis=1, keepdims=True)
        needle = anatomy.needle
        return self.tips - along * (needle.dead_space_mm + needle.core_length_mm / 2.0)


def main() -> None:
    """Print the chances, and who is best."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    print(
        f"P(at least one of {CORES} cores holds {ENOUGH_MM:g} mm viable), {EXECUTIONS} executions"
    )
    with tempfile.TemporaryDirectory() as folder:
        for name in CASES:
            loaded = _loaded(data_dir / "sarcoma" / name, Path(folder) / name)
            _case(name, loaded)


def _loaded(source: Path, folder: Path) -> LoadedCase:
    """Open a case with its PET as the source of viability."""
    shutil.copytree(source, folder)
    file = folder / "case.toml"
    wish = '\n[viability]\nsource = "pet"\nthreshold = 0.4\n'
    file.write_text(file.read_text(encoding="utf-8") + wish, encoding="utf-8")
    return load_case(
        folder,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
    )


def _case(name: str, loaded: LoadedCase) -> None:
    setup = setup_of(loaded.case)
    anatomy = anatomy_of(loaded.case, loaded.images, setup)
    assert anatomy.lesion is not None
    assert anatomy.fields is not None
    survivors = survive(anatomy, anatomy.fields, lattice(anatomy, anatomy.lesion))
    needles = survivors.needles
    pool = Pool(needles.entries_lps_mm[needles.entry_of], needles.tips_lps_mm[needles.tip_of])
    cores = core_request(loaded.case, setup, count=CORES)
    found = plan(anatomy, cores=cores).core_set
    share = anatomy.lesion.viable.volume_ml / anatomy.lesion.tumour.volume_ml
    print(f"\n{name}: {len(pool.tips):,} candidates, {share:.0%} of the lesion viable")
    chances = {"planner": 0.0}
    if found is not None:
        paths = [core.candidate.trajectory for core in found.cores]
        chosen = Pool(
            np.array([p.entry_lps_mm for p in paths]), np.array([p.tip_lps_mm for p in paths])
        )
        chances["planner"] = _chance(
            anatomy, chosen, np.tile(np.arange(len(paths)), (EXECUTIONS, 1))
        )
    rng = np.random.default_rng(11)
    count = min(CORES, len(pool.tips))
    random = np.array([rng.choice(len(pool.tips), count, replace=False) for _ in range(EXECUTIONS)])
    chances["random"] = _chance(anatomy, pool, random)
    pet = loaded.images.second.get(loaded.case.viability_image)
    aims = {
        "central": np.array([anatomy.lesion.centroid_lps_mm] * CORES),
        "brightest on CT": _brightest(anatomy, loaded.images.ct),
        "brightest on PET": None if pet is None else _brightest(anatomy, pet),
    }
    for way, points in aims.items():
        if points is not None:
            numbers = _nearest(anatomy, pool, points)
            chances[way] = _chance(anatomy, pool, np.tile(numbers, (EXECUTIONS, 1)))
    for way, chance in chances.items():
        error = np.sqrt(max(chance * (1.0 - chance), 1e-9) / EXECUTIONS)
        print(f"  {way:<18} {chance:.3f} (standard error {error:.3f})")
    best = max(chances, key=lambda way: chances[way])
    print(f"  best: {best}")


def _brightest(anatomy: Anatomy, image: Volume) -> np.ndarray:
    """Return the centres of the brightest voxels of the lesion, as many as cores."""
    assert anatomy.lesion is not None
    tumour = anatomy.lesion.tumour
    index = np.argwhere(tumour.inside)
    points = tumour.grid.lps_from_index(index[:, ::-1])
    if image.grid is anatomy.ct.grid:
        values = hu_at(anatomy.ct, points)
    else:
        values = linear(image, tumour.grid)[tuple(index.T)]
    order = np.argsort(-np.nan_to_num(values, nan=-np.inf), kind="stable")
    return points[order[:CORES]]


def _nearest(anatomy: Anatomy, pool: Pool, points: np.ndarray) -> np.ndarray:
    """Return for each point the candidate whose specimen is centred nearest; none twice."""
    middles, taken = pool.middles(anatomy), list[int]()
    for point in points[: len(pool.tips)]:
        order = np.argsort(np.linalg.norm(middles - point, axis=1), kind="stable")
        taken.append(int(next(n for n in order if int(n) not in taken)))
    return np.array(taken)


def _chance(anatomy: Anatomy, pool: Pool, numbers: np.ndarray) -> float:
    """Execute sets of needles, one set a row, with an error all needles of a row share in part."""
    rng = np.random.default_rng(2)
    spread, needle = anatomy.error_model.corrected, anatomy.needle
    enough = np.zeros(len(numbers), dtype=bool)
    shared = rng.normal(0.0, spread.shared_mm, (len(numbers), 3))
    sigmas = np.array([spread.at_skin_mm, spread.along_mm])
    own = np.sqrt(sigmas**2 - spread.shared_mm**2)
    t = np.arange(STEP_MM / 2.0, needle.core_length_mm, STEP_MM)
    for column in range(numbers.shape[1]):
        entries, tips = pool.entries[numbers[:, column]], pool.tips[numbers[:, column]]
        lengths = np.linalg.norm(tips - entries, axis=1)
        along = (tips - entries) / lengths[:, None]
        one = np.cross(along, np.roll(along, 1, axis=1) + np.array([0.3, 0.2, 0.1]))
        one /= np.linalg.norm(one, axis=1, keepdims=True)
        other = np.cross(along, one)
        shift = rng.normal(0.0, own[0], (len(numbers), 2))
        turn = rng.normal(0.0, np.tan(np.radians(spread.growth_deg)), (len(numbers), 2))
        deep = lengths - needle.dead_space_mm + rng.normal(0.0, own[1], len(numbers))
        depth = deep[:, None] - needle.core_length_mm + t
        off = shift[:, None] + depth[..., None] * turn[:, None]
        points = (entries + shared)[:, None] + depth[..., None] * along[:, None]
        points = points + off[..., :1] * one[:, None] + off[..., 1:] * other[:, None]
        bits, _ = anatomy.tissue.at(points.reshape(-1, 3))
        viable = ((bits & Tissue.VIABLE) > 0).reshape(depth.shape).sum(axis=1) * STEP_MM
        enough |= viable >= ENOUGH_MM
    return float(enough.mean())


if __name__ == "__main__":
    main()
