"""How fast the window follows a hand that pulls a needle: numbers, the view in hand, the others.

Run as ``python tests/benchmarks/bench_drag.py [EVENTS A SECOND] [MASKS]``; it wants the real data
(TREPHINE_DATA, or ../shared/data beside the checkout), drives the real window without a display,
and asserts nothing. Events come 60 times a second; those that come while the window is busy are
dropped, as a window system does. Beside the time on the clock stands the processor time of the
window's own thread, waiting left out: at 2 events a second it says what each one costs, also on a
machine that is busy with other things.
"""

from __future__ import annotations

import os
import sys
import time
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

from app.paths import prepare_kernel_cache  # noqa: E402

prepare_kernel_cache()

import numpy as np  # noqa: E402
from PySide6.QtCore import QEvent, QPoint, QPointF, Qt  # noqa: E402
from PySide6.QtGui import QMouseEvent  # noqa: E402
from PySide6.QtTest import QTest  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.application import build_desk  # noqa: E402
from app.desk import Desk  # noqa: E402
from app.views.palette import apply_palette  # noqa: E402
from app.views.scene_view import SceneView  # noqa: E402
from app.views.slice_canvas import SliceCanvas  # noqa: E402
from app.views.slice_view import SliceView  # noqa: E402
from planning.geometry import Vec3  # noqa: E402
from planning.records.case_file import LoadedCase  # noqa: E402
from tests.benchmarks.big_case import big_pelvis  # noqa: E402

_EVENTS = 60
_SETTLE_S = 1.0
_REACH_S = 0.4


class _Watch:
    """Notes when what became visible; wraps the views' own methods."""

    def __init__(self, desk: Desk) -> None:
        self.event = -1
        self.done: dict[str, list[tuple[float, float, int]]] = defaultdict(list)
        self._tags: dict[int, int] = defaultdict(lambda: -1)
        self._names = {
            id(view): name
            for name, view in desk.window.pictures.views().items()
            if isinstance(view, SliceCanvas)
        }
        self._heat = -1
        card = desk.window.card
        self._wrap(card, "show_now", lambda _: self._note("card", self.event))
        self._wrap_class(SliceCanvas, "set_needles", self._tag)
        self._wrap_class(SliceCanvas, "paintEvent", self._painted)
        self._wrap_class(SceneView, "set_heat", self._heated)
        self._wrap_class(SceneView, "paintEvent", self._scene_painted)

    def _note(self, what: str, event: int) -> None:
        self.done[what].append((time.perf_counter(), time.thread_time(), event))

    def _heated(self, _: Any) -> None:
        self._heat = self.event

    def _scene_painted(self, _: Any) -> None:
        self._note("3-D", self.event)
        self._note("heat map in 3-D", self._heat)

    def _tag(self, view: Any) -> None:
        self._tags[id(view)] = self.event

    def _painted(self, view: Any) -> None:
        if id(view) in self._names:
            self._note(self._names[id(view)], self._tags[id(view)])

    @staticmethod
    def _wrap(thing: Any, name: str, then: Any) -> None:
        inner = getattr(thing, name)

        def call(*arguments: Any) -> Any:
            answer = inner(*arguments)
            then(thing)
            return answer

        setattr(thing, name, call)

    @staticmethod
    def _wrap_class(kind: type, name: str, then: Any) -> None:
        inner = getattr(kind, name)

        def call(self: Any, *arguments: Any) -> Any:
            answer = inner(self, *arguments)
            then(self)
            return answer

        setattr(kind, name, call)


def main() -> None:
    """Print all figures."""
    data_dir = Path(os.environ.get("TREPHINE_DATA", _ROOT.parent / "shared" / "data"))
    every_s = 1.0 / float(sys.argv[1] if len(sys.argv) > 1 else 60)
    masks = int(sys.argv[2]) if len(sys.argv) > 2 else 40
    application = QApplication([])
    apply_palette(application)
    print(f"{os.cpu_count()} cores, load before the start {os.getloadavg()[0]:.1f}")
    desk = build_desk()
    desk.window.resize(1600, 1000)
    desk.window.show()
    watch = _Watch(desk)  # slices are painted by the class's method from now on
    loaded = _with_masks(big_pelvis(data_dir), masks)
    print(f"{loaded.images.ct.grid.size_ijk}, {len(loaded.case.structures)} masks")
    desk.session.open(loaded.case, loaded.images)
    desk.window.show_pictures()
    _wait(application, desk)
    desk.hand.set_editing(on=True)
    _wait(application, desk)
    for layout, heat in (
        ("overview", False),
        ("overview", True),
        ("adjust", False),
        ("adjust", True),
    ):
        desk.window.actions_by_key[f"layout_{layout}"].trigger()
        desk.view_state.set_shown(replace(desk.view_state.shown, heat_map=heat))
        for what in ("tip", "entry"):
            held = desk.hand.edited
            assert held is not None, "it is still being edited"
            path = held.trajectory
            at = path.tip_lps_mm if what == "tip" else path.entry_lps_mm
            desk.view_state.set_crosshair(at)
            _wait(application, desk)
            print(f"{layout}, heat map {'on' if heat else 'off'}: pulling the {what} on the axial")
            _report(_drag(application, desk, watch, at, every_s), watch)
            _wait(application, desk)
    desk.window.close()


