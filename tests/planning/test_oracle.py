"""The plan of the real pelvis against a slow recomputation that shares none of its code.

The oracle reads the mask files itself with SimpleITK and works on voxel centres, by brute force;
the planner works on sub-voxel surfaces, search trees and packed fields.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk

from app import catalogue
from app.planning_setup import anatomy_of, setup_of
from planning.anatomy.anatomy import Anatomy
from planning.model.plan import Candidate, PlanResult
from planning.records.case_file import load_case
from planning.trajectories import judging
from planning.trajectories.candidates import lattice
from planning.trajectories.planner import plan
from planning.trajectories.screening import Needles, screen

VOXEL_MM = 1.5


@dataclass(frozen=True)
class Planned:
    """The pelvis as the planner understood it, and its plan."""

    anatomy: Anatomy
    result: PlanResult


@pytest.fixture(scope="module")
def planned(data_dir: Path) -> Planned:
    loaded = load_case(data_dir / "pelvis", role_tables=catalogue.role_tables())
    anatomy = anatomy_of(loaded.case, loaded.images, setup_of(loaded.case))
    return Planned(anatomy, plan(anatomy))


class Oracle:
    """Distances and lengths straight from the files of the pelvis."""

    def __init__(self, folder: Path) -> None:
        self.anatomy = sitk.ReadImage(folder / "anatomy.nii.gz")
        self.names: Mapping[str, str] = json.loads((folder / "anatomy_labels.json").read_text())
        self.single = {
            name: sitk.ReadImage(folder / f"{name}.nii.gz")
            for name in (
                "tumour",
                "necrosis",
                "habitats",
                "sciatic_nerve_right",
                "superior_gluteal_vessels_right",
            )
        }
        self.ct = sitk.ReadImage(folder / "ct.nii.gz")
        matrix = np.array(self.ct.GetDirection()).reshape(3, 3) * self.ct.GetSpacing()
        self.inverse = np.linalg.inv(matrix)
        self.matrix, self.origin = matrix, np.array(self.ct.GetOrigin())

    def centres(self, *wanted: str) -> np.ndarray:
        """LPS centres of all voxels of some labels or single masks."""
        labels = sitk.GetArrayFromImage(self.anatomy)
        found = []
        for name in wanted:
            if name in self.single:
                inside = sitk.GetArrayFromImage(self.single[name]) > 0
            else:
                value = next(int(v) for v, n in self.names.items() if n == name)
                inside = labels == value
            found.append(np.argwhere(inside)[:, ::-1] @ self.matrix.T + self.origin)
        return np.concatenate(found)

    def clearance_mm(self, candidate: Candidate, centres: np.ndarray, radius_mm: float) -> float:
        """Needle surface to the nearest voxel centre, less the half voxel to its face."""
        entry = np.array(candidate.trajectory.entry_lps_mm)
        along = np.array(candidate.trajectory.tip_lps_mm) - entry
        share = np.clip((centres - entry) @ along / (along @ along), 0.0, 1.0)
        apart = np.linalg.norm(centres - entry - share[:, None] * along, axis=1)
        return float(apart.min()) - radius_mm - VOXEL_MM / 2

    def length_mm(self, candidate: Candidate, name: str, value: int | None = None) -> float:
        """Length of the specimen inside one mask, from steps of 0.02 mm."""
        start, end = (np.array(p) for p in candidate.specimen_lps_mm)
        count = int(np.linalg.norm(end - start) / 0.02)
        points = start + (np.arange(count) + 0.5)[:, None] / count * (end - start)
        k, j, i = np.rint((points - self.origin) @ self.inverse.T).astype(int).T[::-1]
        values = sitk.GetArrayFromImage(self.single[name])[k, j, i]
        hit = values > 0 if value is None else values == value
        return float(hit.mean()) * float(np.linalg.norm(end - start))


@pytest.fixture(scope="module")
def oracle(data_dir: Path) -> Oracle:
    return Oracle(data_dir / "pelvis")


def test_there_are_at_least_five_candidates_unlike_each_other(planned: Planned) -> None:
    candidates = planned.result.candidates
    assert len(candidates) >= 5
    for number, one in enumerate(candidates):
        for other in candidates[:number]:
            entries = np.subtract(one.trajectory.entry_lps_mm, other.trajectory.entry_lps_mm)
            cosine = one.trajectory.direction_lps @ other.trajectory.direction_lps
            turned = np.degrees(np.arccos(np.clip(cosine, -1, 1)))
            assert np.linalg.norm(entries) >= 15.0 or turned >= 10.0


def test_counts_and_survivors_add_up(planned: Planned) -> None:
    result = planned.result
    assert sum(result.rejected.values()) < result.evaluated
    assert result.evaluated > 500_000


@pytest.mark.parametrize(
    ("key", "structures"),
    [
        (
            "vessel_clearance_mm",
            (
                "iliac_artery_right",
                "iliac_vena_right",
                "iliac_artery_left",
                "iliac_vena_left",
                "superior_gluteal_vessels_right",
            ),
        ),
        ("nerve_clearance_mm", ("sciatic_nerve_right",)),
        ("organ_clearance_mm", ("colon", "small_bowel", "urinary_bladder", "spinal_cord")),
    ],
)
def test_clearances_agree_with_brute_force(
    planned: Planned, oracle: Oracle, key: str, structures: tuple[str, ...]
) -> None:
    centres = oracle.centres(*structures)
    radius_mm = planned.result.needle.radius_mm
    for candidate in planned.result.candidates:
        expected = oracle.clearance_mm(candidate, centres, radius_mm)
        assert candidate.criteria[key] == pytest.approx(expected, abs=VOXEL_MM)


def test_lengths_agree_with_brute_force(planned: Planned, oracle: Oracle) -> None:
    for candidate in planned.result.candidates:
        tumour = oracle.length_mm(candidate, "tumour")
        dead = oracle.length_mm(candidate, "necrosis")
        assert candidate.criteria["lesion_length_mm"] == pytest.approx(tumour, abs=VOXEL_MM / 2)
        assert candidate.criteria["viable_length_mm"] == pytest.approx(
            tumour - dead, abs=VOXEL_MM / 2
        )
        for value, (_, length) in enumerate(candidate.habitat_mm.items(), start=1):
            expected = oracle.length_mm(candidate, "habitats", value)
            assert length == pytest.approx(expected, abs=VOXEL_MM / 2)


def test_no_constraint_is_violated(planned: Planned, oracle: Oracle) -> None:
    result = planned.result
    vessels = oracle.centres("superior_gluteal_vessels_right", "iliac_vena_right")
    for candidate in result.candidates:
        assert candidate.violations == ()
        criteria = candidate.criteria
        assert criteria["needle_reach_margin_mm"] >= 10.0
        assert abs(criteria["scan_plane_angle_deg"]) <= 30.0
        assert criteria["lesion_length_mm"] >= 10.0 - VOXEL_MM / 2
        assert oracle.clearance_mm(candidate, vessels, result.needle.radius_mm) >= 5.0 - VOXEL_MM
        assert all(n.clearance_mm >= n.margin_mm for n in candidate.nearest)


def test_the_nearest_point_lies_on_the_structure_at_its_depth(planned: Planned) -> None:
    for candidate in planned.result.candidates:
        for nearest in candidate.nearest:
            on_axis = np.array(candidate.trajectory.at_depth_mm(nearest.depth_mm))
            apart = float(np.linalg.norm(on_axis - nearest.point_lps_mm))
            gap = apart - planned.result.needle.radius_mm
            assert gap == pytest.approx(nearest.clearance_mm, abs=0.05)


def test_no_random_feasible_candidate_dominates_the_first(planned: Planned) -> None:
    """Of 100 000 feasible needles from the same entries and tips, none is nowhere worse."""
    anatomy = planned.anatomy
    assert anatomy.lesion is not None
    assert anatomy.fields is not None
    grid = lattice(anatomy, anatomy.lesion)
    rng = np.random.default_rng(11)
    better_in = {
        "viable_yield": (1.0, 0.02),
        "extra_clearance_mm": (1.0, 0.5),
        "insertion_depth_mm": (-1.0, 0.5),
        "cortex_misfit_deg": (-1.0, 1.0),
        "off_plane_deg": (-1.0, 1.0),
    }
    # Clearance beyond this brings no more credit in the protocol.
    enough = {"extra_clearance_mm": 10.0}
    first = planned.result.candidates[0]
    own = {
        "viable_yield": min(1.0, first.criteria["viable_length_mm"] / anatomy.required_length_mm),
        "extra_clearance_mm": min(10.0, *(n.clearance_mm - n.margin_mm for n in first.nearest)),
        "insertion_depth_mm": first.criteria["insertion_depth_mm"],
        # No intact cortex on the way counts like a perpendicular one.
        "cortex_misfit_deg": (first.bone.incidence_deg if first.bone else None) or 0.0,
        "off_plane_deg": abs(first.criteria["scan_plane_angle_deg"]),
    }
    feasible = 0
    for _ in range(40):
        count = 200_000
        needles = Needles(
            entries_lps_mm=grid.entries_lps_mm,
            entry_normals_lps=grid.entry_normals_lps,
            tips_lps_mm=grid.tips_lps_mm,
            entry_of=rng.integers(0, len(grid.entries_lps_mm), count).astype(np.int32),
            tip_of=rng.integers(0, len(grid.tips_lps_mm), count).astype(np.int32),
        )
        needles = needles.chosen(needles.lengths_mm <= anatomy.needle.reach_mm - 10.0)
        measures = screen(anatomy, anatomy.fields, needles, step_mm=1.0)
        broken, _ = judging.first_broken(
            anatomy.protocol,
            measures,
            indication=anatomy.case.indication,
            guidance=anatomy.guidance,
            allowance_mm=anatomy.allowance_mm,
        )
        keep = broken < 0
        feasible += int(keep.sum())
        no_worse = np.ones(int(keep.sum()), dtype=bool)
        better = np.zeros(int(keep.sum()), dtype=bool)
        for key, (sign, tolerance) in better_in.items():
            values = np.nan_to_num(measures[key][keep], nan=0.0)
            gain = sign * (np.minimum(values, enough.get(key, np.inf)) - own[key])
            no_worse &= gain >= 0.0
            better |= gain > tolerance
        assert not (no_worse & better).any()
        if feasible >= 100_000:
            break
    assert feasible >= 100_000
