"""Opens what was found on this computer and the support file from the menus; finds nothing itself.

Windows and presenter are made when they are first wanted: few starts want them.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QFileDialog

from app.core_language import tr_core
from app.jobs import LatestJob
from app.language import tr
from app.main_window import MainWindow
from app.views.message_strip import MessageStrip

if TYPE_CHECKING:
    from app.presenters.doctor import DoctorPresenter, Gather
    from app.views.doctor_window import DoctorWindow
    from app.views.support_window import SupportWindow


class Checking(QObject):
    """Makes both windows when one is first opened, and says at the start what does not work."""

    def __init__(self, window: MainWindow, gather: Gather | None = None) -> None:
        super().__init__(window)
        self._main, self._gather = window, gather
        self._made: tuple[DoctorWindow, SupportWindow, DoctorPresenter] | None = None
        self.job = LatestJob(self)
        self.strip = MessageStrip(offer=tr("Save a support file..."))
        self.strip.offer_taken.connect(self.open_support)
        window.add_strip(self.strip)

    @property
    def views(self) -> tuple[DoctorWindow, SupportWindow] | None:
        """Both windows; None before one was opened."""
        return None if self._made is None else self._made[:2]

    def say_at_start(self, sentences: tuple[str, ...]) -> None:
        """Say what does not work here, apart from what cases have to say."""
        if sentences:
            self.strip.show_caution(" ".join(map(tr_core, sentences)))

    def open(self) -> None:
        """Show what is found on this computer."""
        view, _, presenter = self._parts()
        view.open()
        presenter.check()

    def open_support(self) -> None:
        """Show what a support file would hold."""
        view, _, presenter = self._parts()
        view.open()
        presenter.show_support()

    def _parts(self) -> tuple[DoctorWindow, SupportWindow, DoctorPresenter]:
        if self._made is None:
            self._made = self._make()
        return self._made

    def _make(self) -> tuple[DoctorWindow, SupportWindow, DoctorPresenter]:
        from app.doctor.gathering import gather
        from app.presenters.doctor import DoctorPresenter
        from app.views.doctor_window import DoctorWindow
        from app.views.support_window import SupportWindow

        view, support = DoctorWindow(self._main), SupportWindow(self._main)
        used = self._gather or gather
        presenter = DoctorPresenter(view, support, used, job=self.job, parent=self)
        presenter.support_ready.connect(support.open)
        view.copy_requested.connect(lambda: QGuiApplication.clipboard().setText(presenter.text()))
        support.save_requested.connect(lambda: self._ask_where(support, presenter))
        return view, support, presenter

    def _ask_where(self, support: SupportWindow, presenter: DoctorPresenter) -> None:
        suggested = Path.home() / f"trephine-support-{datetime.now():%Y%m%d}.zip"
        name, _ = QFileDialog.getSaveFileName(
            support, tr("Save a support file"), str(suggested), tr("Support files (*.zip)")
        )
        if name:
            file = Path(name)
            presenter.save(file if file.suffix else file.with_suffix(".zip"))


def add_checking(window: MainWindow, gather: Gather | None = None) -> Checking:
    """Let the menu look at this computer, and save a support file.

    Parameters
    ----------
    gather : callable or None
        Looks at the computer; None for the usual way.
    """
    checking = Checking(window, gather)
    window.actions_by_key["doctor"].triggered.connect(checking.open)
    window.actions_by_key["support"].triggered.connect(checking.open_support)
    return checking
