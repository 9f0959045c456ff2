"""One trajectory measured as truly as the masks allow; neither fast nor choosy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.envelope import required_mm
from planning.anatomy.risks import first_inside_ahead_mm, inside_at
from planning.anatomy.surfaces import outward_normal_lps
from planning.anatomy.tissue import Tissue
from planning.geometry import Float64Array, vec3
from planning.image import Mask
from planning.model.case import UP_LPS
from planning.model.needle import Trajectory
from planning.model.plan import BoneEntry, Candidate, Nearest, Notice
from planning.trajectories import judging
from planning.trajectories.angles import angles_deg, gantry_clearance_mm, incidence_deg
from planning.trajectories.approach import approach_measures
from planning.trajectories.clearances import (
    Standing,
    clearance_numbers,
    demanded_mm,
    off_plane_of,
    standings,
)
from planning.trajectories.compartments import crossed_mm, rule_notices
from planning.trajectories.cortex import bone_entry, cortex_measures
from planning.trajectories.cortex_words import bone_notices, caution_details
from planning.trajectories.criteria import CRITERION_KEYS
from planning.trajectories.executing import Touches, touches, yields
from planning.trajectories.sampling import Samples, along, habitat_lengths_mm, specimen_mean_hu

Numbers = dict[str, float]

_SKIN_NORMAL_SCALE_MM = 4.0
_CORTEX_NORMAL_SCALE_MM = 2.0
_OFF_SKIN_MM = 3.0
_SKIN_SEARCH_MM = 60.0
_BONE_WITHOUT_DRILL_MM = 2.0


def measure(
    anatomy: Anatomy, trajectory: Trajectory, *, candidate_id: str = "manual", rank: int = 0
) -> Candidate:
    """Return everything that is known about one trajectory, judged by the anatomy's protocol.

    Lengths come from samples every 0.1 mm in the full-resolution masks, clearances from the
    masks' sub-voxel surfaces against the whole segment from entry to tip.
    """
    candidate, _ = measured(anatomy, trajectory)
    return replace(candidate, candidate_id=candidate_id, rank=rank)


def measured(
    anatomy: Anatomy, trajectory: Trajectory
) -> tuple[Candidate, Mapping[str, Float64Array]]:
    """Return one trajectory's candidate, and all its measures as protocols judge them.

    The measures are arrays of length one, under the same keys as those of many candidates.
    """
    needle = anatomy.needle
    samples = along(anatomy, trajectory)
    found = standings(anatomy, trajectory)
    touched = _touches(anatomy, trajectory)
    bone = bone_entry(anatomy, trajectory, samples)
    numbers = _numbers(anatomy, trajectory, samples, found)
    if touched is not None:
        numbers["touch_probability"] = touched.any_serious
    numbers.update(cortex_measures(anatomy, trajectory, samples, bone))
    columns = {key: np.array([value]) for key, value in numbers.items()}
    criteria = {key: _known(numbers.get(key)) for key in CRITERION_KEYS}
    score, contributions = judging.score_and_contributions(anatomy.protocol, columns)
    crossed = crossed_mm(anatomy, samples)
    candidate = Candidate(
        candidate_id="",
        rank=0,
        trajectory=trajectory,
        stop_lps_mm=trajectory.stop_lps_mm(needle),
        specimen_lps_mm=trajectory.specimen_lps_mm(needle),
        score=score,
        criteria=criteria,
        habitat_mm=habitat_lengths_mm(anatomy, samples),
        nearest=_with_chances(found, touched),
        contributions=contributions,
        warnings=(
            *warnings_of(anatomy, numbers, bone),
            *rule_notices(anatomy, samples, crossed, numbers),
        ),
        violations=judging.all_broken(
            anatomy.protocol,
            columns,
            indication=anatomy.case.indication,
            guidance=anatomy.guidance,
            allowance_mm=anatomy.allowance_mm,
        ),
        compartments=crossed,
        bone=bone,
        measures=_besides(numbers, criteria),
    )
    return candidate, columns


def _known(value: float | None) -> float | None:
    return None if value is None or np.isnan(value) else float(value)


def _besides(numbers: Numbers, criteria: Mapping[str, float | None]) -> dict[str, float | None]:
    """Return what a protocol judges by and the criteria do not say."""
    return {key: _known(value) for key, value in numbers.items() if criteria.get(key) is None}


def _touches(anatomy: Anatomy, trajectory: Trajectory) -> Touches | None:
    fields = anatomy.fields
    if fields is None or not anatomy.risks or not trajectory.lies_in(fields.grid):
        return None
    return touches(anatomy, fields, trajectory)


def _with_chances(found: tuple[Standing, ...], touched: Touches | None) -> tuple[Nearest, ...]:
    """Return where structures come nearest, each with the chance that a first pass touches it."""
    chances = dict(touched.by_structure) if touched is not None else None
    return tuple(
        s.nearest
        if chances is None
        else replace(s.nearest, touch_probability=chances.get(s.nearest.structure, 0.0))
        for s in found
    )


def _numbers(
    anatomy: Anatomy, trajectory: Trajectory, samples: Samples, found: tuple[Standing, ...]
) -> Numbers:
    numbers = {
        **geometry_numbers(anatomy, trajectory),
        **entry_numbers(anatomy, trajectory),
        **traversal_numbers(anatomy, trajectory, samples),
        **specimen_numbers(anatomy, samples),
        **_expected(anatomy, trajectory),
        **clearance_numbers(found),
    }
    if anatomy.risks:
        numbers["beyond_tip_clearance_mm"], _ = first_inside_ahead_mm(
            anatomy.risks,
            trajectory.tip_lps_mm,
            trajectory.direction_lps,
            anatomy.protocol.search.beyond_tip_mm,
        )
        numbers["risk_index"] = _risk_index(anatomy, trajectory)
    for key in anatomy.unknown_measures:
        numbers.pop(key, None)
    return numbers


def geometry_numbers(anatomy: Anatomy, trajectory: Trajectory) -> Numbers:
    """Return depths, angles and room in the bore."""
    needle, search = anatomy.needle, anatomy.protocol.search
    depth, direction = trajectory.insertion_depth_mm, trajectory.direction_lps
    hub = np.array(trajectory.entry_lps_mm) - direction * needle.usable_length_mm
    approach = approach_measures(anatomy.rules, direction[None])
    angles = angles_deg(direction[None], anatomy.ct.slice_normal_lps, anatomy.case.biopsy_position)
    gantry = gantry_clearance_mm(
        hub[None], anatomy.isocentre_lps_mm, search.bore_diameter_mm, search.hub_clearance_mm
    )
    return {
        "insertion_depth_mm": depth,
        "stop_depth_mm": depth - needle.stop_to_tip_mm,
        "needle_reach_margin_mm": needle.reach_mm - depth,
        "gantry_clearance_mm": float(gantry[0]),
        "off_plane_deg": abs(float(angles["scan_plane_angle_deg"][0])),
        **{key: float(value[0]) for key, value in {**angles, **approach}.items()},
    }


def entry_numbers(anatomy: Anatomy, trajectory: Trajectory) -> Numbers:
    """Return what the place of the entry decides."""
    search, entry = anatomy.protocol.search, trajectory.entry_lps_mm
    border_mm = float(anatomy.ct.grid.border_distance_mm(entry))
    numbers = {"at_field_of_view_border": float(border_mm < search.border_mm)}
    normal = outward_normal_lps(
        anatomy.body.grid, anatomy.body.inside, entry, _SKIN_NORMAL_SCALE_MM
    )
    if normal is not None:
        numbers["skin_incidence_deg"] = float(
            incidence_deg(trajectory.direction_lps[None], normal[None])[0]
        )
        position = anatomy.case.biopsy_position
        if position is not None:
            upward = float(np.clip(normal @ np.array(UP_LPS[position]), -1.0, 1.0))
            tilt_deg = float(np.degrees(np.arccos(upward)))
            numbers["entry_side"] = float(tilt_deg > search.entry_side_max_deg)
    if anatomy.no_entry:
        numbers["no_entry"] = float(anatomy.in_no_entry(entry))
    return numbers


def traversal_numbers(anatomy: Anatomy, trajectory: Trajectory, samples: Samples) -> Numbers:
    """Return lengths in tissue from skin to tip, and how the cortex is met."""
    first_bone = samples.first_depth_mm(Tissue.BONE)
    numbers = {
        "cortex_depth_mm": first_bone,
        "lesion_depth_mm": samples.first_depth_mm(Tissue.TUMOUR),
        "cortex_incidence_deg": float("nan"),
        "forbidden_traversal_mm": samples.length_mm(Tissue.FORBIDDEN),
        "corridor_outside_mm": trajectory.insertion_depth_mm - samples.length_mm(Tissue.CORRIDOR),
        "bone_traversal_mm": samples.length_mm(Tissue.BONE),
        "outside_body_mm": samples.outside_after_entry_mm(),
    }
    if not np.isnan(first_bone):
        normal = outward_normal_lps(
            anatomy.near,
            anatomy.tissue.bits,
            trajectory.at_depth_mm(first_bone),
            _CORTEX_NORMAL_SCALE_MM,
            bit=Tissue.BONE,
        )
        if normal is not None:
            numbers["cortex_incidence_deg"] = float(
                incidence_deg(trajectory.direction_lps[None], normal[None])[0]
            )
    return numbers


def specimen_numbers(anatomy: Anatomy, samples: Samples) -> Numbers:
    """Return what the specimen holds if the needle goes exactly as planned."""
    specimen = samples.specimen
    required = anatomy.required_length_mm
    lesion_mm = specimen.length_mm(Tissue.TUMOUR)
    viable_mm = specimen.length_mm(Tissue.VIABLE)
    return {
        "lesion_length_mm": lesion_mm,
        "viable_length_mm": viable_mm,
        "specimen_mean_hu": specimen_mean_hu(anatomy, samples),
        "effective_habitats": effective_number(habitat_lengths_mm(anatomy, samples)),
        "necrosis_fraction": specimen.length_mm(Tissue.NECROSIS) / anatomy.needle.core_length_mm
        if anatomy.needle.core_length_mm
        else float("nan"),
        "specimen_shortfall_mm": required - lesion_mm,
    }


def _expected(anatomy: Anatomy, trajectory: Trajectory) -> Numbers:
    """Return what the specimen will hold under the error model; nothing without a lesion."""
    if anatomy.errors is None:
        return {}
    required, core_mm = anatomy.required_length_mm, anatomy.needle.core_length_mm
    entry, tip = np.array([trajectory.entry_lps_mm]), np.array([trajectory.tip_lps_mm])
    (found,) = yields(anatomy, entry, tip)
    numbers = {
        "expected_sample_mm": found.expected_mm,
        "expected_necrosis_fraction": found.necrotic_mm / core_mm if core_mm else float("nan"),
        "viable_yield": min(1.0, found.expected_mm / required),
        "specimen_fill": found.expected_mm / max(core_mm, required),
    }
    if anatomy.viability_known:
        numbers["expected_viable_length_mm"] = found.expected_mm
        numbers["viable_probability"] = found.probability
    if "necrosis_fraction" in anatomy.unknown_measures:
        del numbers["expected_necrosis_fraction"]
    return numbers


def effective_number(lengths_mm: Mapping[str, float]) -> float:
    """Return ``exp(-sum q ln q)`` over shares q of a total length; 0 where there is none."""
    lengths = np.array([v for v in lengths_mm.values() if v > 0.0])
    if lengths.size == 0:
        return 0.0
    shares = lengths / lengths.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))


def _risk_index(anatomy: Anatomy, trajectory: Trajectory) -> float:
    """Return how near the worst stretch of the shaft comes to its margins.

    1 + violation / margin where a margin is violated; otherwise the mean, over the worst window,
    of how far each sample is into the range above its margin (planning model, section 4).
    """
    search = anatomy.protocol.search
    count = max(1, int(np.ceil(trajectory.insertion_depth_mm)))
    depth = (np.arange(count) + 0.5) * trajectory.insertion_depth_mm / count
    points = np.array(trajectory.entry_lps_mm) + depth[:, None] * trajectory.direction_lps
    danger, off_plane_deg = np.zeros(count), off_plane_of(anatomy, trajectory)
    deepest = np.array([trajectory.insertion_depth_mm])
    spread = anatomy.error_model.corrected
    for risk in anatomy.risks:
        most_mm = float(required_mm(risk.group, spread, deepest, off_plane_deg)[0])
        felt_mm = anatomy.needle.radius_mm + most_mm + search.risk_range_mm
        if risk.risk_class == "joint" or risk.at_least_mm(trajectory) > felt_mm:
            continue
        clear = risk.signed_distance_mm(points) - anatomy.needle.radius_mm
        demanded = demanded_mm(anatomy, risk, trajectory, depth, off_plane_deg)
        short = demanded - clear
        share = np.where(
            short > 0.0, 1.0 + short / max(risk.margin_mm, 1.0), 1.0 + short / search.risk_range_mm
        )
        danger = np.maximum(danger, share)
    if danger.max() > 1.0:
        return float(danger.max())
    window = max(1, min(count, round(search.risk_window_mm)))
    return float(np.convolve(danger, np.full(window, 1.0 / window), "valid").max())


def warnings_of(anatomy: Anatomy, numbers: Numbers, bone: BoneEntry | None) -> tuple[Notice, ...]:
    """Return what the protocol and the bone warn about."""
    details = caution_details(bone)
    cautions = judging.cautions(anatomy.protocol, numbers)
    found = [Notice(c.key, c.text + details.get(c.key, "")) for c in cautions]
    found.extend(bone_notices(anatomy, bone))
    bone_mm = numbers.get("bone_traversal_mm", 0.0)
    if bone_mm > _BONE_WITHOUT_DRILL_MM and not anatomy.needle.penetrates_bone:
        text = f"{anatomy.needle.name} does not cut bone, and {bone_mm:.0f} mm lie on the way"
        found.append(Notice("needle_does_not_penetrate_bone", text))
    return tuple(found)


def off_skin_notice(anatomy: Anatomy, trajectory: Trajectory) -> Notice | None:
    """Return a notice if the entry of a path chosen by somebody else is not on the skin."""
    depth_mm = _depth_under_skin_mm(anatomy.body, trajectory)
    if abs(depth_mm) <= _OFF_SKIN_MM:
        return None
    where = "under" if depth_mm > 0 else "outside"
    far = "more than " if abs(depth_mm) >= _SKIN_SEARCH_MM else ""
    return Notice(
        "entry_off_skin",
        f"the entry lies {far}{abs(depth_mm):.0f} mm {where} the skin; depths count from it",
    )


def _depth_under_skin_mm(body: Mask, trajectory: Trajectory) -> float:
    """Return how far along the axis the entry lies under the skin; negative outside the body."""
    steps = np.arange(-_SKIN_SEARCH_MM, _SKIN_SEARCH_MM, 0.5)
    entry = np.array(trajectory.entry_lps_mm)
    inside = inside_at(body, entry + steps[:, None] * trajectory.direction_lps)
    first = int(np.argmax(inside))
    return -float(steps[first]) if inside.any() else -_SKIN_SEARCH_MM


def trajectory_of(entry_lps_mm: Float64Array, tip_lps_mm: Float64Array) -> Trajectory:
    """Return the trajectory between two points, shape (3,) each."""
    return Trajectory(vec3(entry_lps_mm), vec3(tip_lps_mm))
