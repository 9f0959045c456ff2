"""A registry as CSV files with their data dictionary, and back; computes no statistics.

One file for each table, columns named as in the dictionary. Cells that a spreadsheet would take
for a formula begin with an apostrophe, which reading takes off again.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import select

from planning.disk_words import not_written
from planning.errors import InputError
from planning.folder_changes import write_files
from planning.formats import bytes_of, separator_problem, suggestion
from planning.limits import MOST_TABLE_ROWS
from planning.records.registry import audit
from planning.records.registry.connection import Registry
from planning.records.registry.fields import (
    FieldTable,
    FieldType,
    RegistryField,
    Value,
    ended,
    text_of_value,
    value_from_text,
)
from planning.records.registry.identities import PEOPLE_TABLE, people
from planning.records.registry.rows import NewRow, RowsError, with_suggestion
from planning.records.registry.storing import Stored, store_rows
from planning.records.registry.tables import CASE_TABLES, PATHOLOGY

DICTIONARY = "data_dictionary.csv"

_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
_MARK = "'"
_WORDS = (FieldType.TEXT, FieldType.JSON)
_ABOUT = ("table", "name", "type", "unit", "key", "required", "allowed", "at_least", "at_most")
_LARGEST_CELL = 1 << 20


def export_tables(
    registry: Registry, folder: Path, *, identities: bool = False, force: bool = False
) -> tuple[Path, ...]:
    """Write every table and the data dictionary into a folder; return the files.

    The audit trail knows of it before anything is written.

    Parameters
    ----------
    identities : bool
        Write who the pseudonyms stand for as well.
    force : bool
        Replace files that are there.

    Raises
    ------
    InputError
        If files are there already, or cannot be written.
    """
    texts = {DICTIONARY: dictionary_text(registry.fields)}
    with registry.writing() as connection:
        for table in CASE_TABLES:
            ordered = select(table).order_by(*table.primary_key)
            rows = [dict(row) for row in connection.execute(ordered).mappings()]
            texts[f"{table.name}.csv"] = table_text(registry.fields[table.name], rows)
        if identities:
            known = list(people(registry).values())
            texts[f"{PEOPLE_TABLE}.csv"] = table_text(registry.fields[PEOPLE_TABLE], known)
        action = audit.EXPORTED_IDENTITIES if identities else audit.EXPORTED
        audit.append(connection, registry.actor, [audit.NewEntry(action, "registry")])
        files = {folder / name: text for name, text in texts.items()}
        _refuse_existing(files, force=force)
    try:
        contents = {file.name: text.encode("utf-8") for file, text in files.items()}
        write_files(folder, contents, private=True)
    except OSError as error:
        raise InputError(not_written(folder, error)) from error
    return tuple(files)


def import_tables(registry: Registry, folder: Path, *, replace: bool = False) -> Stored:
    """Store the rows of all tables that a folder holds as CSV; all of them or none.

    Raises
    ------
    RowsError
        If a cell or row cannot be taken; each is named by file, line and column.
    InputError
        If the folder holds no table, or a file is no CSV of this registry.
    """
    rows = read_tables(registry.fields, folder)
    return store_rows(registry, rows, replace=replace, origin=audit.IMPORTED)


def read_tables(fields: FieldTable, folder: Path) -> list[NewRow]:
    """Return the rows of all tables that a folder holds as CSV, without a registry.

    Raises
    ------
    RowsError, InputError
        As `import_tables`.
    """
    files = [folder / f"{table}.csv" for table in fields]
    there = [file for file in files if file.is_file()]
    if not there and not folder.is_dir():
        raise InputError(f"{folder} is no folder; give the one that holds the tables.")
    if not there:
        names = ", ".join(file.name for file in files)
        raise InputError(f"{folder} holds none of the tables {names}; give another folder.")
    rows: list[NewRow] = []
    problems: list[str] = []
    for file in there:
        found, wrong = read_table(fields, file.stem, bytes_of(file))
        rows += found
        problems += wrong
    if problems:
        raise RowsError(problems)
    return rows


def table_text(fields: Mapping[str, RegistryField], rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows of one table as CSV (RFC 4180), with a header."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(fields)
    for row in rows:
        writer.writerow([_cell(field, row[field.name]) for field in fields.values()])
    return out.getvalue()


def dictionary_text(fields: FieldTable) -> str:
    """Return the data dictionary as CSV: one row for each field of each table."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([*_ABOUT, "meaning", "source"])
    for table in fields.values():
        for field in table.values():
            about: list[Any] = [getattr(field, name) for name in _ABOUT]
            texts = [_about(value) for value in (*about, field.meaning, field.source)]
            writer.writerow([_harmless(text) for text in texts])
    return out.getvalue()


