"""One look at the real window: opens it, plans the sample case, and checks what is on the screen.

Needs a display (in CI a virtual one). Nothing is taken from what the window says it shows: grey
values are computed from the CT, sides from the anatomy, the needle's place from the plan.
``--keep FILE`` leaves the screenshot there; ``--program FILE`` looks at an installed program.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPoint
from PySide6.QtGui import QColor, QGuiApplication, QImage
from PySide6.QtWidgets import QApplication, QLabel, QWidget
from scipy.ndimage import binary_erosion, map_coordinates

import smoke_installed
from app import paths
from app.application import build_desk
from app.desk import Desk
from app.main_window import RESEARCH_USE
from app.rendering.slice_geometry import SlicePlane
from app.views.palette import DARK, apply_palette
from app.views.slice_view import SliceView
from planning.geometry import Vec3
from planning.image import CaseImages
from planning.model.case import Case, Position, Role
from planning.model.plan import Candidate
from planning.sample.sample_case import write_sample_case

SIZE_PX = (1600, 1000)
PATIENCE_S = 600.0
FILL_SHARE = 0.28

Rgb = NDArray[np.float64]
Grey = NDArray[np.float64]

# Where the screen's right and down point in the patient (LPS) for a prone biopsy: axial seen from
# the feet with the back on top, coronal from behind, sagittal from the patient's left.
PRONE_AXES: dict[str, tuple[Vec3, Vec3]] = {
    "axial": ((-1.0, 0.0, 0.0), (0.0, -1.0, 0.0)),
    "coronal": ((-1.0, 0.0, 0.0), (0.0, 0.0, -1.0)),
    "sagittal": ((0.0, 1.0, 0.0), (0.0, 0.0, -1.0)),
}


class ScreenError(Exception):
    """What is not as it should be on the screen."""


def main() -> int:
    """Plan the sample case in the real window; return 0 if the screen shows it rightly."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--keep", type=Path, help="leave the screenshot in this file")
    parser.add_argument("--program", type=Path, help="look at this installed program instead")
    arguments = parser.parse_args()
    keep = arguments.keep
    if arguments.program is not None:
        return smoke_installed.main(arguments.program, keep)
    paths.prepare_kernel_cache()
    faults: list[str] = []
    sys.excepthook = _recorder(faults)
    application = QApplication(sys.argv[:1])
    apply_palette(application)
    desk = build_desk()
    desk.window.resize(*SIZE_PX)
    desk.window.show()
    try:
        with tempfile.TemporaryDirectory() as folder:
            _plan(desk, write_sample_case(Path(folder)))
            screen = screenshot(desk.window)
            if keep is not None:
                screen.save(str(keep))
            said = look(desk, screen)
    except ScreenError as wrong:
        faults.append(str(wrong))
    finally:
        desk.window.close()
        _settle(desk)
    for fault in faults:
        print(f"WRONG: {fault}", file=sys.stderr)
    if not faults:
        print("\n".join(said))
    return 1 if faults else 0


def look(desk: Desk, screen: QImage) -> list[str]:
    """Check a screenshot of the planned sample case; return what was found, in words."""
    candidate = _selected(desk)
    check_words(desk, candidate)
    said = [f"{name}: {check_slice(desk, screen, name)}" for name in PRONE_AXES]
    said.append(f"tissue: {check_habitats(desk, screen)}")
    said.append(f"needle: {check_needle(desk, screen, candidate)}")
    said.append(f"3-D: {check_scene(desk)}")
    return said


def check_words(desk: Desk, candidate: Candidate) -> None:
    """Check the words that have to be visible: patient, research notice, stop and tip depth."""
    labels = [label for label in desk.window.findChildren(QLabel) if label.isVisible()]
    shown = "\n".join(label.text() for label in labels)
    stop, tip = (candidate.criteria[key] for key in ("stop_depth_mm", "insertion_depth_mm"))
    _, images = _opened(desk)
    wanted = [RESEARCH_USE, f"{stop:.0f} mm", f"{tip:.0f} mm", images.ct.patient.readable_name]
    for words in wanted:
        _require(words in shown, f"{words!r} is nowhere to be read")
    notice = next(label for label in labels if label.text() == RESEARCH_USE)
    drawn = _near(pixels(screenshot(notice.window()), notice), DARK.caution, 90.0)
    _require(int(drawn.sum()) > 40, "the research notice is not drawn in its colour")


def check_slice(desk: Desk, screen: QImage, name: str) -> str:
    """Check that a view shows the CT with its sides right, wherever nothing lies over it."""
    view: SliceView = getattr(desk.window, name)
    seen = pixels(screen, view)
    expected = expected_grey(desk, view, name, mirrored=False)
    mirrored = expected_grey(desk, view, name, mirrored=True)
    bare = np.ptp(seen, axis=-1) < 3.0
    telling = bare & (np.abs(expected - mirrored) > 60.0)
    _require(int(telling.sum()) > 2000, f"{name}: too little of the CT is visible")
    grey = seen.mean(axis=-1)
    right = float((np.abs(grey - expected) < 25.0)[telling].mean())
    wrong = float((np.abs(grey - mirrored) < 25.0)[telling].mean())
    said = f"{right:.0%} of {int(telling.sum())} telling pixels as in the CT, mirrored {wrong:.0%}"
    _require(right > 0.9 and wrong < 0.3, f"{name}: {said}")
    return said


