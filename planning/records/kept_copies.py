"""Copies of files that are about to be replaced by what knows less of them; replaces none itself.

A file of a newer Trephine, or one that cannot be read any more, may hold what somebody still needs.
"""

from __future__ import annotations

import shutil
from contextlib import suppress
from pathlib import Path

from planning.atomic_files import PRIVATE_FILE


def keep_copy(path: Path, why: str) -> Path | None:
    """Keep the first copy of a kind beside a file, readable by the user alone.

    Parameters
    ----------
    why : str
        Goes into the copy's name: ``settings.WHY.json``.

    Returns
    -------
    Path or None
        The copy; None where there is no file.

    Raises
    ------
    OSError
        If it cannot be made: then the file should not be replaced either.
    """
    copy = path.with_name(f"{path.stem}.{why}{path.suffix}")
    if not path.is_file():
        return None
    if not copy.exists():
        try:
            copy.touch(mode=PRIVATE_FILE)
            shutil.copyfile(path, copy)
        except OSError:
            with suppress(OSError):
                copy.unlink()
            raise
    return copy
