"""Learns an error model from own cases, holding on to the preset while they are few; plans none.

Each independent part of the error (own at the skin, growth with depth, own along, shared) has a
prior about what was known before, as sure as if so many cases had measured that part; the maximum
of the posterior is the model, and its curvature there the uncertainty. The tip's error alone is
used: a needle that is corrected toward its target has errors of entry and direction that cancel, so
neither may be taken for the model's.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from planning.cohort.error_likelihood import Parts, TipErrors
from planning.cohort.fitted_model import FittedErrorModel, FittedSpread, Learned
from planning.cohort.measured_errors import outliers, tip_errors
from planning.cohort.model_checks import remarks_on
from planning.cohort.posterior import Maximum, most_probable
from planning.cohort.rules import CohortRules, LearningRules
from planning.model.cohort import BoolColumn, CohortRows, Stage
from planning.model.error_model import ErrorModel, Spread

_DRAWS = 4_000
_DECIMALS = 4
_LEAST_SHARE = 0.05
_T_SCALE = 0.8  # of Student's t against a Gaussian that spreads as far: where a search begins


def fit_error_model(
    rows: CohortRows, preset: ErrorModel, rules: CohortRules, *, operator: str = ""
) -> FittedErrorModel:
    """Return the preset's error model with the spreads that own cases teach.

    Where needles finally were (the last scan of each core) teaches the corrected spread; scans of
    needles that nobody had corrected yet teach the first pass, which is never smaller. Only rows
    of the preset's guidance count.

    Parameters
    ----------
    operator : str
        Whose model it is: the other operators' cases are fitted first, and what they give counts
        as some of the operator's own; empty for the department's.
    """
    guided = rows.where(_equal(rows.guidance, preset.guidance.value))
    finals, firsts = (
        guided.where(guided.is_last),
        guided.where(_equal(guided.stage, Stage.FIRST_PASS.value)),
    )
    corrected, left_out = _stage(finals, preset.corrected, rules, operator)
    first, _ = _stage(firsts, preset.first_pass, rules, operator)
    first = replace(first, spread=_at_least(first.spread, corrected.spread))
    own = finals.where(_equal(finals.operator, operator)) if operator else finals
    days = own.date[~np.isnat(own.date)]
    since, until = (str(days.min()), str(days.max())) if len(days) else ("", "")
    corrected = replace(corrected, spread=_named(corrected, operator, until, rules.learning))
    first = replace(first, spread=_named(first, operator, until, rules.learning))
    model = replace(
        preset,
        key=f"own-{preset.guidance}",
        corrected=corrected.spread,
        first_pass=first.spread,
        operator=operator,
        case_count=corrected.cases,
        core_count=corrected.cores,
        until=until,
    )
    return FittedErrorModel(
        preset=preset,
        model=model,
        corrected=corrected,
        first_pass=first,
        since=since,
        until=until,
        left_out=left_out,
    )


def known_parts(spread: Spread, rules: LearningRules) -> Parts:
    """Return the independent parts of a spread; something is always left of each."""
    least = min(spread.at_skin_mm, spread.along_mm)
    shared = float(np.clip(spread.shared_mm, _LEAST_SHARE * least, rules.most_shared * least))
    return Parts(
        own_at_skin_mm=float(np.sqrt(spread.at_skin_mm**2 - shared**2)),
        growth=float(np.tan(np.radians(max(spread.growth_deg, _LEAST_SHARE)))),
        own_along_mm=float(np.sqrt(spread.along_mm**2 - shared**2)),
        shared_mm=shared,
        off_plane_growth=float(np.tan(np.radians(spread.off_plane_growth_deg))),
    )


def _stage(
    rows: CohortRows, preset: Spread, rules: CohortRules, operator: str
) -> tuple[FittedSpread, int]:
    """Return what one stage's rows teach, and how many measured cores could not count."""
    weight = rules.learning.preset_cases
    if not operator:
        return _fit(rows, preset, weight, preset, rules)
    others, _ = _fit(rows.where(~_equal(rows.operator, operator)), preset, weight, preset, rules)
    own = rows.where(_equal(rows.operator, operator))
    return _fit(own, others.spread, rules.learning.department_cases, preset, rules)


def _fit(
    rows: CohortRows, known: Spread, weight: float, preset: Spread, rules: CohortRules
) -> tuple[FittedSpread, int]:
    errors, at = tip_errors(rows, known, rules.measurement)
    left_out = int(np.isfinite(rows.lateral_tip_mm).sum()) - len(at)
    if not len(at):
        return FittedSpread(spread=known, cores=0, cases=0), left_out
    best, odds = _best(errors, known, weight, rules.learning)
    depth_mm = float(max(1.0, np.round(np.median(errors.depth_mm))))
    spread = _spread(best.parts, known, depth_mm, heavy=best.heavy)
    fitted = FittedSpread(
        spread=spread,
        cores=len(at),
        cases=errors.sessions,
        parts=_learned(best, spread, preset, rules.intervals.confidence),
        tail_log_odds=odds,
        outliers=outliers(
            rows,
            at,
            errors,
            best.parts,
            heavy=best.heavy,
            cohorts=rules.learning.outlier_cohorts,
        ),
        remarks=remarks_on(errors, best.parts),
    )
    return fitted, left_out


