"""List, slices and 3-D show the same structures with the same looks, the important first."""

from __future__ import annotations

from dataclasses import replace
from unittest.mock import Mock

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.presenters.looks import first_styles
from app.presenters.structures import StructuresPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.structure_list import StructureList
from planning.image import CaseImages, Mask
from planning.model.case import Case, Role, Structure
from planning.model.plan import NotChecked, PlanResult


class Room:
    """A session with mocked views."""

    def __init__(self) -> None:
        self.session, self.state = Session(), ViewState()
        self.list, self.scene = Mock(spec=StructureList), Mock(spec=SceneView)
        self.slice = Mock(spec=SliceView)
        self.presenter = StructuresPresenter(
            self.session, self.state, self.list, [self.slice], self.scene
        )

    def rows(self) -> tuple:
        self.presenter.show_rows()
        return self.list.set_rows.call_args.args[0]


@pytest.fixture
def room(qapp: object, qtbot: QtBot, case: Case, images: CaseImages) -> Room:
    made = Room()
    with qtbot.waitSignal(made.presenter.job.ended):
        made.session.open(case, images)
    return made


def test_the_important_come_first_in_the_list_and_on_top_in_the_slices(room: Room) -> None:
    assert [row.name for row in room.rows()] == ["lesion", "sciatic nerve", "right hip bone"]
    layers = room.slice.set_layers.call_args.args[0]
    assert [layer.key for layer in layers] == ["bone", "nerve", "tumour"]


def test_surfaces_of_what_is_visible_are_built_in_the_background(room: Room) -> None:
    built = room.scene.set_surfaces.call_args.args[0]
    assert set(built) == {"tumour", "nerve", "bone"}
    assert room.scene.set_message.call_args.args == ("",)


def test_volumes_are_given_in_millilitres(room: Room) -> None:
    volumes = {row.key: row.volume_ml for row in room.rows()}
    assert volumes["tumour"] == pytest.approx(4 * 4 * 4 * 12.0 / 1000.0)


def test_a_changed_look_reaches_every_view(room: Room) -> None:
    room.presenter.set_visible("nerve", False)
    room.state.set_colour("tumour", "#123456")
    row = {row.key: row for row in room.rows()}
    layer = {layer.key: layer for layer in room.slice.set_layers.call_args.args[0]}
    style = {style.key: style for style in room.scene.set_styles.call_args.args[0]}
    for shown in (row, layer, style):
        assert not shown["nerve"].visible
        assert shown["tumour"].colour == "#123456"


def test_activating_a_structure_goes_to_its_middle(room: Room) -> None:
    room.presenter.go_to("tumour")
    assert room.state.crosshair_lps_mm == pytest.approx((-9.0, -7.0, 134.5))
    room.presenter.go_to("missing:foramina")


def test_what_has_no_mask_stands_in_the_list_once_planned(
    room: Room, case: Case, plan: PlanResult
) -> None:
    assert not any(row.missing for row in room.rows())
    room.session.apply("Plan", replace(case, plan=plan))
    missing = [row for row in room.rows() if row.missing]
    assert [(row.name, row.note) for row in missing] == [("sacral foramina", "no mask")]


def test_habitats_fill_the_tumour_in_different_colours() -> None:
    structures = (
        Structure(name="lesion", role=Role.TUMOUR, mask_id="t"),
        Structure(name="Habitat A", role=Role.HABITAT, mask_id="a"),
        Structure(name="Habitat B", role=Role.HABITAT, mask_id="b"),
        Structure(name="gluteus", role=Role.MUSCLE, mask_id="m"),
    )
    styles = first_styles(structures)
    assert len({styles[key].colour for key in "tab"}) == 3
    assert not styles["m"].visible


def test_texture_regions_found_by_planning_fill_the_tumour_but_keep_what_the_user_chose(
    room: Room, images: CaseImages
) -> None:
    room.state.set_colour("bone", "#123456")
    region = Structure(
        name="Texture region A (40 HU)", role=Role.HABITAT, mask_id="r", derived_from="CT"
    )
    tumour = images.masks["tumour"]
    anatomy = Mock(derived=((region, tumour),), body=tumour)
    room.presenter.add_derived(anatomy)
    layers = {layer.key: layer for layer in room.slice.set_layers.call_args.args[0]}
    assert layers["r"].visible
    assert layers["r"].colour != layers["tumour"].colour
    assert layers["tumour"].opacity < 1.0
    assert layers["bone"].colour == "#123456"


