"""What `trephine cohort` does once its arguments are read; opens no window."""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app import catalogue
from app.cohort_console import print_cohort, print_fitted
from app.cohort_source import rows_of_registry, rows_of_table
from app.paths import own_error_models_file
from app.terminal import progress_bar
from planning import __version__
from planning.atomic_files import make_folder, write_whole
from planning.cohort.findings import Findings, choices_of, findings
from planning.cohort.fitted_model import FittedErrorModel
from planning.cohort.grouping import Grouping, Selection, selected
from planning.cohort.learning import fit_error_model
from planning.cohort.statistics_csv import statistics_to_csv
from planning.disk_words import not_written
from planning.errors import InputError, TrephineError
from planning.formats import suggestion
from planning.model.case import Guidance
from planning.model.cohort import CohortRows
from planning.records.fitted_model_file import fitted_models_to_toml

_FIRST_CHART = "groups"
_PICTURES = (".svg", ".png")
NOTICE = f"Research use only. Not a medical device. Trephine {__version__}"


@dataclass(frozen=True, slots=True, kw_only=True)
class CohortOrder:
    """What `trephine cohort` was asked for.

    Parameters
    ----------
    rows : Path or None
        A table to read instead of the registry.
    registry : str
        Which registry; empty for the user's own.
    csv, plot : Path or None
        Where statistics and charts go.
    chart : str
        Which chart goes into `plot`, if that is a file.
    error_model : str
        Where the fitted error models go: a file, or `catalogue.OWN_ERRORS`; empty for nowhere.
    """

    rows: Path | None = None
    registry: str = ""
    by: Grouping | None = None
    selection: Selection
    csv: Path | None = None
    plot: Path | None = None
    chart: str = ""
    error_model: str = ""
    force: bool = False
    as_json: bool = False


def run_cohort(order: CohortOrder) -> None:
    """Sum up a cohort, print it, and write what was asked for."""
    _check_plot(order)
    model_file = _model_file(order.error_model)
    for file in (order.csv, model_file, order.plot if _is_picture(order.plot) else None):
        _refuse_existing(file, force=order.force)
    with progress_bar() as progress:
        rows = _rows(order)
        _check_selection(rows, order.selection)
        rules = catalogue.cohort_rules()
        shown = findings(rows, rules, order.selection, by=order.by, progress=progress)
        fitted = _fitted(rows, order.selection) if model_file is not None else ()
    said: list[str] = []
    if model_file is not None:
        text = fitted_models_to_toml(fitted, confidence=rules.intervals.confidence)
        said.append(_write(model_file, text))
    if order.csv is not None:
        said.append(_write(order.csv, statistics_to_csv(shown.groups)))
    if order.plot is not None:
        said += _plot(shown, order.plot, order.chart, force=order.force)
    if order.as_json:
        document = cohort_document(shown, fitted)
        sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
        return
    print_cohort(shown)
    for one in fitted:
        if one.corrected.cores:
            print_fitted(one)
    for sentence in said:
        sys.stdout.write(f"{sentence}\n")


def cohort_document(shown: Findings, fitted: Sequence[FittedErrorModel] = ()) -> dict[str, Any]:
    """Return statistics, drift, calibration and what was learned, as JSON can hold it."""
    chart, found = shown.chart, shown.calibration
    return {
        "software_version": __version__,
        "selection": asdict(shown.selection),
        "groups": [_plain(asdict(group)) for group in shown.groups],
        "control_chart": {
            "reason": chart.reason,
            "baseline_cases": chart.baseline,
            "baseline_mm": _plain(chart.centre_mm),
            "drifting": chart.is_drifting,
            "drifts": [
                {
                    "first": str(chart.date[drift.first]),
                    "last": str(chart.date[drift.last]),
                    "worse": drift.worse,
                    "ratio": round(drift.ratio, 4),
                }
                for drift in chart.drifts
            ],
        },
        "calibration": _plain(asdict(found)),
        "error_models": [
            {
                "guidance": one.model.guidance.value,
                "origin": one.model.origin,
                "corrected": _plain(asdict(one.corrected)),
                "first_pass": _plain(asdict(one.first_pass)),
                "left_out": one.left_out,
            }
            for one in fitted
        ],
    }


def _rows(order: CohortOrder) -> CohortRows:
    if order.rows is not None:
        return rows_of_table(order.rows)
    return rows_of_registry(order.registry)


def _check_selection(rows: CohortRows, selection: Selection) -> None:
    """Refuse words that occur nowhere: an empty answer would look like one."""
    known = choices_of(rows)
    for name in ("guidance", "operator", "site", "needle"):
        wanted, words = getattr(selection, name), list(getattr(known, name))
        if wanted and wanted not in words and len(rows):
            message = f'No case has the {name} "{wanted}"'
            raise InputError(message + suggestion(wanted, words, "there are"))


def _fitted(rows: CohortRows, selection: Selection) -> tuple[FittedErrorModel, ...]:
    """Fit every guidance; other operators are kept, since they are what is known before."""
    kept = Selection(guidance=selection.guidance, site=selection.site, needle=selection.needle)
    chosen, used = selected(rows, kept), choices_of(rows).guidance
    presets, rules = catalogue.error_models(), catalogue.cohort_rules()
    return tuple(
        fit_error_model(chosen, presets[guidance], rules, operator=selection.operator)
        for guidance in Guidance
        if guidance.value in used
    )


def _model_file(choice: str) -> Path | None:
    if not choice:
        return None
    return own_error_models_file() if choice == catalogue.OWN_ERRORS else Path(choice)


def _check_plot(order: CohortOrder) -> None:
    """Refuse what would be left undone, or a folder with the name of a kind of file."""
    plot = order.plot
    if order.chart and not _is_picture(plot):
        raise InputError("--chart says what goes into a file; add --plot FILE.svg or FILE.png.")
    if plot is not None and plot.suffix and not _is_picture(plot) and not plot.is_dir():
        raise InputError(
            f"{plot}: charts are written as SVG or PNG; give a name that ends in .svg or .png, or "
            "a folder for all charts."
        )


def _is_picture(plot: Path | None) -> bool:
    return plot is not None and plot.suffix.lower() in _PICTURES


def _refuse_existing(file: Path | None, *, force: bool) -> None:
    if file is not None and file.exists() and not force:
        raise InputError(f"{file} already exists; choose another name or add --force.")


def _write(file: Path, text: str) -> str:
    try:
        make_folder(file.parent)
        write_whole(file, text.encode())
    except OSError as error:
        raise InputError(not_written(file, error)) from error
    return f"Written to {file}"


def _plot(shown: Findings, plot: Path, chart: str, *, force: bool) -> list[str]:
    """Write one chart into a file, or all of them, as SVG and PNG, into a folder."""
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")  # nothing is shown
    try:
        from app.cohort_pictures import write_figure, write_figures
    except ImportError as error:
        message = f"Charts cannot be drawn here ({error}); the statistics need no drawing."
        raise TrephineError(message) from error
    if _is_picture(plot):
        return [f"Written to {write_figure(shown, chart or _FIRST_CHART, plot, NOTICE)}"]
    written = write_figures(shown, plot, NOTICE, force=force)
    return [f"Written to {file}" for file in written]


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it: numbers rounded, what is not a number null."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, float):
        return round(value, 6) if math.isfinite(value) else None
    return value
