"""What may come out of a reader, whatever it is fed; feeds none."""

from __future__ import annotations

import shutil
import warnings
from pathlib import Path

from planning.errors import TrephineError
from planning.progress import Cancelled
from tests.fuzzing.target import Target


def survives(target: Target, data: bytes, scratch: Path) -> str:
    """Feed a reader, and return what it said; anything but an error for people comes out of here.

    Parameters
    ----------
    scratch : Path
        A folder below which an empty one is made.
    """
    folder = scratch / "input"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of numbers that overflow: the program goes on
        try:
            target.read(data, folder)
        except (TrephineError, Cancelled) as error:
            return str(error) or type(error).__name__
    return ""
