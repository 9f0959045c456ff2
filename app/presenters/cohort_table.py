"""A cohort's groups as rows of a table and as a figure; sums nothing up."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from app.core_language import tr_core
from app.language import tr
from app.presenters.cohort_parts import (
    fitting,
    interval_words,
    nothing,
    published_words,
    subtitle,
    top_of,
)
from app.views.cohort_values import Bars, ChartAxis, Figure, FloatArray, Panel
from planning.cohort.findings import Findings
from planning.cohort.published import PublishedAccuracy
from planning.cohort.statistics import ALL, Estimate, GroupSummary, Share

LATERAL = "lateral_tip_mm"
_MOST_GROUPS = 14
_MOST_PUBLISHED = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class TableRow:
    """One error of one group in words; `remark` says what is wrong with the numbers."""

    group: str
    measure: str
    cores: str
    cases: str
    mean: str
    sd: str
    median: str
    p95: str
    remark: str = ""

    @property
    def cells(self) -> tuple[str, ...]:
        """What stands in the row, left to right."""
        return (
            self.group,
            self.measure,
            self.cores,
            self.cases,
            self.mean,
            self.sd,
            self.median,
            self.p95,
            self.remark,
        )


def headers() -> tuple[str, ...]:
    """Return what stands above the columns."""
    return (
        tr("Group"),
        tr("Error"),
        tr("Cores"),
        tr("Cases"),
        tr("Mean"),
        tr("SD"),
        tr("Median"),
        tr("95 %"),
        "",
    )


def group_name(group: GroupSummary) -> str:
    """Return a group's name in the window's language; names of people stay."""
    return tr("All") if group.by is None and group.name == ALL else tr_core(group.name)


def table_rows(groups: Sequence[GroupSummary]) -> tuple[TableRow, ...]:
    """Return all errors of all groups, or why a group has none."""
    rows = []
    for group in groups:
        name, remark = group_name(group), tr_core(group.remark)
        if not group.measures:
            blank = TableRow(
                group=name,
                measure="",
                cores="0",
                cases="0",
                mean="",
                sd="",
                median="",
                p95="",
                remark=remark,
            )
            rows.append(blank)
        for one in group.measures:
            unit = "°" if one.measure.unit == "deg" else one.measure.unit
            rows.append(
                TableRow(
                    group=name,
                    measure=f"{tr_core(one.measure.label)}, {unit}",
                    cores=str(one.cores),
                    cases=str(one.cases),
                    mean=interval_words(one.mean),
                    sd=interval_words(one.sd),
                    median=interval_words(one.median),
                    p95=interval_words(one.p95),
                    remark=remark,
                )
            )
    return tuple(rows)


def share_words(share: Share | None, what: str) -> str:
    """Return a proportion with its interval in words; empty where it is not known."""
    if share is None:
        return ""
    return tr(
        "{what}: {percent} % ({low} to {high} %) of {count}",
        what=what,
        percent=f"{100 * share.value:.0f}",
        low=f"{100 * share.low:.0f}",
        high=f"{100 * share.high:.0f}",
        count=share.count,
    )


def shares_of(whole: GroupSummary) -> str:
    """Say in one line how many cores were within tolerance, adequate, and not imaged."""
    said = [
        share_words(whole.within_tolerance, tr("Within tolerance")),
        share_words(whole.adequate, tr("Adequate")),
        tr("Not imaged: {count}", count=whole.not_imaged) if whole.not_imaged else "",
    ]
    return "   ".join(filter(None, said))


def groups_figure(shown: Findings, published: Sequence[PublishedAccuracy]) -> Figure:
    """Return the lateral error of all groups, with published values below them."""
    title = tr("Lateral error by group")
    known = [g for g in shown.groups if g.of(LATERAL) is not None]
    if not known:
        why = tr("No core of this selection was imaged.")
        return Figure(
            key="groups",
            tab=tr("Groups"),
            title=title,
            subtitle=subtitle(shown),
            panels=(nothing(why),),
        )
    drawn, others = known[:_MOST_GROUPS], fitting(published, shown, LATERAL)[:_MOST_PUBLISHED]
    names = [f"{group_name(g)} ({g.cores})" for g in drawn]
    names += [tr("published: {name}", name=tr_core(v.name)) for v in others]
    places = np.arange(len(names), 0.0, -1.0)
    layers = (*_own_bars(drawn, places), _published_bars(others, places[len(drawn) :]))
    ends = np.concatenate([ends for bars in layers for ends in (bars.high, bars.centre)])
    panel = Panel(
        x=ChartAxis(label=tr("lateral error, mm"), low=0.0, high=top_of(ends)),
        y=ChartAxis(
            label="",
            low=0.4,
            high=len(names) + 0.6,
            names=tuple(zip(places.tolist(), names, strict=True)),
        ),
        layers=tuple(bars for bars in layers if np.isfinite(bars.centre).any()),
    )
    return Figure(
        key="groups",
        tab=tr("Groups"),
        title=title,
        subtitle=subtitle(shown),
        panels=(panel,),
        notes=(*_left_out(len(known) - len(drawn)), *published_words(others)),
    )


def _own_bars(groups: Sequence[GroupSummary], places: FloatArray) -> tuple[Bars, Bars]:
    """Return means and 95th percentiles of groups at the first places."""
    own = places[: len(groups)]
    means, tops = ([_of(g, name) for g in groups] for name in ("mean", "p95"))
    return (
        Bars(
            at=own,
            centre=_values(means),
            low=_ends(means, "low"),
            high=_ends(means, "high"),
            name=tr("mean with 95 % interval"),
            across=True,
        ),
        Bars(
            at=own,
            centre=_values(tops),
            low=_ends(tops, "low"),
            high=_ends(tops, "high"),
            ink=1,
            hollow=True,
            name=tr("95th percentile with 95 % interval"),
            across=True,
        ),
    )


def _published_bars(values: Sequence[PublishedAccuracy], places: FloatArray) -> Bars:
    return Bars(
        at=places,
        centre=np.array([v.centre for v in values]),
        low=np.array([v.low for v in values]),
        high=np.array([v.high for v in values]),
        ink="secondary",
        name=tr("published: see below"),
        across=True,
    )


def _left_out(count: int) -> tuple[str, ...]:
    if not count:
        return ()
    return (tr("{count} more groups stand in the table only.", count=count),)


def _of(group: GroupSummary, name: str) -> Estimate | None:
    summary = group.of(LATERAL)
    found: Estimate | None = None if summary is None else getattr(summary, name)
    return found


def _values(estimates: Sequence[Estimate | None]) -> np.ndarray:
    return np.array([np.nan if e is None else e.value for e in estimates])


def _ends(estimates: Sequence[Estimate | None], name: str) -> np.ndarray:
    ends = [None if e is None else getattr(e, name) for e in estimates]
    return np.array([np.nan if end is None else end for end in ends])
