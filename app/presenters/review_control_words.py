"""What the panel of the control CT says in each state of the work; does none of it."""

from __future__ import annotations

from dataclasses import dataclass

from app.core_language import tr_core
from app.language import tr
from app.presenters.scan_fit_words import Standing, cannot_accept, fit_facts, fit_text
from app.views.review_step_values import ControlText
from app.views.values import Choice
from planning.model.carry_rules import CarryRules
from planning.model.case_review import CaseReview
from planning.model.execution import PatientCheck
from planning.model.needle import Trajectory


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlStanding(Standing):
    """How far the work with a control CT has come.

    Parameters
    ----------
    no_plan : str
        Why there is nothing to compare a needle with; empty where there is.
    paths : tuple of Trajectory
        What needles will be compared with.
    review : CaseReview or None
        What the case holds of the scan at hand, or of one that was reviewed before.
    is_accepted : bool
        The registration at hand is the accepted one.
    """

    no_plan: str = ""
    paths: tuple[Trajectory, ...] = ()
    review: CaseReview | None = None
    reviews: tuple[CaseReview, ...] = ()
    is_accepted: bool = False

    @property
    def choose_first(self) -> str:
        """What to do while there is no scan."""
        return tr("Choose the control CT first.")

    @property
    def is_planning_ct_words(self) -> str:
        """What to do instead of choosing the planning CT again."""
        return tr("This is the planning CT itself. Choose the scan that shows the needle.")

    @property
    def patient(self) -> PatientCheck:
        """Which facts of both scans about the patient agree."""
        if self.case is None or self.scan is None:
            return PatientCheck()
        from planning.execution.control_scan import check_patient

        return check_patient(self.case.patient, self.scan.patient, confirmed=self.confirmed)


def control_text(at: ControlStanding, rules: CarryRules) -> ControlText:
    """Return everything the panel says."""
    said = fit_text(at, rules)
    said["cannot_open"] = said["cannot_open"] or at.no_plan
    review = at.review
    return ControlText(
        **said,
        hint=_hint(at),
        facts=() if at.registered is None or at.is_measuring else _facts(at),
        cautions=_cautions(at),
        accepted=_accepted_words(at),
        reviews=tuple(Choice(r.values_sha256, review_title(r)) for r in at.reviews),
        current_review="" if review is None else review.values_sha256,
        unread=_unread_words(at),
        cannot_accept=at.held_up or at.no_plan or cannot_accept(at, rules) or _is_done(at),
        cannot_read=tr("Wait until the work is done, or stop it.") if at.is_working else "",
    )


def review_title(made: CaseReview) -> str:
    """Return what a reviewed control CT is called: when it was made, else its file."""
    scan = made.review.control
    if scan is not None and scan.date:
        when = " ".join(part for part in (scan.date, scan.time[:5]) if part)
        return tr("Control CT of {when}", when=when)
    return tr("Control CT {name}", name=made.path.replace("\\", "/").rstrip("/").split("/")[-1])


def _hint(at: ControlStanding) -> str:
    if at.case is None:
        return tr("Open a case first.")
    if at.no_plan:
        return at.no_plan
    if at.scan is not None or at.is_working or at.review is not None:
        return ""
    if at.found:
        return tr("The folder holds several CT series. Choose the one that shows the needle.")
    return tr("Choose the CT that shows the needle, or drop its folder or file on the window.")


def _cautions(at: ControlStanding) -> tuple[str, ...]:
    """Return what speaks against comparing the two scans, in sentences."""
    scan, ct = at.scan, at.ct
    if scan is None or ct is None or at.is_planning_ct:
        return ()
    from planning.execution.control_scan import (
        coverage_warning,
        patient_warning,
        position_warning,
        sparse_warning,
    )

    said = [] if at.other_patient else [patient_warning(at.patient)]
    said.append(position_warning(ct, scan))
    if at.registered is not None and at.paths:
        transform = at.registered.registration.transform
        said.append(sparse_warning(ct, scan, transform, at.paths))
        said.append(coverage_warning(scan, transform, at.paths))
    return tuple(f"{words[:1].upper()}{words[1:]}." for words in map(tr_core, said) if words)


def _accepted_words(at: ControlStanding) -> str:
    made = at.review
    if made is None or (at.registered is not None and not at.is_accepted):
        return ""
    residual = made.review.registration.residual_mm
    if residual is None:
        return tr("Registration accepted; how far the bones are apart could not be measured.")
    return tr("Registration accepted: bones {apart:.1f} mm apart.", apart=residual)


def _unread_words(at: ControlStanding) -> str:
    if at.review is None or at.scan is not None or at.is_working:
        return ""
    return tr(
        "{title} is not at hand. Read it from {path} to see it, or to change the review.",
        title=review_title(at.review),
        path=at.review.path,
    )


def _is_done(at: ControlStanding) -> str:
    return tr("This registration is accepted.") if at.is_accepted else ""


def _facts(at: ControlStanding) -> tuple[str, ...]:
    assert at.registered is not None, "else there is nothing to tell"
    return (*fit_facts(at.registered), *map(tr_core, at.registered.registration.notes))
