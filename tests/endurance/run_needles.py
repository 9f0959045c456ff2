"""Finds needles in scans drawn at random, with the truth beside; run apart from CI.

    python tests/endurance/run_needles.py SCANS EMPTY CASE.toml [CASE.toml ...] [--seed N]

SCANS have a needle of 14 to 8 G, or two, in the sample or a real pelvis: partial volume, streaks,
noise, slices of 1, 3 and 5 mm, a patient who has moved. EMPTY have none, but screws, wires on the
skin, and what metal the patient brings.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np

from app import catalogue
from planning.anatomy.body import body_of
from planning.execution.needle_detection import find_needles
from planning.geometry import unit
from planning.model.execution import ExecutedNeedle
from planning.records.case_file import load_case
from tests.needle_draws import DrawnScan, Patient, diameters_mm, drawn_scan, without_needles

_SLICES_MM = (1.0, 3.0, 5.0)
# A needle whose tip is farther off than this was not found, something else was.
_FOUND_MM = 10.0
_EMPTY_AFTER = 4000  # scans without a needle are drawn from numbers of their own
_COLUMNS = (
    "slice  needles  found     tip median  95 %   worst   angle  95 %   entry  95 %   doubted"
)


def patient_of(case_file: Path) -> Patient:
    """Return the patient of a case; its needles come from the nearer of back and front."""
    loaded = load_case(
        case_file,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
    )
    tumour = next(s for s in loaded.case.structures if s.role.value == "tumour")
    centre = loaded.images.masks[tumour.mask_id].cropped().centroid_lps_mm()
    return Patient(name=loaded.case.name, ct=loaded.images.ct, centre_lps_mm=centre)


def error_row(drawn: DrawnScan, number: int, found: tuple[ExecutedNeedle, ...]) -> dict[str, float]:
    """Return the errors of the needle found nearest to a true one; infinite if none is."""
    entry = np.array(drawn.scan.entries_lps_mm[number])
    tip = np.array(drawn.scan.tips_lps_mm[number])
    row = {"tip": np.inf, "along": np.inf, "angle": np.inf, "entry": np.inf, "confidence": 0.0}
    for needle in found:
        off = np.array(needle.tip_lps_mm) - tip
        if np.linalg.norm(off) > min(_FOUND_MM, row["tip"]):
            continue
        own = unit(np.subtract(needle.tip_lps_mm, needle.entry_lps_mm))
        true = unit(tip - entry)
        row = {
            "tip": float(np.linalg.norm(off)),
            "along": float(off @ true),
            "angle": float(np.degrees(np.arccos(np.clip(own @ true, -1.0, 1.0)))),
            "entry": float(np.linalg.norm(np.subtract(needle.entry_lps_mm, entry))),
            "confidence": needle.confidence,
        }
    return row


def with_needle(patients: list[Patient], scans: int, seed: int) -> list[dict[str, float]]:
    gauges, rows = diameters_mm(tuple(catalogue.needles().values())), []
    for number in range(scans):
        slice_mm = _SLICES_MM[number % 3]
        drawn = drawn_scan(patients[number // 3 % len(patients)], gauges, slice_mm, seed + number)
        body = body_of(drawn.scan.control)
        began = time.perf_counter()
        found = find_needles(drawn.scan.control, near=drawn.plans, body=body)
        seconds = time.perf_counter() - began
        for which, placed in enumerate(drawn.scan.planned):
            row = error_row(drawn, which, found) | {"slice": slice_mm, "seconds": seconds}
            row["spurious"] = max(0, len(found) - len(drawn.scan.planned))
            rows.append(row)
            device = placed.device
            print(
                f"{number:3d} {drawn.patient[:6]} slice {slice_mm:g} noise {drawn.noise_hu:.0f} "
                f"{device.diameter_mm} mm {device.tip} {device.tip_deg:.0f} deg {device.metal} "
                f"hub {device.hub} outer {device.outer_mm:.1f} sagitta {placed.sagitta_mm:.1f} "
                f"plans {len(drawn.plans)}: "
                + " ".join(f"{key} {value:.2f}" for key, value in row.items()),
                flush=True,
            )
    return rows


def without_needle(patients: list[Patient], scans: int, seed: int) -> int:
    """Return how many needles are found where none is."""
    false = 0
    for number in range(scans):
        patient = patients[number // 3 % len(patients)]
        drawn = without_needles(
            patient, _SLICES_MM[number % 3], seed + _EMPTY_AFTER + number, implants=number % 2 == 0
        )
        found = find_needles(drawn.scan.control, near=drawn.plans, body=body_of(drawn.scan.control))
        false += len(found)
        if found:
            print(f"{number:3d} {patient.name}: false {found}", flush=True)
    return false


def table(rows: list[dict[str, float]]) -> str:
    """Return the errors by slice thickness."""
    lines = [_COLUMNS]
    for slice_mm in (*_SLICES_MM, 0.0):
        own = [r for r in rows if slice_mm in (0.0, r["slice"])]
        if not own:
            continue
        seen = [r for r in own if np.isfinite(r["tip"])]
        tip, angle, entry = (np.array([r[key] for r in seen]) for key in ("tip", "angle", "entry"))
        doubted = np.mean([r["confidence"] < 0.7 for r in seen])
        lines.append(
            f"{f'{slice_mm:g} mm' if slice_mm else 'all':6s} {len(own):7d}  "
            f"{100 * len(seen) / len(own):5.1f} %   {np.median(tip):10.2f}  "
            f"{np.percentile(tip, 95):5.2f}  {tip.max():6.2f}  {np.median(angle):6.2f}  "
            f"{np.percentile(angle, 95):5.2f}  {np.median(entry):6.2f}  "
            f"{np.percentile(entry, 95):5.2f}  {100 * doubted:5.1f} %"
        )
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("scans", type=int)
    parser.add_argument("empty", type=int)
    parser.add_argument("cases", type=Path, nargs="+")
    parser.add_argument("--seed", type=int, default=1000)
    asked = parser.parse_args()
    patients = [patient_of(case) for case in asked.cases]
    rows = with_needle(patients, asked.scans, asked.seed)
    if rows:
        seconds = np.array([r["seconds"] for r in rows])
        print(table(rows))
        spurious = int(sum(r["spurious"] for r in rows))
        print(f"{np.median(seconds):.2f} s, at most {seconds.max():.2f} s; {spurious} spurious")
    if asked.empty:
        false = without_needle(patients, asked.empty, asked.seed)
        print(f"{asked.empty} scans without a needle: {false} false needles")


if __name__ == "__main__":
    main()
