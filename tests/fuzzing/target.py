"""What a fuzzed reader is: how it is fed, what it is fed first, and how its food is changed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.fuzzing.mutators import Mutator


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One reader, or several that are fed alike.

    Parameters
    ----------
    read : callable
        Given bytes and an empty folder; raises what the reader raises.
    seeds : callable
        Given an empty folder; returns inputs that the reader takes.
    """

    name: str
    family: str
    read: Callable[[bytes, Path], None]
    seeds: Callable[[Path], tuple[bytes, ...]]
    mutate: Mutator