def _best(
    errors: TipErrors, known: Spread, weight: float, rules: LearningRules
) -> tuple[Maximum, float]:
    """Return the fit with the tails that the data want, and the log odds of heavy ones.

    The known tails stay unless the others explain the data better by `rules.tail_log_odds`.
    """
    before = known_parts(known, rules)
    of_gauss = _scaled(before, 1.0 / _T_SCALE) if known.heavy_tails else before
    of_t = before if known.heavy_tails else _scaled(before, _T_SCALE)
    gauss = most_probable(errors, of_gauss, weight, heavy=False)
    first = _scaled(gauss.parts, _T_SCALE)
    heavy = most_probable(errors, of_t, weight, heavy=True, first=first)
    odds = heavy.log_likelihood - gauss.log_likelihood
    if abs(odds) <= rules.tail_log_odds:
        return (heavy if known.heavy_tails else gauss), odds
    return (heavy if odds > 0.0 else gauss), odds


def _scaled(parts: Parts, factor: float) -> Parts:
    return Parts(
        own_at_skin_mm=factor * parts.own_at_skin_mm,
        growth=factor * parts.growth,
        own_along_mm=factor * parts.own_along_mm,
        shared_mm=parts.shared_mm,
        off_plane_growth=factor * parts.off_plane_growth,
    )


def _spread(parts: Parts, known: Spread, depth_mm: float, *, heavy: bool) -> Spread:
    """Return parts as a spread, rounded as files write it."""
    made = replace(
        known,
        at_skin_mm=_round(parts.at_skin_mm),
        growth_deg=_round(np.degrees(np.arctan(parts.growth))),
        off_plane_growth_deg=_round(np.degrees(np.arctan(parts.off_plane_growth))),
        along_mm=_round(parts.along_mm),
        shared_mm=_round(parts.shared_mm),
        heavy_tails=heavy,
        reference_depth_mm=depth_mm,
    )
    return replace(made, lateral_at_reference_mm=_round(float(made.lateral_mm(depth_mm))))


def _learned(
    best: Maximum, spread: Spread, preset: Spread, confidence: float
) -> tuple[Learned, ...]:
    """Return each part with the interval of the posterior."""
    depth_mm = spread.reference_depth_mm
    drawn = [_values(parts, depth_mm) for parts in best.draws(_DRAWS)]
    tail = (1.0 - confidence) / 2.0
    low, high = np.quantile([list(d.values()) for d in drawn], [tail, 1.0 - tail], axis=0)
    names = list(drawn[0])
    found = {**{n: getattr(spread, n) for n in names if n != "lateral_mm"}}
    found["lateral_mm"] = spread.lateral_at_reference_mm
    before = {n: getattr(preset, n) for n in names if n != "lateral_mm"}
    before["lateral_mm"] = float(preset.lateral_mm(depth_mm))
    return tuple(
        Learned(
            part=name,
            value=found[name],
            low=float(low[k]),
            high=float(high[k]),
            preset=before[name],
        )
        for k, name in enumerate(names)
        if name != "off_plane_growth_deg" or found[name] > 0.0
    )


def _values(parts: Parts, depth_mm: float) -> dict[str, float]:
    """Return parts by the names of `Learned.part`."""
    across = parts.own_across(np.array([depth_mm]), np.array([0.0]))[0]
    return {
        "at_skin_mm": parts.at_skin_mm,
        "growth_deg": float(np.degrees(np.arctan(parts.growth))),
        "off_plane_growth_deg": float(np.degrees(np.arctan(parts.off_plane_growth))),
        "along_mm": parts.along_mm,
        "shared_mm": parts.shared_mm,
        "lateral_mm": float(np.sqrt(across + parts.shared_mm**2)),
    }


def _at_least(first: Spread, corrected: Spread) -> Spread:
    """Return a first pass that is nowhere smaller than the needles that were corrected after it."""
    names = ("at_skin_mm", "growth_deg", "off_plane_growth_deg", "along_mm")
    larger = {name: max(getattr(first, name), getattr(corrected, name)) for name in names}
    if all(getattr(first, name) == value for name, value in larger.items()):
        return first
    widened = f"{first.source}; widened to what corrected needles err by"
    made = replace(first, **larger, source=widened)
    lateral = _round(float(made.lateral_mm(made.reference_depth_mm)))
    return replace(made, lateral_at_reference_mm=lateral)


def _named(fitted: FittedSpread, operator: str, until: str, rules: LearningRules) -> Spread:
    """Return a fitted spread that says what it rests on; a preset stays as it is."""
    if not fitted.cores:
        return fitted.spread
    whose = f"of {operator}" if operator else "of the department"
    before = "the other operators' count as" if operator else "the preset counts as"
    weight = rules.department_cases if operator else rules.preset_cases
    return replace(
        fitted.spread,
        setting=f"{fitted.cores} cores in {fitted.cases} cases {whose}",
        source=(
            f"own cases until {until or 'an unknown date'}, most probable values; "
            f"{before} {weight:g} cases; measurement error taken off"
        ),
    )


def _round(value: float) -> float:
    return round(float(value), _DECIMALS)


def _equal(column: np.ndarray, word: str) -> BoolColumn:
    return np.asarray(column == word, dtype=np.bool_)
