"""What a plan says it did not look at, and what its reader is warned of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from planning.anatomy.sites import site_of
from planning.model.case import Role, Structure
from tests import phantoms


@pytest.fixture(scope="module")
def torso() -> phantoms.Phantom:
    return phantoms.torso(4.0)


def _changed(torso: phantoms.Phantom, **changes: object) -> phantoms.Phantom:
    return replace(torso, case=replace(torso.case, **changes))


def test_what_the_site_expects_and_nobody_drew_is_said(torso: phantoms.Phantom) -> None:
    anatomy = _changed(torso, site="right ilium").understood()
    site = site_of(anatomy.case, anatomy.protocol)
    assert site is not None
    assert site.key == "ilium"
    said = {n.key for n in anatomy.not_checked}
    drawn = {e.name for e in site.expected} - said
    assert {"lumbosacral plexus", "sacroiliac joint"} <= said
    assert all(e.role in ("vessel", "nerve") for e in site.expected if e.name in drawn)


def test_an_unknown_site_falls_back_to_the_generic_list(torso: phantoms.Phantom) -> None:
    anatomy = torso.understood()
    site = site_of(anatomy.case, anatomy.protocol)
    assert site is not None
    assert site.key == "generic"


def test_a_structure_cut_off_where_needles_run_is_said(torso: phantoms.Phantom) -> None:
    # The artery runs through the first and the last slice; the nerve ends inside.
    said = {n.key for n in torso.understood().not_checked}
    assert "left artery" in said
    assert "right nerve" not in said


def test_a_name_on_the_wrong_side_is_a_warning_of_its_own(torso: phantoms.Phantom) -> None:
    text = '"left artery" lies on the patient\'s other side than the name says; check the labels'
    case = replace(torso.case, notes=(text, "one file was not used"), side_notes=(text,))
    notices = {n.key: n.text for n in replace(torso, case=case).understood().notices}
    assert notices["laterality"] == text
    assert notices["note"] == "one file was not used"


def test_a_drawn_joint_replaces_the_derived_one(torso: phantoms.Phantom) -> None:
    joint = Structure(name="right hip joint", role=Role.JOINT, mask_id="right nerve")
    anatomy = _changed(torso, structures=(*torso.case.structures, joint)).understood()
    assert sum(r.structure.name == "right hip joint" for r in anatomy.risks) == 1


def test_without_any_position_all_skin_counts_and_that_is_said(torso: phantoms.Phantom) -> None:
    anatomy = _changed(torso, ct_position=None, patient_position=None).understood()
    assert anatomy.skin.entry_side_ok.all()
    assert "position_unknown" in {n.key for n in anatomy.notices}
    assert "gravity_angle_deg" in {n.key for n in anatomy.not_checked}


def test_a_site_the_protocol_does_not_know_is_said_with_the_nearest(
    torso: phantoms.Phantom,
) -> None:
    notices = {n.key: n.text for n in _changed(torso, site="illium").understood().notices}
    assert 'did you mean "ilium"?' in notices["site_unknown"]
    known = _changed(torso, site="left ilium").understood().notices
    assert "site_unknown" not in {n.key for n in known}
