"""How good sets of cores are, beside greedy and repeated ones; and what looking at error gains.

Run as ``python tests/benchmarks/bench_core_sets.py``; it wants the real data (TREPHINE_DATA, or
../shared/data beside the checkout) and asserts nothing.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numpy as np  # noqa: E402

from app import catalogue  # noqa: E402
from app.planning_setup import Setup, anatomy_of, core_request, setup_of  # noqa: E402
from planning.anatomy.anatomy import Anatomy  # noqa: E402
from planning.model.error_model import ErrorModel  # noqa: E402
from planning.model.plan import Candidate  # noqa: E402
from planning.records.case_file import LoadedCase, load_case  # noqa: E402
from planning.sample.sample_case import write_sample_case  # noqa: E402
from planning.trajectories.candidates import lattice  # noqa: E402
from planning.trajectories.cores.choosing import CoreRequest, Prepared, fans, prepare  # noqa: E402
from planning.trajectories.cores.pool import single_needles  # noqa: E402
from planning.trajectories.cores.program import greedy, solve, value_of  # noqa: E402
from planning.trajectories.cores.scenarios import scenarios  # noqa: E402
from planning.trajectories.elimination import survive  # noqa: E402
from planning.trajectories.measure import measure, trajectory_of  # noqa: E402
from planning.trajectories.planner import plan  # noqa: E402
from planning.trajectories.winners import winners  # noqa: E402

CORES = 3


def main() -> None:
    """Print all figures."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    pelvis = _load(data_dir / "pelvis")
    _sets(pelvis)
    with tempfile.TemporaryDirectory() as folder:
        sample = _load(write_sample_case(Path(folder) / "sample"))
        for name, loaded in (("pelvis", pelvis), ("sample", sample)):
            _nominal(name, loaded)


def _load(path: Path) -> LoadedCase:
    return load_case(path, role_tables=catalogue.role_tables())


def _sets(loaded: LoadedCase) -> None:
    setup = setup_of(loaded.case)
    anatomy = anatomy_of(loaded.case, loaded.images, setup)
    assert anatomy.fields is not None
    assert anatomy.lesion is not None
    survivors = survive(anatomy, anatomy.fields, lattice(anatomy, anatomy.lesion))
    best = winners(anatomy, anatomy.fields, survivors, top=12)
    request = core_request(loaded.case, setup, count=CORES, one_entry=True)
    assert request is not None
    print(f"pelvis, {CORES} cores, {anatomy.protocol.cores.scenarios} scenarios")
    pools = {
        "one entry": fans(anatomy, anatomy.fields, survivors, best, request),
        "three entries": [_singles(anatomy, survivors, request)],
    }
    for name, options in pools.items():
        _compare(name, anatomy, [o for o in options if o is not None])
    for one_entry in (True, False):
        wish = core_request(loaded.case, setup, count=CORES, one_entry=one_entry)
        started = time.perf_counter()
        found = plan(anatomy, cores=wish).core_set
        seconds = time.perf_counter() - started
        assert found is not None
        chances = ", ".join(f"{name} {chance:.3f}" for name, chance in found.coverage.items())
        print(f"as planned, {'one entry' if one_entry else 'several allowed'}: {seconds:.1f} s")
        print(f"  gap {found.gap:.2%}, best of {found.tested}, tract: {found.tract}")
        print(f"  on fresh executions: {chances}")


def _singles(anatomy: Anatomy, survivors, request: CoreRequest) -> Prepared | None:
    rules = anatomy.protocol.cores
    return prepare(anatomy, single_needles(anatomy, survivors, rules), rules, request)


