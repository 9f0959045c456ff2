"""Plain values as TOML text that `tomllib` reads back unchanged; knows no case."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

Table = Mapping[str, object]


def toml_text(document: Table) -> str:
    """Return nested tables, lists of tables and plain values as TOML.

    None is left out, as TOML has no word for it.
    """
    return "\n".join(_lines(document, ())) + "\n"


def _lines(table: Table, path: tuple[str, ...]) -> list[str]:
    """Return a table's own values first: what follows a header belongs to it."""
    values = {k: v for k, v in table.items() if v is not None}
    plain = [f"{_key(k)} = {_value(v)}" for k, v in values.items() if not _is_table(v)]
    lines = list(plain)
    for key, value in values.items():
        where = (*path, _key(key))
        name = ".".join(where)
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_lines(value, where)]
        elif _is_table(value):
            assert isinstance(value, Sequence), "a list of tables"
            for inner in value:
                lines += ["", f"[[{name}]]", *_lines(inner, where)]
    return lines


def _is_table(value: object) -> bool:
    many = isinstance(value, Sequence) and not isinstance(value, str) and bool(value)
    return isinstance(value, Mapping) or (many and isinstance(value[0], Mapping))  # type: ignore[index]


def _key(key: str) -> str:
    bare = key.isascii() and key.replace("_", "").replace("-", "").isalnum()
    return key if bare else _text(key)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, float):
        return repr(float(value))
    if isinstance(value, int):
        return str(int(value))
    assert isinstance(value, Sequence), f"TOML has no word for {type(value).__name__}"
    return f"[{', '.join(_value(inner) for inner in value)}]"


def _text(text: str) -> str:
    """Return a basic string: JSON's escapes are TOML's, but for one control character."""
    return json.dumps(str(text), ensure_ascii=False).replace("\x7f", "\\u007f")
