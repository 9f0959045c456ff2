"""On which side the lesion lies, in the words a person confirms; decides nothing."""

from __future__ import annotations

from collections.abc import Mapping

from planning.anatomy.laterality import Side, midline_of, place_of, side_in_name
from planning.image import Mask
from planning.model.case import Case, Role

_SIDE_NOT_KNOWN = "side not known from the masks"


def site_words(case: Case, masks: Mapping[str, Mask]) -> str:
    """Return side and site of the lesion that is sampled, for example "right ilium".

    The side is where the tumour's mask lies from the patient's midline, whatever names say.

    Parameters
    ----------
    masks : mapping of str to Mask
        By the mask_id of the case's structures.
    """
    side = lesion_side(case, masks)
    site = " ".join(
        word for word in case.site.replace("_", " ").split() if side_in_name(word) is None
    )
    what = site or "the lesion (no site is named)"
    if side is None:
        return f"{what}, {_SIDE_NOT_KNOWN}"
    return f"{what}, in the midline" if side is Side.MIDLINE else f"{side.value} {what}"


def lesion_side(case: Case, masks: Mapping[str, Mask]) -> Side | None:
    """Return the side the sampled lesion lies on; None where no masks tell the midline."""
    tumours = [s for s in case.trusted if s.role in (Role.TUMOUR, Role.VIABLE)]
    named = [s for s in tumours if case.lesion and s.name == case.lesion]
    found = [
        place_of(s.name, masks[s.mask_id]) for s in (named or tumours)[:1] if s.mask_id in masks
    ]
    placed = [place_of(s.name, masks[s.mask_id]) for s in case.trusted if s.mask_id in masks]
    midline = midline_of([place for place in placed if place is not None])
    lesion = found[0] if found else None
    return None if midline is None or lesion is None else midline.side_of(lesion.centroid_lps_mm)
