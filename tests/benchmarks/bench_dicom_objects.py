"""Times writing a plan as DICOM objects, in full size; run apart from CI.

python tests/benchmarks/bench_dicom_objects.py CASE.toml PLAN.json
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from datetime import datetime
from io import BytesIO
from pathlib import Path

from pydicom.dataset import Dataset

from app import catalogue
from planning.handover.dicom_burned_ct import plan_to_burned_ct
from planning.handover.dicom_rtstruct import plan_to_rtstruct
from planning.handover.dicom_seg import plan_to_seg
from planning.handover.dicom_source import source_slices
from planning.handover.plan_json import plan_from_json
from planning.handover.regions import mask_regions, needle_regions
from planning.model.case import Guidance
from planning.records.case_file import load_case


def main() -> None:
    case = load_case(Path(sys.argv[1]), role_tables=catalogue.role_tables())
    plan = plan_from_json(Path(sys.argv[2]).read_bytes())
    chosen = plan.candidates[:3]
    ct, made_at = case.images.ct, datetime.now()
    errors = catalogue.error_models()[Guidance(plan.guidance)]
    slices = source_slices(ct)
    regions = (
        *needle_regions(plan, chosen, ct, errors),
        *mask_regions(case.case.trusted, case.images.masks, drawn_words=errors.doubt.drawn_words),
    )
    print(f"{ct.grid.size_ijk} voxels, {len(regions)} regions, {peak_mb():.0f} MB")
    timed("SEG", lambda: [plan_to_seg(plan, slices, regions, ct.grid, made_at)])
    timed("RTSTRUCT", lambda: [plan_to_rtstruct(plan, slices, chosen, regions, ct.grid, made_at)])
    timed("burned-in CT", lambda: plan_to_burned_ct(plan, slices, chosen, ct, made_at))


def timed(name: str, made: Callable[[], object]) -> None:
    """Print how long making and encoding some objects takes, and how large they are."""
    began, size = time.perf_counter(), 0
    for dataset in made():
        target = BytesIO()
        Dataset.save_as(dataset, target, enforce_file_format=True)
        size += target.tell()
    seconds = time.perf_counter() - began
    print(f"{name:14s} {seconds:6.1f} s {size / 1e6:7.1f} MB, peak {peak_mb():.0f} MB")


def peak_mb() -> float:
    """Return the most memory the process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024.0


if __name__ == "__main__":
    main()
