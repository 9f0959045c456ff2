"""Key views show each needle where it lies, the lesion's edge, and never who the patient is."""

from __future__ import annotations

import subprocess
from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QColor

from app.key_views import key_pages, key_views
from app.rendering.slice_geometry import fitted_plane, view_axes
from app.views.key_view import SIZE_PX
from app.views.palette import DARK
from planning.model.case import Position
from planning.progress import SILENT
from tests import oblique_case

pytestmark = pytest.mark.usefixtures("qapp")

_SHARE, _HIGH, _GAP = 0.36, 0.56, 4.0


def blue(pixels: np.ndarray, x: float, y: float, reach: int = 7) -> int:
    """Count the pixels of the needle's colour around a place."""
    accent = QColor(DARK.accent)
    wanted = np.array((accent.red(), accent.green(), accent.blue()))
    block = pixels[max(0, int(y) - reach) : int(y) + reach, max(0, int(x) - reach) : int(x) + reach]
    return int((np.abs(block.astype(int) - wanted).max(axis=-1) < 30).sum())


def test_the_entry_is_ringed_where_it_lies_as_the_patient_lies():
    what = oblique_case.hand_over()
    grid = what.images.ct.grid
    seen = []
    for position in (Position.PRONE, Position.SUPINE):
        lying = replace(what, plan=replace(what.plan, patient_position=position.value))
        pictures = list(key_views(lying, SILENT))
        assert [p.trajectories for p in pictures] == [("c1",), ("c2",)]
        width, height = SIZE_PX
        room = (width * _SHARE, height * _HIGH)
        for picture, candidate in zip(pictures, what.chosen, strict=True):
            assert picture.pixels.shape == (round(height), round(width), 3)
            entry = candidate.trajectory.entry_lps_mm
            plane = fitted_plane(grid, view_axes("axial", position), room, entry)
            x, y = plane.screen_from_lps(entry).tolist()
            left = width - room[0]
            assert blue(picture.pixels, left + x, y) > 10
            assert blue(picture.pixels, left + room[0] - x, y) < 5  # not in a mirror
        seen.append(pictures[0].pixels)
    assert (seen[0] != seen[1]).any()  # lying otherwise turns the picture


def test_the_lesions_edge_is_drawn_and_nobody_is_named(tmp_path):
    what = oblique_case.hand_over()
    first = next(iter(key_views(what, SILENT)))
    assert ((first.pixels == (240, 228, 66)).all(axis=-1)).sum() > 20
    without = next(iter(key_views(replace(what, case=None), SILENT)))
    assert ((without.pixels == (240, 228, 66)).all(axis=-1)).sum() == 0
    (pages,) = key_pages(what, SILENT)
    path = tmp_path / "pages.pdf"
    path.write_bytes(pages.pdf)
    said = subprocess.run(
        ["pdftotext", str(path), "-"], capture_output=True, text=True, check=True
    ).stdout
    for words in ("Trajectory c1 (approved)", "Trajectory c2 (approved)", "NOT FOR DIAGNOSIS"):
        assert words in said
    assert "Jürgen" not in said
    assert oblique_case.PATIENT_ID not in said


def test_without_a_ct_nothing_is_drawn():
    assert list(key_views(replace(oblique_case.hand_over(), images=None), SILENT)) == []
