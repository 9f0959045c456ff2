"""The picture of a scene: rendered whole, or coloured anew while a hand pulls a needle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QSize
from PySide6.QtGui import QImage

from app.rendering.needle_props import SceneNeedle
from app.rendering.scene import Scene
from app.rendering.scene_layers import SceneLayers

_MOST_HURRIED_PX = 250_000.0


class ScenePicture:
    """Makes the picture, and keeps it until it is made anew.

    Attributes
    ----------
    image : QImage
    is_hurried : bool
        A hand pulls a needle that is not part of the scene: nothing but the skin's colours
        changes, until it is set False again.
    """

    def __init__(self) -> None:
        self.image = QImage()
        self.is_hurried = False
        self._needles: tuple[SceneNeedle, ...] = ()
        self._layers: SceneLayers | None = None
        self._layers_of: tuple[object, ...] = ()
        self._heat: NDArray[np.uint8] | None = None
        self._heat_is_stale = False

    @property
    def has_heat(self) -> bool:
        """Tell whether the skin has colours."""
        return self._heat is not None

    @property
    def is_coarse(self) -> bool:
        """Tell whether a hurried picture is coarser than the view."""
        return self.is_hurried and bool(self._layers_of) and bool(self._layers_of[1])

    def set_needles(self, scene: Scene, needles: tuple[SceneNeedle, ...]) -> None:
        """Have these needles in the scene."""
        self._needles = needles
        scene.set_needles(needles)

    def set_heat(self, scene: Scene, colours_rgba: NDArray[np.uint8] | None) -> None:
        """Colour the skin; None takes the colours away."""
        turned = self.has_heat is not (colours_rgba is not None)
        self._heat, self._heat_is_stale = colours_rgba, True
        if turned or not self.is_hurried:
            self._colour(scene)
        if turned:
            self.forget_layers()

    def forget_heat(self) -> None:
        """Hear that the scene's skin has lost its colours."""
        self._heat, self._heat_is_stale = None, False
        self.forget_layers()

    def forget_layers(self) -> None:
        """Hear that more than needles and the skin's colours has changed."""
        self._layers, self._layers_of = None, ()

    def prepare(
        self, scene: Scene, needles: tuple[SceneNeedle, ...], size: QSize, ratio: float
    ) -> None:
        """Be ready to hurry with these needles; the scene keeps those that it has."""
        scene.set_needles(needles)
        self._take_apart(scene, needles, size, ratio)
        scene.set_needles(self._needles)

    def make(self, scene: Scene, size: QSize, ratio: float) -> None:
        """Make the picture for a size in the view's pixels, `ratio` device pixels each."""
        if self.is_hurried:
            pixels = self._take_apart(scene, self._needles, size, ratio).picture(self._heat)
        else:
            self._colour(scene)
            pixels = scene.render(*_device_px(size, ratio))
        high, wide, _ = pixels.shape
        image = QImage(pixels.data, wide, high, 4 * wide, QImage.Format.Format_RGBX8888)
        self.image = image.copy()

    def _take_apart(
        self, scene: Scene, needles: tuple[SceneNeedle, ...], size: QSize, ratio: float
    ) -> SceneLayers:
        fitting = (_MOST_HURRIED_PX / max(1, size.width() * size.height())) ** 0.5
        device_px = _device_px(size, min(ratio, fitting))
        of = (device_px, fitting < ratio, needles)
        if self._layers is None or self._layers_of != of:
            self._layers, self._layers_of = scene.layers(*device_px), of
        return self._layers

    def _colour(self, scene: Scene) -> None:
        if self._heat_is_stale:
            scene.set_heat(self._heat)
            self._heat_is_stale = False


def _device_px(size: QSize, ratio: float) -> tuple[int, int]:
    return max(1, round(size.width() * ratio)), max(1, round(size.height() * ratio))