def check_habitats(desk: Desk, screen: QImage) -> str:
    """Check that the tumour's habitats are tinted where they lie, each in its own colour."""
    case, images = _opened(desk)
    view = desk.window.axial
    seen, grey = pixels(screen, view), expected_grey(desk, view, "axial", mirrored=False)
    tints, names = {}, []
    for structure in (s for s in case.structures if s.role is Role.HABITAT):
        whole = images.masks[structure.mask_id].on(images.ct.grid).astype(np.float64)
        inside = sampled(desk, view, "axial", whole) > 0.5
        inside = binary_erosion(inside, iterations=2)
        if inside.sum() >= 40:
            names.append(structure.name)
            tints[structure.name] = np.median((seen - grey[..., None])[inside], axis=0)
            style = desk.view_state.style(structure.mask_id)
            colour = _rgb(style.colour if style else "#000000")
            wanted = FILL_SHARE * (colour - float(np.median(grey[inside])))
            off = float(np.abs(tints[structure.name] - wanted).max())
            _require(off < 40.0, f"{structure.name}: tinted {off:.0f} grey values off its colour")
    _require(bool(names), "no habitat is visible in the axial view")
    return f"{', '.join(names)} in their colours"


def check_needle(desk: Desk, screen: QImage, candidate: Candidate) -> str:
    """Check that shaft and specimen are drawn where the plan has them, in the best view."""
    entry = np.array(candidate.trajectory.entry_lps_mm)
    tip = np.array(candidate.trajectory.tip_lps_mm)
    along = (tip - entry) / np.linalg.norm(tip - entry)
    name = min(PRONE_AXES, key=lambda key: abs(float(along @ np.cross(*PRONE_AXES[key]))))
    view: SliceView = getattr(desk.window, name)
    seen = pixels(screen, view)
    start, end = (np.array(point) for point in candidate.specimen_lps_mm)
    found = {}
    for what, ends, colour in (
        ("shaft", (entry, start), DARK.accent),
        ("specimen", (start, end), "#ffffff"),
    ):
        points = ends[0] + np.linspace(0.05, 0.95, 200)[:, None] * (ends[1] - ends[0])
        normal = np.cross(*PRONE_AXES[name])
        near = np.abs((points - np.array(desk.view_state.crosshair_lps_mm)) @ normal) < 8.0
        x, y = screen_of(view, name, points[near]).T.round().astype(int)
        inside = (x > 2) & (y > 2) & (x < seen.shape[1] - 3) & (y < seen.shape[0] - 3)
        hits = [
            bool(_near(seen[b - 2 : b + 3, a - 2 : a + 3], colour, 70.0).any())
            for a, b in zip(x[inside], y[inside], strict=True)
        ]
        found[what] = float(np.mean(hits)) if hits else 0.0
    said = ", ".join(f"{what} {share:.0%}" for what, share in found.items())
    # The shaft is dotted where it leaves the slice: every other point is then bare.
    _require(found["shaft"] > 0.5 and found["specimen"] > 0.8, f"{name}: only {said} drawn")
    return f"{said} of the plan's line drawn in the {name} view"


def check_scene(desk: Desk) -> str:
    """Check that the 3-D view draws structures and needles: without them it looks different."""
    scene = desk.window.scene
    whole = pixels(screenshot(scene.window()), scene)
    scene.set_needles(())
    _settle(desk)
    bare = pixels(screenshot(scene.window()), scene)
    scene.set_surfaces({})
    _settle(desk)
    empty = pixels(screenshot(scene.window()), scene)
    needles = int((np.abs(whole - bare).max(axis=-1) > 40.0).sum())
    surfaces = float((np.abs(bare - empty).max(axis=-1) > 12.0).mean())
    said = f"surfaces on {surfaces:.0%} of the view, needles on {needles} pixels"
    _require(surfaces > 0.1 and needles > 150, f"3-D view: only {said}")
    return said


def expected_grey(desk: Desk, view: SliceView, name: str, *, mirrored: bool) -> Grey:
    """Return the grey values a view should have, from the CT and the window alone."""
    _, images = _opened(desk)
    hu = sampled(desk, view, name, images.ct.values.astype(np.float64), mirrored=mirrored)
    level_hu, width_hu = desk.view_state.window_hu
    return np.asarray(np.clip((hu - level_hu + width_hu / 2.0) * 255.0 / width_hu, 0.0, 255.0))


