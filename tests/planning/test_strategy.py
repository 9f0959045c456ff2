"""What the sampling strategies aim at, on the analytic torso with bone beside the lesion."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from app import catalogue
from planning.anatomy.lesion import lesion_of
from planning.anatomy.strategy import aimed_at
from planning.errors import InputError
from planning.image import Mask
from planning.model.case import Strategy
from planning.trajectories.planner import plan
from tests import phantoms

RULES = catalogue.protocol("bone-ct").strategies


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(1.0)


def _aimed(torso: phantoms.Phantom, strategy: Strategy) -> Mask:
    case = replace(torso.case, strategy=strategy)
    lesion = aimed_at(lesion_of(case, torso.images), case, torso.images, RULES)
    assert lesion is not None
    return lesion.viable


def _points(mask: Mask) -> np.ndarray:
    return mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])


def test_core_is_all_viable_tumour(torso: phantoms.Phantom) -> None:
    whole = lesion_of(torso.case, torso.images)
    assert whole is not None
    assert np.array_equal(_aimed(torso, Strategy.CORE).inside, whole.viable.inside)


def test_the_rim_is_a_shell(torso: phantoms.Phantom) -> None:
    points = _points(_aimed(torso, Strategy.RIM))
    away = np.linalg.norm(points - phantoms.LESION_CENTRE, axis=1)
    # A ball of 12 mm, its outer 8 mm: from 4 mm on, but for the necrosis, which is never viable.
    assert away.min() == pytest.approx(phantoms.LESION_RADIUS_MM - RULES.rim_mm, abs=1.5)
    shell = 4.0 / 3.0 * np.pi * (12.0**3 - 4.0**3)
    dead = np.linalg.norm(points - phantoms.NECROSIS_CENTRE, axis=1)
    assert dead.min() >= phantoms.NECROSIS_RADIUS_MM - 1.0
    assert 0.75 * shell < len(points) < shell


def test_a_mineralised_rim_is_left_out(torso: phantoms.Phantom) -> None:
    ct = torso.images.ct
    k, j, i = np.indices(ct.grid.shape_kji)
    right = ct.grid.lps_from_index(np.stack([i, j, k], axis=-1))[..., 0] < 0.0
    values = np.where(right, 500, ct.values).astype(np.int16)
    hard = replace(torso, images=replace(torso.images, ct=replace(ct, values=values)))
    assert _points(_aimed(hard, Strategy.RIM))[:, 0].min() >= 0.0


def _with_host_bone(torso: phantoms.Phantom) -> phantoms.Phantom:
    """Return the torso with its slab of bone moved against the back of the lesion."""
    slab = torso.images.masks["slab"]
    shift = np.array([0.0, -12.0, 0.0])
    grid = replace(slab.grid, origin_lps_mm=tuple(np.array(slab.grid.origin_lps_mm) + shift))
    masks = {**torso.images.masks, "slab": replace(slab, grid=grid)}
    return replace(torso, images=replace(torso.images, masks=masks))


def test_the_interface_lies_along_host_bone(torso: phantoms.Phantom) -> None:
    """The slab now begins at y = 4, inside the back of the lesion (which ends there)."""
    points = _points(_aimed(_with_host_bone(torso), Strategy.INTERFACE))
    assert len(points) > 50
    whole = _points(_aimed(torso, Strategy.CORE))
    assert points[:, 1].min() > whole[:, 1].min() + 5.0
    assert points[:, 1].max() == pytest.approx(whole[:, 1].max(), abs=1.0)


def test_no_bone_nearby_is_said(torso: phantoms.Phantom) -> None:
    with pytest.raises(InputError, match=r'strategy "interface" leaves nothing'):
        _aimed(torso, Strategy.INTERFACE)


def test_a_plan_for_the_rim_aims_at_the_rim_and_says_so() -> None:
    torso = phantoms.torso(2.0)
    rim = replace(torso, case=replace(torso.case, strategy=Strategy.RIM))
    found = plan(rim.understood(), top=1)
    assert any("strategy rim" in w.text for w in found.warnings)
    assert found.inputs_sha256 != plan(torso.understood(), top=1).inputs_sha256
    assert found.candidates[0].criteria["viable_length_mm"] > 5.0
