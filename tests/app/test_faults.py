"""A sample of what `endurance/run_faults.py` tries: faults that need neither root nor patience."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fault_desk import Desk, Fault
from tests.faults import FAULTS

SAMPLE = (
    "a file is where a folder above shall be",
    "the CT was cut short",
    "the registry is some other file",
)


def test_there_are_enough() -> None:
    assert len({fault.name for fault in FAULTS}) == len(FAULTS) >= 20


@pytest.mark.parametrize("fault", [f for f in FAULTS if f.name in SAMPLE], ids=lambda f: f.name)
def test_a_fault_is_said_and_nothing_is_lost(fault: Fault, tmp_path: Path) -> None:
    ran = fault.run(Desk(tmp_path, None).made())
    assert ran.wrong == "", ran.message
