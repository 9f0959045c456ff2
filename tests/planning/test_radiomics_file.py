"""The radiomic settings: what is shipped reads, and how a wrong file is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from planning.errors import InputError
from planning.records.radiomics_file import read_radiomic_settings

SHIPPED = (Path(__file__).parents[2] / "resources" / "radiomics.toml").read_bytes()


def test_shipped_settings_are_those_of_the_model():
    settings = read_radiomic_settings(SHIPPED)
    assert 1.0 <= settings.grid_mm <= 2.0
    assert (settings.bin_size_hu, settings.lowest_bin_edge_hu) == (25.0, -1000.0)
    assert settings.log_scales_mm == (2.0, 4.0)
    names = [name for name, _ in settings.sources]
    assert names == ["grid_mm", "bin_size_hu", "lowest_bin_edge_hu", "log_scales_mm"]
    assert all(source for _, source in settings.sources)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"schema_version = 1", b"schema_version = 2", "schema version 2"),
        (b"bin_size_hu", b"bin_size", 'no key "bin_size"; did you mean "bin_size_hu"'),
        (b"value = 25.0", b"value = 0.0", "greater than 0"),
        (b"[2.0, 4.0]", b"[2.0, -4.0]", "greater than 0"),
        (b"value = 1.5, source", b"value = 1.5, sauce", '"source"'),
        (b"grid_mm = {", b"grid_mm = [", "not valid TOML"),
    ],
)
def test_a_wrong_file_is_refused_in_words(old, new, message):
    assert old in SHIPPED
    with pytest.raises(InputError, match="The file of radiomic settings") as caught:
        read_radiomic_settings(SHIPPED.replace(old, new, 1))
    assert message in str(caught.value)
