"""Which structures there are and how they look, in the list, the slices and 3-D; plans nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, QTimer

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.looks import carried_style, first_styles, in_order
from app.presenters.numbers import spoken, unchecked_structures
from app.presenters.structure_changes import exchanged, structure_of
from app.presenters.structure_words import note_of, said_name
from app.presenters.viewing import first_look
from app.rendering.surfaces import Surface, build_surfaces, triangle_shares
from app.session import Session
from app.view_state import Style, ViewState
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.structure_list import StructureList
from app.views.structure_values import StructureRow
from app.views.values import MaskLayer, StructureStyle
from planning.editing.naming import first_key
from planning.image import Mask
from planning.model.case import Case, Role, Structure

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_SKIN_ID = "derived:skin"
_AT_ONCE = 8
_JOINTS_SHOWN_WITHIN_MM = 30.0
_NOT_IN_SLICES = frozenset({Role.SKIN})


class StructuresPresenter(QObject):
    """Keeps list, slices and 3-D view on the same structures and looks.

    Lines of the list and surfaces in 3-D go by the key that all versions of a mask share, looks and
    layers by the mask that is shown: so an edited structure keeps its line, its look and, until the
    new surface is built, its old one.
    """

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
        self._derived: tuple[tuple[Structure, Mask], ...] = ()
        self._far: frozenset[str] = frozenset()
        self._emphasised = ""
        self._masks: dict[str, Mask] = {}
        self._volumes_ml: dict[str, float] = {}
        self._surfaces: dict[str, Surface] = {}
        self._handed: dict[str, Surface] = {}
        self._scene_styles: tuple[StructureStyle, ...] = ()
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
        structure_list.colour_changed.connect(self.set_colour)
        structure_list.opacity_changed.connect(self.set_opacity)
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
        self._derived, self._far = (), frozenset()
        self._handed = {}
        self._scene.set_surfaces({})
        self._show(case.structures, dict(images.masks), keep_styles=False)

    def add_derived(self, anatomy: Anatomy | None) -> None:
        """Show what planning derived beside what was given."""
        if anatomy is None or self._session.case is None:
            return
        skin = Structure(name="skin", role=Role.SKIN, mask_id=_SKIN_ID, derived_from="CT")
        self._derived = (*anatomy.derived, (skin, anatomy.body))
        self._far = self._far_joints(anatomy)
        self._show_all()

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Show changed structures, and which expected ones have no mask once a plan says so."""
        if old is None or not self._shown:
            return
        if new.structures is not old.structures:
            self._show_all()
        elif new.plan is not old.plan:
            self._rows_timer.start(0)

    def set_visible(self, key: str, visible: bool) -> None:  # noqa: FBT001 (a signal's argument)
        """Show or hide one structure."""
        if (structure := self._of(key)) is not None:
            self._state.set_visible(structure.mask_id, visible=visible)

    def set_opacity(self, key: str, opacity: float) -> None:
        """Make one structure more or less transparent."""
        if (structure := self._of(key)) is not None:
            self._state.set_opacity(structure.mask_id, opacity)

    def set_colour(self, key: str, colour: str) -> None:
        """Give one structure another colour, which the case keeps; a derived one only shows it."""
        case, structure = self._session.case, self._of(key)
        if case is None or structure is None:
            return
        if structure_of(case, key) is None:
            self._state.set_colour(structure.mask_id, colour)
        elif colour != structure.colour:
            coloured = exchanged(case, structure, replace(structure, colour=colour))
            text = tr("Colour of {name}", name=spoken(structure.name))
            self._session.apply(text, replace(coloured, plan=case.plan))

    def emphasise(self, key: str) -> None:
        """Show the structure of a line in full and above the others in slices; empty: none."""
        if key != self._emphasised:
            self._emphasised = key
            self._hand_layers()

    def go_to(self, key: str) -> None:
        """Take every view to the middle of a structure."""
        structure = self._of(key)
        mask = self._masks.get(structure.mask_id) if structure is not None else None
        centre = mask.centroid_lps_mm() if mask is not None else None
        if centre is not None:
            self._state.set_crosshair(centre)

    def restyle(self) -> None:
        """Hand the looks to every view."""
        self._rows_timer.start(0)
        self._hand_layers()
        styles = tuple(self._scene_style(s) for s in self._shown)
        if styles != self._scene_styles:
            self._scene_styles = styles
            self._scene.set_styles(styles)
        self._build_missing()

    def _hand_layers(self) -> None:
        shown = sorted(filter(_in_slices, reversed(self._shown)), key=self._is_emphasised)
        layers = tuple(self._layer(s) for s in shown)
        for view in self._slices:
            view.set_layers(layers)

    def _is_emphasised(self, structure: Structure) -> bool:
        return first_key(structure.mask_id) == self._emphasised

    def take_surfaces(self, made: dict[str, Surface | None]) -> None:
        """Show surfaces that were built in the background, and ask for the next."""
        for key, surface in made.items():
            self._surfaces.pop(key, None)  # of an older version, that stood in until now
            if surface is not None:
                self._surfaces[key] = surface
        self._hand_surfaces()
        self._build_missing()

    def show_rows(self) -> None:
        """Fill the list: what there is, then what should be there and is not."""
        case = self._session.case
        plan = case.plan if case is not None else None
        missing = () if plan is None else unchecked_structures(plan, str)
        rows = [self._row(structure) for structure in self._shown]
        excluded = {row.name for row in rows if row.caution}
        rows += [
            StructureRow(
                key=f"missing:{m.what}",
                name=tr_core(m.what),
                role="",
                note=tr_core(m.reason),
                missing=True,
            )
            for m in missing
            if m.what not in excluded
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

    def _show_all(self) -> None:
        """Show the case's structures as they are now, and what was derived."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        structures = (*case.structures, *(s for s, _ in self._derived))
        masks = {**images.masks, **{s.mask_id: mask for s, mask in self._derived}}
        self._show(structures, masks, keep_styles=True)

    def _show(
        self, structures: tuple[Structure, ...], masks: dict[str, Mask], *, keep_styles: bool
    ) -> None:
        was = {first_key(s.mask_id): s for s in self._shown}
        looked_first = first_styles(self._shown)
        self._shown = in_order(structures)
        self._masks = {s.mask_id: masks[s.mask_id] for s in self._shown}
        known = self._volumes_ml if keep_styles else {}
        new = {key: mask.volume_ml for key, mask in self._masks.items() if key not in known}
        self._volumes_ml = {key: known[key] for key in self._masks if key in known} | new
        styles = first_styles(structures)
        styles.update({k: replace(styles[k], visible=False) for k in self._far if k in styles})
        for s in structures if keep_styles else ():
            old = was.get(first_key(s.mask_id))
            current = self._state.style(old.mask_id) if old is not None else None
            if old is not None and current is not None:
                first, now = looked_first[old.mask_id], styles[s.mask_id]
                recoloured = old.colour != s.colour
                styles[s.mask_id] = carried_style(current, first, now, recoloured=recoloured)
        self._forget_surfaces()
        self._state.set_styles(styles)

    def _forget_surfaces(self) -> None:
        """Keep the surfaces of masks that are shown, and old ones for masks that were edited."""
        edited = {first_key(s.mask_id): s.mask_id for s in self._shown}
        kept: dict[str, Surface] = {}
        for key, surface in self._surfaces.items():
            now = edited.get(first_key(key))
            if now is not None and (now == key or now not in self._surfaces):
                kept[now] = surface
        # A surface that stands for an older version is still to be replaced.
        self._asked_for &= self._masks.keys()
        self._surfaces = kept
        self._hand_surfaces()

    def _hand_surfaces(self) -> None:
        """Show the surfaces in 3-D, if they are others than it has: each frame takes its time."""
        self._surfaces = {k: v for k, v in self._surfaces.items() if k in self._masks}
        handed = {first_key(k): v for k, v in self._surfaces.items()}
        if handed != self._handed:
            self._handed = handed
            self._scene.set_surfaces(handed)

    def _of(self, key: str) -> Structure | None:
        """Return the shown structure of a line of the list."""
        return next((s for s in self._shown if first_key(s.mask_id) == key), None)

    def _build_missing(self) -> None:
        """Build a few wanted surfaces in the background, those that matter most first."""
        if self.job.is_running:
            return
        wanted = [
            s.mask_id
            for s in self._shown
            if s.mask_id not in self._asked_for and self._style(s).visible
        ]
        waiting = "" if self._shown else tr("The case has no structures.")
        self._scene.set_message(tr("Building surfaces ...") if wanted else waiting)
        masks = {key: self._masks[key] for key in wanted[:_AT_ONCE]}
        if masks:
            self._asked_for.update(masks)
            seen = (s.mask_id for s in self._shown if self._style(s).visible)
            shares = triangle_shares({key: self._masks[key] for key in seen})
            self.job.start(
                tr("Building surfaces"),
                lambda p: {**dict.fromkeys(masks), **build_surfaces(masks, shares, progress=p)},
            )
        elif not self._whole_seen:
            self._whole_seen = True
            self._scene.reset_view()

    def _row(self, structure: Structure) -> StructureRow:
        style = self._style(structure)
        return StructureRow(
            key=first_key(structure.mask_id),
            name=said_name(structure),
            role=tr_core(structure.role.value),
            colour=style.colour,
            visible=style.visible,
            opacity=style.opacity,
            volume_ml=self._volumes_ml.get(structure.mask_id),
            note=note_of(structure),
            why=tr_core(structure.stale_because),
            caution=bool(structure.excluded_because or structure.stale_because),
        )

    def _layer(self, structure: Structure) -> MaskLayer:
        style = self._style(structure)
        return MaskLayer(
            key=structure.mask_id,
            name=said_name(structure),
            mask=self._masks[structure.mask_id],
            colour=style.colour,
            opacity=1.0 if self._is_emphasised(structure) else style.opacity,
            visible=style.visible,
        )

    def _scene_style(self, structure: Structure) -> StructureStyle:
        style = self._style(structure)
        return StructureStyle(
            key=first_key(structure.mask_id),
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
