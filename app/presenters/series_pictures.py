"""Brings each series of the list its picture, one after another in the background."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.views.series_list import SeriesList
from app.views.series_values import SeriesPicture
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary
    from planning.imaging.thumbnails import Thumbnail


class SeriesPicturesPresenter(QObject):
    """Makes pictures for as long as the series are wanted; those that can be opened come first."""

    def __init__(self, series_list: SeriesList, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._list = series_list
        self._waiting: list[SeriesSummary] = []
        self._made: SeriesSummary | None = None
        self.job = LatestJob(self)
        self.job.finished.connect(self.take)
        self.job.failed.connect(lambda _: self._next())

    def show(self, found: tuple[SeriesSummary, ...]) -> None:
        """Make the pictures of these series, and of no others any more."""
        self._waiting = sorted((s for s in found if s.middle), key=lambda s: bool(s.problem))
        self._next()

    def stop(self) -> None:
        """Make no more."""
        self._waiting = []
        self.job.cancel()

    def take(self, thumbnail: Thumbnail) -> None:
        """Show a picture that was made, and make the next."""
        if self._made is not None:
            picture = SeriesPicture(
                grey=thumbnail.grey,
                height_to_width=thumbnail.height_to_width,
                problem=_problem(thumbnail),
            )
            self._list.set_picture(self._made.key, picture)
        self._next()

    def _next(self) -> None:
        self._made = self._waiting.pop(0) if self._waiting else None
        if self._made is None:
            return
        middle, modality = self._made.middle, self._made.series.modality

        def work(_: Progress) -> object:
            from planning.imaging.thumbnails import thumbnail_of  # with all of pydicom

            assert middle is not None, "others were left out"
            return thumbnail_of(middle, modality)

        self.job.start(tr("Reading the picture of a series"), work)


def _problem(thumbnail: Thumbnail) -> str:
    told = tr_core(thumbnail.problem)
    return told[:1].upper() + told[1:]
