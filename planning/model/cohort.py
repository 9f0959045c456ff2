"""What a registry knows of many cases, as columns for statistics; reads and computes nothing."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array

TextColumn = NDArray[np.object_]
DateColumn = NDArray[np.datetime64]
BoolColumn = NDArray[np.bool_]

TEXT_COLUMNS = (
    *("case", "pseudonym", "core", "site", "side", "indication", "guidance", "operator"),
    *("institution", "department", "needle", "needle_state", "knowledge", "stage"),
)
"""Names of the columns that hold text."""


class Stage(StrEnum):
    """When in the work a needle was scanned; it decides which spread its error belongs to."""

    FIRST_PASS = "first-pass"
    CORRECTED = "corrected"
    UNKNOWN = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortRows:
    """The cores of a registry, one row per core, in the order of their dates.

    All columns are read-only and of the same length n. Numbers are float64 with nan where nothing
    is known; yes and no are 1.0 and 0.0 there, so that "unknown" stays a value of its own. Text
    columns hold `str`, empty where nothing is known. Lengths are mm, angles degrees.

    Parameters
    ----------
    date : array of datetime64[D]
        Of the biopsy; NaT where unknown.
    case : array of str
        Id of the case. Needles of one case share registration and patient shift.
    pseudonym : array of str
        Of the patient, who may have had several cases.
    core : array of str
        Candidate id of the planned core.
    site, side, indication, guidance, operator, institution, department, needle : array of str
        `side` is left, right, midline or empty, `needle` a key of the needle table.
    gauge : array of float
        Of the needle.
    needle_state, knowledge, stage : array of str
        Values of `NeedleState`, `SpecimenKnowledge` and `Stage`.
    is_last : array of bool
        False for an earlier scan of a core that was scanned again, which is there only where the
        reader was asked for every scan.
    planned_depth_mm : array of float
        From the skin to the planned point the needle was compared with: the stop before it fires,
        else the tip.
    planned_angle_deg : array of float
        Between the planned needle and the slices (`scan_plane_angle_deg`), signed.
    predicted_probability : array of float
        `viable_probability` of the plan: chance that the specimen holds enough.
    predicted_viable_mm : array of float
        `expected_viable_length_mm` of the plan.
    euclidean_tip_mm, lateral_tip_mm, depth_mm, euclidean_entry_mm, target_to_axis_mm, angle_deg, \
in_plane_mm, off_plane_mm : array of float
        As in `PlacementError`; `depth_mm` is positive where the needle went too deep.
    registration_residual_mm : array of float
        Of the control CT on the planning CT, median distance of the bones near the lesion.
    within_tolerance : array of float
        1 or 0 by the protocol of the plan.
    achieved_viable_mm, achieved_necrotic_mm, achieved_lesion_mm : array of float
        What the specimen really held, by the masks.
    adequate, concordant : array of float
        1 or 0 as pathology reports: enough for a diagnosis; in keeping with imaging.
    viable_fraction, necrotic_fraction : array of float
        Of the specimen, 0 to 1, as pathology reports.
    check_scans, redirections, minutes, dose_length_product_mgy_cm, passes : array of float
        Of the whole procedure, the same for all its cores.
    complication_grade : array of float
        Worst of the procedure; 0 where it is recorded that there was none.
    """

    date: DateColumn
    case: TextColumn
    pseudonym: TextColumn
    core: TextColumn
    site: TextColumn
    side: TextColumn
    indication: TextColumn
    guidance: TextColumn
    operator: TextColumn
    institution: TextColumn
    department: TextColumn
    needle: TextColumn
    gauge: Float64Array
    needle_state: TextColumn
    knowledge: TextColumn
    stage: TextColumn
    is_last: BoolColumn
    planned_depth_mm: Float64Array
    planned_angle_deg: Float64Array
    predicted_probability: Float64Array
    predicted_viable_mm: Float64Array
    euclidean_tip_mm: Float64Array
    lateral_tip_mm: Float64Array
    depth_mm: Float64Array
    euclidean_entry_mm: Float64Array
    target_to_axis_mm: Float64Array
    angle_deg: Float64Array
    in_plane_mm: Float64Array
    off_plane_mm: Float64Array
    registration_residual_mm: Float64Array
    within_tolerance: Float64Array
    achieved_viable_mm: Float64Array
    achieved_necrotic_mm: Float64Array
    achieved_lesion_mm: Float64Array
    adequate: Float64Array
    concordant: Float64Array
    viable_fraction: Float64Array
    necrotic_fraction: Float64Array
    check_scans: Float64Array
    redirections: Float64Array
    minutes: Float64Array
    dose_length_product_mgy_cm: Float64Array
    passes: Float64Array
    complication_grade: Float64Array

    def __post_init__(self) -> None:
        count = len(self.date)
        for column in fields(self):
            values: NDArray[Any] = getattr(self, column.name)
            if values.shape != (count,):
                raise ValueError(f"{column.name} has {values.shape}, the dates have ({count},)")
            values.setflags(write=False)

    def __len__(self) -> int:
        return len(self.date)

    def where(self, wanted: BoolColumn) -> CohortRows:
        """Return the rows for which `wanted` (n,) is true."""
        return CohortRows(**{c.name: getattr(self, c.name)[wanted] for c in fields(self)})


def cohort_of(columns: dict[str, NDArray[Any]], count: int) -> CohortRows:
    """Return rows with the given columns, everything else unknown.

    Raises
    ------
    ValueError
        If a name is no column, or a column has another length.
    """
    names = [column.name for column in fields(CohortRows)]
    unknown = sorted(set(columns) - set(names))
    if unknown:
        raise ValueError(f"no such columns: {', '.join(unknown)}")
    return CohortRows(**{n: columns.get(n, _unknown(n, count)) for n in names})


def _unknown(name: str, count: int) -> NDArray[Any]:
    if name == "date":
        return np.full(count, np.datetime64("NaT", "D"))
    if name == "is_last":
        return np.ones(count, dtype=np.bool_)
    if name in TEXT_COLUMNS:
        return np.full(count, "", dtype=np.object_)
    return np.full(count, np.nan)
