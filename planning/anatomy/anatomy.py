"""A case as a planner reads it: skin, lesion, structures at risk, packed fields; ranks nothing."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.spatial import cKDTree

from planning.anatomy.body import body_of
from planning.anatomy.bones import BoneMap, BoneRules, bone_map
from planning.anatomy.case_protocol import reasoned_notices, with_wishes
from planning.anatomy.checks import not_checked, notices, unknown_measures
from planning.anatomy.cortical_windows import CortexSurvey, cortical_windows
from planning.anatomy.derived import derive
from planning.anatomy.error_fields import ErrorFields, error_fields
from planning.anatomy.fields import ScreenFields, screen_fields
from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.joint_rules import JointRules
from planning.anatomy.lesion import Lesion, lesion_of
from planning.anatomy.reach import Limits, limits_of, needle_paths, reachable_block, within_reach
from planning.anatomy.risks import RiskStructure, inside_at, risk_structures
from planning.anatomy.site_rules import SiteRules, site_rules
from planning.anatomy.sites import site_of
from planning.anatomy.skin import SkinPoints, skin_points
from planning.anatomy.strategy import aimed_at
from planning.anatomy.texture_regions import Divided, channels_of, with_texture_regions
from planning.anatomy.tissue import TissueMap, tissue_map
from planning.geometry import Grid, Vec3, box_around
from planning.image import CaseImages, Mask, Volume
from planning.model.case import UP_LPS, Case, Guidance, Role, Structure
from planning.model.error_model import ErrorModel, MaskDoubt
from planning.model.needle import Needle
from planning.model.plan import NotChecked, Notice
from planning.model.protocol import Protocol
from planning.progress import SILENT, Progress

_ROOM_MM = 20.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """Everything about one case that planning with one needle under one protocol needs.

    Parameters
    ----------
    near : Grid
        Block of the CT's lattice that the needle can reach; the lesion's depths lie inside.
    cortex : CortexSurvey
        Whether the lesion is one of bone, and where its cortex is open.
    derived : tuple of (Structure, Mask)
        What was computed: joints and pleura from the given masks, texture regions from the CT.
    allowance_mm : float
        Taken off every clearance before it is judged: half the CT's largest voxel spacing, which
        is how far a binary mask can hide the true surface.
    required_length_mm : float
        Least length of specimen inside the lesion; 0 without a lesion.
    protocol : Protocol
        With the rules that hold for the case, and without what it switched off.
    errors : ErrorFields or None
        The error model laid out around the lesion; None without one.
    unknown_measures : frozenset of str
        Measures on which no mask and no tag says anything.
    around_lps_mm : tuple of Vec3
        Points that `near` was widened for, besides the lesion.
    """

    case: Case
    ct: Volume
    needle: Needle
    protocol: Protocol
    guidance: Guidance
    error_model: ErrorModel
    body: Mask
    skin: SkinPoints
    lesion: Lesion | None
    near: Grid
    tissue: TissueMap
    risks: tuple[RiskStructure, ...]
    rules: SiteRules
    fields: ScreenFields | None
    errors: ErrorFields | None
    bones: BoneMap
    cortex: CortexSurvey
    derived: tuple[tuple[Structure, Mask], ...]
    no_entry: tuple[Mask, ...]
    allowance_mm: float
    required_length_mm: float
    unknown_measures: frozenset[str]
    not_checked: tuple[NotChecked, ...]
    notices: tuple[Notice, ...]
    around_lps_mm: tuple[Vec3, ...] = ()

    @property
    def isocentre_lps_mm(self) -> Vec3 | None:
        """The gantry's isocentre, unless the patient will lie otherwise than scanned."""
        return None if self.case.position_differs else self.ct.series.isocentre_lps_mm

    def in_no_entry(self, point_lps_mm: Vec3) -> bool:
        """Tell whether a point lies in a zone where no needle may enter."""
        return any(inside_at(m, np.array([point_lps_mm]))[0] for m in self.no_entry)

    @property
    def skin_tree(self) -> cKDTree:
        """The skin's points, to look up the nearest."""
        return _skin_tree(self.skin)

    @property
    def viability_known(self) -> bool:
        """Tell whether anything may be claimed about viable tumour."""
        return "viable_length_mm" not in self.unknown_measures


