"""Drawings of a review: planes that are not mirrored, errors where they are, a page for each."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QRectF
from PySide6.QtGui import QColor, QImage, QPainter

from app.rendering.review_planes import (
    ControlPictures,
    needle_planes,
    plane_across,
    plane_along,
)
from app.review_contents import ReviewSource, core_drawings, page_of, scan_rows
from app.review_pictures import pictures_of
from app.views.palette import DARK, LIGHT
from app.views.review_drawing import EXECUTED, MEASURE, PLANNED, paint_core
from app.views.review_page import paint_page
from app.views.review_values import CoreDrawing
from planning.execution.placement_error import across_axes, error_between
from planning.geometry import HEAD_LPS, Grid, vec3
from planning.image import CaseImages, Mask, Volume
from planning.imaging.transforms import unmoved
from planning.model.case import Case, Role, Structure
from planning.model.needle import Trajectory
from tests import example_plans, example_reviews

ENTRY, TIP = (4.0, 50.0, -3.0), (-8.0, -20.0, 6.0)
PATH = Trajectory(ENTRY, TIP)
NORMAL = vec3(np.array([0.0, 0.17, 0.98]) / np.linalg.norm([0.0, 0.17, 0.98]))
IN_PLANE, OFF_PLANE = (np.array(axis) for axis in across_axes(PATH.direction_lps, NORMAL))
METAL_HU = 3000
SIZE = (900.0, 560.0)


def off_by(in_plane: float, off_plane: float, depth: float) -> tuple[float, float, float]:
    """Return where a tip lies that is off the planned one by so much."""
    away = in_plane * IN_PLANE + off_plane * OFF_PLANE + depth * PATH.direction_lps
    return vec3(np.array(TIP) + away)


def control(entry=ENTRY, tip=TIP, hu: int = METAL_HU) -> Volume:
    """Return a block of soft tissue with a rod of metal in it."""
    grid = Grid(size_ijk=(90, 120, 70), spacing_mm=(1.0, 1.0, 1.0), origin_lps_mm=(-45, -50, -30))
    values = np.full(grid.shape_kji, 40, np.int16)
    steps = np.linspace(entry, tip, 400)
    i, j, k = np.rint(grid.index_from_lps(steps)).astype(int).T
    for across in (0, 1):
        values[k, j, i + across] = hu
    return Volume(grid=grid, values=values)


def drawing(tip=None, pictures: ControlPictures | None = None, *, fired: bool = True):
    end = tip or off_by(3.0, -2.0, 4.0)
    return CoreDrawing(
        title="Core T1: core-taken, compared with the planned tip",
        planned=PATH,
        planned_end_lps_mm=TIP,
        executed_lps_mm=(ENTRY, end),
        fired_tip_lps_mm=None if fired else vec3(np.array(end) + 15.0 * PATH.direction_lps),
        specimen_lps_mm=(ENTRY, end),
        needle_radius_mm=1.5,
        error=error_between(
            (ENTRY, TIP), (ENTRY, end), direction_lps=PATH.direction_lps, slice_normal_lps=NORMAL
        ),
        slice_normal_lps=NORMAL,
        pictures=pictures or ControlPictures(control(ENTRY, end), None),
        numbers=(("Lateral", "3.6 mm"),),
    )


@pytest.mark.parametrize("direction", [PATH.direction_lps, np.array(HEAD_LPS), -np.array(NORMAL)])
def test_planes_are_never_mirrored(direction: np.ndarray) -> None:
    planes = needle_planes(vec3(direction), NORMAL)
    for axes in (planes.in_plane, planes.off_plane, planes.across):
        right, down = np.array(axes.right_lps), np.array(axes.down_lps)
        assert np.cross(right, down) == pytest.approx(np.array(axes.normal_lps))
        assert right @ down == pytest.approx(0.0, abs=1e-9)
    assert np.array(planes.across.normal_lps) == pytest.approx(direction)
    assert np.array(planes.in_plane.right_lps) == pytest.approx(direction)


def test_parts_of_the_error_go_where_the_planes_say() -> None:
    planes = needle_planes(vec3(PATH.direction_lps), NORMAL)
    tip = off_by(3.0, -2.0, 4.0)
    for axes, up in ((planes.in_plane, 3.0), (planes.off_plane, -2.0)):
        plane = plane_along(axes, (ENTRY, TIP), (ENTRY, tip), (600.0, 200.0))
        (x, y), (x_planned, y_planned) = (plane.screen_from_lps(p) for p in (tip, TIP))
        assert (x - x_planned) * plane.mm_per_pixel == pytest.approx(4.0)
        assert (y_planned - y) * plane.mm_per_pixel == pytest.approx(up)
        for point in (ENTRY, TIP, tip):
            px, py = plane.screen_from_lps(point)
            assert 0.0 < px < 600.0
            assert 0.0 < py < 200.0
    across = plane_across(planes.across, TIP, tip, (300.0, 300.0))
    (x, y), (x_planned, y_planned) = (across.screen_from_lps(p) for p in (tip, TIP))
    assert (x - x_planned) * across.mm_per_pixel == pytest.approx(3.0)
    assert (y_planned - y) * across.mm_per_pixel == pytest.approx(-2.0)
    assert float(across.depth_mm(tip)) == pytest.approx(0.0, abs=1e-9)


def test_a_far_miss_still_has_room() -> None:
    planes = needle_planes(vec3(PATH.direction_lps), NORMAL)
    tip = off_by(-60.0, 40.0, -30.0)
    plane = plane_along(planes.in_plane, (ENTRY, TIP), (ENTRY, tip), (500.0, 150.0))
    assert (plane.screen_from_lps(tip) > 0.0).all()
    assert (plane.screen_from_lps(tip) < (500.0, 150.0)).all()


def test_a_needle_that_leaves_the_plane_is_seen_in_its_slab() -> None:
    tip = off_by(0.0, 8.0, 0.0)  # out of the in-plane view by 8 mm at its tip
    pictures = ControlPictures(control(ENTRY, tip), None)
    axes = needle_planes(vec3(PATH.direction_lps), NORMAL).in_plane
    plane = plane_along(axes, (ENTRY, TIP), (ENTRY, tip), (400.0, 200.0))
    row, column = (round(v) for v in plane.screen_from_lps(tip)[::-1])
    near = (slice(row - 6, row + 7), slice(column - 8, column + 3))
    slab, thick_mm = pictures.brightest(plane, (ENTRY, tip), 1.0)
    assert 8.0 < thick_mm < 11.0
    assert slab[near].max() > 1500
    assert pictures.hu(plane, 1.0)[near].max() < 300


def test_the_lesion_s_edge_is_drawn_where_the_mask_ends() -> None:
    grid = control().grid
    k, j, i = np.indices(grid.shape_kji)
    points = grid.lps_from_index(np.stack([i, j, k], axis=-1))
    ball = Mask(grid=grid, inside=np.linalg.norm(points - TIP, axis=-1) < 10.0)
    axes = needle_planes(vec3(PATH.direction_lps), NORMAL).across
    plane = plane_across(axes, TIP, TIP, (300.0, 300.0))
    edge = ControlPictures(control(), ball).lesion_edge(plane, 1.0)
    away = np.argwhere(edge)[:, ::-1] + 0.5 - 150.0
    assert np.linalg.norm(away, axis=1) * plane.mm_per_pixel == pytest.approx(10.0, abs=1.2)
    assert ControlPictures(control(), None).lesion_edge(plane, 1.0) is None


def painted(made: CoreDrawing) -> np.ndarray:
    """Return the drawing's pixels, (height, width, 3)."""
    image = QImage(round(SIZE[0]), round(SIZE[1]), QImage.Format.Format_RGB32)
    image.fill(QColor(DARK.background))
    painter = QPainter(image)
    paint_core(painter, QRectF(0.0, 0.0, *SIZE), made, pixel_ratio=1.0, say=str)
    painter.end()
    raw = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.width(), 4)
    return raw[..., 2::-1].copy()


