"""The request that goes to the pathologist with the cores: what, from where, into what."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.numbers import spoken
from app.rendering.slice_geometry import Orientation
from app.reports.lesion_words import core_map_of, habitat_rows, lesion_facts, parts_of
from app.reports.source import PlannedCore, ReportSource
from app.reports.words import (
    indication_words,
    side_words,
    site_name,
    stated,
    surgeon_words,
)
from app.views.card_words import planned_line
from app.views.core_map import CoreMap, paint_core_map
from app.views.paper import QUIET, Block, Drawn, Head, Text, write_fitting
from app.views.paper_pages import Page, body, flow
from app.views.paper_tables import facts, facts_in_pairs, table
from app.views.wording import tissue_mm

PATHOLOGY_TITLE = mark("Pathology request")

_TITLE, _SIZE, _SMALL = 13, 11, 10
_MAP_HIGH, _GAP = 230.0, 8.0
_VIEWS: tuple[tuple[Orientation, str], ...] = (
    ("axial", mark("Axial, from the feet")),
    ("coronal", mark("Coronal, from the front")),
    ("sagittal", mark("Sagittal, from the left")),
)


def pathology_pages(source: ReportSource) -> list[Page]:
    """Return the pages of the request."""
    pages = [Page()]
    blocks = [*_question(source), *_map(source), *_cores(source), *_receipt(source)]
    flow(blocks, [body()], [body()], pages)
    return pages


def _question(source: ReportSource) -> list[Block]:
    clinical = source.case.clinical
    pairs = [
        (tr("Question"), stated(clinical.question)),
        (tr("Hypothesis"), stated(clinical.hypothesis)),
    ]
    short = [
        (tr("Side and site"), f"{side_words(source)}: {site_name(source)}"),
        (tr("Level"), stated(clinical.level)),
        (tr("Indication"), indication_words(source)),
        (tr("Operating surgeon"), surgeon_words(source)),
        (tr("Needle"), tr_core(source.plan.needle.name)),
    ]
    found: list[Block] = [
        Head(text=tr("Question"), size_px=_TITLE),
        *facts(pairs, _SIZE, name_share=0.17),
    ]
    found += facts_in_pairs(short, _SIZE)
    found.append(Head(text=tr("Lesion on imaging"), size_px=_TITLE))
    found += facts_in_pairs(lesion_facts(source), _SIZE)
    viability = tr_core(source.plan.viability_source) or tr("not stated")
    found += facts([(tr("Where viability comes from"), viability)], _SIZE, name_share=0.25)
    return found


def _map(source: ReportSource) -> list[Block]:
    drawing = core_map_of(source)
    found: list[Block] = [Head(text=tr("Core map"), size_px=_TITLE)]
    if drawing is None:
        return [*found, Text(text=tr("No mask of the lesion: no map."), size_px=_SIZE)]
    found.append(
        Drawn(
            high_px=_MAP_HIGH,
            draw=lambda painter, room: _paint_map(painter, room, drawing),
            keeps_next=True,
        )
    )
    words = tr(
        "Black: cores with their numbers, red dot: deep end. Dark line: outline of the whole "
        "lesion. Filled: what the plane through the cores shows. Drawn as if the patient lay on "
        "the back."
    )
    found.append(Text(text=words, size_px=_SMALL, tone=QUIET))
    for (name, colour, _), row in zip(parts_of(source), habitat_rows(source), strict=True):
        text = f"{tr_core(spoken(name))}: {row[1]}, {row[2]}"
        found.append(Text(text=text, size_px=_SMALL, square=colour))
    return found


def _paint_map(painter: QPainter, room: QRectF, drawing: CoreMap) -> None:
    wide = (room.width() - 2.0 * _GAP) / 3.0
    for number, (orientation, title) in enumerate(_VIEWS):
        left = room.left() + number * (wide + _GAP)
        write_fitting(painter, QRectF(left, room.top() + 4.0, wide, 13.0), tr(title), 10)
        where = QRectF(left, room.top() + 18.0, wide, room.height() - 24.0)
        paint_core_map(painter, where, drawing, orientation)


def _cores(source: ReportSource) -> list[Block]:
    found: list[Block] = [Head(text=tr("Cores and containers"), size_px=_TITLE)]
    header = (
        *(tr("Core"), tr("Container"), tr("For"), tr("Habitats, as planned")),
        *(tr("Density"), tr("Length"), tr("To mind")),
    )
    rows = [_row(source, core) for core in source.cores]
    found += table(header, rows, (0.6, 2.0, 1.2, 2.4, 1.0, 1.0, 2.2), _SMALL)
    words = tr("Deep end: the end toward the tip, marked by the red dot on the map.")
    found.append(Text(text=words, size_px=_SMALL, tone=QUIET))
    return found


def _row(source: ReportSource, core: PlannedCore) -> tuple[str, ...]:
    plan, density = core.core, core.candidate.criteria.get("specimen_mean_hu")
    return (
        str(core.number),
        tr("not stated") if plan is None else tr_core(plan.container),
        tr("not stated") if plan is None else tr_core(plan.purpose.value),
        planned_line(core.numbers),
        tr("not known") if density is None else f"{density:.0f} HU",
        tissue_mm(source.plan.needle.core_length_mm),
        "" if plan is None else tr_core(plan.advice),
    )


def _receipt(source: ReportSource) -> list[Block]:
    """Return what the pathologist fills in, core by core: the registry asks for the same."""
    blank = "__________"
    found: list[Block] = [
        *facts([(tr("Sent by, date, telephone"), 5 * blank)], _SIZE),
        Head(text=tr("For the answer, core by core"), size_px=_TITLE),
    ]
    header = (
        *(tr("Core"), tr("Taken, length"), tr("Adequate"), tr("Necrosis")),
        *(tr("Agrees with imaging"), tr("Diagnosis")),
    )
    yes_no = tr("☐ yes  ☐ no")
    rows = [
        (str(core.number), "______ mm", yes_no, "_____ %", yes_no, 2 * blank)
        for core in source.cores
    ]
    return [*found, *table(header, rows, (0.6, 1.3, 1.5, 1.0, 1.7, 2.6), _SIZE)]
