"""Everything that is shown of a cohort, found at once; shows nothing."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from planning.cohort.calibration import Calibration, calibration
from planning.cohort.control_chart import ControlChart, control_chart
from planning.cohort.curves import (
    LearningCurve,
    RunningMedian,
    learning_curves,
    running_median,
)
from planning.cohort.grouping import Grouping, Selection, choices, final_errors, selected
from planning.cohort.rules import CohortRules
from planning.cohort.statistics import GroupSummary, summaries
from planning.cohort.tip_cloud import TipCloud, tip_cloud
from planning.model.cohort import CohortRows
from planning.progress import SILENT, Progress

_WINDOWS = 15  # that fit side by side into a cohort


@dataclass(frozen=True, slots=True, kw_only=True)
class Choices:
    """What a cohort can be narrowed down to, each in alphabetical order."""

    guidance: tuple[str, ...] = ()
    operator: tuple[str, ...] = ()
    site: tuple[str, ...] = ()
    needle: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Findings:
    """A selection of a cohort, summed up and charted.

    Parameters
    ----------
    rows : CohortRows
        The cores that were imaged, each where it finally was.
    groups : tuple of GroupSummary
        The whole selection first.
    by_depth, by_angle : RunningMedian or None
        Of the lateral error; None for too few cores.
    """

    selection: Selection
    choices: Choices
    rows: CohortRows
    groups: tuple[GroupSummary, ...]
    chart: ControlChart
    curves: tuple[LearningCurve, ...]
    calibration: Calibration
    cloud: TipCloud
    by_depth: RunningMedian | None
    by_angle: RunningMedian | None


def findings(
    rows: CohortRows,
    rules: CohortRules,
    selection: Selection | None = None,
    *,
    by: Grouping | None = None,
    progress: Progress = SILENT,
) -> Findings:
    """Return what a cohort, or a selection of it, shows.

    Raises
    ------
    Cancelled
        If it is no longer wanted.
    """
    wanted = selection or Selection()
    chosen = selected(rows, wanted)
    last = final_errors(chosen)
    progress.report(0.1, "Summing up the cohort")
    groups = summaries(chosen, rules, by)
    progress.report(0.7, "Drawing its charts")
    window = max(rules.window_cases, len(last) // _WINDOWS)
    known = chosen.where(chosen.is_last)
    return Findings(
        selection=wanted,
        choices=choices_of(rows),
        rows=last,
        groups=groups,
        chart=control_chart(last, rules.chart),
        curves=learning_curves(last, rules),
        calibration=calibration(
            known.predicted_probability,
            known.adequate,
            bins=rules.calibration_bins,
            fewest=rules.fewest_outcomes,
        ),
        cloud=tip_cloud(last),
        by_depth=running_median(last.planned_depth_mm, last.lateral_tip_mm, window),
        by_angle=running_median(np.abs(last.planned_angle_deg), last.lateral_tip_mm, window),
    )


def choices_of(rows: CohortRows) -> Choices:
    """Return what a cohort can be narrowed down to."""
    return Choices(
        guidance=choices(rows.guidance),
        operator=choices(rows.operator),
        site=choices(rows.site),
        needle=choices(rows.needle),
    )
