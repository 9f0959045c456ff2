"""What was not chosen, and why, for the tumour board; ranks nothing."""

from __future__ import annotations

from app.core_language import tr_name
from app.language import tr
from app.presenters.broken_limits import constraint_text
from app.presenters.card_rows import share_rows
from app.presenters.numbers import label_of, spoken
from app.reports.source import ReportSource
from app.views.paper import Block, Head, Text
from app.views.paper_tables import table
from app.views.wording import chance, hand_mm, tissue_mm
from planning.model.plan import Candidate

_TITLE, _SIZE, _SMALL = 14, 12, 10
_ALTERNATIVES = 12


def alternatives(source: ReportSource) -> list[Block]:
    """Return what was not chosen: paths that keep the limits, and how many do not and why."""
    plan = source.plan
    meant = {core.candidate.candidate_id for core in source.cores}
    others = [c for c in plan.candidates if c.candidate_id not in meant][:_ALTERNATIVES]
    found: list[Block] = [Head(text=tr("Rejected alternatives"), size_px=_TITLE)]
    if others:
        header = (
            *(tr("No."), tr("Stop depth"), tr("Viable"), tr("Expected"), tr("P(enough)")),
            *(tr("Nearest"), tr("Score"), tr("Why not first")),
        )
        rows = [_alternative(source, other) for other in others]
        found += table(header, rows, (0.7, 0.9, 1.1, 1.1, 1.1, 3.0, 0.8, 3.6), _SMALL)
    else:
        found.append(Text(text=tr("No other trajectory was kept."), size_px=_SIZE))
    removed = sorted(plan.rejected.items(), key=lambda item: -item[1])
    rows = [
        (f"{count:,}", constraint_text(source.protocol, key)) for key, count in removed if count
    ]
    words = tr("{count} paths were tried; removed were:", count=f"{plan.evaluated:,}")
    found.append(Text(text=words, size_px=_SIZE, above_px=6.0, keeps_next=bool(rows)))
    if rows:
        found += table((tr("Paths"), tr("Because")), rows, (1.0, 6.0), _SMALL)
    return found


def _alternative(source: ReportSource, other: Candidate) -> tuple[str, ...]:
    values, near = other.criteria, other.nearest[0] if other.nearest else None
    nearest = "-" if near is None else (
        f"{tr_name(spoken(near.structure))} {tissue_mm(near.clearance_mm)}"
    )  # fmt: skip
    return (
        label_of(other, source.plan.core_set),
        hand_mm(values.get("stop_depth_mm")),
        tissue_mm(values.get("viable_length_mm")),
        tissue_mm(values.get("expected_viable_length_mm")),
        chance(values.get("viable_probability")),
        nearest,
        f"{other.score:.2f}",
        _why_not(source, other),
    )


def _why_not(source: ReportSource, other: Candidate) -> str:
    """Say which limits an alternative breaks, or what its score lost most by."""
    if other.violations:
        return "; ".join(constraint_text(source.protocol, key) for key in other.violations)
    shares = share_rows(other, source.protocol)[:2]
    if not shares:
        return tr("nothing is lost by any wish")
    lost = ", ".join(f"{row.label} {100.0 * row.share:.0f} %" for row in shares)
    return tr("loses by: {wishes}", wishes=lost)
