"""Opens the window of image archives, and what it fetches; asks no archive itself.

Window and presenter are made when they are first wanted: few starts want them.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.jobs import LatestJob
from app.language import tr
from app.main_window import MainWindow
from app.paths import pacs_file, received_dir, user_cache_dir

if TYPE_CHECKING:
    from app.presenters.pacs import PacsPresenter
    from app.views.pacs_window import PacsWindow


class PacsOpener(QObject):
    """Makes the window of image archives when it is first opened.

    Parameters
    ----------
    data_dir : Path or None
        Where the servers, and series that were fetched, are kept; None for the cache folder.
    """

    def __init__(self, window: MainWindow, data_dir: Path | None) -> None:
        super().__init__(window)
        self._main, self._data_dir = window, data_dir
        self._made: tuple[PacsWindow, PacsPresenter] | None = None
        self.job = LatestJob(self)

    @property
    def view(self) -> PacsWindow | None:
        """The window; None before it was opened."""
        return None if self._made is None else self._made[0]

    @property
    def presenter(self) -> PacsPresenter | None:
        """What drives it; None before it was opened."""
        return None if self._made is None else self._made[1]

    def open(self) -> None:
        """Show the window."""
        if self._made is None:
            self._made = self._make()
        self._made[0].open()

    def _make(self) -> tuple[PacsWindow, PacsPresenter]:
        from app.presenters.pacs import PacsPresenter
        from app.views.pacs_window import PacsWindow

        folder = self._data_dir or user_cache_dir()
        view = PacsWindow(self._main)
        presenter = PacsPresenter(
            view,
            file=None if self._data_dir is None else self._data_dir / pacs_file().name,
            received=folder / received_dir().name,
            job=self.job,
            parent=self,
        )
        presenter.retrieved.connect(self._show)
        self._main.closing.connect(presenter.receiving.stop)
        view.send_requested.connect(self._ask_folder)
        return view, presenter

    def _show(self, folder: Path) -> None:
        """Open a series that has arrived, as a folder that the user has pointed at."""
        assert self._made is not None, "it has fetched"
        self._made[0].close()
        self._main.open_case(folder)

    def _ask_folder(self) -> None:
        assert self._made is not None, "its own button asks for it"
        view, presenter = self._made
        name = QFileDialog.getExistingDirectory(
            view, tr("Send the DICOM files of a folder"), self._main.last_folder
        )
        if name:
            presenter.send(Path(name))


def add_pacs(window: MainWindow, *, data_dir: Path | None = None) -> PacsOpener:
    """Let the menu open the window of image archives."""
    opener = PacsOpener(window, data_dir)
    window.actions_by_key["pacs"].triggered.connect(opener.open)
    return opener
