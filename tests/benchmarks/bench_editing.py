"""How long a stroke takes in the real window on the pelvis at 512 x 512 x 400; asserts nothing.

python tests/benchmarks/bench_editing.py DATA_FOLDER
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.application import build_desk
from app.desk import Desk
from app.presenters.mask_work import worked
from app.views.palette import apply_palette
from app.views.structure_values import EditKind, EditRequest
from planning.model.case import Role
from tests.benchmarks.big_case import big_pelvis

LEFT = Qt.MouseButton.LeftButton


def main() -> None:
    application = QApplication([])
    apply_palette(application, "dark")
    desk = build_desk()
    desk.window.resize(1600, 1000)
    desk.window.show()
    loaded = big_pelvis(Path(sys.argv[1]))
    desk.session.open(loaded.case, loaded.images)
    desk.window.show_pictures()
    settle(application, desk)
    print(f"{len(loaded.case.structures)} structures, {loaded.images.ct.grid.size_ijk}")
    for role in (Role.TUMOUR, Role.BONE):
        paint_on(application, desk, role)
    whole_masks(desk)
    desk.window.close()
    desk.shut_down()


def paint_on(application: QApplication, desk: Desk, role: Role) -> None:
    """Paint ten strokes on the largest structure of a role and print what they take."""
    of_role = [s for s in desk.session.case.structures if s.role is role]
    masks = desk.session.images.masks
    structure = max(of_role, key=lambda s: masks[s.mask_id].volume_ml)
    desk.window.structures.set_current(structure.mask_id)
    desk.window.structures.activated.emit(structure.mask_id)
    desk.window.actions_by_key["brush"].trigger()
    settle(application, desk)
    view, moves, releases = desk.window.axial, [], []
    x, y = np.rint(view.plane().screen_from_lps(desk.view_state.crosshair_lps_mm)).astype(int)
    for stroke in range(10):
        QTest.mousePress(view, LEFT, pos=QPoint(x, y + 8 * stroke))
        for step in range(1, 21):
            place = QPoint(x + 8 * step, y + 8 * stroke)
            moves.append(took(lambda place=place: (QTest.mouseMove(view, place), view.repaint())))
        releases.append(
            took(
                lambda place=place: (
                    QTest.mouseRelease(view, LEFT, pos=place),
                    *(v.repaint() for v in desk.window.slices),
                )
            )
        )
        settle(application, desk)
    mask = masks[structure.mask_id]
    print(f"{structure.name}: block {mask.grid.size_ijk}")
    for what, times in (("move, repainted", moves), ("release, all slices", releases)):
        print(f"  {what}: median {np.median(times):.1f} ms, worst {max(times):.1f} ms")


def whole_masks(desk: Desk) -> None:
    """Print what work on a whole mask takes, for the tumour and the largest bone."""
    images, case = desk.session.images, desk.session.case
    by_volume = sorted(case.structures, key=lambda s: images.masks[s.mask_id].volume_ml)
    bone = next(s for s in reversed(by_volume) if s.role is Role.BONE)
    tumour = next(s for s in by_volume if s.role is Role.TUMOUR)
    middle = desk.view_state.crosshair_lps_mm
    for structure in (tumour, bone):
        mask = images.masks[structure.mask_id]
        for kind in (EditKind.GROW, EditKind.SHRINK, EditKind.SMOOTH, EditKind.KEEP_LARGEST):
            request = EditRequest(kind, amount=2.0)
            ms = took(
                lambda mask=mask, request=request: worked(
                    mask, request, ct=images.ct, other=None, at_lps_mm=middle
                )
            )
            print(f"{kind.value} {structure.name}: {ms:.0f} ms")


def took(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return 1000.0 * (time.perf_counter() - began)


def settle(application: QApplication, desk: Desk) -> None:
    application.processEvents()
    while desk.is_busy:
        application.processEvents()
        time.sleep(0.01)
    for _ in range(5):
        application.processEvents()


if __name__ == "__main__":
    main()