def _with_masks(loaded: LoadedCase, count: int) -> LoadedCase:
    """Return the case with so many masks, the lesion and what is at risk first."""
    order = sorted(loaded.case.structures, key=lambda s: s.role.value in ("muscle", "ignore"))
    return replace(loaded, case=replace(loaded.case, structures=tuple(order[:count])))


def _drag(
    application: QApplication, desk: Desk, watch: _Watch, at: Vec3, every_s: float
) -> list[tuple[float, float, float]]:
    """Pull what lies at a point in a small spiral; return when each event came."""
    view: SliceView = desk.window.axial
    plane = view.plane()
    assert plane is not None, "a case is open"
    start = QPointF(*plane.screen_from_lps(at).tolist())
    _move(view, start, held=False)  # a hand reaches for a needle before it takes it
    until = time.perf_counter() + _REACH_S
    while time.perf_counter() < until:
        _turn(application)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start.toPoint())
    watch.done.clear()
    began = time.perf_counter()
    came: list[tuple[float, float, float]] = []
    for number in range(_EVENTS):
        due = began + number * every_s
        while time.perf_counter() < due:
            _turn(application)
        if time.perf_counter() > due + every_s:
            continue  # a later one is waiting
        turn, away = 0.35 * number, 1.0 + 0.25 * number
        place = start + QPointF(away * np.cos(turn), away * np.sin(turn))
        watch.event = len(came)
        cpu = time.thread_time()
        _move(view, place)
        came.append((due, cpu, time.thread_time()))
        application.processEvents()
    until = time.perf_counter() + _SETTLE_S
    while time.perf_counter() < until:
        _turn(application)
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=QPoint(round(place.x()), 0))
    application.processEvents()
    return came


def _move(view: SliceView, place: QPointF, *, held: bool = True) -> None:
    left = Qt.MouseButton.LeftButton
    event = QMouseEvent(
        QEvent.Type.MouseMove,
        place,
        QPointF(view.mapToGlobal(place.toPoint())),
        Qt.MouseButton.NoButton,
        left if held else Qt.MouseButton.NoButton,
        Qt.KeyboardModifier.NoModifier,
    )
    QApplication.sendEvent(view, event)


def _report(came: list[tuple[float, float, float]], watch: _Watch) -> None:
    print(f"  {len(came)} of {_EVENTS} events were taken")
    wanted = {"card": 16, "axial": 50, "coronal": 150, "sagittal": 150}
    wanted |= {"eye": 150, "along_axial": 150, "along_head": 150}
    wanted |= {"3-D": 300, "heat map in 3-D": 300}
    for what, most_ms in wanted.items():
        clock, cpu = [], []
        for number, (due, began_cpu, _) in enumerate(came):
            shown = [d for d in watch.done[what] if d[2] >= number and d[0] >= due]
            if shown:
                clock.append(1e3 * (shown[0][0] - due))
                cpu.append(1e3 * (shown[0][1] - began_cpu))
        if not clock:
            continue  # not in this layout
        words = " ".join(
            f"{name} median {np.median(v):6.1f} ms, 95 % {np.percentile(v, 95):6.1f} ms;"
            for name, v in (("clock", clock), ("processor", cpu))
        )
        print(f"  {what:<16} {words} wanted {most_ms} ms")


def _turn(application: QApplication) -> None:
    application.processEvents()
    time.sleep(0.0005)


def _wait(application: QApplication, desk: Desk) -> None:
    application.processEvents()
    while desk.is_busy:
        application.processEvents()
        time.sleep(0.01)
    for _ in range(5):
        application.processEvents()


if __name__ == "__main__":
    main()