def sampled(
    desk: Desk, view: SliceView, name: str, values: Grey, *, mirrored: bool = False
) -> Grey:
    """Return values on the CT's grid at every pixel of a view, linearly; far off outside."""
    (_, images), plane = _opened(desk), _plane(view, name)
    right, down = (np.array(axis) for axis in PRONE_AXES[name])
    width, height = view.width(), view.height()
    x = (np.arange(width) + 0.5 - width / 2.0) * plane.mm_per_pixel * (-1.0 if mirrored else 1.0)
    y = (np.arange(height) + 0.5 - height / 2.0) * plane.mm_per_pixel
    centre = _through(desk, plane.centre_lps_mm, name)
    lps = centre + x[None, :, None] * right + y[:, None, None] * down
    index = images.ct.grid.index_from_lps(lps)
    return np.asarray(
        map_coordinates(values, np.moveaxis(index, -1, 0)[::-1], order=1, cval=-32768.0)
    )


def screen_of(view: SliceView, name: str, points_lps_mm: Grey) -> Grey:
    """Return where in a view points should appear, in pixels from its upper left corner."""
    plane = _plane(view, name)
    away = points_lps_mm - np.array(plane.centre_lps_mm)
    across = away @ np.array(PRONE_AXES[name]).T / plane.mm_per_pixel
    return np.asarray(across + np.array([view.width(), view.height()]) / 2.0 - 0.5)


def screenshot(window: QWidget) -> QImage:
    """Return what the display shows where the window is; without a display, what it would show."""
    if QGuiApplication.platformName() != "xcb":
        return window.grab().toImage()
    corner = window.mapToGlobal(QPoint(0, 0))
    size = window.size()
    grabbed = window.screen().grabWindow(0, corner.x(), corner.y(), size.width(), size.height())
    return grabbed.toImage()


def pixels(screen: QImage, view: QWidget) -> Rgb:
    """Return the red, green and blue of the part of a window that a view fills."""
    corner = view.mapTo(view.window(), QPoint(0, 0))
    part = screen.copy(corner.x(), corner.y(), view.width(), view.height())
    part = part.convertToFormat(QImage.Format.Format_RGBX8888)
    flat = np.frombuffer(part.constBits(), dtype=np.uint8).copy()
    rows = flat.reshape(part.height(), part.bytesPerLine() // 4, 4)
    return np.asarray(rows[:, : part.width(), :3], dtype=np.float64)


def _plan(desk: Desk, case: Path) -> None:
    """Open a case and plan it as a user would, waiting for all that follows."""
    desk.open_case(case)
    _settle(desk)
    opened, _ = _opened(desk)
    _require(opened.biopsy_position is Position.PRONE, "the sample is not planned prone")
    desk.window.actions_by_key["plan"].trigger()
    _settle(desk)
    found = len(_candidates(desk))
    _require(found >= 5, f"planning found only {found} candidates")


def _settle(desk: Desk) -> None:
    """Let the window work until nothing has run in the background for half a second."""
    until_s = time.monotonic() + PATIENCE_S
    idle_since_s = time.monotonic()
    while time.monotonic() - idle_since_s < 0.5:
        QApplication.processEvents()
        time.sleep(0.01)
        if desk.is_busy:
            idle_since_s = time.monotonic()
        _require(time.monotonic() < until_s, "the window was still busy when patience ran out")


def _selected(desk: Desk) -> Candidate:
    """Return the candidate that is selected, which after planning is the best."""
    chosen = [c for c in _candidates(desk) if c.candidate_id == desk.view_state.selected]
    _require(bool(chosen) and chosen[0].rank == 1, "the best candidate is not selected")
    return chosen[0]


def _opened(desk: Desk) -> tuple[Case, CaseImages]:
    """Return the open case with its images."""
    case, images = desk.session.case, desk.session.images
    if case is None or images is None:
        raise ScreenError("the sample case did not open")
    return case, images


def _candidates(desk: Desk) -> tuple[Candidate, ...]:
    """Return what was planned."""
    case, _ = _opened(desk)
    if case.plan is None:
        raise ScreenError("the sample case was not planned")
    return case.plan.candidates


def _plane(view: SliceView, name: str) -> SlicePlane:
    """Return what a view shows."""
    plane = view.plane()
    if plane is None:
        raise ScreenError(f"{name}: nothing is shown")
    return plane


def _through(desk: Desk, centre: Vec3, name: str) -> Grey:
    """Return a view's middle moved onto the slice through the common point."""
    normal = np.cross(*PRONE_AXES[name])
    off = (np.array(desk.view_state.crosshair_lps_mm) - np.array(centre)) @ normal
    return np.asarray(np.array(centre) + off * normal)


def _near(colours: Rgb, wanted: str, within: float) -> NDArray[np.bool_]:
    return np.asarray(np.linalg.norm(colours - _rgb(wanted), axis=-1) < within)


def _rgb(name: str) -> Rgb:
    colour = QColor(name)
    return np.array([colour.red(), colour.green(), colour.blue()], dtype=np.float64)


def _require(condition: bool, otherwise: str) -> None:  # noqa: FBT001 (an assertion)
    if not condition:
        raise ScreenError(otherwise)


def _recorder(faults: list[str]) -> Callable[..., None]:
    """Return an exception hook that keeps what went wrong inside a slot, and prints it as usual."""

    def keep(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        faults.append(f"{kind.__name__}: {error}")
        sys.__excepthook__(kind, error, trace)

    return keep


if __name__ == "__main__":
    sys.exit(main())
