"""What reports say of the lesion, its parts and the masks it is known from; measures masks only."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from app.core_language import tr_core, tr_name
from app.language import mark, tr, tr_count
from app.presenters.numbers import spoken
from app.rendering.mask_edges import MaskEdges
from app.reports.source import ReportSource
from app.reports.words import stated
from app.views.core_map import HABITAT_COLOURS, NECROSIS, CoreMap, MappedCore
from app.views.wording import tissue_mm, volume_words
from planning.image import Mask, Volume, mean_inside
from planning.model.case import Role, Structure
from planning.model.colours import usual_colours

Part = tuple[str, str, Mask]
"""Name, colour and mask of a part of the lesion."""

_MAKINGS = {
    "MANUAL": mark("drawn by hand"),
    "SEMIAUTOMATIC": mark("made by a program, edited by hand"),
    "AUTOMATIC": mark("made by a program (AI or formula)"),
    "": mark("origin not stated"),
}
_NAMED_AT_MOST = 14


def parts_of(source: ReportSource) -> tuple[Part, ...]:
    """Return the habitats of the lesion and its necrosis, as far as masks tell.

    Habitats that have masks have the colour that the window gives them.
    """
    lesion = source.lesion
    if lesion is None:
        return ()
    known = _habitat_colours(source.case.structures)
    found = [
        (name, known.get(name, HABITAT_COLOURS[number % len(HABITAT_COLOURS)]), mask)
        for number, (name, mask) in enumerate(lesion.habitats)
    ]
    if lesion.necrosis is not None and lesion.necrosis.inside.any():
        found.append((tr("Necrosis"), NECROSIS, lesion.necrosis))
    return tuple(found)


def _habitat_colours(structures: tuple[Structure, ...]) -> dict[str, str]:
    usual = usual_colours(structures)
    return {s.name: s.colour or usual[s.mask_id] for s in structures if s.role is Role.HABITAT}


def core_map_of(source: ReportSource) -> CoreMap | None:
    """Return the drawing of the cores in the lesion; None without a lesion."""
    lesion = source.lesion
    if lesion is None or not source.cores:
        return None
    return CoreMap(
        lesion=MaskEdges(lesion.tumour),
        grid=lesion.tumour.cropped().grid,
        parts=tuple((colour, MaskEdges(mask)) for _, colour, mask in parts_of(source)),
        cores=tuple(
            MappedCore(number=str(core.number), ends_lps_mm=core.candidate.specimen_lps_mm)
            for core in source.cores
        ),
    )


def lesion_facts(source: ReportSource) -> list[tuple[str, str]]:
    """Return size and density of the lesion."""
    lesion, ct = source.lesion, source.images.ct
    if lesion is None:
        return [(tr("Lesion"), tr("no mask of it"))]
    tumour = lesion.tumour
    return [
        (tr("Lesion"), tr_name(spoken(lesion.name))),
        (tr("Volume"), volume_words(tumour.volume_ml)),
        (tr("Extent"), _extent(tumour)),
        (tr("Longest diameter"), tissue_mm(lesion.longest_chord_mm)),
        (tr("Mean density"), _density(ct, tumour)),
        (tr("Viable part"), volume_words(lesion.viable.volume_ml)),
        (
            tr("Necrosis"),
            tr("no mask of it") if lesion.necrosis is None
            else volume_words(lesion.necrosis.volume_ml),
        ),
    ]  # fmt: skip


def habitat_rows(source: ReportSource) -> list[tuple[str, ...]]:
    """Return name, volume, density and what the cores are to hold of each part of the lesion."""
    core_set, ct = source.plan.core_set, source.images.ct
    rows: list[tuple[str, ...]] = []
    for name, _, mask in parts_of(source):
        expected = None if core_set is None else core_set.expected_mm.get(name)
        sampled = None if core_set is None else core_set.coverage.get(name)
        rows.append(
            (
                tr_core(spoken(name)),
                volume_words(mask.volume_ml),
                _density(ct, mask),
                "-" if expected is None else tissue_mm(expected),
                "-" if sampled is None else f"{sampled:.2f}",
            )
        )
    return rows


def mask_rows(source: ReportSource) -> list[tuple[str, ...]]:
    """Return who made which masks and who checked them; masks of one origin in one row."""
    grouped: dict[tuple[str, ...], list[str]] = {}
    for structure in source.case.trusted:
        grouped.setdefault(_origin(source, structure), []).append(tr_name(spoken(structure.name)))
    return [(_names(names), *origin) for origin, names in grouped.items()]


def doubted_rows(source: ReportSource) -> list[tuple[str, str]]:
    """Return masks that are not used, or may no longer lie right, and why."""
    rows = [
        (tr_name(spoken(s.name)), tr("not used: {reason}", reason=stated(s.excluded_because)))
        for s in source.case.distrusted
    ]
    rows += [
        (tr_name(spoken(s.name)), tr("may have moved: {reason}", reason=stated(s.stale_because)))
        for s in source.case.trusted
        if s.stale_because
    ]
    return rows


def _origin(source: ReportSource, structure: Structure) -> tuple[str, ...]:
    """Return how, by whom and when a mask was made, and who checked it."""
    from planning.handover.regions import how_made

    model = source.what.error_model
    making, maker = how_made(structure, () if model is None else model.doubt.drawn_words)
    hidden = source.what.is_deidentified
    checked = tr("removed") if hidden else structure.verified_by or tr("NOBODY STATED")
    date = tr("removed") if hidden else stated(structure.date)
    how = tr(_MAKINGS[making.value])
    return (f"{maker}: {how}" if maker else how, date, checked)


def _names(names: Sequence[str]) -> str:
    """Return names, a long row of them shortened and counted."""
    if len(names) <= _NAMED_AT_MOST:
        return ", ".join(names)
    more = len(names) - _NAMED_AT_MOST
    shown = ", ".join(names[:_NAMED_AT_MOST])
    return tr_count("{names} and {count} more", "{names} and {count} more", more, names=shown)


def _extent(mask: Mask) -> str:
    """Return how far a mask reaches from side to side, front to back and head to feet."""
    points = mask.grid.lps_from_index(np.argwhere(mask.inside)[:, ::-1])
    wide, deep, high = np.ptp(points, axis=0) + np.array(_voxel_mm(mask))
    return tr(
        "{wide} mm side to side, {deep} mm front to back, {high} mm head to feet",
        wide=f"{wide:.0f}",
        deep=f"{deep:.0f}",
        high=f"{high:.0f}",
    )


def _voxel_mm(mask: Mask) -> tuple[float, float, float]:
    """Return the extent of one voxel along the patient's axes."""
    axes = np.array(mask.grid.direction_lps) * np.array(mask.grid.spacing_mm)[:, None]
    x, y, z = np.abs(axes).sum(axis=0).tolist()
    return (x, y, z)


def _density(ct: Volume, mask: Mask) -> str:
    try:
        return f"{mean_inside(ct, mask):.0f} HU"
    except ValueError:
        return tr("not known")
