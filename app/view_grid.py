"""Lays the pictures edge to edge as an arrangement says, or one of them large; draws nothing."""

from __future__ import annotations

from collections.abc import Mapping

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QSplitter, QVBoxLayout, QWidget

from app.views.arrangement import Arrangement, Split

_GAP_PX = 1
_WHOLE = 100_000


class ViewGrid(QWidget):
    """Pictures with a hair's breadth between them; their borders can be pulled.

    Signals
    -------
    large_changed : str
        Key of the picture that is shown alone; empty for none.
    """

    large_changed = Signal(str)

    def __init__(
        self,
        pictures: Mapping[str, QWidget],
        arrangement: Arrangement,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._pictures = dict(pictures)
        self._root = QSplitter()
        self._shown = arrangement.root
        self._large = ""
        self._sizes: list[tuple[QSplitter, list[int]]] = []
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self._root)
        for picture in self._pictures.values():
            picture.setParent(self)
        self.arrange(arrangement)

    @property
    def large(self) -> str:
        """Key of the picture that is shown alone; empty for none."""
        return self._large

    def add(self, key: str, picture: QWidget) -> None:
        """Keep one more picture, hidden until an arrangement names it."""
        self._pictures[key] = picture
        picture.setParent(self)
        picture.hide()

    def arrange(self, arrangement: Arrangement) -> None:
        """Put the pictures where an arrangement says; those it does not name are hidden."""
        old = self._root
        for picture in self._pictures.values():
            picture.hide()
            picture.setParent(self)
        wanted: list[tuple[QSplitter, list[int]]] = []
        self._root = self._built(arrangement.root, wanted)
        self._shown = arrangement.root
        layout = self.layout()
        assert layout is not None, "laid out when it was made"
        layout.replaceWidget(old, self._root)
        old.setParent(None)
        old.deleteLater()
        self._root.show()
        for key in arrangement.root.keys():  # noqa: SIM118 (not a mapping)
            self._pictures[key].show()
        layout.activate()
        was, self._large = self._large, arrangement.large
        self._sizes = wanted if arrangement.large else []
        if arrangement.large:
            _show_only(self._root, self._pictures[arrangement.large])
        if was != self._large:
            self.large_changed.emit(self._large)

    def arrangement(self) -> Arrangement:
        """Return where the pictures are now, with what was pulled."""
        before = {id(splitter): sizes for splitter, sizes in self._sizes}
        return Arrangement(root=_read(self._root, self._shown, before), large=self._large)

    def toggle_large(self, key: str) -> None:
        """Show one picture alone, or all again."""
        self.set_large("" if self._large == key else key)

    def set_large(self, key: str) -> None:
        """Show one picture alone; an empty key shows all."""
        if key == self._large:
            return
        if not self._large:
            self._sizes = [(s, s.sizes()) for s in (self._root, *_splitters(self._root))]
        self._large = key
        wanted = self._pictures[key] if key else None
        _show_only(self._root, wanted)
        if wanted is None:
            for splitter, sizes in self._sizes:
                splitter.setSizes(sizes)
            self._sizes = []
        self.large_changed.emit(key)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape and self._large:
            self.set_large("")
        else:
            super().keyPressEvent(event)

    def _built(self, split: Split, wanted: list[tuple[QSplitter, list[int]]]) -> QSplitter:
        """Return a splitter with its parts; add it, and the sizes it is to have, to `wanted`."""
        way = Qt.Orientation.Vertical if split.upright else Qt.Orientation.Horizontal
        splitter = QSplitter(way)
        splitter.setHandleWidth(_GAP_PX)
        splitter.setChildrenCollapsible(False)
        for part in split.parts:
            widget = self._pictures[part] if isinstance(part, str) else self._built(part, wanted)
            splitter.addWidget(widget)
        whole = sum(split.shares)
        sizes = [round(_WHOLE * share / whole) for share in split.shares]
        splitter.setSizes(sizes)
        wanted.append((splitter, sizes))
        return splitter


def _splitters(splitter: QSplitter) -> list[QSplitter]:
    """Return the splitters inside one, however deep."""
    found = []
    for number in range(splitter.count()):
        part = splitter.widget(number)
        if isinstance(part, QSplitter):
            found += [part, *_splitters(part)]
    return found


def _show_only(splitter: QSplitter, wanted: QWidget | None) -> None:
    """Hide all parts that are not, and do not hold, what is wanted; None shows all."""
    for number in range(splitter.count()):
        part = splitter.widget(number)
        assert part is not None, "counted so"
        part.setVisible(wanted is None or part is wanted or part.isAncestorOf(wanted))
        if isinstance(part, QSplitter):
            _show_only(part, wanted)


def _read(splitter: QSplitter, split: Split, before: Mapping[int, list[int]]) -> Split:
    """Return a split with the sizes it has now, or had before one picture was made large."""
    parts: list[Split | str] = []
    for number, part in enumerate(split.parts):
        inside = splitter.widget(number)
        if isinstance(part, Split) and isinstance(inside, QSplitter):
            parts.append(_read(inside, part, before))
        else:
            parts.append(part)
    sizes = before.get(id(splitter), splitter.sizes())
    shares = tuple(float(size) for size in sizes) if min(sizes) > 0 else split.shares
    return Split(split.upright, tuple(parts), shares)
