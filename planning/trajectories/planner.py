"""From anatomy to ranked trajectories: the whole of planning in order; details live elsewhere."""

from __future__ import annotations

from dataclasses import replace

from planning import __version__
from planning.anatomy.anatomy import Anatomy
from planning.anatomy.viability import viability_sentence
from planning.errors import InputError
from planning.model.case import Case, Role
from planning.model.core_set import CoreSet
from planning.model.plan import Candidate, Notice, PlanResult
from planning.progress import SILENT, Progress
from planning.trajectories.candidates import Lattice, lattice
from planning.trajectories.cores.choosing import CoreRequest, core_set
from planning.trajectories.elimination import Survivors, survive
from planning.trajectories.explaining import explain
from planning.trajectories.explanation_words import explanation_notices
from planning.trajectories.fingerprint import inputs_sha256
from planning.trajectories.openings import Ways
from planning.trajectories.winners import winners

_COARSE_SPACINGS = 1.5


def plan(
    anatomy: Anatomy,
    *,
    top: int = 12,
    cores: CoreRequest | None = None,
    ways: Ways | None = None,
    progress: Progress = SILENT,
) -> PlanResult:
    """Return the best trajectories for one lesion, each unlike the others.

    Every combination of entry and tip is measured; what breaks a hard constraint is removed and
    counted. Of the rest the undominated ones with the best scores are shifted off the lattice to
    where they are best, measured again at full resolution, and kept only if every constraint
    still holds. The same inputs give the same answer.

    Parameters
    ----------
    top : int
        Most trajectories to return.
    cores : CoreRequest or None
        What set of cores to plan together; None for none.
    ways : Ways or None
        What else the case could be planned with: an empty answer says what of it opens a way.

    Raises
    ------
    InputError
        If the case has no lesion.
    Cancelled
        If the plan is no longer wanted.
    """
    lesion, fields = anatomy.lesion, anatomy.fields
    if lesion is None or fields is None:
        raise InputError(no_lesion_words(anatomy.case))
    progress.report(0.0, "Laying out candidates")
    grid = lattice(anatomy, lesion)
    survivors = survive(anatomy, fields, grid, progress.part(0.0, 0.6))
    candidates = winners(anatomy, fields, survivors, top=top, progress=progress.part(0.6, 0.8))
    why: tuple[Notice, ...] = ()
    if not candidates:
        explanation = explain(
            anatomy, fields, grid, survivors.rejected, ways or Ways(), progress.part(0.6, 0.8)
        )
        why = explanation_notices(explanation)
    chosen = None
    if cores is not None:
        chosen = core_set(
            anatomy, fields, survivors, candidates, cores, progress=progress.part(0.8, 1.0)
        )
    progress.report(1.0, "Plan is ready")
    fingerprint = inputs_sha256(anatomy, cores)
    return _result(anatomy, grid, survivors, candidates, chosen, why=why, fingerprint=fingerprint)


def no_lesion_words(case: Case) -> str:
    """Say why a case without a lesion cannot be planned, and what to do."""
    excluded = next((s for s in case.distrusted if s.role is Role.TUMOUR), None)
    if excluded is not None:
        return (
            f'Case "{case.name}": the only tumour mask, "{excluded.name}", is not used '
            f"({excluded.excluded_because}), so nothing can be planned; trust it again, or give "
            "another."
        )
    return (
        f'Case "{case.name}" has no tumour mask, so nothing can be planned; '
        'add a [[structure]] with role = "tumour", or measure a path of your own.'
    )


def _result(
    anatomy: Anatomy,
    grid: Lattice,
    survivors: Survivors,
    candidates: tuple[Candidate, ...],
    chosen: CoreSet | None,
    *,
    why: tuple[Notice, ...],
    fingerprint: str,
) -> PlanResult:
    known = {c.candidate_id for c in candidates}
    cores = () if chosen is None else tuple(core.candidate for core in chosen.cores)
    return replace(
        unplanned(anatomy, fingerprint),
        evaluated=grid.pair_count + grid.barred_count,
        rejected=survivors.rejected,
        warnings=(*why, *anatomy.notices, *_search_notices(anatomy, grid)),
        candidates=(*candidates, *(c for c in cores if c.candidate_id not in known)),
        core_set=chosen,
    )


def unplanned(anatomy: Anatomy, fingerprint: str) -> PlanResult:
    """Return an answer that says what it would be made from, and holds no candidates yet."""
    case, ct = anatomy.case, anatomy.ct
    return PlanResult(
        case_name=case.name,
        needle=anatomy.needle,
        guidance=anatomy.guidance.value,
        protocol_key=anatomy.protocol.key,
        protocol_version=anatomy.protocol.version,
        protocol_sha256=anatomy.protocol.sha256,
        software_version=__version__,
        indication=case.indication.value,
        patient_position=case.biopsy_position.value if case.biopsy_position else "",
        ct_position=case.ct_position.value if case.ct_position else "",
        viability_source=viability_sentence(case, ct),
        frame_of_reference_uid=ct.frame_of_reference_uid,
        series_uid=ct.series.series_uid,
        inputs_sha256=fingerprint,
        evaluated=0,
        rejected={},
        not_checked=anatomy.not_checked,
        warnings=anatomy.notices,
        candidates=(),
        weights=case.weights,
        limits=case.limits,
        error_model=anatomy.error_model.origin,
        error_model_sha256=anatomy.error_model.sha256,
    )


def _search_notices(anatomy: Anatomy, grid: Lattice) -> tuple[Notice, ...]:
    wanted = anatomy.protocol.search.tip_spacing_mm
    # The winners are refined over more than half of this on all sides.
    if grid.tip_spacing_mm <= _COARSE_SPACINGS * wanted:
        return ()
    text = (
        f"the lesion is large: tips were tried every {grid.tip_spacing_mm:.1f} mm "
        f"instead of {wanted:.1f} mm, and the best refined"
    )
    return (Notice("coarse_search", text),)
