"""A program killed while it writes loses nothing it said it stored; endurance kills more."""

from __future__ import annotations

import os

import pytest

from tests.registries import Place
from tests.registry_killing import kill_many

KILLS = 4

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system forks no processes")


def test_kills_lose_nothing_and_break_no_chain(place: Place) -> None:
    if place.is_file:
        place.file.unlink()  # so that the first are killed while they make it
    said = kill_many(place.where, place.data_dir, KILLS, seed=5)
    assert said.startswith(f"{KILLS} kills: ")
    assert said.endswith("nothing lost")
