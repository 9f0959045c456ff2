"""What a plan's regions are called, coded and coloured as, and who made them; writes no object.

The same regions go into every kind of object that holds regions, so that they agree.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pydicom.sr.coding import Code

from planning.errors import InputError
from planning.handover.dicom_codes import CONCEPT, ERROR_BAND, PATH, ROLE_CODES, SPECIMEN
from planning.handover.dicom_object import short_text, tracking_uid
from planning.handover.needle_bodies import body_of_turning, shaft_profile, specimen_profile
from planning.image import Mask, Volume
from planning.model.case import Role, Structure
from planning.model.colours import usual_colours
from planning.model.error_model import ErrorModel
from planning.model.plan import Candidate, PlanResult
from planning.trajectories.error_band import error_band_mm

_PATH_COLOUR, _SPECIMEN_COLOUR, _BAND_COLOUR = "#56b4e9", "#009e73", "#f0e442"
_EDITED = "edited"  # how a maker's name ends whose mask a person has changed


class Making(StrEnum):
    """How a region came to be, in DICOM's words; empty where nobody has said."""

    MANUAL = "MANUAL"
    SEMIAUTOMATIC = "SEMIAUTOMATIC"
    AUTOMATIC = "AUTOMATIC"
    NOT_STATED = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Region:
    """One region of a plan on the CT's lattice.

    Parameters
    ----------
    name : str
        At most 64 characters; unique among the regions of a plan.
    category, kind : Code
        What it is (PS3.3 C.8.20.4: property category and type).
    description : str
        What else has to be known of it.
    making, maker : Making, str
        How it was made and by what or whom.
    colour : str
        ``#rrggbb``; empty for none in particular.
    tracking : tuple of (str, str) or None
        Unique and readable identifier of what it belongs to.
    """

    name: str
    category: Code
    kind: Code
    mask: Mask
    description: str
    making: Making
    maker: str
    colour: str = ""
    tracking: tuple[str, str] | None = None
    role: Role | None = None


def needle_regions(
    plan: PlanResult,
    candidates: Sequence[Candidate],
    ct: Volume,
    error_model: ErrorModel | None = None,
) -> tuple[Region, ...]:
    """Return of each candidate the needle's body, its specimen and the room its error takes.

    The body has the needle's own outer diameter from skin to tip; the specimen that of the bore.
    The third is where 95 % of the needles run that were corrected after a check scan, if masks
    and error model hold; it is left out without an error model.

    Raises
    ------
    InputError
        If a candidate lies outside the CT.
    """
    found = []
    for candidate in candidates:
        path, name = candidate.trajectory, candidate.candidate_id
        solids = [
            (f"{name} needle", PATH, shaft_profile(path, plan.needle), _PATH_COLOUR),
            (
                f"{name} specimen",
                SPECIMEN,
                specimen_profile(candidate, plan.needle),
                _SPECIMEN_COLOUR,
            ),
        ]
        if error_model is not None:
            band = error_band_mm(path, plan.needle, error_model, ct.slice_normal_lps)
            solids.append((f"{name} 95 % of needles", ERROR_BAND, band, _BAND_COLOUR))
        found += [
            Region(
                name=short_text(title),
                category=CONCEPT,
                kind=kind,
                mask=body_of_turning(path, profile, ct.grid),
                description=f"{kind.meaning}. {plan.needle.name}.",
                making=Making.AUTOMATIC,
                maker=f"Trephine {plan.software_version}",
                colour=colour,
                tracking=(tracking_uid(plan, candidate), short_text(name)),
            )
            for title, kind, profile, colour in solids
        ]
    return tuple(found)


def mask_regions(
    structures: Sequence[Structure],
    masks: Mapping[str, Mask],
    *,
    drawn_words: Sequence[str],
    colours: Mapping[str, str] | None = None,
) -> tuple[Region, ...]:
    """Return the structures that hold some voxel as regions, in their order.

    Parameters
    ----------
    masks : mapping of str to Mask
        By the structures' `mask_id`, on the planning CT's lattice.
    drawn_words : sequence of str
        A maker whose name contains one of these drew by hand (`MaskDoubt.drawn_words`).
    colours : mapping of str to str
        ``#rrggbb`` by `mask_id`, for structures that have none of their own; None for the usual
        ones.
    """
    shown = usual_colours(structures) if colours is None else colours
    found: list[Region] = []
    for structure in structures:
        mask = masks[structure.mask_id]
        if not mask.inside.any():
            continue
        category, kind = ROLE_CODES[structure.role]
        making, maker = how_made(structure, drawn_words)
        found.append(
            Region(
                name=_unlike(short_text(structure.name), {region.name for region in found}),
                category=category,
                kind=kind,
                mask=mask,
                description=_description(structure),
                making=making,
                maker=maker,
                colour=structure.colour or shown.get(structure.mask_id, ""),
                role=structure.role,
            )
        )
    return tuple(found)


def how_made(structure: Structure, drawn_words: Sequence[str]) -> tuple[Making, str]:
    """Return how a structure's mask was made, and by what or whom.

    A model's mask that a person changed is half automatic; one that a person only checked stays
    automatic; nothing is guessed of a mask whose maker nobody named.
    """
    if structure.derived_from:
        return Making.AUTOMATIC, structure.made_by or "Trephine"
    maker = structure.made_by.strip()
    if not maker or maker == _EDITED:
        return (Making.SEMIAUTOMATIC, maker) if maker else (Making.NOT_STATED, "")
    if maker.endswith(f", {_EDITED}"):
        by_hand = _is_drawn(maker.removesuffix(_EDITED), drawn_words)
        return (Making.MANUAL if by_hand else Making.SEMIAUTOMATIC), maker
    return (Making.MANUAL if _is_drawn(maker, drawn_words) else Making.AUTOMATIC), maker


def nowhere(region: Region) -> InputError:
    """Return the error for a region of which nothing lies in the CT."""
    message = f'"{region.name}" lies outside the CT. Leave it out, or load its own CT.'
    return InputError(message)


def with_unique_names(regions: Sequence[Region]) -> tuple[Region, ...]:
    """Return regions of several origins with no name twice; later ones get a number."""
    taken: set[str] = set()
    unique = []
    for region in regions:
        unique.append(replace(region, name=_unlike(region.name, taken)))
        taken.add(unique[-1].name)
    return tuple(unique)


def _is_drawn(maker: str, drawn_words: Sequence[str]) -> bool:
    return any(word in maker.lower() for word in drawn_words)


def _unlike(name: str, taken: set[str]) -> str:
    number, found = 1, name
    while found in taken:
        number += 1
        ending = f" ({number})"
        found = f"{name[: 64 - len(ending)]}{ending}"
    return found


def _description(structure: Structure) -> str:
    said = [
        f"Role: {structure.role.value}",
        f"made by {structure.made_by}" if structure.made_by else "maker not stated",
    ]
    told = (
        ("derived from", structure.derived_from),
        ("drawn on", structure.series),
        ("of", structure.date),
        ("checked by", structure.verified_by),
        ("may no longer hold:", structure.stale_because),
        ("not used:", structure.excluded_because),
    )
    said += [f"{words} {value}" for words, value in told if value]
    if structure.margin_mm is not None:
        said.append(f"margin {structure.margin_mm:g} mm")
    return f"{', '.join(said)}."
