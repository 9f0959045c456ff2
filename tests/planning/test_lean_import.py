"""pydicom is loaded without what it downloads with, and that can still be loaded afterwards."""

from __future__ import annotations

import subprocess
import sys

LOAD = """
import sys
from planning.imaging.lean_import import import_pydicom
import_pydicom()
print("requests" in sys.modules, "pydicom" in sys.modules)
import requests, pydicom
print(requests.get is not None, pydicom.dcmread is not None)
import_pydicom()
"""


def test_pydicom_comes_without_its_downloader_which_others_may_load():
    done = subprocess.run([sys.executable, "-c", LOAD], check=True, capture_output=True, text=True)
    assert done.stdout.split() == ["False", "True", "True", "True"]
