"""What files say is printed as it stands: brackets in a name are no markup, nothing is lost."""

from __future__ import annotations

from dataclasses import replace

import pytest

from app import catalogue
from app.console import print_candidate, print_plan, print_series
from app.terminal import progress_bar
from planning.image import Patient, Series
from planning.imaging.dicom_series import SeriesSummary
from planning.model.plan import PlanResult
from planning.progress import SILENT


def test_brackets_in_a_description_stay(capsys: pytest.CaptureFixture[str]) -> None:
    summary = SeriesSummary(
        key="1",
        series=Series(modality="CT", series_number="7", description="[bold]Becken[/bold] [1mm]"),
        patient=Patient(),
        file_count=3,
        size_ijk=(512, 512, 3),
        spacing_mm=(1.0, 1.0, 1.0),
        problem="slice [2] is missing",
    )
    print_series((summary,))
    printed = capsys.readouterr().out
    assert "[bold]Becken[/bold] [1mm]" in printed
    assert "slice [2] is missing" in printed


def test_names_of_structures_stay_and_reasons_are_grouped(
    plan: PlanResult, capsys: pytest.CaptureFixture[str]
) -> None:
    best = plan.candidates[0]
    odd = replace(best, nearest=(replace(best.nearest[0], structure="nerve [/] right"),))
    protocol = catalogue.protocol("bone-ct")
    print_plan(replace(plan, candidates=(odd,)), protocol)
    printed = capsys.readouterr().out
    assert "nerve [/] right" in printed
    assert "not checked vessel_clearance_mm: no mask of any vessel" in printed
    assert "700  needle too short" in printed
    print_candidate(replace(odd, violations=("reach",)), protocol)
    printed = capsys.readouterr().out
    assert "nerve [/] right" in printed
    assert "limit broken reach: needle too short" in printed
    assert "Nearest vessel" in printed


def test_in_a_pipe_there_is_no_bar(capsys: pytest.CaptureFixture[str]) -> None:
    with progress_bar() as progress:
        progress.report(0.5, "half")
    assert progress is SILENT
    assert capsys.readouterr().err == ""
