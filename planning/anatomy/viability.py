"""Where viable tumour is known from: the map that a PET or MR gives, and the sentence that says so.

Non-contrast CT shows no viability and is never used for it (planning model, section 5).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

import numpy as np

from planning.errors import InputError
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case, Role, SecondImage, Structure

NO_SOURCE: Final = "none: nothing is claimed about viability"

_NAMES = {"pet": "PET", "mr": "MR"}
_MEASURES = {"pet": "uptake", "mr": "signal"}
_BRIGHTEST_PERCENTILE: Final = 99.0
"""What stands for the brightest tissue: a maximum is one voxel's noise."""


def comes_from_image(case: Case) -> bool:
    """Tell whether viability is read off a second image."""
    return case.viability_source in _NAMES


def viable_in_image(
    case: Case, images: CaseImages, tumour: Mask, name: str
) -> tuple[Mask, tuple[str, ...]]:
    """Return the tumour's voxels that a PET or MR shows as viable, and notes for the user.

    The image is interpolated linearly at the tumour's voxels. Those that reach the case's
    threshold, a fraction of the 99th percentile over the tumour, are viable. What the image does
    not cover is not: nothing is known about it.

    Parameters
    ----------
    name : str
        Of the lesion, for messages.

    Raises
    ------
    InputError
        If the image is missing, does not reach the tumour, or shows nothing in it.
    """
    from planning.imaging.lattice import linear

    what = _NAMES[case.viability_source]
    second = images.second.get(case.viability_image)
    if second is None:
        message = (
            f'Lesion "{name}": viability is to come from {what}, which was not loaded; open the '
            "case again."
        )
        raise InputError(message)
    values = linear(second, tumour.grid)
    seen = tumour.inside & np.isfinite(values)
    if not seen.any():
        message = f'Lesion "{name}" lies outside the {what}; set another source of viability.'
        raise InputError(message)
    brightest = float(np.percentile(values[seen], _BRIGHTEST_PERCENTILE))
    if brightest <= 0.0:
        message = (
            f'Lesion "{name}": the {what} shows no {_MEASURES[case.viability_source]} in it (99th '
            f"percentile {brightest:.3g}); check that it is the right image, or set another source "
            "of viability."
        )
        raise InputError(message)
    reached = np.zeros_like(seen)
    reached[seen] = values[seen] >= case.viability_threshold * brightest
    unseen = 1.0 - np.count_nonzero(seen) / np.count_nonzero(tumour.inside)
    notes = (_unseen_note(name, what, unseen),) if unseen > 0.0 else ()
    return replace(tumour, inside=reached), notes


def _unseen_note(name: str, what: str, share: float) -> str:
    return (
        f'{100 * share:.2g} % of lesion "{name}" lies outside the {what} and counts as not viable'
    )


def viability_sentence(case: Case, ct: Volume) -> str:
    """Say where viable tumour is known from, as it travels with a plan; empty without a tumour."""
    if not any(s.role is Role.TUMOUR for s in case.trusted):
        return ""
    if case.viability_source == "none":
        return NO_SOURCE
    necrosis = [s for s in case.trusted if s.role is Role.NECROSIS]
    second = case.viability_second
    if second is not None:
        share = f"{100 * case.viability_threshold:g} % of the lesion's 99th percentile"
        less = f", less {_masks('necrosis', necrosis)}" if necrosis else ""
        return f"{image_words(second, ct)}: {_MEASURES[second.kind]} of at least {share}{less}"
    drawn = [s for s in case.trusted if s.role is Role.VIABLE]
    if drawn:
        return _masks("viable", drawn)
    tumour = [s for s in case.trusted if s.role is Role.TUMOUR and _is_lesion(s, case)]
    if not necrosis:
        return f"whole {_masks('tumour', tumour)}; no necrosis mask"
    if not any(map(_is_said, (*tumour, *necrosis))):
        return "tumour mask less necrosis mask, origin not stated"
    return f"{_masks('tumour', tumour)}, less {_masks('necrosis', necrosis)}"


def image_words(second: SecondImage, ct: Volume) -> str:
    """Return a second image's kind, date and distance in time from the planning CT."""
    words = f"{_NAMES[second.kind]} of {second.date or 'unknown date'}"
    days = _days_between(second.date, ct.series.date)
    if days is None:
        return words
    if days == 0:
        return f"{words}, the day of the CT"
    many = f"{abs(days)} day{'' if abs(days) == 1 else 's'}"
    return f"{words}, {many} {'before' if days > 0 else 'after'} the CT"


def _days_between(earlier: str, later: str) -> int | None:
    try:
        return (date.fromisoformat(later) - date.fromisoformat(earlier)).days
    except ValueError:
        return None


def _is_lesion(structure: Structure, case: Case) -> bool:
    return not case.lesion or structure.name == case.lesion


def _is_said(structure: Structure) -> bool:
    return bool(structure.made_by or structure.date or structure.verified_by)


def _masks(what: str, structures: Sequence[Structure]) -> str:
    """Return the origin of one or several masks: ``viable mask by model X 1.2, checked by AB``."""
    noun = f"{what} mask" if len(structures) < 2 else f"{what} masks"
    origins = list(dict.fromkeys(map(_origin, structures)))
    return f"{noun}{' and'.join(origins)}"


def _origin(structure: Structure) -> str:
    if not _is_said(structure):
        return ", origin not stated"
    by = f" by {structure.made_by}" if structure.made_by else ""
    of = f" of {structure.date}" if structure.date else ""
    checked = f", checked by {structure.verified_by}" if structure.verified_by else ""
    return f"{by}{of}{checked}"
