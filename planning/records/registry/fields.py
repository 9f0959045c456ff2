"""Which fields the registry keeps and what each may hold, from a TOML file; stores nothing."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from pydantic import Field as Checked
from pydantic import model_validator

from planning.errors import InputError
from planning.formats import Record, checked, parsed_toml, require_version, suggestion

NEWEST_VERSION = 1
LONGEST_TEXT = 4000
"""Characters of a text; JSON may be longer."""

Value = str | int | float | bool | date | None

_WHAT = "The data dictionary of the registry"
_LONGEST_JSON = 200_000
_LARGEST_WHOLE = 2**31 - 1
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_WHOLE = re.compile(r"[+-]?\d{1,12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
_YES_NO = {"yes": True, "no": False}


class FieldType(StrEnum):
    """What kind of value a field holds."""

    TEXT = "text"
    WHOLE = "whole"
    NUMBER = "number"
    YES_NO = "yes-no"
    DATE = "date"
    TIME = "time"
    JSON = "json"
    SHA256 = "sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryField:
    """One field of one table.

    Parameters
    ----------
    unit : str
        Empty for what has none; "1" for a fraction or probability.
    key : bool
        It is part of what tells rows apart.
    required : bool
        It is never empty; true for keys.
    allowed : tuple of str
        All a text may be; empty where it may be anything.
    pattern : str
        Regular expression that a whole text has to match; empty where it may be anything.
    at_least, at_most : float or None
        Ends of what a number may be, both included.
    source : str
        Where the value comes from.
    """

    table: str
    name: str
    type: FieldType
    meaning: str
    source: str
    unit: str = ""
    key: bool = False
    required: bool = False
    allowed: tuple[str, ...] = ()
    pattern: str = ""
    at_least: float | None = None
    at_most: float | None = None


Table = Mapping[str, RegistryField]
FieldTable = Mapping[str, Table]
"""The fields of all tables by name, parents before children, identities last."""


class _FieldRecord(Record):
    type: Annotated[FieldType, Checked(strict=False)]
    meaning: Annotated[str, Checked(min_length=1)]
    source: Annotated[str, Checked(min_length=1)]
    unit: str = ""
    key: bool = False
    required: bool = False
    allowed: list[str] = Checked(default_factory=list)
    pattern: str = ""
    at_least: float | None = None
    at_most: float | None = None

    @model_validator(mode="after")
    def _fits_its_type(self) -> _FieldRecord:
        if (self.allowed or self.pattern) and self.type is not FieldType.TEXT:
            raise ValueError('"allowed" and "pattern" are for text')
        if (self.at_least, self.at_most) != (None, None) and not self._is_number:
            raise ValueError('"at_least" and "at_most" are for numbers')
        return self

    @property
    def _is_number(self) -> bool:
        return self.type in (FieldType.NUMBER, FieldType.WHOLE)


class _TableRecord(Record):
    meaning: Annotated[str, Checked(min_length=1)]
    fields: dict[str, _FieldRecord] = Checked(min_length=1)


class _File(Record):
    tables: dict[str, _TableRecord]


def read_registry_fields(data: bytes) -> FieldTable:
    """Return the fields of all tables that the text of `registry_fields.toml` describes.

    Raises
    ------
    InputError
        If a key is unknown or missing, or the schema version is newer than this program knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    tables = {name: value for name, value in raw.items() if name != "schema_version"}
    record = checked(_File, {"tables": tables}, _WHAT)
    return {
        table: {name: _field(table, name, field) for name, field in described.fields.items()}
        for table, described in record.tables.items()
    }


def _field(table: str, name: str, record: _FieldRecord) -> RegistryField:
    return RegistryField(
        table=table,
        name=name,
        type=record.type,
        meaning=record.meaning,
        source=record.source,
        unit=record.unit,
        key=record.key,
        required=record.required or record.key,
        allowed=tuple(record.allowed),
        pattern=record.pattern,
        at_least=record.at_least,
        at_most=record.at_most,
    )


def value_from_text(field: RegistryField, text: str) -> Value:
    """Return the value that a cell of a table stands for; None for an empty one.

    Raises
    ------
    InputError
        If the cell does not hold such a value; the message says what it has to be.
    """
    if text == "":
        return None
    try:
        value = _FROM_TEXT[field.type](text)
    except ValueError:
        raise InputError(
            f'"{_short(text)}" does not fit; it has to be {_MEANT[field.type]}'
        ) from None
    check_value(field, value)
    return value


def text_of_value(field: RegistryField, value: Value) -> str:
    """Return a value as a cell holds it: the shortest text that reads back as the same value."""
    if value is None:
        return ""
    if field.type is FieldType.YES_NO:
        return "yes" if value else "no"
    if isinstance(value, date):
        return value.isoformat()
    if field.type is FieldType.NUMBER:
        return repr(float(value))
    return str(value)


