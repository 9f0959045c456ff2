"""Cuts off what Trephine writes, by a kill or a call that fails, and looks at what is left.

Run by `failing_calls.run_with`, as a program of its own: it forks its writers, so that none has to
start from nothing.

    python -m tests.cutting_off kills NUMBER SEED
    python -m tests.cutting_off calls EVERY
"""

from __future__ import annotations

import errno
import os
import random
import shutil
import signal
import sys
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

from app import safekeeping
from planning.disk_words import reason_of
from planning.errors import TrephineError
from tests.failing_calls import How, arm, seen
from tests.writes import WRITES, Write

DISK_ERRORS = (errno.ENOSPC, errno.EIO, errno.EDQUOT, errno.ESTALE, errno.EROFS, errno.EACCES)
AT_A_CALL = 0.6
"""How often a writer is killed exactly at a system call that changes something; else anywhere."""


@dataclass
class Prepared:
    """A write, with what is there before and after it, and how it runs undisturbed."""

    write: Write
    before: Path
    old: object
    new: object
    calls: int
    lasts_s: float


@dataclass
class Count:
    """What came of cutting one write off."""

    kills: int = 0
    told: int = 0
    old: int = 0
    new: int = 0
    problems: list[str] = field(default_factory=list)


def prepared(write: Write, folder: Path) -> Prepared:
    """Make what is there before a write, and measure one that nothing disturbs."""
    before, after = folder / "before", folder / "after"
    before.mkdir(parents=True)
    write.before(before)
    old = write.read(before)
    for _ in range(2):  # the first one loads what the others find loaded
        shutil.rmtree(after, ignore_errors=True)
        shutil.copytree(before, after)
        arm(after, 0, How.COUNT)
        began = time.monotonic()
        write.act(after)
        lasts_s = time.monotonic() - began
        calls = seen()
        arm(after, 0, How.OFF)
    new = write.read(after)
    assert old != new, f"{write.name} changes nothing"
    return Prepared(write, before, old, new, calls, lasts_s)


def kill_once(made: Prepared, folder: Path, chance: random.Random, count: Count) -> None:
    """Kill a writer at some moment, start anew, and look at what is there."""
    work, root = folder / "work", folder / "temp"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(made.before, work)
    root.mkdir(exist_ok=True)
    hear, speak = os.pipe()
    exactly = chance.random() < AT_A_CALL
    nth = chance.randint(1, made.calls + 1)
    how = chance.choice((How.KILL_BEFORE, How.KILL_AFTER))
    child = os.fork()
    if child == 0:
        os.close(hear)
        _write_and_tell(made.write, work, root, speak, (nth, how) if exactly else None)
    os.close(speak)
    os.read(hear, 1)  # it begins
    if not exactly:
        time.sleep(chance.uniform(0.0, 1.05 * made.lasts_s))
        os.kill(child, signal.SIGKILL)
    said = os.read(hear, 1)
    os.close(hear)
    os.waitpid(child, 0)
    count.kills += 1
    count.told += said == b"t"
    safekeeping.tidy_up(root)  # as the next start does
    _look(made, work, count, is_told=said == b"t", where=f"{how.name} {nth}" if exactly else "any")


def _write_and_tell(
    write: Write, work: Path, root: Path, speak: int, at: tuple[int, How] | None
) -> None:
    code = 1
    try:
        safekeeping.begin_temporary(root)
        os.write(speak, b"b")
        if at is not None:
            arm(work, at[0], at[1])
        write.act(work)
        arm(work, 0, How.OFF)
        os.write(speak, b"t")
        code = 0
    except BaseException as error:  # noqa: BLE001 (told, and the copy of the process has to end)
        sys.stderr.write(f"{write.name}: {error!r}\n")
    finally:
        os._exit(code)


def _look(made: Prepared, work: Path, count: Count, *, is_told: bool, where: str) -> None:
    """Note whether all of the old or all of the new is there, and nothing else."""
    what = f"{made.write.name}, {where}"
    try:
        found = made.write.read(work)
    except (TrephineError, OSError) as error:
        count.problems.append(f"{what}: {error}")
        return
    if found == made.new:
        count.new += 1
    elif found == made.old and not is_told:
        count.old += 1
    else:
        count.problems.append(f"{what}: {'lost though told' if is_told else 'neither'}: {found}")
    left = left_over(work)
    if left:
        count.problems.append(f"{what}: left over {left}")


