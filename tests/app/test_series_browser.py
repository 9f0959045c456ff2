"""Every awkward folder in the list of series: a right picture, or a right complaint, or both."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk
from pydicom import dcmread
from PySide6.QtWidgets import QApplication, QListWidget

from app.presenters.opening import OpeningPresenter
from app.reading import SeriesChoice, load_or_list
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.series_list import SeriesList
from app.views.series_painting import PICTURE_ROLE
from planning.imaging.dicom_series import list_folder
from planning.imaging.dicom_values import odd_files_tolerated
from planning.imaging.thumbnails import SOFT_TISSUE_HU
from planning.progress import SILENT
from planning.records.case_file import LoadedCase
from tests.dicom_files import write_series

_SETS = {
    "ge_tilt_uneven": ("unevenly spaced", "gantry tilt"),
    "gantrytilting/001": ("gantry tilt",),
    "notavolume/001": ("share their position",),
    "slicecount/001": ("2 slices",),
    "sliceincrement/001": ("lices are missing", "instance 9"),
    "sliceincrement/002": ("lices are missing", "sheared"),
    "sliceorientation/001": ("change orientation",),
    "enhanced_ct_2frames.dcm": ("2 slices",),
    "charsets": ("no position",),
    "jpeg2000_empty_uids": (),
    "oblique_small_slope": (),
    "compressed_mr/j2k": (),
    "compressed_mr/jpeg": (),
    "compressed_mr/jpegls": (),
    "compressed_mr/rle": (),
}
"""Each set, and what has to be said of each of its series; nothing for those that can be used."""


@pytest.fixture
def browser(qtbot):
    """Return the list of series with what fills it."""
    view = SeriesList()
    qtbot.addWidget(view)
    view.resize(1000, 640)
    view.show()
    parts = (ProgressStrip(), MessageStrip())
    for part in parts:
        qtbot.addWidget(part)
    presenter = OpeningPresenter(Session(), view, *parts)

    def shown(choice: SeriesChoice) -> SeriesList:
        presenter.list_series(choice)
        qtbot.waitUntil(lambda: not presenter.pictures.job.is_running, timeout=20_000)
        QApplication.processEvents()
        return view

    yield shown
    presenter.pictures.job.shut_down()


def test_no_set_is_forgotten(data_dir):
    there = {p.name for p in (data_dir / "awkward").iterdir() if not p.name.endswith(".gz")}
    assert there == {name.split("/")[0] for name in _SETS}


@pytest.mark.parametrize("name", _SETS)
def test_every_series_has_its_picture_and_what_is_wrong_with_it(data_dir, browser, name):
    found, notes = list_folder(data_dir / "awkward" / name)
    choice = SeriesChoice(folder=data_dir / "awkward" / name, found=found, notes=notes)
    view = browser(choice)
    entries = view.findChild(QListWidget)
    assert entries.count() == len(found) > 0
    for summary in found:
        view.select(summary.key)
        row = view.current()
        assert row is not None
        for words in _SETS[name]:
            assert words in row.problem
        assert _SETS[name] or not row.problem
        shown = entries.currentItem().data(PICTURE_ROLE)
        if "PixelData" in dcmread(summary.middle.path):
            assert shown.problem == ""
            _is_right(shown.grey, summary)
        else:
            assert "no pixel data" in shown.problem


def test_a_folder_is_listed_unless_its_only_series_opens(data_dir, tmp_path):
    awkward = data_dir / "awkward"
    opened = load_or_list(awkward / "jpeg2000_empty_uids", "", SILENT)
    assert isinstance(opened, LoadedCase)
    for name in ("gantrytilting/001", "enhanced_ct_2frames.dcm", "compressed_mr/j2k"):
        choice = load_or_list(awkward / name, "", SILENT)
        assert isinstance(choice, SeriesChoice)
        assert len(choice.found) == 1


def test_one_slice_stands_for_its_series_and_a_dicomdir_for_its_folder(tmp_path):
    stored = np.random.default_rng(2).integers(900, 1200, (4, 6, 6)).astype(np.uint16)
    first = write_series(tmp_path / "disc" / "a", stored)
    write_series(tmp_path / "disc" / "b", stored, SeriesInstanceUID="1.2.3", SeriesNumber=9)
    (tmp_path / "disc" / "DICOMDIR").write_bytes(b"what it lists says more itself")
    assert isinstance(load_or_list(first[2], "", SILENT), LoadedCase)
    listed = load_or_list(tmp_path / "disc" / "DICOMDIR", "", SILENT)
    assert isinstance(listed, SeriesChoice)
    assert [len(s.paths) for s in listed.found] == [4, 4]
    write_series(tmp_path / "disc" / "a", stored, SeriesInstanceUID="1.2.4", SeriesNumber=2)
    lone = write_series(tmp_path / "disc" / "a" / "deep", stored[:1], SeriesInstanceUID="1.2.5")
    choice = load_or_list(lone[0], "", SILENT)
    assert isinstance(choice, SeriesChoice)
    assert choice.pointed == "1.2.5"


def test_files_that_were_passed_over_are_told(tmp_path):
    write_series(tmp_path, np.full((2, 5, 5), 1000, np.uint16))
    (tmp_path / "notes.txt").write_text("hello")
    choice = load_or_list(tmp_path, "", SILENT)
    assert isinstance(choice, SeriesChoice)
    assert "not DICOM: 1" in " ".join(choice.notes)


def _is_right(grey: np.ndarray, summary) -> None:
    """Compare a picture with the slice as ITK reads and turns it."""
    middle = summary.middle
    axes = middle.i_axis_lps, middle.j_axis_lps
    image = _by_itk(middle.path, middle.frame)
    if axes[0] is not None:
        normal = int(np.argmax(np.abs(np.cross(*axes))))
        image = sitk.DICOMOrient(image, ("PIL", "LIP", "LPS")[normal])
    values = np.squeeze(sitk.GetArrayFromImage(image)).astype(float)
    if values.ndim == 3:
        values = values @ (0.299, 0.587, 0.114)
    if summary.series.modality == "CT" and values.max() > 100:
        values = np.clip(values, *SOFT_TISSUE_HU)
    else:
        values = np.clip(values, *np.percentile(values, (1.0, 99.5)))
    assert grey.shape == values.shape
    assert grey.std() > 5
    assert np.corrcoef(grey.ravel(), values.ravel())[0, 1] > 0.99


def _by_itk(path: Path, frame: int) -> sitk.Image:
    with odd_files_tolerated():
        image = sitk.ReadImage(str(path))
    return image[:, :, frame : frame + 1] if image.GetDimension() == 3 else image
