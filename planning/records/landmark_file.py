"""Reads which points of bone a hand can feel, from a TOML file; finds none in a scan."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from planning.anatomy.skin_landmarks import Landmark, Toward
from planning.formats import Record, checked, parsed_toml, require_version

NEWEST_VERSION = 1
_WHAT = "The file of landmarks"

_Text = Annotated[str, Field(min_length=1)]


class _Landmark(Record):
    words: Annotated[list[_Text], Field(min_length=1)]
    name: _Text
    toward: Annotated[Toward, Field(strict=False)]
    source: _Text


class _File(Record):
    schema_version: int
    landmark: list[_Landmark]


def read_landmarks(data: bytes) -> tuple[Landmark, ...]:
    """Return the landmarks of a TOML file.

    Raises
    ------
    InputError
        If one lacks a word, a name or a source, or the schema version is newer than this program
        knows.
    """
    raw = parsed_toml(data, _WHAT)
    require_version(raw, NEWEST_VERSION, _WHAT)
    return tuple(
        Landmark(words=tuple(one.words), name=one.name, toward=one.toward, source=one.source)
        for one in checked(_File, raw, _WHAT).landmark
    )