def understand(
    case: Case,
    images: CaseImages,
    *,
    protocol: Protocol,
    needle: Needle,
    guidance: Guidance,
    error_model: ErrorModel,
    joint_rules: JointRules,
    bone_rules: BoneRules,
    habitat_rules: HabitatRules | None = None,
    around_lps_mm: tuple[Vec3, ...] = (),
    progress: Progress = SILENT,
) -> Anatomy:
    """Return the case as a planner reads it.

    Parameters
    ----------
    error_model : ErrorModel
        How far needles land from where they were aimed under this guidance.
    habitat_rules : HabitatRules or None
        How texture regions are found in a lesion without habitat masks; None finds none.
    around_lps_mm : tuple of Vec3
        Points that the needle's surroundings have to include besides the lesion's.

    Raises
    ------
    InputError
        If the lesion is ambiguous, or a margin or a limit is too small without a reason.
    Cancelled
        If the work is no longer wanted.
    """
    progress.report(0.0, "Finding the skin")
    protocol = with_wishes(case, protocol, guidance)
    ct, lesion = images.ct, _lesion(case, images, protocol)
    near = _near(ct.grid, lesion, needle, around_lps_mm)
    # What runs beside each other here does not depend on each other, and mostly frees the lock.
    with ThreadPoolExecutor(2) as other_core:
        surface = other_core.submit(_surface, case, images, protocol)
        inside = other_core.submit(_divided, case, images, lesion, habitat_rules)
        rules = site_rules(case, images, protocol, lesion)
        limits = limits_of(needle, rules.protocol, guidance, ct.slice_normal_lps)
        block = near if lesion is None else reachable_block(near, lesion, limits)
        progress.report(0.1, "Deriving joints and pleura")
        derived = derive(case, images, joint_rules, block, protocol.intercostal)
        structures = (*((s, images.masks[s.mask_id]) for s in case.trusted), *derived.structures)
        progress.report(0.4, "Measuring structures at risk")
        risks = _risks(case, structures, near, protocol, guidance, error_model.doubt)
        (body, skin), divided = surface.result(), inside.result()
    lesion = divided.lesion
    tissue = tissue_map(
        near, case, structures, lesion, body, risks=risks, forbidden=rules.forbidden
    )
    bones = bone_map(near, structures, bone_rules)
    with ThreadPoolExecutor(1) as other_core:
        covered = other_core.submit(_survey, ct, lesion, bones, skin, needle)
        progress.report(0.7, "Building distance maps")
        paths = near if lesion is None else needle_paths(near, lesion, skin, limits)
        fields = None if lesion is None else screen_fields(tissue.on(paths), ct, risks)
        unknown = unknown_measures(case, ct, risks, lesion, rules_forbid=bool(rules.forbidden))
        errors = _errors(case, lesion, tissue.on(paths), fields, needle, error_model, unknown)
        cortex = covered.result()
    opened = cortex.notices(drills=needle.penetrates_bone)
    told = (*rules.notices, *divided.notices, *derived.notices, *opened)
    unseen = (*not_checked(case, ct, protocol, structures, unknown, paths), *rules.not_checked)
    progress.report(1.0, "Anatomy is ready")
    return Anatomy(
        case=case,
        ct=ct,
        needle=needle,
        protocol=rules.protocol,
        guidance=guidance,
        error_model=error_model,
        body=body,
        skin=skin,
        lesion=lesion,
        near=near,
        tissue=tissue,
        risks=risks,
        rules=rules,
        fields=fields,
        errors=errors,
        bones=bones,
        cortex=cortex,
        derived=(*derived.structures, *divided.structures),
        no_entry=_no_entry(case, images),
        allowance_mm=allowance_mm(ct),
        required_length_mm=_required_length_mm(lesion, protocol),
        unknown_measures=frozenset(unknown),
        not_checked=(*_unseen_skin(lesion, skin, limits), *unseen),
        notices=(*_told(case, images, protocol, lesion), *told, *_errors_origin(error_model)),
    )


def allowance_mm(ct: Volume) -> float:
    """Return how far a binary mask of the CT can hide the true surface; see `Anatomy`."""
    return max(ct.grid.spacing_mm) / 2.0


@lru_cache(maxsize=2)
def _skin_tree(skin: SkinPoints) -> cKDTree:
    return cKDTree(skin.points_lps_mm)


