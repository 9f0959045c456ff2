"""Lets any picture of the window be saved from the menus; draws none."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.language import tr
from app.main_window import RESEARCH_USE, MainWindow
from app.views.picture_saving import save_picture
from planning import __version__


def add_saving_pictures(window: MainWindow) -> None:
    """Save the picture that has the focus, else all of them; each has its own menu for it too."""

    def ask(view: QWidget) -> None:
        start = str(Path(window.last_folder) / f"{_file_name(view)}.png")
        name, _ = QFileDialog.getSaveFileName(
            window, tr("Save the picture"), start, tr("Pictures (*.png)")
        )
        if not name:
            return
        problem = save_picture(view, f"{tr(RESEARCH_USE)} Trephine {__version__}", Path(name))
        if problem:
            window.message.show_error(problem)
        else:
            window.say(tr("Saved {name}", name=Path(name).name))

    def ask_for_focused() -> None:
        focused = QApplication.focusWidget()
        pictures: tuple[QWidget, ...] = window.pictures.all
        ask(focused if focused in pictures and focused is not None else window.grid)

    window.actions_by_key["save_picture"].triggered.connect(ask_for_focused)
    for view in window.pictures.all:
        action = QAction(tr("Save picture..."), view)
        action.triggered.connect(lambda _=False, view=view: ask(view))
        view.addAction(action)


def _file_name(view: QWidget) -> str:
    kept = (c if c.isalnum() else "-" for c in (view.accessibleName() or tr("Views")).lower())
    return "-".join(filter(None, "".join(kept).split("-")))
