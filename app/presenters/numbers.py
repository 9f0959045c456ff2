"""A plan's numbers as the lines and cards that views show; measures and judges nothing."""

from __future__ import annotations

from collections.abc import Iterable

from app.views.values import (
    CardNumbers,
    NearestRow,
    NeedlePath,
    NotCheckedRow,
    TrajectoryRow,
)
from app.views.wording import tip_words
from planning.geometry import Vec3
from planning.image import Volume
from planning.model.needle import Needle, NeedleKind
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol
from planning.trajectories.criteria import CRITERIA

_LABELS = {criterion.key: criterion.label for criterion in CRITERIA}
_NEAREST_SHOWN = 6
_THEN = {
    NeedleKind.TREPHINE: "core",
    NeedleKind.SIDE_NOTCH: "fire",
    NeedleKind.FULL_CORE: "fire",
    NeedleKind.ASPIRATION: "advance",
}


def trajectory_row(candidate: Candidate, entry_slice: str) -> TrajectoryRow:
    """Return one line of the ranked table."""
    values = candidate.criteria
    nearest = candidate.nearest[0] if candidate.nearest else None
    return TrajectoryRow(
        key=candidate.candidate_id,
        rank=candidate.rank,
        viable_mm=_viable_mm(candidate),
        nearest_mm=nearest.clearance_mm if nearest else None,
        nearest_structure=spoken(nearest.structure) if nearest else "",
        stop_depth_mm=values.get("stop_depth_mm"),
        tip_depth_mm=values.get("insertion_depth_mm"),
        angle_words=tip_words(values.get("axial_angle_deg"), values.get("craniocaudal_angle_deg")),
        entry_slice=entry_slice,
        score=candidate.score,
        caution="; ".join(notice.text for notice in candidate.warnings),
    )


def card_numbers(
    candidate: Candidate, plan: PlanResult, protocol: Protocol, entry_slice: str
) -> CardNumbers:
    """Return everything the card says about one trajectory."""
    values = candidate.criteria
    return CardNumbers(
        title=f"Trajectory {candidate.rank}",
        stop_depth_mm=values.get("stop_depth_mm"),
        tip_depth_mm=values.get("insertion_depth_mm"),
        then=_THEN[plan.needle.kind],
        axial_angle_deg=values.get("axial_angle_deg"),
        craniocaudal_angle_deg=values.get("craniocaudal_angle_deg"),
        gravity_angle_deg=values.get("gravity_angle_deg"),
        viable_mm=_viable_mm(candidate),
        specimen_mm=plan.needle.core_length_mm,
        bone_mm=values.get("bone_traversal_mm"),
        cortex_depth_mm=values.get("cortex_depth_mm"),
        cortex_incidence_deg=values.get("cortex_incidence_deg"),
        needle_reach_margin_mm=values.get("needle_reach_margin_mm"),
        entry_slice=entry_slice,
        nearest=tuple(
            NearestRow(
                structure=spoken(near.structure),
                clearance_mm=near.clearance_mm,
                margin_mm=near.margin_mm,
                depth_mm=near.depth_mm,
                point_lps_mm=near.point_lps_mm,
            )
            for near in candidate.nearest[:_NEAREST_SHOWN]
        ),
        habitat_mm=tuple(candidate.habitat_mm.items()),
        warnings=tuple(notice.text for notice in candidate.warnings),
        violations=tuple(constraint_text(protocol, key) for key in candidate.violations),
    )


def needle_path(candidate: Candidate, needle: Needle, *, selected: bool) -> NeedlePath:
    """Return one trajectory as the views draw it."""
    return NeedlePath(
        key=candidate.candidate_id,
        label=str(candidate.rank),
        entry_lps_mm=candidate.trajectory.entry_lps_mm,
        stop_lps_mm=candidate.stop_lps_mm,
        tip_lps_mm=candidate.trajectory.tip_lps_mm,
        specimen_lps_mm=candidate.specimen_lps_mm,
        radius_mm=needle.radius_mm,
        selected=selected,
    )


def not_checked_rows(plan: PlanResult) -> tuple[NotCheckedRow, ...]:
    """Return what the plan did not look at: missing structures, then measures by their reason."""
    measures: dict[str, list[str]] = {}
    for item in plan.not_checked:
        if item.key in _LABELS:
            measures.setdefault(item.reason, []).append(_LABELS[item.key])
    grouped = (
        NotCheckedRow(what=", ".join(labels), reason=reason, things=len(labels))
        for reason, labels in measures.items()
    )
    return (*unchecked_structures(plan), *grouped)


def unchecked_structures(plan: PlanResult) -> tuple[NotCheckedRow, ...]:
    """Return only the structures that should have been there and were not."""
    return tuple(
        NotCheckedRow(what=spoken(n.key), reason=n.reason)
        for n in plan.not_checked
        if n.key not in _LABELS
    )


def why_none(plan: PlanResult, protocol: Protocol) -> str:
    """Say why no trajectory is left, the commonest reasons first."""
    removed = sorted(plan.rejected.items(), key=lambda item: -item[1])
    reasons = [f"{count:,} {constraint_text(protocol, key)}" for key, count in removed if count]
    told = "; ".join(reasons) if reasons else "there was nothing to try"
    return f"No trajectory meets every limit. Of {plan.evaluated:,} tried: {told}."


def constraint_text(protocol: Protocol, key: str) -> str:
    """Return a constraint in the protocol's own words."""
    return protocol.text_of(key) or key


def spoken(name: str) -> str:
    """Return a structure's name as it is read; segmenters write underscores."""
    return name.replace("_", " ")


def sentences(texts: Iterable[str]) -> str:
    """Return several remarks as sentences in one paragraph, each said once."""
    said = dict.fromkeys(text.strip().rstrip(".;") for text in texts)
    return " ".join(f"{text[:1].upper()}{text[1:]}." for text in said if text)


def slice_words(ct: Volume, point_lps_mm: Vec3, *, with_table: bool) -> str:
    """Say on which slice a point lies, as the scanner counts and places slices where it said so."""
    k, words = _slice_of(ct, point_lps_mm), short_slice_words(ct, point_lps_mm)
    series, count = ct.series, ct.grid.size_ijk[2]
    if len(series.instance_numbers) != count:
        return f"{words} of {count}"
    if with_table and len(series.table_positions_mm) == count:
        words += f", table {series.table_positions_mm[k]:.1f} mm"
    return words


def short_slice_words(ct: Volume, point_lps_mm: Vec3) -> str:
    """Say on which slice a point lies in two words: ``image 87``, or ``slice 87`` by counting."""
    k, numbers = _slice_of(ct, point_lps_mm), ct.series.instance_numbers
    return f"image {numbers[k]}" if len(numbers) == ct.grid.size_ijk[2] else f"slice {k + 1}"


def _slice_of(ct: Volume, point_lps_mm: Vec3) -> int:
    """Return the index of the slice nearest to a point."""
    index = ct.grid.index_from_lps(point_lps_mm)
    return min(max(round(float(index[2])), 0), ct.grid.size_ijk[2] - 1)


def _viable_mm(candidate: Candidate) -> float | None:
    return candidate.criteria.get("viable_length_mm")
