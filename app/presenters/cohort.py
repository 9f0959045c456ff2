"""Reads a cohort in the background and shows it; draws nothing and changes no case."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import mark, tr
from app.presenters.cohort_charts import figures
from app.presenters.cohort_compared import compared_of
from app.presenters.cohort_learned import learned_headers, learned_notes, learned_rows
from app.presenters.cohort_parts import subtitle
from app.presenters.cohort_table import headers, shares_of, table_rows
from app.presenters.progress import show_progress
from app.views.cohort_filters import DIVIDE, FILTERS
from app.views.cohort_saving import save_figure
from app.views.cohort_window import CohortWindow
from app.views.values import Choice
from planning.atomic_files import write_whole
from planning.cohort.findings import Choices, Findings, findings
from planning.cohort.fitted_model import FittedErrorModel
from planning.cohort.grouping import Grouping, Selection, selected
from planning.cohort.learning import fit_error_model
from planning.cohort.statistics_csv import statistics_to_csv
from planning.disk_words import not_written
from planning.errors import TrephineError
from planning.model.case import Guidance
from planning.model.cohort import CohortRows
from planning.progress import Progress
from planning.records.fitted_model_file import fitted_models_to_toml, write_fitted_models

_READING, _LEARNING = mark("Reading the registry"), mark("Learning the error model")
_GROUPINGS = (
    ("", mark("nothing")),
    (Grouping.GUIDANCE, mark("guidance")),
    (Grouping.OPERATOR, mark("operator")),
    (Grouping.SITE, mark("site")),
    (Grouping.NEEDLE, mark("needle")),
    (Grouping.DEPTH, mark("planned depth")),
    (Grouping.ANGLE, mark("angle to the slices")),
)

Fitted = tuple[FittedErrorModel, ...]


class CohortPresenter(QObject):
    """Drives the window of the department's accuracy.

    Parameters
    ----------
    read : callable
        Returns all rows there are; called in the background each time the window is opened.
    model_file : Path or None
        Where a fitted error model is kept; None keeps none.

    Signals
    -------
    learned
        An error model was fitted and kept.
    """

    learned = Signal()

    def __init__(
        self,
        window: CohortWindow,
        read: Callable[[], CohortRows],
        *,
        model_file: Path | None = None,
        notice: str = "",
        job: LatestJob | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._read = window, read
        self._model_file, self._notice = model_file, notice
        self._rows: CohortRows | None = None
        self._shown: Findings | None = None
        self.job = job or LatestJob(self)
        self.job.finished.connect(self._take)
        self.job.failed.connect(lambda error: window.message.show_error(tr_core(str(error))))
        show_progress(self.job, window.progress)
        window.opened.connect(self.refresh)
        window.filters.changed.connect(self.look)
        window.learn_requested.connect(self.learn)
        window.filters.set_choices(
            {DIVIDE: [Choice(str(key), tr(words)) for key, words in _GROUPINGS]}
        )
        window.filters.choose(DIVIDE, Grouping.GUIDANCE)

    @property
    def shown(self) -> Findings | None:
        """What is shown; None before anything was read."""
        return self._shown

    def refresh(self) -> None:
        """Read all rows anew and show them."""
        read, rules = self._read, catalogue.cohort_rules()
        selection, by = self._wanted()
        self._window.message.clear_message()

        def work(progress: Progress) -> tuple[CohortRows, Findings]:
            progress.report(0.0, _READING)
            rows = read()
            return rows, findings(rows, rules, selection, by=by, progress=progress.part(0.3, 1.0))

        self.job.start(tr(_READING), work)

    def look(self) -> None:
        """Show the selection that is chosen now."""
        rows, rules = self._rows, catalogue.cohort_rules()
        if rows is None:
            self.refresh()
            return
        known, (selection, by) = rows, self._wanted()
        self.job.start(
            tr("Summing up the cohort"),
            lambda progress: (
                known,
                findings(known, rules, selection, by=by, progress=progress),
            ),
        )

    def learn(self) -> None:
        """Fit the error models of the chosen cases, and keep them for planning."""
        rows, file = self._rows, self._model_file
        if rows is None:
            return
        known, (selection, _) = rows, self._wanted()
        self.job.start(
            tr(_LEARNING),
            lambda progress: _learn(known, selection, file, progress),
        )

    def save_chart(self, file: Path) -> str:
        """Write the chart that is shown; return what went wrong, empty if nothing did."""
        figure = self._window.chart
        return "" if figure is None else save_figure(figure, self._notice, file)

    def save_table(self, file: Path) -> str:
        """Write the statistics as CSV; return what went wrong, empty if nothing did."""
        if self._shown is None:
            return ""
        try:
            write_whole(file, statistics_to_csv(self._shown.groups).encode())
        except OSError as error:
            return tr_core(not_written(file, error))
        return ""

    def _wanted(self) -> tuple[Selection, Grouping | None]:
        chosen = self._window.filters.chosen()
        by = chosen.pop(DIVIDE)
        return Selection(**chosen), Grouping(by) if by else None

    def _take(self, found: object) -> None:
        match found:
            case (CohortRows() as rows, Findings() as shown):
                self._rows, self._shown = rows, shown
                self._show(shown)
            case (Path() | None as file, tuple() as fitted):
                self._show_learned(fitted, file)

    def _show(self, shown: Findings) -> None:
        window, whole = self._window, shown.groups[0]
        window.filters.set_choices(_choices(shown.choices))
        window.set_summary("   ".join(filter(None, (subtitle(shown), shares_of(whole)))))
        window.set_table(headers(), [row.cells for row in table_rows(shown.groups)])
        window.set_figures(figures(shown, compared_of(shown)))
        window.set_ready("" if whole.cores else tr("No core of this selection was imaged."))
        if shown.chart.is_drifting:
            window.message.show_caution(
                tr("The newest cases lie above the control limit; see the control chart.")
            )

    def _show_learned(self, fitted: Fitted, file: Path | None) -> None:
        kept = () if file is None else (_kept_words(file),)
        notes = "\n".join((*learned_notes(fitted), *kept))
        if self._shown is not None:
            self._show(self._shown)  # the charts draw the own model too
        self._window.set_learned(learned_headers(), learned_rows(fitted), notes)
        if file is not None:
            self.learned.emit()


def _kept_words(file: Path) -> str:
    return tr(
        "Kept in {name}. To plan with it, choose your own placement errors in the step Plan.",
        name=file,
    )


def _learn(
    rows: CohortRows, selection: Selection, file: Path | None, progress: Progress
) -> tuple[Path | None, Fitted]:
    """Fit every guidance of a selection; other operators are kept as what is known before."""
    kept = Selection(guidance=selection.guidance, site=selection.site, needle=selection.needle)
    chosen, rules = selected(rows, kept), catalogue.cohort_rules()
    used = [guidance for guidance in Guidance if (chosen.guidance == guidance.value).any()]
    fitted = []
    for number, guidance in enumerate(used):
        progress.report(number / len(used), _LEARNING)
        preset = catalogue.error_models()[guidance]
        fitted.append(fit_error_model(chosen, preset, rules, operator=selection.operator))
    text = fitted_models_to_toml(fitted, confidence=rules.intervals.confidence)
    if file is not None:
        try:
            write_fitted_models(file, text, catalogue.error_models())
        except OSError as error:
            raise TrephineError(tr_core(not_written(file, error))) from error
    return file, tuple(one for one in fitted if one.corrected.cores)


def _choices(known: Choices) -> dict[str, list[Choice]]:
    every = Choice("", tr("all"))
    return {
        key: [every, *(Choice(word, tr_core(word)) for word in getattr(known, key))]
        for key in FILTERS
    }
