"""Divides a lesion into parts that come back when it is seen otherwise; no voxels, no names."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.habitat_features import (
    DEPTH,
    FeatureMaps,
    Picture,
    feature_maps,
    kernel_sigma_mm,
)
from planning.anatomy.habitat_mixture import Mixture, fitted, refitted
from planning.anatomy.habitat_parts import Labels, least_mean, matched, tidied
from planning.anatomy.habitat_rules import HabitatRules
from planning.anatomy.habitat_stability import stable_parts
from planning.geometry import Float64Array

BoolArray = NDArray[np.bool_]

_SAMPLES_AT_MOST = 3000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Division:
    """A lesion's parts on its isotropic points.

    Parameters
    ----------
    labels : ndarray of int16
        1 for the first part, and so on; the number after the last for mineralised matrix that
        does not come back and is no part; 0 for what was not divided.
    stabilities : tuple of float
        Dice coefficient of each part under the kind of perturbation it bears worst.
    features : tuple of str
        What the parts were told apart by.
    reason : str
        Why there are fewer than two parts; empty if there are more.
    """

    labels: Labels
    stabilities: tuple[float, ...] = ()
    features: tuple[str, ...] = ()
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Model:
    """The features that count, and the mixture fitted to them (None where none survived)."""

    features: tuple[str, ...]
    mixture: Mixture | None
    best_lost: str


def divided(pictures: Iterable[Picture], rules: HabitatRules) -> Division:
    """Return the parts of a lesion.

    Parameters
    ----------
    pictures : iterable of Picture
        The lesion as it is, then as it might as well have been seen; each is looked at once.
    """
    looks = iter(pictures)
    first = next(looks)
    spacing_mm, plain = first.spacing_mm, feature_maps(first, rules)
    tissue = plain.soft | plain.mineral
    whole = tissue.astype(np.int16)
    part_points = rules.part_at_least_ml * 1000.0 / spacing_mm**3
    if np.count_nonzero(tissue) < 2 * part_points:
        text = f"the lesion cannot hold two parts of {rules.part_at_least_ml:g} ml"
        return Division(labels=whole, reason=text)
    others = [feature_maps(look, rules) for look in looks]
    model = _model(plain, others, spacing_mm, rules)
    labels = tidied(_labelled(plain, model), part_points)
    if _count(labels) < 2:
        reason = model.best_lost or "its texture is the same throughout"
        return Division(labels=whole, features=model.features, reason=reason)
    again = [
        (other.kind, tidied(matched(_relabelled(other, model, plain), labels), part_points))
        for other in others
    ]
    of_tissue = tuple(name for name in model.features if name != DEPTH)
    stable = stable_parts(labels, again, plain.soft, _table(plain, of_tissue), rules)
    return Division(
        labels=stable.labels,
        stabilities=stable.dices,
        features=model.features,
        reason=stable.reason,
    )


def _model(
    plain: FeatureMaps, others: list[FeatureMaps], spacing_mm: float, rules: HabitatRules
) -> _Model:
    kinds = [other.kind for other in others]
    reliability = {
        name: least_mean((_reliability(plain, o, number) for o in others), kinds)
        for number, (name, _) in enumerate(plain.maps)
    }
    kept = [n for n, value in reliability.items() if value >= rules.reliability_at_least]
    if not set(kept) - {DEPTH}:
        lost = {n: value for n, value in reliability.items() if n != DEPTH}
        best = max(lost, key=lambda n: lost[n], default="")
        text = (
            f"no local feature comes back under noise, shift and another contour (best: {best}, "
            f"{lost[best]:.2f} where {rules.reliability_at_least:g} is needed)"
            if best
            else "there is no soft tissue to divide"
        )
        return _Model(features=(), mixture=None, best_lost=text)
    features = _without_twins(plain, kept, rules)
    samples = _samples(plain, features, plain.clear)
    sigma_mm = kernel_sigma_mm(rules)
    # Normal laws are told by squares. What a Gaussian window makes of white noise is correlated
    # as exp(-d^2 / 4 sigma^2), and its squares as the square of that, which fills this volume.
    volume_mm3 = (2.0 * np.pi * sigma_mm**2) ** 1.5
    independent = np.count_nonzero(plain.clear) * spacing_mm**3 / volume_mm3
    mixture = fitted(samples, independent, rules.parts_at_most)
    return _Model(features=features, mixture=mixture, best_lost="")


def _reliability(plain: FeatureMaps, other: FeatureMaps, number: int) -> float:
    """Return the intraclass correlation ICC(3,1) of one feature between two looks.

    Consistency of single measurements (Shrout and Fleiss 1979, doi 10.1037/0033-2909.86.2.420);
    for two looks ``2 cov / (var + var)``.
    """
    both = plain.soft & other.soft
    if not other.maps or np.count_nonzero(both) < 2:
        return 0.0
    one = plain.maps[number][1][both].astype(np.float64)
    two = other.maps[number][1][both].astype(np.float64)
    total = float(one.var() + two.var())
    return 2.0 * float(np.mean((one - one.mean()) * (two - two.mean()))) / total if total else 0.0


def _without_twins(plain: FeatureMaps, kept: list[str], rules: HabitatRules) -> tuple[str, ...]:
    """Return the features without those that say almost the same as one before."""
    table = _table(plain, tuple(kept))
    together = np.abs(np.atleast_2d(np.corrcoef(table, rowvar=False)))
    chosen: list[int] = []
    for number in range(len(kept)):
        if all(together[number, other] <= rules.redundant_correlation for other in chosen):
            chosen.append(number)
    return tuple(kept[number] for number in chosen)


def _table(maps: FeatureMaps, features: tuple[str, ...]) -> Float64Array:
    """Return (n, features) of all soft points."""
    by_name = dict(maps.maps)
    columns = [by_name[n][maps.soft].astype(np.float64) for n in features]
    return np.stack(columns, axis=1) if columns else np.empty((np.count_nonzero(maps.soft), 0))


def _samples(maps: FeatureMaps, features: tuple[str, ...], wanted: BoolArray) -> Float64Array:
    """Return (n, features) of some of the wanted points, spread evenly: neighbours say the same."""
    share = int(np.ceil(np.count_nonzero(wanted) / _SAMPLES_AT_MOST))
    thinned = wanted & _every(wanted.shape, share)
    by_name = dict(maps.maps)
    return np.stack([by_name[n][thinned].astype(np.float64) for n in features], axis=1)


def _every(shape: tuple[int, ...], count: int) -> BoolArray:
    """Return one of `count` points, on a lattice that is about as dense in all directions."""
    step = round(count ** (1 / 3))
    k, j, i = np.ogrid[: shape[0], : shape[1], : shape[2]]
    return np.asarray((k + step * j + step * step * i) % count == 0)


def _labelled(maps: FeatureMaps, model: _Model) -> Labels:
    """Return the components' numbers on the soft points; mineralised matrix has the last one."""
    labels = np.zeros(maps.soft.shape, dtype=np.int16)
    count = 1
    labels[maps.soft] = 1
    if model.mixture is not None and maps.soft.any():
        count = model.mixture.count
        labels[maps.soft] = model.mixture.labels(_table(maps, model.features)) + 1
    labels[maps.mineral] = count + 1
    return labels


def _relabelled(maps: FeatureMaps, model: _Model, plain: FeatureMaps) -> Labels:
    """Return the same for another look, with a mixture fitted anew at the same clear points."""
    wanted = plain.clear & maps.soft
    if model.mixture is None or not maps.maps or not wanted.any():
        return _labelled(maps, replace(model, mixture=None))
    samples = _samples(maps, model.features, wanted)
    return _labelled(maps, replace(model, mixture=refitted(model.mixture, samples)))


def _count(labels: Labels) -> int:
    return len(np.unique(labels[labels > 0]))
