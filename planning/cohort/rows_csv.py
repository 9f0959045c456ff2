"""Rows of a cohort as a CSV table and back, for cases kept elsewhere; knows no registry."""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.formats import separator_problem, suggestion
from planning.limits import MOST_TABLE_ROWS
from planning.model.case import Guidance
from planning.model.cohort import CohortRows, Stage, cohort_of
from planning.plain_text import table_cell, text_of_cell

_EMPTY = cohort_of({}, 0)
_COLUMNS = tuple(column.name for column in fields(CohortRows))
_TYPES = {name: getattr(_EMPTY, name).dtype for name in _COLUMNS}
_NEEDED = ("case", "guidance", "lateral_tip_mm")
_YES_OR_NO = {"1": 1.0, "0": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
_WORDS = {"guidance": tuple(map(str, Guidance)), "stage": tuple(map(str, Stage))}
_SIGNED = frozenset({"planned_angle_deg", "depth_mm", "in_plane_mm", "off_plane_mm"})
_SHARES = frozenset(
    {
        *("predicted_probability", "viable_fraction", "necrotic_fraction"),
        *("within_tolerance", "adequate", "concordant"),
    }
)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def rows_to_csv(rows: CohortRows) -> str:
    """Return rows as text, one column for each of `CohortRows`; unknown is an empty cell.

    Source: RFC 4180 (comma, CRLF, quotes doubled).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_COLUMNS)
    columns = [_texts(getattr(rows, name)) for name in _COLUMNS]
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def rows_from_csv(data: bytes, what: str) -> CohortRows:
    """Return the rows of a table with some of the columns of `CohortRows`, in order of their dates.

    Parameters
    ----------
    what : str
        How messages name the file.

    Raises
    ------
    InputError
        If it is no such table, a column is unknown, or a value cannot be read; the message names
        the line.
    """
    numbers, lines = _lines(data, what)
    header = [name.strip() for name in lines[0]]
    _check_header(header, what)
    if len(lines) > MOST_TABLE_ROWS:
        raise InputError(f"{what} has more than {MOST_TABLE_ROWS:,} lines; give fewer at a time.")
    for number, line in zip(numbers[1:], lines[1:], strict=True):
        if len(line) != len(header):
            message = f"{what}, line {number}: {len(line)} cells, the header has {len(header)}."
            raise InputError(message)
    cells = list(zip(*lines[1:], strict=True)) if len(lines) > 1 else [()] * len(header)
    columns = {
        name: _column(name, values, numbers[1:], what)
        for name, values in zip(header, cells, strict=True)
    }
    rows = cohort_of(columns, len(lines) - 1)
    order = np.argsort(rows.date, kind="stable")
    sorted_columns = {name: getattr(rows, name)[order] for name in _COLUMNS}
    return cohort_of(sorted_columns, len(rows))


def _lines(data: bytes, what: str) -> tuple[list[int], list[list[str]]]:
    """Return the lines that hold something, and their numbers."""
    try:
        text = data.decode("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""), strict=True)
        found = [(reader.line_num, line) for line in reader if any(map(str.strip, line))]
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is not text in UTF-8; save it in that encoding.") from error
    except csv.Error as error:
        raise InputError(f"{what} is not a table of comma-separated values: {error}.") from error
    if not found:
        raise InputError(f"{what} is empty; its first line has to name the columns.")
    if divided := separator_problem(found[0][1]):
        raise InputError(f"{what}: {divided}")
    return [number for number, _ in found], [line for _, line in found]


def _check_header(header: Sequence[str], what: str) -> None:
    for name in header:
        if name not in _TYPES:
            message = f'{what} has no use for a column "{name}"'
            raise InputError(message + suggestion(name, list(_COLUMNS), "columns are"))
        if header.count(name) > 1:
            raise InputError(f'{what}: the column "{name}" occurs twice; remove one.')
    for name in _NEEDED:
        if name not in header:
            raise InputError(f'{what} needs a column "{name}".')


def _column(name: str, cells: Sequence[str], numbers: Sequence[int], what: str) -> NDArray[Any]:
    read, meant = _READ[_TYPES[name].kind]
    if name in _WORDS:
        meant = f"one of {', '.join(filter(None, _WORDS[name]))}"
    elif name in _SHARES:
        meant = "yes, no or a number from 0 to 1 with a decimal point"
    values = []
    for number, cell in zip(numbers, cells, strict=True):
        try:
            value = read(cell.strip())
            if not _fits(name, value):
                raise ValueError
            values.append(value)
        except ValueError:
            message = f'{what}, line {number}: "{cell}" is no value for "{name}"; give {meant}.'
            raise InputError(message) from None
    return np.array(values, dtype=_TYPES[name])


def _fits(name: str, value: Any) -> bool:
    """Tell whether a column may hold a value; it may always be unknown."""
    if name in _WORDS:
        return value in _WORDS[name]
    if _TYPES[name].kind != "f" or name in _SIGNED:
        return True
    return not (value < 0.0 or (name in _SHARES and value > 1.0))


def _number(cell: str) -> float:
    if not cell:
        return float("nan")
    word = _YES_OR_NO.get(cell.lower())
    if "_" in cell:  # Python's own digits
        raise ValueError
    value = float(cell) if word is None else word
    if not math.isfinite(value):
        raise ValueError
    return value


def _flag(cell: str) -> bool:
    return _YES_OR_NO[cell.lower()] == 1.0 if cell.lower() in _YES_OR_NO else _refuse(cell)


def _refuse(cell: str) -> bool:
    if cell:
        raise ValueError
    return True


def _date(cell: str) -> np.datetime64:
    if not cell:
        return np.datetime64("NaT", "D")
    if not _DAY.fullmatch(cell):  # numpy takes half a date, and "today"
        raise ValueError
    return np.datetime64(date.fromisoformat(cell), "D")


_READ: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "O": (text_of_cell, "a word"),
    "f": (_number, "a number with a decimal point; only some errors have a sign"),
    "b": (_flag, "yes or no"),
    "M": (_date, "a date (YYYY-MM-DD)"),
}


def _texts(values: NDArray[Any]) -> list[str]:
    kind = values.dtype.kind
    if kind == "f":
        return ["" if math.isnan(v) else repr(v) for v in values.tolist()]
    if kind == "M":
        return ["" if np.isnat(v) else str(v) for v in values]
    if kind == "b":
        return ["1" if v else "0" for v in values.tolist()]
    return [table_cell(str(v)) for v in values]
