"""A plan as OpenIGTLink messages, and the answers to what is asked about it; sends nothing.

What is handed over as target is the stop: where the hand stops, then fires or cores. The tip goes
along under its own name.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from planning.geometry import Vec3, vec3
from planning.handover.igtl.contents import (
    ENTRY_AND_TARGET,
    MOST_TEXT_BYTES,
    PointElement,
    Rgba,
    TrajectoryElement,
    Transform,
    points_to_bytes,
    text_to_bytes,
    trajectories_to_bytes,
    transform_to_bytes,
)
from planning.handover.igtl.control import READERS, capability_to_bytes
from planning.handover.igtl.frames import FRAME_KEY, SYSTEM_KEY, UNITS_KEY, WireFrame, swapped
from planning.handover.igtl.polydata import PolyLines, polylines_to_bytes
from planning.handover.igtl.wire import PLAIN, Message
from planning.handover.notice import candidate_remarks, notice_of
from planning.handover.rounding import rounded
from planning.model.plan import Candidate, PlanResult

DEVICE = "Trephine"
"""Device of all messages about the whole plan."""
ENTRY, TARGET, TIP = "entry", "target", "tip"
"""Groups of points."""

_COLOURS: dict[str, Rgba] = {
    ENTRY: (76, 194, 255, 255),
    TARGET: (255, 255, 255, 255),
    TIP: (255, 207, 102, 255),
}
_MOST_NAME = 20
_QUERY = "GET_"
_ALIASES = {"TRANS": "TRANSFORM", "CAPABIL": "CAPABILITY"}
"""What the protocol's queries call types whose names would be too long with GET_ before them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedPlan:
    """What of a plan is handed over."""

    plan: PlanResult
    candidates: tuple[Candidate, ...]


def plan_messages(handed: HandedPlan, timestamp: int = 0) -> tuple[Message, ...]:
    """Return all messages of a plan: POINT, TRAJ, and one STRING, TRANSFORM, POLYDATA per core.

    Coordinates are RAS mm, marked so in metadata.
    """
    cores = handed.candidates
    return tuple(
        replace(message, timestamp=timestamp, metadata=_metadata(handed.plan))
        for message in (
            Message(kind="POINT", device=DEVICE, content=points_to_bytes(_points(handed))),
            Message(kind="TRAJ", device=DEVICE, content=trajectories_to_bytes(_paths(handed))),
            *(_about(c, "STRING", text_to_bytes(core_text(handed.plan, c))) for c in cores),
            *(_about(c, "TRANSFORM", transform_to_bytes(stop_pose_ras(c))) for c in cores),
            *(_about(c, "POLYDATA", polylines_to_bytes(_line(c))) for c in cores),
        )
    )


def answer(
    query: Message, handed: HandedPlan | None, timestamp: int = 0, version: int | None = None
) -> tuple[Message, ...]:
    """Return what a GET_ message is answered with; none for any other message.

    As the protocol wants it: a message of the type and the device that were asked for, whatever
    there is of the type if no device was named, and one without a body if there is nothing.

    Parameters
    ----------
    version : int or None
        Of the header; None for the query's own.
    """
    if not query.kind.startswith(_QUERY):
        return ()
    asked = query.kind.removeprefix(_QUERY)
    kind = _ALIASES.get(asked, asked)
    wanted = query.version if version is None else version
    if kind == "CAPABILITY":
        content = capability_to_bytes(tuple(READERS))
        found = [Message(kind=kind, device=query.device, content=content)]
    else:
        known = () if handed is None else plan_messages(handed, timestamp)
        found = [m for m in known if m.kind == kind and query.device in ("", m.device)]
    if not found:
        # Without extended header: nothing at all has to follow.
        return (Message(kind=kind, device=query.device, timestamp=timestamp, version=PLAIN),)
    return tuple(replace(message, timestamp=timestamp, version=wanted) for message in found)


