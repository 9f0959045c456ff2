"""The small frozen values that views are given to show; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from app.language import mark
from app.views.card_values import CardNumbers as CardNumbers
from app.views.card_values import NearestRow as NearestRow
from planning.geometry import Vec3
from planning.image import Mask


class Tool(StrEnum):
    """What the left mouse button does in a slice view."""

    CROSSHAIR = "crosshair"
    PAN = "pan"
    DISTANCE = "distance"
    HU = "hu"


@dataclass(frozen=True, slots=True)
class WindowPreset:
    """A grey-scale window with the number key that picks it."""

    name: str
    level_hu: float
    width_hu: float
    key: str


WINDOW_PRESETS: tuple[WindowPreset, ...] = (
    WindowPreset(mark("Bone"), 400.0, 2000.0, "1"),
    WindowPreset(mark("Soft tissue"), 55.0, 426.0, "2"),
    WindowPreset(mark("Muscle"), 50.0, 150.0, "3"),
    WindowPreset(mark("Vessels"), 100.0, 300.0, "4"),
    WindowPreset(mark("Lung"), -585.0, 1800.0, "5"),
    WindowPreset(mark("Marrow and soft tissue"), 60.0, 500.0, "6"),
)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaskLayer:
    """One structure as a slice view draws it.

    Parameters
    ----------
    key : str
        The structure's `mask_id`; what signals name it by.
    colour : str
        ``#rrggbb``.
    opacity : float
        0 to 1; scales the fill (28 % at 1.0) and the outline.
    """

    key: str
    name: str
    mask: Mask
    colour: str
    opacity: float = 1.0
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureStyle:
    """How one structure of the 3-D view looks; its surface is handed over separately."""

    key: str
    colour: str
    opacity: float = 1.0
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedlePath:
    """One trajectory as the views draw it, all points in LPS mm.

    Parameters
    ----------
    key : str
        The candidate's id; what signals name it by.
    selected : bool
        Drawn in the accent colour with specimen and entry ring; the others are thin ghosts.
    core : bool
        One of the cores taken together: a ghost that shows its specimen.
    envelope_mm : tuple of (float, float)
        Depth from the entry and radius around the axis within which 95 % of the needles stay,
        shallowest first; it goes on a little past the tip. Empty where no error model is known.
    stress : str
        ``pinned`` or ``set``: drawn like the selected one, in the colour of what is pinned, or
        because all cores of the set are looked at together. ``planned``: only outlined, because an
        executed needle is compared with it.
    """

    key: str
    label: str
    entry_lps_mm: Vec3
    stop_lps_mm: Vec3
    tip_lps_mm: Vec3
    specimen_lps_mm: tuple[Vec3, Vec3]
    radius_mm: float
    selected: bool = False
    core: bool = False
    envelope_mm: tuple[tuple[float, float], ...] = ()
    stress: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a measuring tool found: a distance, or the mean and spread of HU in a disc."""

    tool: Tool
    points_lps_mm: tuple[Vec3, ...]
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TrajectoryRow:
    """One line of the ranked table; None where a number is not known.

    Parameters
    ----------
    label : str
        What it is called: its rank, or the id of a core that is not among the ranked.
    expected_mm, probability : float or None
        Viable length to expect with the errors needles are placed with, and the chance that it is
        enough.
    core : str
        What it is taken for if it is one of the cores taken together, else empty.
    own : bool
        It was placed by hand.
    angle_words : str
        Angles that name where the tip goes; see `app.views.wording`.
    short_angles : str
        The same in letters, where there is no room for words; empty for none.
    entry_slice : str
        How the scanner names the slice of the entry, short.
    caution, broken : str
        Warnings, and limits it breaks, in one line each; empty if there are none.
    """

    key: str
    rank: int
    viable_mm: float | None
    nearest_mm: float | None
    nearest_structure: str
    stop_depth_mm: float | None
    tip_depth_mm: float | None
    angle_words: str
    entry_slice: str
    score: float
    caution: str = ""
    label: str = ""
    expected_mm: float | None = None
    probability: float | None = None
    core: str = ""
    broken: str = ""
    own: bool = False
    short_angles: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BannerText:
    """Who is planned and what on; empty strings where it is not known."""

    name: str = ""
    patient_id: str = ""
    sex: str = ""
    age: str = ""
    series: str = ""
    spacing: str = ""
    scanned_position: str = ""
    biopsy_position: str = ""
    position_differs: bool = False
    site: str = ""
    indication: str = ""
    viability: str = ""
    plan_state: str = ""
    not_checked: tuple[NotCheckedRow, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class NotCheckedRow:
    """What the plan did not look at, in words, and why; `things` counts what is named together."""

    what: str
    reason: str
    things: int = 1

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}" if self.reason else self.what


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a drop-down list."""

    key: str
    text: str
