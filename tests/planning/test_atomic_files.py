"""Files are whole or not there, private or usual, and what a killed program left goes."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from planning import atomic_files, unfinished
from planning.atomic_files import (
    be_private,
    make_folder,
    replace_folder,
    tidy_after,
    unfinished_beside,
    whole_folder,
    write_whole,
)
from planning.disk_words import not_written, reason_of, remedy_of


@pytest.fixture
def private_habit() -> Iterator[None]:
    """A program that keeps things to its user, on a system where all may read."""
    before = os.umask(0o022)
    be_private()
    yield
    atomic_files._Sharing.usual_umask = None
    os.umask(before)


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_what_is_meant_for_others_is_as_usual_and_the_rest_private(
    private_habit: None, tmp_path: Path
) -> None:
    write_whole(tmp_path / "a", b"a")
    write_whole(tmp_path / "b", b"b", private=True)
    with whole_folder(tmp_path / "new" / "case") as folder:
        (folder / "sub").mkdir()
        (folder / "sub" / "c").write_bytes(b"c")
    make_folder(tmp_path / "own" / "deep", private=True)
    (tmp_path / "by hand").write_bytes(b"d")
    modes = {name: mode_of(tmp_path / name) for name in ("a", "b", "new/case/sub/c", "by hand")}
    assert modes == {"a": 0o644, "b": 0o600, "new/case/sub/c": 0o644, "by hand": 0o600}
    folders = {name: mode_of(tmp_path / name) for name in ("new", "new/case/sub", "own/deep")}
    assert folders == {"new": 0o755, "new/case/sub": 0o755, "own/deep": 0o700}


def test_a_file_that_is_replaced_keeps_its_permissions(private_habit: None, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"old")
    (tmp_path / "a").chmod(0o664)
    write_whole(tmp_path / "a", b"new")
    assert mode_of(tmp_path / "a") == 0o664


@pytest.mark.parametrize("length", [150, 250, 255])
def test_long_names_that_the_disk_takes_are_taken(tmp_path: Path, length: int) -> None:
    write_whole(tmp_path / ("ä" * (length // 2)), b"x")
    assert [path.read_bytes() for path in tmp_path.iterdir()] == [b"x"]
    with pytest.raises(OSError, match="too long") as caught:
        write_whole(tmp_path / ("n" * 300), b"x")
    assert reason_of(caught.value) == "the name is too long"


def test_a_folder_that_was_moved_away_comes_back(tmp_path: Path) -> None:
    place = tmp_path / "1.2"
    place.mkdir()
    (place / "old").write_bytes(b"old")
    new = unfinished_beside(place)
    new.mkdir()
    place.rename(new.with_suffix(".was"))  # and there the program died
    tidy_after(new)
    assert [path.name for path in tmp_path.iterdir()] == ["1.2"]
    assert (place / "old").read_bytes() == b"old"
    new.mkdir()
    (new / "new").write_bytes(b"new")
    replace_folder(new, place)
    assert [path.name for path in place.iterdir()] == ["new"]


def test_notes_name_what_is_open_and_nothing_foreign(tmp_path: Path) -> None:
    notes = tmp_path / "notes"
    unfinished.note_in(notes)
    try:
        with unfinished.noted(tmp_path / ".a.0123abcd.part"):
            assert unfinished.noted_in(notes) == (tmp_path / ".a.0123abcd.part",)
        assert unfinished.noted_in(notes) == ()
    finally:
        unfinished.note_in(None)
    own = tmp_path / ".b.part"
    notes.write_text(f"/etc/passwd\nrelative.part\n{tmp_path}/c\n{own}\n{tmp_path}/.torn.part")
    assert unfinished.noted_in(notes) == (own,)


@pytest.mark.parametrize(
    ("number", "reason", "remedy"),
    [
        (errno.ENOSPC, "the disk is full", "make room"),
        (errno.EDQUOT, "used up", "make room"),
        (errno.ESTALE, "does not answer", "connected"),
        (errno.ENOTCONN, "does not answer", "connected"),
        (errno.EACCES, "permission denied", "ask for the right"),
        (errno.EROFS, "read-only", "another place"),
        (errno.EBUSY, "another program", "close it"),
        (errno.EISDIR, "a folder has that name", "another place"),
    ],
)
def test_reasons_are_in_words(number: int, reason: str, remedy: str) -> None:
    error = OSError(number, os.strerror(number))
    assert reason in reason_of(error)
    assert remedy in remedy_of(error)
    assert str(Path("a/b")) in not_written(Path("a/b"), error)


def test_a_file_locked_by_windows_is_said_to_be_in_use() -> None:
    error = PermissionError(errno.EACCES, "Permission denied")
    error.winerror = 32  # type: ignore[attr-defined]
    assert reason_of(error) == "another program is using it"
    assert remedy_of(error) == "close it in the other program"
    assert reason_of(OSError(0, "Odd.")) == "Odd"


def test_an_error_that_a_library_worded_anew_is_known_by_its_cause() -> None:
    def write() -> None:
        try:
            raise OSError(errno.ENOSPC, "No space left on device")
        except OSError as error:
            raise OSError("With tag (7FE0,0010) got exception\nTraceback ...") from error

    with pytest.raises(OSError, match="With tag") as caught:
        write()
    assert reason_of(caught.value) == "the disk is full"
    assert reason_of(OSError("one line\nTraceback of names")) == "one line"
