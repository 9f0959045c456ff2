"""The cores planned together, what they cover and where each one goes; chooses none."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from planning.model.case import Indication
from planning.model.plan import Candidate, Notice

EXTRA_PREFIX = "C"
"""What ids of cores begin with that are not among the ranked trajectories."""


class Purpose(StrEnum):
    """What a core is examined for."""

    HISTOLOGY = "histology"
    MOLECULAR = "molecular"
    CULTURE = "culture"
    FLOW_CYTOMETRY = "flow cytometry"
    RESERVE = "reserve"


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreRules:
    """How a department takes several cores; each number with its source.

    Parameters
    ----------
    count : int
        Cores unless the user asks for another number.
    one_entry_for : tuple of Indication
        Where every tract is resected, so that all cores go through one entry.
    fan_bone_deg, fan_soft_deg : float
        Largest angle between two cores through one entry: through intact cortex, and otherwise.
    spacing_mm : float
        Wanted least distance between specimens, where fan and lesion allow it.
    collision_mm : float
        Least gap between the shafts of needles with different entries.
    habitat_minimum_mm : float
        Length of a habitat in a specimen that counts as having sampled it.
    scenarios : int
        Executions that a set is chosen on.
    tested_at_most : int
        Candidates that take part in one integer program.
    gap_at_most : float
        Relative gap to the optimum at which the program may stop.
    seconds_at_most : float
        Time after which a program stops and reports the gap it has.
    weight_habitats, weight_must_sample, weight_enough, weight_length : float
        What counts in a set: the mean chance to sample a habitat, how many times more one counts
        that has to be sampled, the chance that one core holds enough, and the sampled length as a
        share of all cores.
    sources : tuple of (str, str)
    """

    count: int
    one_entry_for: tuple[Indication, ...]
    fan_bone_deg: float
    fan_soft_deg: float
    spacing_mm: float
    collision_mm: float
    habitat_minimum_mm: float
    scenarios: int
    tested_at_most: int
    gap_at_most: float
    seconds_at_most: float
    weight_habitats: float
    weight_must_sample: float
    weight_enough: float
    weight_length: float
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SpecimenRules:
    """Where cores go; each rule with its source.

    Parameters
    ----------
    mineralised_hu : float
        Mean density from which a core counts as mineralised: no acid may touch what is meant for
        molecular work.
    recovery : float
        Share of the planned tissue that a core really delivers.
    containers, advice : mapping of Purpose to str
        What each purpose is put into, and what to mind.
    mineralised_advice : str
        What to mind with a mineralised core.
    order : mapping of Indication to tuple of Purpose
        Purposes in the order in which cores are given to them; further cores are reserve.
    """

    mineralised_hu: float
    recovery: float
    containers: Mapping[Purpose, str]
    advice: Mapping[Purpose, str]
    mineralised_advice: str
    order: Mapping[Indication, tuple[Purpose, ...]]
    sources: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """One core of a set: its trajectory, and what becomes of it.

    Parameters
    ----------
    tissue_mm3 : float
        Volume that is expected of what is worth sampling, recovery included.
    expected_mm : mapping of str to float
        Length that this core is expected to hold of each habitat; empty in plans of older versions.
    chances : mapping of str to float
        Chance that this core samples each habitat, and that it holds the required length
        ("enough"); empty likewise.
    """

    candidate: Candidate
    purpose: Purpose
    container: str
    advice: str
    tissue_mm3: float
    expected_mm: Mapping[str, float] = field(default_factory=dict)
    chances: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tract:
    """What needles contaminate on their way, and a surgeon has to take out.

    Parameters
    ----------
    length_mm : float
        Of all tracts together, skin to deepest tip, each entry counted once.
    structures : tuple of str
        Muscles and other named tissues crossed, most length first.
    """

    entries: int
    length_mm: float
    structures: tuple[str, ...]

    def __str__(self) -> str:
        entries = "1 entry" if self.entries == 1 else f"{self.entries} entries"
        return ", ".join([entries, f"{self.length_mm:.0f} mm", *self.structures])


@dataclass(frozen=True, slots=True, kw_only=True)
class CoreSet:
    """The cores planned together.

    Parameters
    ----------
    expected_mm : mapping of str to float
        Length that all cores together are expected to hold of each habitat, and of "viable".
    coverage : mapping of str to float
        Chance that at least one core samples each habitat; "enough" is the chance that at least
        one holds the required length.
    effective_habitats : float
        ``exp(-sum q ln q)`` over the expected lengths of all cores.
    gap : float
        How far the best possible set of the tested candidates may be better, relative.
    scenarios, tested : int
        Executions the set was chosen on; candidates that took part.
    spacing_mm : float
        Least distance between two specimens.
    """

    cores: tuple[Core, ...]
    expected_mm: Mapping[str, float]
    coverage: Mapping[str, float]
    effective_habitats: float
    gap: float
    scenarios: int
    tested: int
    spacing_mm: float
    method: str
    tract: Tract
    warnings: tuple[Notice, ...] = ()

    def core_of(self, candidate_id: str) -> Core | None:
        """Return the core that a candidate is, None for one that is not in the set."""
        return next((c for c in self.cores if c.candidate.candidate_id == candidate_id), None)
