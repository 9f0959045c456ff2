"""Kills programs that write into a registry, at random moments, and looks at what they left.

Run as a program of its own: it forks its writers, so that none has to start from nothing.

    python -m tests.registry_killing WHERE FOLDER KILLS SEED
"""

from __future__ import annotations

import os
import random
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path

from planning.records.approval_file import sha256_of
from planning.records.registry.csv_tables import export_tables
from planning.records.registry.deletion import delete_patient
from planning.records.registry.head import kept_head
from planning.records.registry.identities import people
from planning.records.registry.reading import list_cases, read_case
from planning.records.registry.storing import store_rows
from planning.records.registry.values import Identity, PathologyResult
from planning.records.registry.verifying import verify
from planning.records.registry.writing import store_pathology, store_review
from tests.registries import Place
from tests.reviewed_cases import reviewed_case
from tests.simulated_registry import Truth, simulated_rows

ROOT = Path(__file__).parents[1]
WRITERS = 2
LONGEST_S = 0.5
AT_WORK = 0.85
"""How often a writer is killed at work; else it may still be opening the registry."""

BUNDLE = 4

Tell = Callable[[str], None]


def kill_many(where: str, folder: Path, kills: int, seed: int) -> str:
    """Let a program of its own kill writers; return what it says at its end.

    Raises
    ------
    AssertionError
        With all it said, if anything was lost or broken.
    """
    command = [sys.executable, "-W", "error", "-m", "tests.registry_killing", where]
    done = subprocess.run(
        [*command, str(folder), str(kills), str(seed)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        env=os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'packaging'}"},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


@dataclass
class _Told:
    """What writers said before they were killed."""

    added: set[str] = field(default_factory=set)
    examined: set[str] = field(default_factory=set)
    deleting: set[str] = field(default_factory=set)
    deleted: set[str] = field(default_factory=set)
    entries: int = 0


def main(where: str, folder: Path, kills: int, seed: int) -> None:
    """Kill until it is enough; say how many changes were made meanwhile."""
    chance = random.Random(seed)
    place = Place(where=where, data_dir=folder)
    told = _Told()
    for round_number in range(0, kills, WRITERS):
        writers = [_start(place, folder, chance.randrange(2**31), told) for _ in range(WRITERS)]
        for writer, pipe in writers:
            if chance.random() < AT_WORK:
                select.select([pipe], [], [], 60.0)  # it has begun, or said its first change
            time.sleep(chance.uniform(0.0, LONGEST_S))
            os.kill(writer, signal.SIGKILL)
        for writer, pipe in writers:
            os.waitpid(writer, 0)
            _hear(pipe, told)
        _check(place, told, round_number)
    sys.stdout.write(
        f"{kills} kills: {len(told.added)} cases and {len(told.examined)} results stored, "
        f"{len(told.deleted)} patients deleted, {told.entries} audit entries; nothing lost\n"
    )


def _start(place: Place, folder: Path, seed: int, told: _Told) -> tuple[int, int]:
    """Start a writer; return its process and where to hear it."""
    hear, speak = os.pipe()
    process = os.fork()
    if process == 0:
        os.close(hear)
        code = 1
        try:
            _write(place, folder, seed, told, lambda words: _say(speak, words))
        finally:
            os._exit(code)
    os.close(speak)
    return process, hear


def _write(place: Place, folder: Path, seed: int, told: _Told, tell: Tell) -> None:
    """Change the registry over and over; say each change once it is made."""
    chance = random.Random(seed)
    mine: list[tuple[str, str]] = []
    registry = place.open(actor=f"writer {os.getpid()}")
    while True:
        step = chance.random()
        if step < 0.45 or not mine:
            who = Identity(patient_id=str(chance.randrange(10**9)), patient_name="Meier^Eva")
            review_sha256 = sha256_of(str(chance.random()).encode())
            case = store_review(registry, reviewed_case(identity=who, review_sha256=review_sha256))
            mine.append((case.case_id, case.pseudonym))
            tell(f"added {case.case_id}")
        elif step < 0.75:
            case_id, _ = chance.choice(mine)
            store_pathology(registry, case_id, "c1", PathologyResult(adequate=True))
            tell(f"examined {case_id}")
        elif step < 0.85:
            case_id, pseudonym = mine.pop(chance.randrange(len(mine)))
            tell(f"deleting {case_id}")
            delete_patient(registry, pseudonym)
            tell(f"deleted {case_id}")
        elif step < 0.97:
            name = f"B{chance.randrange(10**9)}x"
            rows = simulated_rows(BUNDLE, truth=replace(Truth(), operator=name), cores=1)
            store_rows(registry, rows)
            for case_id in {row.where for row in rows}:
                tell(f"added {case_id}")
        else:
            export_tables(registry, folder / f"out-{os.getpid()}", force=True)


def _say(pipe: int, words: str) -> None:
    os.write(pipe, f"{words}\n".encode())


def _hear(pipe: int, told: _Told) -> None:
    """Take in all a writer said; the last line may be torn."""
    with os.fdopen(pipe, "rb") as heard:
        lines = heard.read().split(b"\n")[:-1]
    for line in lines:
        kind, case_id = line.decode().split()
        getattr(told, kind).add(case_id)


def _check(place: Place, told: _Told, round_number: int) -> None:
    """Compare what is there with what was said to be there."""
    registry = place.open()
    found = verify(registry)
    assert found.problems == (), (round_number, found.problems)
    kept = kept_head(registry.place.head_file)
    assert kept is None or found.entries >= kept.number >= 1
    cases = {case.case_id: case for case in list_cases(registry)}
    missing = told.added - told.deleting - cases.keys()
    assert not missing, (round_number, missing)
    assert not told.deleted & cases.keys()
    gone = {case_id.rpartition("-")[0] for case_id in told.deleted}
    assert not gone & people(registry).keys()
    for case_id in told.examined & cases.keys():
        assert cases[case_id].results >= 1, case_id
    bundles: dict[str, int] = {}
    for case_id, case in cases.items():
        if case_id.startswith("S-B"):
            name = case_id.partition("x")[0]
            bundles[name] = bundles.get(name, 0) + 1
        else:
            assert (case.cores, case.scanned) == (2, 1), case_id
    assert set(bundles.values()) <= {BUNDLE}, bundles
    if cases:
        last = read_case(registry, max(cases))
        assert last["plans"]
        assert last["placements"]
    told.entries = found.entries


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]))
