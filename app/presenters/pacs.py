"""Searches an image archive, fetches what is to be opened and sends folders, in the background."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr, tr_count
from app.presenters.pacs_receiving import PacsReceivingPresenter
from app.presenters.pacs_servers import PacsServersPresenter
from app.presenters.progress import show_progress
from app.views.pacs_values import FoundRow
from app.views.pacs_window import PacsWindow
from planning.errors import TrephineError
from planning.network import pacs
from planning.network.matches import Query, SeriesMatch, Studies, StudyMatch
from planning.network.servers import PacsServer
from planning.progress import Progress


@dataclass(frozen=True, slots=True)
class _Answered:
    """A server has answered a test."""

    name: str


@dataclass(frozen=True, slots=True)
class _Sent:
    """So many files were stored."""

    count: int
    name: str


@dataclass(frozen=True, slots=True)
class _Series:
    """The series of a study were found."""

    found: tuple[SeriesMatch, ...]


class PacsPresenter(QObject):
    """Drives the window of image archives.

    Parameters
    ----------
    file : Path or None
        Where the servers are kept.
    received : Path
        Below which each series that is fetched has a folder.

    Signals
    -------
    retrieved : Path
        A series has arrived and is to be opened.
    """

    retrieved = Signal(object)

    def __init__(
        self,
        window: PacsWindow,
        *,
        file: Path | None,
        received: Path,
        job: LatestJob | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._window, self._received = window, received
        self._studies: dict[str, StudyMatch] = {}
        self._series: dict[str, SeriesMatch] = {}
        self.servers = PacsServersPresenter(window.servers, window.message, file, self)
        self.receiving = PacsReceivingPresenter(window.receiving, window.message, received, self)
        self.job = job or LatestJob(self)
        self.job.finished.connect(self._take)
        self.job.failed.connect(lambda error: window.message.show_error(tr_core(str(error))))
        self.job.ended.connect(lambda: self.receiving.resume())
        self.receiving.open_requested.connect(self.retrieved)
        show_progress(self.job, window.progress)
        window.opened.connect(self.servers.read)
        window.server_chosen.connect(lambda _: self._forget())
        window.test_requested.connect(self.test)
        window.servers_requested.connect(self.edit_servers)
        window.search.search_requested.connect(self.search)
        window.search.study_chosen.connect(self.list_series)
        window.search.open_requested.connect(self.fetch)
        window.servers.left.connect(window.show_search)
        self.servers.changed.connect(self._offer)

    def search(self) -> None:
        """Ask the server for studies."""
        fields = self._window.search.query
        query = Query(
            patient_name=fields.patient_name,
            patient_id=fields.patient_id,
            date_from=fields.date_from,
            date_to=fields.date_to,
            modality=fields.modality,
        )
        self._forget()
        self._start(
            tr("Searching {server}", server=self._window.server),
            lambda server, progress: pacs.find_studies(server, query, progress),
        )

    def list_series(self, study_uid: str) -> None:
        """Ask the server for the series of a study."""
        self._series = {}
        self._start(
            tr("Searching {server}", server=self._window.server),
            lambda server, progress: _Series(pacs.find_series(server, study_uid, progress)),
        )

    def fetch(self, series_uid: str) -> None:
        """Fetch a series; it is opened once all of it has arrived."""
        wanted, root = self._series[series_uid], self._received
        receiver = self.servers.settings.receiver
        self.receiving.pause()
        self._start(
            tr("Fetching from {server}", server=self._window.server),
            lambda server, progress: pacs.retrieve_series(server, wanted, root, receiver, progress),
        )

    def test(self) -> None:
        """Ask the server whether it is there."""

        def work(server: PacsServer, progress: Progress) -> object:
            pacs.echo(server, progress)
            return _Answered(server.name)

        self._start(tr("Asking {server}", server=self._window.server), work)

    def send(self, folder: Path) -> None:
        """Store the DICOM files of a folder in the server."""
        self._start(
            tr("Sending to {server}", server=self._window.server),
            lambda server, progress: _Sent(pacs.send_folder(server, folder, progress), server.name),
        )

    def edit_servers(self) -> None:
        """Turn to the page of the servers."""
        self.job.cancel()
        self.servers.edit()
        self._window.message.clear_message()
        self._window.show_servers()

    def _start(self, text: str, work: Callable[[PacsServer, Progress], object]) -> None:
        self._window.message.clear_message()
        try:
            server = self.servers.settings.server(self._window.server)
        except TrephineError as error:
            self._window.message.show_error(tr_core(str(error)))
            return
        self.job.start(text, lambda progress: work(server, progress))

    def _take(self, result: object) -> None:
        if isinstance(result, Studies):
            self._show_studies(result)
        elif isinstance(result, _Series):
            self._series = {one.series_uid: one for one in result.found}
            self._window.search.set_series([_series_row(one) for one in result.found])
        elif isinstance(result, Path):
            self.retrieved.emit(result)
        elif isinstance(result, _Answered):
            self._window.message.show_note(tr("{server} answers.", server=result.name))
        elif isinstance(result, _Sent):
            self._window.message.show_note(
                tr_count(
                    "{count} file stored in {server}.",
                    "{count} files stored in {server}.",
                    result.count,
                    server=result.name,
                )
            )

    def _show_studies(self, studies: Studies) -> None:
        self._studies = {one.study_uid: one for one in studies.found}
        count = len(studies.found)
        if studies.is_cut:
            hint = tr("The newest {count} of more; narrow the search.", count=count)
        elif count:
            hint = tr_count("{count} study", "{count} studies", count)
        else:
            hint = tr("No study matches. Try fewer letters of the name, or other dates.")
        self._window.search.set_hint(hint)
        self._window.search.set_studies([_study_row(one) for one in studies.found])

    def _forget(self) -> None:
        """Show nothing that another server, or another search, has found."""
        self._studies, self._series = {}, {}
        self._window.search.set_studies(())
        self._window.search.set_hint("")

    def _offer(self) -> None:
        names = [one.name for one in self.servers.settings.servers]
        before = self._window.server
        self._window.set_servers(names, before)
        if self._window.server != before:
            self._forget()
        none = tr("No server is known yet. Add one under Servers.")
        self._window.set_ready("" if names else none)
        self.receiving.use(self.servers.settings)
        if not names:
            self._window.search.set_hint(none)
        elif not self._studies:
            self._window.search.set_hint(tr("Enter a name, an ID or dates, then search."))


def _study_row(study: StudyMatch) -> FoundRow:
    return FoundRow(
        key=study.study_uid,
        cells=(
            _name_words(study.patient_name),
            study.patient_id,
            study.birth_date,
            study.date,
            study.description or tr("no description"),
            " ".join(study.modalities),
            str(study.series_count or ""),
        ),
    )


def _name_words(name: str) -> str:
    """Return a stored name (family^given^middle^prefix^suffix) as people read it."""
    family, *others = name.split("^")
    return ", ".join(part for part in (family, " ".join(filter(None, others))) if part)


def _series_row(series: SeriesMatch) -> FoundRow:
    return FoundRow(
        key=series.series_uid,
        cells=(
            series.number,
            series.description or tr("no description"),
            series.modality,
            series.date,
            str(series.image_count or ""),
        ),
    )
