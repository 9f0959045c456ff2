"""Trajectories as MNI tag points (`.tag`), and back: pairs of points in RAS mm; opens no file.

CustusX and IBIS read such files. They know points and labels, no lines: the pairs are ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from planning.errors import InputError
from planning.geometry import Vec3
from planning.handover.notice import notice_of
from planning.handover.read_path import End, ReadPath
from planning.model.plan import Candidate, PlanResult

ENTRY, TARGET, TIP = "entry", "target", "tip"

_HEADER = "MNI Tag Point File"
_POINTS = re.compile(r"^\s*Points\s*=\s*(.*?);", re.MULTILINE | re.DOTALL)
_VOLUMES = re.compile(r"^\s*Volumes\s*=\s*(\d+)\s*;", re.MULTILINE)
_COMMENT = re.compile(r"^[ \t]*[%#].*$", re.MULTILINE)
_LABEL = re.compile(r'"((?:[^"\\]|\\.)*)"\s*$')
_UNLABELLED = ((3,), (6,))
"""Numbers that a line may hold besides its label: a point, or a point with weight and two ids."""


def plan_to_tag(plan: PlanResult, chosen: Iterable[Candidate], end: str) -> str:
    """Return pairs of points, entry first, each labelled with its trajectory and what it is.

    Parameters
    ----------
    end : str
        What the second point of a pair is: `TARGET`, where the hand stops, or `TIP`, the deepest
        point.

    Source: the format as VTK's vtkMNITagPointReader documents it; its world is RAS.
    """
    lines = [
        _HEADER,
        "Volumes = 1;",
        f"% {notice_of(plan)}",
        f"% Pairs of points in RAS millimetres: {ENTRY}, then {_MEANING[end]}.",
        "",
        "Points =",
    ]
    for candidate in chosen:
        last = candidate.stop_lps_mm if end == TARGET else candidate.trajectory.tip_lps_mm
        pair = ((ENTRY, candidate.trajectory.entry_lps_mm), (end, last))
        for what, point_lps_mm in pair:
            lines.append(_line(point_lps_mm, f"{candidate.candidate_id} {what}"))
    return "\n".join(lines) + ";\n"


def paths_from_tag(text: str, what: str) -> tuple[ReadPath, ...]:
    """Return the trajectories of a tag file: its points, pair by pair.

    Raises
    ------
    InputError
        If it is no tag file of one volume, a point is no point, or one is left without a partner.
    """
    if not text.lstrip().startswith(_HEADER):
        raise InputError(f'{what} is no MNI tag file: it does not begin with "{_HEADER}".')
    text = _COMMENT.sub("", text)
    volumes, points = _VOLUMES.search(text), _POINTS.search(text)
    if volumes is None or points is None:
        raise InputError(f"{what} holds no tag points that end with a semicolon; export it again.")
    if int(volumes[1]) != 1:
        raise InputError(f"{what} holds points of {volumes[1]} volumes; give a file of one.")
    found = [_point(line, what) for line in points[1].splitlines() if line.strip()]
    if not found or len(found) % 2:
        raise InputError(
            f"{what} holds {len(found)} points; a trajectory is a pair of them, entry and end."
        )
    return tuple(
        _pair(first, second, number)
        for number, (first, second) in enumerate(zip(found[::2], found[1::2], strict=True), 1)
    )


_MEANING = {
    TARGET: "target, where the hand stops the needle",
    TIP: "tip, the deepest point that the needle reaches",
}


def _line(point_lps_mm: Vec3, label: str) -> str:
    x, y, z = point_lps_mm
    quoted = label.replace("\\", "\\\\").replace('"', '\\"')
    return f' {-x + 0.0:.6f} {-y + 0.0:.6f} {z:.6f} 1 1 1 "{quoted}"'


def _point(line: str, what: str) -> tuple[str, Vec3]:
    labelled = _LABEL.search(line)
    numbers = (line if labelled is None else line[: labelled.start()]).split()
    try:
        if (len(numbers),) not in _UNLABELLED:
            raise ValueError
        x, y, z = (float(number) for number in numbers[:3])
    except ValueError:
        raise InputError(f'{what}: "{line.strip()}" is no tag point; export it again.') from None
    label = "" if labelled is None else re.sub(r"\\(.)", r"\1", labelled[1])
    return label, (-x, -y, z)


def _pair(first: tuple[str, Vec3], second: tuple[str, Vec3], number: int) -> ReadPath:
    """Return a pair as a path; only our own labels say what its end is."""
    label = first[0].removesuffix(f" {ENTRY}") or str(number)
    ours = {f"{label} {TARGET}": End.STOP, f"{label} {TIP}": End.TIP}
    end = ours.get(second[0], End.UNSAID) if first[0] == f"{label} {ENTRY}" else End.UNSAID
    return ReadPath(name=label, entry_lps_mm=first[1], end_lps_mm=second[1], end=end)
