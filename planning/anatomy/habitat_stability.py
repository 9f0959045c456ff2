"""Which parts of a lesion differ and come back when it is seen otherwise; joins all others."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.habitat_parts import Labels, bhattacharyya, dice, least_mean
from planning.anatomy.habitat_rules import HabitatRules
from planning.geometry import Float64Array

BoolArray = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StableParts:
    """What is left: labels 1, 2, ... with the Dice coefficient of each.

    Mineralised matrix that does not come back has the label after the last: it is like nothing
    else, so that it joins nothing and is no part.
    """

    labels: Labels
    dices: tuple[float, ...]
    reason: str = ""


def stable_parts(
    labels: Labels,
    again: list[tuple[str, Labels]],
    soft: BoolArray,
    table: Float64Array,
    rules: HabitatRules,
) -> StableParts:
    """Join parts that do not differ, then those that do not come back, the worst first.

    Parameters
    ----------
    labels : ndarray of int16
        0 outside.
    again : list of (str, ndarray of int16)
        The same under each perturbation and its kind, by the same names; compared is where both
        are set.
    soft : ndarray of bool
        Points that have features; a part mostly outside them is mineralised.
    table : ndarray, shape (soft points, features)
        The features of the tissue; where parts lie does not count.
    """
    kinds, maps = [kind for kind, _ in again], [each for _, each in again]
    names = [int(name) for name in np.unique(labels[labels > 0])]
    looks = [{name: each == name for name in names} for each in (labels, *maps)]
    _join_alike(looks, soft, table, rules)
    if len(looks[0]) == 1:
        reason = "its parts differ too little to be different tissue"
        return StableParts(labels=_numbered(looks[0], labels), dices=(), reason=reason)
    left_out = np.zeros_like(soft)
    known = [(labels > 0) & (each > 0) for each in maps]
    lost = 1.0
    while True:
        dices = {name: least_mean(_dices(looks, name, known), kinds) for name in looks[0]}
        worst = min(dices, key=lambda name: dices[name])
        if len(dices) == 1 or dices[worst] >= rules.dice_at_least:
            break
        lost = dices[worst]
        if _is_soft(looks[0][worst], soft):
            _join(looks, worst, _taken_for(looks, worst, soft))
        else:
            left_out |= looks[0][worst]
            for parts in looks:
                del parts[worst]
    kept = _numbered(looks[0], labels)
    kept[left_out] = len(dices) + 1
    if len(dices) > 1:
        return StableParts(labels=kept, dices=tuple(dices.values()))
    reason = (
        f"its {len(names)} parts do not come back under noise, shift and another contour "
        f"(Dice {lost:.2f} where {rules.dice_at_least:g} is needed)"
    )
    return StableParts(labels=kept, dices=(), reason=reason)


def _join_alike(
    looks: list[dict[int, BoolArray]], soft: BoolArray, table: Float64Array, rules: HabitatRules
) -> None:
    """Join the two soft parts that are most alike, until all are far enough apart."""
    while True:
        features = {
            name: table[part[soft]] for name, part in looks[0].items() if _is_soft(part, soft)
        }
        pairs = {
            (one, other): bhattacharyya(features[one], features[other])
            for one, other in combinations(features, 2)
        }
        nearest = min(pairs, key=lambda pair: pairs[pair], default=None)
        if nearest is None or pairs[nearest] >= rules.distance_at_least:
            return
        _join(looks, *nearest)


def _join(looks: list[dict[int, BoolArray]], name: int, into: int) -> None:
    for parts in looks:
        parts[into] = parts[into] | parts.pop(name)


def _dices(looks: list[dict[int, BoolArray]], name: int, known: list[BoolArray]) -> list[float]:
    now = looks[0][name]
    return [dice(now & both, p[name] & both) for p, both in zip(looks[1:], known, strict=True)]


def _taken_for(looks: list[dict[int, BoolArray]], name: int, soft: BoolArray) -> int:
    """Return the part that a part is most often taken for when the lesion is seen otherwise."""
    now = looks[0]
    others = [other for other in now if other != name]
    alike = [other for other in others if _is_soft(now[other], soft)] or others

    def confused(other: int) -> int:
        swapped = [
            np.count_nonzero((now[name] & then[other]) | (now[other] & then[name]))
            for then in looks[1:]
        ]
        return int(sum(swapped))

    return max(alike, key=confused)


def _is_soft(part: BoolArray, soft: BoolArray) -> bool:
    return bool(2 * np.count_nonzero(part & soft) > np.count_nonzero(part))


def _numbered(parts: dict[int, BoolArray], labels: Labels) -> Labels:
    numbered = np.zeros_like(labels)
    for number, inside in enumerate(parts.values(), start=1):
        numbered[inside] = number
    return numbered
