"""Single values out of a pydicom data set, forgiving where files are odd; knows no geometry."""

from __future__ import annotations

import math
import struct
import warnings
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from pydicom.dataset import Dataset
from pydicom.errors import BytesLengthException, InvalidDicomError
from pydicom.valuerep import PersonName

from planning.geometry import Vec3
from planning.plain_text import plain

UNREADABLE = (
    AssertionError,
    AttributeError,
    BytesLengthException,
    EOFError,
    IndexError,
    InvalidDicomError,
    KeyError,
    MemoryError,
    NotImplementedError,
    OSError,
    OverflowError,
    RecursionError,
    TypeError,
    ValueError,
    struct.error,
    zlib.error,
)
"""What pydicom raises on files that are damaged."""

_MOST_VALUES = 100  # of one element, which are shown


@contextmanager
def odd_files_tolerated() -> Iterator[None]:
    """Silence pydicom's remarks about values that break the standard but can be used.

    Real scanners write over-long identifiers, odd character sets and padded pixel data; what
    matters for geometry and values is checked by our own rules, with our own words.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom(\.|$)")
        yield


def floats_of(sources: Sequence[Dataset], keyword: str, count: int) -> tuple[float, ...] | None:
    """Return the first usable value of several data sets: `count` finite numbers, else None."""
    for source in sources:
        try:
            value = source.get(keyword)
            numbers = tuple(float(v) for v in value[: count + 1]) if value is not None else ()
        except UNREADABLE:
            continue
        if len(numbers) == count and all(map(math.isfinite, numbers)):
            return numbers
    return None


def number_of(sources: Sequence[Dataset], keyword: str) -> float | None:
    """Return the first finite number of several data sets, else None."""
    for source in sources:
        try:
            number = float(source.get(keyword))
        except UNREADABLE:
            continue
        if math.isfinite(number):
            return number
    return None


def vector_of(numbers: tuple[float, ...] | None) -> Vec3 | None:
    """Return three numbers as a vector, or None for None."""
    return (numbers[0], numbers[1], numbers[2]) if numbers else None


def integer_of(dataset: Dataset, keyword: str) -> int | None:
    """Return a whole number, or None where there is none."""
    try:
        return int(dataset.get(keyword))
    except UNREADABLE:
        return None


def text_of(dataset: Dataset, *keywords: str) -> str:
    """Return the first of several elements that is not empty, without padding."""
    for keyword in keywords:
        try:
            value = dataset.get(keyword)
            text = "" if value is None else plain(str(value).strip(" \0"))
        except UNREADABLE:
            continue
        if text:
            return text
    return ""


def words_of(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return all values of an element as text."""
    try:
        value = dataset.get(keyword)
        words = (value,) if isinstance(value, str) else tuple(map(str, value or ()))
    except UNREADABLE:
        return ()
    return tuple(map(plain, words[:_MOST_VALUES]))


def person_name_of(dataset: Dataset, keyword: str) -> str:
    """Return the alphabetic group of a name, else the ideographic, else the phonetic one.

    The stored form (DICOM PS3.5 section 6.2.1: family^given^middle^prefix^suffix) is kept, so that
    what is exported names the patient exactly as the archive does.
    """
    return next(iter(person_names_of(dataset, keyword)), "")


def person_names_of(dataset: Dataset, keyword: str) -> tuple[str, ...]:
    """Return every group of a name that says something: alphabetic, ideographic, phonetic.

    In the stored form, as `person_name_of`, which is the first of them.
    """
    try:
        value = dataset.get(keyword)
        if not isinstance(value, PersonName):
            return () if value is None else (plain(str(value).strip()),)
        groups = [plain(g) for g in (value.alphabetic, value.ideographic, value.phonetic)]
    except UNREADABLE:
        return ()
    return tuple(g.rstrip("^ ").strip() for g in groups if g.strip("^ "))


def iso_date(text: str) -> str:
    """Turn a DICOM date (DA, ``YYYYMMDD``) into ``YYYY-MM-DD``; anything else is left as it is."""
    if len(text) == 8 and text.isascii() and text.isdigit():
        return f"{text[:4]}-{text[4:6]}-{text[6:]}"
    return text


def iso_time(text: str) -> str:
    """Turn a DICOM time (TM, ``HHMMSS.ffffff``) into ``HH:MM:SS``; others are left as they are."""
    whole = text.split(".")[0]
    if len(whole) == 6 and whole.isascii() and whole.isdigit():
        return f"{whole[:2]}:{whole[2:4]}:{whole[4:]}"
    return text
