"""Where a registry is: a file of this computer or a server's database; opens neither."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from planning.errors import InputError

SQLITE, POSTGRESQL = "sqlite", "postgresql"

_DRIVER = "postgresql+pg8000"
_ENDING = ".sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistryPlace:
    """Where the two parts of a registry are, and the head of its audit trail.

    Parameters
    ----------
    url : URL
        Of the research part, which holds no identity.
    file : Path or None
        The research part's file; None on a server.
    identities_file : Path or None
        The identities' file; None on a server, where they have a schema of their own.
    head_file : Path
        Keeps the last entry of the audit trail that was seen, beside the registry or, for a
        server, on this computer.
    """

    url: URL
    head_file: Path
    file: Path | None = None
    identities_file: Path | None = None

    @property
    def identities_url(self) -> URL:
        """Of the part that says who the pseudonyms stand for."""
        if self.identities_file is None:
            return self.url
        return self.url.set(database=str(self.identities_file))

    @property
    def backups(self) -> Path | None:
        """Folder of the copies made before the schema changed; None on a server."""
        return None if self.file is None else self.file.with_name(f"{self.file.stem}-before")

    def __str__(self) -> str:
        if self.file is not None:
            return str(self.file)
        return self.url.set(drivername=POSTGRESQL).render_as_string(hide_password=True)


def place_of(text: str, data_dir: Path, *, password: str = "") -> RegistryPlace:
    """Return the place that a path or URL means.

    Parameters
    ----------
    text : str
        Path of an SQLite file, ``sqlite:///PATH`` or ``postgresql://USER@HOST/DATABASE``; empty
        for the registry in the user's data folder.
    data_dir : Path
        The user's data folder.
    password : str
        For a server, where the URL gives none.

    Raises
    ------
    InputError
        If it is neither, or does not say user, server and database.
    """
    if "://" not in text:
        return _file_place(Path(text) if text else data_dir / "registry" / f"registry{_ENDING}")
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        raise InputError(_WRONG.format(text.split("://")[0])) from None
    backend = url.drivername.split("+")[0]
    if backend == SQLITE and url.database and url.database != ":memory:":
        return _file_place(Path(url.database))
    is_whole = bool(url.username and url.host and url.database)
    if backend not in ("postgres", POSTGRESQL) or not is_whole:
        raise InputError(_WRONG.format(url.drivername))
    if password and url.password is None:
        url = url.set(password=password)
    server = f"{url.host}:{url.port or 5432}/{url.database}"
    name = hashlib.sha256(server.encode()).hexdigest()[:16]
    head = data_dir / "registry" / f"server-{name}.head"
    return RegistryPlace(url=url.set(drivername=_DRIVER), head_file=head)


_WRONG = (
    'A registry cannot be at "{0}"; give the path of a file, or '
    "postgresql://USER@HOST/DATABASE for a department's server."
)


def _file_place(path: Path) -> RegistryPlace:
    file = path.expanduser().absolute()
    if file.is_dir():
        file = file / f"registry{_ENDING}"
    return RegistryPlace(
        url=URL.create(SQLITE, database=str(file)),
        file=file,
        identities_file=file.with_name(f"{file.stem}-identities{file.suffix}"),
        head_file=file.with_name(f"{file.name}.head"),
    )
