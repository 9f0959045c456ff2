"""What `trephine review` prints: the registration, and a table per question; decides nothing."""

from __future__ import annotations

import sys
from typing import TextIO

import numpy as np
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from app.terminal import PlainConsole, console, plain_table
from planning.execution.reviewing import PlannedCores, trajectories_by_id
from planning.imaging.registration import Registration
from planning.model.execution import (
    ExecutedNeedle,
    PlacementError,
    Review,
    ReviewedNeedle,
    SpecimenKnowledge,
)
from planning.model.plan import Candidate, PlanResult
from planning.model.unconfirmed import how_to_confirm, unconfirmed, unconfirmed_words

_STDERR_WIDTH = 160


def print_registration(
    found: Registration, words: str, planned: PlannedCores, *, offer_unmoved: bool
) -> None:
    """Say on the error stream how the control CT lies against the planning CT."""
    on_terminal = sys.stderr.isatty()
    out = PlainConsole(stderr=True, width=None if on_terminal else _STDERR_WIDTH, highlight=False)
    centre = np.mean(planned.ends_lps_mm, axis=0)
    moved = found.transform.second_from_ct(centre) - centre
    x, y, z = moved.tolist()
    out.print(f"Registration: {escape(found.method)}", soft_wrap=True)
    out.print(
        f"planned needle moved {x:.1f}, {y:.1f}, {z:.1f} mm (LPS), turned "
        f"{found.transform.angle_deg:.1f} deg; {escape(words)}",
        soft_wrap=True,
    )
    for note in found.notes:
        out.print(f"[yellow]note[/] {escape(note)}", soft_wrap=True)
    if offer_unmoved and found.unmoved is not None:
        out.print(
            "Both scans say that they share a frame and a position. Left as they lie, bone "
            f"surfaces are {found.unmoved.median_mm:.1f} mm apart; --same-frame takes them so.",
            soft_wrap=True,
        )


def print_review(review: Review, plan: PlanResult) -> None:
    """Print errors, what specimens held, and what has to be known."""
    out = console()
    if unconfirmed(review):
        out.print(f"[bold red]{escape(unconfirmed_words(review))}[/]", soft_wrap=True)
    imaged = [needle for needle in review.needles if needle.executed is not None]
    out.print(
        f"{len(imaged)} of {len(review.needles)} cores seen in the control CT, "
        f"{escape(plan.needle.name)}"
    )
    out.print(_errors_table(review))
    if imaged:
        out.print(_holds_table(imaged, trajectories_by_id(plan)))
    for other in review.unplanned:
        out.print(f"[yellow]not planned[/] {_place(other)}")
    for needle in imaged:
        for doubt in needle.executed.doubts if needle.executed is not None else ():
            out.print(f"[yellow]doubt on {escape(needle.core)}[/] {escape(doubt)}", soft_wrap=True)
    for warning in review.warnings:
        out.print(f"[yellow]note[/] {escape(warning)}", soft_wrap=True)
    out.print("Research use only. Not a medical device.")


def print_unconfirmed(review: Review, *, to: TextIO) -> None:
    """Say that a review is unconfirmed, and what to do about it; nothing of a confirmed one."""
    if unconfirmed(review):
        to.write(f"{unconfirmed_words(review)} {_NOT_FOR_REGISTRY} {how_to_confirm(review)}\n")


_NOT_FOR_REGISTRY = "The registry does not take it."


def _errors_table(review: Review) -> Table:
    """Return one line per core: mm, degrees, and the protocol's word."""
    table = plain_table(
        *("core", "needle", "against", "tip mm", "lateral", "depth", "to axis", "entry"),
        *("angle", "in plane", "off plane", "within tolerance"),
    )
    table.padding = (0, 1, 0, 0)
    for needle in review.needles:
        if needle.error is None:
            table.add_row(escape(needle.core), "not imaged")
            continue
        compared = "tip" if needle.needle_state.ends_at_tip else "stop"
        table.add_row(
            escape(needle.core),
            needle.needle_state.value + ("" if needle.state_said else " (not said)"),
            compared,
            *_numbers(needle.error),
            _tolerance(needle),
        )
    return _whole_words(table)


def _whole_words(table: Table) -> Table:
    """Let a narrow terminal break lines between words alone."""
    for column in table.columns:
        texts = [str(column.header), *map(str, column.cells)]
        words = [word for text in texts for word in Text.from_markup(text).plain.split()]
        column.min_width = max(map(len, words), default=0)
    return table


def _numbers(error: PlacementError) -> tuple[str, ...]:
    return (
        f"{error.euclidean_tip_mm:.1f}",
        f"{error.lateral_tip_mm:.1f}",
        f"{error.depth_mm:+.1f}",
        f"{error.target_to_axis_mm:.1f}",
        f"{error.euclidean_entry_mm:.1f}",
        f"{error.angle_deg:.1f}\N{DEGREE SIGN}",
        f"{error.in_plane_mm:+.1f}",
        f"{error.off_plane_mm:+.1f}",
    )


def _tolerance(needle: ReviewedNeedle) -> str:
    if needle.within_tolerance is None:
        return "not judged"
    return "[green]yes[/]" if needle.within_tolerance else "[red]no[/]"


def _holds_table(imaged: list[ReviewedNeedle], planned: dict[str, Candidate]) -> Table:
    table = plain_table(
        "core", "specimen", "lesion mm", "viable mm", "necrotic", "habitats", "nearest", "mm"
    )
    for needle in imaged:
        achieved = needle.achieved
        if achieved is None:
            continue
        inferred = achieved.knowledge is SpecimenKnowledge.INFERRED
        plan = planned.get(needle.core)
        nearest = achieved.nearest[0] if achieved.nearest else None
        habitats = ", ".join(
            f"{name} {length:.1f} mm" for name, length in achieved.habitat_mm.items() if length
        )
        table.add_row(
            escape(needle.core),
            "inferred" if inferred else "imaged",
            _then_and_now(plan, achieved.criteria.get("lesion_length_mm"), "lesion_length_mm"),
            _then_and_now(plan, achieved.criteria.get("viable_length_mm"), "viable_length_mm"),
            _share(achieved.criteria.get("necrosis_fraction")),
            escape(habitats),
            escape(nearest.structure) if nearest else "not checked",
            f"{nearest.clearance_mm:.1f}" if nearest else "",
        )
    return _whole_words(table)


def _then_and_now(plan: Candidate | None, now: float | None, key: str) -> str:
    then = None if plan is None else plan.criteria.get(key)
    said = "not known" if now is None else f"{now:.1f}"
    return said if then is None else f"{said} (planned {then:.1f})"


def _share(value: float | None) -> str:
    return "not known" if value is None else f"{value:.0%}"


def _place(needle: ExecutedNeedle) -> str:
    ends = (
        ", ".join(f"{value:.0f}" for value in end)
        for end in (needle.entry_lps_mm, needle.tip_lps_mm)
    )
    entry, tip = ends
    return f"needle from {entry} to {tip} (LPS mm), confidence {needle.confidence:.2f}"
