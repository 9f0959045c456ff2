"""`trephine demo`: the sample case, planned, in the window or in a folder; plans nothing itself."""

from __future__ import annotations

import sys
from pathlib import Path

from app.commands import PlanOrder, refuse_existing, run_plan
from app.picture import take_picture
from app.terminal import progress_bar
from planning.sample.sample_case import write_sample_case

CASE = "case"
PICTURE = "plan.png"


def write_demo(out: Path, *, force: bool) -> None:
    """Make the sample case below `out`, plan it, and write everything there."""
    refuse_existing(out, force=force)
    case = _sample_case(out)
    run_plan(PlanOrder(case=case, out=out, force=force))
    if take_picture(case, out / PICTURE):
        sys.stdout.write(f"The picture of the plan is {out / PICTURE}\n")
    else:
        sys.stdout.write(
            "No picture was made: this machine lacks the graphics libraries Qt and VTK need.\n"
        )
    sys.stdout.write(f"All results are in {out.resolve()}\n")


def open_demo(out: Path) -> int:
    """Make the sample case below `out`, open it in the window, plan it; return the exit code."""
    from app.starting import open_window

    return open_window(_sample_case(out), then_plan=True)


def _sample_case(out: Path) -> Path:
    sys.stderr.write(f"Making the sample case in {out / CASE}\n")
    with progress_bar() as progress:
        return write_sample_case(out / CASE, progress=progress)
