"""Who is planned, how they lie and what state the plan is in; always visible; decides nothing."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.language import mark, tr
from app.views.details_line import DetailsLine
from app.views.palette import STEP_PX
from app.views.parts import RaisedFrame, Words, column
from app.views.plain_tip import plain_tip
from app.views.values import BannerText, NotCheckedRow

RESEARCH_NOTICE = mark("Research use only. Not a medical device.")


class PatientBanner(QWidget):
    """One line; name, a differing position, what was not checked and the notice are never cut.

    Signals
    -------
    not_checked_pressed
        The user wants to see what was not checked.
    """

    not_checked_pressed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = Words(size_px=13, bold=True)
        self._details = DetailsLine()
        self._position = Words(tone="caution")
        self._not_checked = NotCheckedChip()
        self._not_checked.pressed.connect(self.not_checked_pressed)
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP_PX, STEP_PX, 3 * STEP_PX, STEP_PX)
        row.setSpacing(3 * STEP_PX)
        frame = _framed(Words(tr(RESEARCH_NOTICE), tone="caution"), RaisedFrame())
        for fixed in (self._name, self._position, self._not_checked, frame):
            fixed.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row.addWidget(self._name)
        row.addWidget(self._details, 1)
        row.addWidget(self._position)
        row.addWidget(self._not_checked)
        row.addWidget(frame)
        self.set_banner(BannerText())

    def set_banner(self, banner: BannerText) -> None:
        """Show this; fields that are empty take no room."""
        nobody = tr("Name not known") if banner.series else tr("No case open")
        self._name.setText(banner.name or nobody)
        self._details.set_parts(_details(banner))
        self._position.setText(_position_words(banner) if banner.position_differs else "")
        self._position.setVisible(banner.position_differs)
        self._not_checked.set_rows(banner.not_checked)
        self._position.setToolTip(
            tr(
                "Skin and soft tissue will move; carry the plan over to a scan in the biopsy "
                "position."
            )
        )


class NotCheckedChip(RaisedFrame):
    """How much a plan did not look at, in amber; hidden while there is nothing of the kind.

    Signals
    -------
    pressed
        By mouse, Enter or space.
    """

    pressed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._words = Words(tone="caution")
        _framed(self._words, self)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.set_rows(())

    def set_rows(self, rows: tuple[NotCheckedRow, ...]) -> None:
        """Count these; the tool tip has every one with its reason."""
        words = tr("▲ Not checked: {count}", count=sum(row.things for row in rows))
        self._words.setText(words)
        self.setAccessibleName(words)
        self.setToolTip(plain_tip("\n".join((tr("Not checked"), *map(str, rows)))))
        self.setVisible(bool(rows))

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self.pressed.emit()

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space):
            self.pressed.emit()
        else:
            super().keyPressEvent(event)


def _framed(words: Words, frame: RaisedFrame) -> RaisedFrame:
    """Put words that have to be seen into an amber frame."""
    frame.set_border("caution")
    inside = column(frame)
    inside.setContentsMargins(2 * STEP_PX, STEP_PX // 2, 2 * STEP_PX, STEP_PX // 2)
    inside.addWidget(words)
    return frame


def _details(banner: BannerText) -> tuple[str, ...]:
    """Return what may be shortened, in the order in which it is read."""
    parts = [
        tr("ID {number}", number=banner.patient_id) if banner.patient_id else "",
        " ".join(part for part in (banner.sex, banner.age) if part),
        banner.site,
        banner.indication,
        banner.series,
        banner.spacing,
        "" if banner.position_differs else _position_words(banner),
        banner.viability,
        banner.plan_state,
    ]
    return tuple(part for part in parts if part)


def _position_words(banner: BannerText) -> str:
    scanned, biopsy = banner.scanned_position, banner.biopsy_position
    if scanned and scanned == biopsy:
        return tr("{position}, as scanned", position=scanned)
    if scanned and biopsy:
        return tr("scanned {scanned}, biopsy {biopsy}", scanned=scanned, biopsy=biopsy)
    if scanned:
        return tr("scanned {scanned}", scanned=scanned)
    return tr("biopsy {biopsy}", biopsy=biopsy) if biopsy else ""
