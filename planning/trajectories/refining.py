"""Shifts a good candidate off the lattice to where it is best; keeps every hard limit."""

from __future__ import annotations

from itertools import product

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.crossing import skin_crossing
from planning.anatomy.fields import ScreenFields
from planning.geometry import Float64Array
from planning.trajectories import judging
from planning.trajectories.feasible import screened
from planning.trajectories.placement import across
from planning.trajectories.screening import Needles

_STEP_MM = 0.5
_ROUNDS = 4
_STEPS_PER_ROUND = 4


def refined(
    anatomy: Anatomy, fields: ScreenFields, entry_lps_mm: Float64Array, tip_lps_mm: Float64Array
) -> tuple[Float64Array, Float64Array]:
    """Return the best entry and tip near the given ones, on the skin and inside all limits.

    Neighbours on a small lattice around entry (2 ways along the skin) and tip (3 ways) are tried:
    either end moved alone, and both alike. The lattice moves to the best one and shrinks by half.
    Clearances are interpolated.
    """
    shift_mm = anatomy.protocol.search.entry_spacing_mm / 2.0
    entry, tip = entry_lps_mm, tip_lps_mm
    for _ in range(_ROUNDS):
        for _ in range(_STEPS_PER_ROUND):
            needles = _telling(neighbours(anatomy, entry, tip, shift_mm))
            best = _best(anatomy, fields, needles)
            if best is None or best == 0:
                break
            entry = needles.entries_lps_mm[needles.entry_of[best]]
            tip = needles.tips_lps_mm[needles.tip_of[best]]
        shift_mm /= 2.0
    return entry, tip


def neighbours(
    anatomy: Anatomy, entry_lps_mm: Float64Array, tip_lps_mm: Float64Array, shift_mm: float
) -> Needles:
    """Return the present position first, then all neighbours a shift away, entries on the skin."""
    along = (tip_lps_mm - entry_lps_mm) / np.linalg.norm(tip_lps_mm - entry_lps_mm)
    sideways = np.concatenate(across(along[None], np.array(anatomy.near.direction_lps)))
    shifts = np.array([(0.0, 0.0), *(s for s in product((-1.0, 0.0, 1.0), repeat=2) if any(s))])
    guesses = entry_lps_mm + shift_mm * shifts @ sideways
    tip_of_each = np.repeat(tip_lps_mm[None], len(guesses), axis=0)
    entries = skin_crossing(anatomy.body, guesses, tip_of_each)
    entries = np.where(np.isnan(entries), entry_lps_mm, entries)
    entries[0] = entry_lps_mm
    axes = np.array(anatomy.near.direction_lps)
    moves = np.array([(0.0, 0.0, 0.0), *(s for s in product((-1.0, 0.0, 1.0), repeat=3) if any(s))])
    tips = tip_lps_mm + shift_mm * moves @ axes
    return Needles(
        entries_lps_mm=entries,
        entry_normals_lps=np.repeat(-along[None], len(entries), axis=0),
        tips_lps_mm=tips,
        entry_of=np.repeat(np.arange(len(entries), dtype=np.int32), len(tips)),
        tip_of=np.tile(np.arange(len(tips), dtype=np.int32), len(entries)),
    )


def _telling(needles: Needles) -> Needles:
    """Return the neighbours with one end moved, and those shifted as a whole; the present first."""
    entry_shifts = needles.entries_lps_mm - needles.entries_lps_mm[0]
    tip_shifts = needles.tips_lps_mm - needles.tips_lps_mm[0]
    apart = np.linalg.norm(entry_shifts[:, None] - tip_shifts[None], axis=-1)
    alike = apart.argmin(axis=1)[needles.entry_of] == needles.tip_of
    return needles.chosen((needles.entry_of == 0) | (needles.tip_of == 0) | alike)


def _best(anatomy: Anatomy, fields: ScreenFields, needles: Needles) -> int | None:
    """Return the number of the best feasible neighbour, or None if there is none."""
    measures, broken, _ = screened(anatomy, fields, needles, step_mm=_STEP_MM)
    scores = np.where(broken < 0, judging.scores(anatomy.protocol, measures), -1.0)
    best = int(np.argmax(scores))
    return best if scores[best] >= 0.0 else None
