"""A plan's candidates as a table for spreadsheets (CSV); ranks nothing and opens no file."""

from __future__ import annotations

import csv
import io
from dataclasses import fields

from planning.geometry import Vec3
from planning.handover.notice import candidate_remarks, notice_of
from planning.model.core_set import Core
from planning.model.plan import BoneEntry, Candidate, PlanResult
from planning.trajectories.cortex_words import bone_words
from planning.trajectories.criteria import CRITERION_KEYS

_DECIMALS = 3
_POINTS = ("entry", "stop", "tip")
_NEAREST = (
    "nearest_structure",
    "nearest_clearance_mm",
    "nearest_depth_mm",
    "nearest_touch_probability",
)
_BONE = tuple(field.name for field in fields(BoneEntry))
_CORE = ("core_purpose", "core_container", "core_advice", "core_tissue_mm3")
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def plan_to_csv(plan: PlanResult) -> str:
    """Return one row per candidate: points in LPS mm, criteria, habitats, what it meets, its use.

    Units stand in the header's names; an unknown number is an empty cell. Soft tissues crossed
    stand in one cell, shallowest first, as "NAME LENGTH mm; ...". The bone's columns are empty
    where no bone is met or known, the core's for what is not in the set of cores. Where viability
    comes from and the research-use notice are the last columns of every row, because CSV knows no
    comments.

    Source: RFC 4180 (comma, CRLF, quotes doubled).
    """
    habitats = sorted({name for c in plan.candidates for name in c.habitat_mm})
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(_header(habitats))
    source = _text(plan.viability_source)
    for candidate in plan.candidates:
        core = None if plan.core_set is None else plan.core_set.core_of(candidate.candidate_id)
        cells = [*_cells(candidate, habitats), *_core(core)]
        writer.writerow([*cells, source, notice_of(plan)])
    return out.getvalue()


def _header(habitats: list[str]) -> list[str]:
    points = [f"{point}_{axis}_lps_mm" for point in _POINTS for axis in "xyz"]
    lengths = [f"habitat_mm {name}" for name in habitats]
    return [
        "rank",
        "id",
        "score",
        *points,
        *CRITERION_KEYS,
        *lengths,
        *_NEAREST,
        "compartments",
        "bone_words",
        *(f"bone_{name}" for name in _BONE),
        "warnings",
        *_CORE,
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
        _text("; ".join(f"{name} {_cell(mm)} mm" for name, mm in candidate.compartments)),
        *_bone(candidate.bone),
        _text("; ".join(candidate_remarks(candidate))),
    ]


def _nearest(candidate: Candidate) -> list[str]:
    if not candidate.nearest:
        return [""] * len(_NEAREST)
    nearest = candidate.nearest[0]  # least beyond its margin, as everywhere else
    return [
        _text(nearest.structure),
        _cell(nearest.clearance_mm),
        _cell(nearest.depth_mm),
        _cell(nearest.touch_probability),
    ]


def _bone(bone: BoneEntry | None) -> list[str]:
    """Return the way into the bone in words, then field by field."""
    if bone is None:
        return [""] * (1 + len(_BONE))
    return [_text(bone_words(bone)), *(_plain(getattr(bone, name)) for name in _BONE)]


def _core(core: Core | None) -> list[str]:
    if core is None:
        return [""] * len(_CORE)
    texts = (core.purpose.value, core.container, core.advice)
    return [*(_text(text) for text in texts), _cell(core.tissue_mm3)]


def _plain(value: object) -> str:
    """Return a field of a bone's entry: text, yes or no, a number, or nothing known."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return _cell(value) if isinstance(value, float) else _text(str(value or ""))


def _point(point_lps_mm: Vec3) -> list[str]:
    return [_cell(value) for value in point_lps_mm]


def _cell(value: float | None) -> str:
    return "" if value is None else f"{round(value, _DECIMALS) + 0.0:.{_DECIMALS}f}"


def _text(text: str) -> str:
    """Return text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
