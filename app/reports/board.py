"""The report for the tumour board: why, what, where through, what instead; invents nothing."""

from __future__ import annotations

from PySide6.QtCore import QRectF
from PySide6.QtGui import QPainter

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.numbers import not_checked_rows, spoken
from app.reports.alternatives import alternatives
from app.reports.lesion_words import doubted_rows, habitat_rows, lesion_facts, mask_rows
from app.reports.source import PlannedCore, ReportSource, pictured
from app.reports.words import (
    core_title,
    indication_words,
    moved_skin,
    positions_words,
    side_words,
    site_name,
    skin_lines,
    stated,
    surgeon_words,
    tattoo_line,
)
from app.views.card_words import (
    chain_lines,
    depth_line,
    planned_line,
    projected_tile,
    stop_lines,
    turned_tile,
    verdict_words,
    way_in,
)
from app.views.needle_pictures import (
    PicturedNeedle,
    paint_needle_picture,
    plane_at_entry,
    plane_in_slice,
)
from app.views.paper import CAUTION, DANGER, INK, Block, Drawn, Head, Text, texts
from app.views.paper_pages import Page, body, flow
from app.views.paper_tables import facts, kept_together, table
from app.views.wording import chance, tissue_mm

BOARD_TITLE = mark("Report for the tumour board")

_TITLE, _SIZE, _SMALL = 14, 12, 10
_PICTURES_HIGH = 190.0
_GAP = 8.0
_TONES = {"text": INK, "good": INK, "caution": CAUTION, "danger": DANGER}
_ALTERNATIVES = 12


def board_pages(source: ReportSource) -> list[Page]:
    """Return the pages of the report."""
    pages = [Page()]
    blocks: list[Block] = []
    for section in (
        _question,
        _lesion,
        _viability,
        _masks,
        _approval,
        _approach,
        _tract,
        _specimens,
        alternatives,
        _open_questions,
    ):
        blocks += section(source)
    flow(blocks, [body()], [body()], pages)
    return pages


def _question(source: ReportSource) -> list[Block]:
    case, clinical, series = source.case, source.case.clinical, source.images.ct.series
    scan = ", ".join(
        part
        for part in (
            " ".join(filter(None, (series.modality or "CT", series.date))),
            series.description,
            " x ".join(f"{s:.2f}" for s in source.images.ct.grid.spacing_mm) + " mm",
        )
        if part
    )
    pairs = [
        (tr("Why biopsy"), stated(clinical.question)),
        (tr("Indication"), indication_words(source)),
        (tr("Hypothesis"), stated(clinical.hypothesis)),
        (tr("Operating surgeon"), surgeon_words(source)),
        (tr("Side and site"), f"{side_words(source)}: {site_name(source)}"),
        (tr("Level"), stated(clinical.level)),
        (tr("Position for the biopsy"), positions_words(source)),
        (tr("Planning CT"), scan),
        (tr("Remarks"), tr("removed") if source.what.is_deidentified else stated(case.remarks)),
    ]
    found: list[Block] = [Head(text=tr("Question"), size_px=_TITLE), *facts(pairs, _SIZE)]
    found += [
        Text(text=tr_core(note), size_px=_SIZE, tone=DANGER, bullet="▲") for note in case.side_notes
    ]
    return found


def _lesion(source: ReportSource) -> list[Block]:
    found: list[Block] = [Head(text=tr("Lesion and habitats"), size_px=_TITLE)]
    found += facts(lesion_facts(source), _SIZE)
    rows = habitat_rows(source)
    if rows:
        header = (tr("Part"), tr("Volume"), tr("Mean density"), tr("Expected"), tr("P(sampled)"))
        found += table(header, rows, (3.0, 1.2, 1.4, 1.2, 1.2), _SMALL)
        words = tr("Habitats are regions of alike tissue on the CT, not histology.")
        found.append(Text(text=words, size_px=_SMALL))
    elif source.lesion is not None:
        words = tr("No habitats: {reason}", reason=tr_core(source.lesion.no_habitats))
        found.append(Text(text=words, size_px=_SIZE))
    return found


