"""The one thing that changes: which case is open, and what was done to it; shows nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zlib import crc32

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QUndoCommand, QUndoStack

from planning.errors import TrephineError
from planning.image import CaseImages, Mask, Volume
from planning.model.case import Case
from planning.model.plan_life import check_change
from planning.records.case_origin import Origin

if TYPE_CHECKING:
    from planning.anatomy.anatomy import Anatomy

_UNDO_STEPS = 200


class Session(QObject):
    """Holds the open case, its images, and the way back.

    Signals
    -------
    case_changed : Case or None, Case or None
        New and old; receivers compare fields by identity.
    opened
        Another case is open, with other images; follows `case_changed`.
    anatomy_changed : Anatomy or None
        What planning derived from the case; not part of the document.
    refused : str
        A change was not made, and why; `case_changed` follows, with the refused case as the old
        one, so that whatever showed the wish shows again what is.
    saved_changed
        The case is now saved, or differs from what is saved, or is saved somewhere else.
    """

    case_changed = Signal(object, object)
    opened = Signal()
    anatomy_changed = Signal(object)
    refused = Signal(str)
    saved_changed = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._case: Case | None = None
        self._images: CaseImages | None = None
        self._anatomy: Anatomy | None = None
        self._origin: Origin | None = None
        self._saved: Case | None = None
        self.opened_count = 0  # tells one opened case from the next
        self.undo_stack = QUndoStack(self)
        self.undo_stack.setUndoLimit(_UNDO_STEPS)

    @property
    def case(self) -> Case | None:
        """The open case."""
        return self._case

    @property
    def images(self) -> CaseImages | None:
        """The open case's images; masks are added while it is open, none ever changes."""
        return self._images

    @property
    def anatomy(self) -> Anatomy | None:
        """What the latest planning derived, or None."""
        return self._anatomy

    @property
    def origin(self) -> Origin | None:
        """Where the open case was read from, or saved to since."""
        return self._origin

    @property
    def folder(self) -> Path | None:
        """The open case's own folder, where it can be saved without asking."""
        return None if self._origin is None else self._origin.folder

    @property
    def is_unsaved(self) -> bool:
        """Tell whether the open case differs from what is in its files."""
        return self._case is not self._saved

    def open(
        self,
        case: Case,
        images: CaseImages,
        *,
        origin: Origin | None = None,
        is_unsaved: bool = False,
    ) -> None:
        """Replace everything by another case; there is no way back into the one before.

        Parameters
        ----------
        origin : Origin or None
            Where it was read from.
        is_unsaved : bool
            The case is not as its files say: it was recovered.
        """
        old = self._case
        self.undo_stack.clear()
        self._images = images
        self._case = case
        self._origin = origin
        self._saved = None if is_unsaved else case
        self.opened_count += 1
        self.set_anatomy(None)
        self.case_changed.emit(case, old)
        self.opened.emit()
        self.saved_changed.emit()

    def set_anatomy(self, anatomy: Anatomy | None) -> None:
        """Keep what planning derived."""
        if anatomy is not self._anatomy:
            self._anatomy = anatomy
            self.anatomy_changed.emit(anatomy)

    def mark_saved(self, case: Case, origin: Origin) -> None:
        """Remember which case is in the files now, and where they are."""
        self._saved, self._origin = case, origin
        self.saved_changed.emit()

    def apply(self, text: str, new_case: Case, merge_key: str = "") -> bool:
        """Make `new_case` the open one, as a step that can be undone; tell whether it was made.

        What an approval holds fast is not changed: the step is refused in words.

        Parameters
        ----------
        text : str
            What was done, for the menu.
        merge_key : str
            Steps in a row with the same key, for example of one drag, become one.
        """
        if self._case is None or new_case is self._case:
            return False
        if self._refuses(self._case, new_case):
            return False
        self.undo_stack.push(_Step(self, text, (self._case, new_case), merge_key))
        return True

    def seal(self, new_case: Case) -> None:
        """Make `new_case` the open one for good: nothing before it can be undone any more."""
        if self._case is not None:
            self.undo_stack.clear()
            self._put(new_case)

    def amend(self, new_case: Case) -> None:
        """Let the latest step lead here: for what follows from it but is worked out later.

        Undoing that step undoes both; without a step it is the opened case that is completed, and
        it stays as saved as it was.
        What an approval holds fast is refused, as by `apply`.
        """
        old = self._case
        if old is None or new_case is old or self._refuses(old, new_case):
            return
        step = self.undo_stack.command(self.undo_stack.index() - 1)
        if isinstance(step, _Step):
            step.lead_to(new_case)
        following = self.undo_stack.command(self.undo_stack.index())
        if isinstance(following, _Step):
            following.start_from(new_case)
        self._put(new_case, is_saved=old is self._saved and not isinstance(step, _Step))

    def add_masks(self, masks: Mapping[str, Mask]) -> None:
        """Keep more masks for structures to name; undoing a step leaves them where they are."""
        if self._images is not None:
            self._images = replace(self._images, masks={**self._images.masks, **masks})

    def add_second(self, key: str, volume: Volume, files: tuple[Path, ...]) -> None:
        """Keep one more second image for the case to name, with the files it was read from."""
        if self._images is None:
            return
        self._images = replace(self._images, second={**self._images.second, key: volume})
        if self._origin is not None:
            self._origin = replace(
                self._origin,
                second_files={**self._origin.second_files, key: files},
                added={**self._origin.added, key: volume},
            )

    def _refuses(self, old: Case, new: Case) -> bool:
        """Say why a change is not made, if it is not."""
        try:
            check_change(old, new)
        except TrephineError as error:
            self.refused.emit(str(error))
            self.case_changed.emit(old, new)
            return True
        return False

    def _put(self, case: Case, *, is_saved: bool = False) -> None:
        was_unsaved = self.is_unsaved
        old, self._case = self._case, case
        if is_saved:
            self._saved = case
        self.case_changed.emit(case, old)
        if self.is_unsaved is not was_unsaved:
            self.saved_changed.emit()


class _Step(QUndoCommand):
    """Puts one immutable case in the place of another."""

    def __init__(
        self, session: Session, text: str, cases: tuple[Case, Case], merge_key: str
    ) -> None:
        super().__init__(text)
        self._session = session
        self._before, self._after = cases
        self._merge_key = merge_key

    def lead_to(self, case: Case) -> None:
        """End in another case from now on."""
        self._after = case

    def start_from(self, case: Case) -> None:
        """Begin in another case from now on."""
        self._before = case

    def id(self) -> int:
        return crc32(self._merge_key.encode()) >> 1 if self._merge_key else -1

    def mergeWith(self, other: QUndoCommand) -> bool:
        if not isinstance(other, _Step) or other._merge_key != self._merge_key:
            return False
        self._after = other._after
        return True

    def redo(self) -> None:
        self._session._put(self._after)

    def undo(self) -> None:
        self._session._put(self._before)
