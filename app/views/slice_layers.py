"""Structures painted on a slice: a light fill and a one-pixel outline; finds no outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream, QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.rendering.mask_contours import CutWindow, SharedContours
from app.rendering.slice_geometry import SlicePlane
from app.views.values import MaskLayer
from planning.geometry import Float64Array

_FILL_SHARE = 0.28
_MARGIN_SHARE = 0.1
_HURRIED_STEP = 2.5


@dataclass(frozen=True, slots=True)
class _Outline:
    """One structure on the slice that is shown; `window` is None where all of it was cut."""

    path: QPainterPath
    window: CutWindow | None


class LayerPainter:
    """Paints the layers of one view; keeps outlines until the slice changes.

    Parameters
    ----------
    contours : SharedContours
        Of all views that show the same structures.

    Attributes
    ----------
    is_hurried : bool
        The plane turns with every step of a hand: oblique outlines are cut coarser.
    """

    def __init__(self, contours: SharedContours) -> None:
        self._layers: tuple[MaskLayer, ...] = ()
        self._contours = contours
        self._outlines: dict[int, _Outline] = {}
        self._outlines_of: tuple[object, ...] = ()
        self.is_hurried = False

    @property
    def layers(self) -> tuple[MaskLayer, ...]:
        """What is painted."""
        return self._layers

    def set_layers(self, layers: tuple[MaskLayer, ...]) -> None:
        """Replace the layers; outlines of masks that stay are kept."""
        masks = [layer.mask for layer in layers]
        alive = set(map(id, masks))
        # The old layers are held until here, so an id cannot have been given to another mask.
        self._contours.keep(self, masks)
        self._outlines = {key: made for key, made in self._outlines.items() if key in alive}
        self._layers = layers

    def paint(self, painter: QPainter, plane: SlicePlane, *, fills: bool = True) -> None:
        """Paint every visible layer, in order, filled or only outlined."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setTransform(_screen_from_plane_mm(plane), combine=True)
        for layer, path in self._seen(plane):
            _paint_path(painter, path, layer, fills=fills)
        painter.restore()

    def names_at(self, plane: SlicePlane, x_px: float, y_px: float) -> tuple[str, ...]:
        """Return the names of the structures a place on the view lies in, the topmost first."""
        x, y = _plane_mm(plane, x_px, y_px)
        found = [layer.name for layer, path in self._seen(plane) if path.contains(QPointF(x, y))]
        return tuple(reversed(found))

    def _seen(self, plane: SlicePlane) -> Iterator[tuple[MaskLayer, QPainterPath]]:
        """Return every visible layer that the slice meets, in order, with its outline."""
        slice_now = (self.is_hurried, plane.axes, round(float(plane.depth_mm((0.0, 0.0, 0.0))), 6))
        if slice_now != self._outlines_of:
            self._outlines, self._outlines_of = {}, slice_now
        coarse = _HURRIED_STEP if self.is_hurried else 1.0
        windows = _window(plane, coarse, margin_share=0.0), _window(plane, coarse)
        for layer in self._layers:
            if layer.visible and layer.opacity > 0.0:
                path = self._outline(layer, plane, *windows)
                if not path.isEmpty():
                    yield layer, path

    def _outline(
        self, layer: MaskLayer, plane: SlicePlane, shown: CutWindow, cut: CutWindow
    ) -> QPainterPath:
        """Return a structure's outline; `cut` is what to cut where what is `shown` was not yet."""
        key = id(layer.mask)
        known = self._outlines.get(key)
        if known is None or (known.window is not None and not known.window.covers(shown)):
            contours = self._contours.of(layer.mask)
            window = None if contours.is_aligned(plane.axes) else cut
            loops = contours.loops_mm(plane.axes, plane.centre_lps_mm, window)
            known = self._outlines[key] = _Outline(_path_of(loops), window)
        return known.path


def _window(plane: SlicePlane, coarse: float, margin_share: float = _MARGIN_SHARE) -> CutWindow:
    """Return the part of the plane that is seen, with a margin for what is pulled into view."""
    width, height = plane.size_px
    across, down = margin_share * width, margin_share * height
    return CutWindow(
        low_mm=_plane_mm(plane, -across, -down),
        high_mm=_plane_mm(plane, width + across, height + down),
        step_mm=coarse * plane.mm_per_pixel,
    )


def _plane_mm(plane: SlicePlane, x_px: float, y_px: float) -> tuple[float, float]:
    """Return where a place on the view lies along right and down, from the LPS origin."""
    x, y = plane.screen_from_lps(np.zeros(3)).tolist()
    return (x_px - x) * plane.mm_per_pixel, (y_px - y) * plane.mm_per_pixel


def _path_of(loops_mm: list[Float64Array]) -> QPainterPath:
    path = QPainterPath()
    for loop in loops_mm:
        path.addPolygon(_polygon(loop))
    return path  # odd-even filling is the default: inner loops stay open


def _polygon(points: Float64Array) -> QPolygonF:
    """Return (n, 2) points as a polygon, read in one go: one by one is ten times slower."""
    polygon = QPolygonF()
    data = len(points).to_bytes(4, "big") + points.astype(">f8").tobytes()
    QDataStream(QByteArray(data)) >> polygon
    return polygon


def _paint_path(painter: QPainter, path: QPainterPath, layer: MaskLayer, *, fills: bool) -> None:
    fill = QColor(layer.colour)
    fill.setAlphaF(_FILL_SHARE * layer.opacity)
    line = QColor(layer.colour)
    line.setAlphaF(max(0.35, layer.opacity))
    pen = QPen(line, 1.0)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(fill if fills else Qt.BrushStyle.NoBrush)
    painter.drawPath(path)


def _screen_from_plane_mm(plane: SlicePlane) -> QTransform:
    """Return the map from mm along right and down (from the LPS origin) to widget pixels."""
    x, y = plane.screen_from_lps(np.zeros(3)).tolist()
    scale = 1.0 / plane.mm_per_pixel
    return QTransform(scale, 0.0, 0.0, scale, x, y)
