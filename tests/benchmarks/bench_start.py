"""How soon the window stands with the sample case, from the process's start, and its memory.

Every run is a process of its own, warm: one run before goes uncounted. The clock starts before
Python does and stops when the window, or the opened case, has been painted. It is started as the
`trephine open` command does. Judges nothing, prints figures.

    python tests/benchmarks/bench_start.py [--runs 5]
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

# The child is a text, so that nothing is imported in it that the program would not import.
CHILD = """
import sys, time
from pathlib import Path
from app.memory import collect_from_now, collect_later, import_plainly, share_one_arena
from app.paths import log_file, prepare_kernel_cache, running_dir
prepare_kernel_cache()
import app.cli, app.starting
from app.watching import begin_watch
from app.reading import ReadAhead
from app.reading_beside import begin_reading

def memory_mib(key):
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(key)).split()[1]) / 1024

def wait_while(busy):
    while busy():
        application.processEvents()
        time.sleep(0.002)
    application.processEvents()

started, case = float(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None
share_one_arena()
collect_later()
watch = begin_watch(lambda end: None, log_file().parent)
ahead = ReadAhead(case, begin_reading(case)) if case else None
import_plainly()
from app.application import start
from app.run_marks import RunMark
mark = RunMark(running_dir())
mark.begin()
application, desk = start(case, ahead=ahead)
application.processEvents()
window_s = time.time() - started
collect_from_now()
print(window_s)
if case:
    wait_while(lambda: desk.session.images is None)
    shown_s = time.time() - started
    wait_while(lambda: desk.is_busy)
    settled_s = time.time() - started
    print(shown_s, settled_s, memory_mib("VmRSS"), memory_mib("VmHWM"))
desk.window.close()
mark.end()
watch.ended()
"""


def main() -> None:
    """Print the medians of some starts."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    print(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}")
    with tempfile.TemporaryDirectory() as folder:
        case, home = _sample(Path(folder)), Path(folder, "home")
        alone = [_start(home) for _ in range(runs + 1)][1:]
        rows = [(*a, *_start(home, case)) for a in (alone[0], *alone)][1:]
    names = ("empty window s", "window s", "case shown s", "anatomy known s")
    for name, figures in zip(
        (*names, "memory MiB", "peak MiB"), zip(*rows, strict=True), strict=True
    ):
        print(f"{name:16} median {statistics.median(figures):8.2f}  worst {max(figures):8.2f}")


def _sample(folder: Path) -> Path:
    write = (
        "import sys; from pathlib import Path;"
        "from planning.sample.sample_case import write_sample_case;"
        "print(write_sample_case(Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-c", write, str(folder)], check=True, capture_output=True, text=True
    )
    return Path(done.stdout.strip())


def _start(home: Path, *case: Path) -> tuple[float, ...]:
    # Byte code is kept as for a user's installation, whatever this shell forbids.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment |= {f"XDG_{kind}_HOME": str(home) for kind in ("CONFIG", "DATA", "STATE")}
    done = subprocess.run(
        [sys.executable, "-c", CHILD, str(time.time()), *map(str, case)],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
    )
    return tuple(float(figure) for figure in done.stdout.split())


if __name__ == "__main__":
    main()
