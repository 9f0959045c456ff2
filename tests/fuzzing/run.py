"""Fuzzes the readers of a family for a time, and writes what was tried and what was found.

    python tests/fuzzing/run.py --family dicom --minutes 30 --workers 2

A worker takes one reader after another, each for its share of the time; one that ends its process
is begun anew. Corpus and finds stay in --work, outside of the repository.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from itertools import repeat
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

from tests.fuzzing.all_targets import FAMILIES  # noqa: E402

_FUZZ = Path(__file__).with_name("fuzz.py")
_LEAST_LEFT_S = 20.0
_CRASHES = ("crash-*", "timeout-*", "oom-*", "leak-*")
_UNITS = re.compile(r"stat::number_of_executed_units:\s+(\d+)")
_PROGRESS = re.compile(r"^#(\d+)\s.*?cov: (\d+) ft: (\d+)", re.MULTILINE)


@dataclass(slots=True, kw_only=True)
class Tried:
    """What became of one reader.

    Parameters
    ----------
    executions : int
        Inputs that were read.
    coverage, features : int
        As libFuzzer counts them, at the end.
    errors : list of str
        Errors that are not written for people.
    ended : list of str
        Inputs that ended the process: crashes, hangs, memory.
    """

    target: str
    seconds: float
    executions: int
    coverage: int
    features: int
    errors: list[str]
    ended: list[str]


def main() -> int:
    """Fuzz, and return 1 if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--family", choices=[*FAMILIES, "all"], default="all")
    parser.add_argument("--target", default="", help="one reader only")
    parser.add_argument("--minutes", type=float, default=30.0, help="for each family")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--work", type=Path, default=Path.home() / ".cache/trephine-fuzzing")
    asked = parser.parse_args()
    families = list(FAMILIES) if asked.family == "all" else [asked.family]
    found = False
    for family in families:
        targets = [t for t in FAMILIES[family] if asked.target in ("", t)]
        share_s = asked.minutes * 60.0 * min(asked.workers, len(targets)) / len(targets)
        with ThreadPoolExecutor(asked.workers) as pool:
            tried = list(pool.map(_fuzzed, targets, repeat(asked.work), repeat(share_s)))
        summary = asked.work / f"{family}.json"
        summary.write_text(json.dumps([asdict(one) for one in tried], indent=1) + "\n")
        for one in tried:
            print(_line(one), flush=True)
        found = found or any(one.errors or one.ended for one in tried)
    return int(found)


def _fuzzed(name: str, root: Path, seconds: float) -> Tried:
    """Fuzz one reader for some seconds, in as many processes as it takes."""
    work = root / name
    work.mkdir(parents=True, exist_ok=True)
    began, executions, coverage, features = time.monotonic(), 0, 0, 0
    left = seconds
    while left > _LEAST_LEFT_S or not executions:
        log = work / f"log-{os.getpid()}-{int(time.time())}.txt"
        command = [sys.executable, str(_FUZZ), name, str(work), f"-max_total_time={left:.0f}"]
        with log.open("wb") as out:
            code = subprocess.run(
                ["nice", "-n", "19", *command], stdout=out, stderr=out, check=False
            ).returncode
        more, coverage, features = _counted(log.read_text(errors="replace"), coverage, features)
        executions += more
        left = seconds - (time.monotonic() - began)
        if not more and code:
            print(f"{name}: it cannot be fuzzed, see {log}", flush=True)
            break
    finds = work / "finds"
    return Tried(
        target=name,
        seconds=round(time.monotonic() - began),
        executions=executions,
        coverage=coverage,
        features=features,
        errors=sorted(_said(path) for path in finds.glob("*.json")),
        ended=sorted(path.name for pattern in _CRASHES for path in finds.glob(pattern)),
    )


def _counted(log: str, coverage: int, features: int) -> tuple[int, int, int]:
    """Return the executions of one process, and the coverage at its end."""
    lines = _PROGRESS.findall(log)
    units = _UNITS.search(log)
    executions = int(units[1]) if units else int(lines[-1][0]) if lines else 0
    if lines:
        coverage, features = max(coverage, int(lines[-1][1])), max(features, int(lines[-1][2]))
    return executions, coverage, features


def _said(path: Path) -> str:
    told = json.loads(path.read_text())
    return f"{path.stem} {told['what']}: {told['place']}"


def _line(one: Tried) -> str:
    return (
        f"{one.target}: {one.seconds:.0f} s, {one.executions:,} executions, coverage "
        f"{one.coverage:,} ({one.features:,} features), {len(one.errors)} errors, "
        f"{len(one.ended)} ended the process"
    )


if __name__ == "__main__":
    sys.exit(main())
