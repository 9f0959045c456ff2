"""What a hand can do on a slice view besides the view's own gestures; itself does nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtGui import QKeyEvent, QMouseEvent, QPainter

from app.rendering.slice_geometry import SlicePlane

if TYPE_CHECKING:
    from app.views.slice_view import SliceView


class SliceTool:
    """One thing a hand can do on any slice view: pull a needle's end, paint a mask, set an entry.

    A view asks its tools in the order they were added. The first that takes a press gets every
    move and the release that follow; the others and the view itself do not. One tool may serve
    several views. Screen positions are the event's; ``view.plane()`` turns them into LPS.
    """

    def press(self, view: SliceView, event: QMouseEvent) -> bool:
        """Take a press of a button, or leave it (False) to the next."""
        del view, event
        return False

    def move(self, view: SliceView, event: QMouseEvent) -> None:
        """Follow the pointer while the button that was taken is held."""

    def release(self, view: SliceView, event: QMouseEvent) -> None:
        """End what a press began."""

    def hover(self, view: SliceView, event: QMouseEvent) -> bool:
        """Hear of the pointer without a button; True if the tool claims what lies under it."""
        del view, event
        return False

    def leave(self, view: SliceView) -> None:
        """Hear that the pointer has left the view."""

    def key(self, view: SliceView, event: QKeyEvent) -> bool:
        """Take a key, or leave it (False) to the next."""
        del view, event
        return False

    def claims_double_click(self) -> bool:
        """Tell whether the second press of a double click is the tool's like any other."""
        return False

    def abandon(self) -> bool:
        """Give up what is under way, as if it had never begun; False if there is nothing."""
        return False

    def paint(
        self, view: SliceView, painter: QPainter, plane: SlicePlane, half_slab_mm: float
    ) -> None:
        """Paint over the needles."""
