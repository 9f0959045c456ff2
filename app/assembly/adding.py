"""Adding to the open case: structures from files, PET and MR from folders; wires, reads nothing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from app.jobs import LatestJob
from app.language import mark, tr
from app.main_window import MainWindow
from app.presenters.adding_images import AddingImagesPresenter
from app.presenters.adding_masks import AddingMasksPresenter
from app.presenters.opening import OpeningPresenter
from app.session import Session
from app.view_state import ViewState
from app.views.adding_panel import AddingPanel
from planning.editing.naming import first_key

_MASK_FILES = mark("Masks (*.dcm *.nrrd *.nhdr *.nii *.nii.gz *.mha *.mhd);;All files (*)")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Adding:
    """What adds to the open case, and the panel that asks."""

    masks: AddingMasksPresenter
    images: AddingImagesPresenter
    panel: AddingPanel
    window: MainWindow
    session: Session

    @property
    def jobs(self) -> tuple[LatestJob, ...]:
        """What works in the background."""
        return (self.masks.job, self.masks.placing, self.images.job)

    def take_dropped(self, path: Path) -> None:
        """Add the structures of a dropped mask file to the open case; open anything else."""
        is_whole = path.is_dir() or path.suffix.lower() == ".toml"
        if self.session.case is None or is_whole:
            self.window.open_case(path)
        else:
            self.masks.look_into(path)


def add_adding(
    window: MainWindow, session: Session, view_state: ViewState, opening: OpeningPresenter
) -> Adding:
    """Put the question about structures on top of their step, and wire menus and series list."""
    panel, message = AddingPanel(), window.message
    window.add_panel("structures", panel, on_top=True)
    progress = window.opening_progress
    made = Adding(
        masks=AddingMasksPresenter(session, panel, progress, message, parent=window),
        images=AddingImagesPresenter(session, view_state, progress, message, window),
        panel=panel,
        window=window,
        session=session,
    )
    _wire_masks(window, made)
    _wire_list(window, made, opening)
    _wire_menu(window, made, opening)
    return made


def _wire_masks(window: MainWindow, made: Adding) -> None:
    def ask() -> None:
        window.show_pictures()
        window.show_step("structures")

    made.masks.asking.connect(ask)
    made.masks.not_masks.connect(window.open_case)
    made.masks.added.connect(lambda key: window.structures.set_current(first_key(key)))


def _wire_list(window: MainWindow, made: Adding, opening: OpeningPresenter) -> None:
    """Let the list of series add to the open case."""

    def lay_over(key: str) -> None:
        summary = opening.summary(key)
        if summary is not None:
            opening.pictures.stop()
            made.images.add(opening.folder, summary)

    def add_masks(key: str) -> None:
        summary = opening.summary(key)
        if summary is not None:
            opening.pictures.stop()
            made.masks.look_into(summary.paths[0])

    def show_images() -> None:
        window.show_pictures()
        window.show_step("images")

    window.series.lay_over_requested.connect(lay_over)
    window.series.add_masks_requested.connect(add_masks)
    made.images.added.connect(show_images)


def _wire_menu(window: MainWindow, made: Adding, opening: OpeningPresenter) -> None:
    def ask_folder() -> None:
        name = QFileDialog.getExistingDirectory(
            window, tr("PET or MR: choose its folder"), window.last_folder
        )
        if name:
            opening.browse(Path(name))

    def ask_file() -> None:
        name, _ = QFileDialog.getOpenFileName(
            window, tr("Structures: choose their file"), window.last_folder, tr(_MASK_FILES)
        )
        if name:
            made.masks.look_into(Path(name))

    def say_why() -> None:
        reason = "" if made.session.case is not None else tr("Open a case first.")
        for key in ("add_image", "add_masks"):
            window.set_reason(key, reason)

    window.actions_by_key["add_image"].triggered.connect(ask_folder)
    window.actions_by_key["add_masks"].triggered.connect(ask_file)
    made.session.opened.connect(say_why)
    say_why()
