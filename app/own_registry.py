"""The registry that this user means: where it is, and who opens it; stores and reads nothing."""

from __future__ import annotations

import getpass
import os
from pathlib import Path
from typing import TYPE_CHECKING

from app import catalogue
from app.paths import user_data_dir

if TYPE_CHECKING:
    from planning.records.registry.connection import Registry
    from planning.records.registry.place import RegistryPlace

# What a registry needs takes a second to import, so it is imported inside.

_PLACE = "TREPHINE_REGISTRY"


def place_in_use(where: str = "", data_dir: Path | None = None) -> RegistryPlace:
    """Return where the registry is, whether or not there is one yet.

    Parameters
    ----------
    where : str
        A file or URL; empty for what TREPHINE_REGISTRY says, else the one among the user's data.
    data_dir : Path or None
        The user's data; None for the usual folder.

    Raises
    ------
    InputError
        If it can be no such place.
    """
    from planning.records.registry.place import place_of

    folder = user_data_dir() if data_dir is None else data_dir
    wanted = where or os.environ.get(_PLACE, "")
    return place_of(wanted, folder, password=os.environ.get("PGPASSWORD", ""))


def opened(place: RegistryPlace, *, make: bool = False, upgrade: bool = False) -> Registry:
    """Return the registry at a place, opened by this user.

    Raises
    ------
    InputError
        If there is none and `make` is not set, or it cannot be reached.
    """
    from planning.records.registry.connection import open_registry

    return open_registry(place, catalogue.registry_fields(), _actor(), make=make, upgrade=upgrade)


def _actor() -> str:
    """Return who is at work, for the audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "unknown"
