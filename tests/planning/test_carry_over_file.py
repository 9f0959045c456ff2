"""What becomes of each role, and when a registration is good, comes from a file that is checked."""

from __future__ import annotations

import pytest

from app import catalogue
from app.paths import resources_dir
from planning.errors import InputError
from planning.model.carry_rules import Moves, Verdict
from planning.model.case import AT_RISK, Role
from planning.records.carry_over_file import read_carry_rules


def _text() -> str:
    return (resources_dir() / "carry_over.toml").read_text(encoding="utf-8")


def test_every_role_is_named_and_nothing_at_risk_in_soft_tissue_is_trusted() -> None:
    moves = catalogue.carry_rules().moves
    assert set(moves) == set(Role)
    trusted = {role for role in AT_RISK if moves[role] is not Moves.SOFT}
    assert trusted == {Role.JOINT, Role.CANAL}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('role = "nerve"', 'role = "vessel"', 'role "vessel" 2 times'),
        ("good_median_mm", "good_mean_mm", "good_mean_mm"),
        ("schema_version = 1", "schema_version = 2", "up to 1"),
        ('how = "left"', 'how = "flies"', "flies|how"),
        ("value = 0.3", "value = -0.3", "least_overlap"),
    ],
)
def test_a_wrong_file_is_refused_by_name(old: str, new: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        read_carry_rules(_text().replace(old, new, 1).encode())


@pytest.mark.parametrize(
    ("median", "p95", "overlap", "correlation", "expected"),
    [
        (0.3, 1.0, 0.9, 0.97, Verdict.GOOD),
        (1.4, 2.0, 0.9, 0.97, Verdict.DOUBTFUL),
        (0.5, 3.0, 0.9, 0.97, Verdict.DOUBTFUL),
        (0.3, 1.0, 0.2, 0.97, Verdict.DOUBTFUL),
        (0.3, 1.0, 0.9, 0.5, Verdict.DOUBTFUL),
        (2.5, 4.0, 0.9, 0.97, Verdict.UNUSABLE),
    ],
)
def test_a_registration_is_judged_by_all_its_numbers(
    median: float, p95: float, overlap: float, correlation: float, expected: Verdict
) -> None:
    verdict, words = catalogue.carry_rules().verdict(median, p95, overlap, correlation)
    assert verdict is expected
    assert words.startswith({"good": "Good", "doubtful": "Doubtful"}.get(expected, "Not usable"))
