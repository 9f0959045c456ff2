"""Placement error laid out around one lesion: distances to keep, blurred maps; ranks nothing."""

from __future__ import annotations

from dataclasses import dataclass

from planning.anatomy.envelope import EnvelopeTables, envelope_tables
from planning.anatomy.fields import ScreenFields
from planning.anatomy.lesion import Lesion
from planning.anatomy.tissue import Tissue, TissueMap
from planning.anatomy.yields import ClassMap, YieldFields, class_map, sigma_scales_mm, yield_fields
from planning.model.case import Case, Role
from planning.model.error_model import ErrorModel
from planning.model.needle import Needle


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ErrorFields:
    """The error model, laid out around a lesion.

    Parameters
    ----------
    envelope : EnvelopeTables
        What each risk group demands at each depth, under the error after correction.
    yields, classes
        The lesion as needles with errors meet it.
    lesion_doubt_mm : float
        Standard deviation of where the lesion's edge is.
    """

    envelope: EnvelopeTables
    yields: YieldFields
    classes: ClassMap
    lesion_doubt_mm: float


def error_fields(
    case: Case,
    lesion: Lesion,
    tissue: TissueMap,
    fields: ScreenFields,
    needle: Needle,
    error_model: ErrorModel,
    *,
    viability_known: bool,
) -> ErrorFields:
    """Return the error model's fields.

    Parameters
    ----------
    tissue : TissueMap
        On the block that `fields` coarsens.
    viability_known : bool
        Whether viable tumour is what is worth sampling; the whole lesion otherwise.
    """
    spread, doubt_mm = error_model.corrected, _lesion_doubt_mm(case, lesion, error_model)
    sigmas = sigma_scales_mm(spread, doubt_mm, shallowest_mm=0.0, deepest_mm=needle.reach_mm)
    return ErrorFields(
        envelope=envelope_tables(
            fields.groups, spread, radius_mm=needle.radius_mm, deepest_mm=needle.usable_length_mm
        ),
        yields=yield_fields(
            tissue,
            fields.grid,
            sigmas,
            wanted=Tissue.VIABLE if viability_known else Tissue.TUMOUR,
        ),
        classes=class_map(tissue),
        lesion_doubt_mm=doubt_mm,
    )


def _lesion_doubt_mm(case: Case, lesion: Lesion, error_model: ErrorModel) -> float:
    """Return the deviation of the lesion's edge: that of the mask of the chosen tumour."""
    chosen = (s for s in case.trusted if s.role is Role.TUMOUR and s.name == lesion.name)
    return max(error_model.doubt.edge_mm(structure) for structure in chosen)
