"""Registries for tests, ready to be written to, on either engine; asserts nothing."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from tests.postgresql import Server

if TYPE_CHECKING:
    from planning.records.registry.connection import Registry

FIELDS = Path(__file__).parents[1] / "resources" / "registry_fields.toml"

# SQLAlchemy takes long to import, and most tests do without: it is imported inside.


@dataclass(frozen=True)
class Place:
    """Where a registry is, as a user says it, and the folder of the user's data."""

    where: str
    data_dir: Path
    server: Server | None = None

    @property
    def is_file(self) -> bool:
        return self.server is None

    @property
    def file(self) -> Path:
        return Path(self.where)

    @property
    def people_file(self) -> Path:
        return self.file.with_name("registry-identities.sqlite")

    def open(self, *, actor: str = "tester", make: bool = True, upgrade: bool = False) -> Registry:
        from planning.records.registry.connection import open_registry
        from planning.records.registry.fields import read_registry_fields
        from planning.records.registry.place import place_of

        fields = read_registry_fields(FIELDS.read_bytes())
        where = place_of(self.where, self.data_dir)
        return open_registry(where, fields, actor, make=make, upgrade=upgrade)

    def run_sql(self, statement: str) -> None:
        """Run a statement behind the registry's back, as somebody who may do everything."""
        if self.server is not None:
            database = self.where.rpartition("/")[2]
            self.server.run_sql(f"set search_path to trephine; {statement}", database)
            return
        import sqlite3
        from contextlib import closing

        with closing(sqlite3.connect(self.where)) as connection, connection:
            connection.executescript(statement)


def file_place(folder: Path) -> Place:
    """Return a registry without a case in a folder."""
    file = folder / "registry" / "registry.sqlite"
    file.parent.mkdir()
    shutil.copy(_made_file(), file)
    return Place(where=str(file), data_dir=folder)


def server_place(server: Server, folder: Path) -> Place:
    """Return a registry without a case on a server."""
    database = server.new_database(template=_made_database(server))
    return Place(where=server.url(database), data_dir=folder, server=server)


@cache
def _made_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="trephine-registry-"))
    file = folder / "made.sqlite"
    Place(where=str(file), data_dir=folder).open()
    return file


@cache
def _made_database(server: Server) -> str:
    database = server.new_database()
    folder = Path(tempfile.mkdtemp(prefix="trephine-registry-"))
    Place(where=server.url(database), data_dir=folder, server=server).open()
    return database
