"""Every reader, fed with changed files and with anything: only errors written for people come out.

The long search, led by coverage, is `run.py`; here a little of it is done in every CI run, the same
each time.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.fuzzing.all_targets import FAMILIES, target
from tests.fuzzing.oracle import survives

NAMES = [name for names in FAMILIES.values() for name in names]
_QUICK = settings(
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@cache
def seeds(name: str) -> tuple[bytes, ...]:
    with TemporaryDirectory() as folder:
        return target(name).seeds(Path(folder))


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_is_what_the_reader_takes(name: str, tmp_path: Path) -> None:
    """Else nothing behind its first refusal would ever be reached."""
    said = [survives(target(name), seed, tmp_path) for seed in seeds(name)]
    assert said == [""] * len(said)


@pytest.mark.parametrize("name", NAMES)
def test_changed_files_are_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    found = target(name)

    @settings(_QUICK, max_examples=20)
    @given(st.integers(0, 2**32), st.integers(1, 3))
    def feed(chance: int, times: int) -> None:
        rng = Random(chance)
        data = rng.choice(seeds(name))
        for _ in range(times):
            data = found.mutate(data, rng)
        survives(found, data[: 1 << 16], tmp_path)

    feed()


@pytest.mark.parametrize("name", NAMES)
def test_anything_is_read_or_refused_in_words(name: str, tmp_path: Path) -> None:
    found = target(name)

    @settings(_QUICK, max_examples=12)
    @given(st.binary(max_size=600))
    def feed(data: bytes) -> None:
        survives(found, data, tmp_path)

    feed()
