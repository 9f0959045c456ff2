"""Cohorts whose truth is known, as rows of a registry; for tests and benchmarks of many cases."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from planning.records.registry.fields import Value
from planning.records.registry.rows import NewRow

FIRST_DAY = date(2015, 1, 5)
SITES = ("ilium", "femur", "tibia", "spine")
NEEDLES = (("bone-11g-100", 11.0), ("soft-14g-150", 14.0))


@dataclass(frozen=True, slots=True, kw_only=True)
class Truth:
    """How the needles of a simulated operator land.

    Parameters
    ----------
    at_skin_mm, growth_deg, along_mm : float
        As in `planning.model.error_model.Spread`, without a shared part.
    complications : float
        Chance that a case has one.
    """

    guidance: str = "navigated"
    operator: str = "AB"
    at_skin_mm: float = 2.5
    growth_deg: float = 1.5
    along_mm: float = 2.0
    complications: float = 0.05


def simulated_rows(
    cases: int, *, cores: int = 2, truth: Truth | None = None, seed: int = 1
) -> list[NewRow]:
    """Return the rows of cases that one operator made, one every day from `FIRST_DAY` on.

    Every core was fired and scanned; pathology found it adequate as often as was predicted.
    """
    truth = truth or Truth()
    chance = np.random.default_rng(seed)
    rows: list[NewRow] = []
    for number in range(cases):
        rows += _case(number, cores, truth, chance)
    return rows


def _case(number: int, cores: int, truth: Truth, chance: np.random.Generator) -> list[NewRow]:
    pseudonym = f"S-{truth.operator}{number:06d}"
    case_id = f"{pseudonym}-1"
    sha256 = hashlib.sha256(case_id.encode()).hexdigest()
    needle, gauge = NEEDLES[number % len(NEEDLES)]
    key: dict[str, Value] = {"case_id": case_id, "plan_sha256": sha256}
    case: dict[str, Value] = {
        "case_id": case_id,
        "pseudonym": pseudonym,
        "biopsy_date": FIRST_DAY + timedelta(days=number),
        "site": SITES[number % len(SITES)],
        "side": ("left", "right")[number // 3 % 2],
        "indication": "primary",
        "guidance": truth.guidance,
        "operator": truth.operator,
        "institution": "Simulated hospital",
        "department": "Radiology",
        "stored_at": "2026-01-01T00:00:00+00:00",
    }
    plan: dict[str, Value] = {
        **key,
        "protocol": "bone-ct",
        "needle": needle,
        "gauge": gauge,
        "throw_mm": 20.0,
        "core_length_mm": 18.0,
    }
    procedure: dict[str, Value] = {
        "case_id": case_id,
        "check_scans": int(chance.integers(1, 6)),
        "redirections": int(chance.integers(0, 4)),
        "passes": cores,
        "minutes": round(float(chance.uniform(20, 60)), 1),
        "dose_length_product_mgy_cm": round(float(chance.uniform(200, 900)), 1),
        "no_complication": bool(chance.random() >= truth.complications),
    }
    rows = [("cases", case), ("plans", plan), ("procedures", procedure)]
    for core in range(1, cores + 1):
        rows += _core({**key, "core": f"c{core}"}, truth, chance)
    if not procedure["no_complication"]:
        one = {"case_id": case_id, "number": 1, "kind": "haematoma", "grade": 2}
        rows.append(("complications", {**one, "grade_system": "CIRSE"}))
    return [NewRow(table=table, values=values, where=case_id) for table, values in rows]


def _core(
    key: dict[str, Value], truth: Truth, chance: np.random.Generator
) -> list[tuple[str, dict[str, Value]]]:
    depth = float(chance.uniform(30, 110))
    angle = float(chance.normal(0, 8))
    predicted = float(chance.beta(6, 2))
    grown = depth * np.tan(np.radians(truth.growth_deg))
    at_skin = chance.normal(0, truth.at_skin_mm, 2)
    turned = chance.normal(0, grown, 2)
    in_plane, off_plane = (float(value) for value in at_skin + turned)
    along = float(chance.normal(0, truth.along_mm))
    lateral = float(np.hypot(in_plane, off_plane))
    viable = float(chance.uniform(4, 18))
    core: dict[str, Value] = {
        **key,
        "insertion_depth_mm": depth,
        "stop_depth_mm": depth - 20.0,
        "scan_plane_angle_deg": angle,
        "predicted_probability": predicted,
        "predicted_viable_mm": viable,
    }
    placement: dict[str, Value] = {
        **key,
        "scan": 1,
        "stage": "corrected",
        "needle_state": "fired",
        "knowledge": "imaged",
        "method": "automatic",
        "euclidean_tip_mm": float(np.hypot(lateral, along)),
        "lateral_tip_mm": lateral,
        "depth_mm": along,
        "euclidean_entry_mm": float(np.hypot(*at_skin)),
        "target_to_axis_mm": lateral,
        "angle_deg": float(np.degrees(np.arctan2(np.hypot(*turned), depth))),
        "in_plane_mm": in_plane,
        "off_plane_mm": off_plane,
        "within_tolerance": lateral < 5.0,
        "achieved_viable_mm": max(0.0, viable - lateral),
    }
    pathology: dict[str, Value] = {
        **key,
        "adequate": bool(chance.random() < predicted),
        "viable_fraction": min(1.0, viable / 18.0),
        "concordant": True,
    }
    return [("cores", core), ("placements", placement), ("pathology", pathology)]
