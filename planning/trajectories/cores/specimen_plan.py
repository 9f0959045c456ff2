"""Which core of a set goes where, by the department's rules; every choice can be changed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from planning.errors import InputError
from planning.model.case import Indication
from planning.model.core_set import Core, CoreSet, Purpose, SpecimenRules
from planning.model.needle import Needle
from planning.model.plan import Candidate


def specimen_plan(
    candidates: Sequence[Candidate],
    *,
    needle: Needle,
    indication: Indication,
    rules: SpecimenRules,
) -> tuple[Core, ...]:
    """Return the cores with their purposes, in the order in which they are taken.

    Purposes are given in the order of the indication. Molecular work gets the softest core that
    is not mineralised and at least as good as the first, or else the softest; histology the core
    that most surely holds enough; the rest go in order of what they are expected to hold.
    """
    purposes: dict[int, Purpose] = {}
    wanted = rules.order[indication]
    open_ = list(range(len(candidates)))
    for purpose in sorted(wanted, key=lambda p: p is not Purpose.MOLECULAR):
        if not open_ or (purpose is Purpose.MOLECULAR and len(candidates) == 1):
            continue
        number = _best_for(purpose, [candidates[i] for i in open_], rules)
        purposes[open_.pop(number)] = purpose
    return tuple(
        core_for(candidate, purposes.get(number, Purpose.RESERVE), needle=needle, rules=rules)
        for number, candidate in enumerate(candidates)
    )


def core_for(
    candidate: Candidate, purpose: Purpose, *, needle: Needle, rules: SpecimenRules
) -> Core:
    """Return a core with the container and the advice its purpose asks for."""
    advice = rules.advice[purpose]
    if _density_hu(candidate) >= rules.mineralised_hu:
        advice = f"{advice} {rules.mineralised_advice}"
    area_mm2 = np.pi / 4.0 * needle.inner_diameter_mm**2
    return Core(
        candidate=candidate,
        purpose=purpose,
        container=rules.containers[purpose],
        advice=advice,
        tissue_mm3=float(area_mm2 * _expected_mm(candidate) * rules.recovery),
    )


def reassigned(
    core_set: CoreSet,
    purposes: Mapping[str, Purpose],
    *,
    needle: Needle,
    rules: SpecimenRules,
) -> CoreSet:
    """Return the set with other purposes for some of its cores, by candidate id.

    Raises
    ------
    InputError
        If the set has no core of that id.
    """
    known = [core.candidate.candidate_id for core in core_set.cores]
    for name in purposes:
        if name not in known:
            raise InputError(f'There is no core "{name}"; the set has {", ".join(known)}.')

    def for_purpose(core: Core) -> Core:
        purpose = purposes.get(core.candidate.candidate_id)
        if purpose is None:
            return core
        made = core_for(core.candidate, purpose, needle=needle, rules=rules)
        return replace(made, expected_mm=core.expected_mm, chances=core.chances)

    return replace(core_set, cores=tuple(for_purpose(core) for core in core_set.cores))


def _best_for(purpose: Purpose, candidates: Sequence[Candidate], rules: SpecimenRules) -> int:
    if purpose is Purpose.MOLECULAR:
        first_mm = _expected_mm(candidates[0])
        good = [
            _expected_mm(c) >= first_mm - 1e-6 and _density_hu(c) < rules.mineralised_hu
            for c in candidates
        ]
        density = [_density_hu(c) for c in candidates]
        return min(range(len(candidates)), key=lambda i: (not good[i], density[i]))
    return max(range(len(candidates)), key=lambda i: (_chance(candidates[i]), -i))


def _density_hu(candidate: Candidate) -> float:
    value = candidate.criteria.get("specimen_mean_hu")
    return float("inf") if value is None else value


def _chance(candidate: Candidate) -> float:
    value = candidate.criteria.get("viable_probability")
    return _expected_mm(candidate) / 1000.0 if value is None else value


def _expected_mm(candidate: Candidate) -> float:
    for key in ("expected_viable_length_mm", "lesion_length_mm"):
        value = candidate.criteria.get(key)
        if value is not None:
            return value
    return 0.0
