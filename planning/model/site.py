"""What is particular to a body site: names, structures to look at, surgeon's rules; no masks."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from planning.model.case import Indication

RULE_PREFIX = "rule:"
"""Before a rule's key wherever constraints, measures and notices share one list with it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExpectedStructure:
    """A structure that a site's plan should have looked at.

    Parameters
    ----------
    name : str
        As it is shown when it is missing, without side.
    role : str
        Role that a matching structure must carry.
    words : tuple of str
        Any structure whose lower-case name contains one of these words matches; none = any name.
    """

    name: str
    role: str
    words: tuple[str, ...] = ()


class RuleKind(StrEnum):
    """How much a rule weighs.

    HARD removes candidates, CAUTION warns about them. A REMINDER cannot be measured and is listed
    as not checked; a NOTE tells the reader of the plan what to do.
    """

    HARD = "hard"
    CAUTION = "caution"
    REMINDER = "reminder"
    NOTE = "note"


class Part(StrEnum):
    """Which part of a structure a rule means."""

    ALL = "all"
    BEHIND_ANTERIOR_THIRD = "behind-anterior-third"


class Direction(StrEnum):
    """Where a needle comes from, in patient axes; medial and lateral by the lesion's side."""

    ANTERIOR = "anterior"
    POSTERIOR = "posterior"
    MEDIAL = "medial"
    LATERAL = "lateral"
    ANTEROMEDIAL = "anteromedial"
    ANTEROLATERAL = "anterolateral"
    POSTEROMEDIAL = "posteromedial"
    POSTEROLATERAL = "posterolateral"


@dataclass(frozen=True, slots=True, kw_only=True)
class Approach:
    """The directions a needle may come from, as seen on axial slices.

    Parameters
    ----------
    directions : tuple of Direction
        Any one of them is enough.
    within_deg : float
        Largest angle in the axial plane between the needle and the nearest of them.
    """

    directions: tuple[Direction, ...]
    within_deg: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule of the surgeon's; a hard one or a caution looks at exactly one thing.

    Parameters
    ----------
    sites : tuple of str
        Keys of the sites it holds for; empty for all.
    for_indications : tuple of Indication
        Empty for all; unknown counts as primary.
    enabled : bool
        Whether it holds unless a case says otherwise.
    avoid : tuple of str
        Names (without side) of structures that may not be crossed.
    part : Part
        Which part of them.
    approach : Approach or None
        Where the needle may come from.
    criterion : str
        A measured quantity that may not be above or below a limit.
    """

    key: str
    kind: RuleKind
    text: str
    source: str
    sites: tuple[str, ...] = ()
    for_indications: tuple[Indication, ...] = ()
    enabled: bool = True
    avoid: tuple[str, ...] = ()
    part: Part = Part.ALL
    approach: Approach | None = None
    criterion: str = ""
    above: float | None = None
    below: float | None = None

    @property
    def name(self) -> str:
        """The rule's key as constraints, measures and notices carry it."""
        return RULE_PREFIX + self.key

    @property
    def is_measured(self) -> bool:
        """Tell whether masks or geometry can decide it."""
        return self.kind in (RuleKind.HARD, RuleKind.CAUTION)

    def holds(self, site_key: str, indication: Indication) -> bool:
        """Tell whether the rule is meant for a site and an indication."""
        meant = not self.for_indications or indication.behaves_as in self.for_indications
        return meant and (not self.sites or site_key in self.sites)


@dataclass(frozen=True, slots=True, kw_only=True)
class CompartmentGroup:
    """Muscles that share one compartment; a muscle in no group is a compartment of its own."""

    name: str
    words: tuple[str, ...]
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class IntercostalBand:
    """How the bundle under each rib is drawn where nobody drew it.

    Parameters
    ----------
    height_mm : float
        How far below the rib's lower edge it reaches.
    margin_mm : float
        Least clearance from the band, which already holds the bundle's spread.
    source : str
        Of both numbers.
    """

    height_mm: float
    margin_mm: float
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteCurve:
    """What the values of one objective are worth at a site, instead of the protocol's curve."""

    objective: str
    label: str
    curve: tuple[tuple[float, float], ...]
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """A body site: which names mean it, and what a plan there has to look at.

    Parameters
    ----------
    curves : tuple of SiteCurve
        Replace those of the protocol's objectives of the same keys.
    canal_margin_in_bone_mm : float or None
        Clearance from the needle's surface to canal and foramen while it runs inside vertebral
        bone (transpedicular); None where the organ margin holds everywhere.
    """

    key: str
    words: tuple[str, ...]
    expected: tuple[ExpectedStructure, ...]
    curves: tuple[SiteCurve, ...] = ()
    canal_margin_in_bone_mm: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteTable:
    """All sites, the rules at them, and what rules need to know; shared by every protocol.

    Parameters
    ----------
    data : bytes
        The file as it was read: protocols take it into their fingerprint.
    """

    data: bytes = field(repr=False)
    sites: tuple[Site, ...]
    rules: tuple[Rule, ...]
    compartments: tuple[CompartmentGroup, ...]
    intercostal: IntercostalBand
