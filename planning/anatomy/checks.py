"""What a plan could not look at and what its reader has to know; changes no number."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

import numpy as np

from planning.anatomy.lesion import Lesion
from planning.anatomy.risks import RiskStructure
from planning.anatomy.sites import GENERIC_SITE, site_of
from planning.geometry import Grid
from planning.image import CaseImages, Mask, Volume
from planning.model.case import AT_RISK, Case, Indication, Role, Structure
from planning.model.plan import NotChecked, Notice
from planning.model.protocol import Protocol
from planning.model.site import ExpectedStructure

_CLASS_KEYS: dict[str, tuple[str, ...]] = {
    "vessel": ("vessel_clearance_mm",),
    "nerve": ("nerve_clearance_mm",),
    "joint": ("joint_clearance_mm",),
    "organ": ("organ_clearance_mm",),
}
_ROLE_KEYS: dict[Role, tuple[str, ...]] = {
    Role.BONE: ("cortex_depth_mm", "cortex_incidence_deg", "bone_traversal_mm"),
    Role.FORBIDDEN: ("forbidden_traversal_mm",),
    Role.CORRIDOR: ("corridor_outside_mm",),
}
_RISK_KEYS = (
    "beyond_tip_clearance_mm",
    "risk_index",
    "worst_case_clearance_mm",
    "touch_probability",
)
_VIABILITY_KEYS = ("viable_length_mm", "expected_viable_length_mm", "viable_probability")
_LESION_KEYS = (
    "lesion_depth_mm",
    "lesion_length_mm",
    "viable_length_mm",
    "expected_viable_length_mm",
    "viable_probability",
    "necrosis_fraction",
    "effective_habitats",
)

Pairs = tuple[tuple[Structure, Mask], ...]


def unknown_measures(
    case: Case,
    ct: Volume,
    risks: tuple[RiskStructure, ...],
    lesion: Lesion | None,
    *,
    rules_forbid: bool = False,
) -> dict[str, str]:
    """Return the criteria nothing is known about, each with the reason.

    Parameters
    ----------
    rules_forbid : bool
        Whether any rule forbids a structure that has a mask.
    """
    unknown: dict[str, str] = {}
    present = {r.risk_class for r in risks}
    for risk_class, keys in _CLASS_KEYS.items():
        if risk_class not in present:
            mask = _mask_word(AT_RISK.get(s.role) == risk_class for s in case.distrusted)
            unknown.update(dict.fromkeys(keys, f"no {mask} of any {risk_class}"))
    if not risks:
        mask = _mask_word(s.role in AT_RISK for s in case.distrusted)
        reason = f"no {mask} of any structure at risk"
        unknown.update(dict.fromkeys(_RISK_KEYS, reason))
    roles = {s.role for s in case.trusted}
    for role, keys in _ROLE_KEYS.items():
        if role not in roles:
            mask = _mask_word(s.role is role for s in case.distrusted)
            unknown.update(dict.fromkeys(keys, f"no {mask} of role {role.value}"))
    if rules_forbid or (Role.COLLECTION in roles and case.indication is not Indication.INFECTION):
        unknown.pop("forbidden_traversal_mm", None)
    unknown.update(_unknown_of_lesion(case, lesion))
    if case.position_differs:
        unknown["gantry_clearance_mm"] = "the patient will lie otherwise than scanned"
    elif ct.series.isocentre_lps_mm is None:
        unknown["gantry_clearance_mm"] = "the images do not say where the gantry's centre is"
    if case.biopsy_position is None:
        unknown["gravity_angle_deg"] = "the patient's position is unknown"
    return unknown


def _mask_word(distrusted: Iterable[bool]) -> str:
    """Say mask, or that there is one which is not trusted."""
    return "trusted mask" if any(distrusted) else "mask"


def _unknown_of_lesion(case: Case, lesion: Lesion | None) -> dict[str, str]:
    if lesion is None:
        mask = _mask_word(s.role is Role.TUMOUR for s in case.distrusted)
        of_tumour = "no tumour mask" if mask == "mask" else f"no {mask} of a tumour"
        return dict.fromkeys(_LESION_KEYS, of_tumour)
    unknown = {}
    if case.viability_source == "none":
        unknown.update(dict.fromkeys(_VIABILITY_KEYS, "no source of viability"))
    if lesion.necrosis is None:
        unknown["necrosis_fraction"] = _no_necrosis(case)
    if not lesion.habitats:
        unknown["effective_habitats"] = lesion.no_habitats
    return unknown


def _no_necrosis(case: Case) -> str:
    drawn = any(s.role is Role.VIABLE for s in case.trusted)
    if case.viability_source == "mask" and not drawn:
        return "no necrosis mask: the whole lesion counts as viable"
    return "no necrosis mask"


def not_checked(
    case: Case,
    ct: Volume,
    protocol: Protocol,
    structures: Pairs,
    unknown: dict[str, str],
    paths: Grid,
) -> tuple[NotChecked, ...]:
    """Return what the plan did not look at: unknown criteria, then structures nobody drew.

    Structures whose masks are excluded come first among those, each with the reason.

    Parameters
    ----------
    structures : tuple of (Structure, Mask)
        All there are, derived ones included.
    paths : Grid
        Block of the CT's lattice in which needles can run.
    """
    found = [NotChecked(key, reason) for key, reason in unknown.items()]
    found += [NotChecked(s.name, excluded_words(s)) for s in case.distrusted]
    site = site_of(case, protocol)
    for expected in site.expected if site else ():
        if not any(_is(expected, structure) for structure, _ in structures):
            mask = _mask_word(_is(expected, structure) for structure in case.distrusted)
            found.append(NotChecked(expected.name, f"no {mask}"))
    found.extend(_cut_off(ct.grid, structures, paths))
    return tuple(found)


def excluded_words(structure: Structure) -> str:
    """Say why a structure's mask is not used, as plans carry it."""
    return f"mask not used: {structure.excluded_because}"


