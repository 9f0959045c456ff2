"""What a radiomic feature is: a defined number, or the reason there is none; computes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Family(StrEnum):
    """What a feature looks at; the groups of the IBSI reference manual."""

    SHAPE = "shape"
    STATISTICS = "intensity statistics"
    HISTOGRAM = "intensity histogram"
    GLCM_AVERAGED = "co-occurrence, averaged over directions"
    GLCM_MERGED = "co-occurrence, directions merged"
    LOG = "intensity statistics after Laplacian of Gaussian"


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """One number about a lesion.

    Parameters
    ----------
    key : str
        As the IBSI reference values name it, for example ``stat_mean`` or ``cm_contrast_3D_avg``;
        after a filter with its name in front, ``log_2mm_stat_mean``.
    ibsi_code : str
        Permanent identifier in the IBSI reference manual (doi 10.1148/radiol.2020191145).
    value : float or None
        None where the definition gives no number for this lesion; `reason` then says why.
    unit : str
        Empty for pure numbers.
    method : str
        How the voxels were prepared: grid, interpolation, bins, filter.
    """

    key: str
    ibsi_code: str
    label: str
    value: float | None
    unit: str
    family: Family
    method: str
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Undefined:
    """That a definition gives no number, and why."""

    reason: str


Measured = float | Undefined


@dataclass(frozen=True, slots=True)
class Definition:
    """A feature's name in the IBSI manual.

    `unit` may hold ``{u}`` for the intensity's unit, ``{uu}`` for its square.
    """

    key: str
    ibsi_code: str
    label: str
    unit: str = ""


def ratio(part: Measured, whole: Measured, reason: str) -> Measured:
    """Return ``part / whole``, or why not: `reason` if `whole` is zero."""
    if isinstance(part, Undefined):
        return part
    if isinstance(whole, Undefined):
        return whole
    return part / whole if whole != 0.0 else Undefined(reason)


def features_of(
    definitions: Iterable[Definition],
    values: Mapping[str, Measured],
    *,
    family: Family,
    method: str,
    unit: str = "HU",
    key: str = "{key}",
    label: str = "{label}",
) -> tuple[Feature, ...]:
    """Return one feature for each definition, in their order.

    Parameters
    ----------
    unit : str
        Of the intensities.
    key, label : str
        Patterns that make the definition's own key and label those of a variant.
    """
    squared = f"({unit})^2" if "/" in unit else f"{unit}^2"
    found = []
    for definition in definitions:
        value = values[definition.key]
        found.append(
            Feature(
                key=key.format(key=definition.key),
                ibsi_code=definition.ibsi_code,
                label=label.format(label=definition.label),
                value=None if isinstance(value, Undefined) else float(value),
                unit=definition.unit.format(u=unit, uu=squared),
                family=family,
                method=method,
                reason=value.reason if isinstance(value, Undefined) else "",
            )
        )
    return tuple(found)
