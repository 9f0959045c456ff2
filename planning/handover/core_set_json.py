"""The set of cores as it stands in `plan.json`; chooses no core and opens no file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from planning.errors import InputError
from planning.handover.plan_record import CoreSetRecord
from planning.handover.rounding import rounded
from planning.model.core_set import Core, CoreSet, Purpose, Tract
from planning.model.plan import Candidate, Notice


def core_set_document(core_set: CoreSet) -> dict[str, Any]:
    """Return a set as it is written; its cores stand among the plan's candidates, by their id."""
    return {
        "cores": [
            {
                "candidate": core.candidate.candidate_id,
                "purpose": core.purpose.value,
                "container": core.container,
                "advice": core.advice,
                "tissue_mm3": rounded(core.tissue_mm3),
                **_told("expected_mm", core.expected_mm),
                **_told("chances", core.chances),
            }
            for core in core_set.cores
        ],
        "expected_mm": {key: rounded(value) for key, value in core_set.expected_mm.items()},
        "coverage": {key: rounded(value) for key, value in core_set.coverage.items()},
        "effective_habitats": rounded(core_set.effective_habitats),
        "gap": rounded(core_set.gap),
        "scenarios": core_set.scenarios,
        "tested": core_set.tested,
        "spacing_mm": rounded(core_set.spacing_mm),
        "entries": core_set.tract.entries,
        "tract_mm": rounded(core_set.tract.length_mm),
        "tract_structures": list(core_set.tract.structures),
        "method": core_set.method,
        "warnings": [str(notice) for notice in core_set.warnings],
    }


def core_set_from(
    record: CoreSetRecord | None, candidates: Sequence[Candidate], what: str
) -> CoreSet | None:
    """Return the set a plan file holds, None where it holds none.

    Raises
    ------
    InputError
        If a core is not among the candidates.
    """
    if record is None:
        return None
    by_id = {c.candidate_id: c for c in candidates}
    for core in record.cores:
        if core.candidate not in by_id:
            message = (
                f'{what}: the core set names "{core.candidate}", which is no candidate; '
                "plan the case again."
            )
            raise InputError(message)
    return CoreSet(
        cores=tuple(
            Core(
                candidate=by_id[core.candidate],
                purpose=Purpose(core.purpose),
                container=core.container,
                advice=core.advice,
                tissue_mm3=core.tissue_mm3,
                expected_mm=core.expected_mm,
                chances=core.chances,
            )
            for core in record.cores
        ),
        expected_mm=record.expected_mm,
        coverage=record.coverage,
        effective_habitats=record.effective_habitats,
        gap=record.gap,
        scenarios=record.scenarios,
        tested=record.tested,
        spacing_mm=record.spacing_mm,
        method=record.method,
        tract=Tract(
            entries=record.entries,
            length_mm=record.tract_mm,
            structures=tuple(record.tract_structures),
        ),
        warnings=tuple(map(Notice.of_line, record.warnings)),
    )


def _told(key: str, values: Mapping[str, float]) -> dict[str, dict[str, float]]:
    return {key: {name: rounded(value) for name, value in values.items()}} if values else {}
