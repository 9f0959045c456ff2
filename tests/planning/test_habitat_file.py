"""The numbers habitats are found by: what is shipped reads, and how a wrong file is refused."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from planning.errors import InputError
from planning.records.habitat_file import read_habitat_rules

SHIPPED = (Path(__file__).parents[2] / "resources" / "habitats.toml").read_bytes()


def test_shipped_rules_are_those_of_the_model() -> None:
    rules = read_habitat_rules(SHIPPED)
    assert 1.5 <= rules.spacing_mm <= rules.large_spacing_mm <= 2.0
    assert 3.0 <= rules.kernel_radius_mm <= 4.0
    assert (rules.air_hu, rules.cortex_hu, rules.entropy_bin_hu) == (-150.0, 300.0, 25.0)
    assert rules.log_scales_mm == (2.0, 4.0)
    assert rules.parts_at_most == 5
    assert rules.dice_at_least == 0.7
    numbers = tomllib.loads(SHIPPED.decode())["habitats"]
    assert all(number["source"] for number in numbers.values())


def _with(old: str, new: str) -> bytes:
    text = SHIPPED.decode()
    assert old in text
    return text.replace(old, new).encode()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"x", "The file of habitat rules is not valid TOML"),
        (_with("schema_version = 1", "schema_version = 2"), "schema version 2"),
        (_with("air_hu", "air_hus"), 'no key "air_hus"; did you mean "air_hu"'),
        (_with("value = 0.7,", "value = 1.7,"), "less than or equal to 1"),
        (_with("value = 5,", "value = 0,"), "greater than or equal to 1"),
        (_with('value = 200.0, source = "soft', 'value = 400.0, source = "soft'), "400 and 300"),
    ],
)
def test_wrong_rules_are_refused(data: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_habitat_rules(data)
