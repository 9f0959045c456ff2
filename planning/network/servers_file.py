"""The file of PACS servers, readable by the user only (it may hold passwords); asks no server."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from planning.atomic_files import make_folder, write_whole
from planning.disk_words import reason_of
from planning.errors import InputError
from planning.formats import require_version
from planning.network.servers import (
    PacsServer,
    PacsSettings,
    Receiver,
    Retrieval,
    ServerKind,
    TlsFiles,
    check_receiver,
    check_server,
)
from planning.records.kept_copies import keep_copy

SCHEMA_VERSION = 1
_MOST_BYTES = 1 << 20

_Short = Annotated[str, Field(max_length=256)]
_Long = Annotated[str, Field(max_length=4096)]


class _Row(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class _Tls(_Row):
    ca_file: _Long = ""
    certificate_file: _Long = ""
    key_file: _Long = ""


class _Server(_Row):
    name: _Short
    kind: ServerKind = ServerKind.DIMSE
    called_ae: _Short = ""
    calling_ae: _Short = "TREPHINE"
    host: _Short = ""
    port: int = 104
    retrieval: Retrieval = Retrieval.GET
    root_url: _Long = ""
    user: _Short = ""
    password: _Long = ""
    token: _Long = ""
    tls: _Tls | None = None
    timeout_s: float = Field(default=30.0, gt=0.0, le=600.0)


class _Receiver(_Row):
    ae_title: _Short = "TREPHINE"
    listen_on: _Short = "127.0.0.1"
    port: int = 11112
    tls: _Tls | None = None
    most_images: int = Field(default=20_000, ge=1)
    most_bytes: int = Field(default=16 << 30, ge=1)


class _File(_Row):
    schema_version: Literal[1]
    receiver: _Receiver = _Receiver()
    servers: list[_Server] = Field(default_factory=list, max_length=200)


def read_pacs(path: Path) -> PacsSettings:
    """Return the servers of a file; none where there is no file yet.

    Raises
    ------
    InputError
        If the file cannot be read, is of a newer Trephine, or is not understood. Values are not
        repeated in the message: they may be passwords.
    """
    try:
        with path.open("rb") as file:
            raw = file.read(_MOST_BYTES)
        document = json.loads(raw)
    except FileNotFoundError:
        return PacsSettings()
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(
            f"The file of PACS servers {path.name} cannot be read. Mend or delete it in Trephine's "
            "settings folder; nothing was changed in it."
        ) from error
    if isinstance(document, dict):
        require_version(document, SCHEMA_VERSION, f"The file of PACS servers {path.name}")
    try:
        read = _File.model_validate(document)
    except ValidationError as error:
        problem = error.errors(include_input=False)[0]
        where = ".".join(map(str, problem["loc"])) or "file"
        raise InputError(
            f"The file of PACS servers {path.name} is not understood at {where}. Mend or delete it "
            "in Trephine's settings folder; nothing was changed in it."
        ) from None
    return PacsSettings(
        servers=tuple(_server(row) for row in read.servers), receiver=_receiver(read.receiver)
    )


def write_pacs(settings: PacsSettings, path: Path) -> None:
    """Keep servers in a file that only the user may read.

    A file that this version does not understand is kept beside it.

    Raises
    ------
    InputError
        If one cannot be used, two have the same name, or the file cannot be written.
    """
    names = [one.name for one in settings.servers]
    for one in settings.servers:
        check_server(one)
        if names.count(one.name) > 1:
            raise InputError(f'Two servers are called "{one.name}". Give each its own name.')
    check_receiver(settings.receiver)
    document = {"schema_version": SCHEMA_VERSION, **asdict(settings)}
    try:
        make_folder(path.parent, private=True)
        if not _is_understood(path):
            keep_copy(path, "not-understood")
        write_whole(path, (json.dumps(document, indent=2) + "\n").encode(), private=True)
    except OSError as error:
        raise InputError(
            f"The PACS servers could not be kept ({reason_of(error)}). Free space or allow writing "
            "in Trephine's settings folder, then try again."
        ) from error


def _is_understood(path: Path) -> bool:
    try:
        read_pacs(path)
    except InputError:
        return False
    return True


def _server(row: _Server) -> PacsServer:
    return PacsServer(**_plain(row))


def _receiver(row: _Receiver) -> Receiver:
    return Receiver(**_plain(row))


def _plain(row: _Server | _Receiver) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in type(row).model_fields}
    values["tls"] = None if row.tls is None else TlsFiles(**row.tls.model_dump())
    return values
