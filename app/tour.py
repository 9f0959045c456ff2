"""A walk through the window with pictures of each stop: a look at an installation; checks nothing.

Every part of the window that loads something of its own is opened and used, so that what an
installation lacks shows here and not in a clinic.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QStandardPaths
from PySide6.QtWidgets import QApplication, QWidget

if TYPE_CHECKING:
    from app.desk import Desk

_SIZE_PX = (1600, 1000)
_PATIENCE_S = 300.0
_SETTLED_S = 0.6
_DRAWN = ("sr", "seg", "captures", "pdf")


class TourError(Exception):
    """A stop that was not reached."""


def look_around(case: Path, control: Path, folder: Path) -> int:
    """Plan, hand over and review a case in the window; return how many pictures were kept.

    Parameters
    ----------
    control : Path
        A CT of the same patient that shows a needle.

    Raises
    ------
    TourError
        If something is not there that should be.
    """
    from app.application import start

    QStandardPaths.setTestModeEnabled(True)  # dialogs of files remember nothing of this
    _, desk = start(case, then_plan=True)
    desk.window.resize(*_SIZE_PX)
    tour = _Tour(desk, folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        tour.planned()
        tour.handed_over()
        tour.windows()
        tour.reviewed(control)
    finally:
        desk.window.close()
    return tour.count


class _Tour:
    """The stops."""

    def __init__(self, desk: Desk, folder: Path) -> None:
        self._desk, self._folder = desk, folder
        self.count = 0

    def planned(self) -> None:
        """Look at the plan, with every step of the case's road and every arrangement of views."""
        from app.views.step_bar import STEPS

        desk = self._desk
        self._wait(lambda: desk.session.case is not None and desk.session.case.plan is not None)
        for key, _, _ in STEPS:
            self._press(f"step_{key}", f"step-{key}")
        self._press("step_plan", "plan")
        for key in ("layout_adjust", "layout_review", "heat_map", "shortcuts"):
            self._press(key, key)
        for key in ("shortcuts", "heat_map", "layout_overview"):
            desk.window.actions_by_key[key].trigger()

    def handed_over(self) -> None:
        """Write everything the window can write, and serve the plan."""
        from app.assembly import handing_over
        from app.views.navigation_values import NavigationWish

        desk = self._desk
        self._press("export", "export")
        for name, keys in (("reports", handing_over.REPORTS), ("export", _DRAWN)):
            desk.handing_over.set_folder(self._folder / name)
            desk.handing_over.export(keys, is_deidentified=False)
            self._wait(partial(_is_written, self._folder / name))
        self._keep("exported", desk.window)
        desk.navigation.start(replace(NavigationWish(), port=_free_port()))
        self._press("navigation", "navigation")
        desk.navigation.stop()

    def windows(self) -> None:
        """Open the windows beside the main one."""
        self._press("pacs", "")
        self._press("cohort", "")
        for name, view in (("pacs", self._desk.pacs.view), ("cohort", self._desk.cohort.view)):
            if view is None:
                raise TourError(f"{name}: no window opened")
            self._keep(name, view)
            view.close()

    def reviewed(self, control: Path) -> None:
        """Register the control CT, find its needle, and write the review."""
        reviewing = self._desk.reviewing
        self._press("step_review", "")
        reviewing.control.open(control)
        self._wait(lambda: reviewing.context.registered is not None)
        reviewing.control.accept()
        self._wait(lambda: bool(reviewing.context.review and reviewing.context.review.found))
        self._keep("reviewed", self._desk.window)

    def _press(self, key: str, picture: str) -> None:
        """Trigger an action, wait for what follows, keep a picture if it has a name."""
        action = self._desk.window.actions_by_key[key]
        if not action.isEnabled():
            raise TourError(f"{key}: {action.toolTip()}")
        action.trigger()
        self._settle()
        if picture:
            self._keep(picture, self._desk.window)

    def _keep(self, name: str, view: QWidget) -> None:
        self._settle()
        self.count += 1
        if not view.grab().save(str(self._folder / f"{self.count:02d}-{name}.png")):
            raise TourError(f"{name}: the picture cannot be written")

    def _wait(self, until: Callable[[], bool]) -> None:
        """Let the window work until that holds and nothing runs any more."""
        until_s = time.monotonic() + _PATIENCE_S
        while not until() or self._desk.is_busy:
            if time.monotonic() > until_s:
                raise TourError(self._desk.window.message.text() or "patience ran out")
            QApplication.processEvents()
            time.sleep(0.01)

    def _settle(self) -> None:
        """Let the window work until nothing has run in the background for a while."""
        self._wait(lambda: True)
        idle_since_s = time.monotonic()
        while time.monotonic() - idle_since_s < _SETTLED_S:
            QApplication.processEvents()
            time.sleep(0.01)
            if self._desk.is_busy:
                idle_since_s = time.monotonic()


def _is_written(folder: Path) -> bool:
    return any(folder.glob("*/manifest.json"))


def _free_port() -> int:
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
