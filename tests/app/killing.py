"""Kills a program that edits, at a random moment, and compares what it left with what it did."""

from __future__ import annotations

import hashlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from app.recovery_shelf import RecoveryShelf
from planning.records.case_file import load_case
from planning.records.document_json import case_to_json
from planning.records.recovery import read_kept, recovered_images

ROOT = Path(__file__).parents[2]


def edit_and_kill(
    case: Path, data: Path, *, seed: int, alive_s: float, pause_s: float, between_s: float = 1.0
) -> tuple[float, list[tuple[float, str]]]:
    """Let a program edit for a while; return when it was killed, and what it said."""
    command = [sys.executable, "-m", "tests.app.editing_child", str(case), str(data), str(seed)]
    child = subprocess.Popen(
        [*command, str(pause_s), str(between_s)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
    assert child.stdout is not None
    with child:
        first = child.stdout.readline()
        assert first, "the program did not start"
        time.sleep(alive_s)
        killed_s = time.monotonic()
        os.kill(child.pid, signal.SIGKILL)
        lines = [first, *child.stdout.read().splitlines(keepends=True)]
        child.wait()
    told = [line.decode().split(maxsplit=1) for line in lines if line.endswith(b"\n")]
    assert not [words for _, words in told if words.startswith("problem")]
    return killed_s, [(float(at), words.strip()) for at, words in told]


def lost_s(case: Path, data: Path, killed_s: float, told: list[tuple[float, str]]) -> float:
    """Recover, and return how long before the kill the recovered case was the open one.

    Nothing kept means that the first case is what is left. Fails if what is kept is no case that
    ever was open, or has no images.
    """
    shelf = RecoveryShelf(data)
    try:
        offers = shelf.offers()
        assert len(offers) <= 1
        assert not [offer.problem for offer in offers if offer.problem]
        kept = [read_kept(offer.folder) for offer in offers]
        loaded = load_case(case, role_tables={})
        for one in kept:
            images = recovered_images(one, loaded.images)
            assert {s.mask_id for s in one.case.structures} <= images.masks.keys()
        left = kept[0].case if kept else loaded.case
    finally:
        shelf.close()
    digest = hashlib.sha256(case_to_json(left).encode()).hexdigest()
    was_open = [n for n, (_, words) in enumerate(told) if words == digest]
    assert was_open, "what was kept was never the open case"
    after = was_open[-1] + 1
    return 0.0 if after >= len(told) else killed_s - told[after][0]
