"""The same anatomy with one thing about the plan changed, cheaply; plans and judges nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.envelope import envelope_tables
from planning.anatomy.error_fields import error_fields
from planning.anatomy.fields import ScreenFields, regrouped, screen_fields
from planning.anatomy.reach import limits_of, needle_paths
from planning.anatomy.risks import RiskStructure, margin_of
from planning.anatomy.skin import faces_up
from planning.model.case import UP_LPS, Position
from planning.model.error_model import ErrorModel
from planning.model.needle import Needle


def with_margins(anatomy: Anatomy, margins_mm: Mapping[str, float]) -> Anatomy:
    """Return the anatomy with other margins for the structures named."""

    def changed(risk: RiskStructure) -> RiskStructure:
        margin_mm = margins_mm.get(risk.structure.name)
        if margin_mm is None:
            return risk
        structure = replace(risk.structure, margin_mm=margin_mm)
        return replace(risk, structure=structure, margin_mm=margin_mm)

    return _with_risks(anatomy, tuple(changed(risk) for risk in anatomy.risks))


def with_guidance(anatomy: Anatomy, error_model: ErrorModel) -> Anatomy:
    """Return the anatomy for needles guided in another way, with the margins that go with it.

    What specimens are expected to hold is still read from blurs made for the first way.
    """
    guidance, doubt = error_model.guidance, error_model.doubt
    risks = tuple(
        replace(
            risk,
            margin_mm=margin_of(risk.structure, anatomy.protocol, guidance),
            doubt_mm=doubt.total_mm(risk.structure),
        )
        for risk in anatomy.risks
    )
    return _with_risks(replace(anatomy, guidance=guidance, error_model=error_model), risks)


def with_needle(anatomy: Anatomy, needle: Needle) -> Anatomy:
    """Return the anatomy for another needle that reaches no farther than its own.

    Masks and maps were cut to what the longer needle reaches, so they hold for the shorter one.
    """
    assert needle.reach_mm <= anatomy.needle.reach_mm, "beyond its reach nothing was packed"
    return _with_risks(replace(anatomy, needle=needle), anatomy.risks)


def from_all_sides(anatomy: Anatomy) -> Anatomy:
    """Return the anatomy with maps that also hold for needles from the side that is down."""
    everywhere = replace(anatomy.skin, entry_side_ok=np.ones(len(anatomy.skin.points_lps_mm), bool))
    turned = replace(anatomy, skin=everywhere)
    assert anatomy.lesion is not None, "only a case with a lesion has paths"
    limits = limits_of(
        anatomy.needle, anatomy.protocol, anatomy.guidance, anatomy.ct.slice_normal_lps
    )
    block = needle_paths(anatomy.near, anatomy.lesion, everywhere, limits)
    tissue = anatomy.tissue.on(block)
    fields = screen_fields(tissue, anatomy.ct, anatomy.risks)
    errors = error_fields(
        anatomy.case,
        anatomy.lesion,
        tissue,
        fields,
        anatomy.needle,
        anatomy.error_model,
        viability_known=anatomy.viability_known,
    )
    return replace(turned, fields=fields, errors=errors)


def lying(anatomy: Anatomy, position: Position) -> Anatomy:
    """Return the anatomy for a biopsy in some position; its maps have to hold for all sides."""
    case = replace(anatomy.case, patient_position=position)
    search = anatomy.protocol.search
    ok = faces_up(anatomy.skin.normals_lps, UP_LPS[position], search.entry_side_max_deg)
    unknown = set(anatomy.unknown_measures) - {"gravity_angle_deg"}
    if case.position_differs:
        unknown.add("gantry_clearance_mm")
    elif anatomy.ct.series.isocentre_lps_mm is not None:
        unknown.discard("gantry_clearance_mm")
    return replace(
        anatomy,
        case=case,
        skin=replace(anatomy.skin, entry_side_ok=ok),
        unknown_measures=frozenset(unknown),
    )


def _with_risks(anatomy: Anatomy, risks: tuple[RiskStructure, ...]) -> Anatomy:
    fields, needle, errors = anatomy.fields, anatomy.needle, anatomy.errors
    if fields is None or errors is None:
        return replace(anatomy, risks=risks)
    changed = _regrouped(anatomy, fields, risks)
    tables = envelope_tables(
        changed.groups,
        anatomy.error_model.corrected,
        radius_mm=needle.radius_mm,
        deepest_mm=needle.usable_length_mm,
    )
    return replace(anatomy, risks=risks, fields=changed, errors=replace(errors, envelope=tables))


def _regrouped(
    anatomy: Anatomy, fields: ScreenFields, risks: tuple[RiskStructure, ...]
) -> ScreenFields:
    if [r.group for r in risks] == [r.group for r in anatomy.risks]:
        return fields
    return regrouped(fields, anatomy.near, anatomy.risks, risks)
