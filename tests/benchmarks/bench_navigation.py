"""How often a second the window shows a tracked needle that comes a hundred times a second.

Run as ``python tests/benchmarks/bench_navigation.py [HZ] [SECONDS]``; it wants the real data
(TREPHINE_DATA, or ../shared/data beside the checkout), drives the real window without a display
over a real connection, and asserts nothing. Beside the paintings of each view a second stands the
longest time between two of them, how long the window was ever deaf (the longest turn of its event
loop), and the processor time of the window's own thread for each position that is shown, waiting
left out: what it costs also on a machine that is busy with other things.
"""

from __future__ import annotations

import os
import socket
import sys
import time
from collections import defaultdict
from pathlib import Path
from threading import Event, Thread
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numpy as np  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.application import build_desk  # noqa: E402
from app.desk import Desk  # noqa: E402
from app.views.live_card import LiveCard  # noqa: E402
from app.views.navigation_values import NavigationWish  # noqa: E402
from app.views.palette import apply_palette  # noqa: E402
from app.views.scene_view import SceneView  # noqa: E402
from app.views.still_canvas import StillCanvas  # noqa: E402
from planning.geometry import unit, vec3  # noqa: E402
from planning.handover.igtl.contents import Transform, transform_to_bytes  # noqa: E402
from planning.handover.igtl.wire import Message, message_to_bytes  # noqa: E402
from tests.benchmarks.big_case import big_pelvis  # noqa: E402

_PORT = 18957


def main() -> None:
    """Print all figures."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    every_s = 1.0 / float(sys.argv[1] if len(sys.argv) > 1 else 100)
    seconds = float(sys.argv[2] if len(sys.argv) > 2 else 5)
    application = QApplication([])
    apply_palette(application)
    print(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}")
    desk = build_desk()
    desk.window.resize(1600, 1000)
    desk.window.show()
    painted = _watched(desk)
    loaded = big_pelvis(data_dir)
    print(f"{loaded.images.ct.grid.size_ijk}, {len(loaded.case.structures)} masks")
    desk.session.open(loaded.case, loaded.images)
    desk.window.show_pictures()
    _wait(application, desk)
    desk.planning.start()
    _wait(application, desk)
    desk.window.actions_by_key["navigation"].trigger()
    desk.navigation.start(NavigationWish(port=_PORT))
    _turn_for(application, 0.5)
    for layout in ("overview", "adjust"):
        for follows in (False, True):
            desk.window.actions_by_key[f"layout_{layout}"].trigger()
            desk.navigation.set_following(follows=follows)
            _turn_for(application, 0.5)
            print(f"{layout}, slices {'follow the tip' if follows else 'stay where they are'}")
            _run(application, desk, painted, every_s, seconds)
    desk.window.close()


def _watched(desk: Desk) -> dict[str, list[float]]:
    """Note when each view is painted, and when the numbers change."""
    painted: dict[str, list[float]] = defaultdict(list)
    names = {id(view): name for name, view in desk.window.pictures.views().items()}
    for kind in (StillCanvas, SceneView):
        _after(
            kind, "paintEvent", lambda view: painted[names[id(view)]].append(time.perf_counter())
        )
    _after(LiveCard, "set_text", lambda _: painted["numbers"].append(time.perf_counter()))
    return painted


def _after(kind: type, name: str, then: Any) -> None:
    inner = getattr(kind, name)

    def call(self: Any, *arguments: Any) -> Any:
        answer = inner(self, *arguments)
        then(self)
        return answer

    setattr(kind, name, call)


def _run(
    application: QApplication,
    desk: Desk,
    painted: dict[str, list[float]],
    every_s: float,
    seconds: float,
) -> None:
    stop = Event()
    tracker = Thread(target=_track, args=(desk, every_s, stop), daemon=True)
    tracker.start()
    _turn_for(application, 0.5)
    painted.clear()
    before = desk.navigation.link.counts.poses
    began, deaf, cpu = time.perf_counter(), 0.0, time.thread_time()
    while time.perf_counter() - began < seconds:
        turn = time.perf_counter()
        application.processEvents()
        deaf = max(deaf, time.perf_counter() - turn)
        time.sleep(0.0005)
    took = time.perf_counter() - began
    poses = desk.navigation.link.counts.poses - before
    stop.set()
    tracker.join()
    cpu_ms = 1e3 * (time.thread_time() - cpu) / max(1, len(painted["numbers"]))
    print(f"  in: {poses / took:.0f} positions a second; longest turn {1e3 * deaf:.0f} ms;")
    print(f"  the window's own processor time {cpu_ms:.1f} ms for each that is shown")
    for name, times in sorted(painted.items()):
        gap = float(np.diff(times).max()) if len(times) > 1 else float("inf")
        print(f"  {name:<12} {len(times) / took:5.1f} Hz, longest gap {1e3 * gap:4.0f} ms")


def _track(desk: Desk, every_s: float, stop: Event) -> None:
    """Be a tracker: a needle that trembles around the way to the stop."""
    plan = desk.session.case.plan if desk.session.case else None
    assert plan is not None, "it was planned"
    candidate = next(c for c in plan.candidates if c.candidate_id == desk.view_state.selected)
    along = candidate.trajectory.direction_lps
    aside = unit(np.cross(along, (0.0, 0.0, 1.0)))
    flip = np.diag((-1.0, -1.0, 1.0))
    with socket.create_connection(("127.0.0.1", _PORT)) as connection:
        number = 0
        due = time.perf_counter()
        while not stop.is_set():
            turn = 0.05 * number
            z = unit(along + 0.05 * np.sin(turn) * aside)
            x = unit(np.cross((0.2, 0.9, 0.3), z))
            tip = np.array(candidate.stop_lps_mm) - (20.0 + 15.0 * np.cos(0.3 * turn)) * z
            axes = tuple(vec3(flip @ axis) for axis in (x, np.cross(z, x), z))
            content = transform_to_bytes(Transform(axes, vec3(flip @ tip)))  # type: ignore[arg-type]
            message = Message(kind="TRANSFORM", device="Needle", content=content)
            connection.sendall(message_to_bytes(message))
            number += 1
            due += every_s
            time.sleep(max(0.0, due - time.perf_counter()))


def _turn_for(application: QApplication, seconds: float) -> None:
    until = time.perf_counter() + seconds
    while time.perf_counter() < until:
        application.processEvents()
        time.sleep(0.001)


def _wait(application: QApplication, desk: Desk) -> None:
    _turn_for(application, 0.2)
    while desk.is_busy:
        application.processEvents()
        time.sleep(0.01)
    _turn_for(application, 0.2)


if __name__ == "__main__":
    main()
