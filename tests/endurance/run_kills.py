"""Kills programs that write, at random moments, and looks at what the next start finds.

Run apart, from the folder of the checkout; every kind of write takes its turn:

    python tests/endurance/run_kills.py [--kills N] [--seed N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]


def main() -> int:
    """Kill so often; return 1 if anything was corrupt or lost."""
    from tests import failing_calls

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=500)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        library = failing_calls.build(Path(folder))
        done = failing_calls.run_with(
            library, "tests.cutting_off", "kills", str(options.kills), str(options.seed)
        )
    print(done.stdout, end="")
    print(f"{time.monotonic() - began:.0f} s")
    if done.returncode:
        print(done.stderr[-3000:])
    return done.returncode


if __name__ == "__main__":
    raise SystemExit(main())
