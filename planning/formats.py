"""What our file formats share: strict records, versions, errors in words; knows no format."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, ValidationError

from planning.disk_words import reason_of
from planning.errors import InputError
from planning.limits import MOST_NESTING, MOST_TEXT_BYTES, require_size

Location = tuple[str | int, ...]

_MAX_PROBLEMS = 5
_MOST_SHOWN = 200  # letters of a value that is quoted
_TOO_DEEP = "{0} holds lists within lists without end; save it again from where it came from."
_PLAIN = (str, int, float, bool, type(None))


class Record(BaseModel):
    """Base of every table or object in a file: unknown keys and converted types are errors."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


R = TypeVar("R", bound=Record)


def bytes_of(path: Path) -> bytes:
    """Return a file's bytes.

    Raises
    ------
    InputError
        If it cannot be read, is no ordinary file, or is larger than any text we read.
    """
    require_size(path, MOST_TEXT_BYTES)
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path} cannot be read ({reason_of(error)}).") from error
    except ValueError as error:
        raise InputError(f"{str(path)!r} cannot be the name of a file.") from error


def is_there(path: Path) -> bool:
    """Tell whether there is such a file or folder; no pipe and no device is one.

    Reading one of those could wait for ever, or never end.
    """
    try:
        return path.is_file() or path.is_dir()
    except (OSError, ValueError):  # a name that is too long, or none
        return False


def parsed_toml(data: bytes, what: str) -> dict[str, Any]:
    """Return the tables of a TOML file.

    Raises
    ------
    InputError
        If it is not TOML in UTF-8, or nested too deep; the message names `what` and the line.
    """
    try:
        found = tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is not text in UTF-8; save it in that encoding.") from error
    except RecursionError:
        raise InputError(_TOO_DEEP.format(what)) from None
    except ValueError as error:  # also numbers of too many digits, and dates that are none
        raise InputError(f"{what} is not valid TOML: {error}.") from error
    _require_shallow(found, what)
    return found