def _is(expected: ExpectedStructure, structure: Structure) -> bool:
    name = structure.name.lower().replace("_", " ")
    named = not expected.words or any(w in name for w in expected.words)
    return structure.role.value == expected.role and named


_CUT_OFF_MATTERS = frozenset(
    {Role.VESSEL, Role.NERVE, Role.ORGAN, Role.CANAL, Role.LUNG, Role.PLEURA, Role.TUMOUR}
)


def _cut_off(ct: Grid, structures: Pairs, paths: Grid) -> Iterable[NotChecked]:
    """Yield structures that leave the field of view where needles can run."""
    for structure, mask in structures:
        if structure.role in _CUT_OFF_MATTERS and _touches_border_in(mask, ct, paths):
            yield NotChecked(structure.name, "cut off by the field of view near the needle")


def _touches_border_in(mask: Mask, ct: Grid, block_grid: Grid) -> bool:
    overlap = mask.overlap(block_grid)
    offset = block_grid.offset_in(ct)
    if overlap is None or offset is None:
        return False
    block, inside = overlap
    for axis, (start, size) in enumerate(zip(offset[::-1], ct.shape_kji, strict=True)):
        first, last = block[axis].start + start, block[axis].stop + start
        plane = np.moveaxis(inside, axis, 0)
        if (first == 0 and plane[0].any()) or (last == size and plane[-1].any()):
            return True
    return False


def notices(case: Case, images: CaseImages, protocol: Protocol) -> tuple[Notice, ...]:
    """Return what the reader of any plan of this case has to know."""
    found = []
    if case.ct_position and case.patient_position and case.position_differs:
        text = (
            f"scanned {case.ct_position.value}, planned {case.patient_position.value}: skin and "
            "soft tissue will move, so entry, depth and soft-tissue clearances are not valid until "
            "the plan has been carried over to a scan in the biopsy position"
        )
        found.append(Notice("position_differs", text))
    if case.biopsy_position is None:
        text = "the patient's position is unknown: any skin may be an entry, even on the table side"
        found.append(Notice("position_unknown", text))
    site = site_of(case, protocol)
    if case.site and (site is None or site.key == GENERIC_SITE != case.site.lower()):
        keys = [s.key for s in protocol.sites]
        near = get_close_matches(case.site.lower(), keys, n=1)
        hint = f', did you mean "{near[0]}"?' if near else "."
        text = (
            f'protocol {protocol.key} knows no site "{case.site}"{hint} '
            f"Which structures should have masks was not checked; known: {', '.join(keys)}"
        )
        found.append(Notice("site_unknown", text))
    found.extend(_stale(case))
    for text in (*images.ct.notes, *case.notes):
        found.append(Notice("laterality" if text in case.side_notes else "note", text))
    return tuple(found)


def _stale(case: Case) -> Iterable[Notice]:
    """Yield which masks may lie elsewhere than what they stand for, together for each reason."""
    reasons = dict.fromkeys(s.stale_because for s in case.trusted if s.stale_because)
    for reason in reasons:
        stale = (s for s in case.trusted if s.stale_because == reason)
        names = (s.name.replace("_", " ") for s in stale)
        text = f"not checked on this CT, {reason}: {', '.join(names)}"
        yield Notice("stale", text)
