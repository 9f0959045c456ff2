"""Gives a lesion without habitat masks the regions its images show, and says so."""

from __future__ import annotations

from dataclasses import dataclass, replace

from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.habitat_views import Channel
from planning.anatomy.habitats import FoundHabitats, computed_habitats
from planning.anatomy.lesion import Lesion
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case, Role, Structure
from planning.model.plan import Notice


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Divided:
    """A lesion with its habitats, and what was computed for it."""

    lesion: Lesion | None
    structures: tuple[tuple[Structure, Mask], ...] = ()
    notices: tuple[Notice, ...] = ()


def channels_of(case: Case, images: CaseImages) -> tuple[Channel, ...]:
    """Return the second image that says what is viable, where one does: it also tells habitats."""
    image = images.second.get(case.viability_image)
    if image is None or case.viability_source not in ("pet", "mr"):
        return ()
    return (Channel(name=case.viability_source.upper(), volume=image),)


def with_texture_regions(
    ct: Volume,
    lesion: Lesion | None,
    rules: HabitatRules | None,
    channels: tuple[Channel, ...] = (),
) -> Divided:
    """Return the lesion divided into regions of alike tissue, if nobody drew its habitats.

    Parameters
    ----------
    rules : HabitatRules or None
        None computes nothing.
    channels : tuple of Channel
        Images that tell more than texture; on the CT alone regions say nothing about viability.
    """
    if lesion is None or lesion.habitats or rules is None:
        return Divided(lesion=lesion)
    found = computed_habitats(ct, lesion.tumour, lesion.viable, rules, channels)
    if not found.parts:
        text = f"no habitat mask, and no texture regions on the CT: {found.reason}"
        return Divided(lesion=replace(lesion, no_habitats=text))
    return Divided(
        lesion=replace(lesion, habitats=found.parts),
        structures=tuple((_structure(name, channels), mask) for name, mask in found.parts),
        notices=(_notice(found, channels),),
    )


def _structure(name: str, channels: tuple[Channel, ...]) -> Structure:
    return Structure(
        name=name,
        role=Role.HABITAT,
        mask_id=f"derived/texture/{name}",
        derived_from=f"texture of {_source(channels)}",
    )


def _source(channels: tuple[Channel, ...]) -> str:
    return " and ".join(["the CT", *(f"the {c.name}" for c in channels)])


def _notice(found: FoundHabitats, channels: tuple[Channel, ...]) -> Notice:
    parts = ", ".join(
        f"{name.removeprefix('Texture region ')} Dice {stability:.2f}"
        for (name, _), stability in zip(found.parts, found.stabilities, strict=True)
    )
    features = ", ".join(found.features) or "density"
    what = "habitats" if channels else "texture regions"
    where = _source(channels) if channels else "the CT alone"
    doubt = "" if channels else "They say nothing about viability. "
    text = (
        f"no habitat mask: {len(found.parts)} {what} were computed from {where}, told apart by "
        f"{features}. {doubt}How well each comes back under noise, shift and another "
        f"contour: {parts}"
    )
    return Notice("habitats", text)
