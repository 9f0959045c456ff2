"""A plan in tables for a terminal, in plain lines for a pipe; decides nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from app.terminal import console, plain_table
from app.views.wording import angle_words
from planning.model.core_set import CoreSet
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol
from planning.trajectories.cores.scenarios import ENOUGH
from planning.trajectories.cortex_words import bone_words
from planning.trajectories.criteria import CRITERIA

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary


def print_plan(plan: PlanResult, protocol: Protocol) -> None:
    """Print the ranked table, or why there is none, and what was not checked."""
    out = console()
    out.print(
        f"{len(plan.candidates)} trajectories of {plan.evaluated:,} candidates, "
        f"{plan.needle.name}, {plan.guidance}, protocol {plan.protocol_key} {plan.protocol_version}"
    )
    if plan.viability_source:
        out.print(f"viability: {escape(plan.viability_source)}", soft_wrap=True)
    if plan.candidates:
        out.print(_candidates_table(plan))
    else:
        out.print("No candidate meets every limit.")
    if plan.core_set is not None:
        _print_core_set(out, plan.core_set)
    for candidate in plan.candidates:
        for notice in candidate.warnings:
            said = f"[yellow]note on {escape(candidate.candidate_id)}[/] {escape(notice.text)}"
            out.print(said, soft_wrap=True)
    if any(plan.rejected.values()):
        out.print(_rejected_table(plan, protocol))
    for reason, keys in _by_reason(plan).items():
        out.print(
            f"[yellow]not checked[/] {escape(', '.join(keys))}: {escape(reason)}", soft_wrap=True
        )
    for notice in plan.warnings:
        out.print(f"[yellow]note[/] {escape(notice.text)}", soft_wrap=True)
    out.print("Research use only. Not a medical device.")


def _print_core_set(out: Console, core_set: CoreSet) -> None:
    """Print the cores that are taken together, what they cover, and where each goes."""
    tract = escape(str(core_set.tract))
    out.print(f"\nSet of {len(core_set.cores)} cores; contaminated tract: {tract}", soft_wrap=True)
    table = plain_table("core", "for", "into", "expected", "P", "HU", "tissue mm3", "mind")
    for core in core_set.cores:
        values = core.candidate.criteria
        table.add_row(
            escape(core.candidate.candidate_id),
            core.purpose.value,
            escape(core.container),
            _number(values.get("expected_viable_length_mm"), 1),
            _number(values.get("viable_probability"), 2),
            _number(values.get("specimen_mean_hu"), 0),
            f"{core.tissue_mm3:.0f}",
            escape(core.advice),
        )
    out.print(table)
    for name, chance in core_set.coverage.items():
        what = "one core holds enough" if name == ENOUGH else f"{name} is sampled"
        millimetres = core_set.expected_mm.get(name)
        length = "" if millimetres is None else f", {millimetres:.1f} mm expected"
        out.print(f"P({escape(what)}) = {chance:.2f}{length}")
    out.print(
        f"best of {core_set.tested} cores tested over {core_set.scenarios} scenarios, "
        f"gap {core_set.gap:.1%}, specimens at least {core_set.spacing_mm:.1f} mm apart, "
        f"effective habitats {core_set.effective_habitats:.1f}"
    )
    out.print("Chances hold if masks and error model hold.")
    for notice in core_set.warnings:
        out.print(f"[yellow]note[/] {escape(notice.text)}", soft_wrap=True)
    out.print()


def print_candidate(candidate: Candidate, protocol: Protocol) -> None:
    """Print every number of one trajectory, what it comes near, and which limits it breaks."""
    out = console()
    table = plain_table("measure", "value", "unit")
    for criterion in CRITERIA:
        value = candidate.criteria.get(criterion.key)
        said = "not known" if value is None else f"{value:.{criterion.decimals}f}"
        table.add_row(criterion.label, said, "" if value is None else criterion.unit)
    out.print(table)
    for name, length_mm in candidate.habitat_mm.items():
        out.print(f"{escape(name)}: {length_mm:.1f} mm")
    if candidate.bone is not None:
        out.print(escape(bone_words(candidate.bone)), soft_wrap=True)
    if candidate.nearest:
        out.print(_nearest_table(candidate))
    for key in candidate.violations:
        text = escape(protocol.text_of(key))
        out.print(f"[red]limit broken[/] {key}: {text}", soft_wrap=True)
    for notice in candidate.warnings:
        out.print(f"[yellow]note[/] {escape(notice.text)}", soft_wrap=True)
    out.print("Research use only. Not a medical device.")


def print_series(found: tuple[SeriesSummary, ...]) -> None:
    """Print what a folder of DICOM holds, and what is wrong with it."""
    table = plain_table(
        "number", "modality", "description", "date", "files", "size", "spacing mm", ""
    )
    for summary in found:
        series = summary.series
        size = " x ".join(map(str, summary.size_ijk))
        spacing = " x ".join(f"{s:.2f}" for s in summary.spacing_mm)
        state = (
            f"[red]{escape(summary.problem)}[/]"
            if summary.problem
            else "[green]reads as a volume[/]"
        )
        table.add_row(
            escape(series.series_number),
            escape(series.modality),
            escape(series.description),
            escape(series.date),
            str(summary.file_count),
            "" if summary.problem else size,
            "" if summary.problem else spacing,
            "; ".join((state, *map(escape, summary.notes))),
        )
    console().print(table)


def _by_reason(plan: PlanResult) -> dict[str, list[str]]:
    """Return what was not checked, by the reason, in the plan's order."""
    found: dict[str, list[str]] = {}
    for item in plan.not_checked:
        found.setdefault(item.reason, []).append(item.key)
    return found


def _candidates_table(plan: PlanResult) -> Table:
    table = plain_table(
        "id", "viable", "expected", "P", "stop", "tip", "angle", "nearest", "mm", "score"
    )
    for candidate in plan.candidates:
        values = candidate.criteria
        nearest = candidate.nearest[0] if candidate.nearest else None
        table.add_row(
            escape(candidate.candidate_id),
            _number(values.get("viable_length_mm"), 1),
            _number(values.get("expected_viable_length_mm"), 1),
            _number(values.get("viable_probability"), 2),
            _number(values.get("stop_depth_mm"), 0),
            _number(values.get("insertion_depth_mm"), 0),
            angle_words(values.get("axial_angle_deg"), values.get("craniocaudal_angle_deg")),
            escape(nearest.structure) if nearest else "not checked",
            f"{nearest.clearance_mm:.1f}" if nearest else "",
            f"{candidate.score:.2f}",
        )
    return table


def _rejected_table(plan: PlanResult, protocol: Protocol) -> Table:
    table = plain_table("rejected", "because")
    table.columns[0].justify = "right"
    for key, count in plan.rejected.items():
        if count:
            table.add_row(f"{count:,}", escape(protocol.text_of(key)))
    return table


def _nearest_table(candidate: Candidate) -> Table:
    table = plain_table(
        "structure", "role", "clearance mm", "needs mm", "at depth mm", "P(touch at first pass)"
    )
    for near in candidate.nearest:
        table.add_row(
            escape(near.structure),
            near.role,
            f"{near.clearance_mm:.1f}",
            f"{near.margin_mm:.1f}",
            f"{near.depth_mm:.0f}",
            _number(near.touch_probability, 3),
        )
    return table


def _number(value: float | None, decimals: int) -> str:
    return "not known" if value is None else f"{value:.{decimals}f}"
