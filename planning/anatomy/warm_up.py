"""Loads this package's compiled kernels ahead of their use; its answers mean nothing."""

from __future__ import annotations

import numpy as np

from planning.anatomy.body import body_of
from planning.anatomy.fields import screen_fields
from planning.anatomy.pooled import Lattice
from planning.anatomy.risks import RiskStructure
from planning.anatomy.skin import skin_points
from planning.anatomy.surfaces import Surface, boundary_points_lps_mm
from planning.anatomy.tissue import tissue_map
from planning.geometry import Grid
from planning.image import Volume
from planning.model.case import Case, Role, Structure


def warm_up() -> None:
    """Load the compiled kernels, or compile them where no cache has them; takes no input.

    Meant to run beside loading. A tiny CT of a cube in air goes through every kernel that a case
    with whole Hounsfield units in axial slices needs; others compile one or two more.
    """
    grid = Grid(size_ijk=(12, 12, 12), spacing_mm=(3.0, 3.0, 3.0), origin_lps_mm=(0.0, 0.0, 0.0))
    values = np.full(grid.shape_kji, -1000, dtype=np.int16)
    values[2:10, 2:10, 2:10] = 40
    values[5, 10, 5] = 40
    ct = Volume(grid=grid, values=values)
    body = body_of(ct)
    skin_points(body, grid, spacing_mm=6.0, border_mm=0.0, up_lps=None, entry_side_max_deg=90.0)
    lattice = Lattice.about(grid, 6.0)
    box = lattice.around([body], 0.0)
    if box is None:
        return
    mask = lattice.mask_of(lattice.pooled([body], box), box)
    structure = Structure(name="", role=Role.ORGAN, mask_id="")
    surface = Surface(data=boundary_points_lps_mm(mask))
    risk = RiskStructure(
        structure=structure, risk_class="organ", margin_mm=0.0, mask=mask, surface=surface
    )
    case = Case(name="", ct_id="")
    tissue = tissue_map(grid, case, ((structure, mask),), None, body, risks=(risk,))
    screen_fields(tissue, ct, (risk,))
