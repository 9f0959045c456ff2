"""What is said of a needle's way into the bone; measures nothing and knows no limits."""

from __future__ import annotations

from planning.anatomy.anatomy import Anatomy
from planning.anatomy.bones import BoneKind
from planning.model.plan import BoneEntry, Notice

_SAID_FROM_MM = 0.5


def bone_words(entry: BoneEntry) -> str:
    """Return the way into the bone in one sentence, without full stop."""
    name = entry.bone.replace("_", " ") or "bone"
    if entry.broken:
        through = "" if entry.window_area_mm2 is None else f" ({entry.window_area_mm2:.0f} mm2)"
        behind = entry.cortical_mm + entry.cancellous_mm
        then = f", then {behind:.0f} mm of bone" if behind >= _SAID_FROM_MM else ""
        return f"{name}: through a broken cortex{through}, 0 mm to drill{then}"
    angle = "" if entry.incidence_deg is None else f" at {entry.incidence_deg:.0f} deg"
    return (
        f"{name} ({_kind(entry)}): cortex met{angle}, {thickness_words(entry)}, {_drilled(entry)}"
    )


def thickness_words(entry: BoneEntry) -> str:
    """Return how thick the cortex is, and how sure that is."""
    if entry.peak_hu is None:
        return "no cortex to be seen on the CT"
    if entry.thickness_mm is None or entry.thickness_along_mm is None:
        return "which does not stand out from what lies behind it"
    along = f"{entry.thickness_along_mm:.1f} mm along the needle"
    if entry.thickness_resolved:
        return f"{entry.thickness_mm:.1f} mm thick, {along}"
    return f"thinner than the CT resolves: at most {entry.thickness_mm:.1f} mm, {along}"


def caution_details(entry: BoneEntry | None) -> dict[str, str]:
    """Return what to add to a protocol's cautions, by their keys."""
    if entry is None:
        return {}
    details = {"long_bone_path": f" ({_drilled(entry)})"}
    if entry.incidence_deg is not None and entry.peak_hu is not None:
        details["steep_cortex"] = (
            f" ({entry.incidence_deg:.0f} deg, {entry.peak_hu:.0f} HU, {thickness_words(entry)})"
        )
    return details


def bone_notices(anatomy: Anatomy, entry: BoneEntry | None) -> tuple[Notice, ...]:
    """Return what a bone's name calls for, whatever the numbers say.

    Where a hole in an intact weight-bearing cortex is dangerous (below the trochanters, at the
    calcar, where more than half of the cortex is gone) masks do not tell: it is only a reminder.
    """
    bone = None if entry is None else anatomy.bones.rules.bone_of(entry.bone)
    if entry is None or bone is None or entry.broken or not anatomy.needle.penetrates_bone:
        return ()
    if entry.peak_hu is None:
        return ()
    if not bone.weight_bearing or entry.cortical_mm + entry.cancellous_mm < _SAID_FROM_MM:
        return ()
    text = (
        f"drills the intact weight-bearing cortex of the {bone.key}, a stress riser; not "
        "recognised here, check: below the trochanters, calcar, more than half the cortex gone"
    )
    return (Notice("stress_riser", text),)


def _kind(entry: BoneEntry) -> str:
    return "kind not known" if entry.kind == BoneKind.UNKNOWN else entry.kind


def _drilled(entry: BoneEntry) -> str:
    total = entry.cortical_mm + entry.cancellous_mm
    if total < _SAID_FROM_MM:
        return "0 mm to drill"
    return (
        f"{total:.0f} mm to drill: {entry.cortical_mm:.0f} mm cortical and "
        f"{entry.cancellous_mm:.0f} mm cancellous"
    )
