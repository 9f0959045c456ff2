"""Trajectories of other programs become ones placed by hand: one step, measured, and said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from app.presenters.importing_paths import ImportPathsPresenter
from planning.anatomy.anatomy import Anatomy
from planning.geometry import Vec3
from planning.handover.slicer_markups import plan_to_markups
from planning.model.approval import Approval
from planning.trajectories.planner import plan as plan_anatomy
from tests import phantoms
from tests.app.test_hand_presenter import SKIN_Y, VOXEL_MM, Room

IN = ((4.0, SKIN_Y, 2.0), (4.0, -14.0, 2.0))
OUT = ((4.0, 900.0, 2.0), (4.0, -14.0, 2.0))


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(VOXEL_MM)


@pytest.fixture(scope="module")
def anatomy(torso: phantoms.Phantom) -> Anatomy:
    return torso.understood()


@pytest.fixture
def room(qapp: object, torso: phantoms.Phantom, anatomy: Anatomy) -> Iterator[Room]:
    made = Room(torso, anatomy)
    yield made
    made.session.undo_stack.clear()


@pytest.fixture
def importing(room: Room) -> ImportPathsPresenter:
    return ImportPathsPresenter(room.hand.paths, room.message)


def lines(folder: Path, *ends: tuple[Vec3, Vec3], system: str = "RAS") -> Path:
    sign = -1.0 if system == "RAS" else 1.0
    markups = [
        {
            "type": "Line",
            "name": f"L{number}",
            "coordinateSystem": system,
            "coordinateUnits": "mm",
            "controlPoints": [
                {"id": "1", "label": "", "position": [sign * x, sign * y, z]} for x, y, z in pair
            ],
        }
        for number, pair in enumerate(ends, start=1)
    ]
    path = folder / "lines.mrk.json"
    path.write_text(json.dumps({"@schema": "x", "markups": markups}), encoding="utf-8")
    return path


def test_lines_become_own_paths_in_one_step_that_can_be_undone(
    room: Room, importing: ImportPathsPresenter, tmp_path: Path
) -> None:
    importing.read([lines(tmp_path, IN, (IN[0], (8.0, -10.0, 5.0)))])
    assert room.steps() == ["Import 2 trajectories"]
    assert [own.path_id for own in room.session.case.own_paths] == ["M1", "M2"]
    assert room.own().trajectory.entry_lps_mm == pytest.approx(IN[0])
    assert room.own().trajectory.tip_lps_mm == pytest.approx(IN[1])
    candidates = room.session.case.plan.candidates
    assert [c.candidate_id for c in candidates] == ["M1", "M2"]
    assert candidates[0].criteria["insertion_depth_mm"] == pytest.approx(SKIN_Y + 14.0)
    assert room.state.selected == "M1"
    said = room.message.show_caution.call_args.args[0]
    assert said.startswith("Imported: M1 (L1), M2 (L2).")
    assert "counts as the deepest point of the tip" in said
    room.session.undo_stack.undo()
    assert room.session.case.own_paths == ()
    importing.read([lines(tmp_path, IN)])
    assert room.own().path_id == "M3"  # a number is never used again


def test_what_was_exported_comes_back_as_the_same_needles(
    room: Room, importing: ImportPathsPresenter, anatomy: Anatomy, tmp_path: Path
) -> None:
    plan = plan_anatomy(anatomy, top=2)
    files = []
    for name, text in plan_to_markups(plan).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
        files += [tmp_path / name] if name.startswith("trajectory-") else []
    importing.read(files)  # the lines alone: they end where the hand stops
    room.message.show_note.assert_called_once()
    for own, planned in zip(room.session.case.own_paths, plan.candidates, strict=True):
        assert own.trajectory.tip_lps_mm == pytest.approx(planned.trajectory.tip_lps_mm, abs=1e-4)
    for own, planned in zip(room.session.case.plan.candidates, plan.candidates, strict=True):
        assert own.stop_lps_mm == pytest.approx(planned.stop_lps_mm, abs=1e-4)


def test_what_lies_outside_is_left_out_and_said(
    room: Room, importing: ImportPathsPresenter, tmp_path: Path
) -> None:
    importing.read([lines(tmp_path, OUT, IN)])
    assert len(room.session.case.own_paths) == 1
    said = room.message.show_caution.call_args.args[0]
    assert "Outside this CT, and so left out: L1." in said
    importing.read([lines(tmp_path, OUT)])
    assert "left out: L1" in room.message.show_error.call_args.args[0]
    assert len(room.session.case.own_paths) == 1


def test_what_cannot_be_read_or_changed_changes_nothing(
    room: Room, importing: ImportPathsPresenter, tmp_path: Path
) -> None:
    importing.read([lines(tmp_path)])
    assert "holds no line from entry to target" in room.message.show_error.call_args.args[0]
    importing.read([tmp_path / "x.dcm"])
    assert "cannot be read" in room.message.show_error.call_args.args[0]
    importing.read([lines(tmp_path, IN)])
    case = room.session.case
    approval = Approval(
        approved_by="A", at="2026-11-26", plan_number=1, plan_sha256="0" * 64, candidate_ids=("M1",)
    )
    room.session.seal(replace(case, approval=approval))
    importing.read([lines(tmp_path, IN)])
    assert "was approved by A" in room.message.show_caution.call_args.args[0]
    assert len(room.session.case.own_paths) == 1
