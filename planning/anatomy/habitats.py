"""Habitats computed inside a tumour from its images; claims nothing about viability.

Local features that survive perturbation, a Gaussian mixture over them, and of its parts those
that come back under the same perturbations.
"""

from __future__ import annotations

from dataclasses import dataclass
from string import ascii_uppercase

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.habitat_division import divided
from planning.anatomy.habitat_features import Float32Array
from planning.anatomy.habitat_parts import Labels, filled
from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.habitat_views import Channel, LesionBlock, lesion_block, views
from planning.image import Mask, Volume, mean_inside

REGION, HABITAT = "Texture region", "Habitat"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FoundHabitats:
    """What was found inside one tumour.

    Parameters
    ----------
    parts : tuple of (str, Mask)
        By mean HU, the lowest first, on the grid of the viable mask and inside it. Air belongs to
        none, nor does dense tissue that comes and goes with the contour. Empty if fewer than two
        were found.
    stabilities : tuple of float
        For each part the Dice coefficient with itself under the kind of perturbation (noise, shift,
        contour) it bears worst.
    features : tuple of str
        The local features that told the parts apart.
    reason : str
        Why there are no parts; empty if there are.
    """

    parts: tuple[tuple[str, Mask], ...] = ()
    stabilities: tuple[float, ...] = ()
    features: tuple[str, ...] = ()
    reason: str = ""


def computed_habitats(
    ct: Volume,
    tumour: Mask,
    viable: Mask,
    rules: HabitatRules,
    channels: tuple[Channel, ...] = (),
) -> FoundHabitats:
    """Return the parts of alike tissue inside a tumour.

    On CT alone they are called texture regions: non-contrast CT tells little about viability.
    With further channels they are called habitats. The same inputs give the same bytes, however
    the CT stores its axes.

    Parameters
    ----------
    tumour, viable : Mask
        On the CT's lattice. Only the viable part is divided; depths count from the tumour's
        boundary.
    channels : tuple of Channel
        Further images in the same frame of reference.
    """
    block = lesion_block(ct, tumour, viable, channels, rules)
    # Imported where it is needed, with the library it serves. These matrices are so small that
    # sharing them out among cores costs more than the work; and one thread always adds alike.
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        division = divided(views(block, rules), rules)
    if division.reason:
        return FoundHabitats(features=division.features, reason=division.reason)
    masks = _masks(block, division.labels, viable, rules)[: len(division.stabilities)]
    parts = sorted(
        (
            (mean_inside(ct, mask), stability, mask)
            for mask, stability in zip(masks, division.stabilities, strict=True)
            if mask.inside.any()
        ),
        key=lambda part: part[0],
    )
    if len(parts) < 2:
        return FoundHabitats(features=division.features, reason="one part alone holds any voxel")
    kind = HABITAT if channels else REGION
    return FoundHabitats(
        parts=tuple(
            (f"{kind} {letter} ({round(hu)} HU)", mask)
            for letter, (hu, _, mask) in zip(ascii_uppercase, parts, strict=False)
        ),
        stabilities=tuple(stability for _, stability, _ in parts),
        features=division.features,
    )


def _masks(
    block: LesionBlock, labels: Labels, viable: Mask, rules: HabitatRules
) -> tuple[Mask, ...]:
    """Return each label's voxels of the viable mask, the borders as smooth as they allow."""
    everywhere = filled(labels)
    best: Float32Array | None = None
    chosen = np.zeros(block.hu.shape, dtype=np.int16)
    numbers = range(1, int(labels.max()) + 1)
    for number in numbers:
        share = block.points.spread((everywhere == number).astype(np.float32))
        closer = share > (0.0 if best is None else best)
        best = share if best is None else np.maximum(best, share)
        chosen[closer] = number
    # As the points saw it: in a noisy image single voxels are below any threshold by chance.
    chosen[block.points.spread(block.points.sampled(block.hu)) < rules.air_hu] = 0
    stored = np.ascontiguousarray(block.way.stored(chosen))
    return tuple(_part(block, stored == number, viable) for number in numbers)


def _part(block: LesionBlock, inside: NDArray[np.bool_], viable: Mask) -> Mask:
    part = Mask(grid=block.grid, inside=inside).on(viable.grid) & viable.inside
    return Mask(grid=viable.grid, inside=part, frame_of_reference_uid=viable.frame_of_reference_uid)