def edited(room: Room, **fields: object) -> str:
    """Give the tumour another mask, as editing does, and return its key."""
    mask, key = room.session.images.masks["nerve"], "tumour@edit1"
    room.session.add_masks({key: mask})
    case = room.session.case
    structures = tuple(
        replace(s, mask_id=key, **fields) if s.mask_id == "tumour" else s for s in case.structures
    )
    room.session.apply("Paint on lesion", replace(case, structures=structures))
    return key


def test_an_edited_structure_keeps_its_line_its_look_and_first_its_old_surface(
    room: Room, qtbot: QtBot
) -> None:
    room.state.set_opacity("tumour", 0.5)
    room.state.set_colour("tumour", "#123456")
    old = room.scene.set_surfaces.call_args.args[0]["tumour"]
    with qtbot.waitSignal(room.presenter.job.ended):
        handed = room.scene.set_surfaces.call_count
        key = edited(room)
        assert room.scene.set_surfaces.call_count == handed  # 3-D is not drawn for nothing
    surfaces = room.scene.set_surfaces.call_args.args[0]
    assert surfaces.keys() == {"nerve", "bone", "tumour"}
    assert surfaces["tumour"] is not old
    row = next(row for row in room.rows() if row.key == "tumour")
    assert row.volume_ml == pytest.approx(room.session.images.masks["nerve"].volume_ml)
    layer = next(x for x in room.slice.set_layers.call_args.args[0] if x.key == key)
    assert (layer.opacity, layer.colour) == (0.5, "#123456")
    assert layer.mask is room.session.images.masks["nerve"]
    with qtbot.waitSignal(room.presenter.job.ended):
        room.session.undo_stack.undo()
    layers = {x.key: x for x in room.slice.set_layers.call_args.args[0]}
    assert layers["tumour"].opacity == 0.5
    assert layers["tumour"].mask is room.session.images.masks["tumour"]


def test_an_emptied_mask_has_no_surface(room: Room, qtbot: QtBot) -> None:
    empty = Mask(grid=room.session.images.ct.grid, inside=np.zeros((40, 30, 20), dtype=np.bool_))
    case = room.session.case
    room.session.add_masks({"tumour@edit1": empty})
    structures = tuple(
        replace(s, mask_id="tumour@edit1") if s.mask_id == "tumour" else s for s in case.structures
    )
    with qtbot.waitSignal(room.presenter.job.ended):
        room.session.apply("Erase", replace(case, structures=structures))
    assert room.scene.set_surfaces.call_args.args[0].keys() == {"nerve", "bone"}


def test_a_chosen_colour_is_part_of_the_case_and_can_be_undone(room: Room) -> None:
    room.presenter.set_colour("nerve", "#123456")
    nerve = next(s for s in room.session.case.structures if s.mask_id == "nerve")
    assert nerve.colour == "#123456"
    assert room.state.style("nerve").colour == "#123456"
    assert room.session.undo_stack.undoText() == "Colour of sciatic nerve"
    room.session.undo_stack.undo()
    assert room.state.style("nerve").colour != "#123456"


def test_a_distrusted_structure_is_hidden_and_told_in_the_list(
    room: Room, case: Case, plan: PlanResult
) -> None:
    structures = tuple(
        replace(s, excluded_because="leaks") if s.mask_id == "nerve" else s for s in case.structures
    )
    missing = (NotChecked("sciatic nerve", "mask not used: leaks"),)
    told = replace(plan, not_checked=missing)
    room.session.apply("Exclude", replace(case, structures=structures, plan=told))
    lines = [row for row in room.rows() if row.name == "sciatic nerve"]
    assert [(row.note, row.caution, row.visible) for row in lines] == [
        ("not used: leaks", True, False)
    ]
    room.session.undo_stack.undo()
    assert room.state.style("nerve").visible


def test_what_is_painted_on_is_seen_in_full_and_on_top(room: Room) -> None:
    room.state.set_opacity("bone", 0.3)
    room.presenter.emphasise("bone")
    layers = room.slice.set_layers.call_args.args[0]
    assert [layer.key for layer in layers] == ["nerve", "tumour", "bone"]
    assert layers[-1].opacity == 1.0
    room.presenter.emphasise("")
    layers = room.slice.set_layers.call_args.args[0]
    assert (layers[0].key, layers[0].opacity) == ("bone", 0.3)
