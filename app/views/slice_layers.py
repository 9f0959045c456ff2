"""Structures painted on a slice: a light fill and a one-pixel outline; finds no outline."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QImage, QPainter, QPainterPath, QPen, QTransform

from app.rendering.mask_contours import CutWindow, SharedContours
from app.rendering.mask_picture import MaskPicture, PaintedMask
from app.rendering.slice_geometry import SlicePlane
from app.views.polygons import polygon_of
from app.views.values import MaskLayer
from planning.geometry import Float64Array

_FILL_SHARE = 0.28
_FAINTEST_LINE = 0.35
_MARGIN_SHARE = 0.1
_MOST_HURRIED_PX = 250_000.0


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
        The plane turns with every step of a hand: masks are painted voxel by voxel.
    """

    def __init__(self, contours: SharedContours) -> None:
        self._layers: tuple[MaskLayer, ...] = ()
        self._contours = contours
        self._outlines: dict[int, _Outline] = {}
        self._outlines_of: tuple[object, ...] = ()
        self._picture: tuple[MaskPicture, tuple[MaskLayer, ...]] | None = None
        self._picture_fills = True
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
        self._picture = None

    def paint(self, painter: QPainter, plane: SlicePlane, *, fills: bool = True) -> None:
        """Paint every visible layer, in order, filled or only outlined."""
        if self.is_hurried:
            self._paint_hurriedly(painter, plane, fills=fills)
            return
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setTransform(_screen_from_plane_mm(plane), combine=True)
        for layer, path in self._seen(plane):
            _paint_path(painter, path, layer, fills=fills)
        painter.restore()

    def names_at(self, plane: SlicePlane, x_px: float, y_px: float) -> tuple[str, ...]:
        """Return the names of the structures a place on the view lies in, the topmost first."""
        if self.is_hurried:
            picture, layers = self._painted(fills=self._picture_fills)
            inside = picture.inside_at(plane.lps_from_screen(x_px, y_px))
            return tuple(layers[number].name for number in reversed(inside))
        x, y = _plane_mm(plane, x_px, y_px)
        found = [layer.name for layer, path in self._seen(plane) if path.contains(QPointF(x, y))]
        return tuple(reversed(found))

    def _paint_hurriedly(self, painter: QPainter, plane: SlicePlane, *, fills: bool) -> None:
        picture, _ = self._painted(fills=fills)
        device = painter.device()
        width, height = plane.size_px
        most = (_MOST_HURRIED_PX / max(1.0, width * height)) ** 0.5
        ratio = min(device.devicePixelRatioF(), most)
        pixels = picture.pixels(plane, ratio)
        high, wide, _ = pixels.shape
        kind = QImage.Format.Format_ARGB32_Premultiplied
        image = QImage(pixels.data, wide, high, 4 * wide, kind)
        image.setDevicePixelRatio(ratio)
        painter.drawImage(0, 0, image)

    def _painted(self, *, fills: bool) -> tuple[MaskPicture, tuple[MaskLayer, ...]]:
        """Return the visible layers, prepared to be painted voxel by voxel."""
        if self._picture is None or fills is not self._picture_fills:
            layers = tuple(n for n in self._layers if n.visible and n.opacity > 0.0)
            picture = MaskPicture([_painted_mask(layer, fills=fills) for layer in layers])
            self._picture, self._picture_fills = (picture, layers), fills
        return self._picture

    def _seen(self, plane: SlicePlane) -> Iterator[tuple[MaskLayer, QPainterPath]]:
        """Return every visible layer that the slice meets, in order, with its outline."""
        slice_now = (plane.axes, round(float(plane.depth_mm((0.0, 0.0, 0.0))), 6))
        if slice_now != self._outlines_of:
            self._outlines, self._outlines_of = {}, slice_now
        windows = _window(plane, margin_share=0.0), _window(plane)
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


def _window(plane: SlicePlane, margin_share: float = _MARGIN_SHARE) -> CutWindow:
    """Return the part of the plane that is seen, with a margin for what is pulled into view."""
    width, height = plane.size_px
    across, down = margin_share * width, margin_share * height
    return CutWindow(
        low_mm=_plane_mm(plane, -across, -down),
        high_mm=_plane_mm(plane, width + across, height + down),
        step_mm=plane.mm_per_pixel,
    )


def _plane_mm(plane: SlicePlane, x_px: float, y_px: float) -> tuple[float, float]:
    """Return where a place on the view lies along right and down, from the LPS origin."""
    x, y = plane.screen_from_lps(np.zeros(3)).tolist()
    return (x_px - x) * plane.mm_per_pixel, (y_px - y) * plane.mm_per_pixel


def _path_of(loops_mm: list[Float64Array]) -> QPainterPath:
    path = QPainterPath()
    for loop in loops_mm:
        path.addPolygon(polygon_of(loop))
    return path  # odd-even filling is the default: inner loops stay open


def _painted_mask(layer: MaskLayer, *, fills: bool) -> PaintedMask:
    colour = QColor(layer.colour)
    return PaintedMask(
        mask=layer.mask,
        rgb=(colour.red(), colour.green(), colour.blue()),
        fill=_FILL_SHARE * layer.opacity if fills else 0.0,
        line=max(_FAINTEST_LINE, layer.opacity),
    )


def _paint_path(painter: QPainter, path: QPainterPath, layer: MaskLayer, *, fills: bool) -> None:
    fill = QColor(layer.colour)
    fill.setAlphaF(_FILL_SHARE * layer.opacity)
    line = QColor(layer.colour)
    line.setAlphaF(max(_FAINTEST_LINE, layer.opacity))
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