def _compare(name: str, anatomy: Anatomy, options: list[Prepared]) -> None:
    rules = anatomy.protocol.cores
    value, bound, greedy_value, repeated = 0.0, 0.0, 0.0, 0.0
    for option in options:
        found = solve(
            option.problem,
            option.start,
            better_than=value,
            gap_at_most=rules.gap_at_most / 2.0,
            seconds_at_most=rules.seconds_at_most,
        )
        value, bound = max(value, found.value), max(bound, found.bound)
        plain = greedy(option.problem)
        if len(plain) == CORES:
            greedy_value = max(greedy_value, value_of(option.problem, plain))
        repeated = max(repeated, _repeated(anatomy, option))
    print(f"{name}: {sum(len(o.pool) for o in options)} candidates in {len(options)} programs")
    gap = bound / value - 1.0
    print(f"  integer program      {value:.4f}, optimum at most {bound:.4f}: gap {gap:.2%}")
    print(f"  greedy alone         {greedy_value:.4f} ({greedy_value / value - 1:+.1%})")
    print(f"  best core repeated   {repeated:.4f} ({repeated / value - 1:+.1%})")


def _repeated(anatomy: Anatomy, option: Prepared) -> float:
    """Return what the best single core is worth when it is taken as often as there are cores."""
    problem, rules = option.problem, anatomy.protocol.cores
    alone = problem.happens.mean(axis=2) @ problem.weights + problem.worth
    best = int(np.argmax(alone))
    executed = scenarios(
        anatomy,
        np.repeat(option.pool.entries_lps_mm[best : best + 1], CORES, axis=0),
        np.repeat(option.pool.tips_lps_mm[best : best + 1], CORES, axis=0),
        count=rules.scenarios,
        habitat_minimum_mm=rules.habitat_minimum_mm,
    )
    covered = executed.happens.any(axis=0).mean(axis=1)
    return float(covered @ problem.weights + CORES * problem.worth[best])


def _still(model: ErrorModel) -> ErrorModel:
    """Return a model without error, as planners have that look at the plan alone."""
    spread = replace(
        model.corrected,
        at_skin_mm=1e-6,
        growth_deg=0.0,
        off_plane_growth_deg=0.0,
        along_mm=1e-6,
        shared_mm=0.0,
    )
    doubt = replace(model.doubt, by_model_mm=0.0, drawn_mm=0.0, breathing_mm=0.0)
    return replace(model, first_pass=spread, corrected=spread, doubt=doubt)


def _nominal(name: str, loaded: LoadedCase) -> None:
    setup = setup_of(loaded.case)
    anatomy = anatomy_of(loaded.case, loaded.images, setup)
    assert anatomy.fields is not None
    assert anatomy.lesion is not None
    aware = plan(anatomy).candidates
    survivors = survive(anatomy, anatomy.fields, lattice(anatomy, anatomy.lesion))
    longest = _longest(anatomy, survivors)
    nominal = _best_without_error(loaded, setup, anatomy)
    print(f"\n{name}: what looking at the error gains")
    print(f"  {'':<34} planned  expected  P(enough)")
    rows = {
        "chosen (first of the list)": aware[0],
        "of the list, most expected": max(aware, key=_expected_mm),
        "first of the list without error": nominal,
        "longest planned length of all": longest,
    }
    for what, candidate in rows.items():
        values = candidate.criteria
        print(
            f"  {what:<34} {values['viable_length_mm']:7.1f}  {_expected_mm(candidate):8.1f}"
            f"  {values['viable_probability']:9.2f}"
        )


def _expected_mm(candidate: Candidate) -> float:
    return candidate.criteria["expected_viable_length_mm"] or 0.0


def _longest(anatomy: Anatomy, survivors) -> Candidate:
    """Return the candidate with the longest planned length; of equals the shortest way."""
    measures, needles = survivors.measures, survivors.needles
    order = np.lexsort((measures["insertion_depth_mm"], -np.round(measures["viable_length_mm"], 1)))
    number = int(order[0])
    return measure(
        anatomy,
        trajectory_of(
            needles.entries_lps_mm[needles.entry_of[number]],
            needles.tips_lps_mm[needles.tip_of[number]],
        ),
    )


def _best_without_error(loaded: LoadedCase, setup: Setup, anatomy: Anatomy) -> Candidate:
    """Plan as if needles went where they are aimed; measure the winner with the error it has."""
    still = replace(setup, error_model=_still(anatomy.error_model))
    blind = plan(anatomy_of(loaded.case, loaded.images, still)).candidates[0]
    return measure(anatomy, blind.trajectory)


if __name__ == "__main__":
    main()
