"""What several reports say alike: who, which side, where the skin is marked, what is not stated."""

from __future__ import annotations

from app import catalogue
from app.core_language import tr_core, tr_name
from app.language import mark, tr
from app.presenters.numbers import spoken
from app.reports.source import PlannedCore, ReportSource
from app.views.card_words import entry_line
from app.views.paper_pages import PageWords
from app.views.wording import position_words
from planning.anatomy.laterality import Side, side_in_name
from planning.anatomy.skin_landmarks import FromLandmark, from_landmarks, from_midline_mm
from planning.handover.deidentified import REMOVED
from planning.handover.notice import RESEARCH_USE
from planning.image import Patient
from planning.model.case import Indication
from planning.model.plan import PlanResult

NOT_STATED = mark("not stated")

_SIDES = {
    Side.LEFT: mark("LEFT"),
    Side.RIGHT: mark("RIGHT"),
    Side.MIDLINE: mark("in the midline"),
    None: mark("side not known from the masks"),
}
_INDICATIONS = {
    Indication.UNKNOWN: mark("indication unknown"),
    Indication.PRIMARY: mark("primary tumour"),
}
_LANDMARKS_SHOWN = 2
_BESIDE_MM = 0.5


def stated(text: str) -> str:
    """Return what somebody wrote, or that nobody did; what was taken out is called so."""
    if text == REMOVED:
        return tr("removed")
    return text.strip() or tr(NOT_STATED)


def surgeon_words(source: ReportSource) -> str:
    """Return who will operate."""
    if source.what.is_deidentified and not source.surgeon:
        return tr("removed")
    return stated(source.surgeon)


def name_of(source: ReportSource) -> str:
    """Return the patient's name in words."""
    patient = source.what.patient
    if source.what.is_deidentified:
        return tr("De-identified: {name}", name=patient.patient_id)
    return patient.readable_name or tr("Name not stated")


def identity_of(source: ReportSource) -> str:
    """Return number, birth date and sex of the patient."""
    patient = source.what.patient
    if source.what.is_deidentified:
        return tr("names, numbers and dates were removed")
    return ", ".join(
        (
            tr("ID {number}", number=patient.patient_id or tr(NOT_STATED)),
            tr("born {date}", date=patient.birth_date or tr(NOT_STATED)),
            tr("sex {sex}", sex=_sex(patient)),
        )
    )


def _sex(patient: Patient) -> str:
    return patient.sex or tr(NOT_STATED)


def side_words(source: ReportSource) -> str:
    """Return the side on which the lesion lies, as its mask tells."""
    return tr(_SIDES[source.side])


def site_name(source: ReportSource) -> str:
    """Return the site without a side, which the mask tells."""
    words = source.case.site.replace("_", " ").split()
    return tr_name(" ".join(w for w in words if side_in_name(w) is None)) or tr("site not stated")


def indication_words(source: ReportSource) -> str:
    """Return why a biopsy is made, of the few reasons that planning knows."""
    indication = source.case.indication
    return tr_core(_INDICATIONS.get(indication, indication.value))


def positions_words(source: ReportSource) -> str:
    """Return how the patient lies, and lay in the scan."""
    lies, scanned = source.plan.patient_position, source.plan.ct_position
    said = tr_core(lies or "unknown")
    if source.case.position_differs:
        return tr("{position}; SCANNED {scanned}", position=said, scanned=tr_core(scanned))
    return said


def state_words(source: ReportSource) -> str:
    """Return who approved the plan and when, or that nobody did."""
    if source.what.is_deidentified and source.what.is_approved:
        return tr("Approved; by whom was removed")
    if source.approval is None:
        return tr("DRAFT, NOT APPROVED")
    approval = source.approval
    return tr("Approved by {who}, {when}", who=approval.approved_by, when=approval.when)


def notice_words(plan: PlanResult) -> str:
    """Return who made a report and what it may be used for."""
    return f"Trephine {plan.software_version}. {tr(RESEARCH_USE)}"


