"""What the window remembers between starts; a bad file never keeps Trephine from starting.

The file carries a version. An older one is read as it is; of a newer one what is understood holds,
and nothing in it is lost when it is written here. Before a version is changed, and before a file
that could not be read is replaced, a copy of it is put beside it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.language import mark
from planning.atomic_files import make_folder, write_whole
from planning.disk_words import reason_of
from planning.records.kept_copies import keep_copy

SCHEMA_VERSION = 1
"""Of the file; files without one are of version 0, from before there were versions."""

Scheme = Literal["dark", "light", "system"]
SMALLEST_TEXT, LARGEST_TEXT = 80, 160

_UNREADABLE = mark("The settings file cannot be read; everything starts as new.")
_NO_SETTINGS = mark("The settings file holds no settings; everything starts as new.")
_NOT_UNDERSTOOD = mark('The setting "{0}" was not understood and starts as new.')
_NOT_KEPT = mark("The settings could not be kept: {0}.")
_NEWER = mark(
    "The settings are of a newer Trephine (version {0}); what this one does not know stays as it "
    "is in the file."
)
_VERSION = "schema_version"


class Settings(BaseModel):
    """All settings, with what holds until the user changes them.

    Parameters
    ----------
    scheme : str
        Colours of the window.
    text_percent : int
        Size of the text, of the usual one.
    language : str
        ISO 639 code.
    last_folder : str
        Where the file dialog opens.
    window_geometry : str
        Position and size as Qt saves them, in base 64; empty for the first start.
    layout : str
        Name of the layout of the pictures.
    my_layout : str
        The user's own layout, as `app.views.arrangement` writes it; empty for none.
    navigation_role, navigation_host, navigation_port, navigation_protocol
        How navigation systems are reached (OpenIGTLink).
    navigation_frame, navigation_axis : str
        What their coordinates mean where they do not say it, and which way a tool points.
    """

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)

    scheme: Scheme = "dark"
    text_percent: int = Field(default=100, ge=SMALLEST_TEXT, le=LARGEST_TEXT)
    language: str = Field(default="en", pattern=r"^[a-z]{2}$")
    last_folder: str = Field(default="", max_length=4096)
    window_geometry: str = Field(default="", max_length=4096, pattern=r"^[A-Za-z0-9+/=]*$")
    layout: Literal["overview", "adjust", "review", "mine"] = "overview"
    my_layout: str = Field(default="", max_length=4096)
    navigation_role: Literal["serve", "connect"] = "serve"
    navigation_host: str = Field(default="127.0.0.1", max_length=255)
    navigation_port: int = Field(default=18944, ge=1, le=65535)
    navigation_protocol: Literal["2", "3"] = "3"
    navigation_frame: Literal["RAS", "LPS"] = "RAS"
    navigation_axis: Literal["+z", "-z", "+x", "-x", "+y", "-y"] = "+z"


def load_settings(path: Path) -> tuple[Settings, tuple[str, ...]]:
    """Return the settings kept in a file, and a sentence for each one that had to be dropped."""
    document, problem = _document(path)
    if problem or not document:
        return Settings(), (problem,) if problem else ()
    version = _version(document)
    raw = {key: value for key, value in document.items() if key != _VERSION}
    if version <= SCHEMA_VERSION:
        return _without_bad_fields(raw)
    known = {key: value for key, value in raw.items() if key in Settings.model_fields}
    settings, said = _without_bad_fields(known)
    return settings, (_NEWER.format(version), *said)


def save_settings(settings: Settings, path: Path, *, before: Settings | None = None) -> str:
    """Keep the settings in a file; return an empty string, or why that failed.

    Parameters
    ----------
    before : Settings or None
        What held until now: only what differs from it is written, so that what another window has
        kept meanwhile stays. None writes everything.
    """
    document, problem = _document(path)
    version, kept = _version(document), document
    changed = settings.model_dump()
    if before is not None and document:
        held = before.model_dump()
        changed = {key: value for key, value in changed.items() if value != held[key]}
    if version <= SCHEMA_VERSION:  # what was not understood is said once, not kept
        read = {key: value for key, value in document.items() if key != _VERSION}
        kept = _without_bad_fields(read)[0].model_dump()
    written = {**kept, **changed, _VERSION: max(version, SCHEMA_VERSION)}
    text = json.dumps(written, indent=2)
    try:
        make_folder(path.parent, private=True)
        if problem:
            keep_copy(path, "unreadable")
        elif document and version != SCHEMA_VERSION:
            keep_copy(path, f"version-{version}")
        write_whole(path, (text + "\n").encode("utf-8"), private=True)
    except OSError as error:
        return _NOT_KEPT.format(reason_of(error))
    return ""


def settings_version(path: Path) -> int:
    """Return the version of a settings file; 0 where it has none, or is not there."""
    return _version(_document(path)[0])


def _document(path: Path) -> tuple[dict[str, Any], str]:
    """Return what a file holds, and what is wrong with it as a whole."""
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return {}, ""
    except (OSError, ValueError, RecursionError):
        return {}, _UNREADABLE
    return (raw, "") if isinstance(raw, dict) else ({}, _NO_SETTINGS)


def _version(document: dict[str, Any]) -> int:
    """Return the version a file claims; one that is no number makes it as old as can be."""
    claimed = document.get(_VERSION, 0)
    return claimed if isinstance(claimed, int) and not isinstance(claimed, bool) else 0


def _without_bad_fields(raw: dict[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    try:
        return Settings.model_validate(raw), ()
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    kept = {key: value for key, value in raw.items() if key not in bad}
    said = tuple(_NOT_UNDERSTOOD.format(key) for key in sorted(bad))
    return Settings.model_validate(kept), said
