"""How long a slice view takes for a frame while scrolling 512 x 512 x 400 voxels with 40 masks.

Run as ``python tests/benchmarks/bench_scrolling.py [SCALE WIDTH HEIGHT]``; renders in software,
without a display, and asserts nothing.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

_SCALE, _WIDTH, _HEIGHT = (*sys.argv[1:4],) if len(sys.argv) > 3 else ("1", "425", "375")
os.environ.update(QT_QPA_PLATFORM="offscreen", QT_SCALE_FACTOR=_SCALE)
sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import numpy as np  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.views.slice_view import SliceView  # noqa: E402
from app.views.values import MaskLayer  # noqa: E402
from planning.geometry import Grid  # noqa: E402
from planning.image import Mask, Volume  # noqa: E402

_FRAMES, _STEP_MM = 60, 1.3


def _volume() -> Volume:
    grid = Grid(
        size_ijk=(512, 512, 400),
        spacing_mm=(0.75, 0.75, 1.0),
        origin_lps_mm=(-192.0, -192.0, -200.0),
    )
    values = np.random.default_rng(0).integers(-200, 300, grid.shape_kji, dtype=np.int16)
    return Volume(grid=grid, values=values)


def _layers(grid: Grid) -> tuple[MaskLayer, ...]:
    """Forty balls, about half of them in any slice near the middle."""
    k, j, i = np.indices((60, 60, 60))
    ball = (k - 30) ** 2 + (j - 30) ** 2 + (i - 30) ** 2 < 28**2
    found = []
    for number in range(40):
        low = (100 + number % 8 * 40, 100 + number // 8 * 60, 120 + number % 5 * 30)
        mask = Mask(grid=grid.cropped(low, (60, 60, 60)), inside=ball.copy())
        name = f"ball {number}"
        found.append(MaskLayer(key=name, name=name, mask=mask, colour="#E69F00", opacity=0.28))
    return tuple(found)


def _frames_ms(view: SliceView) -> np.ndarray:
    times = []
    for frame in range(_FRAMES):
        place = (frame - _FRAMES / 2) * _STEP_MM
        started = time.perf_counter()
        view.set_crosshair((place, place, place))
        view.repaint()
        times.append(time.perf_counter() - started)
    return np.array(times) * 1e3


def main() -> None:
    """Print the median and the slowest frame of each orientation."""
    application = QApplication([])
    volume = _volume()
    for orientation in ("axial", "coronal", "sagittal"):
        view = SliceView(orientation)
        view.resize(int(_WIDTH), int(_HEIGHT))
        view.set_volume(volume)
        view.set_layers(_layers(volume.grid))
        view.show()
        application.processEvents()
        times = _frames_ms(view)
        print(
            f"{orientation:<9} {_WIDTH} x {_HEIGHT}, scale {_SCALE}: median "
            f"{np.median(times):.1f} ms, slowest of {_FRAMES} {times.max():.1f} ms"
        )
        view.close_rendering()
        view.close()


if __name__ == "__main__":
    main()
