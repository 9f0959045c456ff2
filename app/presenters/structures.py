"""Which structures there are and how they look, in the list, the slices and 3-D; plans nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.jobs import LatestJob
from app.language import tr
from app.presenters.looks import first_styles, in_order
from app.presenters.numbers import spoken, unchecked_structures
from app.presenters.viewing import first_look
from app.rendering.surfaces import Surface, build_surfaces
from app.session import Session
from app.view_state import Style, ViewState
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.structure_list import StructureList
from app.views.values import MaskLayer, StructureRow, StructureStyle
from planning.image import Mask
from planning.model.case import Case, Role, Structure

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_SKIN_ID = "derived:skin"
_AT_ONCE = 8
_JOINTS_SHOWN_WITHIN_MM = 30.0
_NOT_IN_SLICES = frozenset({Role.SKIN})


class StructuresPresenter(QObject):
    """Keeps list, slices and 3-D view on the same structures and looks."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        structure_list: StructureList,
        slices: Sequence[SliceView],
        scene: SceneView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._list = structure_list
        self._slices = tuple(slices)
        self._scene = scene
        self._shown: tuple[Structure, ...] = ()
        self._masks: dict[str, Mask] = {}
        self._volumes_ml: dict[str, float] = {}
        self._surfaces: dict[str, Surface] = {}
        self._asked_for: set[str] = set()
        self._whole_seen = False
        # The list may be in the middle of telling of a change: it is filled anew afterwards.
        self._rows_timer = QTimer(self)
        self._rows_timer.setSingleShot(True)
        self._rows_timer.timeout.connect(self.show_rows)
        self.job = LatestJob(self)
        self.job.finished.connect(self.take_surfaces)
        session.opened.connect(self.show_case)
        session.anatomy_changed.connect(self.add_derived)
        session.case_changed.connect(self.follow_case)
        view_state.styles_changed.connect(self.restyle)
        structure_list.visibility_changed.connect(self.set_visible)
        structure_list.colour_changed.connect(view_state.set_colour)
        structure_list.opacity_changed.connect(view_state.set_opacity)
        structure_list.activated.connect(self.go_to)

    def show_case(self) -> None:
        """Show another case's structures."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        self.job.cancel()
        self._surfaces = {}
        self._asked_for = set()
        self._whole_seen = False
        self._scene.set_surfaces({})
        self._show(case.structures, dict(images.masks), keep_styles=False)

    def add_derived(self, anatomy: Anatomy | None) -> None:
        """Show what planning derived beside what was given."""
        case, images = self._session.case, self._session.images
        if anatomy is None or case is None or images is None:
            return
        skin = Structure(name="skin", role=Role.SKIN, mask_id=_SKIN_ID, derived_from="CT")
        structures = (*case.structures, *(s for s, _ in anatomy.derived), skin)
        masks = {**images.masks, _SKIN_ID: anatomy.body}
        masks.update({s.mask_id: mask for s, mask in anatomy.derived})
        self._show(structures, masks, keep_styles=True, far=self._far_joints(anatomy))

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Say which expected structures have no mask, once a plan says so, and which are stale."""
        if old is not None and (new.plan is not old.plan or new.structures is not old.structures):
            self._rows_timer.start(0)

    def set_visible(self, key: str, visible: bool) -> None:  # noqa: FBT001 (a signal's argument)
        """Show or hide one structure."""
        self._state.set_visible(key, visible=visible)

    def go_to(self, key: str) -> None:
        """Take every view to the middle of a structure."""
        mask = self._masks.get(key)
        centre = mask.centroid_lps_mm() if mask is not None else None
        if centre is not None:
            self._state.set_crosshair(centre)

    def restyle(self) -> None:
        """Hand the looks to every view."""
        self._rows_timer.start(0)
        layers = tuple(self._layer(s) for s in reversed(self._shown) if _in_slices(s))
        for view in self._slices:
            view.set_layers(layers)
        self._scene.set_styles(tuple(self._scene_style(s) for s in self._shown))
        self._build_missing()

    def take_surfaces(self, made: dict[str, Surface]) -> None:
        """Show surfaces that were built in the background, and ask for the next."""
        self._surfaces.update(made)
        self._scene.set_surfaces(dict(self._surfaces))
        self._build_missing()

    def show_rows(self) -> None:
        """Fill the list: what there is, then what should be there and is not."""
        case = self._session.case
        plan = case.plan if case is not None else None
        missing = () if plan is None else unchecked_structures(plan)
        stale = {s.mask_id for s in case.structures if s.stale_because} if case else set()
        rows = [self._row(s, stale=s.mask_id in stale) for s in self._shown]
        rows += [
            StructureRow(key=f"missing:{m.what}", name=m.what, role="", note=m.reason, missing=True)
            for m in missing
        ]
        self._list.set_rows(tuple(rows))

    def _far_joints(self, anatomy: Anatomy) -> frozenset[str]:
        """Return the derived joints that lie too far from the lesion to be worth showing first."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return frozenset()
        lesion = first_look(case, images)
        return frozenset(
            structure.mask_id
            for structure, mask in anatomy.derived
            if structure.role is Role.JOINT
            and mask.grid.border_distance_mm(lesion) < -_JOINTS_SHOWN_WITHIN_MM
        )

    def _show(
        self,
        structures: tuple[Structure, ...],
        masks: dict[str, Mask],
        *,
        keep_styles: bool,
        far: frozenset[str] = frozenset(),
    ) -> None:
        before = first_styles(self._shown)
        self._shown = in_order(structures)
        self._masks = masks
        for key in masks:
            if key not in self._volumes_ml or not keep_styles:
                self._volumes_ml[key] = masks[key].volume_ml
        styles = first_styles(structures)
        styles.update({key: replace(styles[key], visible=False) for key in far})
        if keep_styles:
            # Only what the user changed: a tumour that gets habitats now lends its outline alone.
            kept = {key: self._state.style(key) for key in styles}
            changed = {key: s for key, s in kept.items() if s is not None and s != before.get(key)}
            styles.update(changed)
        self._state.set_styles(styles)

    def _build_missing(self) -> None:
        """Build a few wanted surfaces in the background, those that matter most first."""
        if self.job.is_running:
            return
        wanted = [
            s.mask_id
            for s in self._shown
            if s.mask_id not in self._asked_for and self._style(s).visible
        ]
        waiting = "" if self._shown else "The case has no structures."
        self._scene.set_message("Building surfaces ..." if wanted else waiting)
        masks = {key: self._masks[key] for key in wanted[:_AT_ONCE]}
        if masks:
            self._asked_for.update(masks)
            self.job.start("Building surfaces", lambda p: build_surfaces(masks, progress=p))
        elif not self._whole_seen:
            self._whole_seen = True
            self._scene.reset_view()

    def _row(self, structure: Structure, *, stale: bool) -> StructureRow:
        style = self._style(structure)
        derived = tr("derived") if structure.derived_from else ""
        return StructureRow(
            key=structure.mask_id,
            name=spoken(structure.name),
            role=structure.role.value,
            colour=style.colour,
            visible=style.visible,
            opacity=style.opacity,
            volume_ml=self._volumes_ml.get(structure.mask_id),
            note=tr("moved: check it") if stale else derived,
            caution=stale,
        )

    def _layer(self, structure: Structure) -> MaskLayer:
        style = self._style(structure)
        return MaskLayer(
            key=structure.mask_id,
            name=structure.name,
            mask=self._masks[structure.mask_id],
            colour=style.colour,
            opacity=style.opacity,
            visible=style.visible,
        )

    def _scene_style(self, structure: Structure) -> StructureStyle:
        style = self._style(structure)
        return StructureStyle(
            key=structure.mask_id,
            colour=style.colour,
            opacity=style.opacity,
            visible=style.visible,
        )

    def _style(self, structure: Structure) -> Style:
        style = self._state.style(structure.mask_id)
        assert style is not None, "every shown structure was given a look"
        return style


def _in_slices(structure: Structure) -> bool:
    return structure.role not in _NOT_IN_SLICES
