"""What is loaded before the window can be seen: what draws it, and nothing that computes."""

from __future__ import annotations

import os
import subprocess
import sys

SLOW_TO_LOAD = (
    "SimpleITK",
    "numba",
    "pydicom",
    "scipy",
    "sklearn",
    "planning.anatomy.anatomy",
    "planning.imaging.volume_files",
    "planning.records.case_file",
    "planning.trajectories.measure",
    "planning.trajectories.planner",
)

START = """
import sys
from PySide6.QtWidgets import QApplication
from app.application import build_desk
application = QApplication([])
desk = build_desk()
desk.window.show()
application.processEvents()
print(*sorted(sys.modules))
desk.window.close()
"""


def test_the_window_stands_before_anything_that_computes_is_loaded():
    """Imports at the top of a presenter are easily added, and each delays every start."""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(
        [sys.executable, "-c", START], check=True, capture_output=True, text=True, env=environment
    )
    loaded = set(done.stdout.split())
    assert "app.presenters.planning" in loaded
    assert [name for name in SLOW_TO_LOAD if name in loaded] == []
