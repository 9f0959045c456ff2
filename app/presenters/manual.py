"""Turns the pages of the manual: contents, papers, links; draws nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from app.core_language import tr_core
from app.language import language, tr
from app.papers import Paper, beside, bytes_of_paper, papers, text_of
from app.views.manual_window import ManualWindow
from planning.errors import TrephineError

_WRITTEN_IN = "en"


class ManualPresenter(QObject):
    """Drives the window of the papers.

    Every file it shows comes with the installation. An address on the internet goes to the
    clipboard, for whoever has a browser: Trephine opens none.

    Parameters
    ----------
    window : QWidget or None
        What it belongs to, and is closed with.
    """

    def __init__(self, window: QWidget | None = None, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._shown = ""
        self._known: tuple[Paper, ...] = ()
        self.view = ManualWindow(self._picture, window)
        self.view.paper_chosen.connect(self.show)
        self.view.link_followed.connect(self.follow)

    def open(self) -> None:
        """Bring the window up, where it was last."""
        self.view.open()
        if self._shown:
            return
        try:
            self._known = papers()
        except TrephineError as error:
            self.view.message.show_error(tr_core(str(error)))
            return
        self.view.set_papers(self._known)
        self.show(self._known[0].key)
        if language() != _WRITTEN_IN:
            self.view.message.show_note(
                tr("Only the manual's first chapter is in this language; the rest is English.")
            )

    def show(self, key: str, place: str = "") -> None:
        """Show a paper from a heading on."""
        try:
            text = text_of(key)
        except TrephineError as error:
            self.view.message.show_error(tr_core(str(error)))
            return
        self._shown = key
        self.view.show_paper(key, text, place)

    def follow(self, link: str) -> None:
        """Go where a link leads; an address of the internet is copied."""
        if QUrl(link).scheme():
            QGuiApplication.clipboard().setText(link)
            self.view.message.show_note(
                tr(
                    "Copied: {address}. It is on the internet, which Trephine does not use; open "
                    "it in a browser.",
                    address=link,
                )
            )
            return
        key, place = beside(self._shown, link)
        if not key.endswith(".md"):
            self.view.message.show_note(tr("{name} stands beside the manual.", name=key))
            return
        self.show(key, place)

    def _picture(self, name: str) -> bytes | None:
        return bytes_of_paper(beside(self._shown, name)[0])
