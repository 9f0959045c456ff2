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
    definition, source : str
        What is measured, as a sentence for people; where that is from.
    """

    key: str
    label: str
    unit: str = "mm"
    decimals: int = 1
    definition: str = ""
    source: str = ""


CRITERIA: tuple[Criterion, ...] = (
    Criterion(
        "insertion_depth_mm",
        "Skin to tip",
        definition="From the skin along the needle to the deepest point its tip reaches.",
        source="geometry",
    ),
    Criterion(
        "stop_depth_mm",
        "Skin to stop",
        definition="From the skin along the needle to where the hand stops and fires, or "
        "starts coring: the tip's depth less the throw, or less a trephine's "
        "core.",
        source="geometry of the needle",
    ),
    Criterion(
        "cortex_depth_mm",
        "Skin to bone",
        definition="From the skin along the needle to the first bone outside the tumour.",
        source="bone masks",
    ),
    Criterion(
        "lesion_depth_mm",
        "Skin to lesion",
        definition="From the skin along the needle to the tumour.",
        source="tumour mask",
    ),
    Criterion(
        "needle_reach_margin_mm",
        "Needle length to spare",
        definition="The needle's usable length, less what stays in an introducer's hub, "
        "minus the depth of the tip.",
        source="needle catalogue",
    ),
    Criterion(
        "craniocaudal_angle_deg",
        "Angle toward head",
        "deg",
        0,
        definition="How far the needle leaves the axial plane: the arc sine of its part "
        "along the body. Positive: the tip goes toward the head.",
        source="geometry, DICOM patient axes (PS3.3 C.7.6.2)",
    ),
    Criterion(
        "sagittal_projection_angle_deg",
        "Angle toward head, as projected",
        "deg",
        0,
        definition="What a protractor or laser at the patient's side shows: the needle "
        "projected onto the sagittal plane, from the front-back axis. Positive: "
        "the tip goes toward the head.",
        source="geometry, DICOM patient axes (PS3.3 C.7.6.2)",
    ),
    Criterion(
        "axial_angle_deg",
        "Angle toward left",
        "deg",
        0,
        definition="The needle projected onto the axial plane, from the front-back axis. "
        "Positive: the tip goes toward the patient's left.",
        source="geometry, DICOM patient axes (PS3.3 C.7.6.2)",
    ),
    Criterion(
        "gravity_angle_deg",
        "Angle to the vertical",
        "deg",
        0,
        definition="The needle projected onto the axial plane, from the vertical as the "
        "patient lies for the biopsy. Positive: the tip goes toward the patient's "
        "left.",
        source="geometry, position of the patient",
    ),
    Criterion(
        "scan_plane_angle_deg",
        "Angle to the slices",
        "deg",
        0,
        definition="Between the needle and the slices as they were scanned; its size is what "
        "is limited.",
        source="DICOM Image Orientation (0020,0037)",
    ),
    Criterion(
        "skin_incidence_deg",
        "Incidence on skin",
        "deg",
        0,
        definition="Between the needle and the skin's normal at the entry; 0 is perpendicular.",
        source="body surface, normal smoothed over 4 mm",
    ),
    Criterion(
        "cortex_incidence_deg",
        "Incidence on bone",
        "deg",
        0,
        definition="Between the needle and the bone's normal where it is met; 0 is perpendicular.",
        source="bone masks, normal smoothed over 2 mm",
    ),
    Criterion(
        "gantry_clearance_mm",
        "Room in the bore",
        "mm",
        0,
        definition="Radius of the bore minus the distance of the needle's hub, and 20 mm, "
        "from the gantry's axis.",
        source="DICOM Data Collection Center (0018,9313)",
    ),
    Criterion(
        "vessel_clearance_mm",
        "Nearest vessel",
        definition="Least distance from the needle's surface, from skin to tip, to the "
        "boundary of a vessel; negative inside.",
        source="vessel masks",
    ),
    Criterion(
        "nerve_clearance_mm",
        "Nearest nerve",
        definition="Least distance from the needle's surface, from skin to tip, to the "
        "boundary of a nerve; negative inside.",
        source="nerve masks",
    ),
    Criterion(
        "joint_clearance_mm",
        "Nearest joint",
        definition="Least distance from the needle's surface, from skin to tip, to a joint "
        "or its capsule; negative inside.",
        source="joint masks, or derived from the bones' masks",
    ),
    Criterion(
        "organ_clearance_mm",
        "Nearest organ",
        definition="Least distance from the needle's surface, from skin to tip, to an organ, "
        "lung, pleura or the spinal canal; negative inside.",
        source="organ masks",
    ),
    Criterion(
        "beyond_tip_clearance_mm",
        "Free way ahead of the tip",
        definition="How far straight ahead of the tip the first structure at risk begins.",
        source="masks of structures at risk",
    ),
    Criterion(
        "forbidden_traversal_mm",
        "Inside forbidden tissue",
        definition="Length from skin to tip inside tissue that must not be crossed.",
        source="masks and the rules of the site",
    ),
    Criterion(
        "corridor_outside_mm",
        "Outside the corridor",
        definition="Length from skin to tip outside the corridor agreed with the surgeon.",
        source="corridor mask",
    ),
    Criterion(
        "bone_traversal_mm",
        "Bone to drill",
        definition="Length from skin to tip in bone outside the tumour.",
        source="bone masks, every 0.1 mm",
    ),
    Criterion(
        "lesion_length_mm",
        "Specimen in the lesion",
        definition="Length of the specimen inside the tumour, if the needle goes as planned.",
        source="tumour mask, every 0.1 mm",
    ),
    Criterion(
        "viable_length_mm",
        "Specimen in viable tumour",
        definition="Length of the specimen inside viable tumour, if the needle goes as planned.",
        source="viable tumour, every 0.1 mm",
    ),
    Criterion(
        "expected_viable_length_mm",
        "Expected in viable tumour",
        definition="Mean length of the specimen inside viable tumour over how needles really "
        "end up, after a check scan.",
        source="error model of the guidance, masks",
    ),
    Criterion(
        "viable_probability",
        "Probability of enough viable tumour",
        "",
        2,
        definition="Chance that the specimen holds at least the least useful length of "
        "viable tumour, if masks and error model hold.",
        source="error model of the guidance, masks",
    ),
    Criterion(
        "necrosis_fraction",
        "Necrotic share of the specimen",
        "",
        2,
        definition="Necrotic length of the specimen over its length.",
        source="necrosis mask",
    ),
    Criterion(
        "specimen_mean_hu",
        "Mean density of the specimen",
        "HU",
        0,
        definition="Mean of the CT along the specimen, linearly interpolated.",
        source="planning CT",
    ),
    Criterion(
        "effective_habitats",
        "Effective habitats",
        "",
        1,
        definition="How many parts of the tumour the specimen holds, counted by their shares "
        "q: exp(-sum q ln q).",
        source="Hill number of order one (Hill 1973, doi 10.2307/1934352)",
    ),
    Criterion(
        "risk_index",
        "Risk index",
        "",
        2,
        definition="How near the worst 20 mm of the shaft come to the margins: 0 is 10 mm or "
        "more away, 1 on the margin, above 1 inside it.",
        source="after risk scores used in stereo-EEG planning; engineering default",
    ),
    Criterion(
        "worst_case_clearance_mm",
        "Worst-case clearance",
        definition="Clearance that 95 % of the needles keep from vessels, nerves and organs, "
        "at any depth.",
        source="error model of the guidance, masks",
    ),
    Criterion(
        "touch_probability",
        "Probability of touching a structure",
        "",
        2,
        definition="Chance that a first pass, before any check scan, touches any vessel, "
        "nerve or organ.",
        source="error model of the guidance, masks",
    ),
)
"""Every criterion of a plan, in the order of its tables."""

CRITERION_KEYS: tuple[str, ...] = tuple(c.key for c in CRITERIA)

CLEARANCE_CLASSES: tuple[str, ...] = ("vessel", "nerve", "joint", "organ")
"""Each has a criterion ``<class>_clearance_mm`` and a measure ``<class>_slack_mm``, less margin."""
