"""Every criterion of many candidates at once, fast and nearly right; winners are measured anew."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.error_fields import ErrorFields
from planning.anatomy.fields import CHANNEL_CLEARANCE, ScreenFields
from planning.geometry import Float64Array
from planning.trajectories import kernels, march_columns
from planning.trajectories.angles import angles_deg, gantry_clearance_mm, incidence_deg
from planning.trajectories.approach import approach_measures
from planning.trajectories.clearance_kernel import least_clearance
from planning.trajectories.cortex import screened_misfit_deg
from planning.trajectories.criteria import CLEARANCE_CLASSES
from planning.trajectories.executing import warm_up_executions

Measures = dict[str, NDArray[np.float64] | NDArray[np.float32]]

_COLUMNS = {
    "cortex_depth_mm": march_columns.CORTEX_DEPTH,
    "lesion_depth_mm": march_columns.LESION_DEPTH,
    "cortex_incidence_deg": march_columns.CORTEX_INCIDENCE,
    "beyond_tip_clearance_mm": march_columns.BEYOND_TIP,
    "forbidden_traversal_mm": march_columns.FORBIDDEN,
    "corridor_outside_mm": march_columns.OUTSIDE_CORRIDOR,
    "outside_body_mm": march_columns.OUTSIDE_BODY,
    "bone_traversal_mm": march_columns.BONE,
    "lesion_length_mm": march_columns.LESION_LENGTH,
    "viable_length_mm": march_columns.VIABLE_LENGTH,
    "necrosis_length_mm": march_columns.NECROSIS_LENGTH,
    "specimen_mean_hu": march_columns.MEAN_HU,
    "effective_habitats": march_columns.EFFECTIVE_HABITATS,
    "expected_sample_mm": march_columns.EXPECTED_LENGTH,
    "expected_necrosis_mm": march_columns.EXPECTED_NECROSIS,
    "risk_index": march_columns.RISK_INDEX,
    "worst_case_clearance_mm": march_columns.WORST_CASE,
}


@dataclass(frozen=True, kw_only=True, eq=False)
class Needles:
    """Many needle positions, as pairs out of a list of entries and a list of tips.

    Parameters
    ----------
    entries_lps_mm, entry_normals_lps, tips_lps_mm : ndarray, shape (., 3)
    entry_of, tip_of : ndarray of int32, shape (n,)
    """

    entries_lps_mm: Float64Array
    entry_normals_lps: Float64Array
    tips_lps_mm: Float64Array
    entry_of: NDArray[np.int32]
    tip_of: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.entry_of)

    def chosen(self, keep: NDArray[np.bool_] | NDArray[np.intp]) -> Needles:
        """Return a part of the pairs."""
        return Needles(
            entries_lps_mm=self.entries_lps_mm,
            entry_normals_lps=self.entry_normals_lps,
            tips_lps_mm=self.tips_lps_mm,
            entry_of=self.entry_of[keep],
            tip_of=self.tip_of[keep],
        )

    @cached_property
    def lengths_mm(self) -> Float64Array:
        """Entry to tip, shape (n,)."""
        apart = self.tips_lps_mm[self.tip_of] - self.entries_lps_mm[self.entry_of]
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", apart, apart)))


def depth_measures(anatomy: Anatomy, needles: Needles) -> Measures:
    """Return the criteria that need only the needle's length."""
    lengths = needles.lengths_mm
    return {
        "insertion_depth_mm": lengths,
        "stop_depth_mm": lengths - anatomy.needle.stop_to_tip_mm,
        "needle_reach_margin_mm": anatomy.needle.reach_mm - lengths,
    }


def angle_measures(anatomy: Anatomy, needles: Needles) -> Measures:
    """Return the criteria that need no tissue but the needle's direction: angles, gantry."""
    needle, search = anatomy.needle, anatomy.protocol.search
    entries = needles.entries_lps_mm[needles.entry_of]
    lengths = needles.lengths_mm
    direction = (needles.tips_lps_mm[needles.tip_of] - entries) / lengths[:, None]
    measures: Measures = {
        "skin_incidence_deg": incidence_deg(direction, needles.entry_normals_lps[needles.entry_of]),
        "gantry_clearance_mm": gantry_clearance_mm(
            entries - direction * needle.usable_length_mm,
            anatomy.isocentre_lps_mm,
            search.bore_diameter_mm,
            search.hub_clearance_mm,
        ),
    }
    measures.update(
        angles_deg(direction, anatomy.ct.slice_normal_lps, anatomy.case.biopsy_position)
    )
    measures["off_plane_deg"] = np.abs(measures["scan_plane_angle_deg"])
    measures.update(approach_measures(anatomy.rules, direction))
    return measures