def _errors_origin(error_model: ErrorModel) -> tuple[Notice, ...]:
    """Say what placement errors a plan counts with, unless they are the preset's."""
    if not error_model.origin:
        return ()
    text = f"placement errors for {error_model.guidance} are {error_model.origin}"
    return (Notice("error_model", text),)


def _near(
    grid: Grid, lesion: Lesion | None, needle: Needle, around_lps_mm: tuple[Vec3, ...]
) -> Grid:
    if lesion is None:
        return grid
    points = np.vstack([lesion.tumour.grid.corners_lps_mm(), *np.reshape(around_lps_mm, (-1, 3))])
    return box_around(grid, points, needle.reach_mm + _ROOM_MM).of(grid)


def _unseen_skin(lesion: Lesion | None, skin: SkinPoints, limits: Limits) -> tuple[NotChecked, ...]:
    if lesion is None or within_reach(lesion, skin, limits).any():
        return ()
    return (NotChecked("skin", "no skin in the field of view within the needle's reach"),)


def _lesion(case: Case, images: CaseImages, protocol: Protocol) -> Lesion | None:
    return aimed_at(lesion_of(case, images), case, images, protocol.strategies)


def _divided(
    case: Case, images: CaseImages, lesion: Lesion | None, rules: HabitatRules | None
) -> Divided:
    return with_texture_regions(images.ct, lesion, rules, channels_of(case, images))


def _risks(
    case: Case,
    structures: tuple[tuple[Structure, Mask], ...],
    near: Grid,
    protocol: Protocol,
    guidance: Guidance,
    doubt: MaskDoubt,
) -> tuple[RiskStructure, ...]:
    site = site_of(case, protocol)
    in_bone_mm = site.canal_margin_in_bone_mm if site else None
    return risk_structures(
        structures, near, protocol, guidance, doubt=doubt, canal_in_bone_mm=in_bone_mm
    )


def _errors(
    case: Case,
    lesion: Lesion | None,
    tissue: TissueMap,
    fields: ScreenFields | None,
    needle: Needle,
    error_model: ErrorModel,
    unknown: Mapping[str, str],
) -> ErrorFields | None:
    if lesion is None or fields is None:
        return None
    known = "viable_length_mm" not in unknown
    return error_fields(case, lesion, tissue, fields, needle, error_model, viability_known=known)


def _survey(
    ct: Volume, lesion: Lesion | None, bones: BoneMap, skin: SkinPoints, needle: Needle
) -> CortexSurvey:
    if lesion is None or not bones.masks:
        return CortexSurvey()
    return cortical_windows(ct, lesion, bones, skin, reach_mm=needle.reach_mm)


def _told(
    case: Case, images: CaseImages, protocol: Protocol, lesion: Lesion | None
) -> tuple[Notice, ...]:
    """Return what the case itself and the making of its lesion have to say."""
    made = (Notice("viability", text) for text in (lesion.notes if lesion else ()))
    return (*notices(case, images, protocol), *reasoned_notices(case), *made)


def _surface(case: Case, images: CaseImages, protocol: Protocol) -> tuple[Mask, SkinPoints]:
    search = protocol.search
    position = case.biopsy_position
    body = body_of(images.ct)
    skin = skin_points(
        body,
        images.ct.grid,
        spacing_mm=search.entry_spacing_mm,
        border_mm=search.border_mm,
        up_lps=UP_LPS[position] if position is not None else None,
        entry_side_max_deg=search.entry_side_max_deg,
        no_entry=_union(images.ct.grid, _no_entry(case, images)),
    )
    return body, skin


def _union(grid: Grid, masks: tuple[Mask, ...]) -> Mask | None:
    if not masks:
        return None
    return Mask(grid=grid, inside=np.logical_or.reduce([m.on(grid) for m in masks]))


def _no_entry(case: Case, images: CaseImages) -> tuple[Mask, ...]:
    return tuple(images.masks[s.mask_id] for s in case.trusted if s.role is Role.NO_ENTRY)


def _required_length_mm(lesion: Lesion | None, protocol: Protocol) -> float:
    if lesion is None:
        return 0.0
    search = protocol.search
    return lesion.required_length_mm(
        search.specimen_minimum_mm, search.specimen_minimum_chord_fraction
    )
