"""Blocks stay in their columns whatever their order, and headings come again; the map is true."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.rendering.mask_edges import MaskEdges, edge_of
from app.views.core_map import CoreMap, MappedCore, map_plane, paint_core_map
from app.views.needle_pictures import PicturedNeedle, plane_at_entry
from app.views.palette import LIGHT
from app.views.paper import Drawn, Head, Text, lines_of
from app.views.paper_pages import Page, flow
from app.views.paper_tables import table
from planning.image import Mask
from planning.model.case import Position
from tests import oblique_case

pytestmark = pytest.mark.usefixtures("qapp")


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("thd"), st.integers(1, 60)), min_size=1, max_size=60))
def test_no_block_leaves_its_column(kinds: list[tuple[str, int]]) -> None:
    rooms: list[QRectF] = []

    def seen(_: QPainter, room: QRectF) -> None:
        rooms.append(room)

    blocks = []
    for kind, size in kinds:
        if kind == "d":
            blocks.append(Drawn(high_px=float(2 * size), draw=seen))
        elif kind == "h":
            blocks.append(Head(text="words " * (size % 9 + 1), size_px=12))
        else:
            blocks.append(Text(text="words " * size, size_px=11))
    pages = [Page()]
    columns = [QRectF(10.0, 20.0, 150.0, 400.0), QRectF(170.0, 20.0, 150.0, 400.0)]
    flow(blocks, columns, columns, pages)
    image = QImage(330, 440, QImage.Format.Format_RGB32)
    for page in pages:
        image.fill(QColor("white"))
        painter = QPainter(image)
        for paint in page.paints:
            paint(painter)
        painter.end()
        shown = np.array(image.constBits()).reshape(440, 330, 4)[..., :3].min(axis=-1)
        assert shown[:19].min() == 255
        assert shown[422:].min() == 255
    drawn = sum(kind == "d" for kind, _ in kinds)
    assert len(rooms) == drawn
    assert all(room.top() >= 20.0 and room.bottom() <= 420.5 for room in rooms)


def test_the_heading_of_a_table_comes_again_in_every_column() -> None:
    rows = [(str(number), "words") for number in range(60)]
    blocks = table(("No.", "What"), rows, (1.0, 2.0), 11)
    column = QRectF(0.0, 0.0, 200.0, 300.0)
    pages = [Page()]
    added, _ = flow(blocks, [column], [column], pages)
    assert added >= 3
    assert sum(len(page.paints) for page in pages) == len(blocks) + added


def test_lines_hold_every_letter_and_no_more_than_their_width() -> None:
    text = "Eine Zeile mit Donaudampfschifffahrtsgesellschaftskapitän 🦴 und العربية."
    lines = lines_of(text, 11, 60.0)
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert len(lines) > 4


def test_the_map_has_each_deep_end_where_it_lies() -> None:
    images, path = oblique_case.images(), oblique_case.plan().candidates[0]
    tumour = next(iter(images.masks.values()))
    low, high = path.specimen_lps_mm
    drawing = CoreMap(
        lesion=MaskEdges(tumour),
        grid=tumour.cropped().grid,
        parts=(),
        cores=(MappedCore(number="1", ends_lps_mm=(low, high)),),
    )
    size = (220.0, 200.0)
    for orientation in ("axial", "coronal", "sagittal"):
        image = QImage(220, 200, QImage.Format.Format_RGB32)
        image.fill(QColor("white"))
        painter = QPainter(image)
        paint_core_map(painter, QRectF(0.0, 0.0, *size), drawing, orientation)
        painter.end()
        plane = map_plane(drawing, orientation, size)
        x, y = plane.screen_from_lps(high).tolist()
        assert image.pixelColor(int(x), int(y)) == QColor(LIGHT.danger)
        if abs(2.0 * x - size[0]) > 16.0:  # not in a mirror
            assert image.pixelColor(int(size[0] - x), int(y)) != QColor(LIGHT.danger)


def test_the_axial_picture_lies_as_the_patient_does() -> None:
    what = oblique_case.hand_over()
    assert what.images is not None
    grid = what.images.ct.grid
    path = what.chosen[0].trajectory
    for position, sign in ((Position.SUPINE, 1.0), (Position.PRONE, -1.0)):
        needle = PicturedNeedle(
            path=path,
            stop_lps_mm=path.tip_lps_mm,
            specimen_lps_mm=what.chosen[0].specimen_lps_mm,
            radius_mm=1.0,
            slice_normal_lps=what.images.ct.slice_normal_lps,
            position=position,
            grid=grid,
            pictures=None,  # type: ignore[arg-type]
            body_lps_mm=(path.entry_lps_mm, path.tip_lps_mm),
        )
        plane = plane_at_entry(needle, (300.0, 200.0))
        across, down = plane.screen_from_lps(path.entry_lps_mm).tolist()
        x, y, z = path.entry_lps_mm
        left, _ = plane.screen_from_lps((x + 5.0, y, z)).tolist()
        _, back = plane.screen_from_lps((x, y + 5.0, z)).tolist()
        assert sign * (left - across) > 0.0  # supine: patient left is on the right
        assert sign * (back - down) > 0.0
        assert 0.0 < across < 300.0
        assert 0.0 < down < 200.0


def test_an_edge_lies_inside_and_a_shadow_covers_every_cut() -> None:
    inside = np.zeros((9, 9), dtype=np.bool_)
    inside[2:7, 1:8] = True
    edge = edge_of(inside)
    assert edge.sum() == 2 * 7 + 2 * 3
    assert not (edge & ~inside).any()
    images = oblique_case.images()
    mask = next(iter(images.masks.values()))
    edges = MaskEdges(Mask(grid=mask.grid, inside=mask.inside.copy()))
    plane = map_plane(
        CoreMap(
            lesion=edges,
            grid=mask.cropped().grid,
            parts=(),
            cores=(MappedCore(number="1", ends_lps_mm=((0.0, 0.0, 0.0), (0.0, 0.0, 1.0))),),
        ),
        "axial",
        (120.0, 120.0),
    )
    centre = mask.centroid_lps_mm()
    assert centre is not None
    shadow, cut = edges.shadow(plane, 1.0), edges.inside(plane.through(centre), 1.0)
    assert cut.any()
    assert not (cut & ~shadow).any()