def left_over(folder: Path) -> list[str]:
    """Return what no finished write leaves behind."""
    endings = (".part", ".was", ".whole", ".back", ".done")
    return sorted(p.name for p in folder.rglob(".*") if p.name.endswith(endings))


def run_kills(kills: int, seed: int, folder: Path) -> bool:
    """Kill writers of every kind in turn; print what came of it; tell whether all was well."""
    chance = random.Random(seed)
    made = [prepared(write, folder / f"{n}") for n, write in enumerate(WRITES)]
    counts = {one.write.name: Count() for one in made}
    for number in range(kills):
        one = made[number % len(made)]
        kill_once(one, one.before.parent, chance, counts[one.write.name])
    sys.stdout.write(f"{'':34}kills  told saved  old there  new there  corrupt or lost\n")
    for name, count in counts.items():
        row = (count.kills, count.told, count.old, count.new, len(count.problems))
        sys.stdout.write(f"{name:34}{row[0]:5}{row[1]:12}{row[2]:11}{row[3]:11}{row[4]:17}\n")
    problems = [problem for count in counts.values() for problem in count.problems]
    sys.stdout.write("".join(f"PROBLEM {problem}\n" for problem in problems))
    sys.stdout.write(f"{kills} kills, seed {seed}: {len(problems)} corrupt or lost\n")
    return not problems


def run_calls(every: int, folder: Path) -> bool:
    """Let every n-th call of each write fail, once or from then on; tell whether all was well."""
    problems: list[str] = []
    for number, write in enumerate(WRITES):
        made = prepared(write, folder / f"{number}")
        tried = 0
        for nth in range(1 + number % every, made.calls + 1, every):
            for how in (How.FAIL_ONCE, How.FAIL_FROM):
                error = DISK_ERRORS[(nth + how) % len(DISK_ERRORS)]
                found = _fail_at(made, made.before.parent / "work", nth, how, error)
                sys.stdout.write("".join(f"PROBLEM {problem}\n" for problem in found))
                problems += found
                tried += 1
        sys.stdout.write(f"{write.name:34}{made.calls:5} calls{tried:6} failed\n")
        sys.stdout.flush()
    sys.stdout.write(f"{len(problems)} problems\n")
    return not problems


def _fail_at(made: Prepared, work: Path, nth: int, how: How, error: int) -> list[str]:
    """Let one call fail; return what is wrong with the message or with what is there after it."""
    write = made.write
    what = f"{write.name}, call {nth} of {made.calls}, {how.name} {errno.errorcode[error]}"
    shutil.rmtree(work, ignore_errors=True)
    shutil.copytree(made.before, work)
    root = made.before.parent / "temp"
    root.mkdir(exist_ok=True)
    safekeeping.begin_temporary(root)
    arm(work, nth, how, error)
    message = ""
    try:
        write.act(work)
    except TrephineError as found:
        message = str(found)
    except OSError as found:
        message = f"{write.says} {reason_of(found)}"
    finally:
        arm(work, 0, How.OFF)
    safekeeping.end()  # the program ends, and the next one starts
    safekeeping.begin_temporary(root)
    problems = []
    if message and write.says.lower() not in message.lower():
        problems.append(f"{what}: the message names nothing: {message}")
    try:
        found_there = write.read(work)
    except (TrephineError, OSError) as found:
        return [*problems, f"{what}: damaged after {message!r}: {found}"]
    if left := left_over(work):  # a disk that fails may let nothing be tidied up before
        problems.append(f"{what}: left over once opened {left}")
    if found_there not in (made.old, made.new) or (not message and found_there != made.new):
        problems.append(f"{what}: {message!r} and neither old nor new")
    if found_there == made.new:
        safekeeping.end()
        return problems
    try:
        write.act(work)  # once the disk is well again
    except TrephineError as found:
        if "already" not in str(found):  # it was stored, and only what follows had failed
            problems.append(f"{what}: not writable afterwards: {found}")
    if write.read(work) != made.new:
        problems.append(f"{what}: written afterwards, and not new")
    safekeeping.end()
    return problems


def main() -> int:
    """Run what the command line asks for."""
    place = "/dev/shm" if Path("/dev/shm").is_dir() else None
    with tempfile.TemporaryDirectory(dir=place) as folder:
        root = Path(folder)
        if sys.argv[1] == "kills":
            return 0 if run_kills(int(sys.argv[2]), int(sys.argv[3]), root) else 1
        return 0 if run_calls(int(sys.argv[2]), root) else 1


if __name__ == "__main__":
    raise SystemExit(main())
