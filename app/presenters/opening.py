"""Opening a case or a folder of DICOM, in the background, with a choice where there are several."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.numbers import sentences
from app.presenters.progress import show_progress
from app.presenters.series_pictures import SeriesPicturesPresenter
from app.presenters.series_rows import series_rows
from app.reading import Load, SeriesChoice, list_choice, load_or_list
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.series_list import SeriesList
from planning.errors import TrephineError
from planning.progress import Progress
from planning.records.case_origin import CASE_FILE_NAME

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary
    from planning.records.case_file import LoadedCase


class OpeningPresenter(QObject):
    """Opens what the user points at.

    Signals
    -------
    choosing
        The list of series wants to be seen.
    opened : Path
        A case is open.
    gave_up
        Nothing was opened; what was there before is still open.
    """

    choosing = Signal()
    opened = Signal(object)
    gave_up = Signal()

    def __init__(
        self,
        session: Session,
        series_list: SeriesList,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        load: Load | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._series_list = series_list
        self._message = message
        self._load = load or load_or_list
        self._path = Path()
        self._found: tuple[SeriesSummary, ...] = ()
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        self.pictures = SeriesPicturesPresenter(series_list, self)
        series_list.chosen.connect(self.choose)
        series_list.cancelled.connect(self.pictures.stop)
        series_list.cancelled.connect(self.gave_up)

    def open(self, path: Path, series_uid: str = "") -> None:
        """Open a case folder, a case file, a DICOM folder or an image file."""
        self._path = path
        self._message.clear_message()
        load = self._load
        self.job.start(tr("Opening {name}", name=path.name), lambda p: load(path, series_uid, p))

    @property
    def folder(self) -> Path:
        """What was opened or listed last."""
        return self._path

    def summary(self, key: str) -> SeriesSummary | None:
        """Return a series of the list."""
        return next((s for s in self._found if s.key == key), None)

    def browse(self, folder: Path) -> None:
        """List the series of a folder, whatever they are; nothing is opened yet."""
        self._message.clear_message()
        text = tr("Looking into {name}", name=folder.name)
        self.job.start(text, lambda progress: list_choice(folder, progress))

    def open_sample(self, folder: Path) -> None:
        """Make the sample case in a folder, unless it is there already, and open it."""
        load, file = self._load, folder / CASE_FILE_NAME
        self._path = file
        self._message.clear_message()

        def work(progress: Progress) -> object:
            from planning.sample.sample_case import write_sample_case  # seldom wanted

            write_sample_case(folder, progress=progress.part(0.0, 0.6))
            return load(file, "", progress.part(0.6, 1.0))

        self.job.start(tr("Making the sample case"), work)

    def choose(self, series_uid: str) -> None:
        """Open one series of the folder that was listed."""
        self.pictures.stop()
        self.open(self._path, series_uid)

    def take(self, result: LoadedCase | SeriesChoice) -> None:
        """Show the series to choose from, or make the loaded case the open one."""
        if isinstance(result, SeriesChoice):
            self.list_series(result)
            return
        self._session.open(result.case, result.images, origin=result.origin)
        self.opened.emit(self._path)
        if told := (*result.said, *result.case.notes):
            self._message.show_caution(sentences(told))

    def list_series(self, choice: SeriesChoice) -> None:
        """Show series to choose from, with a picture of each as soon as it is made."""
        self._path, self._found = choice.folder, choice.found
        has_ct = self._session.case is not None
        rows = series_rows(choice.found, has_ct=has_ct, pointed=choice.pointed)
        passed_over = tr_core(" ".join(choice.notes))
        self._series_list.set_rows(rows, "   ".join((str(choice.folder), passed_over)).strip())
        self.pictures.show(choice.found)
        self.choosing.emit()

    def fail(self, error: TrephineError) -> None:
        """Say what is wrong; what was open stays open."""
        self._message.show_error(tr_core(str(error)))
        self.gave_up.emit()
