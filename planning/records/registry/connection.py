"""Opens a registry, makes it where there is none, brings an older one up to date; reads no case."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine

from planning.disk_words import reason_of
from planning.errors import InputError
from planning.records.registry import engines
from planning.records.registry.backup import copy_file, free_name
from planning.records.registry.engines import IDENTITIES_PART, RESEARCH_PART, in_words
from planning.records.registry.fields import FieldTable
from planning.records.registry.head import keep_head
from planning.records.registry.migrating import NEWEST, migrate, revision_of
from planning.records.registry.place import RegistryPlace


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """An open registry: how to reach its parts, and who is at work.

    Parameters
    ----------
    actor : str
        Who the audit trail names.
    fields : FieldTable
        What each field may hold.
    copies : tuple of Path
        What was copied before opening it changed its schema.
    """

    place: RegistryPlace
    fields: FieldTable
    actor: str
    research: Engine
    people: Engine
    copies: tuple[Path, ...] = ()

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Give a connection to the research part that sees one state of it."""
        with in_words(self.place), engines.reading(self.research) as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """Give a connection for a change of the research part, whole or not at all."""
        with in_words(self.place):
            with engines.writing(self.research) as connection:
                yield connection
            with engines.reading(self.research) as connection:
                self._keep_head(connection)

    def _keep_head(self, connection: Connection) -> None:
        try:
            keep_head(connection, self.place.head_file)
        except OSError as error:
            message = _HEAD_NOT_KEPT.format(self.place, self.place.head_file, reason_of(error))
            raise InputError(message) from error

    @contextmanager
    def writing_people(self) -> Iterator[Connection]:
        """Give a connection for a change of the identities, which are made at the first need."""
        with in_words(self.place):
            if self.place.identities_file is not None:
                engines.make_private(self.place.identities_file)
            if (found := revision_of(self.people)) != NEWEST:
                if found:
                    _copy_before(self.place, found, (self.place.identities_file,))
                migrate(self.people, IDENTITIES_PART, self.actor)
            with engines.writing(self.people) as connection:
                yield connection

    @property
    def has_people(self) -> bool:
        """Whether there is a part with identities; it is not there where it was not handed on."""
        file = self.place.identities_file
        if file is not None and not file.exists():
            return False
        with in_words(self.place):
            return revision_of(self.people) != ""


def open_registry(
    place: RegistryPlace,
    fields: FieldTable,
    actor: str,
    *,
    make: bool = False,
    upgrade: bool = False,
) -> Registry:
    """Return the registry at a place.

    A file of an older Trephine is brought up to date, after a copy of it was put beside it. A
    server is not, unless somebody says so: other computers may still use it as it is.

    Parameters
    ----------
    make : bool
        Make one where there is none.
    upgrade : bool
        Bring a server's up to date as well.

    Raises
    ------
    InputError
        If there is none and `make` is not set, if it cannot be reached, or is of a newer Trephine.
    """
    if place.file is not None and not place.file.exists() and not make:
        raise InputError(_NONE.format(place))
    registry = Registry(
        place=place,
        fields=fields,
        actor=actor,
        research=engines.engine_of(place.url, RESEARCH_PART),
        people=engines.engine_of(place.identities_url, IDENTITIES_PART),
    )
    with in_words(place):
        if place.file is not None:
            engines.make_private(place.file)
        found = revision_of(registry.research)
        if found == NEWEST:
            return registry
        if not found and not make:
            raise InputError(_NONE.format(place))
        if found and place.file is None and not upgrade:
            raise InputError(_OLD.format(place, found, NEWEST))
        if found:
            copies = _copy_before(place, found, (place.file, place.identities_file))
            registry = replace(registry, copies=copies)
        migrate(registry.research, RESEARCH_PART, actor)
        with engines.reading(registry.research) as connection:
            keep_head(connection, place.head_file)
        if registry.has_people:
            migrate(registry.people, IDENTITIES_PART, actor)
    return registry


_HEAD_NOT_KEPT = (
    "The change is stored in {0}, but the end of the audit trail could not be kept in {1}: {2}. "
    "Mend that; the next change keeps it."
)
_NONE = 'There is no registry at {0} yet; "trephine registry add" makes one.'
_OLD = (
    "{0} has schema {1} of an older Trephine, this one needs {2}; when nobody uses it with an "
    "older version any more, let whoever runs the server make a dump (pg_dump), and run "
    '"trephine registry upgrade".'
)


def _copy_before(
    place: RegistryPlace, revision: str, files: Iterable[Path | None]
) -> tuple[Path, ...]:
    """Keep files as they were before the schema changes; return the copies."""
    folder, today = place.backups, datetime.now().astimezone().date()
    if folder is None:
        return ()
    copies = []
    for file in files:
        if file is not None and file.exists():
            target = free_name(folder / f"{file.stem}-{revision}-{today}{file.suffix}")
            copy_file(file, target)
            copies.append(target)
    return tuple(copies)
