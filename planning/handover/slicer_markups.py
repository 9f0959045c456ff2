"""A plan as markups of 3D Slicer and SlicerIGT's PathExplorer, and back; opens no file."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from planning.errors import InputError
from planning.formats import parsed_json
from planning.geometry import Vec3
from planning.handover.notice import RESEARCH_USE, notice_of
from planning.limits import MOST_FARTHEST_MM
from planning.model.case import is_own_id
from planning.model.core_set import EXTRA_PREFIX, CoreSet
from planning.model.plan import Candidate, PlanResult
from planning.trajectories.criteria import CRITERIA, Criterion

SCHEMA_URL = (
    "https://raw.githubusercontent.com/Slicer/Slicer/main/Modules/Loadable/Markups/"
    "Resources/Schema/markups-schema-v1.0.3.json#"
)
TRAJECTORY_FILES = "trajectory-*.mrk.json"
"""Names of the files that hold one trajectory each, as a pattern."""

_DECIMALS = 6
_TARGET = "target"
_TIP_SUFFIX = " tip"
_UCUM = {"mm": "mm", "deg": "deg", "HU": "[hnsf'U]", "": "1"}
_SCALE_TO_MM = {"mm": 1.0, "um": 0.001}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkupTrajectory:
    """A trajectory as read from markups.

    Parameters
    ----------
    target_lps_mm : Vec3
        The end of the line: where the hand stops, not the deepest point.
    tip_lps_mm : Vec3 or None
        The deepest point reached, if the markups name it.
    is_ours : bool
        Trephine wrote the line, so that its end is where the hand stops; what the end of another
        program's line means is not said.
    """

    name: str
    entry_lps_mm: Vec3
    target_lps_mm: Vec3
    tip_lps_mm: Vec3 | None
    is_ours: bool = False


def plan_to_markups(plan: PlanResult) -> dict[str, str]:
    """Return a plan as the texts of `.mrk.json` files, by file name.

    One Line per trajectory from entry to **stop** (labelled target: that is what is navigated
    to), and three point lists: Entry and Target for PathExplorer, and Tip, the deepest point the
    needle reaches, each under its trajectory's name. A line that is a core of the set says so in
    its description, and what it is taken for. All in LPS mm, locked. One file holds one
    markup: programs that read only the first of a file then miss nothing.

    Source: markups schema 1.0.3 of 3D Slicer.
    """
    notice = notice_of(plan)
    # The numbers of a line travel with what their viable lengths rest on.
    said = f"Viability: {plan.viability_source}. " if plan.viability_source else ""
    markups = {
        f"trajectory-{_label(candidate)}.mrk.json": _line(
            candidate,
            notice,
            f"{_own_words(candidate)}{_core_words(candidate, plan.core_set)}{said}{notice}",
        )
        for candidate in plan.candidates
    }
    lists = {
        "Entry": [(_name(c), c.trajectory.entry_lps_mm) for c in plan.candidates],
        "Target": [(_name(c), c.stop_lps_mm) for c in plan.candidates],
        "Tip": [(_name(c) + _TIP_SUFFIX, c.trajectory.tip_lps_mm) for c in plan.candidates],
    }
    for name, points in lists.items():
        markups[f"{name}.mrk.json"] = _markup("Fiducial", name, points, notice)
    return {file_name: _document(markup) for file_name, markup in markups.items()}


def trajectories_from_markups(files: Mapping[str, str | bytes]) -> tuple[MarkupTrajectory, ...]:
    """Return the trajectories in the texts of `.mrk.json` files, in the files' order.

    Every Line of two points is one, its first point the entry. A point of a list that is called
    like the line plus " tip" is its deepest point.

    Parameters
    ----------
    files : mapping of str to str or bytes
        Texts by file name.

    Raises
    ------
    InputError
        If a file is no markups file, or a line has no two defined points.
    """
    lines: list[tuple[str, Vec3, Vec3, bool]] = []
    points: dict[str, Vec3] = {}
    for file_name, text in files.items():
        for markup in _markups_of(text, file_name):
            found = list(_points_of(markup, file_name))
            if markup.get("type") == "Line":
                if len(found) != 2:
                    message = f"{file_name}: a line needs two points, it has {len(found)}."
                    raise InputError(message)
                name = str(markup.get("name", ""))
                lines.append((name, found[0][1], found[1][1], _is_ours(markup)))
            else:
                points.update(found)
    return tuple(
        MarkupTrajectory(
            name=name,
            entry_lps_mm=entry,
            target_lps_mm=target,
            tip_lps_mm=points.get(name + _TIP_SUFFIX),
            is_ours=is_ours,
        )
        for name, entry, target, is_ours in lines
    )


def _name(candidate: Candidate) -> str:
    named = _is_named(candidate)
    return f"Trajectory {candidate.candidate_id if named else candidate.rank}"


def _label(candidate: Candidate) -> str:
    return candidate.candidate_id if _is_named(candidate) else f"{candidate.rank:02d}"


def _is_named(candidate: Candidate) -> bool:
    """Tell whether a trajectory goes by its id, as in the window: it was not ranked for itself."""
    return is_own_id(candidate.candidate_id) or candidate.candidate_id.startswith(EXTRA_PREFIX)


def _own_words(candidate: Candidate) -> str:
    """Say that a trajectory was placed by hand, and which limits it breaks."""
    if not is_own_id(candidate.candidate_id):
        return ""
    broken = ", ".join(candidate.violations)
    return f"Placed by hand; breaks: {broken}. " if broken else "Placed by hand. "


def _core_words(candidate: Candidate, core_set: CoreSet | None) -> str:
    core = None if core_set is None else core_set.core_of(candidate.candidate_id)
    if core is None:
        return ""
    return f"Core {candidate.candidate_id} of the set: {core.purpose.value}, {core.container}. "


def _line(candidate: Candidate, notice: str, description: str) -> dict[str, Any]:
    ends = [("entry", candidate.trajectory.entry_lps_mm), (_TARGET, candidate.stop_lps_mm)]
    line = _markup("Line", _name(candidate), ends, notice)
    length = math.dist(candidate.trajectory.entry_lps_mm, candidate.stop_lps_mm)
    measured = [_measurement("length", length, "mm", "entry to target", shown=True)]
    for criterion in CRITERIA:
        value = candidate.criteria.get(criterion.key)
        if value is not None:
            measured.append(_criterion(criterion, value))
    return {**line, "description": description, "measurements": measured}


def _criterion(criterion: Criterion, value: float) -> dict[str, Any]:
    unit = _UCUM.get(criterion.unit, criterion.unit)
    return _measurement(criterion.key, value, unit, criterion.label, shown=False)


def _measurement(name: str, value: float, unit: str, text: str, *, shown: bool) -> dict[str, Any]:
    return {
        "name": name,
        "enabled": shown,
        "value": _number(value),
        "units": unit,
        "description": text,
        "printFormat": "%-#4.4g%s",
    }


def _markup(
    kind: str, name: str, points: Iterable[tuple[str, Vec3]], notice: str
) -> dict[str, Any]:
    control_points = [
        {
            "id": str(number),
            "label": label,
            "description": notice,
            "position": [_number(value) for value in point],
            "locked": True,
            "positionStatus": "defined",
        }
        for number, (label, point) in enumerate(points, start=1)
    ]
    return {
        "type": kind,
        "name": name,
        "description": notice,
        "coordinateSystem": "LPS",
        "coordinateUnits": "mm",
        "locked": True,
        "fixedNumberOfControlPoints": True,
        "labelFormat": "%N-%d",
        "lastUsedControlPointNumber": len(control_points),
        "controlPoints": control_points,
    }


def _document(markup: dict[str, Any]) -> str:
    document = {"@schema": SCHEMA_URL, "markups": [markup]}
    return json.dumps(document, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _markups_of(text: str | bytes, file_name: str) -> list[dict[str, Any]]:
    markups = parsed_json(text, file_name).get("markups")
    if not isinstance(markups, list) or not all(isinstance(m, dict) for m in markups):
        raise InputError(f'{file_name} holds no "markups"; save it from 3D Slicer as .mrk.json.')
    return markups


def _points_of(markup: dict[str, Any], file_name: str) -> Iterable[tuple[str, Vec3]]:
    """Yield label and position (LPS mm) of a markup's defined points."""
    system = markup.get("coordinateSystem", "LPS")
    units = markup.get("coordinateUnits", "mm")
    unit = units[0] if isinstance(units, list) and units else units
    if system not in ("LPS", "RAS") or str(unit) not in _SCALE_TO_MM:
        message = f"{file_name}: coordinates in {system} and {unit} cannot be read; use LPS and mm."
        raise InputError(message)
    sign = -1.0 if system == "RAS" else 1.0
    scale = _SCALE_TO_MM[unit]
    points = markup.get("controlPoints", [])
    if not isinstance(points, list) or not all(isinstance(point, dict) for point in points):
        raise InputError(f'{file_name} holds no "controlPoints"; save it from 3D Slicer again.')
    for point in points:
        if point.get("positionStatus", "defined") != "defined":
            continue
        position = point.get("position")
        if not _is_position(position):
            raise InputError(f"{file_name}: a point has no position of three numbers.")
        x, y, z = position
        yield str(point.get("label", "")), (sign * scale * x, sign * scale * y, scale * z)


def _is_ours(markup: dict[str, Any]) -> bool:
    """Tell whether a line is as Trephine writes it, also after 3D Slicer has saved it again."""
    last = markup["controlPoints"][-1]
    return last.get("label") == _TARGET and RESEARCH_USE in str(last.get("description", ""))


def _is_position(value: object) -> bool:
    return (
        isinstance(value, list)
        and len(value) == 3
        and all(isinstance(v, int | float) and abs(v) <= MOST_FARTHEST_MM for v in value)
    )


def _number(value: float) -> float:
    return round(float(value), _DECIMALS) + 0.0
