"""What the window of image archives is given to show, and what it gives back; no widgets."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A line of a table of studies or series.

    Parameters
    ----------
    key : str
        By which it is asked for again.
    cells : tuple of str
        One text for each column.
    """

    key: str
    cells: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryFields:
    """What the user wrote into the query."""

    patient_name: str = ""
    patient_id: str = ""
    date_from: str = ""
    date_to: str = ""
    modality: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerFields:
    """What the user wrote of one server; every field as text, whether it is used or not."""

    name: str = ""
    is_web: bool = False
    called_ae: str = ""
    calling_ae: str = "TREPHINE"
    host: str = ""
    port: int = 104
    by_move: bool = False
    root_url: str = ""
    user: str = ""
    password: str = ""
    token: str = ""
    has_tls: bool = False
    ca_file: str = ""
    certificate_file: str = ""
    key_file: str = ""
    timeout_s: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiverFields:
    """What the user wrote of this computer's receiver."""

    ae_title: str = "TREPHINE"
    listen_on: str = "127.0.0.1"
    port: int = 11112