def _viability(source: ReportSource) -> list[Block]:
    said = source.plan.viability_source
    found: list[Block] = [
        Head(text=tr("Where viability comes from"), size_px=_TITLE),
        Text(text=tr_core(said) or tr("not stated"), size_px=_SIZE),
    ]
    for second in source.case.second_images:
        words = f"{second.kind.upper()}: {stated(second.date)}"
        found.append(Text(text=words, size_px=_SIZE, bullet="•"))
        if second.problem:
            problem = tr_core(second.problem)
            found.append(Text(text=problem, size_px=_SIZE, tone=CAUTION, bullet="▲"))
    words = tr("Expected lengths and chances: if masks and error model hold.")
    found.append(Text(text=words, size_px=_SMALL))
    return found


def _masks(source: ReportSource) -> list[Block]:
    header = (tr("Structures"), tr("Made by"), tr("Date"), tr("Checked by"))
    found: list[Block] = [Head(text=tr("Masks, and who checked them"), size_px=_TITLE)]
    found += table(header, mask_rows(source), (4.0, 2.6, 1.2, 1.5), _SMALL, bold_first=False)
    doubted = doubted_rows(source)
    if doubted:
        why = (tr("Mask"), tr("Why it is not relied on"))
        found += table(why, doubted, (1.0, 2.0), _SMALL)
    return found


def _approach(source: ReportSource) -> list[Block]:
    found: list[Block] = [Head(text=tr("Approach"), size_px=_TITLE)]
    plan = source.plan
    found += facts(
        [
            (tr("Needle"), tr_core(plan.needle.name)),
            (tr("Guidance"), tr_core(plan.guidance)),
            (tr("Protocol"), f"{plan.protocol_key} {plan.protocol_version}"),
        ],
        _SIZE,
    )
    for core in source.cores:
        *together, last = _one_core(source, core)
        found += [*map(kept_together, together), last]
    return found


def _one_core(source: ReportSource, core: PlannedCore) -> list[Block]:
    numbers, needle = core.numbers, pictured(source, core)
    stop, then = stop_lines(numbers)
    found: list[Block] = [
        Head(text=core_title(source, core), size_px=_SIZE),
        Drawn(
            high_px=_PICTURES_HIGH,
            draw=lambda painter, room: _paint_pictures(painter, room, needle),
        ),
        Text(text=f"{stop} {then}".strip(), size_px=_TITLE, bold=True),
    ]
    found += [
        Text(text=f"✕ {text}", size_px=_SIZE, bold=True, tone=DANGER) for text in numbers.violations
    ]
    found += [
        Text(text=" ".join(tile).replace(",\n", ", ").replace("\n", ", "), size_px=_SMALL)
        for tile in (turned_tile(numbers), projected_tile(numbers))
    ]
    found += [
        Text(text=text, size_px=_SMALL) for text in (depth_line(numbers), planned_line(numbers))
    ]
    expected = tr(
        "Expected {length} viable; chance of enough {chance}; clearance at 95 % {worst}",
        length=tissue_mm(numbers.expected_mm),
        chance=chance(numbers.probability),
        worst=tissue_mm(numbers.worst_case_mm),
    )
    found.append(Text(text=expected, size_px=_SMALL))
    for row in numbers.nearest:
        tone, words = verdict_words(row)
        text = f"{row.structure}: {words}"
        found.append(Text(text=text, size_px=_SMALL, tone=_TONES[tone], bullet="•"))
    found += [Text(text=line, size_px=_SMALL) for line in chain_lines(numbers.chain)[0]]
    found += [
        Text(text=text, size_px=_SMALL, tone=CAUTION, bullet="▲") for text in numbers.warnings
    ]
    return found


def _paint_pictures(painter: QPainter, room: QRectF, needle: PicturedNeedle) -> None:
    wide = (room.width() - _GAP) / 2.0
    for number, plane_of in enumerate((plane_in_slice, plane_at_entry)):
        left = room.left() + number * (wide + _GAP)
        where = QRectF(left, room.top() + 4.0, wide, room.height() - 8.0)
        paint_needle_picture(painter, where, needle, plane_of)


