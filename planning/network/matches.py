"""What an archive is asked for and what it finds, as plain values; asks nobody."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from pydicom.dataset import Dataset

from planning.errors import InputError
from planning.imaging.dicom_values import integer_of, iso_date, person_name_of, text_of, words_of

MOST_STUDIES = 500
"""More are not shown: nobody reads them, and archives hold millions."""

_WILD = re.compile(r"[*?]")
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What is known of a study; what is empty is not asked for.

    Parameters
    ----------
    patient_name : str
        As people write it: ``doe, jane`` or ``doe*``; the beginning is enough.
    date_from, date_to : str
        Of the study, both included, as YYYY-MM-DD.
    modality : str
        Code such as CT; of any of the study's series.
    """

    patient_name: str = ""
    patient_id: str = ""
    date_from: str = ""
    date_to: str = ""
    modality: str = ""

    @property
    def name_pattern(self) -> str:
        """Return the name as archives match it (PS3.4 C.2.2.2): family and given names begin so."""
        name = self.patient_name.replace("\\", "").strip()
        if not name or _WILD.search(name):
            return name
        parts = [part.strip() for part in re.split(r"[,^]", name)]
        return "^".join(part + "*" for part in parts if part) if any(parts) else ""

    @property
    def date_range(self) -> str:
        """Return the dates as a range (PS3.4 C.2.2.2.5).

        Raises
        ------
        InputError
            If one is no date, or the first lies after the second.
        """
        first, last = _plain_date(self.date_from), _plain_date(self.date_to)
        if first and last and first > last:
            raise InputError("The first date lies after the last. Exchange them.")
        return f"{first}-{last}" if first or last else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyMatch:
    """A study that was found.

    Parameters
    ----------
    series_count : int
        0 where the server does not say.
    """

    study_uid: str
    patient_name: str
    patient_id: str
    birth_date: str
    date: str
    description: str
    accession: str
    modalities: tuple[str, ...]
    series_count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesMatch:
    """A series that was found.

    Parameters
    ----------
    image_count : int
        0 where the server does not say.
    """

    study_uid: str
    series_uid: str
    modality: str = ""
    number: str = ""
    description: str = ""
    date: str = ""
    image_count: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Studies:
    """Studies that were found, the newest first; `is_cut` if there are more than are shown."""

    found: tuple[StudyMatch, ...]
    is_cut: bool = False


STUDY_KEYS = (
    *("PatientName", "PatientID", "PatientBirthDate", "StudyDate", "StudyTime", "StudyDescription"),
    *("AccessionNumber", "ModalitiesInStudy", "NumberOfStudyRelatedSeries", "StudyInstanceUID"),
)
SERIES_KEYS = (
    *("Modality", "SeriesNumber", "SeriesDescription", "SeriesDate", "SeriesInstanceUID"),
    "NumberOfSeriesRelatedInstances",
)
"""What is asked to be returned at each level (PS3.4 C.6.2.1, Study Root)."""


def matched_studies(answers: Iterable[Dataset], query: Query, *, is_cut: bool) -> Studies:
    """Return answers as studies, without those of another modality, which some servers send."""
    found = [_study(answer) for answer in answers]
    kept = [
        one
        for one in found
        if one.study_uid and (not query.modality or not one.modalities or _has(one, query.modality))
    ]
    kept.sort(key=lambda one: (one.date, one.study_uid), reverse=True)
    return Studies(found=tuple(kept[:MOST_STUDIES]), is_cut=is_cut or len(kept) > MOST_STUDIES)


def matched_series(answers: Iterable[Dataset], study_uid: str) -> tuple[SeriesMatch, ...]:
    """Return answers as series, by their numbers."""
    found = [_series(answer, study_uid) for answer in answers]
    kept = [one for one in found if one.series_uid]
    kept.sort(key=lambda one: (_order(one.number), one.series_uid))
    return tuple(kept)


def _study(answer: Dataset) -> StudyMatch:
    return StudyMatch(
        study_uid=text_of(answer, "StudyInstanceUID"),
        patient_name=person_name_of(answer, "PatientName"),
        patient_id=text_of(answer, "PatientID"),
        birth_date=iso_date(text_of(answer, "PatientBirthDate")),
        date=iso_date(text_of(answer, "StudyDate")),
        description=text_of(answer, "StudyDescription"),
        accession=text_of(answer, "AccessionNumber"),
        modalities=tuple(word for word in words_of(answer, "ModalitiesInStudy") if word),
        series_count=integer_of(answer, "NumberOfStudyRelatedSeries") or 0,
    )


def _series(answer: Dataset, study_uid: str) -> SeriesMatch:
    return SeriesMatch(
        study_uid=study_uid,
        series_uid=text_of(answer, "SeriesInstanceUID"),
        modality=text_of(answer, "Modality"),
        number=text_of(answer, "SeriesNumber"),
        description=text_of(answer, "SeriesDescription"),
        date=iso_date(text_of(answer, "SeriesDate")),
        image_count=integer_of(answer, "NumberOfSeriesRelatedInstances") or 0,
    )


def _has(study: StudyMatch, modality: str) -> bool:
    return modality.upper() in (one.upper() for one in study.modalities)


def _order(number: str) -> tuple[int, str]:
    return (int(number), "") if number.isascii() and number.isdigit() else (1 << 31, number)


def _plain_date(text: str) -> str:
    """Return a date as DICOM writes it (DA), empty for an empty one."""
    if not text.strip():
        return ""
    parts = _DATE.fullmatch(text.strip())
    try:
        return date(*map(int, parts.groups())).strftime("%Y%m%d") if parts else _refuse(text)
    except ValueError:
        return _refuse(text)


def _refuse(text: str) -> str:
    raise InputError(f'"{text}" is no date; write it as YYYY-MM-DD.')
