"""What `trephine send --pacs` does: a plan's DICOM objects go to an archive; draws nothing."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from app.commands import ExportOrder, exported
from app.paths import pacs_file
from app.terminal import console, progress_bar
from planning.errors import InputError
from planning.handover.export_formats import formats_named
from planning.network import pacs
from planning.network.servers import PacsServer, PacsSettings, ServerKind, check_server
from planning.network.servers_file import read_pacs

_ADDRESS = re.compile(r"(?P<title>[^@]+)@(?P<host>[^@]+):(?P<port>[0-9]{1,5})")
_EXPORTED_AT = 0.7  # of the whole; storing is quicker than making the objects


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreOrder:
    """What `trephine send --pacs` was asked for.

    Parameters
    ----------
    address : str
        ``AET@HOST:PORT``.
    formats : tuple of str
        Keys of DICOM formats of the export.
    """

    plan: Path
    address: str
    formats: tuple[str, ...]
    case: Path | None = None
    chosen: tuple[str, ...] = ()
    deidentify: bool = False


def run_store(order: StoreOrder) -> None:
    """Make a plan's DICOM objects and store them; nothing of them stays on this computer.

    Raises
    ------
    InputError
        If the address is none, or the plan cannot be written in a format.
    NetworkError
        If the archive does not take them all.
    """
    server = server_at(order.address, read_pacs(pacs_file()))
    formats = formats_named(order.formats)
    with TemporaryDirectory(prefix="trephine-") as folder, progress_bar() as progress:
        out = Path(folder) / "export"
        exported(
            ExportOrder(
                plan=order.plan,
                out=out,
                formats=formats,
                is_exact=True,
                case=order.case,
                chosen=order.chosen,
                deidentify=order.deidentify,
            ),
            progress.part(0.0, _EXPORTED_AT),
        )
        count = pacs.send_folder(server, out, progress.part(_EXPORTED_AT, 1.0))
    console().print(f"{count} files stored in {server.called_ae}.", markup=False)


def server_at(address: str, settings: PacsSettings) -> PacsServer:
    """Return the archive at ``AET@HOST:PORT``: as the settings know it, else in the clear.

    Raises
    ------
    InputError
        If that is no address.
    """
    parts = _ADDRESS.fullmatch(address.strip())
    if parts is None:
        message = f'"{address}" is no archive; give AET@HOST:PORT, for example ARCHIVE@pacs:104.'
        raise InputError(message)
    title, host, port = parts["title"], parts["host"], int(parts["port"])
    for known in settings.servers:
        place = (known.called_ae, known.host, known.port)
        if known.kind is ServerKind.DIMSE and place == (title, host, port):
            return known
    server = PacsServer(name=title, called_ae=title, host=host, port=port)
    check_server(server)
    return server
