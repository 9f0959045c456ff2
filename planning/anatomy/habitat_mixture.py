"""Divides samples into parts of alike features by a Gaussian mixture; knows no space."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from planning.geometry import Float64Array

# A part narrower than a sixth of the lesion's own spread is a quirk of measuring, not a tissue.
_RIDGE = 0.03
_TOLERANCE = 1e-3
# Every step raises the mean log-likelihood, which is bounded, by the tolerance or more: this many
# are never taken, so the library never warns that it gave up.
_STEPS_AT_MOST = 100_000
_FAR = 4.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Mixture:
    """A fitted mixture of normal laws over standardised features."""

    centre: Float64Array
    width: Float64Array
    model: Any
    count: int

    def labels(self, samples: Float64Array) -> NDArray[np.int64]:
        """Return the component each row of (n, features) most likely belongs to."""
        found: NDArray[np.int64] = self.model.predict(_scaled(samples, self.centre, self.width))
        return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Start:
    weights: Float64Array
    means: Float64Array
    precisions: Float64Array


def fitted(samples: Float64Array, independent: float, parts_at_most: int) -> Mixture:
    """Return the mixture with the number of components that has the least BIC.

    Neighbouring points share most of what was measured, so that taking them for independent
    finds ever more components. The likelihood is therefore that of as many samples as there are
    independent ones, ``BIC = -2 n mean(log p) + parameters ln n`` (Schwarz 1978, doi
    10.1214/aos/1176344136).

    Parameters
    ----------
    samples : ndarray, shape (n, features)
    independent : float
        The number n of independent samples.
    """
    found = [with_parts(samples, count) for count in range(1, parts_at_most + 1)]
    scaled = _scaled(samples, found[0].centre, found[0].width)
    size = max(independent, 2.0)
    costs = []
    for mixture in found:
        features = samples.shape[1]
        free = mixture.count * (1 + features + features * (features + 1) / 2) - 1
        costs.append(-2.0 * size * mixture.model.score(scaled) + free * np.log(size))
    return found[int(np.argmin(costs))]


def with_parts(samples: Float64Array, count: int) -> Mixture:
    """Return the likelier of two mixtures of `count` components.

    They start from divisions along the main axes of all features, and along the first feature
    alone; neither depends on chance.
    """
    centre, width = samples.mean(axis=0), np.maximum(samples.std(axis=0), 1e-9)
    scaled = _scaled(samples, centre, width)
    starts = [_start(scaled, _divided(basis, count)) for basis in (scaled, scaled[:, :1])]
    models = [_fit(scaled, start) for start in starts]
    best = max(models, key=lambda model: model.lower_bound_)
    return Mixture(centre=centre, width=width, model=best, count=best.n_components)


def refitted(mixture: Mixture, samples: Float64Array) -> Mixture:
    """Return a mixture fitted to other samples of the same features, from where it stood."""
    centre, width = samples.mean(axis=0), np.maximum(samples.std(axis=0), 1e-9)
    old = mixture.model
    start = _Start(weights=old.weights_, means=old.means_, precisions=old.precisions_)
    model = _fit(_scaled(samples, centre, width), start)
    return Mixture(centre=centre, width=width, model=model, count=mixture.count)


def _start(scaled: Float64Array, groups: list[NDArray[np.intp]]) -> _Start:
    return _Start(
        weights=np.array([len(g) / len(scaled) for g in groups]),
        means=np.array([scaled[g].mean(axis=0) for g in groups]),
        precisions=np.array([np.linalg.inv(_covariance(scaled[g])) for g in groups]),
    )


def _fit(scaled: Float64Array, start: _Start) -> Any:
    # Imported where it is needed: the library takes about a second to load.
    from sklearn.mixture import GaussianMixture

    model = GaussianMixture(
        n_components=len(start.weights),
        covariance_type="full",
        tol=_TOLERANCE,
        reg_covar=_RIDGE,
        max_iter=_STEPS_AT_MOST,
        weights_init=start.weights,
        means_init=start.means,
        precisions_init=start.precisions,
        random_state=0,
    )
    return model.fit(scaled)


def _scaled(samples: Float64Array, centre: Float64Array, width: Float64Array) -> Float64Array:
    return np.clip((samples - centre) / width, -_FAR, _FAR)


def _covariance(samples: Float64Array) -> Float64Array:
    features = samples.shape[1]
    if len(samples) < 2:
        return np.eye(features)
    found = np.atleast_2d(np.cov(samples, rowvar=False, bias=True))
    return np.asarray(found + _RIDGE * np.eye(features))


def _divided(samples: Float64Array, count: int) -> list[NDArray[np.intp]]:
    """Return the samples in groups: again and again the widest is split along its main axis.

    This is the start of Su and Dy 2007 (doi 10.3233/IDA-2007-11402), split where the variance
    between both halves is largest instead of at the mean. It depends on no chance and no order.
    """
    groups = [np.arange(len(samples))]
    while len(groups) < count:
        axes = [np.linalg.eigh(_covariance(samples[g])) for g in groups]
        spreads = [len(g) * values[-1] for g, (values, _) in zip(groups, axes, strict=True)]
        widest = int(np.argmax(spreads))
        group = groups[widest]
        along = samples[group] @ axes[widest][1][:, -1]
        if along.min() == along.max():
            break
        left = along <= _best_cut(along)
        groups[widest : widest + 1] = [group[left], group[~left]]
    return groups


def _best_cut(values: Float64Array) -> float:
    """Return the value up to which the left of two groups reaches when they differ most."""
    ordered = np.sort(values)
    left = np.cumsum(ordered)[:-1]
    count = np.arange(1, len(ordered))
    rest = len(ordered) - count
    apart = left / count - (ordered.sum() - left) / rest
    return float(ordered[int(np.argmax(count * rest * apart**2))])
