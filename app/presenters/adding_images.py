"""PET and MR series for the case that is open: read, placed and laid over the CT."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.locking import why_locked
from app.presenters.numbers import sentences
from app.presenters.progress import show_progress
from app.presenters.series_rows import second_kind
from app.session import Session
from app.view_state import ViewState
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from planning.errors import TrephineError
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary
    from planning.records.second_images import AddedImage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Read:
    """A second image that was read, and for which opened case."""

    added: AddedImage
    opened_count: int


class AddingImagesPresenter(QObject):
    """Adds second images to the open case, each a step to undo.

    Signals
    -------
    added
        An image was added and is laid over the CT.
    failed
        None was; the message says why.
    """

    added = Signal()
    failed = Signal()

    def __init__(
        self,
        session: Session,
        view_state: ViewState,
        progress: ProgressStrip,
        message: MessageStrip,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._state = view_state
        self._message = message
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)

    def add(self, folder: Path, summary: SeriesSummary) -> None:
        """Read a series of a folder and lay it over the CT."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            return
        self._message.clear_message()
        if why := why_locked(case):
            self._message.show_error(why)
            self.failed.emit()
            return
        kind, ct, series_uid = second_kind(summary.series.modality), images.ct, summary.key
        key, count = _free_key(summary, tuple(images.second)), self._session.opened_count

        def work(progress: Progress) -> object:
            from planning.records.second_images import added_image

            added = added_image(folder, kind, ct, key=key, series_uid=series_uid, progress=progress)
            return _Read(added=added, opened_count=count)

        self.job.start(tr("Reading {name}", name=key), work)

    def take(self, read: _Read) -> None:
        """Make the image one of the case's, and show it."""
        case, added = self._session.case, read.added
        if case is None or read.opened_count != self._session.opened_count:
            return
        self._session.add_second(added.image.path, added.volume, added.files)
        new = replace(case, second_images=(*case.second_images, added.image))
        if not self._session.apply(tr("Add {name}", name=added.image.path), new):
            self.failed.emit()
            return
        self._state.set_shown(replace(self._state.shown, second_image=added.image.path))
        if added.notes:
            self._message.show_caution(sentences(added.notes))
        self.added.emit()

    def fail(self, error: TrephineError) -> None:
        """Say what is wrong; the case is as it was."""
        self._message.show_error(tr_core(str(error)))
        self.failed.emit()


def _free_key(summary: SeriesSummary, taken: tuple[str, ...]) -> str:
    """Return what the case is to call a series: a name that no other image of it has."""
    series = summary.series
    parts = (series.modality, series.series_number, series.description)
    wanted = " ".join(part for part in parts if part)
    number, key = 1, wanted
    while key in taken:
        number += 1
        key = f"{wanted} ({number})"
    return key
