"""Keeps unsaved changes while they are made, and offers those that a crash left behind."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.autosave import Autosave
from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.progress import show_progress
from app.recovery_shelf import Offer, RecoveryShelf
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.recovery_strip import RecoveryStrip
from planning.disk_words import reason_of
from planning.errors import TrephineError
from planning.image import CaseImages
from planning.progress import Progress
from planning.records.case_origin import Origin

if TYPE_CHECKING:
    from planning.records.recovery import Kept, RecoveryFolder

Load = Callable[[Path, str, Progress], tuple[CaseImages, Origin | None]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Recovered:
    """A kept case with its images, ready to be opened."""

    offer: Offer
    kept: Kept
    images: CaseImages
    origin: Origin | None


class RecoveryPresenter(QObject):
    """Keeps every change of the open case within two seconds, and brings kept ones back.

    Signals
    -------
    recovered : Path or None
        Kept work is open again; what it was opened from once.
    said : str
        Something for the status line.
    can_recover_changed : str
        Empty if there is work to recover; otherwise why not.
    """

    recovered = Signal(object)
    said = Signal(str)
    can_recover_changed = Signal(str)
    _problem = Signal(str)

    def __init__(
        self,
        session: Session,
        strip: RecoveryStrip,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        root: Path,
        load: Load | None = None,
        autosave: Autosave | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._strip = strip
        self._message = message
        self._load = load or _load
        self._shelf = RecoveryShelf(root)
        self._offers: list[Offer] = []
        self._folder: RecoveryFolder | None = None
        self._opened_count = -1
        self._adopted: Offer | None = None
        self._key = ""
        self._problem.connect(self._say_problem)
        self.autosave = autosave or Autosave(self._problem.emit)
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        session.case_changed.connect(self.keep)
        session.saved_changed.connect(self.keep)
        strip.recover_requested.connect(self.recover)
        strip.discard_requested.connect(self.discard)
        strip.later_requested.connect(self.later)

    def look(self) -> None:
        """Offer what earlier runs left behind."""
        self._offers = self._shelf.offers()
        self.show_offer()

    def keep(self) -> None:
        """Keep the open case as it is now; one that is saved needs no keeping."""
        session = self._session
        case, images = session.case, session.images
        if case is None or images is None:
            return
        if session.opened_count != self._opened_count:
            self._begin()
        folder = self._folder
        if not session.is_unsaved:
            if folder is not None:
                self.autosave.forget(folder)
                self._folder = None
            return
        if folder is None or folder.origin is not session.origin:
            self._folder = folder = self._new_folder()
            if folder is None:
                return
        self.autosave.keep(folder, case, images)

    def recover(self, key: str) -> None:
        """Open kept work again, in the background."""
        offer = next((o for o in self._offers if o.key == key), None)
        if offer is None:
            return
        load = self._load

        def work(progress: Progress) -> _Recovered:
            from planning.records.recovery import read_kept, recovered_images

            kept = read_kept(offer.folder)
            files: tuple[CaseImages | None, Origin | None] = (None, None)
            if kept.path:
                files = load(Path(kept.path), kept.series_uid, progress)
            images = recovered_images(kept, files[0])
            return _Recovered(offer=offer, kept=kept, images=images, origin=files[1])

        self.job.start(tr("Recovering {name}", name=offer.name), work)

    def take(self, done: _Recovered) -> None:
        """Make recovered work the open case; it goes on being kept where it was."""
        self._offers = [o for o in self._offers if o.key != done.offer.key]
        self._adopted = done.offer
        self._session.open(done.kept.case, done.images, origin=done.origin, is_unsaved=True)
        self.show_offer()
        self.recovered.emit(Path(done.kept.path) if done.kept.path else None)
        self.said.emit(tr("Recovered as it was at {when}", when=done.offer.clock))

    def fail(self, error: TrephineError) -> None:
        """Say why the work cannot be brought back now; it stays where it is."""
        self._message.show_error(tr_core(str(error)))

    def discard(self, key: str) -> None:
        """Put kept work aside; it is removed after a week."""
        for offer in [o for o in self._offers if o.key == key]:
            if problem := self._shelf.put_aside(offer):
                self._message.show_error(problem)
            self._offers.remove(offer)
        self.show_offer()

    def later(self, key: str) -> None:
        """Offer it another time."""
        self._offers.sort(key=lambda offer: offer.key == key)
        self._strip.clear_offer()

    def show_offer(self) -> None:
        """Offer the next work that is waiting, if any is."""
        self.can_recover_changed.emit("" if self._offers else tr("Nothing was left behind."))
        if not self._offers:
            self._strip.clear_offer()
            return
        offer = self._offers[0]
        problem = tr_core(offer.problem)
        text = problem or tr(
            'Recover "{name}", unsaved changes of {when}?', name=offer.name, when=offer.clock
        )
        more = len(self._offers) - 1
        if more:
            text = tr("{offer} ({count} more after it)", offer=text, count=more)
        self._strip.set_offer(offer.key, text, problem)

    def shut_down(self) -> None:
        """Write what is not yet written; what is saved leaves nothing behind."""
        self.autosave.close()
        self._shelf.close()

    def _begin(self) -> None:
        """Keep another document from now on; the one before stays kept as it is."""
        self._opened_count = self._session.opened_count
        self._folder = None
        self._key = ""

    def _new_folder(self) -> RecoveryFolder | None:
        from planning.records.recovery import RecoveryFolder

        if self._adopted is not None:
            self._key, self._adopted = self._adopted.key, None
        try:
            if not self._key:
                self._key = self._shelf.new_key()
                self.said.emit(tr("Unsaved changes are kept; Ctrl+S saves the case."))
        except OSError as error:
            self._say_problem(
                tr(
                    "Unsaved changes cannot be kept in {folder} ({reason}): save the case often.",
                    folder=self._shelf.root,
                    reason=tr_core(reason_of(error)),
                )
            )
            return None
        return RecoveryFolder(folder=self._shelf.root / self._key, origin=self._session.origin)

    def _say_problem(self, problem: str) -> None:
        if problem:
            self._message.show_error(problem)
        else:
            self.said.emit(tr("Unsaved changes are kept again."))


def _load(path: Path, series_uid: str, progress: Progress) -> tuple[CaseImages, Origin | None]:
    from planning.records.case_file import load_case

    loaded = load_case(
        path,
        role_tables=catalogue.role_tables(),
        viability_rules=catalogue.viability_rules(),
        series_uid=series_uid,
        progress=progress,
    )
    return loaded.images, loaded.origin
