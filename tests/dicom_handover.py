"""A small oblique CT with masks and a plan in it, for tests of DICOM objects; asserts nothing.

Nothing in it is symmetric: a mirrored, permuted or shifted object shows.
"""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from app import catalogue
from planning.geometry import Grid, vec3
from planning.handover.regions import Region, mask_regions, needle_regions
from planning.image import Mask, Patient, Series, Volume
from planning.model.case import Guidance, Role, Structure
from planning.model.needle import Trajectory
from planning.model.plan import PlanResult
from tests import example_plans

MADE_AT = datetime(2026, 11, 26, 16, 0, 0)
ERRORS = catalogue.error_models()[Guidance.NAVIGATED]


@dataclass(frozen=True)
class Scene:
    """A planning CT, its masks, and a plan whose needles lie in it."""

    ct: Volume
    structures: tuple[Structure, ...]
    masks: Mapping[str, Mask]
    plan: PlanResult

    @property
    def regions(self) -> tuple[Region, ...]:
        """Every region of the plan and of the masks."""
        return (
            *needle_regions(self.plan, self.plan.candidates, self.ct, ERRORS),
            *mask_regions(self.structures, self.masks, drawn_words=ERRORS.doubt.drawn_words),
        )


def grid(flipped: tuple[int, ...] = ()) -> Grid:
    """Return an oblique grid of three different spacings and sizes, some of its axes turned."""
    roll, nod = np.radians(12.0), np.radians(-17.0)
    turn = np.array(
        [[np.cos(roll), -np.sin(roll), 0.0], [np.sin(roll), np.cos(roll), 0.0], [0.0, 0.0, 1.0]]
    ) @ np.array(
        [[1.0, 0.0, 0.0], [0.0, np.cos(nod), -np.sin(nod)], [0.0, np.sin(nod), np.cos(nod)]]
    )
    axes = turn.T.copy()
    axes[list(flipped)] *= -1.0
    return Grid(
        size_ijk=(53, 46, 21),
        spacing_mm=(0.9, 1.1, 2.5),
        origin_lps_mm=(-31.25, 12.3456789, 1.0 / 3.0),
        direction_lps=(vec3(axes[0]), vec3(axes[1]), vec3(axes[2])),
    )


KINDS: Mapping[str, Mapping[str, Any]] = {
    "DICOM": {},
    "DICOM toward the feet": {"flipped": (0, 2)},  # slices still follow the right hand rule
    "left-handed file": {"from_dicom": False, "flipped": (2,)},
}
"""Ways in which the scene's CT can have come, as arguments of `scene`."""


def scene(*, from_dicom: bool = True, flipped: tuple[int, ...] = ()) -> Scene:
    """Return the scene; its CT came as DICOM, or from a file that names no study."""
    lattice = grid(flipped)
    rng = np.random.default_rng(5)
    values = rng.integers(-1000, 1500, lattice.shape_kji).astype(np.int16)
    series = Series(
        modality="CT",
        study_uid="1.2.3",
        series_uid="1.2.3.4",
        series_number="5",
        sop_instance_uids=tuple(f"1.2.3.4.{k}" for k in range(lattice.size_ijk[2])),
        instance_numbers=tuple(range(lattice.size_ijk[2], 0, -1)),
        study_date="2026-11-20",
        study_time="10:11:12",
        accession_number="A17",
        position_code="FFS",
    )
    ct = Volume(
        grid=lattice,
        values=values,
        slice_normal_lps=vec3(np.array(lattice.direction_lps[2])),
        frame_of_reference_uid="1.2.9" if from_dicom else "",
        series=series if from_dicom else Series(),
        patient=Patient(name="Muster^Jürgen", patient_id="P1", sex="M", birth_date="1960-02-03"),
    )
    structures, masks = _masks(lattice)
    return Scene(ct, structures, masks, _plan(lattice))


def _masks(lattice: Grid) -> tuple[tuple[Structure, ...], dict[str, Mask]]:
    k, j, i = np.indices(lattice.shape_kji)
    ball = np.sqrt((0.9 * (i - 30)) ** 2 + (1.1 * (j - 24)) ** 2 + (2.5 * (k - 11)) ** 2)
    tumour = ball < 11.0
    rng = np.random.default_rng(7)
    insides = {
        "tumour": tumour & ~((ball < 5.0) & (i > 27)),  # a hole, off centre
        "necrosis": ball < 4.5,
        # Specks that touch by corners, rings in rings, and one voxel in a corner of the CT.
        "bone": (i < 12)
        & (j > 6)
        & (j < 22)
        & (k > 2)
        & (k < 8)
        & (rng.random(lattice.shape_kji) < 0.6),
        "vessel": (np.hypot(i - 45, j - 30) < 6.0)
        & ~((np.hypot(i - 45, j - 30) < 4.2) & (np.hypot(i - 45, j - 30) > 2.1))
        & (k > 4),
        "nerve": (i == lattice.size_ijk[0] - 1) & (j == 0) & (k == lattice.size_ijk[2] - 1),
    }
    roles = (
        ("Läsion\\rechts", Role.TUMOUR, "tumour", "expert contour", ""),
        ("dead", Role.NECROSIS, "necrosis", "Net-X 1.2", ""),
        ("bone", Role.BONE, "bone", "Net-X 1.2, edited", ""),
        ("bone", Role.VESSEL, "vessel", "", ""),
        ("nerve", Role.NERVE, "nerve", "", "the shadows of the plexus"),
    )
    structures = tuple(
        Structure(name=name, role=role, mask_id=key, made_by=maker, derived_from=derived)
        for name, role, key, maker, derived in roles
    )
    return structures, {
        key: Mask(grid=lattice, inside=inside).cropped() for key, inside in insides.items()
    }


def _plan(lattice: Grid) -> PlanResult:
    """Return the example plan with three needles: steep, nearly in the slices, and along them."""
    ends = (
        ((5.0, 40.0, 2.2), (33.3, 20.6, 16.4)),
        ((3.0, 8.2, 9.4), (38.0, 27.0, 11.8)),
        ((10.5, 42.0, 6.5), (40.5, 5.0, 6.5)),
    )
    base = example_plans.plan()
    candidates = []
    needle = replace(base.needle, throw_mm=12.0, core_length_mm=9.0, dead_space_mm=3.0)
    for rank, (entry, tip) in enumerate(ends, start=1):
        path = Trajectory(vec3(lattice.lps_from_index(entry)), vec3(lattice.lps_from_index(tip)))
        candidates.append(
            replace(
                base.candidates[0],
                candidate_id=f"c{rank}",
                rank=rank,
                trajectory=path,
                stop_lps_mm=path.stop_lps_mm(needle),
                specimen_lps_mm=path.specimen_lps_mm(needle),
            )
        )
    return replace(base, needle=needle, candidates=tuple(candidates))


def errors_found(path: Path) -> list[str]:
    """Return what dciodvfy calls an error in a DICOM file."""
    said = run("dciodvfy", str(path), check=False)
    return [line for line in said.splitlines() if line.startswith("Error")]


def run(program: str, *arguments: str, check: bool = True) -> str:
    """Return all that another program says."""
    assert shutil.which(program), f"{program} is needed; packaging/bootstrap.py installs it"
    done = subprocess.run(
        [program, *arguments], capture_output=True, text=True, check=False, errors="replace"
    )
    assert done.returncode == 0 or not check, f"{program}: {done.stdout}{done.stderr}"
    return done.stdout + done.stderr
