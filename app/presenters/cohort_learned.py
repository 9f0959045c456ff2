"""A learned error model in words: its parts, its intervals, what it does not hold; learns none."""

from __future__ import annotations

from collections.abc import Sequence

from app.core_language import tr_core
from app.language import mark, tr, tr_count
from planning.cohort.fitted_model import FittedErrorModel, FittedSpread

_MOST_OUTLIERS = 5
_PARTS = {
    "at_skin_mm": mark("at the skin, mm"),
    "growth_deg": mark("of the direction, deg"),
    "off_plane_growth_deg": mark("of the direction off the plane, deg"),
    "along_mm": mark("along the needle, mm"),
    "shared_mm": mark("shared by a case's cores, mm"),
    "lateral_mm": mark("across the needle at {depth} mm, mm"),
}


def learned_headers() -> tuple[str, ...]:
    """Return what stands above the columns."""
    return (
        tr("Guidance"),
        tr("Deviation per axis"),
        tr("Own"),
        tr("95 % interval"),
        tr("Preset"),
        tr("Needles"),
    )


def learned_rows(fitted: Sequence[FittedErrorModel]) -> tuple[tuple[str, ...], ...]:
    """Return one row for each part of each stage that own cases taught."""
    return tuple(
        (
            tr_core(one.model.guidance.value),
            part_words(part.part, stage),
            f"{part.value:.2f}",
            tr("{low} to {high}", low=f"{part.low:.2f}", high=f"{part.high:.2f}"),
            f"{part.preset:.2f}",
            name,
        )
        for one in fitted
        for name, stage in (
            (tr("where they finally were"), one.corrected),
            (tr("first pass, not corrected"), one.first_pass),
        )
        for part in stage.parts
    )


def learned_notes(fitted: Sequence[FittedErrorModel]) -> tuple[str, ...]:
    """Say what each model rests on and what it does not hold."""
    said: list[str] = []
    for one in fitted:
        stage = one.corrected
        tails = tr("heavy tails") if stage.spread.heavy_tails else tr("Gaussian")
        guidance = tr_core(one.model.guidance.value)
        said.append(f"{guidance}: {tr_core(one.model.origin)}; {tails}")
        said += [tr_core(remark) for remark in stage.remarks]
        said += _outliers(stage)
        if not one.first_pass.cores:
            said.append(tr("First pass: no own needles, the preset stays."))
        if one.left_out:
            said.append(
                tr_count(
                    "{count} core without planned depth or angle could not count.",
                    "{count} cores without planned depth or angle could not count.",
                    one.left_out,
                )
            )
    return tuple(said)


def part_words(part: str, stage: FittedSpread) -> str:
    """Say what a part of a spread is."""
    words = _PARTS[part]
    return tr(words, depth=f"{stage.spread.reference_depth_mm:.0f}") if "{" in words else tr(words)


def _outliers(stage: FittedSpread) -> list[str]:
    said = [
        tr(
            "Outlier, it counts: case {case}, core {core}, {lateral} mm across, {depth} mm along.",
            case=outlier.case,
            core=outlier.core,
            lateral=f"{outlier.lateral_mm:.1f}",
            depth=f"{outlier.depth_mm:+.1f}",
        )
        for outlier in stage.outliers[:_MOST_OUTLIERS]
    ]
    more = len(stage.outliers) - _MOST_OUTLIERS
    if more > 0:
        said.append(tr("{count} more outliers count too.", count=more))
    return said