def read_table(fields: FieldTable, table: str, data: bytes) -> tuple[list[NewRow], list[str]]:
    """Return the rows of one table's CSV, and what is wrong with it by line and column."""
    name = f"{table}.csv"
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        return [], [f"{name}, line {line}: it is not text in UTF-8; save it in that encoding."]
    csv.field_size_limit(_LARGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = next(reader, [])
        wrong = list(_header_problems(fields[table], name, header))
        if wrong:
            return [], wrong
        return _rows(fields[table], table, header, reader)
    except csv.Error as error:
        return [], [f"{name}, line {reader.line_num}: it is not CSV with commas ({error})."]


def _rows(
    fields: Mapping[str, RegistryField], table: str, header: Sequence[str], reader: Any
) -> tuple[list[NewRow], list[str]]:
    rows: list[NewRow] = []
    problems: list[str] = []
    begins = reader.line_num + 1
    for cells in reader:
        if len(rows) + len(problems) >= MOST_TABLE_ROWS:
            return [], [f"{table}.csv: more than {MOST_TABLE_ROWS:,} rows; import it in parts."]
        where, begins = f"{table}.csv, line {begins}", reader.line_num + 1
        if not cells:
            continue
        if len(cells) != len(header):
            problems.append(f"{where}: it has {len(cells)} cells, the header has {len(header)}.")
            continue
        values: dict[str, Value] = {}
        for column, cell in zip(header, cells, strict=True):
            field = fields[column]
            try:
                values[column] = value_from_text(field, _plain(field, cell))
            except InputError as problem:
                problems.append(f'{where}, column "{column}": {ended(str(problem))}')
        done = with_suggestion(values) if table == PATHOLOGY.name else values
        rows.append(NewRow(table=table, values=done, where=where))
    return rows, problems


def _header_problems(
    fields: Mapping[str, RegistryField], name: str, header: Sequence[str]
) -> Iterator[str]:
    if not header:
        yield f"{name} is empty; its first line has to name the columns."
        return
    if divided := separator_problem(header):
        yield f"{name}, line 1: {divided}"
        return
    for column in header:
        if column not in fields:
            yield f'{name}, line 1: there is no column "{column}"{suggestion(column, list(fields))}'
        elif header.count(column) > 1:
            yield f'{name}, line 1: the column "{column}" is there more than once.'
            return
    for field in fields.values():
        if field.required and field.name not in header:
            yield f'{name}, line 1: the column "{field.name}" is missing.'


def _refuse_existing(files: Mapping[Path, str], *, force: bool) -> None:
    taken = [file for file in files if file.exists()]
    if taken and not force:
        raise InputError(f"{taken[0]} already exists; choose another folder or add --force.")


def _cell(field: RegistryField, value: Value) -> str:
    text = text_of_value(field, value)
    return _harmless(text) if field.type in _WORDS else text


def _plain(field: RegistryField, cell: str) -> str:
    """Take off the apostrophe that a spreadsheet needs; a number needs none."""
    return cell.removeprefix(_MARK) if field.type in _WORDS else cell.strip()


def _harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula.

    Source: OWASP, CSV injection. A text that begins with an apostrophe gets one more, so that
    every text reads back as it was.
    """
    return _MARK + text if text.startswith((*_FORMULA, _MARK)) else text


def _about(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple):
        return ", ".join(value)
    return "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
