"""The surface a slice is painted on, with everything that lies over it; hears no mouse, no keys."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QCloseEvent, QColor, QImage, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app.language import tr
from app.rendering.mask_contours import SharedContours
from app.rendering.needle_axes import Framing, ViewKind, orientation_of
from app.rendering.slice_geometry import (
    Scroll,
    SlicePlane,
    edge_letters,
    fitted_plane,
    scroll_of,
    view_axes,
)
from app.rendering.slice_image import GreyScale, Reslicer, telling_ratio, volume_reslicer
from app.views.overlays import Overlays
from app.views.palette import DARK, colours
from app.views.slice_control import ControlImage
from app.views.slice_fusion import Fusion, OverlayImage
from app.views.slice_ground import SliceGround, paint_enlarged
from app.views.slice_layers import LayerPainter
from app.views.slice_measuring import Measuring
from app.views.slice_needles import NeedleColours, paint_needles
from app.views.slice_overlay import (
    OverlayWords,
    paint_crosshair,
    paint_depth_mark,
    paint_empty,
    paint_words,
)
from app.views.slice_words import (
    NO_IMAGE,
    NO_NEEDLE,
    Sight,
    measured_words,
    pointer_words,
    slice_words,
    title_of,
)
from app.views.values import WINDOW_PRESETS, MaskLayer, NeedlePath
from planning.geometry import Vec3
from planning.image import Volume
from planning.model.case import Position

_EDGE_SHARE = 0.08


class SliceCanvas(QWidget):
    """One slice view without its interaction; see `app.views.slice_view.SliceView`.

    A view of the patient's axes shows the slice through the crosshair. A view that follows a
    needle shows what `set_framing` says, wherever the crosshair is.
    """

    def __init__(
        self,
        kind: ViewKind,
        parent: QWidget | None = None,
        *,
        contours: SharedContours | None = None,
    ) -> None:
        super().__init__(parent)
        self._kind: ViewKind = kind
        self._framing: Framing | None = None
        self._position: Position | None = None
        self._volume: Volume | None = None
        self._reslicer: Reslicer | None = None
        self._plane: SlicePlane | None = None
        self._fitted_mm_per_pixel = 1.0
        self._crosshair: Vec3 = (0.0, 0.0, 0.0)
        preset = WINDOW_PRESETS[0]
        self._window_hu = (preset.level_hu, preset.width_hu)
        self._grey = GreyScale(*self._window_hu)
        self._image = QImage()
        self._image_of: tuple[object, ...] = ()
        self._ground = SliceGround()
        self._fusion = Fusion()
        self._layers = LayerPainter(SharedContours() if contours is None else contours)
        self._needles: tuple[NeedlePath, ...] = ()
        self._overlays = Overlays()
        self._table_known = False
        self._measuring = Measuring(self._hu_words)
        self._pointer: QPointF | None = None
        self._remark = ""
        self.setMinimumSize(120, 90)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)

    @property
    def follows_needle(self) -> bool:
        """Tell whether the view follows a needle instead of the crosshair."""
        return orientation_of(self._kind) is None

    def set_volume(self, volume: Volume | None) -> None:
        """Show this CT, fitted and centred; None empties the view."""
        self._volume = volume
        self._reslicer = volume_reslicer(volume) if volume is not None else None
        self._measuring.clear()
        if volume is not None:
            self._crosshair = volume.grid.centre_lps_mm
        self.reset_view()

    def set_position(self, position: Position | None) -> None:
        """Lie the view as the patient lies for the biopsy; None counts as supine."""
        if position is not self._position:
            self._position = position
            if not self.follows_needle:
                self.reset_view()

    def set_table_known(self, known: bool) -> None:  # noqa: FBT001 (a setter's only argument)
        """Say the table's position where the images carry it; only if the patient lies as then."""
        self._table_known = known
        self.update()

    def set_framing(self, framing: Framing | None) -> None:
        """Follow a needle; None shows what to do to see one. Zoom and pan stay as they are."""
        before, self._framing = self._framing, framing
        if before is None or framing is None or self._plane is None:
            self.reset_view()
            return
        self._plane = framing.carried(self._plane, before)
        self._fitted_mm_per_pixel = framing.plane(self._plane.size_px).mm_per_pixel
        self.update()

    def set_crosshair(self, point_lps_mm: Vec3) -> None:
        """Show the slice through this point; a point outside the picture is brought into it."""
        if point_lps_mm == self._crosshair:
            return
        self._go_to(point_lps_mm)
        if not self.follows_needle:
            self._bring_into_view()

    def set_window(self, level_hu: float, width_hu: float) -> None:
        """Set the grey scale."""
        if (level_hu, width_hu) != self._window_hu:
            self._window_hu = (level_hu, width_hu)
            self._grey = GreyScale(level_hu, width_hu)
            self.update()

    def set_overlay_image(self, overlay: OverlayImage | None) -> None:
        """Lay a PET or MR over the CT; None lays none."""
        self._fusion.set_overlay(overlay)
        self.update()

    def set_control_image(self, control: ControlImage | None) -> None:
        """Show a registered control CT in the planning CT's place or with it; None shows none."""
        self._fusion.control.set_image(control)
        self.update()

    def set_layers(self, layers: tuple[MaskLayer, ...]) -> None:
        """Show these structures, later ones on top."""
        self._layers.set_layers(layers)
        self.update()

    def set_needles(self, needles: tuple[NeedlePath, ...]) -> None:
        """Show these trajectories; the selected one is drawn last."""
        self._needles = needles
        self.update()

    def set_overlays(self, overlays: Overlays) -> None:
        """Draw other things over the picture."""
        self._overlays = overlays
        self.update()

    def set_hurried(self, hurried: bool) -> None:  # noqa: FBT001 (a setter's only argument)
        """Draw coarser while a hand turns the plane with every step, or fine again."""
        if hurried != self._layers.is_hurried:
            self._layers.is_hurried = hurried
            self.update()

    def set_remark(self, text: str) -> None:
        """Show a short remark below the view's name; empty hides it."""
        self._remark = text
        self.update()

    def clear_measurements(self) -> None:
        """Remove all measurements from this view."""
        self._measuring.clear()
        self.update()

    def reset_view(self) -> None:
        """Fit the whole slice, or the whole needle, into the view."""
        self._plane = self._fitted()
        if self._plane is not None:
            self._fitted_mm_per_pixel = self._plane.mm_per_pixel
        self.update()

    def plane(self) -> SlicePlane | None:
        """Return what the view shows now, or None while it is empty."""
        return self._plane

    def close_rendering(self) -> None:
        """Let go of the image pipeline; called by `closeEvent`, harmless twice."""
        self._reslicer = None
        self._fusion = Fusion()
        self._layers.set_layers(())

    def resizeEvent(self, event: QResizeEvent) -> None:
        fitted = self._fitted()
        if self._plane is not None and fitted is not None:
            was_fitted = np.isclose(self._plane.mm_per_pixel, self._fitted_mm_per_pixel)
            self._plane = fitted if was_fitted else self._plane.resized(*fitted.size_px)
            self._fitted_mm_per_pixel = fitted.mm_per_pixel
        super().resizeEvent(event)

    def closeEvent(self, event: QCloseEvent) -> None:
        self.close_rendering()
        super().closeEvent(event)

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        painter.fillRect(event.rect(), Qt.GlobalColor.black)
        if self._plane is None or self._reslicer is None:
            text = tr(NO_IMAGE if self._volume is None else NO_NEEDLE)
            paint_empty(painter, (self.width(), self.height()), title_of(self._kind), text)
        else:
            self._paint_ground(painter, self._plane, self._reslicer)
            self._paint_over(painter, self._plane)
        painter.end()

    def _paint_ground(self, painter: QPainter, plane: SlicePlane, reslicer: Reslicer) -> None:
        """Paint slice and structures; what a hand pulls over them does not paint them anew."""
        grey, fills = self._picture(plane, reslicer), self._overlays.fills
        if self._layers.is_hurried:  # it turns with every step, and is coarser than the view
            paint_enlarged(painter, grey)
            self._layers.paint(painter, plane, fills=fills)
            return

        def paint(onto: QPainter) -> None:
            onto.drawImage(0, 0, grey)
            self._layers.paint(onto, plane, fills=fills)

        of, ratio = (self._image_of, self._layers.layers, fills), self.devicePixelRatioF()
        painter.drawImage(0, 0, self._ground.picture(of, self.size(), ratio, paint))

    def _picture(self, plane: SlicePlane, reslicer: Reslicer) -> QImage:
        """Return the picture; made anew if plane, window, screen or second image changed."""
        ratio, quick = self.devicePixelRatioF(), False
        if self._layers.is_hurried and self._volume is not None:
            ratio = telling_ratio(self._volume.grid, plane, ratio)
            quick = True
        now = (plane, self._window_hu, ratio, id(self._volume), self._fusion.state)
        if now != self._image_of:
            cut = (reslicer.quick_pixels if quick else reslicer.pixels)(plane, ratio)
            grey = np.ascontiguousarray(self._grey.grey(cut))
            height, width = grey.shape
            made = QImage(grey.data, width, height, width, QImage.Format.Format_Grayscale8)
            fused = self._fusion.blended(grey, plane, ratio, self._grey)
            self._image = made.copy() if fused is None else fused
            self._image_of = now
            self._image.setDevicePixelRatio(ratio)
        return self._image

    def _paint_over(self, painter: QPainter, plane: SlicePlane) -> None:
        half_slab, accent = self._scroll(plane).step_mm / 2.0, DARK.accent  # black in both schemes
        if not self.follows_needle or abs(float(plane.depth_mm(self._crosshair))) <= half_slab:
            paint_crosshair(painter, plane, self._crosshair, QColor(accent))
        colours_here = NeedleColours(selected=accent, ghost=DARK.text)
        paint_needles(
            painter, plane, self._needles, half_slab, colours_here, self._overlays, self._pointer
        )
        if self._framing is not None and self._kind != "eye":
            along = self._framing.axes.right_lps
            paint_depth_mark(painter, plane, self._framing.depth_lps_mm, along, QColor(accent))
        self._paint_tools(painter, plane, half_slab)
        self._measuring.paint(painter, plane, half_slab)
        paint_words(painter, plane, self._words(plane))
        if self.hasFocus():
            painter.setPen(QColor(colours().accent))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawRect(self.rect().adjusted(0, 0, -1, -1))

    def _paint_tools(self, painter: QPainter, plane: SlicePlane, half_slab_mm: float) -> None:
        """Let those who work on the slice paint over the needles."""

    def _words(self, plane: SlicePlane) -> OverlayWords:
        assert self._volume is not None, "words are only asked for while a plane is shown"
        level, width = self._window_hu
        zoom = self._fitted_mm_per_pixel / plane.mm_per_pixel
        sight = Sight(
            kind=self._kind,
            volume=self._volume,
            plane=plane,
            point_lps_mm=self._crosshair,
            framing=self._framing,
            table_known=self._table_known,
        )
        return OverlayWords(
            title=title_of(self._kind, self._framing),
            remark=self._remark,
            top_right=self._pointer_words(plane),
            bottom_left=(
                *self._fusion.words,
                *slice_words(sight),
                f"W {width:.0f}  C {level:.0f}   " + tr("zoom {factor}", factor=f"{zoom:.1f}"),
            ),
            letters=edge_letters(plane.axes),
        )

    def _pointer_words(self, plane: SlicePlane) -> str:
        if self._pointer is None or self._volume is None:
            return ""
        x, y = self._pointer.x(), self._pointer.y()
        names = self._layers.names_at(plane, x, y) if self._overlays.labels else ()
        point = plane.lps_from_screen(x, y)
        second = self._fusion.value_words(point)
        return "   ".join(filter(None, (pointer_words(self._volume, point, names), second)))

    def _hu_words(self, centre_lps_mm: Vec3, radius_mm: float) -> str:
        if self._volume is None or self._plane is None:
            return ""
        seen = self._fusion.control.alone or self._volume
        return measured_words(seen, self._plane, centre_lps_mm, radius_mm)

    def _fitted(self) -> SlicePlane | None:
        """Return the plane that shows everything there is to see; None if there is nothing."""
        size = (float(self.width()), float(self.height()))
        if self._volume is None:
            return None
        orientation = orientation_of(self._kind)
        if orientation is None:
            return None if self._framing is None else self._framing.plane(size)
        axes = view_axes(orientation, self._position)
        return fitted_plane(self._volume.grid, axes, size, self._crosshair)

    def _scroll(self, plane: SlicePlane) -> Scroll:
        assert self._volume is not None, "scrolling is only asked for while a plane is shown"
        return scroll_of(self._volume.grid, plane.axes.normal_lps)

    def _go_to(self, point_lps_mm: Vec3) -> None:
        self._crosshair = point_lps_mm
        if self._plane is not None and not self.follows_needle:
            self._plane = self._plane.through(point_lps_mm)
        self.update()

    def _bring_into_view(self) -> None:
        if self._plane is None:
            return
        x, y = self._plane.screen_from_lps(self._crosshair).tolist()
        width, height = self._plane.size_px
        edge = _EDGE_SHARE
        if not (edge <= x / width <= 1.0 - edge and edge <= y / height <= 1.0 - edge):
            self._plane = replace(self._plane, centre_lps_mm=self._crosshair)
