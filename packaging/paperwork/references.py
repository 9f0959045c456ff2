"""References of files, criteria, limits, needles and commands, from where they are defined."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import typer
from pydantic import BaseModel
from pydantic.fields import FieldInfo

from app import catalogue
from app.cli import cli
from paperwork.markdown import PaperError, code, table
from planning.records import case_record
from planning.trajectories.criteria import CRITERIA

_WORDS = Path(__file__).with_name("case_fields.toml")
_TABLES: tuple[tuple[str, type[BaseModel]], ...] = (
    ("[case]", case_record.CaseTable),
    ("[[structure]]", case_record.StructureTable),
    ("[[labels]]", case_record.LabelsTable),
    ("[[image]]", case_record.ImageTable),
    ("[viability]", case_record.ViabilityTable),
    ("[clinical]", case_record.ClinicalTable),
    ("[[rule]]", case_record.RuleTable),
    ("[[limit]]", case_record.LimitTable),
    ("[[own_path]]", case_record.OwnPathTable),
    ("[[past]]", case_record.PastTable),
    ("[saved]", case_record.SavedTable),
    ("[ct]", case_record.FactsTable),
)


def case_toml() -> str:
    """Return every table and key of a case file; each has words, and no words are left over.

    Raises
    ------
    PaperError
        If a key has no words, or words have no key.
    """
    words = tomllib.loads(_WORDS.read_text(encoding="utf-8"))
    found = []
    for title, model in _TABLES:
        said = words.pop(title.strip("[]"))
        about = said.pop("about", "")
        keys = set(model.model_fields)
        if keys != said.keys():
            wrong = ", ".join(sorted(keys ^ said.keys()))
            raise PaperError(f"{_WORDS.name}: {title} has no words, or words too many, for {wrong}")
        rows = (
            (code(key), _kind(field), _default(field), said[key])
            for key, field in model.model_fields.items()
        )
        cells = table(("Key", "Value", "Default", "What it means"), rows)
        found.append(f"### {title}\n\n{about}\n\n{cells}")
    if words:
        raise PaperError(f"{_WORDS.name}: there is no table {min(words)}")
    return "\n\n".join(found)


def json_schema(path: Path) -> str:
    """Return every field of a JSON Schema, one a line."""
    schema = json.loads(path.read_text(encoding="utf-8"))
    rows = list(_schema_rows(schema, ""))
    return f"{schema['description']}\n\n{table(('Field', 'Type', 'What it means'), rows)}"


def criteria() -> str:
    """Return what is measured of a trajectory."""
    rows = (
        (code(one.key), one.label, one.unit or "none", one.definition, one.source)
        for one in CRITERIA
    )
    return table(("Key", "Name", "Unit", "Definition", "From"), rows)


def limits() -> str:
    """Return what protocols refuse, warn about and wish, with the source of each number."""
    found = []
    for key in catalogue.protocol_keys():
        protocol = catalogue.protocol(key)
        hard = (
            (
                code(one.key),
                one.text,
                f"at least {one.at_least:g}"
                if one.at_least is not None
                else f"at most {one.at_most:g}",
                "; ".join(f"{guidance}: {value:g}" for guidance, value in one.by_guidance),
                one.source,
            )
            for one in protocol.constraints
        )
        cautions = (
            (
                code(one.key),
                one.text,
                f"above {one.above:g}" if one.above is not None else f"below {one.below:g}",
                one.source,
            )
            for one in protocol.cautions
        )
        wishes = (
            (one.label, f"{one.weight:g}", code(one.criterion), one.source)
            for one in protocol.objectives
        )
        found.append(
            f"### {protocol.title} (`{key}`, version {protocol.version})\n\n"
            "Limits: a trajectory that breaks one is removed, and counted under the first.\n\n"
            f"{table(('Key', 'Says', 'Limit', 'Under a guidance', 'Source'), hard)}\n\n"
            "Cautions: a trajectory is warned about.\n\n"
            f"{table(('Key', 'Says', 'When', 'Source'), cautions)}\n\n"
            "Wishes: what makes one safe trajectory better than another.\n\n"
            f"{table(('Wish', 'Weight', 'Criterion', 'Source'), wishes)}"
        )
    return "\n\n".join(found)


def error_models() -> str:
    """Return how far needles are assumed to land from where they were aimed."""
    rows = []
    for guidance, model in catalogue.error_models().items():
        for name, spread in (
            ("first pass", model.first_pass),
            ("after a check scan", model.corrected),
        ):
            rows.append(
                (
                    guidance.value,
                    name,
                    f"{spread.at_skin_mm:g}",
                    f"{spread.growth_deg:g}",
                    f"{spread.along_mm:g}",
                    spread.setting,
                    spread.source,
                )
            )
    titles = ("Guidance", "Which", "At skin, mm", "Growth, deg", "Along, mm", "Setting", "Source")
    return table(titles, rows)


def needles() -> str:
    """Return the needles of the catalogue."""
    rows = (
        (
            code(needle.key),
            needle.name,
            f"{needle.outer_diameter_mm:g}",
            f"{needle.usable_length_mm:g}",
            f"{needle.core_length_mm:g}",
            f"{needle.throw_mm:g}",
        )
        for needle in catalogue.needles().values()
    )
    return table(("Key", "Name", "Outer, mm", "Length, mm", "Core, mm", "Throw, mm"), rows)


def commands() -> str:
    """Return every command with its arguments and options."""
    return "\n\n".join(_commands(typer.main.get_command(cli), "trephine"))


def _commands(command: Any, name: str) -> Iterator[str]:
    inside = getattr(command, "commands", None)
    if inside is not None:
        for key, inner in inside.items():
            if not inner.hidden:
                yield from _commands(inner, f"{name} {key}")
        return
    parts = [f"### {name}", str(command.help or "").strip()]
    shown = [one for one in command.params if one.name != "help"]
    arguments = " ".join(str(one.metavar) for one in shown if _is_argument(one))
    parts.append(f"    {name} {arguments}".rstrip())
    if shown:
        parts.append(table(("Argument", "What it does"), (_parameter(one) for one in shown)))
    yield "\n\n".join(parts)


def _parameter(one: Any) -> tuple[str, str]:
    names = str(one.metavar) if _is_argument(one) else " ".join(one.opts)
    what = str(getattr(one, "help", "") or "")
    needed = " Has to be given." if one.required and not _is_argument(one) else ""
    return code(names), f"{what}{needed}"


def _is_argument(one: Any) -> bool:
    return str(one.param_type_name) == "argument"


def _schema_rows(node: dict[str, Any], above: str) -> Iterator[tuple[str, str, str]]:
    for key, inner in node.get("properties", {}).items():
        name = f"{above}{key}"
        optional = "" if key in node.get("required", ()) else ", optional"
        yield code(name), f"{_schema_kind(inner)}{optional}", str(inner.get("description", ""))
        yield from _schema_rows(inner, f"{name}.")
        if isinstance(inner.get("items"), dict):
            yield from _schema_rows(inner["items"], f"{name}[].")


def _schema_kind(node: dict[str, Any]) -> str:
    if "const" in node:
        return f"always {json.dumps(node['const'])}"
    if "enum" in node:
        return "one of " + ", ".join(json.dumps(one) for one in node["enum"])
    if "$ref" in node:
        return str(node["$ref"]).rpartition("/")[2]
    said = node.get("type", "any")
    return " or ".join(said) if isinstance(said, list) else str(said)


def _kind(field: FieldInfo) -> str:
    return _kind_of(field.annotation)


def _kind_of(kind: Any) -> str:
    origin, inside = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _kind_of(inside[0])
    if origin is Literal:
        return ", ".join(code(json.dumps(one)) for one in inside)
    if origin in (Union, UnionType):
        return " or ".join(_kind_of(one) for one in inside if one is not type(None))
    if origin is list:
        return f"list of {_kind_of(inside[0])}"
    if origin is dict:
        return "table"
    if isinstance(kind, type) and issubclass(kind, Enum):
        return ", ".join(code(json.dumps(one.value)) for one in kind)
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return "table"
    names = {str: "text", float: "number", int: "whole number", bool: "true or false"}
    return names.get(kind, "text or whole number")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "has to be given"
    value = field.default
    if isinstance(value, Enum):
        value = value.value
    if value in ("", None) or field.default_factory is not None:
        return "none"
    return code(json.dumps(value))
