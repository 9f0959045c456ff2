"""Writes error models that were fitted to own cases, as a TOML file; fits none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from planning.atomic_files import make_folder, write_whole
from planning.cohort.fitted_model import FittedErrorModel, FittedSpread
from planning.errors import InputError
from planning.model.case import Guidance
from planning.model.error_model import ErrorModel, Spread
from planning.records.error_model_file import NEWEST_VERSION, read_own_error_models
from planning.records.kept_copies import keep_copy
from planning.records.toml_text import toml_text

_HEAD = (
    "# How far this department's or operator's own needles land from where they were aimed,\n"
    "# learned from reviewed cases. trephine plan --error-model FILE counts with it.\n"
)
_DECIMALS = 4


def fitted_models_to_toml(fitted: Sequence[FittedErrorModel], *, confidence: float) -> str:
    """Return the text that `read_own_error_models` reads; the same models give the same text.

    Parameters
    ----------
    fitted : sequence of FittedErrorModel
        One for each guidance; those that rest on no case are left out.
    confidence : float
        Of the intervals.

    Raises
    ------
    InputError
        If none rests on a case.
    """
    models = [_model(one, confidence) for one in fitted if one.corrected.cores]
    if not models:
        raise InputError(
            "There are no reviewed cores to learn an error model from; review cases first, or "
            "choose others."
        )
    return _HEAD + toml_text({"schema_version": NEWEST_VERSION, "model": models})


def write_fitted_models(file: Path, text: str, presets: Mapping[Guidance, ErrorModel]) -> None:
    """Write the text of fitted models; a file that this version does not understand is kept beside.

    Parameters
    ----------
    presets : mapping
        Of all guidances, by which the file that is there is read.

    Raises
    ------
    OSError
        If it cannot be written; what was there before is untouched then.
    """
    make_folder(file.parent, private=True)
    if file.is_file():
        try:
            read_own_error_models(file.read_bytes(), presets, file.name)
        except InputError:
            keep_copy(file, "not-understood")
    write_whole(file, text.encode(), private=True)


def _model(fitted: FittedErrorModel, confidence: float) -> dict[str, object]:
    stages = (("corrected", fitted.corrected), ("first_pass", fitted.first_pass))
    return {
        "guidance": fitted.model.guidance.value,
        "first_pass": _spread(fitted.model.first_pass),
        "corrected": _spread(fitted.model.corrected),
        "fitted": {
            "operator": fitted.model.operator,
            "cases": fitted.corrected.cases,
            "cores": fitted.corrected.cores,
            "since": fitted.since,
            "until": fitted.until,
            "confidence": confidence,
            "remarks": list(fitted.corrected.remarks),
            "part": [part for stage, one in stages for part in _parts(stage, one)],
        },
    }


def _spread(spread: Spread) -> dict[str, object]:
    values = asdict(spread)
    values["lateral_mm"] = values.pop("lateral_at_reference_mm")
    return values


def _parts(stage: str, fitted: FittedSpread) -> list[dict[str, object]]:
    return [
        {
            "stage": stage,
            "part": part.part,
            "value": part.value,
            "low": round(part.low, _DECIMALS),
            "high": round(part.high, _DECIMALS),
            "preset": round(part.preset, _DECIMALS),
        }
        for part in fitted.parts
    ]
