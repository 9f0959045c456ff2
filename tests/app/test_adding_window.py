"""Onto an open case in the real window: dropped masks ask for roles, PET and MR are laid over."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QPushButton, QWidget
from pytestqt.qtbot import QtBot

from app.application import build_desk
from app.desk import Desk
from app.views.adding_panel import AddingPanel
from app.views.empty_state import dropped_path
from app.views.images_panel import ImagesPanel
from planning.geometry import Grid
from planning.image import CaseImages, Patient, Series, Volume
from planning.imaging.rtstruct import roi_onto
from planning.imaging.structure_set import read_structure_set
from planning.imaging.volume_files import LabelMap, write_label_map, write_volume
from planning.model.case import Case, Role
from planning.records.case_file import load_case
from planning.records.case_writer import save_case
from tests.dicom_files import FRAME_UID, SERIES_UID, write_contours, write_series
from tests.planning.test_segments import made_segmentation

GRID = Grid(size_ijk=(24, 20, 8), spacing_mm=(1.0, 1.5, 2.0), origin_lps_mm=(-12.0, 4.0, 30.0))


def _ct() -> Volume:
    return Volume(
        grid=GRID,
        values=np.full(GRID.shape_kji, 40, dtype=np.int16),
        frame_of_reference_uid=FRAME_UID,
        series=Series(modality="CT", series_uid=SERIES_UID, position_code="HFS"),
        patient=Patient(name="Muster^Änne"),
    )


def _block(*spans: slice) -> np.ndarray:
    inside = np.zeros(GRID.shape_kji, dtype=bool)
    inside[spans] = True
    return inside


_FIRST = _block(slice(2, 5), slice(3, 9), slice(4, 15))
_OTHER = _block(slice(3, 7), slice(6, 12), slice(10, 20))


@pytest.fixture
def desk(qtbot: QtBot) -> Iterator[Desk]:
    made = build_desk()
    qtbot.addWidget(made.window)
    made.window.resize(1500, 950)
    made.window.show()
    case = Case(name="open", ct_id="ct", structures=())
    made.session.open(case, CaseImages(ct=_ct(), masks={}))
    made.window.show_pictures()
    _settle(made, qtbot)
    yield made
    made.window.close()


def _settle(desk: Desk, qtbot: QtBot) -> None:
    qtbot.wait(20)
    qtbot.waitUntil(lambda: not desk.is_busy, timeout=60_000)
    qtbot.wait(20)


def _drop(desk: Desk, *paths: Path) -> None:
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in paths])
    where, actions = QPointF(5, 5), Qt.DropAction.CopyAction
    buttons, keys = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    desk.window.dropEvent(QDropEvent(where, actions, data, buttons, keys))


def _answer(panel: AddingPanel, *roles: str) -> None:
    combos = panel.findChildren(QComboBox)
    assert len(combos) == len(roles)
    for combo, role in zip(combos, roles, strict=True):
        combo.setCurrentIndex(combo.findData(role))


def _press(panel: AddingPanel, text: str) -> None:
    (button,) = (b for b in panel.findChildren(QPushButton) if b.text() == text)
    assert button.isEnabled(), button.toolTip()
    button.click()


def _contours(folder: Path) -> Path:
    square = np.array([(4.5, 3.5), (14.5, 3.5), (14.5, 8.5), (4.5, 8.5)])
    drawn = [
        GRID.lps_from_index(np.column_stack([square, np.full(4, float(k))])) for k in (2, 3, 4)
    ]
    return write_contours(folder / "rs.dcm", {"GTV": drawn, "nerve": drawn[:2]})


def test_dropped_contours_ask_for_roles_and_become_structures_in_one_step(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    path, panel = _contours(tmp_path), desk.adding.panel
    _drop(desk, path)
    _settle(desk, qtbot)
    assert panel.isVisible()
    assert desk.window.step == "structures"
    add = next(b for b in panel.findChildren(QPushButton) if b.text() == "Add")
    assert not add.isEnabled()
    assert "what it is" in add.toolTip()
    _answer(panel, "tumour", "nerve")
    _press(panel, "Add")
    _settle(desk, qtbot)
    case, images = desk.session.case, desk.session.images
    assert [(s.name, s.role) for s in case.structures] == [
        ("GTV", Role.TUMOUR),
        ("nerve", Role.NERVE),
    ]
    expected, _ = roi_onto(read_structure_set(path), "GTV", images.ct)
    assert np.array_equal(images.masks[case.structures[0].mask_id].on(GRID), expected.on(GRID))
    assert not panel.isVisible()
    assert "no tumour mask" not in " ".join(_words(desk.window.table))
    desk.session.undo_stack.undo()
    assert desk.session.case.structures == ()
    assert "no tumour mask" in " ".join(_words(desk.window.table))
    desk.session.undo_stack.redo()
    saved = save_case(desk.session.case, desk.session.images, tmp_path / "saved")
    again = load_case(saved.origin.path, role_tables={})
    again_mask = again.images.masks[again.case.structures[0].mask_id]
    assert np.array_equal(again_mask.on(GRID), expected.on(GRID))


def test_dropped_segments_and_label_maps_lie_where_they_were_drawn(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = desk.adding.panel
    _drop(desk, made_segmentation(tmp_path, GRID, [_FIRST, _OTHER]))
    _settle(desk, qtbot)
    _answer(panel, "tumour", "vessel")
    _press(panel, "Add")
    _settle(desk, qtbot)
    labels = _FIRST * 3 + (_OTHER & ~_FIRST) * 7
    write_label_map(LabelMap(grid=GRID, labels=labels.astype(np.uint8)), tmp_path / "map.nii.gz")
    names = '{"3": "hip_right", "7": "something else"}'
    (tmp_path / "map_labels.json").write_text(names, encoding="utf-8")
    _drop(desk, tmp_path / "map.nii.gz")
    _settle(desk, qtbot)
    assert [box.currentData() for box in panel.findChildren(QComboBox)] == ["bone", ""]
    _answer(panel, "bone", "organ")
    _press(panel, "Add")
    _settle(desk, qtbot)
    case, images = desk.session.case, desk.session.images
    found = {s.name: images.masks[s.mask_id].on(GRID) for s in case.structures}
    assert list(found) == ["mass 1", "mass 2", "hip_right", "something else"]
    for name, expected in zip(found, (_FIRST, _OTHER, _FIRST, _OTHER & ~_FIRST), strict=True):
        assert np.array_equal(found[name], expected), name


def test_a_file_that_cannot_be_placed_says_why_and_an_image_is_opened(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    panel = desk.adding.panel
    far = Grid(size_ijk=GRID.size_ijk, spacing_mm=GRID.spacing_mm, origin_lps_mm=(900, 0, 0))
    write_label_map(LabelMap(grid=far, labels=_FIRST.astype(np.uint8)), tmp_path / "far.nrrd")
    _drop(desk, tmp_path / "far.nrrd")
    _settle(desk, qtbot)
    _answer(panel, "tumour")
    _press(panel, "Add")
    _settle(desk, qtbot)
    assert "lies outside the planning CT" in panel._problem.text()
    assert desk.session.case.structures == ()
    values = np.where(_FIRST, 40, -1000).astype(np.int16)
    write_volume(Volume(grid=GRID, values=values), tmp_path / "other.nii.gz")
    _drop(desk, tmp_path / "other.nii.gz")
    _settle(desk, qtbot)
    assert desk.session.case.name == "other"
    assert not panel.isVisible()


def test_a_pet_is_laid_over_from_the_list_and_saved_with_the_case(
    desk: Desk, qtbot: QtBot, tmp_path: Path
) -> None:
    stored = np.random.default_rng(3).integers(0, 900, GRID.shape_kji).astype(np.uint16)
    positions = [tuple(map(float, GRID.lps_from_index((0, 0, k)))) for k in range(8)]
    common = {"positions": positions, "spacing_ij": (1.0, 1.5)}
    pet = {"Modality": "PT", "SeriesInstanceUID": "1.2.77", "SeriesDescription": "Uptake"}
    write_series(tmp_path / "in", stored, **common, **pet, RescaleIntercept=0)
    _contours(tmp_path / "in")
    _drop(desk, tmp_path / "in")
    _settle(desk, qtbot)
    series = desk.window.series
    assert series.isVisible()
    series.select("1.2.77")
    (button,) = (b for b in series.findChildren(QPushButton) if b.text() == "Lay it over the CT")
    button.click()
    _settle(desk, qtbot)
    (image,) = desk.session.case.second_images
    assert (image.kind, image.path) == ("pet", "PT 4 Uptake")
    assert desk.view_state.shown.second_image == image.path
    over = desk.window.findChild(ImagesPanel).findChild(QComboBox)
    assert over.currentData() == image.path
    volume = desk.session.images.second[image.path]
    assert np.array_equal(volume.values, stored)
    assert not series.isVisible()
    _looks_hot(desk, volume)
    saved = save_case(
        desk.session.case, desk.session.images, tmp_path / "saved", origin=desk.session.origin
    )
    again = load_case(saved.origin.path, role_tables={})
    assert [i.kind for i in again.case.second_images] == ["pet"]
    (kept,) = again.images.second.values()
    assert np.array_equal(kept.values, stored)
    desk.session.undo_stack.undo()
    assert desk.session.case.second_images == ()


def test_an_mr_of_another_position_is_only_to_be_looked_at(
    data_dir: Path, qtbot: QtBot, tmp_path: Path
) -> None:
    """All series of this patient carry one frame of reference UID."""
    desk = build_desk()
    qtbot.addWidget(desk.window)
    desk.window.resize(1500, 950)
    desk.window.show()
    folder = data_dir / "sarcoma" / "STS_018"
    desk.window.open_case(folder / "CT" / "image")
    _settle(desk, qtbot)
    desk.opening.browse(folder / "MR_T1")
    _settle(desk, qtbot)
    key = next(s.key for s in desk.opening._found if s.series.modality == "MR")
    desk.window.series.lay_over_requested.emit(key)
    _settle(desk, qtbot)
    (image,) = desk.session.case.second_images
    assert "different patient positions (FFP and HFS)" in image.problem
    origin, images = desk.session.origin, desk.session.images
    saved = save_case(desk.session.case, images, tmp_path / "saved", origin=origin)
    assert len(list((tmp_path / "saved" / "images").rglob("*.dcm"))) == 42  # as they were
    again = load_case(saved.origin.path, role_tables={})
    (kept,) = again.images.second.values()
    assert np.array_equal(kept.values, images.second[image.path].values)
    assert "different patient positions" in again.case.second_images[0].problem
    desk.window.close()


def test_several_dropped_files_stand_for_their_folder(tmp_path: Path, qapp: QApplication) -> None:
    data = QMimeData()
    for name in ("a.dcm", "b.dcm"):
        (tmp_path / name).write_bytes(b"")
    data.setUrls([QUrl.fromLocalFile(str(tmp_path / name)) for name in ("a.dcm", "b.dcm")])
    assert dropped_path(data) == tmp_path
    data.setUrls([QUrl.fromLocalFile(str(p)) for p in (tmp_path / "a.dcm", tmp_path)])
    assert dropped_path(data) is None


def test_no_field_takes_a_dropped_file_for_text(desk: Desk) -> None:
    window = desk.window
    takers = [w for w in window.findChildren(QWidget) if w.acceptDrops()]
    assert takers == [window.empty], "which opens what is dropped, as the window does"
    assert window.acceptDrops()


def _words(widget: QWidget) -> list[str]:
    return [label.text() for label in widget.findChildren(QLabel)]


def _looks_hot(desk: Desk, volume: Volume) -> None:
    """The overlay is drawn: the slice is not grey any more."""
    image = desk.window.axial.grab().toImage()
    colours = [
        image.pixelColor(x, y)
        for x in range(0, image.width(), 7)
        for y in range(60, image.height() - 60, 7)
    ]
    assert sum(abs(c.red() - c.blue()) > 30 for c in colours) > 50
