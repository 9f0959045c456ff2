"""The colours that tell structures apart wherever nobody has chosen others; draws nothing.

They stay apart for people who confuse red and green (Okabe and Ito, Color Universal Design).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from planning.model.case import Role, Structure

ORANGE, SKY, GREEN, YELLOW = "#E69F00", "#56B4E9", "#009E73", "#F0E442"
BLUE, VERMILION, PURPLE = "#0072B2", "#D55E00", "#CC79A7"
GREY, BONE = "#8a8f98", "#d9d4c5"

_HABITATS = (ORANGE, SKY, GREEN, PURPLE)
_OF_ROLE: Mapping[Role, str] = MappingProxyType(
    {
        Role.TUMOUR: ORANGE,
        Role.VIABLE: ORANGE,
        Role.NECROSIS: GREY,
        Role.REACTIVE: PURPLE,
        Role.FLUID: SKY,
        Role.COLLECTION: SKY,
        Role.BONE: BONE,
        Role.VESSEL: VERMILION,
        Role.NERVE: YELLOW,
        Role.JOINT: BLUE,
        Role.ORGAN: PURPLE,
        Role.LUNG: PURPLE,
        Role.PLEURA: PURPLE,
        Role.CANAL: PURPLE,
        Role.FORBIDDEN: VERMILION,
        Role.CORRIDOR: GREEN,
        Role.NO_ENTRY: VERMILION,
    }
)


def usual_colours(structures: Sequence[Structure]) -> dict[str, str]:
    """Return a colour ``#rrggbb`` for each structure by its mask's key; habitats take turns."""
    found = {s.mask_id: _OF_ROLE.get(s.role, GREY) for s in structures}
    habitats = [s.mask_id for s in structures if s.role is Role.HABITAT]
    for number, mask_id in enumerate(habitats):
        found[mask_id] = _HABITATS[number % len(_HABITATS)]
    return found
