"""A real PostgreSQL server of the tests' own, in a folder that goes when they end."""

from __future__ import annotations

import itertools
import os
import secrets
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from system_libraries import server_program

USER = "trephine"
_NOBODY_ELSE = "postgres"  # the user Debian makes for it: the server refuses to run as root


@dataclass(eq=False)
class Server:
    """A running server that lets in one user by password."""

    folder: Path
    port: int
    password: str
    _numbers: Iterator[int] = field(default_factory=itertools.count)

    def new_database(self, template: str = "") -> str:
        """Return the name of a new database, empty or a copy of another."""
        name = f"registry_{next(self._numbers)}"
        copied = f" template {template}" if template else ""
        self.run_sql(f"create database {name}{copied}", "postgres")
        return name

    def url(self, database: str, *, password: bool = True) -> str:
        """Return the URL of a database as a user gives it."""
        secret = f":{self.password}" if password else ""
        return f"postgresql://{USER}{secret}@127.0.0.1:{self.port}/{database}"

    def run_sql(self, statement: str, database: str) -> str:
        """Run a statement as the server's own client does; return what it printed."""
        command = [server_program("psql"), "-X", "-A", "-t", "-v", "ON_ERROR_STOP=1"]
        command += ["-h", "127.0.0.1", "-p", str(self.port), "-U", USER, "-d", database]
        done = subprocess.run(
            [*command, "-c", statement],
            check=False,
            capture_output=True,
            text=True,
            env=os.environ | {"PGPASSWORD": self.password},
        )
        if done.returncode:
            raise RuntimeError(done.stderr)
        return done.stdout.strip()


def is_there() -> bool:
    """Tell whether a server can be started here."""
    if not all(server_program(name) for name in ("initdb", "pg_ctl", "psql")):
        return False
    return not _is_root() or _has_user(_NOBODY_ELSE)


@contextmanager
def running_server() -> Iterator[Server]:
    """Start a server, and stop it and remove its folder when the tests end."""
    folder = Path(tempfile.mkdtemp(prefix="trephine-postgresql-"))
    server = Server(folder=folder, port=_free_port(), password=secrets.token_hex(8))
    secret = folder / "password"
    secret.write_text(server.password + "\n")
    if _is_root():
        for path in (folder, secret):
            shutil.chown(path, _NOBODY_ELSE)
    data = folder / "data"
    try:
        made = ("-D", data, "-U", USER, "-E", "UTF8", "--no-locale", "-N")
        _run("initdb", *made, "--auth=scram-sha-256", f"--pwfile={secret}")
        listens = f"-p {server.port} -c listen_addresses=127.0.0.1 -k {folder} -c fsync=off"
        _run("pg_ctl", "-D", data, "-w", "-l", folder / "log", "-o", listens, "start")
        try:
            yield server
        finally:
            _run("pg_ctl", "-D", data, "-m", "immediate", "-w", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _run(program: str, *arguments: object) -> None:
    command = [server_program(program), *map(str, arguments)]
    if _is_root():
        command = ["runuser", "-u", _NOBODY_ELSE, "--", *command]
    # Not a pipe: the server inherits it and would keep it open.
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(command, check=False, stdout=said, stderr=said, cwd="/")
        if done.returncode:
            said.seek(0)
            raise RuntimeError(said.read().decode(errors="replace"))


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _has_user(name: str) -> bool:
    try:
        import pwd

        pwd.getpwnam(name)
    except (ImportError, KeyError):
        return False
    return True
