"""Rows of a cohort as a CSV table and back, for cases kept elsewhere; knows no registry."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Sequence
from dataclasses import fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.errors import InputError
from planning.formats import suggestion
from planning.model.cohort import CohortRows, cohort_of

_EMPTY = cohort_of({}, 0)
_COLUMNS = tuple(column.name for column in fields(CohortRows))
_TYPES = {name: getattr(_EMPTY, name).dtype for name in _COLUMNS}
_NEEDED = ("case", "guidance", "lateral_tip_mm")
_YES_OR_NO = {"1": 1.0, "0": 0.0, "yes": 1.0, "no": 0.0, "true": 1.0, "false": 0.0}
_MOST_ROWS = 1_000_000


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
    lines = _lines(data, what)
    header = [name.strip() for name in lines[0]]
    _check_header(header, what)
    if len(lines) > _MOST_ROWS:
        raise InputError(f"{what} has more than {_MOST_ROWS:,} lines; give fewer at a time.")
    for number, line in enumerate(lines[1:], start=2):
        if len(line) != len(header):
            message = f"{what}, line {number}: {len(line)} cells, the header has {len(header)}."
            raise InputError(message)
    cells = list(zip(*lines[1:], strict=True)) if len(lines) > 1 else [()] * len(header)
    columns = {
        name: _column(name, values, what) for name, values in zip(header, cells, strict=True)
    }
    rows = cohort_of(columns, len(lines) - 1)
    order = np.argsort(rows.date, kind="stable")
    sorted_columns = {name: getattr(rows, name)[order] for name in _COLUMNS}
    return cohort_of(sorted_columns, len(rows))


def _lines(data: bytes, what: str) -> list[list[str]]:
    try:
        text = data.decode("utf-8-sig")
        lines = [line for line in csv.reader(io.StringIO(text, newline=""), strict=True) if line]
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is not text in UTF-8; save it in that encoding.") from error
    except csv.Error as error:
        raise InputError(f"{what} is not a table of comma-separated values: {error}.") from error
    if not lines:
        raise InputError(f"{what} is empty; its first line has to name the columns.")
    return lines


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


def _column(name: str, cells: Sequence[str], what: str) -> NDArray[Any]:
    kind = _TYPES[name].kind
    if kind == "O":
        return np.array([cell.strip() for cell in cells], dtype=np.object_)
    read = {"M": _date, "b": _flag}.get(kind, _number)
    values = []
    for number, cell in enumerate(cells, start=2):
        try:
            values.append(read(cell.strip()))
        except ValueError:
            message = f'{what}, line {number}: "{cell}" is no value for "{name}".'
            raise InputError(message) from None
    return np.array(values, dtype=_TYPES[name])


def _number(cell: str) -> float:
    if not cell:
        return float("nan")
    word = _YES_OR_NO.get(cell.lower())
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
    return np.datetime64(cell, "D") if cell else np.datetime64("NaT", "D")


def _texts(values: NDArray[Any]) -> list[str]:
    kind = values.dtype.kind
    if kind == "f":
        return ["" if math.isnan(v) else repr(v) for v in values.tolist()]
    if kind == "M":
        return ["" if np.isnat(v) else str(v) for v in values]
    if kind == "b":
        return ["1" if v else "0" for v in values.tolist()]
    return [str(v) for v in values]
