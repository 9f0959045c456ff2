"""A plan's numbers as the lines and cards that views show; measures and judges nothing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from app import catalogue
from app.core_language import tr_core, tr_name
from app.language import mark, tr
from app.presenters.broken_limits import broken_lines, broken_words, constraint_text
from app.presenters.card_rows import chain_rows, share_rows
from app.presenters.shown import title_of
from app.views.values import (
    CardNumbers,
    NearestRow,
    NeedlePath,
    NotCheckedRow,
    TrajectoryRow,
)
from app.views.wording import angle_words, tip_words
from planning.geometry import HEAD_LPS, Vec3
from planning.image import Volume
from planning.model.case import is_own_id
from planning.model.core_set import EXTRA_PREFIX, CoreSet
from planning.model.error_model import ErrorModel
from planning.model.needle import Needle, NeedleKind
from planning.model.plan import Candidate, PlanResult
from planning.model.protocol import Protocol
from planning.model.site import RULE_PREFIX
from planning.trajectories.criteria import CRITERIA
from planning.trajectories.error_band import error_band_mm

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_LABELS = {criterion.key: criterion.label for criterion in CRITERIA}
_NEAREST_SHOWN = 4
_RULE = mark("Rule: {0}")
Say = Callable[[str], str]
_THEN = {
    NeedleKind.TREPHINE: "core",
    NeedleKind.SIDE_NOTCH: "fire",
    NeedleKind.FULL_CORE: "fire",
    NeedleKind.ASPIRATION: "advance",
}


def trajectory_row(
    candidate: Candidate,
    entry_slice: str,
    core_set: CoreSet | None = None,
    protocol: Protocol | None = None,
) -> TrajectoryRow:
    """Return one line of the ranked table; the protocol says what broken limits are about."""
    values = candidate.criteria
    angles = values.get("axial_angle_deg"), values.get("craniocaudal_angle_deg")
    nearest = candidate.nearest[0] if candidate.nearest else None
    return TrajectoryRow(
        key=candidate.candidate_id,
        rank=candidate.rank,
        viable_mm=_viable_mm(candidate),
        nearest_mm=nearest.clearance_mm if nearest else None,
        nearest_structure=tr_name(spoken(nearest.structure)) if nearest else "",
        stop_depth_mm=values.get("stop_depth_mm"),
        tip_depth_mm=values.get("insertion_depth_mm"),
        angle_words=tip_words(*angles),
        short_angles=angle_words(*angles),
        entry_slice=entry_slice,
        score=candidate.score,
        caution="; ".join(tr_core(notice.text) for notice in candidate.warnings),
        label=label_of(candidate, core_set),
        expected_mm=values.get("expected_viable_length_mm"),
        probability=values.get("viable_probability"),
        core=purpose_of(candidate, core_set),
        broken="; ".join(candidate.violations)
        if protocol is None
        else broken_words(candidate, protocol),
        own=is_own_id(candidate.candidate_id),
    )


def label_of(candidate: Candidate, core_set: CoreSet | None) -> str:
    """Return what a trajectory is called: its rank, or the id of a core that is not ranked."""
    named = is_extra(candidate, core_set) or is_own_id(candidate.candidate_id)
    return candidate.candidate_id if named else str(candidate.rank)


def is_extra(candidate: Candidate, core_set: CoreSet | None) -> bool:
    """Tell whether a trajectory is in the plan only as a core of the set."""
    in_set = core_set is not None and core_set.core_of(candidate.candidate_id) is not None
    return in_set and candidate.candidate_id.startswith(EXTRA_PREFIX)


def purpose_of(candidate: Candidate, core_set: CoreSet | None) -> str:
    """Return what a core is taken for, empty for a trajectory that is no core of the set."""
    core = None if core_set is None else core_set.core_of(candidate.candidate_id)
    return "" if core is None else tr_core(core.purpose.value)


def card_numbers(
    candidate: Candidate,
    plan: PlanResult | None,
    protocol: Protocol,
    entry_slice: str,
    anatomy: Anatomy | None = None,
    *,
    grid: str = "",
) -> CardNumbers:
    """Return everything the card says about one trajectory.

    Parameters
    ----------
    plan : PlanResult or None
        What it is part of; None for a path that was placed before anything was planned.
    anatomy : Anatomy or None
        What the plan was made in, for what it does not carry itself; without it that is not said.
        Needed where there is no plan.
    grid : str
        Where the entry lies in a grid on the skin, in words.
    """
    from planning.trajectories.cortex_words import bone_words

    needle = _needle_of(plan, anatomy)
    core_set = None if plan is None else plan.core_set
    values = candidate.criteria
    return CardNumbers(
        title=title_of(candidate, core_set),
        core=purpose_of(candidate, core_set),
        expected_mm=values.get("expected_viable_length_mm"),
        probability=values.get("viable_probability"),
        enough_mm=None if anatomy is None else anatomy.required_length_mm,
        worst_case_mm=values.get("worst_case_clearance_mm"),
        touch_probability=values.get("touch_probability"),
        bone="" if candidate.bone is None else tr_core(bone_words(candidate.bone)),
        crossed=_crossed(candidate, anatomy),
        viability="" if plan is None else tr_core(plan.viability_source),
        stop_depth_mm=values.get("stop_depth_mm"),
        tip_depth_mm=values.get("insertion_depth_mm"),
        then=_THEN[needle.kind],
        axial_angle_deg=values.get("axial_angle_deg"),
        craniocaudal_angle_deg=values.get("craniocaudal_angle_deg"),
        gravity_angle_deg=values.get("gravity_angle_deg"),
        sagittal_projection_angle_deg=values.get("sagittal_projection_angle_deg"),
        viable_mm=_viable_mm(candidate),
        specimen_mm=needle.core_length_mm,
        bone_mm=values.get("bone_traversal_mm"),
        cortex_depth_mm=values.get("cortex_depth_mm"),
        cortex_incidence_deg=_incidence_deg(candidate),
        lesion_depth_mm=values.get("lesion_depth_mm"),
        chain=chain_rows(candidate, needle, protocol),
        score=candidate.score,
        shares=share_rows(candidate, protocol),
        grid=grid,
        entry_slice=entry_slice,
        nearest=tuple(
            NearestRow(
                structure=tr_name(spoken(near.structure)),
                clearance_mm=near.clearance_mm,
                margin_mm=near.margin_mm,
                depth_mm=near.depth_mm,
                point_lps_mm=near.point_lps_mm,
                touch_probability=near.touch_probability,
                allowance_mm=0.0 if anatomy is None else anatomy.allowance_mm,
            )
            for near in candidate.nearest[:_NEAREST_SHOWN]
        ),
        habitat_mm=tuple(candidate.habitat_mm.items()),
        warnings=tuple(
            tr_core(n.text) for n in candidate.warnings if n.key not in candidate.violations
        ),
        violations=broken_lines(candidate, protocol, _guidance_of(plan, anatomy)),
    )


def _needle_of(plan: PlanResult | None, anatomy: Anatomy | None) -> Needle:
    if plan is not None:
        return plan.needle
    assert anatomy is not None, "a path without a plan was measured in an anatomy"
    return anatomy.needle


def _guidance_of(plan: PlanResult | None, anatomy: Anatomy | None) -> str:
    if plan is not None:
        return plan.guidance
    assert anatomy is not None, "a path without a plan was measured in an anatomy"
    return anatomy.guidance.value


def _incidence_deg(candidate: Candidate) -> float | None:
    """Return how the cortex is met: as the way into the bone says, where that is known.

    The criterion is that of the first bone outside the tumour, which may lie behind it.
    """
    if candidate.bone is not None:
        return candidate.bone.incidence_deg
    return candidate.criteria.get("cortex_incidence_deg")


def _crossed(candidate: Candidate, anatomy: Anatomy | None) -> tuple[tuple[str, float], ...] | None:
    """Return the soft tissues a needle crosses; None where no mask names any."""
    if not candidate.compartments and (anatomy is None or not anatomy.rules.tissues):
        return None
    return tuple((spoken(name), length_mm) for name, length_mm in candidate.compartments)


def needle_path(
    candidate: Candidate,
    needle: Needle,
    *,
    selected: bool,
    core_set: CoreSet | None = None,
    error_model: ErrorModel | None = None,
    slice_normal_lps: Vec3 = HEAD_LPS,
    stress: str = "",
) -> NeedlePath:
    """Return one trajectory as the views draw it; without an error model it has no envelope."""
    path = candidate.trajectory
    return NeedlePath(
        key=candidate.candidate_id,
        label=label_of(candidate, core_set),
        entry_lps_mm=path.entry_lps_mm,
        stop_lps_mm=candidate.stop_lps_mm,
        tip_lps_mm=path.tip_lps_mm,
        specimen_lps_mm=candidate.specimen_lps_mm,
        radius_mm=needle.radius_mm,
        selected=selected,
        core=bool(purpose_of(candidate, core_set)),
        envelope_mm=()
        if error_model is None
        else error_band_mm(path, needle, error_model, slice_normal_lps),
        stress=stress,
    )


def error_model_of(plan: PlanResult, anatomy: Anatomy | None = None) -> ErrorModel | None:
    """Return the error model a plan was made with: the anatomy's, else the guidance's preset.

    None where it was one's own and the anatomy has another: nothing is drawn then.
    """
    if anatomy is not None and anatomy.guidance.value == plan.guidance:
        same = anatomy.error_model.sha256 == plan.error_model_sha256
        return anatomy.error_model if same else None
    if plan.error_model:
        return None
    known = {guidance.value: made for guidance, made in catalogue.error_models().items()}
    return known.get(plan.guidance)


def not_checked_rows(plan: PlanResult, say: Say = tr_core) -> tuple[NotCheckedRow, ...]:
    """Return what the plan did not look at: structures, rules, then measures by their reason.

    Parameters
    ----------
    say : callable
        Puts the core's words into the window's language; `str` keeps them as files have them.
    """
    measures: dict[str, list[str]] = {}
    for item in plan.not_checked:
        if item.key in _LABELS:
            measures.setdefault(item.reason, []).append(say(_LABELS[item.key]))
    grouped = (
        NotCheckedRow(what=", ".join(labels), reason=say(reason), things=len(labels))
        for reason, labels in measures.items()
    )
    rules = (
        NotCheckedRow(what=say(_rule_words(n.key)), reason=say(n.reason))
        for n in plan.not_checked
        if n.key.startswith(RULE_PREFIX)
    )
    return (*unchecked_structures(plan, say), *rules, *grouped)


def unchecked_structures(plan: PlanResult, say: Say = tr_core) -> tuple[NotCheckedRow, ...]:
    """Return only the structures that should have been there and were not."""
    return tuple(
        NotCheckedRow(what=say(spoken(n.key)), reason=say(n.reason))
        for n in plan.not_checked
        if n.key not in _LABELS and not n.key.startswith(RULE_PREFIX)
    )


def _rule_words(key: str) -> str:
    return _RULE.format(key.removeprefix(RULE_PREFIX).replace("-", " "))


def why_none(plan: PlanResult, protocol: Protocol) -> str:
    """Say why no trajectory is left, the commonest reasons first."""
    removed = sorted(plan.rejected.items(), key=lambda item: -item[1])
    reasons = [f"{count:,} {constraint_text(protocol, key)}" for key, count in removed if count]
    return tr(
        "No trajectory meets every limit. Of {count} tried: {reasons}.",
        count=f"{plan.evaluated:,}",
        reasons="; ".join(reasons) if reasons else tr("there was nothing to try"),
    )


def spoken(name: str) -> str:
    """Return a structure's name as it is read; segmenters write underscores."""
    return name.replace("_", " ")


