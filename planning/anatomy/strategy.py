"""Which part of the viable tumour a biopsy aims at: all of it, its rim, or its border to bone."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.distance import signed_distance_mm
from planning.anatomy.lesion import Lesion
from planning.errors import InputError
from planning.geometry import box_around
from planning.image import CaseImages, Mask
from planning.model.case import Case, Role, Strategy
from planning.model.protocol import StrategyRules

BoolArray = NDArray[np.bool_]


def aimed_at(
    lesion: Lesion | None, case: Case, images: CaseImages, rules: StrategyRules
) -> Lesion | None:
    """Return the lesion with only that part counted as viable that the case's strategy aims at.

    ``core`` leaves it as it is. ``rim`` keeps the periphery that is not mineralised: for tumours
    with a dead, cystic or mineralised centre. ``interface`` keeps what lies close to host bone,
    outside the tumour: for cartilage tumours, whose permeation of bone tells their grade.

    Raises
    ------
    InputError
        If the strategy leaves nothing to aim at.
    """
    if lesion is None or case.strategy is Strategy.CORE:
        return lesion
    if case.strategy is Strategy.RIM:
        part, text = _rim(lesion, images, rules), _rim_text(rules)
    else:
        part = _interface(lesion, case, images, rules)
        text = f"only viable tumour within {rules.interface_mm:g} mm of host bone is aimed at"
    if not part.any():
        message = (
            f'Lesion "{lesion.name}": strategy "{case.strategy}" leaves nothing to aim at: {text}; '
            'check the masks, or set strategy = "core".'
        )
        raise InputError(message)
    habitats = tuple(
        (name, replace(mask, inside=mask.inside & part)) for name, mask in lesion.habitats
    )
    return replace(
        lesion,
        viable=replace(lesion.viable, inside=part),
        habitats=habitats,
        notes=(*lesion.notes, f"strategy {case.strategy}: {text}"),
    )


def _rim(lesion: Lesion, images: CaseImages, rules: StrategyRules) -> BoolArray:
    spacing_kji = lesion.tumour.grid.spacing_mm[::-1]
    depth_mm = -signed_distance_mm(lesion.tumour.inside, spacing_kji)
    block = _block(lesion.tumour, images)
    soft = images.ct.values[block] < rules.rim_at_most_hu
    return np.asarray(lesion.viable.inside & (depth_mm <= rules.rim_mm) & soft)


def _rim_text(rules: StrategyRules) -> str:
    return (
        f"only the outer {rules.rim_mm:g} mm of the tumour, where it is viable and below "
        f"{rules.rim_at_most_hu:g} HU, is aimed at"
    )


def _block(mask: Mask, images: CaseImages) -> tuple[slice, ...]:
    """Return where in the CT's array a mask lies."""
    offset = mask.grid.offset_in(images.ct.grid)
    assert offset is not None, "loaded masks lie on the CT's lattice"
    return tuple(slice(o, o + n) for o, n in zip(offset[::-1], mask.grid.shape_kji, strict=True))


def _interface(lesion: Lesion, case: Case, images: CaseImages, rules: StrategyRules) -> BoolArray:
    tumour, ct = lesion.tumour, images.ct
    wide = box_around(ct.grid, tumour.grid.corners_lps_mm(), rules.interface_mm + 2.0).of(ct.grid)
    host = np.zeros(wide.shape_kji, dtype=np.bool_)
    for structure in case.trusted:
        if structure.role is Role.BONE:
            host |= images.masks[structure.mask_id].on(wide)
    host &= ~tumour.on(wide)
    if not host.any():
        return np.zeros(tumour.grid.shape_kji, dtype=np.bool_)
    away = signed_distance_mm(host, wide.spacing_mm[::-1], at_most_mm=rules.interface_mm + 1.0)
    offset = tumour.grid.offset_in(wide)
    assert offset is not None, "both are cut from the CT's lattice"
    here = tuple(slice(o, o + n) for o, n in zip(offset[::-1], tumour.grid.shape_kji, strict=True))
    return np.asarray(lesion.viable.inside & (away[here] <= rules.interface_mm))
