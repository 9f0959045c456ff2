"""A lesion without habitat masks gets texture regions, and the plan says what they are."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from planning.image import CaseImages
from planning.model.case import Role
from planning.trajectories.planner import plan
from tests import phantoms

BARE = ("dead core", "Habitat A", "Habitat B")


def _torso(second_hu: int | None) -> phantoms.Phantom:
    """Return the torso whose lesion has a noisy left part and one of another density, or none."""
    torso = phantoms.torso(2.0, without=BARE)
    ct = torso.images.ct
    k, j, i = np.indices(ct.grid.shape_kji)
    x, _, z = np.moveaxis(ct.grid.lps_from_index(np.stack([i, j, k], axis=-1)), -1, 0)
    hu = ct.values + np.random.default_rng(2).normal(0.0, 6.0, ct.values.shape)
    lesion = torso.images.masks["lesion"].on(ct.grid)
    if second_hu is not None:
        hu[lesion & (x + 0.3 * z > phantoms.LESION_CENTRE[0])] += second_hu - 40
    values = np.rint(hu).astype(np.int16)
    return replace(
        torso, images=CaseImages(ct=replace(ct, values=values), masks=torso.images.masks)
    )


@pytest.fixture(scope="module")
def two_parts() -> phantoms.Phantom:
    return _torso(110)


def test_texture_regions_become_the_habitats_and_are_said(two_parts: phantoms.Phantom) -> None:
    anatomy = two_parts.understood()
    names = [name for name, _ in anatomy.lesion.habitats]
    assert [name[:16] for name in names] == ["Texture region A", "Texture region B"]
    notice = {n.key: n.text for n in anatomy.notices}["habitats"]
    assert "2 texture regions" in notice
    assert "nothing about viability" in notice
    assert "Dice 0." in notice
    assert "effective_habitats" not in {n.key for n in anatomy.not_checked}
    derived = [s for s, _ in anatomy.derived if s.role is Role.HABITAT]
    assert [s.name for s in derived] == names
    assert all(s.derived_from for s in derived)


def test_effective_habitats_rest_on_them(two_parts: phantoms.Phantom) -> None:
    found = plan(two_parts.understood(), top=3)
    assert {name[:14] for name in found.candidates[0].habitat_mm} == {"Texture region"}
    assert max(c.criteria["effective_habitats"] for c in found.candidates) > 1.2
    assert "habitats" in {w.key for w in found.warnings}


def test_one_texture_throughout_is_no_habitat_and_the_reason_is_said() -> None:
    anatomy = _torso(None).understood()
    assert anatomy.lesion.habitats == ()
    assert "habitats" not in {n.key for n in anatomy.notices}
    reason = {n.key: n.reason for n in anatomy.not_checked}["effective_habitats"]
    assert reason.startswith("no habitat mask, and no texture regions on the CT: ")


def test_given_habitats_are_kept() -> None:
    anatomy = phantoms.torso(4.0).understood()
    assert [name for name, _ in anatomy.lesion.habitats] == ["Habitat A", "Habitat B"]
    assert "habitats" not in {n.key for n in anatomy.notices}
