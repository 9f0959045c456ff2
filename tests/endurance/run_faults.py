"""Lets disks, shares, locks and clocks fail under the program; prints each message as a table.

Run apart, from the folder of the checkout (as root for all of them), with the calls that change
something failing one after another below every write as well:

    python tests/endurance/run_faults.py [--some] [--every N]
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "packaging")]

SOME = 5
"""With --some, each fifth fault, and a few of the calls: about a minute."""


def main() -> int:
    """Run all faults; return 1 if any came to something else than a message and whole files."""
    from tests import failing_calls
    from tests.fault_desk import Desk
    from tests.faults import FAULTS

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--some", action="store_true", help="a sample, for a minute")
    parser.add_argument("--every", type=int, default=3, help="let every so manieth call fail")
    parser.add_argument("--only", default="", help="faults whose name holds this; no calls")
    options = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        folder.chmod(0o755)
        library = failing_calls.build(folder)
        chosen = FAULTS[::SOME] if options.some else FAULTS
        for number, fault in enumerate(chosen):
            if options.only not in fault.name:
                continue
            if not fault.can_run:
                print(f"| {fault.name} | {fault.where} | not run: it needs {fault.needs} | |")
                continue
            place = folder / f"{number}"
            place.mkdir()
            ran = fault.run(Desk(place, library).made())
            wrong += bool(ran.wrong)
            end = f" WRONG: {ran.wrong}" if ran.wrong else ""
            print(f"| {fault.name} | {fault.where} | {ran.message} | {ran.left} |{end}", flush=True)
        print(f"{len(chosen)} faults, {wrong} wrong")
        if options.only:
            return int(wrong > 0)
        every = "40" if options.some else str(options.every)
        for module, arguments in (
            ("tests.window_faults", ()),
            ("tests.cutting_off", ("calls", every)),
        ):
            done = failing_calls.run_with(library, module, *arguments)
            print(done.stdout, end="", flush=True)
            if done.returncode:
                print(done.stderr[-3000:])
                wrong += 1
    return int(wrong > 0)


if __name__ == "__main__":
    raise SystemExit(main())