def check_value(field: RegistryField, value: Value) -> None:
    """Make sure that a field may hold a value.

    Raises
    ------
    InputError
        If it may not; the message says what it has to be.
    """
    if value is None or value == "":
        if field.required:
            raise InputError("is empty; it has to be given")
        return
    if not isinstance(value, _PYTHON[field.type]) or (
        isinstance(value, bool) != (field.type is FieldType.YES_NO)
    ):
        raise InputError(f"{value!r} does not fit; it has to be {_MEANT[field.type]}")
    if isinstance(value, str):
        _check_text(field, value)
    elif isinstance(value, int | float):
        _check_number(field, value)


def ended(problem: str) -> str:
    """Return what is wrong with a value as the end of a sentence."""
    return problem if problem.endswith("?") else f"{problem}."


def _check_text(field: RegistryField, value: str) -> None:
    if _UNSTORABLE.search(value):
        raise InputError("holds a character that cannot be stored (NUL or half a pair)")
    longest = _LONGEST_JSON if field.type is FieldType.JSON else LONGEST_TEXT
    if len(value) > longest:
        raise InputError(f"is {len(value)} characters long; at most {longest} are kept")
    if field.allowed and value not in field.allowed:
        hint = suggestion(value, list(field.allowed), "it may be")
        raise InputError(f'"{_short(value)}" is not known{hint.rstrip(".")}')
    if field.pattern and not re.fullmatch(field.pattern, value):
        raise InputError(f'"{_short(value)}" does not look like {field.pattern}')
    if field.type is not FieldType.TEXT:
        try:
            _FROM_TEXT[field.type](value)
        except ValueError:
            raise InputError(
                f'"{_short(value)}" does not fit; it has to be {_MEANT[field.type]}'
            ) from None


def _check_number(field: RegistryField, value: float) -> None:
    low, high = field.at_least, field.at_most
    if field.type is FieldType.WHOLE and abs(value) > _LARGEST_WHOLE:
        raise InputError(f"{value} is too large")
    if not math.isfinite(value):
        raise InputError(f"{value} is not a finite number")
    if low is not None and value < low:
        raise InputError(f"{value:g} is less than {low:g}")
    if high is not None and value > high:
        raise InputError(f"{value:g} is more than {high:g}")


def _short(text: str) -> str:
    return text if len(text) <= 40 else f"{text[:37]}..."


def _whole(text: str) -> int:
    if not _WHOLE.fullmatch(text) or not text.isascii():
        raise ValueError
    return int(text)


def _number(text: str) -> float:
    if "_" in text or not text.isascii():
        raise ValueError
    return float(text)


def _yes_no(text: str) -> bool:
    if text.lower() not in _YES_NO:
        raise ValueError
    return _YES_NO[text.lower()]


def _date(text: str) -> date:
    if not _DATE.fullmatch(text) or not text.isascii():
        raise ValueError
    return date.fromisoformat(text)


def _time(text: str) -> str:
    if datetime.fromisoformat(text).tzinfo is None:
        raise ValueError
    return text


def _json(text: str) -> str:
    json.loads(text, parse_constant=_refuse)
    return text


def _refuse(constant: str) -> None:
    raise ValueError(constant)


def _sha256(text: str) -> str:
    if not _SHA256.fullmatch(text):
        raise ValueError
    return text


_FROM_TEXT: Mapping[FieldType, Callable[[str], Value]] = {
    FieldType.TEXT: str,
    FieldType.WHOLE: _whole,
    FieldType.NUMBER: _number,
    FieldType.YES_NO: _yes_no,
    FieldType.DATE: _date,
    FieldType.TIME: _time,
    FieldType.JSON: _json,
    FieldType.SHA256: _sha256,
}
_PYTHON: Mapping[FieldType, Any] = {
    FieldType.TEXT: str,
    FieldType.WHOLE: int,
    FieldType.NUMBER: int | float,
    FieldType.YES_NO: bool,
    FieldType.DATE: date,
    FieldType.TIME: str,
    FieldType.JSON: str,
    FieldType.SHA256: str,
}
_MEANT: Mapping[FieldType, str] = {
    FieldType.TEXT: "a text",
    FieldType.WHOLE: "a whole number",
    FieldType.NUMBER: "a number (with a decimal point, not a comma)",
    FieldType.YES_NO: "yes or no",
    FieldType.DATE: "a date (YYYY-MM-DD)",
    FieldType.TIME: "a time with its offset from UTC (ISO 8601)",
    FieldType.JSON: "JSON",
    FieldType.SHA256: "a SHA-256 (64 hexadecimal digits)",
}
