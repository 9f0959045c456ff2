"""Gives a lesion without habitat masks the texture regions its CT shows, and says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.habitats import FoundHabitats, computed_habitats
from planning.anatomy.lesion import Lesion
from planning.image import Mask, Volume
from planning.model.case import Role, Structure
from planning.model.plan import Notice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Divided:
    """A lesion with its habitats, and what was computed for it."""

    lesion: Lesion | None
    structures: tuple[tuple[Structure, Mask], ...] = ()
    notices: tuple[Notice, ...] = ()


def with_texture_regions(ct: Volume, lesion: Lesion | None, rules: HabitatRules | None) -> Divided:
    """Return the lesion divided into texture regions, if nobody drew its habitats.

    Parameters
    ----------
    rules : HabitatRules or None
        None computes nothing.
    """
    if lesion is None or lesion.habitats or rules is None:
        return Divided(lesion=lesion)
    found = computed_habitats(ct, lesion.tumour, lesion.viable, rules)
    if not found.parts:
        text = f"no habitat mask, and no texture regions on the CT: {found.reason}"
        return Divided(lesion=replace(lesion, no_habitats=text))
    return Divided(
        lesion=replace(lesion, habitats=found.parts),
        structures=tuple((_structure(name), mask) for name, mask in found.parts),
        notices=(_notice(found),),
    )


def _structure(name: str) -> Structure:
    return Structure(
        name=name,
        role=Role.HABITAT,
        mask_id=f"derived/texture/{name}",
        derived_from="texture of the CT",
    )


def _notice(found: FoundHabitats) -> Notice:
    parts = ", ".join(
        f"{name.removeprefix('Texture region ')} Dice {stability:.2f}"
        for (name, _), stability in zip(found.parts, found.stabilities, strict=True)
    )
    features = ", ".join(found.features) or "density"
    text = (
        f"no habitat mask: {len(found.parts)} texture regions were computed from the CT alone, "
        f"told apart by {features}. They say nothing about viability. How well "
        f"each comes back under noise, shift and another contour: {parts}"
    )
    return Notice("habitats", text)
