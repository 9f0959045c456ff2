"""The 3-D view: structures, trajectories and specimen; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from app.rendering.surfaces import Surface
from app.views.values import NeedlePath, StructureStyle
from planning.geometry import Vec3
from planning.model.case import Position


class SceneView(QWidget):
    """Structures as surfaces, ranked trajectories, the patient's directions.

    Signals
    -------
    double_clicked
        The user wants this view large, or small again.
    """

    double_clicked = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)

    def set_surfaces(self, surfaces: Mapping[str, Surface]) -> None:
        """Replace all surfaces (by structure key); styles set before keep holding."""

    def set_styles(self, styles: tuple[StructureStyle, ...]) -> None:
        """Set colour, opacity and visibility by key; unknown keys are kept for later surfaces."""

    def set_needles(self, needles: tuple[NeedlePath, ...]) -> None:
        """Show these trajectories, the selected one with its specimen."""

    def set_position(self, position: Position | None) -> None:
        """Remember from which side the biopsy is done; used by `reset_view`."""

    def set_crosshair(self, point_lps_mm: Vec3) -> None:
        """Mark the common point of the slice views."""

    def set_message(self, text: str) -> None:
        """Show a sentence while there is nothing to see yet ("Building surfaces ...")."""

    def reset_view(self) -> None:
        """Look at everything from the biopsy side."""

    def close_rendering(self) -> None:
        """Finalise VTK; called by `closeEvent`, harmless twice."""
