"""Changes several files of a folder as one: all of them, or none; knows no format.

The new files are gathered in a hidden folder inside, with copies (links, where there are any) of
those that they replace. Renaming that folder decides: from then on the change is carried through,
by the next program if this one dies. If the disk refuses in the middle, it is taken back.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from uuid import uuid4

from planning.atomic_files import (
    PRIVATE_FILE,
    make_folder,
    share_all,
    sync_files,
    sync_folder,
    write_whole,
)
from planning.disk_words import reason_of
from planning.errors import InputError
from planning.unfinished import UNFINISHED, noted

_NEW, _OLD, _LIST = "new", "old", "change.json"
_DECIDED, _BACK, _DONE = ".whole", ".back", ".done"
_OURS = re.compile(r"\.change\.[0-9a-f]{8}\.(whole|back|done)")
_PATIENCE_S = 5.0
_MOST_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class FolderChange:
    """What shall become of a folder.

    Parameters
    ----------
    new : Path
        A folder for the new files; each takes the place of the one of its name.
    removed : set of str
        Names of files that shall go.
    """

    folder: Path
    new: Path
    removed: set[str] = field(default_factory=set)


@contextmanager
def changed_folder(folder: Path, *, private: bool = False) -> Iterator[FolderChange]:
    """Give a change to be filled; when the block ends it is made as a whole.

    If anything fails, the folder is as it was. With `private`, only the user may read what is new.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    settle(folder)
    staging = folder / f".change.{uuid4().hex[:8]}{UNFINISHED}"
    with noted(staging):
        try:
            (staging / _NEW).mkdir(parents=True)
            change = FolderChange(folder, staging / _NEW)
            yield change
            _prepare(change, staging, private=private)
            decided = staging.with_suffix(_DECIDED)
            _at_work.add(decided)
            staging.rename(decided)
        except BaseException:
            _at_work.discard(staging.with_suffix(_DECIDED))
            shutil.rmtree(staging, ignore_errors=True)
            raise
    try:
        sync_folder(folder)
        _carry_through(decided)
    except OSError:
        with suppress(OSError):  # then it is taken back when the folder is next opened
            _take_back(decided)
        raise
    finally:
        _at_work.discard(decided)


_at_work: set[Path] = set()


def write_files(
    folder: Path,
    files: Mapping[str, bytes],
    *,
    removed: Iterable[str] = (),
    private: bool = False,
) -> None:
    """Write files into a folder, which is made if need be, and remove others, all or nothing.

    Raises
    ------
    OSError
        If that cannot be done; the folder is then as it was.
    """
    made = [p for p in (folder, *folder.parents) if not p.exists()]
    make_folder(folder, private=private)
    try:
        with changed_folder(folder, private=private) as change:
            for name, data in files.items():
                path = change.new / _safe(name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)
            change.removed.update(removed)
    except BaseException:
        with suppress(OSError):
            for one in made:
                one.rmdir()
        raise


def settle(folder: Path) -> None:
    """Finish what a program that died was changing in a folder.

    Raises
    ------
    InputError
        If that cannot be done: what is there is then of two states.
    """
    for left in _left_in(folder):
        try:
            _wait_for_owner(left)
            if left.name.endswith(_DECIDED):
                _carry_through(left)
            elif left.name.endswith(_BACK):
                _take_back(left)
            else:
                shutil.rmtree(left, ignore_errors=True)
        except FileNotFoundError:
            if left.exists():
                raise InputError(_DAMAGED.format(left)) from None
        except OSError as error:
            raise InputError(_STUCK.format(folder, reason_of(error))) from error
        except (ValueError, KeyError, TypeError) as error:
            raise InputError(_DAMAGED.format(left)) from error


_STUCK = (
    "{0} was being saved when a program was cut off, and that cannot be finished: {1}. Make the "
    "folder writable, and open it again."
)
_DAMAGED = (
    "{0} is what a program left that was cut off while saving, and it is damaged. Put a backup of "
    "the whole folder in its place."
)


def _left_in(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if _OURS.fullmatch(path.name))
    except OSError:
        return []


