"""Recent cases and who approves: remembered between starts, written at once; opens no case."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.language import mark
from planning.atomic_files import make_folder, write_whole
from planning.disk_words import reason_of
from planning.records.case_origin import CASE_FILE_NAME

_MOST_RECENT = 10
_NOT_KEPT = mark("Recent cases could not be remembered: {0}.")


class Remembered(BaseModel):
    """What is remembered.

    Parameters
    ----------
    recent : list of str
        Cases that were opened or saved, the latest first.
    approver : str
        Who approved last.
    """

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True)

    recent: list[str] = Field(default_factory=list, max_length=_MOST_RECENT)
    approver: str = ""


def load_remembered(path: Path) -> Remembered:
    """Return what a file remembers; nothing where it cannot be read, as no work depends on it."""
    try:
        return Remembered.model_validate_json(path.read_bytes())
    except (OSError, ValidationError):
        return Remembered()


def save_remembered(remembered: Remembered, path: Path) -> str:
    """Keep this in a file; return an empty string, or why that failed."""
    try:
        make_folder(path.parent, private=True)
        data = remembered.model_dump_json(indent=2).encode("utf-8", "replace")
        write_whole(path, data, private=True)
    except OSError as error:
        return _NOT_KEPT.format(reason_of(error))
    return ""


def with_recent(remembered: Remembered, case: Path) -> Remembered:
    """Return the same with a case as the latest one; a case's file and folder are one case."""
    whole = case.absolute()
    name = str(whole.parent if whole.name == CASE_FILE_NAME else whole)
    recent = [name, *(other for other in remembered.recent if other != name)]
    return remembered.model_copy(update={"recent": recent[:_MOST_RECENT]})