def _tract(source: ReportSource) -> list[Block]:
    """Return what needles contaminate, where the skin is marked, and the surgeon's line."""
    found: list[Block] = [Head(text=tr("Tract to be resected"), size_px=_TITLE)]
    core_set = source.plan.core_set
    if core_set is not None and len(source.cores) > 1:
        words = tr_core(spoken(str(core_set.tract)))
        found += facts([(tr("Contaminated tract"), words)], _SIZE)
    for core in source.cores:
        name = core_title(source, core)
        found.append(Text(text=name, size_px=_SIZE, bold=True, above_px=5.0, keeps_next=True))
        found += [Text(text=text, size_px=_SIZE) for text in way_in(core.numbers)]
        found += [Text(text=text, size_px=_SMALL, bullet="•") for text in _skin(source, core)]
    found.append(Text(text=tattoo_line(source), size_px=_SIZE, above_px=5.0))
    if moved := moved_skin(source):
        found.append(Text(text=moved, size_px=_SIZE, tone=CAUTION, bullet="▲"))
    found += facts([(tr("Incision line"), stated(source.case.clinical.incision))], _SIZE)
    return found


def _skin(source: ReportSource, core: PlannedCore) -> tuple[str, ...]:
    """Return where the skin is marked, once for cores through the same entry."""
    entry = core.candidate.trajectory.entry_lps_mm
    for other in source.cores[: core.number - 1]:
        if other.candidate.trajectory.entry_lps_mm == entry:
            return (tr("Same entry as core {number}", number=other.number),)
    return skin_lines(source, core)


def _specimens(source: ReportSource) -> list[Block]:
    found: list[Block] = [Head(text=tr("Specimen plan"), size_px=_TITLE)]
    header = (tr("Core"), tr("For"), tr("Into"), tr("Expected"), tr("Tissue"), tr("To mind"))
    rows = []
    for core in source.cores:
        plan = core.core
        rows.append(
            (
                str(core.number),
                tr("not stated") if plan is None else tr_core(plan.purpose.value),
                tr("not stated") if plan is None else tr_core(plan.container),
                tissue_mm(core.numbers.expected_mm),
                "-" if plan is None else tr("{volume} mm³", volume=f"{plan.tissue_mm3:.0f}"),
                "" if plan is None else tr_core(plan.advice),
            )
        )
    return [*found, *table(header, rows, (0.6, 1.3, 2.2, 1.1, 1.0, 2.6), _SMALL)]


def _open_questions(source: ReportSource) -> list[Block]:
    found: list[Block] = [Head(text=tr("Not checked"), size_px=_TITLE)]
    rows = not_checked_rows(source.plan)
    found += [Text(text=str(row), size_px=_SMALL, tone=CAUTION, bullet="▲") for row in rows]
    if not rows:
        words = tr("Everything that the protocol expects was checked.")
        found.append(Text(text=words, size_px=_SIZE))
    notices = list(dict.fromkeys(tr_core(notice.text) for notice in source.plan.warnings))
    if notices:
        found.append(Head(text=tr("To be known"), size_px=_TITLE))
        found += [Text(text=text, size_px=_SMALL, tone=CAUTION, bullet="▲") for text in notices]
    changed = [(x.key, f"{x.value:g}: {stated(x.reason)}") for x in source.plan.limits]
    changed += [(r.key, stated(r.reason)) for r in source.case.rule_changes]
    if changed:
        found.append(Head(text=tr("Changed for this case"), size_px=_TITLE))
        found += facts(changed, _SMALL)
    return found


def _approval(source: ReportSource) -> list[Block]:
    found: list[Block] = [Head(text=tr("Approval"), size_px=_TITLE)]
    approval = source.approval
    if approval is None:
        removed = source.what.is_approved
        words = (
            tr("Approved; by whom was removed") if removed else tr("Nobody has approved this plan.")
        )
        return [*found, Text(text=words, size_px=_SIZE, tone=INK if removed else DANGER)]
    pairs = [(tr("Approved by"), f"{approval.approved_by}, {approval.when}")]
    pairs += [(tr_core(c.text.split(" | ")[0]), c.answer) for c in approval.checklist]
    found += facts(pairs, _SMALL, name_share=0.6)
    for text in (approval.note, approval.position_reason, approval.limits_reason):
        found += texts(text, _SMALL)
    return found
