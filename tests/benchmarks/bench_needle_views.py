"""How long the views around a moving needle take for a frame on the real pelvis, 40 masks.

Run as ``python tests/benchmarks/bench_needle_views.py DATA [WIDTH HEIGHT]``, DATA a folder with the
pelvis case; renders in software, without a display, and asserts nothing. The pelvis is brought to
512 x 512 x 400 voxels; the needle moves with every frame, so that no outline can be kept.
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

os.environ.update(QT_QPA_PLATFORM="offscreen")
sys.path[:0] = [str(Path(__file__).resolve().parents[2])]

import numpy as np  # noqa: E402
from PySide6.QtWidgets import QApplication  # noqa: E402

from app.rendering.mask_contours import SharedContours  # noqa: E402
from app.rendering.needle_axes import NEEDLE_SIGHTS, needle_framing  # noqa: E402
from app.views.slice_view import SliceView  # noqa: E402
from app.views.values import MaskLayer, NeedlePath  # noqa: E402
from planning.geometry import Vec3, vec3  # noqa: E402
from planning.model.case import Role  # noqa: E402
from planning.model.needle import Trajectory  # noqa: E402
from planning.records.case_file import LoadedCase  # noqa: E402
from tests.benchmarks.big_case import big_pelvis  # noqa: E402

_FRAMES, _MASKS = 60, 40
_DEPTH_MM, _FROM_LPS_MM = 75.0, (-30.0, 60.0, 15.0)


def _layers(loaded: LoadedCase) -> tuple[MaskLayer, ...]:
    """The forty largest structures: what costs most."""
    masks = loaded.images.masks
    found = sorted(loaded.case.structures, key=lambda s: -masks[s.mask_id].inside.size)
    return tuple(
        MaskLayer(key=s.mask_id, name=s.name, mask=masks[s.mask_id], colour="#E69F00")
        for s in found[:_MASKS]
    )


def _lesion(loaded: LoadedCase) -> Vec3:
    tumour = next(s for s in loaded.case.structures if s.role is Role.TUMOUR)
    centre = loaded.images.masks[tumour.mask_id].centroid_lps_mm()
    assert centre is not None, "the pelvis has a tumour"
    return centre


def _needle(tip: Vec3, frame: int) -> Trajectory:
    """A needle whose entry goes round on the skin, about a millimetre with every frame."""
    turn = 2.0 * np.pi * frame / _FRAMES
    away = np.array(_FROM_LPS_MM) + 10.0 * np.array((np.cos(turn), 0.0, np.sin(turn)))
    entry = np.array(tip) + _DEPTH_MM * away / np.linalg.norm(away)
    return Trajectory(vec3(entry), tip)


def _drawn(path: Trajectory) -> NeedlePath:
    return NeedlePath(
        key="T1",
        label="1",
        entry_lps_mm=path.entry_lps_mm,
        stop_lps_mm=path.at_depth_mm(60.0),
        tip_lps_mm=path.tip_lps_mm,
        specimen_lps_mm=(path.at_depth_mm(60.0), path.tip_lps_mm),
        radius_mm=1.5,
        selected=True,
        envelope_mm=tuple((float(d), 5.0 + 0.02 * d) for d in range(0, 80, 5)),
    )


def _say(name: str, times_s: list[tuple[float, float]]) -> None:
    """Print wall and processor time; on a machine that does other work only the latter counts."""
    first, times = times_s[0][0] * 1e3, np.array(times_s[1:]) * 1e3
    wall, busy = times.T
    print(
        f"{name:<12} median {np.median(wall):5.1f} ms, 95 % {np.percentile(wall, 95):5.1f} ms, "
        f"slowest of {_FRAMES} {wall.max():5.1f} ms, first {first:.0f} ms; "
        f"processor {np.median(busy):.1f} ms"
    )


def _timed(view: SliceView) -> tuple[float, float]:
    started, busy = time.perf_counter(), time.process_time()
    view.repaint()
    return time.perf_counter() - started, time.process_time() - busy


def main() -> None:
    """Print the median and the slowest frame of each view."""
    data, size = Path(sys.argv[1]), tuple(map(int, sys.argv[2:4])) or (500, 380)
    application = QApplication([])
    loaded = big_pelvis(data)
    layers, tip, contours = _layers(loaded), _lesion(loaded), SharedContours()
    print(f"{len(layers)} masks, {size[0]} x {size[1]} px")
    for kind in (*NEEDLE_SIGHTS, "axial"):
        view = SliceView(kind, contours=contours)
        view.resize(*size)
        view.set_volume(loaded.images.ct)
        view.set_layers(layers)
        view.show()
        application.processEvents()
        times = []
        for frame in range(_FRAMES + 1):
            path = _needle(tip, frame)
            if kind == "axial":
                view.set_crosshair(vec3(np.add(tip, (0.0, 0.0, 1.3 * (frame - _FRAMES / 2)))))
            else:
                view.set_framing(needle_framing(kind, path, 60.0))
            view.set_needles((_drawn(path),))
            times.append(_timed(view))
        _say(kind, times)
        view.close_rendering()
        view.close()


if __name__ == "__main__":
    main()