def stop_pose_ras(candidate: Candidate) -> Transform:
    """Return the planned needle as a pose in RAS: origin at the stop, z from hub to tip.

    x lies across the needle, as near as can be to patient right (to the head for a needle that
    points there), y completes a right-handed frame.
    """
    z = np.array(swapped(vec3(candidate.trajectory.direction_lps)))
    aside = np.array((1.0, 0.0, 0.0) if abs(z[0]) < 0.9 else (0.0, 0.0, 1.0))
    x = aside - (aside @ z) * z
    x /= np.linalg.norm(x)
    return Transform((vec3(x), vec3(np.cross(z, x)), vec3(z)), swapped(candidate.stop_lps_mm))


def core_text(plan: PlanResult, candidate: Candidate) -> str:
    """Return one core as JSON, in LPS mm; what has no room is left out from the least important.

    Nothing in it names the patient.
    """
    remarks = list(candidate_remarks(candidate))
    document = {
        "notice": notice_of(plan),
        "software_version": plan.software_version,
        "frame_of_reference_uid": plan.frame_of_reference_uid,
        "coordinate_system": WireFrame.LPS.value,
        "id": candidate.candidate_id,
        "rank": candidate.rank,
        "entry_lps_mm": _rounded(candidate.trajectory.entry_lps_mm),
        "stop_lps_mm": _rounded(candidate.stop_lps_mm),
        "tip_lps_mm": _rounded(candidate.trajectory.tip_lps_mm),
        "specimen_lps_mm": [_rounded(end) for end in candidate.specimen_lps_mm],
        "needle": {
            "name": plan.needle.name,
            "outer_diameter_mm": plan.needle.outer_diameter_mm,
            "usable_length_mm": plan.needle.usable_length_mm,
            "stop_to_tip_mm": plan.needle.stop_to_tip_mm,
        },
        "warnings": remarks,
        "criteria": {
            key: None if value is None else rounded(value)
            for key, value in candidate.criteria.items()
        },
    }
    for dropped in ("", "criteria", "warnings"):
        document.pop(dropped, None)
        text = json.dumps(document, ensure_ascii=False)
        if len(text.encode("utf-8")) <= MOST_TEXT_BYTES:
            break
    return text


def _about(candidate: Candidate, kind: str, content: bytes) -> Message:
    name = f"{DEVICE} {candidate.candidate_id}"[:_MOST_NAME]
    return Message(kind=kind, device=name, content=content)


def _metadata(plan: PlanResult) -> dict[str, str]:
    frame = {FRAME_KEY: plan.frame_of_reference_uid} if plan.frame_of_reference_uid else {}
    return {
        SYSTEM_KEY: WireFrame.RAS.value,
        UNITS_KEY: "mm",
        **frame,
        "Target": "stop: where the hand stops, then fires or cores",
        "Notice": notice_of(plan),
    }


def _points(handed: HandedPlan) -> Sequence[PointElement]:
    return [
        PointElement(
            name=f"{c.candidate_id} {group}",
            group=group,
            rgba=_COLOURS[group],
            point_mm=swapped(point),
        )
        for c in handed.candidates
        for group, point in (
            (ENTRY, c.trajectory.entry_lps_mm),
            (TARGET, c.stop_lps_mm),
            (TIP, c.trajectory.tip_lps_mm),
        )
    ]


def _paths(handed: HandedPlan) -> Sequence[TrajectoryElement]:
    return [
        TrajectoryElement(
            name=c.candidate_id,
            group=TARGET,
            kind=ENTRY_AND_TARGET,
            rgba=_COLOURS[ENTRY],
            entry_mm=swapped(c.trajectory.entry_lps_mm),
            target_mm=swapped(c.stop_lps_mm),
            diameter_mm=2.0 * handed.plan.needle.radius_mm,
        )
        for c in handed.candidates
    ]


def _line(candidate: Candidate) -> PolyLines:
    path = candidate.trajectory
    points = (path.entry_lps_mm, candidate.stop_lps_mm, path.tip_lps_mm)
    return PolyLines(tuple(swapped(p) for p in points), ((0, 1), (1, 2)))


def _rounded(point_mm: Vec3) -> list[float]:
    return [rounded(value) for value in point_mm]
