"""Settings that change while the window is open are kept at once, and only good ones."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from app.preferences import Preferences
from app.settings import Settings, load_settings


def test_a_change_is_told_and_kept_at_once(tmp_path):
    file = tmp_path / "deep" / "settings.json"
    preferences, heard = Preferences(Settings(), file), []
    preferences.changed.connect(lambda new, old: heard.append((old.scheme, new.scheme)))
    preferences.change(scheme="light", text_percent=120)
    assert heard == [("dark", "light")]
    assert load_settings(file) == (preferences.settings, ())
    preferences.change(scheme="light")
    assert len(heard) == 1


def test_a_bad_value_changes_nothing(tmp_path):
    preferences = Preferences(Settings())
    with pytest.raises(ValidationError):
        preferences.change(text_percent=20)
    assert preferences.settings == Settings()
