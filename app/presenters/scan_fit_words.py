"""What is said of a further scan and of how it fits the planning CT; fits nothing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypedDict

import numpy as np

from app.core_language import tr_core
from app.language import tr
from app.presenters.scan_fit_work import NOT_REGISTERED, Registered
from app.views.parts import Tone
from app.views.values import Choice
from planning.image import Volume
from planning.imaging.frames import frame_trust
from planning.imaging.patient_position import position_of_code
from planning.model.carry_rules import CarryRules, Verdict
from planning.model.case import Case

if TYPE_CHECKING:
    from planning.imaging.dicom_series import SeriesSummary

_TONES: dict[Verdict, Tone] = {
    Verdict.GOOD: "good",
    Verdict.DOUBTFUL: "caution",
    Verdict.UNUSABLE: "danger",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """How far the work with a further scan has come.

    Parameters
    ----------
    is_working, is_measuring : bool
        Something runs that has to be waited for; only the residual of an adjustment is awaited.
    """

    case: Case | None = None
    ct: Volume | None = None
    scan: Volume | None = None
    found: tuple[SeriesSummary, ...] = ()
    series: str = ""
    confirmed: bool = False
    registered: Registered | None = None
    is_working: bool = False
    is_measuring: bool = False

    @property
    def other_patient(self) -> str:
        """In what the two name different patients; empty where they do not."""
        if self.case is None or self.scan is None:
            return ""
        from planning.imaging.registration import other_patient

        return tr_core(other_patient(self.case.patient, self.scan.patient))

    @property
    def is_planning_ct(self) -> bool:
        """Tell whether the scan is the one the case was planned on, which shows nothing new."""
        if self.ct is None or self.scan is None:
            return False
        ours, theirs = self.ct.series.series_uid, self.scan.series.series_uid
        if ours and theirs:
            return ours == theirs
        alike = self.ct.grid == self.scan.grid
        return alike and np.array_equal(self.ct.values, self.scan.values)

    @property
    def held_up(self) -> str:
        """Why nothing may be done with the scan; empty where it may."""
        if self.is_working:
            return tr("Wait until the work is done, or stop it.")
        if self.scan is None:
            return self.choose_first
        if self.is_planning_ct:
            return self.is_planning_ct_words
        if self.other_patient and not self.confirmed:
            return tr("The scans name different patients. Confirm first that it is one.")
        return ""

    @property
    def choose_first(self) -> str:
        """What to do while there is no scan."""
        return tr("Choose today's scan first.")

    @property
    def is_planning_ct_words(self) -> str:
        """What to do instead of choosing the planning CT again."""
        return tr("This is the planning CT itself. Choose the scan that was made on the table.")


class FitText(TypedDict):
    """What panels of every kind of scan say; the fields of `ScanFitText` besides its hint."""

    scan: str
    series: tuple[Choice, ...]
    current_series: str
    other_patient: str
    patient_confirmed: bool
    residual: str
    verdict: str
    tone: Tone
    cannot_open: str
    cannot_register: str
    cannot_keep: str
    cannot_discard: str


def fit_text(at: Standing, rules: CarryRules) -> FitText:
    """Return what is said of the scan and of how it fits."""
    residual, tone, verdict = _verdict(at, rules)
    return FitText(
        scan="" if at.scan is None else scan_words(at.scan),
        series=tuple(Choice(s.key, _series_words(s)) for s in at.found),
        current_series=at.series,
        other_patient=at.other_patient,
        patient_confirmed=at.confirmed,
        residual=residual,
        verdict=verdict,
        tone=tone,
        cannot_open=_cannot_open(at),
        cannot_register=at.held_up,
        cannot_keep=at.held_up or cannot_keep(at),
        cannot_discard="" if at.scan is not None else tr("There is no new scan."),
    )


def cannot_accept(at: Standing, rules: CarryRules) -> str:
    """Return why a registration may not be relied on; empty where somebody may accept it."""
    if at.registered is None:
        return tr("Register the scan first.")
    if at.is_measuring:
        return tr("The adjustment is being measured.")
    if at.registered.registration.method == NOT_REGISTERED:
        return tr("Nothing was registered: adjust by hand until the pictures agree.")
    verdict, words = judged_words(at.registered, rules)
    return words if verdict is Verdict.UNUSABLE else ""


def cannot_keep(at: Standing) -> str:
    """Return why both scans may not be left where their files put them; empty where they may."""
    assert at.scan is not None, "else it is held up"
    if at.ct is None:
        return tr("Open a case first.")
    trust = frame_trust(at.scan, at.ct)
    if trust.problem:
        return tr("The scans do not lie in one frame: {why}", why=tr_core(trust.problem))
    return ""


def judged_words(registered: Registered, rules: CarryRules) -> tuple[Verdict, str]:
    """Return what a registration may be used for, and why."""
    found = registered.registration
    if found.residual is None:
        words = tr(
            "Both scans show too little bone in common near the lesion: only the pictures can tell."
        )
        return Verdict.DOUBTFUL, words
    verdict, words = rules.verdict(
        found.residual.median_mm, found.residual.p95_mm, found.overlap, found.correlation
    )
    return verdict, tr_core(words)


def fit_facts(registered: Registered) -> tuple[str, ...]:
    """Return by how much the lesion moved, how that was found, and what is said without moving."""
    from planning.imaging.transforms import unmoved

    found = registered.registration
    centre = registered.pair.centre_lps_mm
    moved = found.transform.second_from_ct(centre) - unmoved().second_from_ct(centre)
    right, front, head = moved.tolist()
    facts = [
        tr(
            "Lesion {side:.0f} mm {left_right}, {depth:.0f} mm {front_back}, {height:.0f} mm "
            "{head_feet} in the scanner's frame; turned {angle:.1f}\N{DEGREE SIGN}",
            side=abs(right),
            left_right=tr("to the left") if right >= 0 else tr("to the right"),
            depth=abs(front),
            front_back=tr("to the back") if front >= 0 else tr("to the front"),
            height=abs(head),
            head_feet=tr("to the head") if head >= 0 else tr("to the feet"),
            angle=found.transform.angle_deg,
        ),
        tr("Way: {method}", method=tr_core(found.method)),
    ]
    if found.unmoved is not None:
        facts.append(
            tr(
                "Left unmoved, the surfaces are {apart:.1f} mm apart: the scans say that they "
                "share a frame and a position.",
                apart=found.unmoved.median_mm,
            )
        )
    return tuple(facts)


def scan_words(scan: Volume) -> str:
    """Say which scan it is."""
    series, grid = scan.series, scan.grid
    parts = [series.modality or "CT", series.date]
    parts += [tr("series {number}", number=series.series_number)] if series.series_number else []
    parts += [series.description]
    parts += [tr("{count} slices of {mm:.1f} mm", count=grid.size_ijk[2], mm=grid.spacing_mm[2])]
    lay = position_of_code(series.position_code)
    parts += [tr_core(lay.value) if lay else tr("position not stated")]
    return ", ".join(part for part in parts if part)


def _cannot_open(at: Standing) -> str:
    if at.case is None:
        return tr("Open a case first.")
    return tr("Wait until the work is done, or stop it.") if at.is_working else ""


def _verdict(at: Standing, rules: CarryRules) -> tuple[str, Tone, str]:
    """Return the residual, the tone and the sentence."""
    if at.is_planning_ct:
        return "", "danger", at.is_planning_ct_words
    if at.registered is None:
        return "", "text", ""
    if at.is_measuring:
        return "...", "secondary", tr("Measuring")
    verdict, words = judged_words(at.registered, rules)
    residual = at.registered.registration.residual
    figure = tr("not measured") if residual is None else f"{residual.median_mm:.1f} mm"
    return figure, _TONES[verdict], words


def _series_words(summary: SeriesSummary) -> str:
    size = tr("{count} slices of {mm:.1f} mm", count=summary.size_ijk[2], mm=summary.spacing_mm[2])
    return f"{tr_core(summary.title)}, {size}"
