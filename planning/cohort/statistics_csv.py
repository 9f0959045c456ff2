"""The statistics of a cohort as a CSV table; sums nothing up."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

from planning.cohort.statistics import Estimate, GroupSummary, Share
from planning.plain_text import table_cell

_ESTIMATES = ("mean", "sd", "median", "p95")


def statistics_to_csv(found: Sequence[GroupSummary]) -> str:
    """Return one row for each error of each group; what is not known is an empty cell.

    ``p95`` is the 95th percentile of the magnitude. Intervals are in the columns ending in _low and
    _high. Source: RFC 4180 (comma, CRLF, quotes doubled).
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        [
            *("by", "group", "measure", "unit", "cores", "cases", "not_imaged"),
            *(f"{name}{end}" for name in _ESTIMATES for end in ("", "_low", "_high")),
            *(f"{name}{end}" for name in ("within_tolerance", "adequate") for end in _ENDS),
            "remark",
        ]
    )
    for group in found:
        by = "" if group.by is None else group.by.value
        name, remark = table_cell(group.name), table_cell(group.remark)
        shares = [*_share(group.within_tolerance), *_share(group.adequate)]
        if not group.measures:
            none = ["", "", "0", "0", str(group.not_imaged), *[""] * 3 * len(_ESTIMATES)]
            writer.writerow([by, name, *none, *shares, remark])
        for one in group.measures:
            counts = [str(one.cores), str(one.cases), str(group.not_imaged)]
            values = [cell for name in _ESTIMATES for cell in _estimate(getattr(one, name))]
            start = [by, name, one.measure.key, one.measure.unit]
            writer.writerow([*start, *counts, *values, *shares, remark])
    return out.getvalue()


_ENDS = ("", "_low", "_high", "_count")


def _estimate(estimate: Estimate | None) -> list[str]:
    if estimate is None:
        return ["", "", ""]
    return [_number(v) for v in (estimate.value, estimate.low, estimate.high)]


def _share(share: Share | None) -> list[str]:
    if share is None:
        return [""] * len(_ENDS)
    return [_number(share.value), _number(share.low), _number(share.high), str(share.count)]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"