def page_words(source: ReportSource, title: str) -> PageWords:
    """Return what stands on every page of a report."""
    plan = source.plan
    made = "" if source.what.is_deidentified else f" {source.what.made_at:%Y-%m-%d %H:%M}"
    notice = notice_words(plan)
    printed = tr("{notice} Printed{when}.", notice=notice, when=made) if made else notice
    return PageWords(
        who=name_of(source),
        identity=identity_of(source),
        title=title,
        state=state_words(source),
        is_settled=source.what.is_approved,
        foot=(
            printed,
            tr("Case: {case}", case=plan.case_name),
            tr("Plan SHA-256: {sha256}", sha256=source.plan_sha256),
        ),
        numbered=lambda number, count: tr("Page {number} of {count}", number=number, count=count),
    )  # fmt: skip


def core_title(source: ReportSource, core: PlannedCore) -> str:
    """Return what a core is called: its number among those meant, its trajectory, its purpose."""
    parts = {"number": core.number, "count": len(source.cores), "title": core.numbers.title}
    name = tr("Core {number} of {count}: {title}", **parts)
    return f"{name}, {core.numbers.core}" if core.numbers.core else name


def skin_lines(source: ReportSource, core: PlannedCore) -> tuple[str, ...]:
    """Say where the skin is marked: by slice, grid, midline and bone that is felt."""
    case, masks = source.case, source.images.masks
    entry = core.candidate.trajectory.entry_lps_mm
    grid = core.numbers.grid
    if not grid:
        turned = tr("grid not used: the patient will lie otherwise than scanned")
        grid = turned if case.position_differs else tr("no grid is seen on the skin by the entry")
    lines = [_capital(entry_line(core.numbers)), _capital(grid)]
    aside = from_midline_mm(case, masks, entry)
    if aside is None:
        lines.append(tr("Midline not known from the masks"))
    else:
        lines.append(_from_midline(aside))
    near = from_landmarks(case, masks, source.images.ct.grid, entry, catalogue.landmarks())
    lines += [_from_landmark(one) for one in near[:_LANDMARKS_SHOWN]]
    if not near:
        lines.append(tr("No landmark of bone that is felt lies in the scan with a mask"))
    lines.append(tr("Entry at {place} (LPS)", place=position_words(entry)))
    return tuple(line for line in lines if line)


def tattoo_line(source: ReportSource) -> str:
    """Say what the mark on the skin is for."""
    if source.case.indication.behaves_as is Indication.PRIMARY:
        return tr(
            "Tattoo: at this entry, before the needle is out; the skin there is excised with the "
            "tract."
        )
    return tr("Tattoo: at this entry, if the surgeon wants the skin site marked.")


def moved_skin(source: ReportSource) -> str:
    """Say that skin moves when a patient turns; empty for one who does not."""
    if not source.case.position_differs:
        return ""
    return tr("Measured as scanned: the skin moves when the patient turns.")


def _from_midline(to_left_mm: float) -> str:
    if abs(to_left_mm) < _BESIDE_MM:
        return tr("On the midline")
    parts = {"mm": f"{abs(to_left_mm):.0f}"}
    if to_left_mm > 0.0:
        return tr("{mm} mm to patient LEFT of the midline", **parts)
    return tr("{mm} mm to patient RIGHT of the midline", **parts)


def _from_landmark(one: FromLandmark) -> str:
    """Say in what directions an entry lies from a landmark."""
    steps = [
        tr(words, mm=f"{abs(length):.0f}")
        for length, (positive, negative) in zip(
            (one.to_head_mm, one.to_left_mm, one.to_back_mm), _STEPS, strict=True
        )
        if abs(length) >= _BESIDE_MM
        for words in (positive if length > 0.0 else negative,)
    ]
    return tr(
        "From {landmark} ({bone}): {steps}",
        landmark=tr_core(one.landmark),
        bone=tr_name(spoken(one.bone)),
        steps=", ".join(steps) or tr("at the same place"),
    )


_STEPS = (
    (mark("{mm} mm toward HEAD"), mark("{mm} mm toward FEET")),
    (mark("{mm} mm to patient LEFT"), mark("{mm} mm to patient RIGHT")),
    (mark("{mm} mm toward BACK"), mark("{mm} mm toward FRONT")),
)


def _capital(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}"
