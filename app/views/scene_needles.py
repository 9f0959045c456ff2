"""Needles as the 3-D scene is given them, planned and executed ones; draws nothing."""

from __future__ import annotations

from app.rendering.needle_props import SceneNeedle
from app.rendering.scene import rgb
from app.views.overlays import Overlays
from app.views.palette import DARK, EXECUTED_COLOUR
from app.views.review_step_values import ExecutedPath
from app.views.slice_needles import PLANNED
from app.views.values import NeedlePath


def seen_needles(planned: tuple[NeedlePath, ...], overlays: Overlays) -> tuple[NeedlePath, ...]:
    """Return the planned needles that are drawn."""
    every = overlays.ghosts
    return tuple(n for n in planned if n.selected or n.core or n.stress or every)


def scene_needles(
    planned: tuple[NeedlePath, ...], executed: tuple[ExecutedPath, ...], overlays: Overlays
) -> tuple[SceneNeedle, ...]:
    """Return all needles of the scene that are drawn."""
    seen = seen_needles(planned, overlays)
    return (
        *(_planned(needle, envelope=overlays.envelope) for needle in seen),
        *(_executed(needle) for needle in executed),
    )


def _executed(needle: ExecutedPath) -> SceneNeedle:
    return SceneNeedle(
        entry_lps_mm=needle.entry_lps_mm,
        tip_lps_mm=needle.tip_lps_mm,
        specimen_lps_mm=needle.specimen_lps_mm,
        radius_mm=needle.radius_mm,
        selected=True,
        colour=rgb(EXECUTED_COLOUR),
    )


def _planned(needle: NeedlePath, *, envelope: bool) -> SceneNeedle:
    compared = needle.stress == PLANNED
    return SceneNeedle(
        entry_lps_mm=needle.entry_lps_mm,
        tip_lps_mm=needle.tip_lps_mm,
        specimen_lps_mm=needle.specimen_lps_mm,
        radius_mm=needle.radius_mm,
        selected=not compared and (needle.selected or bool(needle.stress)),
        colour=rgb(DARK.accent if compared else _colour(needle)),
        core=needle.core and not compared,
        envelope_mm=needle.envelope_mm if envelope and needle.selected else (),
        dashed=compared,
    )


def _colour(needle: NeedlePath) -> str:
    if needle.stress == "pinned" and not needle.selected:
        return DARK.caution
    return DARK.accent if needle.selected or needle.core else DARK.secondary
