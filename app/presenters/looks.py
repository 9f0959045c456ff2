"""How structures look before the user says otherwise: colours, order, what is shown."""

from __future__ import annotations

from dataclasses import replace

from app.view_state import Style
from planning.model.case import Role, Structure
from planning.model.colours import usual_colours

_IMPORTANCE: tuple[Role, ...] = (
    Role.TUMOUR,
    Role.VIABLE,
    Role.HABITAT,
    Role.NECROSIS,
    Role.REACTIVE,
    Role.FLUID,
    Role.COLLECTION,
    Role.NERVE,
    Role.VESSEL,
    Role.JOINT,
    Role.CANAL,
    Role.PLEURA,
    Role.LUNG,
    Role.ORGAN,
    Role.FORBIDDEN,
    Role.CORRIDOR,
    Role.NO_ENTRY,
    Role.BONE,
    Role.MUSCLE,
    Role.SKIN,
    Role.IGNORE,
)
_FAINT: dict[Role, float] = {
    Role.BONE: 0.35,
    Role.ORGAN: 0.15,
    Role.LUNG: 0.15,
    Role.PLEURA: 0.15,
    Role.JOINT: 0.3,
    Role.CANAL: 0.5,
    Role.SKIN: 0.12,
}
_HIDDEN = frozenset({Role.MUSCLE, Role.IGNORE, Role.NO_ENTRY})


def in_order(structures: tuple[Structure, ...]) -> tuple[Structure, ...]:
    """Return the structures, those that matter most to a needle first, then by name."""
    return tuple(sorted(structures, key=lambda s: (_IMPORTANCE.index(s.role), s.name.lower())))


def first_styles(structures: tuple[Structure, ...]) -> dict[str, Style]:
    """Return how each structure looks at first, by its mask's key; excluded ones are hidden."""
    habitats = [s for s in structures if s.role is Role.HABITAT]
    has_habitats = any(not s.excluded_because for s in habitats)
    colours = usual_colours(structures)
    styles = {
        s.mask_id: _style(s, colours[s.mask_id], has_habitats=has_habitats) for s in structures
    }
    for s in structures:
        first = styles[s.mask_id]
        visible = first.visible and not s.excluded_because
        styles[s.mask_id] = replace(first, colour=s.colour or first.colour, visible=visible)
    return styles


def carried_style(current: Style, before: Style, now: Style, *, recoloured: bool) -> Style:
    """Return how a structure looks after it changed: what the user chose stays.

    Parameters
    ----------
    current, before, now : Style
        How it looks, how it looked at first, and how it would look at first now.
    recoloured : bool
        Whether the change was the colour.
    """
    chose_colour = current.colour != before.colour and not recoloured
    return Style(
        colour=current.colour if chose_colour else now.colour,
        opacity=current.opacity if current.opacity != before.opacity else now.opacity,
        visible=current.visible if current.visible != before.visible else now.visible,
    )


def _style(structure: Structure, colour: str, *, has_habitats: bool) -> Style:
    role = structure.role
    opacity = _FAINT.get(role, 1.0)
    if has_habitats and role in (Role.TUMOUR, Role.VIABLE):
        # The habitats fill the tumour; it then only lends its outline.
        return Style("#e6ebf1", opacity=0.4)
    return Style(colour, opacity, visible=role not in _HIDDEN)
