"""The lesion that is to be sampled: its viable part, its habitats and how long a core can be."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.spatial import ConvexHull
from scipy.spatial.distance import pdist

from planning.anatomy.surfaces import boundary_points_lps_mm
from planning.anatomy.viability import comes_from_image, viable_in_image
from planning.errors import InputError
from planning.geometry import Vec3
from planning.image import CaseImages, Mask
from planning.model.case import Case, Role, Structure

_MASK_UNUSED = "the viable mask is not used: viability comes from an image, as [viability] says"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Lesion:
    """One tumour and what is known of its inside, all on the tumour's own grid.

    Parameters
    ----------
    viable : Mask
        What the case's source of viability shows: a PET or MR, minus necrosis; or a viable mask;
        or tumour minus necrosis.
    necrosis : Mask or None
        None where no mask says anything about necrosis.
    habitats : tuple of (str, Mask)
        Named sub-regions inside the viable part.
    no_habitats : str
        Why there are none, in the case that there are none.
    longest_chord_mm : float
        Largest distance between two points of the tumour's surface.
    notes : tuple of str
        What the user should know of how it was made.
    """

    name: str
    tumour: Mask
    viable: Mask
    necrosis: Mask | None
    habitats: tuple[tuple[str, Mask], ...]
    longest_chord_mm: float
    centroid_lps_mm: Vec3
    notes: tuple[str, ...] = ()
    no_habitats: str = "no habitat mask"

    def required_length_mm(self, minimum_mm: float, chord_fraction: float) -> float:
        """Return the least length of specimen inside the lesion that counts as a sample.

        `minimum_mm`, or `chord_fraction` of the longest chord of a lesion too small for that.
        """
        return min(minimum_mm, chord_fraction * self.longest_chord_mm)


def lesion_of(case: Case, images: CaseImages) -> Lesion | None:
    """Return the lesion the case names, or None if the case has no tumour mask.

    Masks that are excluded count as if they were not there.

    Raises
    ------
    InputError
        If several tumours are present and none is chosen, the chosen one does not exist or is
        excluded, nothing viable is left of it, or the image viability comes from does not show it.
    """
    structure = _chosen(case)
    if structure is None:
        return None
    tumour = images.masks[structure.mask_id].cropped(margin_voxels=1)
    necrosis = _within(tumour, _union(case, images, Role.NECROSIS, tumour))
    viable, notes = _viable(case, images, tumour, necrosis, structure.name)
    centroid = tumour.centroid_lps_mm()
    assert centroid is not None, "loading admits no empty mask"
    return Lesion(
        name=structure.name,
        tumour=tumour,
        viable=viable,
        necrosis=necrosis,
        habitats=_habitats(case, images, viable),
        longest_chord_mm=_longest_chord_mm(tumour),
        centroid_lps_mm=centroid,
        notes=notes,
    )


def _viable(
    case: Case, images: CaseImages, tumour: Mask, necrosis: Mask | None, name: str
) -> tuple[Mask, tuple[str, ...]]:
    """Return what counts as viable, and notes; a viable mask that was given counts as it is."""
    drawn = _within(tumour, _union(case, images, Role.VIABLE, tumour))
    notes: tuple[str, ...] = ()
    alive = tumour
    if comes_from_image(case):
        alive, notes = viable_in_image(case, images, tumour, name)
        if drawn is not None:
            notes = (*notes, _MASK_UNUSED)
    elif drawn is not None:
        alive, necrosis = drawn, None
    if necrosis is not None:
        alive = replace(alive, inside=alive.inside & ~necrosis.inside)
    if not alive.inside.any():
        message = (
            f'Lesion "{name}": nothing viable is left after necrosis is taken away; '
            "check both masks."
        )
        raise InputError(message)
    return alive, notes


def _chosen(case: Case) -> Structure | None:
    tumours = [s for s in case.trusted if s.role is Role.TUMOUR]
    if not tumours:
        return None
    if case.lesion:
        for structure in tumours:
            if structure.name == case.lesion:
                return structure
        _require_trusted(case)
        names = ", ".join(f'"{s.name}"' for s in tumours)
        message = f'Case "{case.name}": no tumour is named "{case.lesion}"; choose one of {names}.'
        raise InputError(message)
    if len(tumours) > 1:
        names = ", ".join(f'"{s.name}"' for s in tumours)
        message = f'Case "{case.name}" has several tumours ({names}); choose one by lesion = "...".'
        raise InputError(message)
    return tumours[0]


def _require_trusted(case: Case) -> None:
    for structure in case.distrusted:
        if structure.role is Role.TUMOUR and structure.name == case.lesion:
            message = (
                f'Case "{case.name}": the mask of the lesion "{case.lesion}" is excluded '
                f"({structure.excluded_because}); trust it again, or choose another lesion."
            )
            raise InputError(message)


def _union(case: Case, images: CaseImages, role: Role, tumour: Mask) -> Mask | None:
    masks = [images.masks[s.mask_id] for s in case.trusted if s.role is role]
    if not masks:
        return None
    inside = np.zeros(tumour.grid.shape_kji, dtype=np.bool_)
    for mask in masks:
        inside |= mask.on(tumour.grid)
    return replace(tumour, inside=inside)


def _within(tumour: Mask, part: Mask | None) -> Mask | None:
    return None if part is None else replace(part, inside=part.inside & tumour.inside)


def _habitats(case: Case, images: CaseImages, viable: Mask) -> tuple[tuple[str, Mask], ...]:
    found = []
    for structure in case.trusted:
        if structure.role is Role.HABITAT:
            inside = images.masks[structure.mask_id].on(viable.grid) & viable.inside
            found.append((structure.name, replace(viable, inside=inside)))
    return tuple(found)


def _longest_chord_mm(tumour: Mask) -> float:
    points = boundary_points_lps_mm(tumour)
    corners = points[ConvexHull(points).vertices]
    return float(pdist(corners).max())
