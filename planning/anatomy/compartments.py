"""The soft tissues a needle can cross, by name and compartment; measures no needle."""

from __future__ import annotations

from dataclasses import dataclass

from planning.anatomy.laterality import side_in_name
from planning.anatomy.sites import plain_name
from planning.image import CaseImages, Mask
from planning.model.case import Case, Role
from planning.model.site import CompartmentGroup

_CROSSED = frozenset(
    {
        Role.MUSCLE,
        Role.FORBIDDEN,
        Role.REACTIVE,
        Role.FLUID,
        Role.COLLECTION,
        Role.ORGAN,
        Role.LUNG,
        Role.PLEURA,
        Role.JOINT,
    }
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class NamedTissue:
    """One structure that a needle can cross.

    Parameters
    ----------
    compartment : str
        Which compartment a muscle belongs to, with its side; empty for anything but a muscle.
    """

    name: str
    mask: Mask
    compartment: str


def named_tissues(
    case: Case, images: CaseImages, groups: tuple[CompartmentGroup, ...]
) -> tuple[NamedTissue, ...]:
    """Return muscles and other soft tissues that have masks and names, in the case's order."""
    return tuple(
        NamedTissue(
            name=s.name,
            mask=images.masks[s.mask_id],
            compartment=compartment_of(s.name, groups) if s.role is Role.MUSCLE else "",
        )
        for s in case.trusted
        if s.role in _CROSSED
    )


def compartment_of(muscle: str, groups: tuple[CompartmentGroup, ...]) -> str:
    """Return the compartment of a muscle, with its side where the name states one.

    A muscle in no group is a compartment of its own.
    """
    plain, side = plain_name(muscle), side_in_name(muscle)
    named = (g.name for g in groups if any(word in plain for word in g.words))
    compartment = next(named, plain)
    return compartment if side is None else f"{side.value} {compartment}"