def parsed_json(data: bytes | str, what: str) -> dict[str, Any]:
    """Return the object a JSON file holds.

    Raises
    ------
    InputError
        If it is not JSON in UTF-8, not an object at its top, or nested too deep.
    """
    try:
        value = json.loads(data)
    except UnicodeDecodeError as error:
        raise InputError(f"{what} is not text in UTF-8; save it in that encoding.") from error
    except RecursionError:
        raise InputError(_TOO_DEEP.format(what)) from None
    except ValueError as error:  # also numbers of too many digits
        raise InputError(f"{what} is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise InputError(f"{what} has to hold one JSON object, with names and values.")
    _require_shallow(value, what)
    return value


def _require_shallow(value: object, what: str) -> None:
    """Refuse lists in lists in lists: whoever goes through them would run out of stack."""
    level: list[object] = [value]
    for _ in range(MOST_NESTING):
        level = [
            inner
            for one in level
            if isinstance(one, dict | list)
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return
    raise InputError(_TOO_DEEP.format(what))


def require_version(raw: Mapping[str, Any], newest: int, what: str) -> None:
    """Refuse a file of a newer schema version than this program knows; older ones pass.

    Raises
    ------
    InputError
        If `schema_version` is missing, not a positive whole number, or newer than `newest`.
    """
    version = raw.get("schema_version")
    if version is None:
        raise InputError(
            f'{what} does not say its "schema_version"; add schema_version = {newest}.'
        )
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise InputError(f'{what}: "schema_version" has to be a whole number, 1 to {newest}.')
    if version > newest:
        raise InputError(
            f"{what} has schema version {version}, this Trephine reads up to {newest}; "
            "update Trephine to open it."
        )


def checked(model: type[R], raw: Mapping[str, Any], what: str) -> R:
    """Return `raw` as a record of type `model`.

    Raises
    ------
    InputError
        Names the file, each offending key and what it may be instead.
    """
    try:
        return model.model_validate(dict(raw))
    except ValidationError as error:
        # A misspelt key is also a missing one: the misspelling explains both, so it comes first.
        found = sorted(error.errors(), key=lambda problem: problem["type"] != "extra_forbidden")
        problems = [_sentence(model, dict(problem)) for problem in found]
        more = len(problems) - _MAX_PROBLEMS
        shown = problems[:_MAX_PROBLEMS] + ([f"and {more} more."] if more > 0 else [])
        raise InputError(f"{what}: {' '.join(shown)}") from None


def _sentence(model: type[Record], problem: dict[str, Any]) -> str:
    """Return one of pydantic's findings as a sentence for the person who wrote the file."""
    location: Location = tuple(problem["loc"])
    kind, value = problem["type"], problem["input"]
    if kind == "value_error" and not isinstance(value, _PLAIN):
        return f"{_place(location)}: {problem['ctx']['error']}."
    table, key = _table_and_key(location)
    if kind == "extra_forbidden":
        return f'{_place(table)} has no key "{key}"{suggestion(key, _keys_at(model, table))}'
    if kind == "missing":
        return f'{_place(table)} needs a "{key}".'
    given = f" ({_shown(value)} was given)" if isinstance(value, _PLAIN) else ""
    return f'{_place(table)}: "{key}" {_demand(kind, problem)}{given}.'


def _shown(value: object) -> str:
    quoted = repr(value)
    return quoted if len(quoted) <= _MOST_SHOWN else f"{quoted[:_MOST_SHOWN]}..."


def _demand(kind: str, problem: dict[str, Any]) -> str:
    context = problem.get("ctx", {})
    if kind in ("enum", "literal_error"):
        return f"has to be one of {context['expected']}"
    if kind == "value_error":
        return str(context["error"])
    text = str(problem["msg"]).replace(" after validation", "")
    return text.replace("Input should", "should").replace("List should", "should")


def _table_and_key(location: Location) -> tuple[Location, str]:
    """Split a location into its table and the key in it; a place in a list belongs to the list."""
    end = len(location)
    while end > 1 and isinstance(location[end - 1], int):
        end -= 1
    return location[: end - 1], str(location[end - 1]) if location else ""


def _place(location: Location) -> str:
    """Return a location in the words of the file: ``[case]``, ``[[structure]] number 2``."""
    if not location:
        return "the file"
    words = f"[{location[0]}]"
    for part in location[1:]:
        if isinstance(part, str):
            words = f'{words}, "{part}"'
        else:
            words = f"[{words}]" if words.count("[") == 1 and "," not in words else words
            words = f"{words} number {part + 1}"
    return words


def _keys_at(model: type[Record], location: Location) -> list[str]:
    """Return the keys that are valid in the table at `location`."""
    here: type[Record] | None = model
    for part in location:
        if isinstance(part, str) and here is not None:
            field = here.model_fields.get(part)
            here = _record_in(field.annotation) if field is not None else None
    return list(here.model_fields) if here is not None else []


def _record_in(annotation: Any) -> type[Record] | None:
    if isinstance(annotation, type) and issubclass(annotation, Record):
        return annotation
    found = (_record_in(inner) for inner in get_args(annotation))
    return next((record for record in found if record is not None), None)


def suggestion(word: str, valid: list[str], otherwise: str = "it may hold") -> str:
    """Return the end of a sentence about an unknown word: the nearest valid one, or all."""
    near = get_close_matches(word, valid, n=1)
    if near:
        return f'; did you mean "{near[0]}"?'
    return f"; {otherwise} {', '.join(valid)}." if valid else "."


def separator_problem(header: Sequence[str]) -> str:
    """Return what is wrong with a table whose cells something else than commas divides.

    Parameters
    ----------
    header : sequence of str
        The first line as a reader of comma-separated values understands it.

    Returns
    -------
    str
        A sentence without its subject; empty if nothing is wrong.
    """
    for mark, name in ((";", "semicolons"), ("\t", "tabs")):
        if any(mark in cell for cell in header[:1]):
            return (
                f"its cells are divided by {name}; save it with commas between the cells and "
                "points in the numbers."
            )
    return ""
