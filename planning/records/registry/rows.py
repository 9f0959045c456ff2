"""Rows on their way into the registry, checked against the data dictionary; stores none."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from planning.errors import InputError
from planning.records.registry.fields import FieldTable, Value, check_value, ended

MOST_PROBLEMS = 20
"""Problems that are told one by one."""

SUGGESTED = "suggested"
"""What becomes of a discordant core unless somebody says otherwise."""

_ROUNDING = 1e-6

Values = Mapping[str, Value]
Key = tuple[Value, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """One row that is to be stored.

    Parameters
    ----------
    values : mapping of str to Value
        Fields that are not named hold nothing.
    where : str
        Where it comes from, for messages: ``pathology.csv, line 12``.
    """

    table: str
    values: Values
    where: str = ""


class RowsError(InputError):
    """Rows that cannot be stored, each named with its place; none of them was."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        shown = list(self.problems[:MOST_PROBLEMS])
        more = len(self.problems) - len(shown)
        if more:
            shown.append(f"and {more} more.")
        super().__init__("\n".join([*shown, "Nothing was stored."]))


def key_of(fields: FieldTable, row: NewRow) -> Key:
    """Return what tells a row from others of its table."""
    return tuple(row.values[f.name] for f in fields[row.table].values() if f.key)


def key_words(key: Key) -> str:
    """Return a key as people read it; hashes are shortened."""
    return ", ".join(
        part[:12] if isinstance(part, str) and len(part) == 64 else str(part) for part in key
    )


def problems_of(fields: FieldTable, rows: Iterable[NewRow]) -> list[str]:
    """Return what is wrong with rows by themselves, each with its place and its column."""
    found: list[str] = []
    seen: dict[tuple[str, Key], str] = {}
    for row in rows:
        own = _own_problems(fields, row)
        found += own
        if own:
            continue
        key = key_of(fields, row)
        if (row.table, key) in seen:
            earlier = seen[row.table, key]
            found.append(f"{_place(row)}: {key_words(key)} stands in {earlier} already.")
        seen[row.table, key] = _place(row)
    return found


def _own_problems(fields: FieldTable, row: NewRow) -> list[str]:
    table = fields[row.table]
    unknown = [name for name in row.values if name not in table]
    found = [f'{_place(row)}: there is no column "{name}".' for name in unknown]
    for field in table.values():
        value = row.values.get(field.name)
        if value is None and not field.required:
            continue
        try:
            check_value(field, value)
        except InputError as problem:
            found.append(f'{_place(row)}, column "{field.name}": {ended(str(problem))}')
    if not found and _shares(row.values) > 1.0 + _ROUNDING:
        found.append(f"{_place(row)}: viable and necrotic fraction together are more than 1.")
    return found


def _shares(values: Values) -> float:
    """Return what a result of pathology says of its specimen, added up."""
    told = (values.get(name) for name in ("viable_fraction", "necrotic_fraction"))
    return sum(value for value in told if isinstance(value, int | float))


def _place(row: NewRow) -> str:
    return row.where or row.table


def whole_row(fields: FieldTable, row: NewRow) -> dict[str, Value]:
    """Return a row with all fields; an empty text is nothing, as in a CSV, and 5 is 5.0 mm."""
    whole: dict[str, Value] = {}
    for field in fields[row.table].values():
        value = row.values.get(field.name)
        if value == "" and isinstance(value, str):
            value = None
        if field.type == "number" and isinstance(value, int):
            value = float(value)
        whole[field.name] = value
    return whole


def with_suggestion(values: Values) -> Values:
    """Return a result of pathology with what follows from one that is discordant."""
    if values.get("concordant") is False and not values.get("rebiopsy"):
        return {**values, "rebiopsy": SUGGESTED}
    if values.get("concordant") is True and values.get("rebiopsy") == SUGGESTED:
        return {**values, "rebiopsy": None}
    return values
