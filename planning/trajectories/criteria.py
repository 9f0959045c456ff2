"""What is measured of a trajectory: the one registry of criteria; measures and judges nothing."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Criterion:
    """One measured quantity.

    Parameters
    ----------
    key : str
        Its name in plans, protocols and tables; ends in the unit.
    label, unit : str
        As shown to people; the unit is empty for pure numbers.
    decimals : int
        Digits that are worth showing.
    """

    key: str
    label: str
    unit: str = "mm"
    decimals: int = 1


CRITERIA: tuple[Criterion, ...] = (
    Criterion("insertion_depth_mm", "Skin to tip"),
    Criterion("stop_depth_mm", "Skin to stop"),
    Criterion("cortex_depth_mm", "Skin to bone"),
    Criterion("lesion_depth_mm", "Skin to lesion"),
    Criterion("needle_reach_margin_mm", "Needle length to spare"),
    Criterion("craniocaudal_angle_deg", "Angle toward head", "deg", 0),
    Criterion("sagittal_projection_angle_deg", "Angle toward head, as projected", "deg", 0),
    Criterion("axial_angle_deg", "Angle toward left", "deg", 0),
    Criterion("gravity_angle_deg", "Angle to the vertical", "deg", 0),
    Criterion("scan_plane_angle_deg", "Angle to the slices", "deg", 0),
    Criterion("skin_incidence_deg", "Incidence on skin", "deg", 0),
    Criterion("cortex_incidence_deg", "Incidence on bone", "deg", 0),
    Criterion("gantry_clearance_mm", "Room in the bore", "mm", 0),
    Criterion("vessel_clearance_mm", "Nearest vessel"),
    Criterion("nerve_clearance_mm", "Nearest nerve"),
    Criterion("joint_clearance_mm", "Nearest joint"),
    Criterion("organ_clearance_mm", "Nearest organ"),
    Criterion("beyond_tip_clearance_mm", "Free way ahead of the tip"),
    Criterion("forbidden_traversal_mm", "Inside forbidden tissue"),
    Criterion("corridor_outside_mm", "Outside the corridor"),
    Criterion("bone_traversal_mm", "Bone to drill"),
    Criterion("lesion_length_mm", "Specimen in the lesion"),
    Criterion("viable_length_mm", "Specimen in viable tumour"),
    Criterion("expected_viable_length_mm", "Expected in viable tumour"),
    Criterion("viable_probability", "Probability of enough viable tumour", "", 2),
    Criterion("necrosis_fraction", "Necrotic share of the specimen", "", 2),
    Criterion("specimen_mean_hu", "Mean density of the specimen", "HU", 0),
    Criterion("effective_habitats", "Effective habitats", "", 1),
    Criterion("risk_index", "Risk index", "", 2),
    Criterion("worst_case_clearance_mm", "Worst-case clearance"),
    Criterion("touch_probability", "Probability of touching a structure", "", 2),
)
"""Every criterion of a plan, in the order of its tables."""

CRITERION_KEYS: tuple[str, ...] = tuple(c.key for c in CRITERIA)

CLEARANCE_CLASSES: tuple[str, ...] = ("vessel", "nerve", "joint", "organ")
"""Each has a criterion ``<class>_clearance_mm`` and a measure ``<class>_slack_mm``, less margin."""
