"""The presets of placement error: what their file says, what grows with depth, what is refused."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from planning.anatomy.envelope import envelope_tables, required_mm
from planning.anatomy.fields import CLEARANCE_UNITS_PER_MM
from planning.anatomy.risks import RiskGroup
from planning.errors import InputError
from planning.model.case import Guidance, Role, Structure
from planning.model.error_model import R95, ErrorModel
from planning.records.error_model_file import read_error_models

_FILE = Path(__file__).parents[2] / "resources" / "error_models.toml"


@pytest.fixture(scope="module")
def models() -> dict[Guidance, ErrorModel]:
    return read_error_models(_FILE.read_bytes())


@pytest.mark.parametrize(
    ("guidance", "sigma_mm"),
    [
        (Guidance.ROBOT, 1.8),
        (Guidance.AIMING_DEVICE, 2.1),
        (Guidance.NAVIGATED, 3.3),
        (Guidance.FREEHAND, 3.7),
    ],
)
def test_each_preset_is_what_its_source_measured(
    models: dict[Guidance, ErrorModel], guidance: Guidance, sigma_mm: float
) -> None:
    model = models[guidance]
    corrected = model.corrected
    assert float(corrected.lateral_mm(corrected.reference_depth_mm)) == pytest.approx(
        sigma_mm, abs=0.05
    )
    depths = np.arange(0.0, 150.0, 10.0)
    for spread in (model.first_pass, corrected):
        assert (np.diff(spread.lateral_mm(depths)) > 0).all()
        assert spread.source
    assert (model.first_pass.lateral_mm(depths) > corrected.lateral_mm(depths)).all()
    assert model.first_pass.heavy_tails
    assert not corrected.heavy_tails


def test_freehand_grows_off_the_scan_plane_and_others_do_not(
    models: dict[Guidance, ErrorModel],
) -> None:
    freehand = models[Guidance.FREEHAND].corrected
    growth = freehand.growth(np.array([0.0, 5.0, 10.0, 40.0, -40.0]))
    assert growth[0] < growth[1] < growth[2] == growth[3] == growth[4]
    assert growth[2] ** 2 - growth[0] ** 2 == pytest.approx(np.tan(np.radians(5.0)) ** 2)
    robot = models[Guidance.ROBOT].corrected
    assert np.ptp(robot.growth(np.array([0.0, 30.0]))) == 0.0


def test_who_made_a_mask_and_what_breathes_widen_its_edge(
    models: dict[Guidance, ErrorModel],
) -> None:
    doubt = models[Guidance.ROBOT].doubt
    vessel = Structure(name="aorta", role=Role.VESSEL, mask_id="a")
    assert doubt.total_mm(vessel) == 1.5
    drawn = Structure(name="aorta", role=Role.VESSEL, mask_id="a", made_by="Expert contour")
    checked = Structure(name="aorta", role=Role.VESSEL, mask_id="a", verified_by="R. Muster")
    assert doubt.total_mm(drawn) == doubt.total_mm(checked) == 1.0
    kidney = Structure(name="kidney_left", role=Role.ORGAN, mask_id="k")
    lung = Structure(name="left", role=Role.LUNG, mask_id="l")
    assert doubt.total_mm(kidney) == doubt.total_mm(lung) == pytest.approx(np.hypot(1.5, 2.5))


def test_the_envelope_is_the_larger_of_margin_and_error(
    models: dict[Guidance, ErrorModel],
) -> None:
    spread = models[Guidance.NAVIGATED].corrected
    group = RiskGroup(risk_class="nerve", margin_mm=8.0, doubt_mm=1.5, enveloped=True)
    depth = np.array([0.0, 40.0, 80.0, 120.0])
    error = R95 * np.hypot(spread.lateral_mm(depth), 1.5)
    assert required_mm(group, spread, depth) == pytest.approx(np.maximum(8.0, error))
    assert error[0] < 8.0 < error[-1]
    plain = RiskGroup(risk_class="joint", margin_mm=0.0, doubt_mm=1.5, enveloped=False)
    assert required_mm(plain, spread, depth) == pytest.approx(np.zeros(4))


def test_the_tables_never_ask_for_less_than_the_formula(
    models: dict[Guidance, ErrorModel],
) -> None:
    spread = models[Guidance.FREEHAND].corrected
    groups = (
        RiskGroup(risk_class="vessel", margin_mm=10.0, doubt_mm=1.5, enveloped=True),
        RiskGroup(
            risk_class="organ", margin_mm=5.0, doubt_mm=1.0, enveloped=True, margin_in_bone_mm=1.0
        ),
    )
    tables = envelope_tables(groups, spread, radius_mm=1.5, deepest_mm=120.0)
    angles = np.array([0.0, 0.4, 3.3, 9.9, 12.0, -6.0])
    bins = tables.bins(angles, spread)
    for angle, number in zip(angles, bins, strict=True):
        for g, group in enumerate(groups):
            exact = required_mm(group, spread, np.arange(120.0), float(angle)) + 1.5
            table = tables.required[0, number, :120, g] / CLEARANCE_UNITS_PER_MM
            assert (table >= exact - 1e-9).all()
            assert (table <= exact + 1.6).all()
    assert (tables.required[1, :, :, 1] == 2.5 * CLEARANCE_UNITS_PER_MM).all()
    assert np.array_equal(tables.required[1, :, :, 0], tables.required[0, :, :, 0])


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("lateral_mm = 2.1", "lateral_mm = 2.4", "reference depth"),
        ("shared_mm = 2.0", "shared_mm = 2.6", "shared_mm"),
        ("along_mm = 1.0", "along_mm = 0.0", "along_mm"),
        ('guidance = "robot"', 'guidance = "navigated"', "two models"),
        ("heavy_tails = true", "heavy_tail = true", "heavy_tails"),
        ("schema_version = 1", "schema_version = 9", "newer|update"),
    ],
)
def test_a_file_that_contradicts_itself_is_refused(old: str, new: str, said: str) -> None:
    text = _FILE.read_text(encoding="utf-8")
    assert old in text
    with pytest.raises(InputError, match=said):
        read_error_models(text.replace(old, new, 1).encode())


def test_a_guidance_without_a_model_is_refused() -> None:
    text = _FILE.read_text(encoding="utf-8")
    with pytest.raises(InputError, match="freehand"):
        read_error_models(text[: text.rindex("[[model]]")].encode())
