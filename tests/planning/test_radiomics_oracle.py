"""Every feature that is offered against the reference values of the IBSI digital phantom."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from planning.imaging.masks import label_mask
from planning.imaging.volume_files import read_label_map, read_volume
from planning.radiomics.feature import Family, Feature
from planning.radiomics.lesion_features import lesion_features
from planning.radiomics.settings import RadiomicSettings

OFFERED = {
    Family.SHAPE: ("morph_", 25),
    Family.STATISTICS: ("stat_", 18),
    Family.HISTOGRAM: ("ih_", 23),
    Family.GLCM_AVERAGED: ("cm_", 25),
    Family.GLCM_MERGED: ("cm_", 25),
}
SETTINGS = RadiomicSettings(
    grid_mm=2.0, bin_size_hu=1.0, lowest_bin_edge_hu=1.0, log_scales_mm=(2.0, 4.0)
)
"""The phantom's own grid and levels: nothing is resampled, level 1 is intensity 1."""


@pytest.fixture(scope="module")
def features(data_dir: Path) -> tuple[Feature, ...]:
    folder = data_dir / "ibsi" / "digital_phantom"
    mask = label_mask(read_label_map(folder / "mask" / "mask.nii.gz"), None)
    return lesion_features(read_volume(folder / "image" / "phantom.nii.gz"), mask, SETTINGS)


@pytest.fixture(scope="module")
def reference(data_dir: Path) -> dict[str, dict[str, float]]:
    text = (data_dir / "ibsi" / "digital_phantom_reference_values.json").read_text()
    return json.loads(text)


def test_every_offered_feature_agrees_with_its_reference_value(features, reference):
    wrong = {}
    compared = [f for f in features if f.family is not Family.LOG]
    for feature in compared:
        expected, tolerance = reference[feature.key]["value"], reference[feature.key]["tolerance"]
        if tolerance > 0.0:
            agrees = abs(feature.value - expected) <= tolerance
        else:  # the reference itself is rounded to three figures
            agrees = float(f"{feature.value:.3g}") == expected
        if not agrees:
            wrong[feature.key] = (feature.value, expected)
    assert wrong == {}
    assert len(compared) == 116


def test_nothing_of_these_families_is_left_out(features, reference):
    for family, (prefix, count) in OFFERED.items():
        ours = [f.key for f in features if f.family is family]
        assert len(ours) == count
        assert all(key.startswith(prefix) for key in ours)
    families = ("morph_", "stat_", "ih_")
    wanted = {key for key in reference if key.startswith(families)}
    wanted |= {key for key in reference if key.startswith("cm_") and "_3D_" in key}
    assert wanted == {f.key for f in features if f.family is not Family.LOG}


def test_the_mesh_is_that_of_marching_cubes(features):
    """The consensus volume 556 and area 388, to more figures than the tolerance asks for."""
    values = {f.key: f.value for f in features}
    assert values["morph_volume"] == pytest.approx(556.0 + 1.0 / 3.0, abs=1e-9)
    assert values["morph_area_mesh"] == pytest.approx(388.07, abs=5e-3)


def test_keys_are_unique_and_codes_have_four_characters(features):
    keys = [f.key for f in features]
    assert len(set(keys)) == len(keys) == 116 + 2 * 18
    assert all(len(f.ibsi_code) == 4 for f in features)
    plain = [f.ibsi_code for f in features if f.family not in (Family.LOG, Family.GLCM_MERGED)]
    assert len(set(plain)) == len(plain)
