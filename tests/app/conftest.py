"""What window and presenter tests share: a small asymmetric case, a plan, a guard on windows."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject
from PySide6.QtWidgets import QApplication
from shiboken6 import isValid

from app.session import Session
from app.views.palette import apply_palette
from planning.geometry import Grid
from planning.image import CaseImages, Mask, Patient, Series, Volume
from planning.model.case import Case, Position, Role, Structure
from planning.model.core_set import Core, CoreSet, Purpose, Tract
from planning.model.needle import Needle, NeedleKind, Trajectory
from planning.model.plan import Candidate, Nearest, NotChecked, Notice, PlanResult

# No display is needed; both are read when the first window is made, not at import.
os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("VTK_DEFAULT_OPENGL_WINDOW", "vtkEGLRenderWindow")

GRID = Grid(size_ijk=(20, 30, 40), spacing_mm=(2.0, 2.0, 3.0), origin_lps_mm=(-20.0, -30.0, 100.0))


def block_mask(low_kji: tuple[int, int, int], high_kji: tuple[int, int, int]) -> Mask:
    inside = np.zeros(GRID.shape_kji, dtype=np.bool_)
    inside[tuple(slice(a, b) for a, b in zip(low_kji, high_kji, strict=True))] = True
    return Mask(grid=GRID, inside=inside)


@pytest.fixture
def images() -> CaseImages:
    ct = Volume(
        grid=GRID,
        values=np.zeros(GRID.shape_kji, np.int16),
        series=Series(
            modality="CT",
            date="20261123",
            series_number="4",
            description="Becken",
            instance_numbers=tuple(range(140, 100, -1)),
            table_positions_mm=tuple(400.0 + 3.0 * k for k in range(40)),
        ),
        patient=Patient(name="DOE^JANE", patient_id="0001", sex="F", age="051Y"),
    )
    masks = {
        "tumour": block_mask((10, 10, 4), (14, 14, 8)),
        "nerve": block_mask((5, 20, 12), (30, 22, 14)),
        "bone": block_mask((0, 5, 2), (40, 16, 10)),
    }
    return CaseImages(ct=ct, masks=masks)


@pytest.fixture
def case() -> Case:
    return Case(
        name="Iliac lesion",
        ct_id="ct",
        patient=Patient(name="DOE^JANE", patient_id="0001", sex="F", age="051Y"),
        ct_position=Position.SUPINE,
        patient_position=Position.PRONE,
        site="ilium",
        structures=(
            Structure(name="right hip bone", role=Role.BONE, mask_id="bone"),
            Structure(name="sciatic nerve", role=Role.NERVE, mask_id="nerve"),
            Structure(name="lesion", role=Role.TUMOUR, mask_id="tumour"),
        ),
    )


@pytest.fixture
def trephine_needle() -> Needle:
    return Needle(
        key="bone-11g-100",
        name="Bone trephine 11G, 100 mm",
        kind=NeedleKind.TREPHINE,
        gauge=11,
        outer_diameter_mm=3.05,
        inner_diameter_mm=2.39,
        usable_length_mm=100.0,
        core_length_mm=15.0,
        penetrates_bone=True,
    )


def candidate(needle: Needle, rank: int, tip: tuple[float, float, float]) -> Candidate:
    path = Trajectory((-10.0, 25.0, 130.0), tip)
    depth = path.insertion_depth_mm
    return Candidate(
        candidate_id=f"T{rank}",
        rank=rank,
        trajectory=path,
        stop_lps_mm=path.stop_lps_mm(needle),
        specimen_lps_mm=path.specimen_lps_mm(needle),
        score=0.9 - 0.1 * rank,
        criteria={
            "insertion_depth_mm": depth,
            "stop_depth_mm": depth - 15.0,
            "axial_angle_deg": -25.2,
            "craniocaudal_angle_deg": 7.4,
            "viable_length_mm": 14.4,
            "bone_traversal_mm": 3.0,
            "vessel_clearance_mm": None,
        },
        habitat_mm={"Habitat A": 10.0},
        nearest=(
            Nearest(
                structure="sciatic nerve",
                role="nerve",
                clearance_mm=9.3,
                depth_mm=20.0,
                point_lps_mm=(4.0, 10.0, 131.0),
                margin_mm=5.0,
            ),
        ),
        contributions={},
        warnings=(Notice("dense", "dense: lower yield"),) if rank == 2 else (),
    )


@pytest.fixture
def plan(trephine_needle: Needle) -> PlanResult:
    return PlanResult(
        case_name="Iliac lesion",
        needle=trephine_needle,
        guidance="aiming-device",
        protocol_key="bone-ct",
        protocol_version="1.0",
        protocol_sha256="",
        software_version="0.1.0",
        indication="unknown",
        patient_position="prone",
        ct_position="supine",
        viability_source="mask",
        frame_of_reference_uid="",
        series_uid="",
        inputs_sha256="",
        evaluated=1200,
        rejected={"reach": 700, "vessel": 0, "specimen": 498},
        not_checked=(
            NotChecked("vessel_clearance_mm", "no mask of any vessel"),
            NotChecked("sacral foramina", "no mask"),
        ),
        warnings=(),
        candidates=(
            candidate(trephine_needle, 1, (-8.0, -5.0, 134.0)),
            candidate(trephine_needle, 2, (-6.0, -7.0, 138.0)),
        ),
    )


@pytest.fixture
def set_plan(plan: PlanResult, trephine_needle: Needle) -> PlanResult:
    """Return the plan with a set of two cores, of which only the second trajectory is ranked."""
    extra = replace(candidate(trephine_needle, 3, (-7.0, -6.0, 142.0)), candidate_id="C1")
    first, second = plan.candidates
    core = Core(
        candidate=second,
        purpose=Purpose.HISTOLOGY,
        container="formalin, deep end inked",
        advice="Position goes on the request form.",
        tissue_mm3=46.6,
    )
    chosen = CoreSet(
        cores=(core, replace(core, candidate=extra, purpose=Purpose.RESERVE)),
        expected_mm={"Habitat A": 20.25, "viable": 20.25},
        coverage={"Habitat A": 0.93, "enough": 0.999},
        effective_habitats=1.9,
        gap=0.0,
        scenarios=256,
        tested=200,
        spacing_mm=18.44,
        method="",
        tract=Tract(entries=1, length_mm=86.8, structures=("gluteus_maximus_right",)),
        warnings=(Notice("must_sample", "Habitat B cannot be sampled"),),
    )
    return replace(plan, candidates=(first, second, extra), core_set=chosen)


@pytest.fixture(autouse=True)
def no_window_survives(request: pytest.FixtureRequest) -> Iterator[None]:
    """Start every window test in the dark scheme and fail one that leaves a window behind."""
    if "qtbot" not in request.fixturenames:
        yield
        return
    apply_palette(request.getfixturevalue("qapp"), "dark")
    before = set(map(id, QApplication.topLevelWidgets()))
    yield  # pytest-qt closes what a test has registered before fixtures are torn down
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    left = [widget for widget in QApplication.topLevelWidgets() if id(widget) not in before]
    assert not left, f"windows left behind: {left}"


@pytest.fixture(autouse=True)
def no_step_outlives_its_session(
    no_window_survives: None,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    """Empty the undo stacks a test has filled: one that dies with steps speaks to the dead."""
    made: list[Session] = []
    begin = Session.__init__

    def remember(session: Session, parent: QObject | None = None) -> None:
        begin(session, parent)
        made.append(session)

    monkeypatch.setattr(Session, "__init__", remember)
    yield
    for session in made:
        if isValid(session) and isValid(session.undo_stack):
            session.undo_stack.blockSignals(True)
            session.undo_stack.clear()
    made.clear()
