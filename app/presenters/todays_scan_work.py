"""What is done in the background with today's scan once it fits: carrying the plan over."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app import catalogue
from app.presenters.scan_fit_work import Registered
from planning.image import Mask
from planning.model.case import Case, Position, Structure
from planning.model.plan import Candidate
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.records.case_file import LoadedCase


def carried(
    registered: Registered,
    case: Case,
    position: Position | None,
    selected: Candidate | None,
    derived: tuple[tuple[Structure, Mask], ...],
    progress: Progress,
) -> tuple[LoadedCase, LoadedCase]:
    """Return the case as it stands now, and the same on the new scan.

    Raises
    ------
    InputError
        If the lesion lies outside the scan.
    Cancelled
        If the result is no longer wanted.
    """
    from planning.records.carry_over import carry_over
    from planning.records.case_file import LoadedCase

    pair = registered.pair
    there = carry_over(
        case,
        pair.images,
        pair.scan,
        registered.registration,
        rules=catalogue.carry_rules(),
        body=pair.bodies[1],
        position=position,
        selected=selected,
        derived=derived,
        progress=progress,
    )
    return LoadedCase(case=case, images=pair.images), there
