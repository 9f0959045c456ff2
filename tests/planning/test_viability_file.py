"""The shipped viability thresholds, and how mistakes in such a file are told."""

from __future__ import annotations

from pathlib import Path

import pytest

from planning.errors import InputError
from planning.records.viability_file import read_viability_rules

SHIPPED = (Path(__file__).parents[2] / "resources" / "viability.toml").read_bytes()


def test_the_shipped_thresholds_have_sources():
    rules = read_viability_rules(SHIPPED).thresholds
    assert {kind: rule.fraction for kind, rule in rules.items()} == {"pet": 0.4, "mr": 0.5}
    assert all("engineering default" in rule.source for rule in rules.values())


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"schema_version = 1", b"schema_version = 2", "update Trephine"),
        (b"[mr]", b"[mri]", r'no key "mri"; did you mean "mr"'),
        (b"threshold = 0.4", b"threshold = 40", "less than 1"),
        (b"threshold = 0.4", b"treshold = 0.4", '"threshold"'),
    ],
)
def test_mistakes_are_told(old, new, message):
    with pytest.raises(InputError, match=message):
        read_viability_rules(SHIPPED.replace(old, new))
