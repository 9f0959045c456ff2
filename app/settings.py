"""What the window remembers between starts; a bad file never keeps Trephine from starting."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.language import mark

Scheme = Literal["dark", "light", "system"]
SMALLEST_TEXT, LARGEST_TEXT = 80, 160

_UNREADABLE = mark("The settings file cannot be read; everything starts as new.")
_NO_SETTINGS = mark("The settings file holds no settings; everything starts as new.")
_NOT_UNDERSTOOD = mark('The setting "{0}" was not understood and starts as new.')
_NOT_KEPT = mark("The settings could not be kept: {0}.")


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
    try:
        raw = json.loads(path.read_bytes())
    except FileNotFoundError:
        return Settings(), ()
    except (OSError, ValueError, RecursionError):
        return Settings(), (_UNREADABLE,)
    if not isinstance(raw, dict):
        return Settings(), (_NO_SETTINGS,)
    return _without_bad_fields(raw)


def save_settings(settings: Settings, path: Path) -> str:
    """Keep the settings in a file; return an empty string, or why that failed."""
    unfinished = path.with_suffix(".part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished.write_text(settings.model_dump_json(indent=2) + "\n", encoding="utf-8")
        unfinished.replace(path)
    except OSError as error:
        return _NOT_KEPT.format(error.strerror)
    return ""


def _without_bad_fields(raw: dict[str, Any]) -> tuple[Settings, tuple[str, ...]]:
    try:
        return Settings.model_validate(raw), ()
    except ValidationError as error:
        bad = {str(problem["loc"][0]) for problem in error.errors() if problem["loc"]}
    kept = {key: value for key, value in raw.items() if key not in bad}
    said = tuple(_NOT_UNDERSTOOD.format(key) for key in sorted(bad))
    return Settings.model_validate(kept), said
