"""A mask nobody trusts is not used, and the plan says what it stood for and why."""

from __future__ import annotations

import ast
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from planning.anatomy.anatomy import Anatomy
from planning.errors import InputError
from planning.model.case import Case, Role
from planning.trajectories.fingerprint import inputs_sha256
from planning.trajectories.planner import plan
from tests.phantoms import Phantom, torso

WHY = "leaks into the muscle"
PLANNING = Path(__file__).parents[2] / "planning"
JUDGING = ("anatomy", "trajectories")


def excluded(phantom: Phantom, role: Role, reason: str = WHY) -> Phantom:
    structures = tuple(
        replace(s, excluded_because=reason) if s.role is role else s
        for s in phantom.case.structures
    )
    return replace(phantom, case=replace(phantom.case, structures=structures))


def without(phantom: Phantom, role: Role) -> Phantom:
    kept = tuple(s for s in phantom.case.structures if s.role is not role)
    return replace(phantom, case=replace(phantom.case, structures=kept))


@pytest.fixture(scope="module")
def patient() -> Phantom:
    return torso(2.0)


@pytest.fixture(scope="module")
def trusted(patient: Phantom) -> Anatomy:
    return patient.understood()


def reasons(found) -> dict[str, str]:
    return {n.key: n.reason for n in found.not_checked}


@pytest.mark.parametrize("role", [Role.NECROSIS, Role.BONE, Role.HABITAT, Role.NERVE])
def test_an_excluded_mask_counts_as_if_it_were_not_there(
    patient: Phantom, trusted: Anatomy, role: Role
) -> None:
    distrusted = excluded(patient, role).understood()
    absent = without(patient, role).understood()
    for field in ("bits", "habitat"):
        here, there = getattr(distrusted.tissue, field), getattr(absent.tissue, field)
        assert np.array_equal(here, there)
    assert [r.structure for r in distrusted.risks] == [r.structure for r in absent.risks]
    assert distrusted.unknown_measures == absent.unknown_measures
    assert distrusted.unknown_measures != trusted.unknown_measures
    assert [n for n, _ in distrusted.lesion.habitats] == [n for n, _ in absent.lesion.habitats]


def test_the_plan_says_what_was_not_used_and_why(patient: Phantom) -> None:
    found = reasons(excluded(patient, Role.NERVE).understood())
    assert found["right nerve"] == f"mask not used: {WHY}"
    assert found["nerve_clearance_mm"] == "no trusted mask of any nerve"
    absent = reasons(without(patient, Role.NERVE).understood())
    assert absent["nerve_clearance_mm"] == "no mask of any nerve"


def test_what_the_site_expects_is_missing_where_its_mask_is_excluded(patient: Phantom) -> None:
    named = tuple(
        replace(s, name="right sciatic nerve") if s.role is Role.NERVE else s
        for s in patient.case.structures
    )
    at_site = replace(patient, case=replace(patient.case, structures=named, site="ilium"))
    whole = reasons(at_site.understood())
    less = reasons(excluded(at_site, Role.NERVE).understood())
    missing = {key for key in less if key not in whole and "sciatic" in key}
    assert missing == {"right sciatic nerve", "sciatic nerve"}
    assert less["sciatic nerve"] == "no trusted mask"


def test_without_a_trusted_tumour_nothing_is_planned_and_the_reason_is_said(
    patient: Phantom,
) -> None:
    blind = excluded(patient, Role.TUMOUR)
    with pytest.raises(InputError, match=rf'"lesion", is not used \({WHY}\)'):
        plan(blind.understood(), top=1)
    structures = (
        *blind.case.structures,
        replace(blind.case.structures[1], name="other", role=Role.TUMOUR),
    )
    two = replace(blind, case=replace(blind.case, structures=structures, lesion="lesion"))
    with pytest.raises(InputError, match='the mask of the lesion "lesion" is excluded'):
        two.understood()


def test_exclusion_reason_margin_and_check_change_the_inputs_number(
    patient: Phantom, trusted: Anatomy
) -> None:
    def changed(**fields: object) -> str:
        structures = tuple(
            replace(s, **fields) if s.role is Role.NERVE else s for s in patient.case.structures
        )
        return inputs_sha256(
            replace(patient, case=replace(patient.case, structures=structures)).understood()
        )

    plain = inputs_sha256(trusted)
    assert plain == changed(colour="#123456")
    others = {
        changed(excluded_because=WHY),
        changed(excluded_because="cut off"),
        changed(margin_mm=15.0),
        changed(verified_by="AB"),
        inputs_sha256(without(patient, Role.NERVE).understood()),
    }
    assert len(others - {plain}) == 5


def test_planning_asks_only_for_trusted_structures() -> None:
    """Whoever reads all structures would plan with masks that somebody distrusts."""
    found = {
        path.relative_to(PLANNING).as_posix()
        for package in JUDGING
        for path in (PLANNING / package).rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute)
        and node.attr == "structures"
        and isinstance(node.value, ast.Name | ast.Attribute)
        and (node.value.id if isinstance(node.value, ast.Name) else node.value.attr) == "case"
    }
    assert found == set()


def test_a_case_knows_which_of_its_structures_are_trusted(patient: Phantom) -> None:
    case: Case = excluded(patient, Role.NERVE).case
    assert [s.name for s in case.distrusted] == ["right nerve"]
    assert set(case.trusted) | set(case.distrusted) == set(case.structures)
