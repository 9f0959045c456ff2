"""The seven pictures of the window, made once and named; puts them nowhere."""

from __future__ import annotations

from PySide6.QtWidgets import QVBoxLayout, QWidget

from app.rendering.mask_contours import SharedContours
from app.views.depth_slider import DepthSlider
from app.views.scene_view import SceneView
from app.views.slice_view import SliceView


class Pictures:
    """Six slice views that share their outlines of structures, and the 3-D view."""

    def __init__(self) -> None:
        contours = SharedContours()
        self.axial = SliceView("axial", contours=contours)
        self.coronal = SliceView("coronal", contours=contours)
        self.sagittal = SliceView("sagittal", contours=contours)
        self.eye = SliceView("eye", contours=contours)
        self.along_axial = SliceView("along_axial", contours=contours)
        self.along_head = SliceView("along_head", contours=contours)
        self.scene = SceneView()
        self.depth = DepthSlider()

    @property
    def slices(self) -> tuple[SliceView, ...]:
        """All slice views, those of the patient's axes first."""
        return (self.axial, self.coronal, self.sagittal, *self.needle_slices)

    @property
    def all(self) -> tuple[SliceView | SceneView, ...]:
        """All seven."""
        return (*self.slices, self.scene)

    @property
    def needle_slices(self) -> tuple[SliceView, SliceView, SliceView]:
        """The views that follow the needle: across it, and two along it."""
        return (self.eye, self.along_axial, self.along_head)

    def views(self) -> dict[str, SliceView | SceneView]:
        """Return the views by the keys of an arrangement."""
        return {
            "axial": self.axial,
            "coronal": self.coronal,
            "sagittal": self.sagittal,
            "scene": self.scene,
            "eye": self.eye,
            "along_axial": self.along_axial,
            "along_head": self.along_head,
        }

    def by_key(self) -> dict[str, QWidget]:
        """Return what stands in the grid, by the keys of an arrangement."""
        return {**self.views(), "eye": _above(self.eye, self.depth)}


def _above(view: QWidget, strip: QWidget) -> QWidget:
    """Return a view with a strip under it."""
    holder = QWidget()
    column = QVBoxLayout(holder)
    column.setContentsMargins(0, 0, 0, 0)
    column.setSpacing(0)
    column.addWidget(view, 1)
    column.addWidget(strip)
    return holder
