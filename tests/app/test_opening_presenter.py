"""What the user points at is opened in the background, or its series are listed to choose from."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from unittest.mock import Mock

import pytest
from pytestqt.qtbot import QtBot

from app.presenters.opening import OpeningPresenter
from app.presenters.series_rows import series_rows
from app.reading import SeriesChoice
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.series_list import SeriesList
from app.views.series_values import SeriesUse
from planning.errors import InputError
from planning.image import CaseImages, Patient, Series
from planning.imaging.dicom_series import SeriesSummary
from planning.model.case import Case
from planning.progress import Progress
from planning.records.case_file import LoadedCase


def _summary(key: str, modality: str, slices: int, problem: str = "") -> SeriesSummary:
    return SeriesSummary(
        key=key,
        series=Series(modality=modality, series_number=key, description=f"series {key}"),
        patient=Patient(),
        file_count=slices,
        size_ijk=(512, 512, slices),
        spacing_mm=(0.8, 0.8, 1.5),
        problem=problem,
    )


class Room:
    """A session with mocked views and a reader that answers what it is told to."""

    def __init__(self) -> None:
        self.session = Session()
        self.list, self.strip = Mock(spec=SeriesList), Mock(spec=ProgressStrip)
        self.message = Mock(spec=MessageStrip)
        self.answer: object = None
        self.asked: list[tuple[Path, str]] = []
        self.presenter = OpeningPresenter(
            self.session, self.list, self.strip, self.message, load=self._load
        )

    def _load(self, path: Path, series_uid: str, progress: Progress) -> object:
        self.asked.append((path, series_uid))
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def room(qapp: object) -> Room:
    return Room()


def test_a_case_becomes_the_open_one(
    room: Room, case: Case, images: CaseImages, qtbot: QtBot
) -> None:
    noted = replace(case, notes=("masks resampled.", "left is right"))
    room.answer = LoadedCase(case=noted, images=images)
    with qtbot.waitSignal(room.presenter.opened):
        room.presenter.open(Path("case.toml"))
    assert room.session.case is noted
    assert room.message.show_caution.call_args.args == ("Masks resampled. Left is right.",)


def test_an_error_leaves_what_was_open(
    room: Room, case: Case, images: CaseImages, qtbot: QtBot
) -> None:
    room.session.open(case, images)
    room.answer = InputError("tumour.nii.gz is not there.")
    with qtbot.waitSignal(room.presenter.gave_up):
        room.presenter.open(Path("other.toml"))
    assert room.session.case is case
    assert room.message.show_error.call_args.args == ("tumour.nii.gz is not there.",)


def test_several_series_are_listed_and_one_is_opened(room: Room, qtbot: QtBot) -> None:
    room.answer = SeriesChoice(
        folder=Path("dicom"), found=(_summary("2", "CT", 90), _summary("3", "MR", 20))
    )
    with qtbot.waitSignal(room.presenter.choosing):
        room.presenter.open(Path("dicom"))
    assert room.session.case is None
    assert [row.key for row in room.list.set_rows.call_args.args[0]] == ["2", "3"]
    with qtbot.waitSignal(room.presenter.job.ended):
        room.presenter.choose("2")
    assert room.asked[-1] == (Path("dicom"), "2")


def test_the_longest_usable_ct_is_suggested_and_the_rest_say_why_not() -> None:
    rows = series_rows(
        (
            _summary("1", "CT", 2),
            _summary("2", "CT", 400, "two slices are missing"),
            _summary("3", "CT", 90),
            _summary("4", "MR", 200),
        )
    )
    assert [row.key for row in rows] == ["1", "3", "4", "2"], "what can be used comes first"
    assert [row.suggested for row in rows] == [False, True, False, False]
    assert [row.problem for row in rows] == ["", "", "", "Two slices are missing"]
    assert [row.use is SeriesUse.LAY_OVER for row in rows] == [False, False, True, False]
    assert "open the CT first" in rows[2].blocked
    assert series_rows((_summary("4", "MR", 200),), has_ct=True)[0].blocked == ""


def test_what_is_neither_ct_nor_second_image_nor_mask_says_so() -> None:
    masks = replace(_summary("5", "SEG", 0, "it is no image"), holds_masks=True)
    drawn, sound = series_rows((_summary("1", "US", 20), masks))
    assert "US: not a CT" in sound.problem
    assert (drawn.problem, drawn.use) == ("", SeriesUse.ADD_MASKS)
    assert "Open the CT first" in drawn.blocked


def test_a_series_is_described_in_words() -> None:
    named = replace(
        _summary("7", "CT", 1),
        patient=Patient(patient_id="0815", sex="F"),
        patient_names=("Yamada^Tarou", "山田^太郎"),
        orientation="axial",
    )
    (row,) = series_rows((named,))
    assert row.title == "7  series 7"
    assert row.patient == "Yamada, Tarou (山田, 太郎)  ·  0815  ·  F"
    assert row.facts.startswith("CT  ·  no date  ·  1 slice of 512 x 512  ·  0.80 x 0.80 x 1.50 mm")


def test_the_series_that_was_pointed_at_is_suggested() -> None:
    rows = series_rows((_summary("1", "CT", 90), _summary("2", "CT", 20)), pointed="2")
    assert [row.suggested for row in rows] == [False, True]
