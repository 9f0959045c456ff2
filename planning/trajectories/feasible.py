"""Which of a few freely placed needles keep every limit, with their measures; ranks none."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.fields import ScreenFields
from planning.geometry import Float64Array
from planning.trajectories import judging
from planning.trajectories.screening import Measures, Needles, screen


def screened(
    anatomy: Anatomy, fields: ScreenFields, needles: Needles, *, step_mm: float
) -> tuple[Measures, NDArray[np.intp], tuple[str, ...]]:
    """Return all measures, clearances interpolated, and the first limit each needle breaks.

    Unlike the entries of a lattice these may lie at the border of the volume, which is looked at
    here.

    Returns
    -------
    Measures
    ndarray of int, shape (n,)
        Number of the first broken constraint, -1 where all hold.
    tuple of str
        The constraints' keys, in protocol order.
    """
    measures = screen(anatomy, fields, needles, step_mm=step_mm)
    measures["at_field_of_view_border"] = _at_border(anatomy, needles)
    broken, keys = judging.first_broken(
        anatomy.protocol,
        measures,
        indication=anatomy.case.indication,
        guidance=anatomy.guidance,
        allowance_mm=anatomy.allowance_mm,
    )
    return measures, broken, keys


def _at_border(anatomy: Anatomy, needles: Needles) -> Float64Array:
    border = anatomy.ct.grid.border_distance_mm(needles.entries_lps_mm)
    flags = (border < anatomy.protocol.search.border_mm).astype(np.float64)
    return np.asarray(flags[needles.entry_of])


def paired(entries_lps_mm: Float64Array, tips_lps_mm: Float64Array) -> Needles:
    """Return n needles, each with its own entry and tip, (n, 3) each.

    The skin's normals are taken to point back along the needles: incidence is not looked at.
    """
    number = np.arange(len(entries_lps_mm), dtype=np.int32)
    back = entries_lps_mm - tips_lps_mm
    return Needles(
        entries_lps_mm=entries_lps_mm,
        entry_normals_lps=back / np.linalg.norm(back, axis=1, keepdims=True),
        tips_lps_mm=tips_lps_mm,
        entry_of=number,
        tip_of=number,
    )
