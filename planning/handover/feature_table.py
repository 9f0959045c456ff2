"""A lesion's radiomic features as a table for spreadsheets (CSV); measures nothing itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from planning.handover.notice import RESEARCH_USE
from planning.radiomics.feature import Feature

FILE_NAME = "lesion_features.csv"

_HEADER = (
    "lesion",
    "family",
    "key",
    "ibsi_code",
    "label",
    "value",
    "unit",
    "reason",
    "method",
    "notice",
)
_FIGURES = 9
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def features_to_csv(features: Iterable[Feature], *, lesion: str, software_version: str) -> str:
    """Return one row per feature, with unit, preparation, and the reason where it has no value.

    Values have nine significant figures; an undefined one is an empty cell. The research-use
    notice is the last column of every row, because CSV knows no comments.

    Source: RFC 4180 (comma, CRLF, quotes doubled).
    """
    notice = f"Trephine {software_version}. {RESEARCH_USE}"
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_HEADER)
    for feature in features:
        texts = (feature.family.value, feature.key, feature.ibsi_code, feature.label)
        writer.writerow(
            [
                _text(lesion),
                *(_text(text) for text in texts),
                "" if feature.value is None else f"{feature.value + 0.0:.{_FIGURES}g}",
                *(_text(text) for text in (feature.unit, feature.reason, feature.method)),
                notice,
            ]
        )
    return out.getvalue()


def _text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
