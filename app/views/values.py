"""The small frozen values that views are given to show; no widgets, no arithmetic."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

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
    WindowPreset("Bone", 400.0, 2000.0, "1"),
    WindowPreset("Soft tissue", 55.0, 426.0, "2"),
    WindowPreset("Muscle", 50.0, 150.0, "3"),
    WindowPreset("Vessels", 100.0, 300.0, "4"),
    WindowPreset("Lung", -585.0, 1800.0, "5"),
    WindowPreset("Marrow and soft tissue", 60.0, 500.0, "6"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """What a measuring tool found: a distance, or the mean and spread of HU in a disc."""

    tool: Tool
    points_lps_mm: tuple[Vec3, ...]
    text: str


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
    angle_words : str
        Angles that name where the tip goes; see `app.views.wording`.
    entry_slice : str
        How the scanner names the slice of the entry, short.
    caution : str
        Warnings in one line, empty if there are none.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NearestRow:
    """One structure at risk on the numbers card; `margin_mm` is what the protocol demands.

    Parameters
    ----------
    touch_probability : float or None
        Chance that the first pass touches it; None where that is not known.
    """

    structure: str
    clearance_mm: float
    margin_mm: float
    depth_mm: float
    point_lps_mm: Vec3
    touch_probability: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardNumbers:
    """Everything the numbers card says about one trajectory; None where a number is not known.

    Parameters
    ----------
    then : str
        What happens after the stop: ``core`` (trephine), ``fire`` (sprung needle) or ``advance``.
    axial_angle_deg, craniocaudal_angle_deg : float or None
        Positive: tip toward patient left; tip toward the head.
    expected_mm, probability, enough_mm : float or None
        Viable length to expect, the chance that it is enough, and what is enough.
    worst_case_mm, touch_probability : float or None
        Clearance that 95 % of the needles keep from vessels, nerves and organs; the chance that
        the first pass touches any of them.
    core : str
        What it is taken for if it is one of the cores taken together, else empty.
    bone : str
        The way into the bone in words, empty where there is none or no mask says.
    crossed : tuple of (str, float) or None
        Soft tissues crossed and the length in each (mm); None where no mask names any.
    viability : str
        Where viable tumour is known from.
    """

    title: str
    stop_depth_mm: float | None
    tip_depth_mm: float | None
    then: str = "core"
    axial_angle_deg: float | None = None
    craniocaudal_angle_deg: float | None = None
    gravity_angle_deg: float | None = None
    viable_mm: float | None = None
    specimen_mm: float | None = None
    expected_mm: float | None = None
    probability: float | None = None
    enough_mm: float | None = None
    worst_case_mm: float | None = None
    touch_probability: float | None = None
    core: str = ""
    bone: str = ""
    crossed: tuple[tuple[str, float], ...] | None = None
    viability: str = ""
    bone_mm: float | None = None
    cortex_depth_mm: float | None = None
    cortex_incidence_deg: float | None = None
    needle_reach_margin_mm: float | None = None
    entry_slice: str = ""
    nearest: tuple[NearestRow, ...] = ()
    habitat_mm: tuple[tuple[str, float], ...] = ()
    warnings: tuple[str, ...] = ()
    violations: tuple[str, ...] = ()
    not_checked: tuple[str, ...] = ()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class SeriesRow:
    """One series of a folder; `problem` is empty when it reads as a volume."""

    key: str
    number: str
    description: str
    modality: str
    date: str
    slices: str
    spacing: str
    problem: str = ""
    suggested: bool = False


@dataclass(frozen=True, slots=True)
class Choice:
    """One entry of a drop-down list."""

    key: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoverageRow:
    """The chance (0 to 1) that a set of cores does one thing, and the length that is expected.

    Parameters
    ----------
    wanted : bool
        The user said that it has to be sampled.
    """

    what: str
    chance: float
    expected_mm: float | None = None
    wanted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreRow:
    """One core of a set; `numbers` is what it is expected to hold, in words."""

    key: str
    name: str
    numbers: str
    purpose: str
    container: str
    advice: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSetText:
    """Everything the panel says of the cores taken together.

    Parameters
    ----------
    facts : tuple of (str, str)
        Caption and words.
    purposes : tuple of Choice
        What a core can be taken for.
    """

    title: str
    coverage: tuple[CoverageRow, ...]
    facts: tuple[tuple[str, str], ...]
    cores: tuple[CoreRow, ...]
    purposes: tuple[Choice, ...]
    warnings: tuple[str, ...] = ()
