"""The series of a folder in words: what each is, what it is good for, what is wrong with it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.core_language import tr_core
from app.language import tr, tr_count
from app.presenters.numbers import sentences
from app.presenters.patient_words import names_words
from app.views.series_values import SeriesRow, SeriesUse

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary

_SECOND = {"PT": "pet", "MR": "mr"}


def series_rows(
    found: tuple[SeriesSummary, ...], *, has_ct: bool = False, pointed: str = ""
) -> tuple[SeriesRow, ...]:
    """Return the series as entries to choose from.

    Parameters
    ----------
    has_ct : bool
        Whether a case is open, over whose CT others can be laid.
    pointed : str
        Key of the series to suggest; else the usable CT with most slices is.
    """
    usable = [s for s in found if not s.problem and s.series.modality == "CT"]
    best = next((s for s in found if s.key == pointed), None)
    if best is None:
        best = max(usable, key=lambda s: s.size_ijk[2], default=None)
    # What can be used first: images, then masks; what cannot stands below, with the reason.
    ordered = sorted(found, key=lambda s: (bool(_problem(s)), s.holds_masks))
    return tuple(_row(summary, suggested=summary is best, has_ct=has_ct) for summary in ordered)


def second_kind(modality: str) -> str:
    """Return what a case file calls a second image of a modality; empty where it is none."""
    return _SECOND.get(modality, "")


def _row(summary: SeriesSummary, *, suggested: bool, has_ct: bool) -> SeriesRow:
    use = _use(summary)
    return SeriesRow(
        key=summary.key,
        title=_title(summary),
        patient=_patient(summary),
        facts=_facts(summary),
        modality=summary.series.modality,
        problem=_problem(summary),
        notes=tr_core(sentences(summary.notes)) if summary.notes else "",
        use=use,
        blocked=_blocked(use, has_ct=has_ct),
        suggested=suggested,
        has_picture=summary.middle is not None,
    )


def _use(summary: SeriesSummary) -> SeriesUse:
    if summary.holds_masks:
        return SeriesUse.ADD_MASKS
    if second_kind(summary.series.modality) and not summary.problem:
        return SeriesUse.LAY_OVER
    return SeriesUse.OPEN


def _problem(summary: SeriesSummary) -> str:
    """Say what is wrong with it; that it holds masks is no fault."""
    if summary.holds_masks:
        return ""
    if summary.problem:
        told = map(tr_core, summary.problems)
        return "\n".join(text[:1].upper() + text[1:] for text in told)
    modality = summary.series.modality
    if modality == "CT" or second_kind(modality):
        return ""
    kind = modality or tr("unknown")
    return tr("{modality}: not a CT, and neither PET nor MR to lay over one.", modality=kind)


def _blocked(use: SeriesUse, *, has_ct: bool) -> str:
    if has_ct or use is SeriesUse.OPEN:
        return ""
    if use is SeriesUse.LAY_OVER:
        return tr("Not a CT: open the CT first, then this series can be laid over it.")
    return tr("Open the CT first, then the structures of this file can be added to it.")


def _title(summary: SeriesSummary) -> str:
    series = summary.series
    description = series.description or tr("no description")
    if not series.series_number:
        return description
    return tr("{number}  {description}", number=series.series_number, description=description)


def _patient(summary: SeriesSummary) -> str:
    patient = summary.patient
    name = names_words(summary.patient_names or (patient.name,)) or tr("no name")
    return "  ·  ".join(
        part for part in (name, patient.patient_id, patient.sex, patient.birth_date) if part
    )


def _facts(summary: SeriesSummary) -> str:
    series, size = summary.series, summary.size_ijk
    when = " ".join(part for part in (series.date, series.time[:5]) if part)
    parts = [series.modality or tr("unknown kind"), when or tr("no date")]
    if size[2]:
        slices = tr_count("{count} slice", "{count} slices", size[2])
        parts.append(
            tr("{slices} of {columns} x {rows}", slices=slices, columns=size[0], rows=size[1])
        )
    else:
        parts.append(tr_count("{count} file", "{count} files", summary.file_count))
    if all(summary.spacing_mm):
        spacing = " x ".join(f"{mm:.2f}" for mm in summary.spacing_mm)
        parts.append(tr("{spacing} mm", spacing=spacing))
    if summary.orientation:
        parts.append(tr_core(summary.orientation))
    if series.position_code:
        parts.append(series.position_code)
    return "  ·  ".join(parts)
