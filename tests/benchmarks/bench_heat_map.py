"""How soon after a step of a drag the heat map and the 3-D view show it, in the real window.

Run as ``python tests/benchmarks/bench_heat_map.py``; it wants the real data (TREPHINE_DATA, or
../shared/data beside the checkout), renders in software without a display, asserts nothing. At
full size, 512 x 512 x 400.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")
_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numpy as np  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.application import build_desk  # noqa: E402
from app.desk import Desk  # noqa: E402
from app.planning_setup import anatomy_of, setup_of  # noqa: E402
from app.presenters.heat_map import skin_heat  # noqa: E402
from app.presenters.numbers import needle_path  # noqa: E402
from app.views.palette import apply_palette  # noqa: E402
from planning.model.needle import Trajectory  # noqa: E402
from planning.model.plan import Candidate  # noqa: E402
from planning.trajectories.planner import plan  # noqa: E402
from tests.benchmarks.big_case import big_pelvis  # noqa: E402

_STEPS = 20


def main() -> None:
    """Print all figures."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    print(f"load before the start {os.getloadavg()[0]:.1f}: above 0.5 all figures are too slow")
    application = QApplication([])
    apply_palette(application)
    desk = build_desk()
    desk.window.resize(1600, 1000)
    desk.window.show()
    loaded = big_pelvis(data_dir)
    anatomy = anatomy_of(loaded.case, loaded.images, setup_of(loaded.case))
    made = plan(anatomy, top=12)
    desk.session.open(replace(loaded.case, plan=made), loaded.images)
    desk.session.set_anatomy(anatomy)
    desk.window.show_pictures()
    desk.heat_map.toggle()
    _settle(application, desk)
    scene, points = desk.window.scene, anatomy.skin.points_lps_mm
    tip = made.candidates[0].trajectory.tip_lps_mm
    print(f"3-D {scene.width()} x {scene.height()}, skin {len(points):,} points")
    _report("map and colours", lambda _: skin_heat(anatomy, points, tip))
    _report("3-D frame, turned", lambda _: (scene._show_anew(), scene.repaint()))
    for view in desk.window.slices[:3]:
        _report(f"{view.accessibleName()} with marks", lambda _, view=view: view.repaint())
    best = made.candidates[0]

    def drag(step: int) -> None:
        draft = _pulled(best, step)
        desk.view_state.set_draft(draft)
        scene.set_needles((needle_path(draft, made.needle, selected=True),))
        desk.heat_map.show_map()
        for view in (*desk.window.slices[:3], scene):
            view.repaint()

    _report("step of a drag, all in all", drag)
    desk.window.close()


def _pulled(candidate: Candidate, step: int) -> Candidate:
    """Return the candidate with its tip a millimetre further for each step."""
    path = candidate.trajectory
    x, y, z = path.tip_lps_mm
    tip = (x, y, z + 1.0 + step % 5)
    return replace(candidate, trajectory=Trajectory(path.entry_lps_mm, tip))


def _settle(application: QApplication, desk: Desk) -> None:
    until_s = time.monotonic() + 2.0
    while desk.is_busy or time.monotonic() < until_s:
        application.processEvents()
        time.sleep(0.005)


def _report(what: str, work: Callable[[int], object]) -> None:
    taken, used = [], []
    for step in range(_STEPS):
        started, before = time.perf_counter(), time.process_time()
        work(step)
        taken.append(1e3 * (time.perf_counter() - started))
        used.append(1e3 * (time.process_time() - before))
    low, middle, high = np.percentile(taken, [5, 50, 95])
    told = f"median {middle:6.1f} ms (5 % {low:.1f}, 95 % {high:.1f})"
    print(f"  {what:<34} {told}, all threads' time {np.median(used):.0f} ms")


if __name__ == "__main__":
    main()
