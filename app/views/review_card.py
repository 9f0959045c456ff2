"""What became of one core: its errors in words, and what was sampled beside what was planned."""

from __future__ import annotations

from PySide6.QtWidgets import QGridLayout, QWidget

from app.language import tr
from app.views.card_parts import Lines, Tile, put
from app.views.palette import CAPTION_PX, STEP_PX
from app.views.parts import Words, column, heading
from app.views.review_step_values import ComparedRow, ReviewCardText

_TILES = 4


class ReviewCard(QWidget):
    """Errors, sampling and distances of the core that all views speak of."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._empty = Words(tone="secondary").wrapped()
        self._title = Words(bold=True).wrapped()
        self._verdict = Words().wrapped()
        self._knowledge = Words(tone="caution").wrapped()
        self._tiles = tuple(Tile() for _ in range(_TILES))
        self._tile_box = QWidget()
        tiles = QGridLayout(self._tile_box)
        tiles.setContentsMargins(0, 0, 0, 0)
        tiles.setSpacing(2 * STEP_PX)
        for number, tile in enumerate(self._tiles):
            tiles.addWidget(tile, number // 2, number % 2)
        self._errors = Lines(tr("Errors"))
        self._sampled = _Compared(tr("Specimen"))
        self._kept = _Compared(tr("Distances kept"))
        self._warnings = Lines(tr("To be known"), tone="caution")
        layout = column(self)
        for part in (
            self._empty,
            self._title,
            self._verdict,
            self._tile_box,
            self._errors,
            self._knowledge,
            self._sampled,
            self._kept,
            self._warnings,
        ):
            layout.addWidget(part)
        self.set_text(ReviewCardText())

    def set_text(self, text: ReviewCardText) -> None:
        """Say all this."""
        put(self._empty, text.empty)
        put(self._title, text.title)
        put(self._verdict, text.verdict, text.tone)
        put(self._knowledge, text.knowledge)
        self._tile_box.setVisible(bool(text.figures))
        for number, tile in enumerate(self._tiles):
            if number < len(text.figures):
                tile.say(*text.figures[number])
            tile.setVisible(number < len(text.figures))
        self._errors.say(text.errors)
        self._errors.setVisible(bool(text.errors))
        self._sampled.set_rows(text.sampled)
        self._kept.set_rows(text.kept)
        self._warnings.say(text.warnings)
        self._warnings.setVisible(bool(text.warnings))


class _Compared(QWidget):
    """Lines with what was planned on the left of what came of it; hidden without any."""

    def __init__(self, title: str) -> None:
        super().__init__()
        layout = column(self, gap_steps=1)
        layout.addWidget(heading(title))
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(3 * STEP_PX)
        self._grid.setVerticalSpacing(STEP_PX)
        self._grid.setColumnStretch(0, 1)
        for place, text in ((1, tr("planned")), (2, tr("executed"))):
            self._grid.addWidget(Words(text, size_px=CAPTION_PX, tone="secondary"), 0, place)
        layout.addLayout(self._grid)
        self._lines: list[tuple[Words, Words, Words]] = []

    def set_rows(self, rows: tuple[ComparedRow, ...]) -> None:
        """Show these lines."""
        while len(self._lines) < len(rows):
            made = (Words().wrapped(), Words(tone="secondary"), Words())
            for place, words in enumerate(made):
                self._grid.addWidget(words, len(self._lines) + 1, place)
            self._lines.append(made)
        for number, (what, planned, executed) in enumerate(self._lines):
            row = rows[number] if number < len(rows) else ComparedRow("", "", "")
            put(what, row.what)
            put(planned, row.planned)
            put(executed, row.executed, row.tone)
        self.setVisible(bool(rows))
