"""What a department demands and prefers, each number with its source; measures nothing itself."""

from __future__ import annotations

from dataclasses import dataclass

from planning.model.case import Guidance, Indication
from planning.model.core_set import CoreRules
from planning.model.execution import Tolerance
from planning.model.site import CompartmentGroup, IntercostalBand, Rule, Site


@dataclass(frozen=True, slots=True, kw_only=True)
class Constraint:
    """A hard limit on one criterion; a candidate that breaks it is rejected.

    Parameters
    ----------
    criterion : str
        Key of the criterion (see `planning.trajectories.criteria`).
    at_least, at_most : float or None
        The limit, in the criterion's unit; exactly one is given.
    by_guidance : tuple of (Guidance, float)
        Limits that replace the general one under some guidance.
    not_for : tuple of Indication
        Indications for which the limit does not hold.
    floor : float or None
        A structure's own margin may go below this only with a recorded reason.
    margin_by_role : tuple of (str, float)
        For clearances: limits of single roles (for example ``lung``) within the criterion's class.
    envelope : bool
        For clearances: 95 % of the executed needles have to stay outside, at every depth and a
        little beyond the tip, wherever that asks for more than the limit.
    switchable : bool
        Whether a case may switch it off with a reason; what geometry forbids may not be.
    """

    key: str
    criterion: str
    at_least: float | None = None
    at_most: float | None = None
    by_guidance: tuple[tuple[Guidance, float], ...] = ()
    not_for: tuple[Indication, ...] = ()
    floor: float | None = None
    margin_by_role: tuple[tuple[str, float], ...] = ()
    envelope: bool = False
    switchable: bool = True
    text: str = ""
    source: str = ""

    def limit(self, guidance: Guidance) -> float:
        """Return the limit that holds under `guidance`."""
        general = self.at_least if self.at_least is not None else self.at_most
        assert general is not None, "the protocol reader admits no constraint without a limit"
        return dict(self.by_guidance).get(guidance, general)


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """A wish: a criterion, what each of its values is worth (0 to 1), and how much that matters.

    Parameters
    ----------
    curve : tuple of (float, float)
        Corner points (criterion value, desirability), ascending in value; flat beyond the ends.
    pareto : bool
        Whether the criterion takes part in the Pareto comparison.
    label, short : str
        What it is called, and in a word or two where there is little room.
    """

    key: str
    criterion: str
    curve: tuple[tuple[float, float], ...]
    weight: float
    pareto: bool = False
    label: str = ""
    source: str = ""
    short: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caution:
    """A threshold on a criterion beyond which a candidate is warned about, not rejected."""

    key: str
    criterion: str
    text: str
    above: float | None = None
    below: float | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AdjustableLimit:
    """A limit that a case may set tighter, and how far that makes sense.

    Parameters
    ----------
    key : str
        Of a constraint of the protocol; or of a limit that holds only in cases that set it.
    criterion, text : str
        Of a limit without a constraint: what it is about, and what is said of a candidate that
        breaks it. Empty for one with a constraint, which says both.
    loosest : float or None
        Where a limit without a constraint begins to tell; None for one with a constraint.
    tightest, step : float
        How far it can be tightened, and in which steps; the end of the range says whether values
        above or below the limit are refused.
    """

    key: str
    tightest: float
    step: float
    loosest: float | None = None
    criterion: str = ""
    text: str = ""
    label: str = ""
    source: str = ""
    short: str = ""

    def constraint(self, value: float) -> Constraint:
        """Return the limit as a constraint of its own, at some value."""
        assert self.loosest is not None, "a limit with a constraint changes that one"
        downward = self.tightest < self.loosest
        return Constraint(
            key=self.key,
            criterion=self.criterion,
            at_most=value if downward else None,
            at_least=None if downward else value,
            text=self.text,
            source=self.source,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How finely candidates are laid out, and how the answer is thinned.

    Parameters
    ----------
    entry_side_max_deg : float
        Largest angle between the skin's outward normal and the direction away from the floor.
    candidates_at_most : int
        Entries x tips; tips are spaced wider where a lesion would need more.
    beyond_tip_mm : float
        How far ahead of the tip is looked for structures at risk.
    minimum_desirability : float
        Floor under every desirability, so that a wish never becomes a hidden limit.
    sources : tuple of (str, str)
        Where each number comes from, by its name.
    """

    entry_spacing_mm: float
    tip_spacing_mm: float
    candidates_at_most: int
    step_mm: float
    entry_side_max_deg: float
    border_mm: float
    beyond_tip_mm: float
    minimum_desirability: float
    specimen_minimum_mm: float
    specimen_minimum_chord_fraction: float
    alternative_entries_apart_mm: float
    alternative_directions_apart_deg: float
    bore_diameter_mm: float
    hub_clearance_mm: float
    risk_window_mm: float
    risk_range_mm: float
    source: str = ""
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategyRules:
    """What the sampling strategies aim at.

    Parameters
    ----------
    rim_mm, rim_at_most_hu : float
        How deep the rim of a tumour reaches, and from which density it counts as mineralised.
    interface_mm : float
        How far from host bone tumour still counts as its border.
    """

    rim_mm: float
    rim_at_most_hu: float
    interface_mm: float
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewRules:
    """When an executed needle counts as placed as planned, and as that of a core at all.

    Parameters
    ----------
    lateral_tip_mm, depth_mm, angle_deg : float
        Largest errors within tolerance; the depth's either way.
    match_within_mm, match_within_deg : float
        A needle whose axis passes the planned end farther away, or that is turned by more, belongs
        to no core.
    sources : tuple of (str, str)
    """

    lateral_tip_mm: float
    depth_mm: float
    angle_deg: float
    match_within_mm: float
    match_within_deg: float
    sources: tuple[tuple[str, str], ...] = ()

    @property
    def tolerance(self) -> Tolerance:
        """The largest errors within tolerance."""
        return Tolerance(
            lateral_tip_mm=self.lateral_tip_mm, depth_mm=self.depth_mm, angle_deg=self.angle_deg
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """One planning protocol, as read from its file.

    Parameters
    ----------
    sha256 : str
        Of the bytes of its file and of the file of sites, so that a plan says exactly what it was
        made with.
    constraints : tuple of Constraint
        In the order in which a rejected candidate's reason is looked for.
    adjustable : tuple of AdjustableLimit
        What a case is offered to tighten.
    review : ReviewRules or None
        None in protocols that were written before needles were reviewed.
    """

    key: str
    version: str
    title: str
    sha256: str
    needle_key: str
    guidance: Guidance
    search: Search
    constraints: tuple[Constraint, ...]
    objectives: tuple[Objective, ...]
    cautions: tuple[Caution, ...]
    sites: tuple[Site, ...]
    cores: CoreRules
    strategies: StrategyRules
    rules: tuple[Rule, ...]
    compartments: tuple[CompartmentGroup, ...]
    intercostal: IntercostalBand
    adjustable: tuple[AdjustableLimit, ...] = ()
    review: ReviewRules | None = None

    def constraint(self, key: str) -> Constraint | None:
        """Return the constraint of that key, if the protocol has it."""
        return next((c for c in self.constraints if c.key == key), None)

    def objective(self, key: str) -> Objective | None:
        """Return the objective of that key, if the protocol has it."""
        return next((o for o in self.objectives if o.key == key), None)

    def adjustable_limit(self, key: str) -> AdjustableLimit | None:
        """Return what a case is offered to tighten under that key, if anything."""
        return next((a for a in self.adjustable if a.key == key), None)

    def text_of(self, key: str) -> str:
        """Return what a constraint or a rule says, by the key that plans carry; else the key."""
        limit = self.constraint(key)
        if limit is not None:
            return limit.text
        wish = self.adjustable_limit(key)
        if wish is not None:
            return wish.text
        return next((r.text for r in self.rules if r.name == key), key)
