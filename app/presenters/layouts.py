"""The layouts of the pictures, and which one is shown; lays nothing out itself."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal

from app.language import tr
from app.views.arrangement import Arrangement, as_text, below, beside, from_text

OVERVIEW, ADJUST, REVIEW, MINE = "overview", "adjust", "review", "mine"

ARRANGEMENTS: dict[str, Arrangement] = {
    OVERVIEW: Arrangement(
        root=below(beside("axial", "scene"), beside("coronal", "sagittal")),
    ),
    ADJUST: Arrangement(
        root=beside(
            below("axial", "along_axial"),
            below("along_head", beside("eye", "scene", shares=(3.0, 2.0))),
        ),
    ),
    REVIEW: Arrangement(
        root=below(
            beside("axial", "coronal", "sagittal"),
            beside("along_axial", "along_head", "eye", "scene"),
            shares=(1.15, 1.0),
        ),
    ),
}
"""Overview: patient's axes and 3-D. Adjust: around the needle. Review: everything."""


class LayoutsPresenter(QObject):
    """Lays the pictures out by name, and keeps one layout of the user's.

    Parameters
    ----------
    arrange : callable
        Puts the pictures where an arrangement says.
    arrangement : callable
        Says where they are now.
    mine : str
        The user's layout as it was kept; empty, or not understood: none yet.

    Signals
    -------
    layout_changed : str
        Name of the layout that is shown.
    mine_changed : str
        Why the user's own layout cannot be chosen; empty if it can.
    said : str
    """

    layout_changed = Signal(str)
    mine_changed = Signal(str)
    said = Signal(str)

    def __init__(
        self,
        arrange: Callable[[Arrangement], None],
        arrangement: Callable[[], Arrangement],
        mine: str = "",
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._arrange = arrange
        self._arrangement = arrangement
        self._mine = from_text(mine) if mine else None
        self._shown = OVERVIEW

    @property
    def shown(self) -> str:
        """Name of the layout that was chosen last."""
        return self._shown

    @property
    def kept(self) -> str:
        """The user's layout as text to be kept; empty if there is none."""
        return "" if self._mine is None else as_text(self._mine)

    def choose(self, name: str) -> None:
        """Lay the pictures out; a layout the user has not saved yet leaves them as they are."""
        wanted = self._mine if name == MINE else ARRANGEMENTS.get(name)
        if wanted is None:
            return
        self._arrange(wanted)
        self._shown = name
        self.layout_changed.emit(name)

    def save_mine(self) -> None:
        """Keep how the pictures are laid out now, with what was pulled, as the user's layout."""
        self._mine = self._arrangement()
        self._shown = MINE
        self.refresh()
        self.said.emit(tr("This layout is kept as My layout."))

    def refresh(self) -> None:
        """Say which layouts there are, and which is shown."""
        self.mine_changed.emit(
            tr("Arrange the views as you like and save them first (Ctrl+Shift+F4).")
            if self._mine is None
            else ""
        )
        self.layout_changed.emit(self._shown)
