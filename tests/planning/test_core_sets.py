"""Sets of cores of the analytic torso: one entry, spacing, habitats, fresh chances, containers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import catalogue
from app.planning_setup import Setup, core_request
from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.handover.plan_json import plan_from_json, plan_to_json
from planning.model.case import Guidance, Indication
from planning.model.core_set import CoreSet, Purpose
from planning.model.plan import PlanResult
from planning.trajectories.cores.scenarios import ENOUGH, scenarios
from planning.trajectories.cores.spacing import angles_deg, segment_distances_mm
from planning.trajectories.cores.specimen_plan import reassigned, specimen_plan
from planning.trajectories.planner import plan
from tests import phantoms

NEEDLE = "bone-13g-100"


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return phantoms.torso(2.0).understood(NEEDLE)


def _planned(anatomy: Anatomy, **wishes: object) -> PlanResult:
    setup = Setup(
        protocol=catalogue.protocol("bone-ct"),
        needle=anatomy.needle,
        guidance=Guidance.AIMING_DEVICE,
    )
    return plan(anatomy, top=4, cores=core_request(anatomy.case, setup, **wishes))


@pytest.fixture(scope="module")
def one_entry(anatomy: Anatomy) -> PlanResult:
    return _planned(anatomy, count=2)


@pytest.fixture(scope="module")
def several(anatomy: Anatomy) -> PlanResult:
    return _planned(anatomy, count=3, one_entry=False)


def _set(result: PlanResult) -> CoreSet:
    assert result.core_set is not None
    return result.core_set


def test_an_unknown_tumour_gets_one_entry(anatomy: Anatomy, one_entry: PlanResult) -> None:
    found = _set(one_entry)
    assert len(found.cores) == 2
    assert found.tract.entries == 1
    paths = [c.candidate.trajectory for c in found.cores]
    assert found.tract.length_mm == pytest.approx(max(p.insertion_depth_mm for p in paths))
    fan = angles_deg(np.array([p.direction_lps for p in paths])).max()
    assert fan <= anatomy.protocol.cores.fan_soft_deg + 1e-3
    apart = np.linalg.norm(np.subtract(paths[0].entry_lps_mm, paths[1].entry_lps_mm))
    assert apart < 12.0


def test_cores_keep_limits_and_do_not_share_tissue(
    anatomy: Anatomy, one_entry: PlanResult, several: PlanResult
) -> None:
    for found in map(_set, (one_entry, several)):
        ends = np.array([c.candidate.specimen_lps_mm for c in found.cores])
        apart = segment_distances_mm(ends[:, 0], ends[:, 1])
        least = apart[np.triu_indices(len(ends), 1)].min()
        assert least == pytest.approx(found.spacing_mm)
        assert least >= anatomy.needle.outer_diameter_mm - 1e-6
        assert all(c.candidate.violations == () for c in found.cores)


def test_the_gap_to_the_best_of_the_tested_is_small(
    one_entry: PlanResult, several: PlanResult
) -> None:
    for found in map(_set, (one_entry, several)):
        assert 0.0 <= found.gap <= 0.01
        assert found.tested > 20
        assert "best of" in found.method


def test_several_entries_are_at_least_as_good(anatomy: Anatomy, several: PlanResult) -> None:
    single = _set(_planned(anatomy, count=3, one_entry=True))
    free = _set(several)
    assert free.coverage[ENOUGH] >= single.coverage[ENOUGH] - 0.02
    if free.tract.entries > 1:
        paths = [c.candidate.trajectory for c in free.cores]
        starts, tips = (
            np.array([getattr(p, end) for p in paths]) for end in ("entry_lps_mm", "tip_lps_mm")
        )
        shafts = segment_distances_mm(starts, tips)[np.triu_indices(len(paths), 1)]
        assert shafts.min() >= 2 * anatomy.needle.radius_mm


def test_both_habitats_are_covered_more_surely_than_by_the_best_core(
    anatomy: Anatomy, several: PlanResult
) -> None:
    found = _set(several)
    best = max(several.candidates[:4], key=lambda c: c.score)
    alone = scenarios(
        anatomy,
        np.array([best.trajectory.entry_lps_mm]),
        np.array([best.trajectory.tip_lps_mm]),
        count=1024,
        habitat_minimum_mm=anatomy.protocol.cores.habitat_minimum_mm,
        salt=9,
    )
    for number, name in enumerate(alone.names):
        assert found.coverage[name] >= alone.happens[0, number].mean() - 0.03
    assert found.effective_habitats > 1.5


def test_a_must_sample_that_does_not_exist_is_said(anatomy: Anatomy) -> None:
    found = _set(_planned(anatomy, count=2, must_sample=("Habitat Z",)))
    assert [w.key for w in found.warnings] == ["must_sample"]
    assert "Habitat A, Habitat B" in found.warnings[0].text


def test_a_must_sample_is_hit(anatomy: Anatomy, one_entry: PlanResult) -> None:
    for name in ("Habitat A", "Habitat B"):
        found = _set(_planned(anatomy, count=2, must_sample=(name,)))
        assert found.coverage[name] >= _set(one_entry).coverage[name] - 0.02
        assert found.coverage[name] > 0.5


def test_shared_error_makes_cores_fail_together(anatomy: Anatomy, one_entry: PlanResult) -> None:
    core = _set(one_entry).cores[0].candidate.trajectory
    entries, tips = np.array([core.entry_lps_mm] * 3), np.array([core.tip_lps_mm] * 3)

    def any_enough(shared_mm: float) -> float:
        model = anatomy.error_model
        spread = replace(model.corrected, at_skin_mm=4.0, along_mm=4.0, shared_mm=shared_mm)
        changed = replace(
            anatomy,
            error_model=replace(model, corrected=spread),
            errors=replace(anatomy.errors, lesion_doubt_mm=0.0),
        )
        found = scenarios(changed, entries, tips, count=1024, habitat_minimum_mm=3.0)
        return float(found.happens[:, -1].any(axis=0).mean())

    chances = [any_enough(shared) for shared in (0.0, 2.5, 3.9)]
    assert chances[0] > chances[1] + 0.005 > chances[2] + 0.01


def test_a_set_survives_its_file(one_entry: PlanResult) -> None:
    text = plan_to_json(one_entry)
    again = plan_from_json(text)
    assert plan_to_json(again) == text
    assert [c.purpose for c in _set(again).cores] == [c.purpose for c in _set(one_entry).cores]
    ids = {c.candidate_id for c in again.candidates}
    assert {c.candidate.candidate_id for c in _set(again).cores} <= ids
    first = _set(again).cores[0].candidate.candidate_id
    wrong = text.replace(f'"candidate": "{first}"', '"candidate": "X"')
    with pytest.raises(InputError, match="no candidate"):
        plan_from_json(wrong)


def test_the_same_case_gives_the_same_set(anatomy: Anatomy, one_entry: PlanResult) -> None:
    assert plan_to_json(_planned(anatomy, count=2)) == plan_to_json(one_entry)


def test_molecular_work_gets_the_softest_core_and_is_editable(
    anatomy: Anatomy, one_entry: PlanResult
) -> None:
    rules = catalogue.specimen_rules()
    template = one_entry.candidates[0]
    cores = tuple(
        replace(
            template,
            candidate_id=name,
            criteria={
                **template.criteria,
                "specimen_mean_hu": density,
                "expected_viable_length_mm": length,
                "viable_probability": chance,
            },
        )
        for name, density, length, chance in (
            ("A", 80.0, 10.0, 0.7),
            ("B", 20.0, 4.0, 0.1),
            ("C", 40.0, 12.0, 0.8),
            ("D", 450.0, 13.0, 0.9),
        )
    )

    def purposes(indication: Indication) -> dict[str, Purpose]:
        made = specimen_plan(cores, needle=anatomy.needle, indication=indication, rules=rules)
        return {c.candidate.candidate_id: c.purpose for c in made}

    primary = purposes(Indication.PRIMARY)
    assert primary == {
        "A": Purpose.RESERVE,
        "B": Purpose.RESERVE,
        "C": Purpose.MOLECULAR,
        "D": Purpose.HISTOLOGY,
    }
    assert list(purposes(Indication.INFECTION).values()).count(Purpose.CULTURE) == 2
    assert Purpose.FLOW_CYTOMETRY in purposes(Indication.MYELOMA_LYMPHOMA).values()
    made = specimen_plan(cores, needle=anatomy.needle, indication=Indication.PRIMARY, rules=rules)
    assert "EDTA" in made[3].advice
    assert "EDTA" not in made[0].advice
    inner = anatomy.needle.inner_diameter_mm
    assert made[0].tissue_mm3 == pytest.approx(np.pi / 4 * inner**2 * 10.0 * rules.recovery)
    whole = replace(_set(one_entry), cores=made)
    changed = reassigned(whole, {"B": Purpose.CULTURE}, needle=anatomy.needle, rules=rules)
    assert changed.cores[1].purpose is Purpose.CULTURE
    assert "sterile" in changed.cores[1].container
    assert changed.cores[0] == whole.cores[0]
    with pytest.raises(InputError, match="A, B, C, D"):
        reassigned(whole, {"E": Purpose.CULTURE}, needle=anatomy.needle, rules=rules)
