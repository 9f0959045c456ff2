"""Structures from a file for the case that is open: asked about, then one step to undo."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal

from app import catalogue
from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr, tr_count
from app.presenters.locking import why_locked
from app.presenters.numbers import sentences
from app.presenters.progress import show_progress
from app.presenters.structure_changes import free_name, with_more
from app.presenters.structure_properties import ROLE_WORDS
from app.session import Session
from app.views.adding_panel import AddingPanel, AddingRow
from app.views.message_strip import MessageStrip
from app.views.progress_strip import ProgressStrip
from app.views.values import Choice
from planning.anatomy.roles import RoleTable
from planning.editing.naming import next_key
from planning.model.case import Role, Structure
from planning.progress import Progress

if TYPE_CHECKING:
    from planning.image import Mask
    from planning.records.file_masks import FileMask, MaskFile
    from planning.records.mask_sources import Label

_TICKED_AT_MOST = 12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Found:
    """What a file turned out to be; None: no masks."""

    path: Path
    file: MaskFile | None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Placed:
    """Regions on the CT, with the roles they were given, and why others are left out."""

    masks: tuple[FileMask, ...]
    roles: Mapping[Label, Role]
    file_name: str
    left_out: tuple[str, ...]
    opened_count: int


class AddingMasksPresenter(QObject):
    """Adds structures from mask files, contours and segmentations to the open case.

    Signals
    -------
    asking
        The panel asks and wants to be seen.
    not_masks : Path
        A file holds no masks; it is to be opened.
    added : str
        Key of the mask of the first structure that was added.
    """

    asking = Signal()
    not_masks = Signal(object)
    added = Signal(str)

    def __init__(
        self,
        session: Session,
        panel: AddingPanel,
        progress: ProgressStrip,
        message: MessageStrip,
        *,
        role_tables: Callable[[], Mapping[str, RoleTable]] = catalogue.role_tables,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._panel = panel
        self._message = message
        self._role_tables = role_tables
        self._file: MaskFile | None = None
        self.job, self.placing = LatestJob(self), LatestJob(self)
        for job in (self.job, self.placing):
            show_progress(job, progress)
        self.job.finished.connect(self.take_file)
        self.job.failed.connect(lambda error: message.show_error(tr_core(str(error))))
        self.placing.finished.connect(self.take_masks)
        self.placing.failed.connect(lambda error: panel.say(tr_core(str(error))))
        panel.set_roles(tuple(Choice(role.value, tr(words)) for role, words in ROLE_WORDS.items()))
        panel.add_requested.connect(self.add)
        panel.given_up.connect(self.give_up)
        panel.open_instead.connect(self.open_instead)
        session.opened.connect(self.give_up)

    def look_into(self, path: Path) -> None:
        """Ask about the structures of a file; a file without any is opened."""
        self._message.clear_message()
        if why := why_locked(self._session.case):
            self._message.show_error(why)
            return

        def work(_: Progress) -> object:
            from planning.records.file_masks import mask_file

            return _Found(path=path, file=mask_file(path))

        self.job.start(tr("Looking into {name}", name=path.name), work)

    def take_file(self, found: _Found) -> None:
        """Ask what each region is, or have the file opened."""
        self._file = found.file
        if found.file is None:
            self._panel.withdraw()
            self.not_masks.emit(found.path)
            return
        regions = found.file.regions
        rows = []
        for region in regions:
            role = self._known_role(region.name)
            ticked = bool(role) or len(regions) <= _TICKED_AT_MOST
            rows.append(AddingRow(name=region.name, role=role, ticked=ticked))
        self._panel.ask(found.path.name, tuple(rows), may_open=found.file.may_be_image)
        self.asking.emit()

    def add(self, wanted: tuple[tuple[int, str], ...]) -> None:
        """Bring the wanted regions onto the CT, in the background."""
        file, images = self._file, self._session.images
        if file is None or images is None:
            return
        ct, count = images.ct, self._session.opened_count
        regions = [file.regions[number] for number, _ in wanted]
        roles = {file.regions[number].label: Role(role) for number, role in wanted}

        def work(progress: Progress) -> object:
            from planning.records.file_masks import placed_regions

            masks, left_out = placed_regions(file, regions, ct, progress)
            return _Placed(
                masks=masks,
                roles=roles,
                file_name=file.path.name,
                left_out=left_out,
                opened_count=count,
            )

        self.placing.start(tr("Adding structures of {name}", name=file.path.name), work)

    def take_masks(self, placed: _Placed) -> None:
        """Make the regions structures of the case, in one step."""
        case, images = self._session.case, self._session.images
        if case is None or images is None or placed.opened_count != self._session.opened_count:
            return
        added: dict[str, Mask] = {}
        new = case
        for found in placed.masks:
            name = free_name(new, found.region.name)
            key = next_key(f"file:{placed.file_name}:{name}", (*images.masks, *added))
            structure = Structure(
                name=name,
                role=placed.roles[found.region.label],
                mask_id=key,
                made_by=found.region.made_by,
                date=found.region.date,
            )
            added[key] = found.mask
            new = with_more(new, structure)
        self._session.add_masks(added)
        text = tr_count("Add {count} structure", "Add {count} structures", len(added))
        if not self._session.apply(text, new):
            return
        self._panel.withdraw()
        if told := (*(note for m in placed.masks for note in m.notes), *placed.left_out):
            self._message.show_caution(sentences(told))
        self.added.emit(next(iter(added)))

    def give_up(self) -> None:
        """Ask no longer; nothing was added."""
        self._file = None
        self._panel.withdraw()

    def open_instead(self) -> None:
        """Have the file opened as a case of its own."""
        file = self._file
        self.give_up()
        if file is not None:
            self.not_masks.emit(file.path)

    def _known_role(self, name: str) -> str:
        """Return the role that the tables of segmenters agree on for a class name, or none."""
        tables = self._role_tables().values()
        roles = {table.roles[name] for table in tables if name in table.roles}
        known = next(iter(roles)) if len(roles) == 1 else Role.IGNORE
        return "" if known is Role.IGNORE else known.value
