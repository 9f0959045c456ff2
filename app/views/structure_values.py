"""What the panels about structures are given, and what they ask for; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from planning.editing.strokes import HuRange, Stroke


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureRow:
    """One line of the structure list.

    Parameters
    ----------
    volume_ml : float or None
        None for a structure that has no mask.
    note : str
        A few words in place of, or beside, the volume ("no mask, not checked").
    missing : bool
        Expected but without a mask: shown in amber, without swatch, check box or slider.
    caution : bool
        There is a mask, but it is not used or not sure: the note stands below the name, in amber.
    why : str
        What the note is about at length, for the tool tip; empty where the note says it all.
    """

    key: str
    name: str
    role: str
    colour: str = "#9aa4b0"
    visible: bool = True
    opacity: float = 1.0
    volume_ml: float | None = None
    note: str = ""
    missing: bool = False
    caution: bool = False
    why: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureProperties:
    """What one structure is, as its panel shows it.

    Parameters
    ----------
    fixed_because : str
        Why nothing of it can be changed; empty if it can.
    role : str
        Key of one of the roles that are offered.
    margin_mm : float or None
        Its own; None for the protocol's.
    usual_margin_mm : float or None
        The protocol's; None where structures of its role have no margin.
    floor_mm : float or None
        Under which a margin of its own needs a reason.
    origin : str
        Who made the mask and when, in words.
    """

    key: str
    name: str
    role: str
    fixed_because: str = ""
    margin_mm: float | None = None
    usual_margin_mm: float | None = None
    floor_mm: float | None = None
    reason: str = ""
    origin: str = ""
    verified_by: str = ""
    excluded_because: str = ""
    stale_because: str = ""


class BrushMode(StrEnum):
    """What the left button does to the current structure's mask."""

    OFF = "off"
    PAINT = "paint"
    ERASE = "erase"


@dataclass(frozen=True, slots=True, kw_only=True)
class Brush:
    """How the brush is set.

    Parameters
    ----------
    ball : bool
        Works through the slices too; otherwise in the slice that is shown.
    hu : HuRange or None
        Only voxels with such values are painted; None for all.
    """

    mode: BrushMode = BrushMode.OFF
    radius_mm: float = 5.0
    ball: bool = False
    hu: HuRange | None = None


@dataclass(frozen=True, slots=True)
class DrawnStroke:
    """What a hand has drawn, and whether it takes away."""

    stroke: Stroke
    erases: bool


class EditKind(StrEnum):
    """What can be done to a whole mask at once."""

    FILL_BETWEEN = "fill_between"
    FILL_HOLES = "fill_holes"
    SMOOTH = "smooth"
    GROW = "grow"
    SHRINK = "shrink"
    KEEP_RANGE = "keep_range"
    KEEP_LARGEST = "keep_largest"
    KEEP_AT_CROSSHAIR = "keep_at_crosshair"
    DROP_SMALL = "drop_small"
    ADD = "add"
    SUBTRACT = "subtract"
    COMMON = "common"
    NEW = "new"
    DUPLICATE = "duplicate"


@dataclass(frozen=True, slots=True)
class EditRequest:
    """Something the user wants done to the current mask.

    Parameters
    ----------
    amount : float
        Millimetres, or millilitres of the smallest island that is kept.
    other : str
        Key of the structure it is joined with.
    hu : HuRange
        What is kept of it.
    """

    kind: EditKind
    amount: float = 0.0
    other: str = ""
    hu: HuRange = (0.0, 0.0)
