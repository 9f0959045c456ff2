"""Structures painted on a slice: a light fill and a one-pixel outline; finds no outline."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QByteArray, QDataStream
from PySide6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from app.rendering.mask_contours import MaskContours
from app.rendering.slice_geometry import SlicePlane
from app.views.values import MaskLayer
from planning.geometry import Float64Array

_FILL_SHARE = 0.28


class LayerPainter:
    """Paints the layers of one view; keeps outlines until the slice changes."""

    def __init__(self) -> None:
        self._layers: tuple[MaskLayer, ...] = ()
        self._contours: dict[int, MaskContours] = {}
        self._paths: dict[int, QPainterPath] = {}
        self._paths_of: tuple[object, ...] = ()

    def set_layers(self, layers: tuple[MaskLayer, ...]) -> None:
        """Replace the layers; outlines of masks that stay are kept."""
        alive = {id(layer.mask) for layer in layers}
        # The old layers are held until here, so an id cannot have been given to another mask.
        self._contours = {key: made for key, made in self._contours.items() if key in alive}
        self._paths = {key: made for key, made in self._paths.items() if key in alive}
        self._layers = layers

    def paint(self, painter: QPainter, plane: SlicePlane) -> None:
        """Paint every visible layer, in order."""
        slice_now = (plane.axes, round(float(plane.depth_mm((0.0, 0.0, 0.0))), 6))
        if slice_now != self._paths_of:
            self._paths, self._paths_of = {}, slice_now
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setTransform(_screen_from_plane_mm(plane), combine=True)
        for layer in self._layers:
            if layer.visible and layer.opacity > 0.0:
                path = self._path(layer, plane)
                if not path.isEmpty():
                    _paint_path(painter, path, layer)
        painter.restore()

    def _path(self, layer: MaskLayer, plane: SlicePlane) -> QPainterPath:
        key = id(layer.mask)
        if key not in self._paths:
            if key not in self._contours:
                self._contours[key] = MaskContours(layer.mask)
            loops = self._contours[key].loops_mm(plane.axes, plane.centre_lps_mm)
            self._paths[key] = _path_of(loops)
        return self._paths[key]


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


def _paint_path(painter: QPainter, path: QPainterPath, layer: MaskLayer) -> None:
    fill = QColor(layer.colour)
    fill.setAlphaF(_FILL_SHARE * layer.opacity)
    line = QColor(layer.colour)
    line.setAlphaF(max(0.35, layer.opacity))
    pen = QPen(line, 1.0)
    pen.setCosmetic(True)
    painter.setPen(pen)
    painter.setBrush(fill)
    painter.drawPath(path)


def _screen_from_plane_mm(plane: SlicePlane) -> QTransform:
    """Return the map from mm along right and down (from the LPS origin) to widget pixels."""
    x, y = plane.screen_from_lps(np.zeros(3)).tolist()
    scale = 1.0 / plane.mm_per_pixel
    return QTransform(scale, 0.0, 0.0, scale, x, y)