def share_of(pixels: np.ndarray, colour: QColor) -> float:
    wanted = np.array([colour.red(), colour.green(), colour.blue()])
    return float((np.abs(pixels.astype(int) - wanted).max(axis=-1) < 30).mean())


def test_both_needles_and_the_error_are_painted_in_every_plane(qapp) -> None:
    pixels = painted(drawing())
    top, bottom = pixels[30:290, :590], pixels[300:, :590]
    across = pixels[30:290, 600:]
    for panel in (top, bottom, across):
        for colour in (PLANNED, EXECUTED, MEASURE):
            assert share_of(panel, colour) > 0.0003, colour.name()


def test_the_executed_tip_is_right_of_the_planned_one_where_too_deep(qapp) -> None:
    def columns(made: CoreDrawing) -> tuple[float, float]:
        top = painted(made)[30:290, :590].astype(int)
        found = []
        for colour in (PLANNED, EXECUTED):
            wanted = np.array([colour.red(), colour.green(), colour.blue()])
            hits = np.argwhere(np.abs(top - wanted).max(axis=-1) < 30)
            found.append(float(hits[:, 1].max()))
        return found[0], found[1]

    planned, executed = columns(drawing(off_by(0.0, 0.0, 6.0)))
    assert executed > planned + 15.0
    planned, executed = columns(drawing(off_by(0.0, 0.0, -6.0)))
    assert executed < planned - 15.0


