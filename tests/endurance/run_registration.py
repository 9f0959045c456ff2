"""Registers the real pelvis and the sample to themselves in many known poses; run apart from CI.

    python tests/endurance/run_registration.py POSES CASE.toml [CASE.toml ...]

Both images get noise of their own; the new scan has another spacing, length, tube voltage, a table,
and in every third pose a needle in it.
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from app import catalogue
from planning.anatomy.body import body_of
from planning.errors import InputError
from planning.image import Volume
from planning.imaging.registration import register_rigid
from planning.records.case_file import load_case
from tests.moved_scans import motion, rescanned, target_error_mm

_NOISE_HU = 25.0


def run(case_file: Path, poses: int) -> list[dict[str, float]]:
    loaded = load_case(
        case_file,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
    )
    clean = loaded.images.ct
    tumour = next(s for s in loaded.case.structures if s.role.value == "tumour")
    mask = loaded.images.masks[tumour.mask_id].cropped()
    centre, corners = np.array(mask.centroid_lps_mm()), mask.grid.corners_lps_mm()
    inside = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    body = body_of(clean)
    rng, rows = np.random.default_rng(20261126), []
    fixed = with_noise(clean, 7)
    for pose in range(poses):
        turn = rng.uniform(-10.0, 10.0, 3)
        shift = rng.uniform(-30.0, 30.0, 3)
        if pose % 5 == 4:  # another scanner's origin
            shift += rng.uniform(-400.0, 400.0, 3)
        slab_mm, slice_mm = ((40.0, 1.0), (60.0, 3.0), (55.0, 5.0), (200.0, 1.25))[pose % 4]
        truth = motion(shift, turn, centre)
        middle = centre + np.array([0.0, 0.0, rng.uniform(-8.0, 8.0)])
        scan = rescanned(
            clean, truth, around_lps_mm=middle, slab_mm=slab_mm, slice_mm=slice_mm,
            noise_hu=_NOISE_HU, seed=pose,
        )  # fmt: skip
        scan = altered(scan, truth.second_from_ct(centre), needle=pose % 3 == 0)
        began = time.perf_counter()
        row = {"pose": pose, "slab": slab_mm, "slice": slice_mm}
        try:
            found = register_rigid(fixed, scan, corners, fixed_body=body, moving_body=body_of(scan))
        except InputError as error:
            print(f"{pose:3d} FAILED: {error}", flush=True)
            row["error"] = np.inf
            rows.append(row)
            continue
        error = target_error_mm(found.transform, truth, inside)
        row |= {
            "error": float(np.median(error)), "worst": float(error.max()),
            "median": found.residual.median_mm, "p95": found.residual.p95_mm,
            "correlation": found.correlation, "overlap": found.overlap,
            "seconds": time.perf_counter() - began,
        }  # fmt: skip
        rows.append(row)
        print("  ".join(f"{key} {value:.2f}" for key, value in row.items()), flush=True)
    return rows


def with_noise(volume: Volume, seed: int) -> Volume:
    noise = np.random.default_rng(seed).normal(0.0, _NOISE_HU, volume.values.shape)
    return replace(volume, values=np.rint(volume.values + noise).astype(np.int16))


def altered(scan: Volume, lesion_lps_mm, *, needle: bool) -> Volume:
    """Return a scan at another tube voltage, with a table's edge and perhaps a needle in it."""
    values = scan.values.astype(np.float32)
    dense = values > 100.0
    values[dense] = 100.0 + 0.85 * (values[dense] - 100.0)
    rows = np.arange(values.shape[1])
    table = rows > values.shape[1] - 12
    values[:, table] = np.where(rows[table, None] % 6 < 2, 600.0, -800.0)
    if needle:
        k, j, i = np.rint(scan.grid.index_from_lps(lesion_lps_mm)).astype(int)[::-1]
        j0 = max(0, j - 70)
        values[max(0, k - 1) : k + 1, j0:j, i - 1 : i + 2] = 3071.0
        values[max(0, k - 1) : k + 1, j0:j, i + 3 : i + 6] -= 300.0
    return replace(scan, values=np.clip(np.rint(values), -1024, 3071).astype(np.int16))


def main() -> None:
    poses, cases = int(sys.argv[1]), sys.argv[2:]
    rows = [row for case in cases for row in run(Path(case), poses)]
    errors = np.array([row["error"] for row in rows])
    done = [row for row in rows if np.isfinite(row["error"])]
    seconds = np.array([row["seconds"] for row in done])
    print(
        f"{len(rows)} poses: failed {len(rows) - len(done)}, target error median "
        f"{np.median(errors):.3f} mm, 95 % {np.percentile(errors, 95):.3f}, worst "
        f"{max(errors):.3f}; {np.median(seconds):.1f} s, at most {seconds.max():.1f} s"
    )
    for limits in ((1.0, 1.0), (1.25, 1.25), (3.0, 3.0), (5.0, 5.0)):
        part = [row["error"] for row in rows if limits[0] <= row["slice"] <= limits[1]]
        if part:
            print(f"slices of {limits[0]:g} mm: {np.median(part):.3f}, worst {max(part):.3f}")


if __name__ == "__main__":
    main()