def _prepare(change: FolderChange, staging: Path, *, private: bool) -> None:
    """Complete what is needed to carry a change through or take it back."""
    folder = change.folder
    put = sorted(p.relative_to(change.new).as_posix() for p in change.new.rglob("*") if p.is_file())
    removed = sorted(name for name in change.removed if name not in put)
    replaced = [name for name in (*put, *removed) if (folder / _safe(name)).is_file()]
    for name in replaced:
        _keep(folder / name, staging / _OLD / name)
    document = {"owner": os.getpid(), "put": put, "removed": removed, "replaced": replaced}
    write_whole(staging / _LIST, json.dumps(document).encode(), private=True)
    if private:
        for name in put:
            (change.new / name).chmod(PRIVATE_FILE)
    else:
        share_all(change.new)
    sync_files(change.new)
    sync_folder(change.new)


def _keep(source: Path, target: Path) -> None:
    """Keep what a file holds, without a second copy of it where that is possible."""
    target.parent.mkdir(parents=True, exist_ok=True)
    try:
        target.hardlink_to(source)
    except (OSError, NotImplementedError):
        shutil.copyfile(source, target)
        shutil.copymode(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())


def _carry_through(decided: Path) -> None:
    """Bring the new files to their places; what was done before is not done again."""
    folder, told = decided.parent, _told(decided)
    touched = {folder}
    for name in told["put"]:
        new, place = decided / _NEW / _safe(name), folder / name
        if new.exists():
            make_folder(place.parent)
            with suppress(OSError):
                if place.is_file():
                    new.chmod(place.stat().st_mode & 0o777)
            new.replace(place)
            touched.add(place.parent)
    for name in told["removed"]:
        place = folder / _safe(name)
        place.unlink(missing_ok=True)
        touched.add(place.parent)
        if place.parent != folder and place.parent.is_dir() and not any(place.parent.iterdir()):
            place.parent.rmdir()
    for one in touched:
        sync_folder(one)
    done = decided.with_suffix(_DONE)
    decided.rename(done)
    sync_folder(folder)
    shutil.rmtree(done, ignore_errors=True)


def _take_back(left: Path) -> None:
    """Put everything back as it was before the change."""
    back = left.with_suffix(_BACK)
    if left != back:
        left.rename(back)
    folder, told = back.parent, _told(back)
    for name in told["put"]:
        if name not in told["replaced"] and not (back / _NEW / _safe(name)).exists():
            (folder / name).unlink(missing_ok=True)
            with suppress(OSError):
                (folder / name).parent.rmdir()  # if nothing else is in it
    for name in told["replaced"]:
        old, place = back / _OLD / _safe(name), folder / name
        if old.exists():
            make_folder(place.parent)
            old.replace(place)
    sync_folder(folder)
    done = back.with_suffix(_DONE)
    back.rename(done)
    shutil.rmtree(done, ignore_errors=True)


def _told(left: Path) -> dict[str, list[str]]:
    path = left / _LIST
    if path.stat().st_size > _MOST_BYTES:
        raise ValueError
    document = json.loads(path.read_bytes())
    told = {key: [str(name) for name in document[key]] for key in ("put", "removed", "replaced")}
    for names in told.values():
        for name in names:
            _safe(name)
    return told


def _wait_for_owner(left: Path) -> None:
    """Give the program that is at it the time to finish, if it lives."""
    if left.name.endswith(_DONE):
        return
    document = json.loads((left / _LIST).read_bytes())
    owner = document.get("owner") if isinstance(document, dict) else None
    until_s = time.monotonic() + _PATIENCE_S
    if owner == os.getpid() and left not in _at_work:
        return
    while _lives(owner) and left.exists() and time.monotonic() < until_s:
        time.sleep(0.01)


def _lives(owner: object) -> bool:
    if not isinstance(owner, int) or owner <= 0 or os.name != "posix":
        return False
    try:
        os.kill(owner, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _safe(name: str) -> str:
    """Return a name that leads nowhere but below its folder.

    Raises
    ------
    ValueError
        If it does.
    """
    path = PurePosixPath(name)
    if path.is_absolute() or not path.parts or {"..", ""} & set(name.split("/")) or "\\" in name:
        raise ValueError(name)
    return name