def test_the_same_needle_twice_gives_the_same_picture(qapp) -> None:
    assert np.array_equal(painted(drawing()), painted(drawing()))


def source(cores: int) -> ReviewSource:
    """Return a review of so many imaged cores, in a block of soft tissue."""
    plan, review = example_plans.plan(), example_reviews.review()
    plan = replace(
        plan,
        candidates=tuple(
            replace(plan.candidates[0], candidate_id=f"T{n}", trajectory=PATH) for n in range(1, 4)
        ),
    )
    needle = replace(
        review.needles[0],
        executed=replace(example_reviews.EXECUTED, entry_lps_mm=ENTRY, tip_lps_mm=TIP),
    )
    needles = tuple(
        replace(needle if n <= cores else review.needles[1], core=f"T{n}") for n in range(1, 4)
    )
    ct = control()
    block = np.zeros(ct.grid.shape_kji, np.bool_)
    block[20:40, 20:40, 30:50] = True
    return ReviewSource(
        review=replace(review, needles=needles, warnings=("a remark " * 40,) * 9),
        plan=plan,
        case=Case(
            name="Case of a name",
            ct_id="ct",
            structures=(Structure(name="lesion", role=Role.TUMOUR, mask_id="m"),),
        ),
        images=CaseImages(ct=ct, masks={"m": Mask(grid=ct.grid, inside=block)}),
        control=ct,
        transform=unmoved(),
    )


@pytest.mark.parametrize("cores", [0, 1, 2])
def test_there_is_a_picture_and_a_page_for_each_imaged_core(qapp, cores: int) -> None:
    files = pictures_of(source(cores))
    names = [f"review-T{n}.png" for n in range(1, cores + 1)]
    assert list(files) == [*names, "review-registration.png", "review.pdf"]
    for name, data in files.items():
        assert data.startswith(b"%PDF" if name.endswith("pdf") else b"\x89PNG")
    assert files["review.pdf"].count(b"/Type /Page\n") == max(cores, 1)
    picture = QImage.fromData(files["review-registration.png"])
    assert picture.width() > 1000


def test_an_unconfirmed_review_says_so_on_every_picture_and_page(qapp) -> None:
    good = source(1)
    first, *others = good.review.needles
    review = replace(
        good.review,
        registration=replace(good.review.registration, accepted=False),
        needles=(replace(first, state_said=False), *others),
    )
    draft = replace(good, review=review)
    page = page_of(draft, 1, 1)
    assert "UNCONFIRMED" in page.title
    assert page.banner == (
        "UNCONFIRMED: registration accepted by nobody, state of the needle (T1) said by nobody.",
        "To confirm: check the pictures, then add --accept-registration --needle-state STATE.",
    )
    assert page.rows[0][1] == "cocked (not said)"
    assert dict(page.facts)["Registration"].endswith("accepted by nobody")
    confirmed = page_of(good, 1, 1)
    assert (confirmed.banner, confirmed.title) == ((), "Needle review")
    with_band, without = pictures_of(draft), pictures_of(good)
    for name in ("review-T1.png", "review-registration.png"):
        drawn, plain = (QImage.fromData(files[name]) for files in (with_band, without))
        assert drawn.height() > plain.height()
        assert drawn.pixelColor(2, 2) == QColor(LIGHT.danger)
        assert plain.pixelColor(2, 2) == QColor(DARK.background)
        assert _bright(drawn, drawn.height() - plain.height()) > 300


def _bright(picture: QImage, rows: int) -> int:
    """Return how many pixels of the first rows are white: of letters on the band."""
    return sum(
        picture.pixelColor(x, y).lightness() > 230
        for y in range(rows)
        for x in range(picture.width())
    )


def test_the_band_leaves_the_page_its_foot_and_room_for_remarks(qapp) -> None:
    page = replace(page_of(source(1), 1, 1), banner=("read this",) * 4, warnings=("",))
    picture = QImage(794, 1123, QImage.Format.Format_RGB32)
    picture.fill(QColor("white"))
    painter = QPainter(picture)
    drawings = core_drawings(source(1))
    paint_page(painter, page, drawings["T1"], scan_rows(source(1))[:1])
    painter.end()
    assert picture.pixelColor(60, 46) == QColor(LIGHT.danger)
    free = [picture.pixelColor(400, y) for y in range(1010, 1060)]
    assert all(colour == QColor("white") for colour in free)
