"""Fuzzes one reader, led by the coverage of its code, until its time is up; started by `run.py`.

    python tests/fuzzing/fuzz.py TARGET FOLDER [OPTION OF LIBFUZZER ...]

Only errors that are written for people may come out of a reader. Any other is put into
FOLDER/finds, once for each place that raises it, and the search goes on; a crash, a hang or too
much memory ends the process, which leaves its input there.
"""

from __future__ import annotations

import hashlib
import json
import os
import resource
import shutil
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from random import Random

sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

os.environ.setdefault("NUMBA_DISABLE_JIT", "1")  # compiled code and what counts coverage quarrel

import atheris  # noqa: E402

from tests.fuzzing.all_targets import target as target_of  # noqa: E402

_INSTRUMENTED = [
    *("planning.imaging", "planning.records", "planning.handover", "planning.network"),
    *("planning.formats", "planning.geometry", "planning.cohort.rows_csv", "app.settings"),
    *("pydicom", "highdicom", "dicomweb_client", "pynetdicom.dsutils", "tomllib"),
]
_MOST_BYTES = 1 << 16
_MOST_MEMORY_MB = 2048
_MOST_SECONDS = 10
_OURS = ("planning", "app")
_SLOW_S = 3.0
_PLAIN_SHARE = 0.35  # of the inputs are changed byte by byte, by libFuzzer itself


class Finds:
    """What came out that should not have, one file for each place."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self._known = {path.stem for path in folder.glob("*.json")}

    def keep(self, data: bytes, what: str, place: str, trace: str) -> None:
        """Keep an input, unless another led to the same place."""
        name = hashlib.sha256(f"{what} {place}".encode()).hexdigest()[:12]
        if name in self._known:
            return
        self._known.add(name)
        (self._folder / f"{name}.bin").write_bytes(data)
        told = {"what": what, "place": place, "trace": trace}
        (self._folder / f"{name}.json").write_text(json.dumps(told, indent=1))


def _place(error: BaseException) -> str:
    """Return where in our own code an error comes from, and where it was raised."""
    frames = traceback.extract_tb(error.__traceback__)
    root = str(Path(__file__).resolve().parents[2])
    ours = [f for f in frames if f.filename.startswith(root) and "/tests/" not in f.filename]
    said = [f"{Path(f.filename).name}:{f.name}" for f in (*ours[-1:], frames[-1])]
    return " <- ".join(dict.fromkeys(said))


def main() -> None:
    """Read the seeds, then fuzz; does not return."""
    name, work = sys.argv[1], Path(sys.argv[2])
    warnings.simplefilter("ignore")
    scratch = Path(tempfile.mkdtemp(prefix="fuzz-", dir=_memory_disk()))
    corpus, finds = work / "corpus", Finds(work / "finds")
    corpus.mkdir(parents=True, exist_ok=True)
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from planning.errors import TrephineError
        from planning.progress import Cancelled

        target = target_of(name)
        allowed = (TrephineError, Cancelled)
        seeds = target.seeds(_fresh(scratch))
        for seed in seeds:
            (corpus / hashlib.sha1(seed, usedforsecurity=False).hexdigest()).write_bytes(seed)

        def try_one(data: bytes, most_s: float = _SLOW_S) -> None:
            began = time.process_time()  # another program may have the processor
            try:
                target.read(data, _fresh(scratch))
            except allowed:
                pass
            except Exception as error:  # noqa: BLE001 (what it is about)
                finds.keep(data, type(error).__name__, _place(error), traceback.format_exc())
            took_s = time.process_time() - began
            if took_s > most_s:
                finds.keep(data, "slow", f"{took_s:.0f} s", "")

        for seed in seeds:  # loads what is loaded where it is needed, which is slow
            try_one(seed, _MOST_SECONDS)

    def mutated(data: bytes, most: int, seed: int) -> bytes:
        rng = Random(seed)
        if rng.random() < _PLAIN_SHARE:
            return bytes(atheris.Mutate(data, most))
        return target.mutate(bytes(data), rng)[:most]

    _limit_memory()
    options = [
        f"-max_len={_MOST_BYTES}",
        f"-rss_limit_mb={_MOST_MEMORY_MB}",
        f"-timeout={_MOST_SECONDS}",
        f"-artifact_prefix={work / 'finds'}/",
        "-print_final_stats=1",
        "-close_fd_mask=3",
    ]
    atheris.Setup(
        [sys.argv[0], *options, *sys.argv[3:], str(corpus)], try_one, custom_mutator=mutated
    )
    atheris.Fuzz()


def _memory_disk() -> str | None:
    shared = Path("/dev/shm")
    return str(shared) if shared.is_dir() else None


def _fresh(scratch: Path) -> Path:
    folder = scratch / "input"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


def _limit_memory() -> None:
    """Let an allocation fail that goes beyond what is allowed, also one that is never used."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    most = pages * resource.getpagesize() + _MOST_MEMORY_MB * (1 << 20)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    main()
