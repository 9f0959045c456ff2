"""Small plans with awkward values in them, for tests of everything that reads or writes a plan."""

from __future__ import annotations

from dataclasses import replace

from planning.model.core_set import Core, CoreSet, Purpose, Tract
from planning.model.needle import Needle, NeedleKind, Trajectory
from planning.model.plan import BoneEntry, Candidate, Nearest, NotChecked, Notice, PlanResult
from planning.trajectories.criteria import CRITERION_KEYS

SPRUNG = Needle(
    key="soft-14g-150",
    name="Side-notch needle 14G, 150 mm",
    kind=NeedleKind.SIDE_NOTCH,
    gauge=14,
    outer_diameter_mm=2.11,
    inner_diameter_mm=1.6,
    usable_length_mm=150.0,
    core_length_mm=18.0,
    throw_mm=22.0,
    dead_space_mm=5.0,
    source="engineering default",
)


def candidate(rank: int, entry: tuple[float, float, float]) -> Candidate:
    """Return a candidate straight toward the head, 60 mm deep, from an entry in LPS mm."""
    x, y, z = entry
    trajectory = Trajectory(entry, (x, y, z + 60.0))
    criteria = {key: 0.1 * number for number, key in enumerate(CRITERION_KEYS)}
    criteria |= {"insertion_depth_mm": 60.0, "gantry_clearance_mm": None}
    return Candidate(
        candidate_id=f"c{rank}",
        rank=rank,
        trajectory=trajectory,
        stop_lps_mm=trajectory.stop_lps_mm(SPRUNG),
        specimen_lps_mm=trajectory.specimen_lps_mm(SPRUNG),
        score=0.75,
        criteria=criteria,
        habitat_mm={"Habitat A": 11.0, 'Habitat "B", myxoid': 4.5},
        nearest=(
            Nearest(
                structure="iliac_artery_right",
                role="vessel",
                clearance_mm=7.25,
                depth_mm=41.0,
                point_lps_mm=(x + 8.305, y, z + 41.0),
                margin_mm=5.0,
            ),
        ),
        contributions={"viable_yield": 0.25, "depth": 0.75},
        warnings=(Notice("steep_cortex", "meets the cortex at a flat angle: it may slip"),),
        compartments=(("gluteus_maximus_right", 31.5), ("Psoas, oberer", 4.25)),
    )


def plan() -> PlanResult:
    """Return a plan of two candidates with non-ASCII text, nulls and things not checked."""
    return PlanResult(
        case_name="Läsion, \N{GREEK SMALL LETTER ALPHA}",
        needle=SPRUNG,
        guidance="navigated",
        protocol_key="bone-ct",
        protocol_version="1.0",
        protocol_sha256="ab" * 32,
        software_version="0.1.0",
        indication="unknown",
        patient_position="prone",
        ct_position="supine",
        viability_source="mask",
        frame_of_reference_uid="1.2.3",
        series_uid="",
        inputs_sha256="cd" * 32,
        evaluated=1000,
        rejected={"reach": 600, "vessel": 398},
        not_checked=(
            NotChecked("gantry_clearance_mm", "the isocentre is unknown: no tag"),
            NotChecked("ureter", "no mask"),
            NotChecked("odd: name", "no mask: none at all"),
        ),
        warnings=(Notice("position_differs", "scanned supine, planned prone: carry it over"),),
        candidates=(candidate(1, (-12.5, 88.25, 41.1234564)), candidate(2, (30.0, 90.0, -5.0))),
    )


def with_cores() -> PlanResult:
    """Return the plan with a set of one core: its second trajectory, which meets bone."""
    alone = plan()
    bone = BoneEntry(
        bone="hip_right",
        kind="irregular",
        broken=False,
        depth_mm=34.5,
        incidence_deg=45.25,
        thickness_along_mm=3.25,
        thickness_mm=2.5,
        thickness_resolved=True,
        peak_hu=854.5,
        cortical_mm=8.0,
        cancellous_mm=24.75,
    )
    first, second = alone.candidates
    second = replace(second, bone=bone)
    core = Core(
        candidate=second,
        purpose=Purpose.FLOW_CYTOMETRY,
        container="fresh, in saline",
        advice="To the laboratory at once.",
        tissue_mm3=40.5,
    )
    chosen = CoreSet(
        cores=(core,),
        expected_mm={"viable": 12.5},
        coverage={"enough": 0.75},
        effective_habitats=1.0,
        gap=0.0,
        scenarios=256,
        tested=40,
        spacing_mm=0.0,
        method="best of 40",
        tract=Tract(entries=1, length_mm=60.0, structures=()),
    )
    return replace(alone, candidates=(first, second), core_set=chosen)


def empty_plan() -> PlanResult:
    """Return the answer to a request that nothing can fulfil."""
    return replace(plan(), candidates=(), rejected={"reach": 1000})
