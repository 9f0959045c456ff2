"""A cohort in words and tables for a terminal; sums nothing up."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.presenters.cohort_parts import interval_words
from app.presenters.cohort_progress import calibration_words, control_words
from app.presenters.cohort_table import group_name, shares_of
from app.terminal import console
from planning.cohort.findings import Findings
from planning.cohort.fitted_model import FittedErrorModel, FittedSpread
from planning.cohort.statistics import GroupSummary

_MOST_OUTLIERS = 10
_PART_WORDS = {
    "at_skin_mm": "at the skin, mm",
    "growth_deg": "direction, deg",
    "off_plane_growth_deg": "direction off plane, deg",
    "along_mm": "along, mm",
    "shared_mm": "of that shared, mm",
    "lateral_mm": "lateral at {depth:.0f} mm, mm",
}


def print_cohort(shown: Findings) -> None:
    """Print the statistics of a cohort and its groups, and what its charts say."""
    out = console()
    whole = shown.groups[0]
    chosen = str(shown.selection) or "all cases"
    counted = f"{_counted(whole.cores, 'core')} in {_counted(whole.cases, 'case')}"
    out.print(escape(f"{chosen}: {counted}"), soft_wrap=True)
    said = shares_of(whole)
    if said:
        out.print(said, soft_wrap=True)
    if whole.cores:
        out.print(_table(shown.groups))
        out.print(
            "95 %: 95th percentile of the magnitude. In brackets bootstrap intervals of 95 %, for "
            "which cases are drawn, not cores.",
            soft_wrap=True,
        )
    if shown.chart.reason:
        out.print(escape(shown.chart.reason), soft_wrap=True)
    elif whole.cores:
        for sentence in control_words(shown.chart):
            out.print(escape(sentence), soft_wrap=True)
    if shown.calibration.reason:
        out.print(escape(f"yield: {shown.calibration.reason}"), soft_wrap=True)
    else:
        for sentence in calibration_words(shown.calibration):
            out.print(escape(sentence), soft_wrap=True)
    out.print("Research use only. Not a medical device.")


def print_fitted(fitted: FittedErrorModel) -> None:
    """Print what was learned for one guidance."""
    out = console()
    model = fitted.model
    out.print(f"\n{escape(f'{model.guidance}: {model.origin}')}", soft_wrap=True)
    if fitted.left_out:
        left = _counted(fitted.left_out, "core")
        out.print(f"{left} without planned depth or angle could not count")
    for name, stage in (("corrected", fitted.corrected), ("first pass", fitted.first_pass)):
        if stage.cores:
            _print_stage(out, name, stage)
        else:
            out.print(f"{name}: no own needles, {escape(stage.spread.source)}", soft_wrap=True)


def _print_stage(out: Console, name: str, stage: FittedSpread) -> None:
    tails = "heavy tails" if stage.spread.heavy_tails else "Gaussian"
    odds = f"log odds {stage.tail_log_odds:+.1f} for heavy tails"
    counted = f"{_counted(stage.cores, 'core')} in {_counted(stage.cases, 'case')}"
    out.print(f"{name}: {counted}, {tails} ({odds})")
    table = _plain("error per axis", "own", "95 % interval", "preset")
    for part in stage.parts:
        words = _PART_WORDS[part.part].format(depth=stage.spread.reference_depth_mm)
        table.add_row(
            words, f"{part.value:.2f}", f"{part.low:.2f} to {part.high:.2f}", f"{part.preset:.2f}"
        )
    out.print(table)
    for outlier in stage.outliers[:_MOST_OUTLIERS]:
        what = f"case {outlier.case}, core {outlier.core}"
        how = f"lateral {outlier.lateral_mm:.1f} mm, depth {outlier.depth_mm:+.1f} mm"
        far = f"{outlier.distance:.1f} deviations; it counts"
        out.print(f"[yellow]outlier[/] {escape(what)}: {how}, {far}", soft_wrap=True)
    more = len(stage.outliers) - _MOST_OUTLIERS
    if more > 0:
        out.print(f"and {more} more outliers")
    for remark in stage.remarks:
        out.print(f"[yellow]note[/] {escape(remark)}", soft_wrap=True)


def _table(groups: Sequence[GroupSummary]) -> Table:
    table = _plain("group", "error", "cores", "cases", "mean", "SD", "median", "95 %", "")
    for group in groups:
        name = escape(group_name(group))
        if not group.measures:
            table.add_row(name, "", "0", "0", "", "", "", "", escape(group.remark))
        for number, one in enumerate(group.measures):
            table.add_row(
                name if number == 0 else "",
                f"{one.measure.label}, {one.measure.unit}",
                str(one.cores),
                str(one.cases),
                *map(interval_words, (one.mean, one.sd, one.median, one.p95)),
                escape(group.remark) if number == 0 else "",
            )
    return table


def _counted(count: int, what: str) -> str:
    return f"{count} {what}" if count == 1 else f"{count} {what}s"


def _plain(*headers: str) -> Table:
    table = Table(box=None, pad_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold")
    return table
