"""Times finding a needle in a control CT of 512x512x300 voxels; run apart from CI.

python tests/benchmarks/bench_needles.py CASE.toml
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

import numpy as np
import SimpleITK as sitk

from app import catalogue
from planning.anatomy.body import body_of
from planning.execution.needle_detection import find_needles, refine_needle
from tests.endurance.run_needles import patient_of
from tests.needle_draws import diameters_mm, drawn_scan
from tests.needle_scans import with_needles


def main() -> None:
    patient = patient_of(Path(sys.argv[1]))
    gauges = diameters_mm(tuple(catalogue.needles().values()))
    drawn = drawn_scan(patient, gauges, 5.0, 3)
    scan = with_needles(
        patient.ct, drawn.scan.planned, slice_mm=1.0, slab_mm=300.0, pixel_mm=0.7,
        width_mm=512 * 0.7, moved=drawn.scan.moved,
    )  # fmt: skip
    control = scan.control
    print(f"{control.grid.size_ijk} voxels, {sitk.ProcessObject.GetGlobalDefaultNumberOfThreads()}")
    body, hub = body_of(control), scan.entries_lps_mm[0]
    for name, work in (
        ("body", lambda: body_of(control)),
        ("find, body known", lambda: find_needles(control, body=body, near=drawn.plans)),
        ("find, body not known", lambda: find_needles(control, near=drawn.plans)),
        ("two clicks", lambda: refine_needle(control, hub, scan.tips_lps_mm[0], body=body)),
    ):
        work()
        seconds = []
        for _ in range(3):
            began = time.perf_counter()
            work()
            seconds.append(time.perf_counter() - began)
        print(f"{name:24s} {np.median(seconds):.2f} s")


if __name__ == "__main__":
    main()
