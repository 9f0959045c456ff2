"""Keeps the patient banner true to the open case; changes nothing."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.core_language import tr_core
from app.language import mark, tr
from app.presenters.numbers import not_checked_rows
from app.presenters.plan_life import state_words
from app.session import Session
from app.views.patient_banner import PatientBanner
from app.views.values import BannerText
from planning.anatomy.viability import image_words, viability_sentence
from planning.image import Volume
from planning.model.case import Case, Indication, Role

_INDICATION = {
    Indication.UNKNOWN: mark("indication unknown"),
    Indication.PRIMARY: mark("primary tumour"),
}
_AGES = {
    "Y": mark("{count} y"),
    "M": mark("{count} months"),
    "W": mark("{count} weeks"),
    "D": mark("{count} days"),
}


class BannerPresenter(QObject):
    """Shows who is planned whenever the case changes."""

    def __init__(self, session: Session, banner: PatientBanner, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._banner = banner
        session.case_changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Say what is known about the open case."""
        case, images = self._session.case, self._session.images
        if case is None or images is None:
            self._banner.set_banner(BannerText())
        else:
            self._banner.set_banner(banner_text(case, images.ct))


def banner_text(case: Case, ct: Volume) -> BannerText:
    """Return what the banner says about a case."""
    patient, scanned, lies = case.patient, case.ct_position, case.biopsy_position
    return BannerText(
        name=patient.readable_name or case.name,
        patient_id=patient.patient_id,
        sex=patient.sex,
        age=_age(patient.age),
        series=_series(ct),
        spacing=" x ".join(f"{s:.2f}" for s in ct.grid.spacing_mm) + " mm",
        scanned_position=tr_core(scanned.value if scanned else "unknown"),
        biopsy_position=tr_core(lies.value if lies else "unknown"),
        position_differs=case.position_differs,
        site=case.site,
        indication=tr_core(_INDICATION.get(case.indication, case.indication.value)),
        viability=_viability(case, ct),
        plan_state=state_words(case),
        not_checked=not_checked_rows(case.plan) if case.plan is not None else (),
    )


def _series(ct: Volume) -> str:
    series = ct.series
    parts = [series.modality or "CT", _date(series.date)]
    if series.series_number:
        parts.append(tr("series {number}", number=series.series_number))
    if series.description:
        parts.append(series.description)
    return " ".join(part for part in parts if part)


def _date(date: str) -> str:
    """Return a DICOM date (DA, PS3.5 6.2) as ISO 8601; anything else as it is."""
    return f"{date[:4]}-{date[4:6]}-{date[6:]}" if len(date) == 8 and date.isdigit() else date


def _age(age: str) -> str:
    """Return a DICOM age (AS, PS3.5 6.2: 051Y) in words; anything else as it is."""
    if len(age) == 4 and age[:3].isdigit() and age[3] in _AGES:
        return tr(_AGES[age[3]], count=int(age[:3]))
    return age


def _viability(case: Case, ct: Volume) -> str:
    roles = {structure.role for structure in case.trusted}
    if Role.TUMOUR not in roles and Role.VIABLE not in roles:
        return ""
    if case.viability_source == "none":
        return tr("viability not known")
    if case.viability_second is not None:
        words = tr_core(image_words(case.viability_second, ct))
        return tr("viability from {image}", image=words)
    if Role.VIABLE in roles:
        return tr_core(viability_sentence(case, ct)) or tr("viable as drawn")
    if Role.NECROSIS in roles:
        return tr("viable = tumour - necrosis")
    return tr("viability: no necrosis mask")
