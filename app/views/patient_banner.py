"""Who is planned, how they lie and what state the plan is in; always visible; decides nothing."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.views.details_line import DetailsLine
from app.views.palette import STEP_PX
from app.views.parts import RaisedFrame, Words, column
from app.views.values import BannerText

RESEARCH_NOTICE = "Research use only. Not a medical device."


class PatientBanner(QWidget):
    """One line; the name, a differing position and the research-use notice are never shortened."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._name = Words(size_px=13, bold=True)
        self._details = DetailsLine()
        self._position = Words(tone="caution")
        self._notice = Words(RESEARCH_NOTICE, tone="caution")
        row = QHBoxLayout(self)
        row.setContentsMargins(3 * STEP_PX, STEP_PX, 3 * STEP_PX, STEP_PX)
        row.setSpacing(4 * STEP_PX)
        frame = RaisedFrame()
        frame.set_border("caution")
        inside = column(frame)
        inside.setContentsMargins(2 * STEP_PX, STEP_PX // 2, 2 * STEP_PX, STEP_PX // 2)
        inside.addWidget(self._notice)
        for fixed in (self._name, self._position, frame):
            fixed.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Preferred)
        row.addWidget(self._name)
        row.addWidget(self._details, 1)
        row.addWidget(self._position)
        row.addWidget(frame)
        self.set_banner(BannerText())

    def set_banner(self, banner: BannerText) -> None:
        """Show this; fields that are empty take no room."""
        self._name.setText(banner.name or ("Name not known" if banner.series else "No case open"))
        self._details.set_parts(_details(banner))
        self._position.setText(_position_words(banner) if banner.position_differs else "")
        self._position.setVisible(banner.position_differs)
        self._position.setToolTip(
            "Skin and soft tissue will move; carry the plan over to a scan in the biopsy position."
        )


def _details(banner: BannerText) -> tuple[str, ...]:
    """Return what may be shortened, in the order in which it is read."""
    parts = [
        f"ID {banner.patient_id}" if banner.patient_id else "",
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
        return f"{scanned}, as scanned"
    parts = [f"scanned {scanned}" if scanned else "", f"biopsy {biopsy}" if biopsy else ""]
    return ", ".join(part for part in parts if part)
