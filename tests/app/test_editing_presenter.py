"""Strokes and mask work become steps that can be undone, and structures say what was done."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.presenters.editing import EditingPresenter
from app.presenters.structure_changes import NOTHING_DRAWN
from app.session import Session
from app.view_state import ViewState
from app.views.brush_tool import BrushTool
from app.views.editing_panel import EditingPanel
from app.views.structure_values import Brush, BrushMode, DrawnStroke, EditKind, EditRequest
from planning.editing.strokes import Stroke
from planning.image import CaseImages, Mask
from planning.model.approval import Approval
from planning.model.case import Case, Role, Structure
from planning.model.plan import PlanResult

AXIAL = (0.0, 0.0, 1.0)
IN_TUMOUR, FREE = (-9.0, -7.0, 134.5), (10.0, 10.0, 160.0)


class List(QObject):
    """Stands for the list of structures."""

    current_changed = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.wanted = ""

    def set_current(self, key: str) -> None:
        self.wanted = key


class Room:
    """A session, a list and an editing presenter without a window."""

    def __init__(self, case: Case, images: CaseImages) -> None:
        self.session, self.state, self.list = Session(), ViewState(), List()
        self.panel, self.tool = Mock(spec=EditingPanel), Mock(spec=BrushTool)
        self.presenter = EditingPresenter(
            self.session, self.state, self.list, self.panel, self.tool, today=lambda: "2026-11-26"
        )
        self.said: list[str] = []
        self.presenter.said.connect(self.said.append)
        self.session.open(case, images)
        self.list.current_changed.emit("tumour")

    def structure(self, name: str = "lesion") -> Structure:
        return next(s for s in self.session.case.structures if s.name == name)

    def mask(self, name: str = "lesion") -> Mask:
        return self.session.images.masks[self.structure(name).mask_id]

    def stroke(self, at=FREE, *, erases: bool = False, radius_mm: float = 4.0) -> None:
        stroke = Stroke(points_lps_mm=(at,), radius_mm=radius_mm, normal_lps=AXIAL)
        self.presenter.take_stroke(DrawnStroke(stroke, erases))

    def ask(self, qtbot: QtBot, kind: EditKind, **fields: object) -> None:
        with qtbot.waitSignal(self.presenter.job.ended):
            self.presenter.ask(EditRequest(kind, **fields))


@pytest.fixture
def room(qapp: object, case: Case, images: CaseImages) -> Room:
    made_by = tuple(
        replace(s, made_by="model X 1.2", verified_by="AB") if s.role is Role.TUMOUR else s
        for s in case.structures
    )
    return Room(replace(case, structures=made_by), images)


def test_a_stroke_is_one_step_and_undo_gives_back_the_same_mask(room: Room) -> None:
    before, case = room.mask(), room.session.case
    room.stroke()
    assert room.session.undo_stack.undoText() == "Paint on lesion"
    after = room.mask()
    assert np.count_nonzero(after.inside) > np.count_nonzero(before.inside)
    room.stroke(IN_TUMOUR, erases=True)
    assert room.session.undo_stack.undoText() == "Erase on lesion"
    room.session.undo_stack.undo()
    assert room.mask() is after
    room.session.undo_stack.undo()
    assert room.mask() is before
    assert room.session.case is case
    room.session.undo_stack.redo()
    assert room.mask() is after


def test_every_version_of_a_mask_has_its_own_key(room: Room) -> None:
    keys = {room.structure().mask_id}
    for n in range(4):
        room.stroke((10.0 - 4.0 * n, 10.0, 160.0))
        keys.add(room.structure().mask_id)
    room.session.undo_stack.undo()
    room.stroke(IN_TUMOUR, erases=True)
    keys.add(room.structure().mask_id)
    assert len(keys) == 6
    assert keys <= room.session.images.masks.keys()


def test_an_edited_mask_says_so_and_counts_as_unchecked(room: Room, plan: PlanResult) -> None:
    room.session.apply("Plan", replace(room.session.case, plan=plan))
    room.stroke()
    structure = room.structure()
    assert structure.made_by == "model X 1.2, edited"
    assert structure.verified_by == ""
    assert structure.date == "2026-11-26"
    assert room.session.case.plan is None
    room.stroke((0.0, 10.0, 160.0))
    assert room.structure().made_by == "model X 1.2, edited"


def test_a_stroke_that_changes_nothing_is_no_step(room: Room) -> None:
    room.stroke(IN_TUMOUR, radius_mm=1.5)
    room.stroke(FREE, erases=True)
    assert not room.session.undo_stack.canUndo()
    assert "nothing to change" in room.said[-1]


def test_only_voxels_in_the_range_are_painted(room: Room, images: CaseImages) -> None:
    room.presenter.set_brush(Brush(mode=BrushMode.PAINT, hu=(100.0, 300.0)))
    room.stroke()  # the image is 0 HU everywhere
    assert not room.session.undo_stack.canUndo()
    room.presenter.set_brush(Brush(mode=BrushMode.PAINT, hu=(-50.0, 50.0)))
    room.stroke()
    assert room.session.undo_stack.canUndo()


def test_a_structure_of_which_nothing_is_left_is_not_used_until_it_is_drawn(room: Room) -> None:
    room.stroke(IN_TUMOUR, erases=True, radius_mm=500.0)
    stroke = Stroke(points_lps_mm=(IN_TUMOUR,), radius_mm=60.0)
    room.presenter.take_stroke(DrawnStroke(stroke, erases=True))
    assert not room.mask().inside.any()
    assert room.structure().excluded_because == NOTHING_DRAWN
    room.stroke()
    assert room.structure().excluded_because == ""
    distrusted = replace(room.structure(), excluded_because="leaks")
    room.session.apply("x", replace(room.session.case, structures=(distrusted,)))
    room.stroke((0.0, 10.0, 160.0))
    assert room.structure().excluded_because == "leaks"


def test_work_on_a_whole_mask_runs_in_the_background(room: Room, qtbot: QtBot) -> None:
    before = room.mask()
    room.ask(qtbot, EditKind.GROW, amount=4.0)
    assert room.session.undo_stack.undoText() == "Grow lesion by 4.0 mm"
    grown = room.mask()
    assert grown.volume_ml > 2.0 * before.volume_ml
    room.ask(qtbot, EditKind.SHRINK, amount=4.0)
    assert room.mask().volume_ml == pytest.approx(before.volume_ml, rel=0.25)
    room.ask(qtbot, EditKind.SUBTRACT, other="bone")
    assert room.session.undo_stack.undoText() == "Subtract right hip bone from lesion"
    overlap = room.mask().on(room.session.images.ct.grid) & room.mask("right hip bone").on(
        room.session.images.ct.grid
    )
    assert not overlap.any()


def test_a_result_for_a_mask_that_has_changed_since_is_dropped(room: Room, qtbot: QtBot) -> None:
    with qtbot.waitSignal(room.presenter.job.ended):
        room.presenter.ask(EditRequest(EditKind.GROW, amount=4.0))
        room.stroke()
    assert room.session.undo_stack.undoText() == "Paint on lesion"


def test_keeping_the_piece_under_the_crosshair_needs_one(room: Room, qtbot: QtBot) -> None:
    room.stroke()
    room.state.set_crosshair((0.0, 0.0, 200.0))
    room.ask(qtbot, EditKind.KEEP_AT_CROSSHAIR)
    assert "crosshair is outside" in room.said[-1]
    room.state.set_crosshair(FREE)
    room.ask(qtbot, EditKind.KEEP_AT_CROSSHAIR)
    assert room.mask().centroid_lps_mm() == pytest.approx(FREE, abs=2.0)


def test_a_new_structure_is_begun_empty_and_errs_to_the_safe_side(room: Room) -> None:
    room.presenter.ask(EditRequest(EditKind.NEW))
    new = room.structure("New structure")
    assert new.role is Role.FORBIDDEN
    assert new.excluded_because == NOTHING_DRAWN
    assert room.list.wanted in new.mask_id
    room.list.current_changed.emit(room.list.wanted)
    room.stroke()
    assert room.structure("New structure").made_by == "drawn by hand"
    assert not room.structure("New structure").excluded_because
    room.presenter.ask(EditRequest(EditKind.NEW))
    assert room.structure("New structure (2)")


def test_a_copy_is_edited_on_its_own(room: Room) -> None:
    room.presenter.ask(EditRequest(EditKind.DUPLICATE))
    assert room.mask("lesion copy") is room.mask("lesion")
    room.list.current_changed.emit(room.list.wanted)
    room.stroke()
    assert room.mask("lesion copy") is not room.mask("lesion")


def test_what_is_derived_cannot_be_painted_on_but_copied(room: Room) -> None:
    joint = Structure(name="hip joint", role=Role.JOINT, mask_id="derived:joint", derived_from="CT")
    room.session.set_anatomy(Mock(derived=((joint, room.mask()),)))
    room.list.current_changed.emit("derived:joint")
    room.presenter.set_mode(BrushMode.PAINT)
    assert room.presenter.brush.mode is BrushMode.OFF
    assert "duplicate it" in room.panel.set_target.call_args.args[1]
    room.presenter.ask(EditRequest(EditKind.DUPLICATE))
    copy = room.structure("hip joint copy")
    assert copy.derived_from == ""
    assert copy.made_by == "CT"


def test_the_brush_is_put_away_where_nothing_can_be_edited(room: Room) -> None:
    room.presenter.set_mode(BrushMode.PAINT)
    assert room.presenter.brush.mode is BrushMode.PAINT
    room.list.current_changed.emit("missing:foramina")
    assert room.presenter.brush.mode is BrushMode.OFF


def test_a_refused_edit_is_not_said_to_be_done(room: Room, plan: PlanResult) -> None:
    case = replace(room.session.case, plan=plan)
    approval = Approval(
        approved_by="AW",
        at="2026-11-26T10:12:00+01:00",
        plan_number=1,
        plan_sha256="",
        candidate_ids=("T1",),
    )
    room.session.seal(replace(case, approval=approval))
    room.stroke()
    assert room.said[-1] == ""
    assert room.session.case.approval is approval
    room.presenter.begin()
    assert room.list.wanted == ""
