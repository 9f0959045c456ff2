"""A cohort read from the department's registry: whole, with its scans, ready to be learned from."""

from __future__ import annotations

from pathlib import Path

import pytest

from app import catalogue
from app.cohort_source import rows_of_registry
from planning.cohort.findings import findings
from planning.cohort.learning import fit_error_model
from planning.errors import InputError
from planning.model.case import Guidance
from tests.registries import file_place
from tests.simulated_registry import Truth, simulated_rows


def test_stored_cases_come_back_as_a_cohort_that_shows_the_operator_s_errors(
    tmp_path: Path,
) -> None:
    from planning.records.registry.storing import store_rows

    place = file_place(tmp_path)
    truth = Truth(at_skin_mm=2.0, growth_deg=1.2, along_mm=3.0)
    store_rows(place.open(), simulated_rows(120, cores=2, truth=truth))
    rows = rows_of_registry(place.where, tmp_path)
    assert len(rows) == 240
    shown = findings(rows, catalogue.cohort_rules())
    assert shown.groups[0].cases == 120
    assert shown.chart.baseline == 50
    assert shown.calibration.count == 240
    depth = shown.groups[0].of("depth_mm")
    assert depth is not None
    assert depth.sd is not None
    assert depth.sd.value == pytest.approx(truth.along_mm, rel=0.15)
    fitted = fit_error_model(
        rows, catalogue.error_models()[Guidance.NAVIGATED], catalogue.cohort_rules()
    )
    assert fitted.corrected.spread.along_mm == pytest.approx(truth.along_mm, rel=0.15)
    assert fitted.model.case_count == 120


def test_the_environment_names_the_department_s_registry(tmp_path: Path, monkeypatch) -> None:
    place = file_place(tmp_path)
    monkeypatch.setenv("TREPHINE_REGISTRY", place.where)
    assert len(rows_of_registry(data_dir=tmp_path / "elsewhere")) == 0
    monkeypatch.delenv("TREPHINE_REGISTRY")
    with pytest.raises(InputError, match="no registry"):
        rows_of_registry(data_dir=tmp_path / "elsewhere")
