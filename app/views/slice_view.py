"""A slice of the planning CT with structures, needles and measuring tools; decides nothing."""

from __future__ import annotations

from typing import Literal

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.views.values import MaskLayer, NeedlePath, Tool
from planning.geometry import Vec3
from planning.image import Volume
from planning.model.case import Position

Orientation = Literal["axial", "coronal", "sagittal"]


class SliceView(QWidget):
    """One linked slice view, in patient axes, radiological convention.

    Signals
    -------
    crosshair_moved : Vec3
        The user pointed or scrolled to this point (LPS mm); the view has already gone there.
    window_changed : float, float
        Level and width in HU after a right drag; the view already shows them.
    measured : Measurement
        A measurement was finished.
    tool_requested : Tool
        Escape was pressed while measuring: the presenter should go back to the crosshair.
    double_clicked
        The user wants this view large, or small again.
    """

    crosshair_moved = Signal(object)
    window_changed = Signal(float, float)
    measured = Signal(object)
    tool_requested = Signal(object)
    double_clicked = Signal()

    def __init__(self, orientation: Orientation, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._orientation: Orientation = orientation

    def set_volume(self, volume: Volume | None) -> None:
        """Show this CT, fitted and centred; None empties the view."""

    def set_position(self, position: Position | None) -> None:
        """Lie the axial view as the patient lies for the biopsy; None counts as supine."""

    def set_crosshair(self, point_lps_mm: Vec3) -> None:
        """Show the slice through this point."""

    def set_window(self, level_hu: float, width_hu: float) -> None:
        """Set the grey scale."""

    def set_layers(self, layers: tuple[MaskLayer, ...]) -> None:
        """Show these structures, later ones on top."""

    def set_needles(self, needles: tuple[NeedlePath, ...]) -> None:
        """Show these trajectories; the selected one is drawn last."""

    def set_tool(self, tool: Tool) -> None:
        """Choose what the left mouse button does."""

    def set_scheme_text(self, text: str) -> None:
        """Show a short remark in the upper left corner below the view's name; empty hides it."""

    def clear_measurements(self) -> None:
        """Remove all measurements from this view."""

    def reset_view(self) -> None:
        """Fit the whole slice into the view."""

    def close_rendering(self) -> None:
        """Let go of the image pipeline; called by `closeEvent`, harmless twice."""
