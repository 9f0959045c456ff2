"""Settings survive a round trip, and no file whatever keeps the program from starting."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from app.settings import SCHEMA_VERSION, Settings, load_settings, save_settings


def test_settings_come_back_as_they_were_kept(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    kept = Settings(scheme="light", last_folder="/data/ß", window_geometry="AdnQ==")
    assert save_settings(kept, path) == ""
    assert load_settings(path) == (kept, ())


def test_a_missing_file_is_a_first_start(tmp_path: Path) -> None:
    assert load_settings(tmp_path / "settings.json") == (Settings(), ())


def test_bad_fields_are_dropped_one_by_one_and_named(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(
        json.dumps({"scheme": "pink", "last_folder": "/data", "window_geometry": 3, "colour": 1})
    )
    settings, said = load_settings(path)
    assert settings == Settings(last_folder="/data")
    assert [text.split('"')[1] for text in said] == ["colour", "scheme", "window_geometry"]


@pytest.mark.parametrize("content", [b"", b"{", b"[1, 2]", b"\xff\xfe\x00", b"null"])
def test_a_file_of_rubbish_starts_as_new_and_says_so(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(content)
    settings, said = load_settings(path)
    assert settings == Settings()
    assert len(said) == 1


def test_settings_that_cannot_be_kept_are_said_not_raised(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    assert "could not be kept" in save_settings(Settings(), blocked / "settings.json")


OLD = {"scheme": "light", "last_folder": "/data", "text_percent": 120}
"""As kept before files carried a version."""


def test_a_file_without_a_version_is_read_and_kept_before_it_is_given_one(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(OLD))
    settings, said = load_settings(path)
    assert (settings, said) == (Settings(**OLD), ())
    assert save_settings(settings.model_copy(update={"scheme": "dark"}), path) == ""
    assert json.loads(path.read_text())["schema_version"] == SCHEMA_VERSION
    assert json.loads((tmp_path / "settings.version-0.json").read_text()) == OLD


NEWER = {
    "schema_version": SCHEMA_VERSION + 1,
    "scheme": "sepia",  # a value this version does not have
    "language": "de",
    "theatre": {"lights": ["on", 3]},
}


def test_a_newer_file_is_read_as_far_as_it_is_understood_and_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps(NEWER))
    settings, said = load_settings(path)
    assert settings == Settings(language="de")
    assert f"version {SCHEMA_VERSION + 1}" in said[0]
    assert '"scheme"' in said[1]
    changed = settings.model_copy(update={"text_percent": 130})
    assert save_settings(changed, path, before=settings) == ""
    assert json.loads(path.read_text()) == {**NEWER, "text_percent": 130}
    copy = tmp_path / f"settings.version-{SCHEMA_VERSION + 1}.json"
    assert json.loads(copy.read_text()) == NEWER
    assert load_settings(path)[0] == Settings(language="de", text_percent=130)


def test_a_window_writes_only_what_it_changed(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    start = Settings()
    save_settings(start, path)
    save_settings(start.model_copy(update={"language": "de"}), path, before=start)  # one window
    save_settings(start.model_copy(update={"scheme": "light"}), path, before=start)  # another
    assert load_settings(path)[0] == Settings(language="de", scheme="light")


def test_a_file_of_rubbish_is_kept_aside_before_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_bytes(b"{broken")
    assert save_settings(Settings(), path) == ""
    assert (tmp_path / "settings.unreadable.json").read_bytes() == b"{broken"
    assert load_settings(path) == (Settings(), ())


def test_what_was_not_understood_is_said_once(tmp_path: Path) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"schema_version": 1, "scheme": "pink", "colour": 1}))
    settings, said = load_settings(path)
    assert len(said) == 2
    save_settings(settings.model_copy(update={"language": "de"}), path, before=settings)
    assert load_settings(path) == (Settings(language="de"), ())


@pytest.mark.parametrize("version", ["2", True, None, 1.5, [], -1])
def test_a_version_that_is_none_is_an_old_one(tmp_path: Path, version: object) -> None:
    path = tmp_path / "settings.json"
    path.write_text(json.dumps({"schema_version": version, "scheme": "light"}))
    assert load_settings(path) == (Settings(scheme="light"), ())


@pytest.mark.skipif(os.name != "posix", reason="other systems keep rights elsewhere")
def test_only_the_user_may_read_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "settings.json"
    save_settings(Settings(), path)
    assert path.stat().st_mode & 0o077 == 0
    assert path.parent.stat().st_mode & 0o077 == 0
