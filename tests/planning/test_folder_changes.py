"""A folder's files change all at once or not at all, whatever stops the program."""

from __future__ import annotations

import errno
import json
from pathlib import Path

import pytest

from planning import folder_changes
from planning.errors import InputError
from planning.folder_changes import changed_folder, settle, write_files
from planning.progress import Cancelled

OLD = {"a.txt": b"old a", "sub/b.txt": b"old b", "gone.txt": b"old gone", "mine.txt": b"mine"}
NEW = {"a.txt": b"new a", "sub/b.txt": b"new b", "more/c.txt": b"new c"}
AFTER = {**NEW, "mine.txt": b"mine"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "case"
    write_files(made, OLD)
    return made


def there(folder: Path) -> dict[str, bytes]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def change(folder: Path) -> None:
    write_files(folder, NEW, removed=["gone.txt"])


class Killed(BaseException):
    """Stands for a kill: nothing is tidied up after it."""


def kill_at(monkeypatch: pytest.MonkeyPatch, name: str, nth: int) -> None:
    """Let the program die at the n-th call of a step that moves something."""
    real, calls = getattr(Path, name), [0]

    def dying(path: Path, *arguments: object) -> object:
        calls[0] += 1
        if calls[0] == nth:
            raise Killed
        return real(path, *arguments)

    monkeypatch.setattr(Path, name, dying)


def test_all_is_new_and_nothing_of_the_change_is_left(folder: Path) -> None:
    change(folder)
    assert there(folder) == AFTER


@pytest.mark.parametrize("nth", range(1, 8))
def test_a_change_that_was_decided_is_carried_through_by_the_next_program(
    folder: Path, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    with monkeypatch.context() as patch:
        kill_at(patch, "replace", nth)
        try:
            change(folder)
        except Killed:
            assert list(folder.glob(".change.*.whole")) or nth == 1
        else:
            assert nth > 4, "there are four moves: the list, and three files"
    settle(folder)
    assert there(folder) in (OLD, AFTER)
    assert there(folder) == AFTER or nth == 1


@pytest.mark.parametrize("name", ["replace", "rename", "unlink"])
@pytest.mark.parametrize("nth", range(1, 6))
def test_what_the_disk_refuses_in_the_middle_is_taken_back(
    folder: Path, monkeypatch: pytest.MonkeyPatch, name: str, nth: int
) -> None:
    real, calls = getattr(Path, name), [0]

    def refuse(path: Path, *arguments: object, **more: object) -> object:
        calls[0] += 1
        if calls[0] == nth:
            raise OSError(errno.EIO, "Input/output error")
        return real(path, *arguments, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Path, name, refuse)
        try:
            change(folder)
        except OSError:
            assert there(folder) == OLD
        else:
            assert there(folder) == AFTER
    settle(folder)
    assert there(folder) in (OLD, AFTER)


def test_what_is_given_up_leaves_the_folder_as_it_was(folder: Path) -> None:
    def give_up() -> None:
        with changed_folder(folder) as made:
            (made.new / "a.txt").write_bytes(b"new")
            raise Cancelled

    with pytest.raises(Cancelled):
        give_up()
    assert there(folder) == OLD


def test_a_new_folder_that_fails_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, data: bytes) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        write_files(tmp_path / "a" / "b", {"x": b"y"})
    assert list(tmp_path.iterdir()) == []


def test_disks_without_links_keep_copies(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def no_links(path: Path, target: Path) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(Path, "hardlink_to", no_links)
    change(folder)
    assert there(folder) == AFTER


@pytest.mark.parametrize(
    "told",
    [
        {"owner": 0, "put": ["../../x"], "removed": [], "replaced": []},
        {"owner": 0, "put": [], "removed": ["/etc/passwd"], "replaced": []},
        {"owner": 0, "put": [], "removed": ["a/../../x"], "replaced": []},
        {"owner": 0, "put": [3]},
        [],
        "torn",
    ],
)
def test_a_list_that_leads_elsewhere_is_refused(folder: Path, told: object) -> None:
    outside = folder.parent / "x"
    outside.write_bytes(b"x")
    left = folder / ".change.0123abcd.whole"
    (left / "new").mkdir(parents=True)
    text = told if isinstance(told, str) else json.dumps(told)
    (left / "change.json").write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=r"damaged.*backup"):
        settle(folder)
    assert outside.read_bytes() == b"x"


def test_one_that_is_at_it_is_waited_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A living owner gets its time; what it has done by then is found done."""
    left = folder / ".change.0123abcd.whole"
    (left / "new").mkdir(parents=True)
    told = {"owner": 4711, "put": [], "removed": [], "replaced": []}
    (left / "change.json").write_text(json.dumps(told), encoding="utf-8")
    asked = []

    def lives(owner: object) -> bool:
        asked.append(owner)
        return len(asked) < 3

    monkeypatch.setattr(folder_changes, "_lives", lives)
    settle(folder)
    assert asked == [4711] * 3
    assert there(folder) == OLD
