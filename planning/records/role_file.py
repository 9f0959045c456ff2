"""Reads which role each of a segmenter's classes has, from a JSON file; guesses none."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.anatomy.roles import RoleTable
from planning.formats import Record, checked, parsed_json, require_version
from planning.model.case import Role

NEWEST_VERSION = 1


class _File(Record):
    schema_version: int
    source: Annotated[str, Field(min_length=1)]
    roles: dict[str, Annotated[Role, Field(strict=False)]] = Field(min_length=1)


def read_role_table(data: bytes, key: str) -> RoleTable:
    """Return the role table a JSON file holds.

    Parameters
    ----------
    key : str
        Name under which case files ask for it; the file's name without its ending.

    Raises
    ------
    InputError
        If a role does not exist, or the schema version is newer than this program knows.
    """
    what = f'Role table "{key}"'
    raw = parsed_json(data, what)
    require_version(raw, NEWEST_VERSION, what)
    return RoleTable(key=key, roles=checked(_File, raw, what).roles)
