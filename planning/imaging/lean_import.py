"""Loads pydicom without what it would only fetch its own test files with; reads no file."""

from __future__ import annotations

import sys
from typing import Any

_DOWNLOADER = "requests"


def import_pydicom() -> None:
    """Load pydicom, if it is not there yet, without the library it downloads with.

    pydicom loads `requests`, and all that needs, wherever it is installed, so that its tests can
    fetch files: a tenth of a second of every start. Here image archives alone need it, and load
    it themselves.
    """
    if "pydicom" in sys.modules or _DOWNLOADER in sys.modules:
        return
    modules: dict[str, Any] = sys.modules
    modules[_DOWNLOADER] = None  # whoever imports it is told that it is not there
    try:
        import pydicom  # noqa: F401 (the loading is what is wanted)
    finally:
        del modules[_DOWNLOADER]
