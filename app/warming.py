"""Compiles every kernel once, so that the installed program need not; its answers mean nothing."""

from __future__ import annotations

import numpy as np


def compile_everything() -> None:
    """Load all kernels of planning, reviewing and drawing, or compile them where none are kept."""
    from app.planning_setup import warm_up
    from app.rendering import mask_picture

    warm_up()
    mask_picture.warm_up()
    _cut_slices()
    _colour_a_sheet()
    _draw_a_needle()


def _cut_slices() -> None:
    from app.rendering.slice_geometry import SlicePlane, view_axes
    from app.rendering.slice_image import Reslicer
    from planning.geometry import Grid

    grid = Grid(size_ijk=(2, 2, 2), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(0.0, 0.0, 0.0))
    plane = SlicePlane(
        axes=view_axes("axial", None),
        centre_lps_mm=(0.0, 0.0, 0.0),
        mm_per_pixel=1.0,
        size_px=(2, 2),
    )
    for kind in (np.int16, np.float32, np.uint8):
        values = np.zeros(grid.shape_kji, dtype=kind)
        Reslicer(grid, values, outside=0.0).quick_pixels(plane, 1.0)


def _colour_a_sheet() -> None:
    from app.rendering.scene_layers import SceneLayers, SheetOnScreen

    corners = np.array([[0.0, 0.0, 0.5], [2.0, 0.0, 0.5], [0.0, 2.0, 0.5]])
    sheet = SheetOnScreen(
        places=corners,
        inverse_w=np.ones(3),
        normals=np.tile([0.0, 0.0, 1.0], (3, 1)),
        triangles=np.array([[0, 1, 2]], dtype=np.int32),
        coloured_by=np.arange(3, dtype=np.int32),
        ambient=0.5,
        diffuse=0.5,
    )
    base, depth = np.zeros((2, 2, 3), dtype=np.uint8), np.ones((2, 2), dtype=np.float32)
    layers = SceneLayers(base, depth, None, sheet)
    layers.picture(np.zeros((3, 4), dtype=np.uint8))


def _draw_a_needle() -> None:
    from planning.execution.needle_model import needle_values

    axis = np.array([0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 50.0])
    shape = np.array([1.0, 1.0, 0.5, 0.0, 0.0, 0.0])
    needle_values(np.zeros((1, 3)), np.array([0.0, 0.0, 1.0]), 1.0, axis, shape)
