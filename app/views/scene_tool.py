"""What a hand can do in the 3-D view besides turning it; itself does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QMouseEvent, QPainter

if TYPE_CHECKING:
    from app.views.scene_view import SceneView


class SceneTool:
    """One thing a hand can do in the 3-D view; the counterpart of `app.views.slice_tool`.

    The first tool that takes a press gets every move and the release that follow; others and the
    camera do not. ``view.ray_lps_mm(event.position())`` turns a screen position into a ray.
    """

    def press(self, view: SceneView, event: QMouseEvent) -> bool:
        """Take a press of a button, or leave it (False) to the next."""
        del view, event
        return False

    def move(self, view: SceneView, event: QMouseEvent) -> None:
        """Follow the pointer while the button that was taken is held."""

    def release(self, view: SceneView, event: QMouseEvent) -> None:
        """End what a press began."""

    def hover(self, view: SceneView, event: QMouseEvent) -> bool:
        """Hear of the pointer without a button; True if the tool claims what lies under it."""
        del view, event
        return False

    def leave(self, view: SceneView) -> None:
        """Hear that the pointer has left the view."""

    def abandon(self) -> bool:
        """Give up what is under way, as if it had never begun; False if there is nothing."""
        return False

    def paint(self, view: SceneView, painter: QPainter) -> None:
        """Paint over the picture."""
