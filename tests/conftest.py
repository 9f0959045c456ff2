"""Fixtures every test may use: where the real data lies; no assertions of its own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

_BESIDE_THE_CHECKOUT = Path(__file__).resolve().parents[2] / "shared" / "data"


@pytest.fixture(scope="session")
def data_dir() -> Path:
    """Return the folder of real data, or skip with the reason."""
    folder = Path(os.environ.get("TREPHINE_DATA", _BESIDE_THE_CHECKOUT))
    if not folder.is_dir():
        pytest.skip(f"real data not found at {folder}; set TREPHINE_DATA to its folder")
    return folder
