"""The real window: today's scan is opened, registered, accepted, carried over, and left again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from PySide6.QtWidgets import QTreeWidget
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.todays_scan_panel import TodaysScanPanel
from planning.image import CaseImages, Mask, Volume
from planning.imaging.volume_files import image_of
from planning.model.case import Case, Position, Role, Structure
from tests.bone_scans import LESION, scanned
from tests.moved_scans import motion

PATIENCE_MS = 240_000
TRUTH = motion((14.0, -9.0, 30.0), (5.0, -4.0, 7.0), LESION)


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1600, 1000)
    made.window.show()
    yield made
    made.window.close()


def ball(ct: Volume, centre: np.ndarray, radius_mm: float) -> Mask:
    k, j, i = np.indices(ct.grid.shape_kji)
    away = ct.grid.lps_from_index(np.stack([i, j, k], axis=-1)) - centre
    return Mask(grid=ct.grid, inside=np.linalg.norm(away, axis=-1) < radius_mm).cropped()


def case_and_images() -> tuple[Case, CaseImages]:
    ct = scanned(pixel_mm=2.0, slice_mm=2.0)
    around = ball(ct, LESION, 13.0).on(ct.grid)  # the bone the lesion lies in
    masks = {
        "tumour": ball(ct, LESION, 9.0),
        "nerve": ball(ct, LESION + np.array([20.0, 10.0, 0.0]), 4.0),
        "bone": Mask(grid=ct.grid, inside=(ct.values > 400) | around),
    }
    structures = (
        Structure(name="lesion", role=Role.TUMOUR, mask_id="tumour"),
        Structure(name="sciatic nerve", role=Role.NERVE, mask_id="nerve"),
        Structure(name="ilium", role=Role.BONE, mask_id="bone"),
    )
    case = Case(
        name="moved",
        ct_id="ct",
        ct_position=Position.SUPINE,
        patient_position=Position.PRONE,
        structures=structures,
    )
    return case, CaseImages(ct=ct, masks=masks)


def settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(30)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=PATIENCE_MS)
    qtbot.wait(30)


def names_in_list(desk: Desk) -> str:
    tree = desk.window.structures.findChild(QTreeWidget)
    return " | ".join(
        f"{tree.topLevelItem(n).text(0)} {tree.topLevelItem(n).text(1)}"
        for n in range(tree.topLevelItemCount())
    )


def test_a_case_is_carried_over_and_back(desk: Desk, qtbot: QtBot, tmp_path: Path) -> None:
    window, session = desk.window, desk.session
    reason = window.actions_by_key["todays_scan"]
    assert not reason.isEnabled()
    case, images = case_and_images()
    session.open(case, images)
    window.show_pictures()
    window.show_step("images")
    assert reason.isEnabled()
    scan = scanned(TRUTH, pixel_mm=1.6, slice_mm=3.0, height_mm=66.0, seed=9)
    path = tmp_path / "today.nii.gz"
    sitk.WriteImage(image_of(scan.values, scan.grid), str(path))
    desk.todays_scan.open(path)
    settle(desk, qtbot)
    panel = window.findChild(TodaysScanPanel)
    assert isinstance(panel, TodaysScanPanel)
    assert panel._residual.isVisible()
    assert panel._residual.text().endswith(" mm")
    large = panel.pictures.shown()[0]
    assert large is not None
    spread = large.rgb.astype(int)
    bone = spread.max(axis=-1) > 200
    assert np.median(np.ptp(spread[bone], axis=-1)) < 60  # both agree: nearly grey
    panel._position.setCurrentIndex(panel._position.findData("prone"))
    panel.position_chosen.emit("prone")
    panel._carry.click()
    settle(desk, qtbot)
    moved = session.case
    assert moved is not None
    assert session.images is not None
    assert moved is not case
    assert not moved.position_differs
    expected = TRUTH.second_from_ct(images.masks["tumour"].centroid_lps_mm())
    found = session.images.masks["tumour"].centroid_lps_mm()
    assert np.linalg.norm(np.subtract(found, expected)) < 0.7
    assert panel.stale.keys() == ("nerve",)
    assert "check it" in names_in_list(desk)
    panel.stale.tick("nerve")
    settle(desk, qtbot)
    assert "check it" not in names_in_list(desk)
    session.undo_stack.undo()
    settle(desk, qtbot)
    assert "check it" in names_in_list(desk)
    panel._return.click()
    settle(desk, qtbot)
    assert session.case is case
    assert session.images is images
