"""`checksums.sha256` beside a saved case: what each of its files held; reads no image.

The format is that of `sha256sum --check`, so that a folder can be checked without Trephine.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path, PurePosixPath

CHECKSUMS_FILE = "checksums.sha256"

_LINE = re.compile(r"([0-9a-f]+) [ *](.+)")
_PIECE = 1 << 20
_MOST_NAMED = 3


def checksums_text(sums: Mapping[str, str]) -> str:
    """Return the text of the file for SHA-256 sums by name."""
    return "".join(f"{sums[name]}  {name}\n" for name in sorted(sums))


def read_checksums(folder: Path) -> dict[str, str]:
    """Return the sums that stand in a folder; none where there is no such file, or a torn one."""
    try:
        text = (folder / CHECKSUMS_FILE).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return {}
    found = (_LINE.fullmatch(line) for line in text.splitlines())
    return {one[2]: one[1] for one in found if one is not None and _is_inside(one[2])}


def sha256_of_file(path: Path) -> str:
    """Return the SHA-256 of a file.

    Raises
    ------
    OSError
        If it cannot be read.
    """
    digest = hashlib.sha256()
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


class Verification:
    """Compares the files of a saved case with their sums in a thread, while they are read.

    Parameters
    ----------
    names : iterable of str
        Files that are not compared: people may change them, and what reads them says so.
    """

    def __init__(self, folder: Path, *, but: Iterable[str] = ()) -> None:
        left_out = set(but)
        sums = {n: s for n, s in read_checksums(folder).items() if n not in left_out}
        pool = ThreadPoolExecutor(1)
        self._damaged: Future[tuple[str, ...]] = pool.submit(_damaged, folder, sums)
        pool.shutdown(wait=False)

    def said(self) -> tuple[str, ...]:
        """Wait for it; return what is wrong in sentences."""
        damaged = self._damaged.result()
        if not damaged:
            return ()
        more = len(damaged) - _MOST_NAMED
        names = ", ".join(damaged[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
        return (_CHANGED.format(names),)


_CHANGED = (
    "Not as it was saved: {0}. It is damaged, or another program changed it. Put a backup in its "
    "place; or look at it carefully, plan again, and save the case."
)


def _damaged(folder: Path, sums: Mapping[str, str]) -> tuple[str, ...]:
    found = []
    for name, told in sums.items():
        try:
            if sha256_of_file(folder / name) != told:
                found.append(name)
        except OSError:
            found.append(name)
    return tuple(found)


def _is_inside(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\\" not in name
