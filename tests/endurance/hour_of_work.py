"""An hour of somebody working in the real window: memory has to stay flat, the console silent.

    python tests/endurance/hour_of_work.py --minutes 60

The work is done in a child process, so that everything it writes to its console can be read; the
hand is scripted but driven through real mouse and key events. Not part of the test suite, which
runs a minute of it from ``.ci/run``.
"""

from __future__ import annotations

import argparse
import faulthandler
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

_ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(_ROOT)]

_STEADY_AFTER = 0.34  # of the time: caches, undo steps and surfaces have filled by then
_ALLOWED_GROWTH_MB_PER_H = 60.0
_ALLOWED_GROWTH_MB = 40.0
_PATIENCE_S = 300.0
_MOST_OWN = 4


def main() -> int:
    """Watch a child work; return 0 if it kept its memory and said nothing."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--case", type=Path, help="a case; the small sample case by default")
    parser.add_argument("--work", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.work:
        return work(arguments.case, arguments.minutes * 60.0, arguments.seed)
    with tempfile.TemporaryDirectory() as folder:
        return watch(arguments, Path(folder))


def watch(arguments: argparse.Namespace, folder: Path) -> int:
    """Run the child in a home of its own and judge what it wrote."""
    environment = {
        "QT_QPA_PLATFORM": "offscreen",
        "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow",
        **os.environ,
        "XDG_DATA_HOME": str(folder / "data"),
        "PYTHONPATH": str(_ROOT),
        "PYTHONWARNINGS": "always",
    }
    command = [sys.executable, __file__, "--work", "--minutes", str(arguments.minutes)]
    command += ["--seed", str(arguments.seed), "--case", str(arguments.case or _sample(folder))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    print(done.stdout, end="")
    if done.stderr.strip():
        print(f"The console was not silent:\n{done.stderr}")
    return 1 if done.returncode or done.stderr.strip() else 0


def _sample(folder: Path) -> Path:
    from planning.sample.sample_case import write_sample_case

    return write_sample_case(folder / "sample", in_plane_size=160, slice_spacing_mm=3.0)


@dataclass
class Memory:
    """Resident size over time."""

    began_s: float = field(default_factory=time.monotonic)
    seen: list[tuple[float, float]] = field(default_factory=list)

    def look(self) -> None:
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        size_mb = pages * os.sysconf("SC_PAGE_SIZE") / 1e6
        self.seen.append((time.monotonic() - self.began_s, size_mb))

    def verdict(self) -> str:
        """Return an empty string if the memory stayed flat, otherwise what it did."""
        whole_s = self.seen[-1][0]
        steady = [(t, mb) for t, mb in self.seen if t >= _STEADY_AFTER * whole_s]
        middle_s = (steady[0][0] + steady[-1][0]) / 2.0
        early = _median([mb for t, mb in steady if t < middle_s])
        late = _median([mb for t, mb in steady if t >= middle_s])
        apart_h = (steady[-1][0] - steady[0][0]) / 2.0 / 3600.0
        print(f"memory: {early:.0f} MB in the earlier, {late:.0f} MB in the later half")
        if late - early <= max(_ALLOWED_GROWTH_MB, _ALLOWED_GROWTH_MB_PER_H * apart_h):
            return ""
        return f"The memory grew by {late - early:.0f} MB in {60.0 * apart_h:.1f} minutes."


def _median(values: list[float]) -> float:
    return sorted(values)[len(values) // 2]


def work(case: Path, seconds: float, seed: int) -> int:
    """Open a case and work on it; return 1 if the memory grew."""
    from app.memory import collect_from_now, collect_later, share_one_arena
    from app.paths import prepare_kernel_cache

    prepare_kernel_cache()
    faulthandler.enable()
    share_one_arena()  # as the program starts
    collect_later()
    from PySide6.QtWidgets import QApplication

    from app.application import build_desk
    from app.views.palette import apply_palette

    application = QApplication([])
    apply_palette(application)
    desk = build_desk()
    desk.window.resize(1600, 1000)
    desk.window.show()
    hand = Hand(desk, random.Random(seed))
    desk.open_case(case, then_plan=True)
    hand.wait()
    collect_from_now()
    memory, counts = Memory(), dict.fromkeys(hand.doings, 0)
    while time.monotonic() - memory.began_s < seconds:
        name = hand.chance.choices(list(hand.doings), [w for w, _ in hand.doings.values()])[0]
        hand.doings[name][1]()
        counts[name] += 1
        hand.breathe()
        memory.look()
    hand.wait()
    print(", ".join(f"{count} x {name}" for name, count in counts.items()))
    problem = memory.verdict()
    if problem:
        print(problem)
    desk.window.close()
    return 1 if problem else 0


class Hand:
    """Scripted gestures on the real window, by chance."""

    def __init__(self, desk, chance: random.Random) -> None:
        self.desk = desk
        self.chance = chance
        self.doings: dict[str, tuple[float, Callable[[], None]]] = {
            "scroll": (8.0, self.scroll),
            "point": (8.0, self.point),
            "window": (2.0, self.set_window),
            "zoom and pan": (2.0, self.zoom_and_pan),
            "turn": (2.0, self.turn),
            "select": (4.0, self.select),
            "drag a needle": (6.0, self.drag_needle),
            "weigh": (2.0, self.weigh),
            "layout": (1.0, self.change_layout),
            "toggle": (1.0, self.toggle),
            "undo and redo": (3.0, self.undo_and_redo),
            "plan": (0.3, self.plan),
        }

    def breathe(self, seconds: float = 0.02) -> None:
        from PySide6.QtTest import QTest

        QTest.qWait(int(1000 * seconds))

    def wait(self) -> None:
        """Let everything in the background end."""
        until_s = time.monotonic() + _PATIENCE_S
        self.breathe()
        while self.desk.is_busy and time.monotonic() < until_s:
            self.breathe()
        self.breathe(0.1)

    def trigger(self, key: str) -> None:
        action = self.desk.window.actions_by_key[key]
        if action.isEnabled():
            action.trigger()
            self.breathe()

    def a_slice(self):
        seen = [view for view in self.desk.window.slices if view.isVisible() and view.plane()]
        return self.chance.choice(seen)

    def a_place(self, view):
        from PySide6.QtCore import QPoint

        x = self.chance.uniform(0.3, 0.7) * view.width()
        y = self.chance.uniform(0.3, 0.7) * view.height()
        return QPoint(round(x), round(y))

    def drag(self, view, start, end, button, steps: int = 8) -> None:
        from PySide6.QtTest import QTest

        QTest.mousePress(view, button, pos=start)
        for step in range(1, steps + 1):
            QTest.mouseMove(view, start + (end - start) * step / steps)
            self.breathe(0.005)
        QTest.mouseRelease(view, button, pos=end)
        self.breathe()

    def scroll(self) -> None:
        from PySide6.QtCore import QPoint, QPointF, Qt
        from PySide6.QtGui import QWheelEvent
        from PySide6.QtWidgets import QApplication

        view, notch = self.a_slice(), self.chance.choice((120, -120))
        for _ in range(self.chance.randint(3, 20)):
            middle = QPointF(view.rect().center())
            event = QWheelEvent(
                middle,
                QPointF(view.mapToGlobal(view.rect().center())),
                QPoint(),
                QPoint(0, notch),
                Qt.MouseButton.NoButton,
                Qt.KeyboardModifier.NoModifier,
                Qt.ScrollPhase.NoScrollPhase,
                False,
            )
            QApplication.sendEvent(view, event)
            self.breathe(0.002)

    def point(self) -> None:
        from PySide6.QtCore import Qt

        view = self.a_slice()
        self.drag(view, self.a_place(view), self.a_place(view), Qt.MouseButton.LeftButton)

    def set_window(self) -> None:
        self.trigger(f"window_{self.chance.randint(1, 6)}")

    def zoom_and_pan(self) -> None:
        from PySide6.QtCore import Qt
        from PySide6.QtTest import QTest

        view = self.a_slice()
        self.drag(view, self.a_place(view), self.a_place(view), Qt.MouseButton.MiddleButton)
        QTest.keyClicks(view, self.chance.choice(("+", "-")))
        if self.chance.random() < 0.3:
            QTest.keyClick(view, Qt.Key.Key_Home)

    def turn(self) -> None:
        from PySide6.QtCore import Qt

        view = self.desk.window.scene
        if view.isVisible():
            self.drag(view, self.a_place(view), self.a_place(view), Qt.MouseButton.LeftButton)

    def select(self) -> None:
        self.trigger(self.chance.choice(("next", "previous")))

    def change_layout(self) -> None:
        self.trigger(self.chance.choice(("layout_overview", "layout_adjust", "layout_review")))

    def toggle(self) -> None:
        keys = ("show_labels", "show_ghosts", "show_fills", "show_envelope", "heat_map")
        self.trigger(self.chance.choice(keys))

    def undo_and_redo(self) -> None:
        times = self.chance.randint(1, 5)
        for key in ("undo", "redo"):
            for _ in range(times):
                self.trigger(key)

    def plan(self) -> None:
        self.trigger("plan")
        self.wait()

    def drag_needle(self) -> None:
        """Pull an end of a needle placed by hand; give it up now and then."""
        from PySide6.QtCore import QPoint, Qt
        from PySide6.QtTest import QTest

        hand, state = self.desk.hand, self.desk.view_state
        if hand.why_not_place():
            return
        hand.set_editing(on=True)
        own = hand.edited
        if own is None:
            return
        path = own.trajectory
        at = self.chance.choice((path.entry_lps_mm, path.tip_lps_mm))
        state.set_crosshair(at)
        self.breathe()
        view = self.a_slice()
        x, y = view.plane().screen_from_lps(at)
        start = QPoint(round(x), round(y))
        away = QPoint(self.chance.randint(-15, 15), self.chance.randint(-15, 15))
        QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=start)
        for step in range(1, 9):
            QTest.mouseMove(view, start + away * step / 8)
            self.breathe(0.005)
        if self.chance.random() < 0.2:
            QTest.keyClick(view, Qt.Key.Key_Escape)
        QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=start + away)
        self.breathe()
        case = self.desk.session.case
        if len(case.own_paths) > _MOST_OWN:
            hand.delete()
        if self.chance.random() < 0.5:
            hand.set_editing(on=False)

    def weigh(self) -> None:
        """Move a slider of what matters there and back."""
        matters, case = self.desk.choosing.matters, self.desk.session.case
        if case is None or case.plan is None:
            return
        keys = list(case.plan.candidates[0].contributions) if case.plan.candidates else []
        if not keys:
            return
        key = self.chance.choice(keys)
        matters.begin()
        for _ in range(6):
            matters.move("weight", key, round(self.chance.uniform(0.0, 3.0), 1))
            self.breathe(0.005)
        matters.settle()


if __name__ == "__main__":
    sys.exit(main())
