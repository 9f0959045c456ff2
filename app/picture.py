"""A picture of the window with a planned case, without a display; in a process of its own.

A machine without the system libraries that Qt and VTK need does not raise an error but ends the
process, so that the program itself must not take the picture.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

from app.shipped_kernels import is_installed_program

_SIZE_PX = (1600, 1000)
_PATIENCE_S = 300.0


def take_picture(case: Path, png: Path) -> bool:
    """Write a picture of the window with the planned case; tell whether that was possible."""
    environment = {
        **os.environ,
        "QT_QPA_PLATFORM": "offscreen",
        "VTK_DEFAULT_OPENGL_WINDOW": "vtkEGLRenderWindow" if sys.platform == "linux" else "",
    }
    own = [sys.executable] if is_installed_program() else [sys.executable, "-m", "app"]
    command = [*own, "picture", str(case), str(png)]
    try:
        done = subprocess.run(
            command, env=environment, capture_output=True, timeout=_PATIENCE_S, check=False
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode == 0 and png.is_file()


def plan_in_the_window(case: Path, png: Path) -> bool:
    """Plan a case in a window of this process and keep a picture; tell whether both were done."""
    from PySide6.QtWidgets import QApplication

    from app.application import build_desk
    from app.fonts import add_fonts
    from app.views.file_saving import write_image
    from app.views.palette import apply_palette

    application = QApplication([])
    add_fonts()
    apply_palette(application)
    desk = build_desk()
    desk.window.resize(*_SIZE_PX)
    desk.window.show()
    desk.open_case(case)
    until_s = time.monotonic() + _PATIENCE_S

    def wait() -> None:
        while desk.is_busy and time.monotonic() < until_s:
            application.processEvents()
            time.sleep(0.01)

    wait()
    desk.planning.start()
    wait()
    application.processEvents()
    planned = desk.session.case is not None and desk.session.case.plan is not None
    written = planned and not write_image(desk.window.grab().toImage(), png)
    desk.window.close()
    return bool(written)
