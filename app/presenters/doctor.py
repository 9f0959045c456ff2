"""Lets the computer be looked at in the background, and shows it; judges and gathers nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.doctor.examination import examine
from app.doctor.facts import Facts
from app.doctor.findings import STATE_WORDS, Finding, State, count
from app.doctor.report import as_text, summary
from app.jobs import LatestJob
from app.language import tr, tr_count
from app.support_file import SupportPart, contents_of, write_support_file
from app.views.doctor_window import DoctorRow, DoctorWindow
from app.views.support_window import SupportRow, SupportWindow
from planning.errors import TrephineError
from planning.progress import Progress

Gather = Callable[..., Facts]


class DoctorPresenter(QObject):
    """Drives both windows.

    Parameters
    ----------
    gather : callable
        Looks at the computer; takes `network` and `progress`.
    contents : callable
        Puts together what a support file holds.

    Signals
    -------
    support_ready
        What a support file would hold can be shown.
    """

    support_ready = Signal()

    def __init__(
        self,
        view: DoctorWindow,
        support: SupportWindow,
        gather: Gather,
        *,
        contents: Callable[..., tuple[SupportPart, ...]] = contents_of,
        job: LatestJob | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._view, self._support = view, support
        self._gather, self._contents = gather, contents
        self._parts: tuple[SupportPart, ...] = ()
        self.findings: tuple[Finding, ...] = ()
        self.job = job or LatestJob(self)
        self.job.started.connect(view.progress.begin)
        self.job.progressed.connect(view.progress.set_progress)
        self.job.finished.connect(self._take)
        self.job.failed.connect(lambda error: view.message.show_error(tr_core(str(error))))
        self.job.ended.connect(self._end)
        view.check_requested.connect(self.check)
        view.cancel_requested.connect(self.job.cancel)
        view.support_requested.connect(self.show_support)

    def check(self) -> None:
        """Look at the computer."""
        self._start(then_support=False)

    def show_support(self) -> None:
        """Show what a support file would hold; look at the computer first if nobody has."""
        self._start(then_support=True)

    def text(self) -> str:
        """Return the report as text, in the window's language."""
        return as_text(self.findings, tr_core)

    def save(self, file: Path) -> None:
        """Save what was shown, no more and no less."""
        try:
            write_support_file(file, self._parts)
        except TrephineError as error:
            self._support.message.show_error(tr_core(str(error)))
            return
        self._support.message.show_note(tr("Saved {name}", name=file.name))

    def _start(self, *, then_support: bool) -> None:
        known, network = self.findings if then_support else (), self._view.asks_network

        def work(progress: Progress) -> tuple[tuple[Finding, ...], tuple[SupportPart, ...]]:
            findings = known or examine(self._gather(network=network, progress=progress))
            return findings, self._contents(findings) if then_support else ()

        self._view.message.clear_message()
        self.job.start(tr("Looking at this computer"), work)
        self._view.set_busy(busy=True)

    def _take(self, found: tuple[tuple[Finding, ...], tuple[SupportPart, ...]]) -> None:
        self.findings, parts = found
        faults = count(self.findings, State.FAULT)
        self._view.set_summary(tr_core(summary(self.findings)), "danger" if faults else "good")
        self._view.set_rows([_row(finding) for finding in self.findings])
        if parts:
            self._parts = parts
            self._support.set_rows([_support_row(part) for part in parts])
            self.support_ready.emit()

    def _end(self) -> None:
        self._view.progress.finish()
        self._view.set_busy(busy=False)


def _row(finding: Finding) -> DoctorRow:
    return DoctorRow(
        standing=finding.state.value,
        word=tr_core(STATE_WORDS[finding.state]),
        title=tr_core(finding.title),
        found=tr_core(finding.found),
        advice=tr_core(finding.advice) if finding.advice else "",
    )


def _support_row(part: SupportPart) -> SupportRow:
    size = tr_count("{count} byte", "{count} bytes", len(part.text.encode("utf-8", "replace")))
    return SupportRow(name=part.name, about=f"{size}, {tr_core(part.about)}", text=part.text)