def screen(anatomy: Anatomy, fields: ScreenFields, needles: Needles, *, step_mm: float) -> Measures:
    """Return every measure, with interpolated clearances."""
    measures = depth_measures(anatomy, needles)
    measures.update(angle_measures(anatomy, needles))
    measures.update(tissue_measures(anatomy, fields, needles, step_mm=step_mm))
    measures.update(clearance_measures(anatomy, fields, needles, step_mm=step_mm))
    add_derived(anatomy, measures)
    return measures


def tissue_measures(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, *, step_mm: float
) -> Measures:
    """Return the criteria that depend on what the needle meets, from the nearest voxels."""
    search, needle, model = anatomy.protocol.search, anatomy.needle, anatomy.error_model
    errors, bins = _errors_of(anatomy, needles)
    tables, yields = errors.envelope, errors.yields
    middle_mm = needles.lengths_mm - needle.dead_space_mm - needle.core_length_mm / 2.0
    sigma_mm = model.corrected.lateral_mm(
        np.maximum(0.0, middle_mm), _off_plane_deg(anatomy, needles)
    )
    table = kernels.march(
        fields.packed,
        1.0 / np.array(fields.grid.spacing_mm),
        fields.grid.index_from_lps(needles.entries_lps_mm),
        fields.grid.index_from_lps(needles.tips_lps_mm),
        needles.entry_of,
        needles.tip_of,
        needles.lengths_mm,
        np.array([needle.radius_mm, needle.core_length_mm, needle.dead_space_mm]),
        np.array(
            [
                step_mm,
                search.beyond_tip_mm,
                search.risk_window_mm,
                search.risk_range_mm,
                model.beyond_mm,
                max(model.beyond_mm, model.plunge_mm),
            ]
        ),
        (tables.required, tables.r95, tables.flags),
        bins,
        (yields.blurred, yields.low_kji),
        yields.scale_of(np.hypot(sigma_mm, errors.lesion_doubt_mm)),
    )
    measures: Measures = {key: table[:, column] for key, column in _COLUMNS.items()}
    measures.update(_by_class(fields, table[:, march_columns.FIRST_GROUP :]))
    measures["cortex_misfit_deg"] = screened_misfit_deg(
        anatomy,
        fields,
        needles.entries_lps_mm[needles.entry_of],
        needles.tips_lps_mm[needles.tip_of],
        measures,
        step_mm=step_mm,
    )
    _forget_unknown(anatomy, measures)
    return measures


def _errors_of(anatomy: Anatomy, needles: Needles) -> tuple[ErrorFields, NDArray[np.int32]]:
    """Return the error model's fields, and which bin of its tables each needle belongs to."""
    errors = anatomy.errors
    assert errors is not None, "only a case with a lesion is screened"
    off_plane_deg = _off_plane_deg(anatomy, needles)
    return errors, errors.envelope.bins(off_plane_deg, anatomy.error_model.corrected)


def _off_plane_deg(anatomy: Anatomy, needles: Needles) -> Float64Array:
    """Return each needle's angle to the slices; 0 where no error depends on it."""
    if anatomy.error_model.corrected.off_plane_growth_deg == 0.0:
        return np.zeros(len(needles))
    apart = needles.tips_lps_mm[needles.tip_of] - needles.entries_lps_mm[needles.entry_of]
    sine = apart @ np.array(anatomy.ct.slice_normal_lps) / needles.lengths_mm
    return np.asarray(np.degrees(np.arcsin(np.clip(sine, -1.0, 1.0))))


