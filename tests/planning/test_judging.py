"""Limits, desirabilities and the choice among candidates, on hand-made numbers."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from app import catalogue
from planning.model.case import Guidance, Indication
from planning.model.protocol import Protocol
from planning.records.protocol_file import read_protocol
from planning.trajectories import judging
from planning.trajectories.choosing import best_alternatives, is_dominated
from planning.trajectories.screening import Needles

_FILE = Path(__file__).parents[2] / "resources" / "protocols" / "bone-ct.toml"


@pytest.fixture(scope="module")
def protocol() -> Protocol:
    return read_protocol(_FILE.read_bytes(), "bone-ct", catalogue.sites())


def _first(protocol: Protocol, allowance_mm: float = 0.0, **measures: list[float]) -> list[str]:
    arrays = {key: np.array(values) for key, values in measures.items()}
    first, keys = judging.first_broken(
        protocol,
        arrays,
        indication=Indication.UNKNOWN,
        guidance=Guidance.NAVIGATED,
        allowance_mm=allowance_mm,
    )
    return ["" if n < 0 else keys[n] for n in first]


def test_a_candidate_counts_under_the_first_constraint_it_breaks(protocol: Protocol) -> None:
    broken = _first(
        protocol,
        needle_reach_margin_mm=[9.0, 20.0, 20.0, 20.0],
        off_plane_deg=[50.0, 31.0, 30.0, 0.0],
        vessel_slack_mm=[-1.0, -1.0, 0.0, -0.1],
    )
    assert broken == ["reach", "scan_plane_angle", "", "vessel"]


def test_the_allowance_is_taken_off_clearances_only(protocol: Protocol) -> None:
    assert _first(protocol, allowance_mm=0.5, vessel_slack_mm=[0.4, 0.6]) == ["vessel", ""]
    assert _first(protocol, allowance_mm=0.5, needle_reach_margin_mm=[10.1]) == [""]


def test_an_unknown_criterion_passes(protocol: Protocol) -> None:
    assert _first(protocol, insertion_depth_mm=[50.0]) == [""]
    assert _first(protocol, gantry_clearance_mm=[float("nan")]) == [""]


def test_freehand_has_stricter_limits(protocol: Protocol) -> None:
    constraint = protocol.constraint("scan_plane_angle")
    assert constraint is not None
    steep = {"off_plane_deg": np.array([20.0])}
    assert judging.breaks(constraint, steep, Guidance.FREEHAND, 0.0).all()
    assert not judging.breaks(constraint, steep, Guidance.ROBOT, 0.0).any()


def test_a_wider_margin_never_enlarges_what_is_feasible(protocol: Protocol) -> None:
    slack = np.random.default_rng(3).normal(0.0, 4.0, 500)
    feasible = [
        np.array([b == "" for b in _first(protocol, vessel_slack_mm=list(slack - extra))])
        for extra in (0.0, 0.5, 1.0, 3.0)
    ]
    for wider, narrower in pairwise(feasible):
        assert not (narrower & ~wider).any()


def test_a_wish_never_becomes_a_hidden_limit(protocol: Protocol) -> None:
    worst = {"insertion_depth_mm": np.array([400.0]), "off_plane_deg": np.array([90.0])}
    assert judging.scores(protocol, worst)[0] == pytest.approx(0.05)


def test_the_score_is_the_weighted_geometric_mean(protocol: Protocol) -> None:
    depth = next(o for o in protocol.objectives if o.criterion == "insertion_depth_mm")
    plane = next(o for o in protocol.objectives if o.criterion == "off_plane_deg")
    two = replace(protocol, objectives=(replace(depth, weight=3.0), replace(plane, weight=1.0)))
    measures = {"insertion_depth_mm": np.array([75.0]), "off_plane_deg": np.array([15.0])}
    assert judging.scores(two, measures)[0] == pytest.approx(0.5)
    _, shares = judging.score_and_contributions(two, measures)
    assert shares == pytest.approx({depth.key: 0.75, plane.key: 0.25})


def test_no_cortex_on_the_way_is_no_bad_angle(protocol: Protocol) -> None:
    cortex = next(o for o in protocol.objectives if o.criterion == "cortex_misfit_deg")
    worth = judging.desirability(cortex, np.array([np.nan, 0.0, 45.0, 60.0]), 0.05)
    assert worth[0] == worth[1] == 1.0
    assert worth[2] == pytest.approx(0.5)
    assert worth[3] < 0.5


def test_dominance_needs_one_better_and_none_worse() -> None:
    front = np.array([[1.0, 0.5], [0.5, 1.0]])
    assert is_dominated(np.array([0.5, 0.5]), front)
    assert not is_dominated(np.array([1.0, 0.5]), front)
    assert not is_dominated(np.array([0.8, 0.8]), front)


def _needles(entries: list[tuple[float, float, float]], tip=(0.0, 0.0, 0.0)) -> Needles:
    count = len(entries)
    return Needles(
        entries_lps_mm=np.array(entries),
        entry_normals_lps=np.tile([0.0, 1.0, 0.0], (count, 1)),
        tips_lps_mm=np.array([tip]),
        entry_of=np.arange(count, dtype=np.int32),
        tip_of=np.zeros(count, dtype=np.int32),
    )


def test_what_is_chosen_is_undominated_and_unlike_what_was_chosen_before() -> None:
    needles = _needles([(0, 80, 0), (3, 80, 0), (40, 80, 0), (-40, 80, 0)])
    scores = np.array([0.9, 0.89, 0.5, 0.7])
    values = np.array([[0.9, 0.5], [0.95, 0.4], [0.2, 0.9], [0.8, 0.4]])
    chosen = list(
        best_alternatives(needles, scores, values, entries_apart_mm=15, directions_apart_deg=10)
    )
    # 1 is like 0; 3 is dominated by 0; 2 is poor by the weights, but on the front.
    assert chosen == [0, 2]


def test_one_candidate_scores_as_it_does_among_many(protocol: Protocol) -> None:
    rng = np.random.default_rng(4)
    for _ in range(50):
        measures = {
            o.criterion: np.array([rng.uniform(o.curve[0][0] - 5.0, o.curve[-1][0] + 5.0)])
            for o in protocol.objectives
        }
        if rng.uniform() < 0.3:
            measures["cortex_misfit_deg"] = np.array([np.nan])
        score, _ = judging.score_and_contributions(protocol, measures)
        assert score == pytest.approx(judging.scores(protocol, measures)[0], rel=1e-12)


def test_one_candidate_breaks_what_it_breaks_among_many(protocol: Protocol) -> None:
    rng = np.random.default_rng(8)
    for _ in range(60):
        measures = {
            "needle_reach_margin_mm": rng.normal(10.0, 5.0, 1),
            "off_plane_deg": rng.normal(30.0, 10.0, 1),
            "vessel_slack_mm": rng.normal(0.5, 1.0, 1),
            "joint_slack_mm": np.array([np.nan])
            if rng.uniform() < 0.2
            else rng.normal(0.0, 1.0, 1),
        }
        every = judging.all_broken(
            protocol,
            measures,
            indication=Indication.UNKNOWN,
            guidance=Guidance.NAVIGATED,
            allowance_mm=0.5,
        )
        first = _first(protocol, 0.5, **{key: list(value) for key, value in measures.items()})[0]
        assert (every[0] if every else "") == first
