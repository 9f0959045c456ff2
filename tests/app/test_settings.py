"""Settings survive a round trip, and no file whatever keeps the program from starting."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.settings import Settings, load_settings, save_settings


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
