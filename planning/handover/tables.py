"""A plan's candidates as a table for spreadsheets (CSV); ranks nothing and opens no file."""

from __future__ import annotations

import csv
import io

from planning.geometry import Vec3
from planning.handover.notice import notice_of
from planning.model.plan import Candidate, PlanResult
from planning.trajectories.criteria import CRITERION_KEYS

_DECIMALS = 3
_POINTS = ("entry", "stop", "tip")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def plan_to_csv(plan: PlanResult) -> str:
    """Return one row per candidate: points in LPS mm, criteria, habitats, nearest structure.

    Units stand in the header's names; an unknown number is an empty cell. Where viability comes
    from and the research-use notice are the last columns of every row, because CSV knows no
    comments.

    Source: RFC 4180 (comma, CRLF, quotes doubled).
    """
    habitats = sorted({name for c in plan.candidates for name in c.habitat_mm})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_header(habitats))
    source = _text(plan.viability_source)
    for candidate in plan.candidates:
        writer.writerow([*_cells(candidate, habitats), source, notice_of(plan)])
    return out.getvalue()


def _header(habitats: list[str]) -> list[str]:
    points = [f"{point}_{axis}_lps_mm" for point in _POINTS for axis in "xyz"]
    nearest = ["nearest_structure", "nearest_clearance_mm", "nearest_depth_mm"]
    lengths = [f"habitat_mm {name}" for name in habitats]
    return [
        "rank",
        "id",
        "score",
        *points,
        *CRITERION_KEYS,
        *lengths,
        *nearest,
        "warnings",
        "viability_source",
        "notice",
    ]


def _cells(candidate: Candidate, habitats: list[str]) -> list[str]:
    path = candidate.trajectory
    points = (path.entry_lps_mm, candidate.stop_lps_mm, path.tip_lps_mm)
    return [
        str(candidate.rank),
        candidate.candidate_id,
        _cell(candidate.score),
        *(cell for point in points for cell in _point(point)),
        *(_cell(candidate.criteria.get(key)) for key in CRITERION_KEYS),
        *(_cell(candidate.habitat_mm.get(name)) for name in habitats),
        *_nearest(candidate),
        _text("; ".join(str(notice) for notice in candidate.warnings)),
    ]


def _nearest(candidate: Candidate) -> list[str]:
    if not candidate.nearest:
        return ["", "", ""]
    nearest = candidate.nearest[0]  # least beyond its margin, as everywhere else
    return [_text(nearest.structure), _cell(nearest.clearance_mm), _cell(nearest.depth_mm)]


def _point(point_lps_mm: Vec3) -> list[str]:
    return [_cell(value) for value in point_lps_mm]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{round(value, _DECIMALS) + 0.0:.{_DECIMALS}f}"


def _text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
