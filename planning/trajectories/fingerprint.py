"""A number that stands for everything a plan was computed from; no names of people or files."""

from __future__ import annotations

import hashlib

import numpy as np

from planning.anatomy.anatomy import Anatomy
from planning.geometry import Grid
from planning.trajectories.cores.choosing import CoreRequest


def inputs_sha256(anatomy: Anatomy, cores: CoreRequest | None = None) -> str:
    """Return the SHA-256 of image, tissues, structures at risk, needle, protocol and wishes.

    The same inputs give the same number on every machine; file names and the patient do not
    enter.

    Parameters
    ----------
    cores : CoreRequest or None
        What set of cores was asked for.
    """
    digest = hashlib.sha256()
    case = anatomy.case
    digest.update(_grid_bytes(anatomy.ct.grid))
    digest.update(anatomy.ct.values_sha256.encode())
    digest.update(_grid_bytes(anatomy.near))
    digest.update(anatomy.tissue.bits.data)
    digest.update(anatomy.tissue.habitat.data)
    digest.update(anatomy.bones.kinds.data)
    digest.update(repr([name for name, _ in anatomy.bones.masks]).encode())
    for risk in anatomy.risks:
        demand = (risk.structure.name, risk.structure.role.value, risk.margin_mm, risk.doubt_mm)
        text = repr(demand)
        digest.update(text.encode())
        digest.update(_grid_bytes(risk.mask.grid))
        digest.update(np.packbits(risk.mask.inside).data)
    wishes = (
        anatomy.needle,
        anatomy.protocol.sha256,
        anatomy.bones.rules.sha256,
        anatomy.guidance.value,
        anatomy.error_model,
        case.indication.value,
        case.biopsy_position,
        case.ct_position,
        case.viability_source,
        case.viability_threshold,
        case.site,
        case.rule_changes,
        bool(case.surgeon),
        case.strategy,
        [(s.name, s.role.value, s.excluded_because) for s in case.distrusted],
        case.weights,
        case.limits,
        cores,
    )
    digest.update(repr(wishes).encode())
    return digest.hexdigest()


def _grid_bytes(grid: Grid) -> bytes:
    values = np.concatenate([grid.size_ijk, grid.index_to_lps.ravel()])
    # Rounded, so that the last bit of a matrix inverse does not count as another input.
    return np.round(values, 6).tobytes()
