"""Saving the case as a folder, in the background; where to, if nowhere yet, is asked elsewhere."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.presenters.progress import show_progress
from app.session import Session
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from planning.errors import TrephineError
from planning.model.case import Case
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.records.case_writer import Saved


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Done:
    """A case that was saved, and the opened document it was."""

    case: Case
    opened_count: int
    saved: Saved


class SavingPresenter(QObject):
    """Saves the open case, and at once whenever its plan is approved or superseded.

    Signals
    -------
    folder_wanted : str
        Somebody has to say where to save; a name is suggested.
    saved : Path
        The case is saved in this folder.
    can_save_changed : str
        Empty if there is something to save; otherwise why not.
    title_changed : str, bool
        What the window is called, and whether something is unsaved.
    said : str
        Something for the status line.
    """

    folder_wanted = Signal(str)
    saved = Signal(object)
    can_save_changed = Signal(str)
    title_changed = Signal(str, bool)
    said = Signal(str)

    def __init__(
        self,
        session: Session,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        save: Callable[..., Saved] | None = None,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._message = message
        self._save = save
        self._one_at_a_time = Lock()
        self.job = LatestJob(self)
        show_progress(self.job, progress)
        self.job.finished.connect(self.take)
        self.job.failed.connect(self.fail)
        session.case_changed.connect(self.follow_case)
        session.saved_changed.connect(self.refresh)

    def save(self) -> None:
        """Save the case into its folder; without one it has to be said where."""
        from planning.records.saved_images import slug

        case = self._session.case
        if case is None:
            return
        if self._session.folder is None:
            self.folder_wanted.emit(slug(case.name))
        else:
            self.save_to(self._session.folder)

    def save_as(self) -> None:
        """Ask where to, and save the case there."""
        from planning.records.saved_images import slug

        case = self._session.case
        if case is not None:
            self.folder_wanted.emit(slug(case.name))

    def save_to(self, folder: Path) -> None:
        """Save the case into a folder: its own, a new or an empty one."""
        session = self._session
        case, images, origin = session.case, session.images, session.origin
        if case is None or images is None:
            return
        given, lock, count = self._save, self._one_at_a_time, session.opened_count

        def work(progress: Progress) -> _Done:
            from planning.records.case_writer import save_case

            save = given or save_case
            with lock:  # a save that is given up may still be writing its last file
                saved = save(case, images, folder, origin=origin, progress=progress)
            return _Done(case=case, opened_count=count, saved=saved)

        self.job.start(tr("Saving {name}", name=case.name), work)

    def take(self, done: _Done) -> None:
        """Remember that the case is saved."""
        folder = done.saved.origin.folder
        if done.opened_count == self._session.opened_count:
            self._session.mark_saved(done.case, done.saved.origin)
        self.saved.emit(folder)
        self.said.emit(tr("Saved in {folder}", folder=folder))
        if done.saved.said:
            self._message.show_caution(" ".join(map(tr_core, done.saved.said)))

    def fail(self, error: TrephineError) -> None:
        """Say why the case could not be saved; what was saved before is still there."""
        self._message.show_error(tr_core(str(error)))

    def follow_case(self, new: Case, old: Case | None) -> None:
        """Bring an approval to the disk at once."""
        is_same = old is not None and self._session.case is new
        if is_same and old is not None and new.approval != old.approval and self._session.folder:
            self.save()

    def refresh(self) -> None:
        """Show the name of the case, and whether it differs from what is saved."""
        case, session = self._session.case, self._session
        self.can_save_changed.emit("" if case is not None else tr("Open a case first."))
        name = "" if case is None else case.name
        self.title_changed.emit(name, case is not None and session.is_unsaved)
