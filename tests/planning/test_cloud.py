"""A sample of what there is to choose from keeps every limit and is the same each time."""

from __future__ import annotations

import numpy as np
import pytest

from planning.anatomy.anatomy import Anatomy
from planning.progress import Cancelled, Progress
from planning.trajectories.cloud import cloud
from tests import phantoms


@pytest.fixture(scope="module")
def anatomy() -> Anatomy:
    return phantoms.torso(2.0).understood()


def test_what_is_sampled_keeps_every_limit_and_is_bounded(anatomy: Anatomy) -> None:
    found = cloud(anatomy)
    assert 0 < len(found) <= 2_000
    assert found.tried > len(found)
    assert (found.measures["needle_reach_margin_mm"] >= 10.0 - 1e-6).all()
    slack = found.measures["vessel_slack_mm"] - anatomy.allowance_mm
    assert (slack >= -1e-6).all()


def test_it_is_the_same_each_time(anatomy: Anatomy) -> None:
    one, other = cloud(anatomy), cloud(anatomy)
    assert one.measures.keys() == other.measures.keys()
    for key, values in one.measures.items():
        assert np.array_equal(values, other.measures[key], equal_nan=True)


def test_it_can_be_given_up(anatomy: Anatomy) -> None:
    with pytest.raises(Cancelled):
        cloud(anatomy, Progress(is_cancelled=lambda: True))
