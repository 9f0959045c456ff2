"""What the slice views look at: CT, crosshair, grey scale, lie of the patient, overlays."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject

from app.session import Session
from app.view_state import Shown, ViewState
from app.views.overlays import Overlays
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView
from app.views.values import WINDOW_PRESETS
from planning.geometry import Vec3
from planning.image import CaseImages
from planning.model.case import Case, Role

_FIRST_LOOK = (Role.TUMOUR, Role.VIABLE)


class ViewingPresenter(QObject):
    """Keeps all slice views and the 3-D view on one point, one window and one position."""

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        slices: Sequence[SliceView],
        scene: SceneView,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._slices = tuple(slices)
        self._scene = scene
        session.opened.connect(self.show_case)
        session.case_changed.connect(self.follow_case)
        view_state.crosshair_changed.connect(self.follow_crosshair)
        view_state.window_changed.connect(self.follow_window)
        view_state.shown_changed.connect(self.follow_shown)
        for view in self._slices:
            view.crosshair_moved.connect(view_state.set_crosshair)
            view.window_changed.connect(view_state.set_window)

    def show_case(self) -> None:
        """Show another case from its beginning."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        self._set_position(case)
        start = first_look(case, images)
        self._state.set_crosshair(start)
        level_hu, width_hu = self._state.window_hu
        for view in self._slices:
            view.set_window(level_hu, width_hu)
            view.set_volume(images.ct)
            view.set_crosshair(start)
        self._scene.set_crosshair(start)

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Lie the views as the patient will lie."""
        if old is not None and new.biopsy_position is not old.biopsy_position:
            self._set_position(new)

    def follow_crosshair(self, point_lps_mm: Vec3) -> None:
        """Take every view to the point."""
        for view in self._slices:
            view.set_crosshair(point_lps_mm)
        self._scene.set_crosshair(point_lps_mm)

    def follow_window(self, level_hu: float, width_hu: float) -> None:
        """Set the grey scale of every view."""
        for view in self._slices:
            view.set_window(level_hu, width_hu)

    def follow_shown(self, shown: Shown) -> None:
        """Draw other things over every view."""
        overlays = Overlays(
            labels=shown.labels,
            ghosts=shown.ghosts,
            envelope=shown.envelope,
            fills=shown.fills,
        )
        for view in self._slices:
            view.set_overlays(overlays)
        self._scene.set_overlays(overlays)

    def choose_preset(self, key: str) -> None:
        """Take one of the window presets, by its number key."""
        preset = next((p for p in WINDOW_PRESETS if p.key == key), None)
        if preset is not None:
            self._state.set_window(preset.level_hu, preset.width_hu)

    def reset_views(self) -> None:
        """Fit every view to what there is to see."""
        for view in self._slices:
            view.reset_view()
        self._scene.reset_view()

    def _set_position(self, case: Case) -> None:
        for view in self._slices:
            view.set_position(case.biopsy_position)
            view.set_table_known(not case.position_differs)
        self._scene.set_position(case.biopsy_position)


def first_look(case: Case, images: CaseImages) -> Vec3:
    """Return what to look at first: the lesion that is planned, else the middle of the CT."""
    tumours = [s for s in case.trusted if s.role in _FIRST_LOOK]
    wanted = [s for s in tumours if s.name == case.lesion] or tumours
    for structure in wanted:
        centre = images.masks[structure.mask_id].centroid_lps_mm()
        if centre is not None:
            return centre
    return images.ct.grid.centre_lps_mm
