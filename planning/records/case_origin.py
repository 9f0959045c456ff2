"""Where an open case was read from, so that it can be saved and recovered; opens nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from planning.image import CaseImages, Volume

CASE_FILE_NAME = "case.toml"
"""What describes a case in its folder."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Origin:
    """Where a case and its images came from.

    Parameters
    ----------
    path : Path
        What was opened, absolute: a case file, a folder of DICOM, or an image.
    series_uid : str
        Which series of a folder; empty for what the reader chooses.
    folder : Path or None
        The case's own folder, where Trephine saved it and so may write again.
    ct_files : tuple of Path
        What the planning CT was read from.
    second_files : mapping of str to tuple of Path
        What each second image was read from, by its key.
    transforms : mapping of str to Path
        The transform of each second image that has one, by the image's key.
    images : CaseImages or None
        What was read; an image that is no longer one of these is not in the files.
    added : mapping of str to Volume
        Second images that were read since from files of their own, which `second_files` names.
    """

    path: Path
    series_uid: str = ""
    folder: Path | None = None
    ct_files: tuple[Path, ...] = ()
    second_files: Mapping[str, tuple[Path, ...]] = field(default_factory=dict)
    transforms: Mapping[str, Path] = field(default_factory=dict)
    images: CaseImages | None = None
    added: Mapping[str, Volume] = field(default_factory=dict)