def clearance_measures(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, *, step_mm: float
) -> Measures:
    """Return the clearances alone, interpolated between voxels: slower and truer."""
    model = anatomy.error_model
    errors, bins = _errors_of(anatomy, needles)
    tables = errors.envelope
    table = least_clearance(
        fields.packed,
        fields.grid.index_from_lps(needles.entries_lps_mm),
        fields.grid.index_from_lps(needles.tips_lps_mm),
        needles.entry_of,
        needles.tip_of,
        needles.lengths_mm,
        np.array(
            [
                anatomy.needle.radius_mm,
                step_mm,
                model.beyond_mm,
                max(model.beyond_mm, model.plunge_mm),
            ]
        ),
        (tables.required, tables.r95, tables.flags),
        bins,
    )
    measures = _by_class(fields, table)
    measures["worst_case_clearance_mm"] = table[:, -1]
    _forget_unknown(anatomy, measures)
    return measures


def add_derived(anatomy: Anatomy, measures: Measures) -> None:
    """Add the measures that protocols wish for but plans do not list, in place.

    ``viable_yield`` and ``specimen_fill`` (0 to 1), ``necrosis_fraction``,
    ``specimen_shortfall_mm`` and ``extra_clearance_mm`` (the least clearance beyond its margin,
    over all classes).
    """
    required, core_mm = anatomy.required_length_mm, anatomy.needle.core_length_mm
    expected = measures["expected_sample_mm"]
    measures["viable_yield"] = np.minimum(1.0, expected / required)
    measures["specimen_fill"] = expected / max(core_mm, required)
    measures["specimen_shortfall_mm"] = required - measures["lesion_length_mm"]
    if anatomy.viability_known:
        measures["expected_viable_length_mm"] = expected
    if "necrosis_length_mm" in measures:
        measures["necrosis_fraction"] = measures["necrosis_length_mm"] / core_mm
        measures["expected_necrosis_fraction"] = measures["expected_necrosis_mm"] / core_mm
    slacks = [measures[f"{c}_slack_mm"] for c in CLEARANCE_CLASSES if f"{c}_slack_mm" in measures]
    if slacks:
        measures["extra_clearance_mm"] = np.minimum.reduce(slacks)


def _by_class(fields: ScreenFields, table: NDArray[np.float32]) -> Measures:
    """Return clearance and slack of each class, from those of each group one after the other."""
    measures: Measures = {}
    groups = len(fields.groups)
    for number, group in enumerate(fields.groups):
        for key, value in (
            (f"{group.risk_class}_clearance_mm", table[:, number]),
            (f"{group.risk_class}_slack_mm", table[:, groups + number]),
        ):
            measures[key] = np.minimum(measures[key], value) if key in measures else value
    return measures


def _forget_unknown(anatomy: Anatomy, measures: Measures) -> None:
    """Drop what no mask speaks of: unknown is not the same as none."""
    for key in anatomy.unknown_measures:
        measures.pop(key, None)
    if "cortex_incidence_deg" in anatomy.unknown_measures:
        measures.pop("cortex_misfit_deg", None)


def warm_up() -> None:
    """Load the compiled kernels, or compile them where no cache has them; takes no input.

    Meant to run beside other work: what comes first to need the kernels finds them ready.
    """
    packed = np.zeros((2, 2, 2, CHANNEL_CLEARANCE + 1), dtype=np.int16)
    blurred, low = np.zeros((1, 1, 1, 4), dtype=np.int16), np.zeros(3, dtype=np.int64)
    packed.flags.writeable = blurred.flags.writeable = False
    points, unit, flags = np.zeros((1, 3)), np.ones(3), np.zeros(1, dtype=np.int32)
    tables = np.zeros((2, 1, 2, 1), dtype=np.int32), np.zeros((1, 2, 1), dtype=np.int32), flags
    for count in (1, 2):  # kernels for one needle and for many are compiled apart
        number, lengths = np.zeros(count, dtype=np.int32), np.ones(count)
        ends = (points, points + 1.0, number, number, lengths)
        way = (unit, np.ones(6), tables, number, (blurred, low), np.zeros(count))
        kernels.march(packed, unit, *ends, *way)
        least_clearance(packed, *ends, np.ones(4), tables, number)
        warm_up_executions(count)
