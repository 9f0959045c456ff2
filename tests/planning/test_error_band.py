"""The band in which needles run says the same as the clearances a plan demands."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planning.anatomy.envelope import r95_mm
from planning.anatomy.risks import RiskGroup
from planning.geometry import HEAD_LPS
from planning.model.case import Guidance
from planning.model.error_model import R95, Z95, ErrorModel
from planning.model.needle import Needle, NeedleKind, Trajectory
from planning.records.error_model_file import read_error_models
from planning.trajectories.error_band import error_band_mm

_FILE = Path(__file__).parents[2] / "resources" / "error_models.toml"
NEEDLE = Needle(
    key="n",
    name="n",
    kind=NeedleKind.TREPHINE,
    gauge=11,
    outer_diameter_mm=3.0,
    inner_diameter_mm=2.4,
    usable_length_mm=100.0,
    core_length_mm=15.0,
)


@pytest.fixture(params=list(Guidance))
def model(request: pytest.FixtureRequest) -> ErrorModel:
    return read_error_models(_FILE.read_bytes())[request.param]


def path(tilt_deg: float, depth_mm: float = 73.0) -> Trajectory:
    tilt = np.radians(tilt_deg)
    x, z = depth_mm * float(np.cos(tilt)), depth_mm * float(np.sin(tilt))
    return Trajectory((10.0, 20.0, 30.0), (10.0 + x, 20.0, 30.0 + z))


@pytest.mark.parametrize("tilt_deg", [0.0, 4.0, -25.0])
def test_it_is_what_a_structure_of_certain_edges_demands(
    model: ErrorModel, tilt_deg: float
) -> None:
    depth, radius = np.array(error_band_mm(path(tilt_deg), NEEDLE, model, HEAD_LPS)).T
    group = RiskGroup(risk_class="nerve", margin_mm=0.0, doubt_mm=0.0, enveloped=True)
    demanded = r95_mm(group, model.corrected, depth, tilt_deg)
    assert radius == pytest.approx(NEEDLE.radius_mm + demanded)
    assert depth[0] == 0.0
    assert depth[-1] == pytest.approx(73.0 + Z95 * model.corrected.along_mm)


def test_straight_lines_between_its_samples_are_good(model: ErrorModel) -> None:
    depth, radius = np.array(error_band_mm(path(10.0), NEEDLE, model, HEAD_LPS)).T
    fine = np.linspace(0.0, depth[-1], 400)
    exact = NEEDLE.radius_mm + R95 * model.corrected.lateral_mm(fine, 10.0)
    assert np.interp(fine, depth, radius) == pytest.approx(exact, abs=0.05)


def test_95_of_100_drawn_needles_stay_inside(model: ErrorModel) -> None:
    gauss = replace(model.corrected, heavy_tails=False)
    depth_mm, radius_mm = error_band_mm(path(0.0), NEEDLE, model, HEAD_LPS)[-2]
    sigma = float(gauss.lateral_mm(depth_mm))
    drawn = np.random.default_rng(3).normal(0.0, sigma, (40_000, 2))
    inside = np.linalg.norm(drawn, axis=1) + NEEDLE.radius_mm <= radius_mm
    assert inside.mean() == pytest.approx(0.95, abs=0.005)
