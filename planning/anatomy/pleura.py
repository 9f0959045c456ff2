"""The pleural recess below the lungs, which no segmenter delivers; the lung itself stays a lung."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from planning.anatomy.laterality import Side, side_in_name, without_side
from planning.anatomy.pooled import Lattice
from planning.anatomy.recess import BELOW_LUNG_MM, BELOW_RIBS_MM, below_lung, inside_ribs, thorax_of
from planning.anatomy.sides import split_sides
from planning.geometry import Grid
from planning.image import Mask
from planning.model.case import Role, Structure

_LATTICE_MM = 3.2
_LOWEST_RIB = 12
_RIB_NAME = re.compile(r"^(?:rib|costa)(?:_(\d+))?$")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DerivedPleura:
    """The recess of one side, on a block of the CT's lattice, and what was assumed for it."""

    structure: Structure
    mask: Mask
    notes: tuple[str, ...]


def pleura_of(
    lungs: Mapping[str, Mask], ribs: Mapping[str, Mask], ct_grid: Grid
) -> tuple[DerivedPleura, ...]:
    """Return the pleural recess of each side that has a lung mask.

    The recess is a layer of 10 mm inside the rib cage, from below the lung down to rib 12 and
    20 mm further (planning model, row 4b: extent of the recess from the literature). Where the
    volume cuts the lung above, lung is taken to go on there. Without ribs the rim of the lung is
    carried 60 mm straight down instead.

    Parameters
    ----------
    lungs : mapping of str to Mask
        By name, lobes or whole lungs; a mask without a side is split.
    ribs : mapping of str to Mask
        By name (``rib_left_7``); other names are passed over.
    """
    by_side = _lungs_by_side(lungs, ct_grid)
    found = []
    for side in (Side.RIGHT, Side.LEFT, None):
        if side in by_side:
            own = {n: m for n, m in ribs.items() if is_rib(n) and _on(n, side)}
            pleura = _pleura(side, by_side[side], own, ct_grid)
            found += [pleura] if pleura is not None else []
    return tuple(found)


def _lungs_by_side(lungs: Mapping[str, Mask], ct_grid: Grid) -> dict[Side | None, dict[str, Mask]]:
    sides: dict[Side | None, dict[str, Mask]] = {}
    for name, mask in lungs.items():
        side = side_in_name(name)
        parts = {side: mask} if side is not None else split_sides(mask, ct_grid)
        for where, part in parts.items():
            sides.setdefault(where, {})[name] = part
    return sides


def is_rib(name: str) -> bool:
    """Tell whether a structure's name means a rib."""
    return _RIB_NAME.match(without_side(name)) is not None


def _on(name: str, side: Side | None) -> bool:
    return side is None or side_in_name(name) in (side, None)


def _pleura(
    side: Side | None, lungs: Mapping[str, Mask], ribs: Mapping[str, Mask], ct_grid: Grid
) -> DerivedPleura | None:
    lattice = Lattice.about(ct_grid, _LATTICE_MM)
    margin = BELOW_RIBS_MM if ribs else BELOW_LUNG_MM
    box = lattice.around([*lungs.values(), *ribs.values()], margin)
    if box is None:
        return None
    thorax = thorax_of(lattice, box, tuple(lungs.values()), tuple(ribs.values()))
    layer = inside_ribs(thorax, side) if thorax.ribs.any() else below_lung(thorax)
    layer &= ~thorax.lung
    if not layer.any():
        return None
    name = f"{side.value} pleural recess" if side is not None else "pleural recess"
    structure = Structure(
        name=name,
        role=Role.PLEURA,
        mask_id=f"derived/pleura/{name}",
        made_by="Trephine",
        derived_from=", ".join((*lungs, *ribs)),
    )
    mask = lattice.mask_of(thorax.restored(layer), box).cropped()
    return DerivedPleura(structure=structure, mask=mask, notes=_notes(name, tuple(ribs)))


def _notes(name: str, ribs: Sequence[str]) -> tuple[str, ...]:
    numbers = [int(n) for r in ribs if (n := _rib_number(r)) is not None]
    if not ribs:
        return (f"{name}: no mask of any rib, so the lung's rim was carried 60 mm down",)
    if not numbers:
        return (f"{name}: reaches 20 mm below the lowest rib in view",)
    if max(numbers) < _LOWEST_RIB:
        lowest = max(numbers)
        return (f"{name}: no mask of rib 12, so it ends 20 mm below rib {lowest} and may go on",)
    return ()


def _rib_number(name: str) -> str | None:
    match = _RIB_NAME.match(without_side(name))
    return match.group(1) if match else None