def sentences(texts: Iterable[str]) -> str:
    """Return several remarks of the core as sentences in one paragraph, each said once."""
    said = dict.fromkeys(tr_core(text.strip()).rstrip(".;") for text in texts)
    return " ".join(f"{text[:1].upper()}{text[1:]}." for text in said if text)


def slice_words(ct: Volume, point_lps_mm: Vec3, *, with_table: bool) -> str:
    """Say on which slice a point lies, as the scanner counts and places slices where it said so."""
    k, words = _slice_of(ct, point_lps_mm), short_slice_words(ct, point_lps_mm)
    series, count = ct.series, ct.grid.size_ijk[2]
    if len(series.instance_numbers) != count:
        return tr("{slice} of {count}", slice=words, count=count)
    if with_table and len(series.table_positions_mm) == count:
        place = f"{series.table_positions_mm[k]:.1f}"
        return tr("{slice}, table {position} mm", slice=words, position=place)
    return words


def short_slice_words(ct: Volume, point_lps_mm: Vec3) -> str:
    """Say on which slice a point lies in two words: ``image 87``, or ``slice 87`` by counting."""
    k, numbers = _slice_of(ct, point_lps_mm), ct.series.instance_numbers
    if len(numbers) == ct.grid.size_ijk[2]:
        return tr("image {number}", number=numbers[k])
    return tr("slice {number}", number=k + 1)


def _slice_of(ct: Volume, point_lps_mm: Vec3) -> int:
    """Return the index of the slice nearest to a point."""
    index = ct.grid.index_from_lps(point_lps_mm)
    return min(max(round(float(index[2])), 0), ct.grid.size_ijk[2] - 1)


def _viable_mm(candidate: Candidate) -> float | None:
    return candidate.criteria.get("viable_length_mm")
