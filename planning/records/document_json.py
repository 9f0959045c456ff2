"""A case as JSON that loses nothing, for recovery and for comparing; images are elsewhere.

The form follows the classes of the model and is read by the Trephine that wrote it, or a newer one.
What is meant for other programs is written by `case_toml` and `plan_json`.
"""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from pydantic import TypeAdapter, ValidationError

from planning.errors import InputError
from planning.model.case import Case
from planning.model.core_set import CoreSet


def case_to_json(case: Case) -> str:
    """Return a case as text; equal cases give equal texts."""
    return json.dumps(case_document(case), ensure_ascii=False, separators=(",", ":"))


def case_document(case: Case) -> dict[str, Any]:
    """Return a case as what JSON can hold."""
    document: dict[str, Any] = _adapter().dump_python(case, mode="json")
    return document


def case_from_document(document: object, what: str) -> Case:
    """Return the case that `case_document` described.

    Raises
    ------
    InputError
        If it describes none; the message names `what`.
    """
    try:
        return _adapter().validate_python(document)
    except ValidationError as error:
        place = ".".join(str(part) for part in error.errors()[0]["loc"])
        raise InputError(f'{what} holds no case that can be read (at "{place}").') from error


def case_from_json(text: str | bytes, what: str = "the document") -> Case:
    """Return the case that `case_to_json` wrote.

    Raises
    ------
    InputError
        If the text holds none.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{what} is damaged: it is no JSON.") from error
    return case_from_document(document, what)


def field_to_json(name: str, value: object) -> str:
    """Return one field of a case as text."""
    document = _field_adapter(name).dump_python(value, mode="json")
    return json.dumps(document, ensure_ascii=False)


def field_from_json(name: str, text: str, what: str) -> object:
    """Return one field of a case from its text.

    Raises
    ------
    InputError
        If the text does not hold such a value.
    """
    try:
        value: object = _field_adapter(name).validate_python(json.loads(text))
    except (ValueError, RecursionError) as error:  # pydantic's is one, too
        raise InputError(f'{what}: "{name}" cannot be read; take the line out.') from error
    return value


@cache
def _adapter() -> TypeAdapter[Case]:
    adapter = TypeAdapter(Case)
    adapter.rebuild(force=True, _types_namespace={"CoreSet": CoreSet})
    return adapter


@cache
def _field_adapter(name: str) -> TypeAdapter[Any]:
    from typing import get_type_hints

    hints = get_type_hints(Case, localns={"CoreSet": CoreSet})
    adapter: TypeAdapter[Any] = TypeAdapter(hints[name])
    adapter.rebuild(force=True, _types_namespace={"CoreSet": CoreSet})
    return adapter
