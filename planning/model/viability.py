"""From which brightness on a second image counts as viable tumour; values alone, no pixels."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ViabilityThreshold:
    """A fraction of the lesion's 99th percentile, and where the number comes from."""

    fraction: float
    source: str


@dataclass(frozen=True, slots=True)
class ViabilityRules:
    """What holds where a case gives no threshold of its own, by kind of image (``pet``, ``mr``)."""

    thresholds: Mapping[str, ViabilityThreshold]
